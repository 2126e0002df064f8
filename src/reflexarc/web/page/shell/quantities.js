// Quantities as a file has them, `0.5 mA`, in the page's units, and back. A number alone is refused.

const KINDS = {
  time: { unit: "h", example: "-15 min", factors: { h: 1, hour: 1, hours: 1, min: 1 / 60, s: 1 / 3600, ms: 1 / 3.6e6, d: 24, day: 24, days: 24, week: 168, weeks: 168 }, signed: true },
  duration: { unit: "h", example: "15 min", factors: { h: 1, hour: 1, hours: 1, min: 1 / 60, s: 1 / 3600, ms: 1 / 3.6e6, d: 24, day: 24, days: 24, week: 168, weeks: 168 } },
  current: { unit: "mA", example: "0.5 mA", factors: { mA: 1, uA: 1e-3, µA: 1e-3, A: 1e3 } },
  "pulse width": { unit: "us", example: "50 us", factors: { us: 1, µs: 1, ms: 1e3, s: 1e6 } },
  frequency: { unit: "Hz", example: "10 Hz", factors: { Hz: 1, kHz: 1e3 } },
  length: { unit: "mm", example: "3 mm", factors: { mm: 1, um: 1e-3, µm: 1e-3, cm: 10 } },
  dose: { unit: "mg/kg", example: "4 mg/kg", factors: { "mg/kg": 1, "g/kg": 1e3, "ug/kg": 1e-3, "µg/kg": 1e-3, "ng/kg": 1e-6, "pg/kg": 1e-9 } },
  "fluid dose": { unit: "mL/kg", example: "30 mL/kg", factors: { "mL/kg": 1, "L/kg": 1e3, "uL/kg": 1e-3, "µL/kg": 1e-3 } },
  percentage: { unit: "%", example: "1.5 %", factors: { "%": 1 } },
};
/** What a dose is, by the unit in which an agent is given. */
export const DOSES = Object.fromEntries(["dose", "fluid dose"].map((kind) => [KINDS[kind].unit, kind]));
const MINUTES = { min: 60, s: 3600, ms: 3.6e6 };

/** Return the number that a text stands for, in the page's unit; an error in one sentence. */
export function quantity(text, kind, where) {
  const { factors, example, signed } = KINDS[kind];
  const plain = String(text ?? "").trim().replace(/\u2212/g, "-").replace(/\u03bc/g, "µ").replace(/[\u00a0\u202f\u2009]/g, " ");
  const match = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*)$/.exec(plain);
  if (!match) throw new Error(`${where}: the ${kind} '${plain.slice(0, 40)}' is no quantity; write for example '${example}'`);
  const [, digits, written] = match;
  const unit = written.replace(/\s*\/\s*/g, "/");
  if (unit === "") throw new Error(`${where}: the ${kind} '${plain}' has no unit; write for example '${example}'`);
  if (!Object.hasOwn(factors, unit)) throw new Error(`${where}: the ${kind} '${plain.slice(0, 40)}' has a unit that this page doesn't know here; write for example '${example}'`);
  const number = Number(digits);
  if (number < 0 && !signed) throw new Error(`${where}: the ${kind} '${plain}' is less than 0`);
  const divisor = "time duration".includes(kind) ? MINUTES[unit] : undefined;
  return (divisor ? number / divisor : number * factors[unit]) + 0;
}

/** Return a number in the page's unit as a file has it; times in min where that is exact. */
export function written(value, kind) {
  if (kind !== "time" && kind !== "duration") return `${value} ${KINDS[kind].unit}`;
  if (value === 0) return "0 h";
  const minutes = Math.round(value * 60);
  if (Math.abs(value) < 8 && minutes / 60 === value) return `${minutes} min`;
  const seconds = Math.round(value * 3600);
  if (Math.abs(value) < 8 && seconds / 3600 === value && !Number.isInteger(value)) return `${seconds} s`;
  return value % 24 === 0 && Math.abs(value) >= 48 ? `${value / 24} d` : `${value} h`;
}
