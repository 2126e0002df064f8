// Three voices: lay (plain words, counts out of 100), student, researcher (units, intervals).

/** The voices and their names, in the order of the switch. */
export const VOICES = { lay: "Plain", student: "Student", researcher: "Researcher" };

/** Return the words of a voice: say({lay, student, researcher}, voice); the nearest other if missing. */
export function say(words, voice) {
  if (typeof words === "string") return words;
  const order = { lay: ["lay", "student", "researcher"], student: ["student", "researcher", "lay"], researcher: ["researcher", "student", "lay"] };
  for (const name of order[voice] ?? order.lay) if (words?.[name]) return words[name];
  return "";
}

/** What is smaller than this is rounding of the integrator. */
const NOTHING = 1e-12;

/** Return a number with so many significant digits, thousands set apart, a true minus sign. */
export function digits(value, significant = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (Math.abs(value) < NOTHING) return "0";
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e7) {
    const [mantissa, power] = value.toExponential(Math.max(0, significant - 1)).split("e");
    return minus(`${mantissa} × 10${superscript(Number(power))}`);
  }
  const rounded = Number(value.toPrecision(significant));
  const places = Math.max(0, Math.min(6, significant - 1 - Math.floor(Math.log10(Math.abs(rounded)))));
  const [whole, rest] = rounded.toFixed(places).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const tail = rest?.replace(/0+$/, "");
  return minus(tail ? `${grouped}.${tail}` : grouped);
}

/** Return a time in h as people say it: 90 min, 3 h, 2 days. */
export function duration(hours) {
  const size = Math.abs(hours);
  if (size < 1 / 60 - 1e-9) return `${digits(size * 3600)} s`;
  if (size < 2 - 1e-9) return `${digits(size * 60)} min`;
  if (size >= 48 && Math.abs(size / 24 - Math.round(size / 24)) < 1e-9) return `${digits(size / 24)} days`;
  return `${digits(size)} h`;
}

/** Return when something is, relative to the challenge: "15 min before LPS". */
export function when(hours, anchor) {
  const name = anchor || "time 0";
  if (Math.abs(hours) < 1e-9) return anchor ? `together with ${name}` : "at time 0";
  return `${duration(hours)} ${hours < 0 ? "before" : "after"} ${name}`;
}

/** Return what makes the animals ill, in a word: LPS, or nothing. */
export function anchorOf(scenario) {
  return scenario.challenge ? scenario.challenge.agent ?? scenario.challenge.kind : "";
}

/** Return what carries the current: a needle, or an electrode on a nerve. */
export function toolOf(scenario) {
  return scenario.stimulus?.mode === "nerve" ? "the electrode" : "the needle";
}

/** Return what makes the animals ill, with its size: "LPS 4 mg/kg", "CLP 50 %, 2 × 21 G". */
export function illness({ kind, agent, dose, unit: of, ligation, punctures, needle }) {
  return kind ? `${kind} ${ligation}, ${punctures} × ${needle}` : `${agent} ${digits(dose)} ${of}`;
}

/** Return a unit as it is printed. */
export function unit(text) {
  const known = { dimensionless: "", "fold of rest": "× rest", relative: "relative", K: "°C", kelvin: "°C", uM: "µM", us: "µs", ug: "µg", "10^6 CFU": "million CFU" };
  return known[text] ?? text?.replace(/_per_/g, "/").replace(/^u(?=[A-Za-z])/, "µ") ?? "";
}

/** Return a value as it is shown in its unit: kelvin as degrees Celsius. */
export function shown(value, unitText) {
  return unitText === "K" || unitText === "kelvin" ? value - 273.15 : value;
}

/** Return the change from one value to another in words, for a voice. */
export function change(from, to, voice, unitText) {
  if (unit(unitText) === "°C") return `${signed(to - from)} °C`;
  if (!(Math.abs(from) > 0)) return "";
  const share = to / from - 1;
  if (Math.abs(share) < 0.02) return voice === "researcher" ? `${signed(share * 100)} %` : "hardly changed";
  if (voice === "researcher") return `${signed(share * 100)} %`;
  if (share < 0) {
    const left = Math.round((1 + share) * 100);
    return voice === "lay" ? `down to ${left} parts in 100` : `${Math.round(-share * 100)} % lower`;
  }
  if (share >= 1) return `${digits(1 + share, 2)} times as much`;
  return voice === "lay" ? `up by ${Math.round(share * 100)} parts in 100` : `${Math.round(share * 100)} % higher`;
}

function signed(value) {
  return `${value > 0 ? "+" : ""}${digits(value, 3)}`;
}

function superscript(power) {
  return minus(String(power)).replace(/[\d−]/g, (sign) => "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"["0123456789−".indexOf(sign)]);
}

function minus(text) {
  return text.replace(/^-/, "−").replace(/10-/, "10−");
}
