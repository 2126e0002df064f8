// From what is done to an animal to edges: every instant at which an input of the model changes.
// The same rules as timeline.py; everything that it knows of lesions, agents and options is a table.

import { modelInputs, recruit } from "./recruitment.js";

const DECIMALS = 1e10;
const SIDES = ["left", "right"];

/**
 * Return {start, initial, edges} of a treatment:
 *   stimuli: [{stimulus, windows: [[on, off]]}], flows: [{state, rate, label, windows}],
 *   boluses: [{state, amount, label, times, set?: {input: value}}], lesions: [{sets, cuts, side, label, at: h | null}],
 *   breaths: [{percent, label, windows}], initial: {parameter: value} (species, options).
 * Edges are {time, set: {input: value}, add: {state: value}, label}.
 */
export function timeline(treatment, tables, { band = "central" } = {}) {
  const words = new Map();
  const note = (time, text) => {
    const instant = Math.round(time * DECIMALS) / DECIMALS + 0;
    if (!words.has(instant)) words.set(instant, []);
    words.get(instant).push(text);
    return instant;
  };
  const span = ([on, off], text) => ({ on: note(on, `${text} on`), off: note(off, `${text} off`) });
  const lasting = treatment.lesions.filter((lesion) => lesion.at === null);
  const injuries = treatment.lesions
    .filter((lesion) => lesion.at !== null)
    .map((lesion) => ({ at: note(lesion.at, `lesion: ${lesion.label}`), lesion }));
  const spans = (items, text) => items.flatMap((item) => item.windows.map((window) => ({ ...span(window, text(item)), item })));
  const shines = spans(treatment.stimuli, (item) => item.label);
  const breaths = spans(treatment.breaths, (item) => item.label);
  const flows = spans(treatment.flows, (item) => `infusion of ${item.label}`);
  const added = new Map();
  const operations = [];
  for (const bolus of treatment.boluses) {
    for (const moment of bolus.times) {
      const instant = note(moment, bolus.label);
      const here = added.get(instant) ?? {};
      here[bolus.state] = (here[bolus.state] ?? 0) + bolus.amount;
      added.set(instant, here);
      if (bolus.set) operations.push({ at: instant, set: bolus.set });
    }
  }
  const initial = { ...treatment.initial, ...intactness(lasting) };
  const known = new Map();

  function recruited(stimulus, cut) {
    const key = JSON.stringify([stimulus, cut]);
    if (!known.has(key)) known.set(key, recruit(tables.recruitment, stimulus, cut));
    return known.get(key);
  }

  function inputs(time) {
    const done = injuries.filter((injury) => injury.at <= time).map((injury) => injury.lesion);
    const cut = [...lasting, ...done].flatMap((lesion) => lesion.cuts);
    const lesions = Object.fromEntries(Object.keys(intactness(injuries.map((injury) => injury.lesion))).map((name) => [name, 1]));
    for (const source of [initial, intactness([...lasting, ...done])]) {
      for (const name of Object.keys(lesions)) if (name in source) lesions[name] = source[name];
    }
    const active = shines
      .filter((shine) => covers(shine, time))
      .map((shine) => recruited(shine.item.stimulus, cut))
      .filter((found) => acts(found, band));
    const driven = shines.length ? modelInputs(tables.recruitment, active, band) : {};
    const infused = Object.fromEntries(flows.map((flow) => [`infusion_${flow.item.state}`, 0]));
    for (const flow of flows) if (covers(flow, time)) infused[`infusion_${flow.item.state}`] += flow.item.rate;
    const breath = breaths.length
      ? { isoflurane_inspired: Math.max(0, ...breaths.filter((one) => covers(one, time)).map((one) => one.item.percent)) }
      : {};
    const operated = {};
    for (const { set } of operations) for (const name of Object.keys(set)) operated[name] = 0;
    for (const { at, set } of operations) if (at <= time) Object.assign(operated, set);
    return { ...lesions, ...driven, ...infused, ...breath, ...operated };
  }

  const edges = [];
  let now = inputs(-Infinity);
  for (const time of [...words.keys()].sort((a, b) => a - b)) {
    const then = inputs(time);
    const set = Object.fromEntries(Object.entries(then).filter(([name, value]) => now[name] !== value));
    const add = Object.fromEntries(Object.entries(added.get(time) ?? {}).filter(([, value]) => value !== 0));
    if (Object.keys(set).length || Object.keys(add).length) {
      edges.push({ time, set, add, label: [...new Set(words.get(time))].join("; ") });
    }
    now = then;
  }
  return { initial, edges };
}

/** What is left of each structure: the mean of its left and its right side. */
function intactness(lesions) {
  const sides = {};
  for (const lesion of lesions) {
    for (const [parameter, value] of lesion.sets) {
      sides[parameter] ??= { left: 1, right: 1 };
      for (const side of SIDES) {
        if (lesion.side === side || lesion.side === "both") sides[parameter][side] = Math.min(sides[parameter][side], value);
      }
    }
  }
  return Object.fromEntries(Object.entries(sides).map(([name, side]) => [name, (side.left + side.right) / 2]));
}

function covers(span, time) {
  return span.on <= time && time < span.off;
}

/** Whether a stimulus recruits anything: a sham needle doesn't even set a pulse rate. */
function acts(found, band) {
  return [...Object.values(found.classes), ...Object.values(found.drives)].some((value) => value[band] > 0);
}
