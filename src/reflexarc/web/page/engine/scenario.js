// From a scenario of the page to a treatment for the timeline. Plain data in, plain data out; what
// the tables don't know is refused in one sentence.

const SURGERY_BEFORE = -72;
const FROM_THE_START = ["cells", "receptor"];
const AT_LEVEL = /^(.*?) at ([CTLS])(\d+)$/;

/** Return what is done in a scenario, for `timeline`. */
export function treatment(scenario, tables) {
  const challenge = scenario.challenge ? [scenario.challenge] : [];
  const doses = [...challenge, ...(scenario.doses ?? [])].map((dose) => given(dose, tables));
  return {
    stimuli: stimuli(scenario.stimulus),
    flows: doses.filter((dose) => dose.windows),
    boluses: doses.filter((dose) => dose.times),
    lesions: (scenario.lesions ?? []).map((name) => lesionNamed(name, tables)),
    breaths: breaths(scenario.anaesthesia),
    initial: {
      ...species(scenario.species ?? "mouse", tables),
      ...options(scenario.hypotheses ?? {}, tables),
      ...(scenario.parameters ?? {}),
    },
  };
}

function stimuli(stimulus) {
  if (!stimulus) return [];
  const { at, duration, ...rest } = stimulus;
  finite({ "time of the stimulus": at, "length of the stimulus": duration, current: rest.current ?? 0 });
  const label = `${rest.site ?? rest.nerve} ${rest.current} mA ${rest.frequency} Hz`;
  return [{ stimulus: rest, label, windows: [[at, at + duration]] }];
}

function breaths(anaesthesia) {
  if (!anaesthesia) return [];
  const { isoflurane, at, duration } = anaesthesia;
  finite({ isoflurane, "time of the anaesthesia": at, "length of the anaesthesia": duration });
  return [{ percent: isoflurane, label: `isoflurane ${isoflurane} %`, windows: [[at, at + duration]] }];
}

/** A dose in mg/kg (or per hour, with a duration) as what it adds to a state of the model. */
function given(dose, tables) {
  if (dose.kind) return punctured(dose, tables);
  const name = dose.agent;
  const rows = tables.agents.filter((row) => row.name === name);
  if (rows.length === 0) throw new Error(`The model doesn't know the agent ${name}.`);
  const row = rows.find((one) => one.route === dose.route) ?? (rows.length === 1 ? rows[0] : null);
  if (row === null) throw new Error(`${name} can't be given by the route ${dose.route}.`);
  if (row.refused) throw new Error(`${name} can't be represented: ${row.refused}.`);
  finite({ [`dose of ${name}`]: dose.dose, [`time of ${name}`]: dose.at });
  const label = `${name} ${dose.dose} ${dose.unit ?? "mg/kg"} ${row.route}`;
  const total = amount(row, dose.dose);
  if (!dose.duration) return { state: row.state, amount: total, label, times: [dose.at] };
  return { state: row.state, rate: total / dose.duration, label, windows: [[dose.at, dose.at + dose.duration]] };
}

/** A punctured caecum: the cubed diameters of its holes, and the share of it that is ligated; protocol/infection.py. */
function punctured({ kind, ligation, needle, punctures, at }, { puncture }) {
  if (kind !== "CLP") throw new Error(`The page doesn't know the challenge ${kind}.`);
  if (!Object.hasOwn(puncture, needle)) throw new Error(`The model doesn't know the needle ${needle}.`);
  const share = Number.parseFloat(ligation) / 100;
  finite({ "ligated share": share, "number of punctures": punctures, "time of the CLP": at });
  const hole = punctures * puncture[needle] ** 3;
  return { state: "caecal_hole", amount: hole, set: { caecum_ligated: share }, label: `CLP ${ligation}, ${punctures} x ${needle}`, times: [at] };
}

function amount(row, dose) {
  const share = row.bioavailability ?? 1;
  if (row.molar_mass === null || row.volume === null) return (dose * share) / (row.volume || 1);
  return ((dose * share) / row.volume / row.molar_mass) * 1e6;
}

/** Return a lesion by its name in the table, with a side before it or a level behind it. */
export function lesionNamed(text, tables) {
  const [found, side] = rowsOf(text, tables);
  const level = found ? null : AT_LEVEL.exec(text);
  if (level && rowsOf(level[1], tables)[0]?.[0].kind === "spinal cord") return transection(level[2], Number(level[3]), tables);
  if (!found) throw new Error(`The model doesn't know the lesion ${text}.`);
  const { name, kind, refused } = found[0];
  if (refused) throw new Error(`${name} can't be represented: ${refused}.`);
  if (kind === "spinal cord") throw new Error(`${name} needs a level, such as ${name} at T9.`);
  const title = side === "both" ? name : `${side} ${name}`;
  return {
    side,
    label: title,
    sets: found.filter((row) => row.parameter).map((row) => [row.parameter, row.value ?? 0]),
    cuts: kind === "peripheral nerve" ? [title] : [],
    at: FROM_THE_START.includes(kind) ? null : SURGERY_BEFORE,
  };
}

function rowsOf(text, tables) {
  const named = (name) => tables.lesions.filter((row) => row.name === name);
  if (named(text).length) return [named(text), "both"];
  const [, side, rest] = /^(left|right) (.*)$/.exec(text) ?? [];
  return side && named(rest).length ? [named(rest), side] : [null, "both"];
}

function transection(part, number, tables) {
  const order = Object.keys(tables.cordSegments);
  const segment = (letter, count) => order.slice(0, order.indexOf(letter)).reduce((sum, one) => sum + tables.cordSegments[one], 0) + count;
  if (!(number >= 1 && number <= tables.cordSegments[part])) throw new Error(`The spinal cord has no level ${part}${number}.`);
  const cut = segment(part, number);
  return {
    side: "both",
    label: `spinal cord at ${part}${number}`,
    sets: tables.cord.filter((row) => segment(row.entry_level[0], Number(row.entry_level.slice(1))) >= cut).map((row) => [row.parameter, 0]),
    cuts: [],
    at: SURGERY_BEFORE,
  };
}

function options(chosen, tables) {
  const found = {};
  for (const [name, option] of Object.entries(chosen)) {
    const rows = tables.hypotheses.filter((row) => row.name === name && row.option === option);
    if (rows.length === 0) throw new Error(`The model doesn't know the option ${option} of ${name}.`);
    for (const row of rows) if (!row.default) found[row.parameter] = row.value;
  }
  return found;
}

function species(name, tables) {
  if (!Object.hasOwn(tables.species, name)) throw new Error(`The model doesn't know the species ${name}.`);
  return tables.species[name];
}

function finite(numbers) {
  for (const [what, value] of Object.entries(numbers)) {
    if (!Number.isFinite(value)) throw new Error(`The ${what} is missing or no number.`);
  }
}
