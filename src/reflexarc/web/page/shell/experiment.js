// A scenario as an experiment for `reflexarc run`, and an experiment's arm as a scenario.

import { SCENARIO, complete } from "./defaults.js";
import { DOSES, quantity, written } from "./quantities.js";

const WITH = "with needle";
const WITHOUT = "without needle";
const SURGERY_H = -72;

/** Return an experiment as plain data: the arm with the needle, and the same without current. */
export function toExperiment(scenario, { observables = [], animals = 10 } = {}) {
  const { stimulus, challenge, anaesthesia, doses, lesions, hypotheses, hours } = complete(scenario);
  const base = {};
  if (stimulus) Object.assign(base, stimulusOut({ ...stimulus, current: stimulus.current }));
  if (doses.length > 0) base.doses = doses.map(doseOut);
  if (lesions.length > 0) base.lesions = [...lesions];
  const name = stimulus ? stimulus.site ?? stimulus.nerve : "no needle";
  const key = stimulus?.mode === "nerve" ? "nerve stimulation" : "electroacupuncture";
  const arms = stimulus
    ? { [WITHOUT]: { ...base, [key]: { ...base[key], current: "0 mA" } }, [WITH]: { like: WITHOUT, [key]: { current: base[key].current } } }
    : { [WITHOUT]: base };
  return {
    title: stimulus ? `${name}, ${written(stimulus.current, "current")}` : "Without a needle",
    ...(challenge ? { challenge: challengeOut(challenge) } : {}),
    animals: { species: scenario.species, "per arm": animals },
    ...(anaesthesia ? { anaesthesia: { isoflurane: written(anaesthesia.isoflurane, "percentage"), at: written(anaesthesia.at, "time"), duration: written(anaesthesia.duration, "duration") } } : {}),
    ...(Object.keys(hypotheses).length > 0 ? { hypotheses: { ...hypotheses } } : {}),
    arms,
    measure: [...observables.map(({ name: own, where }) => `${own} in ${where} at 90 min, 6 h`), `survival for ${written(hours, "duration")}`],
    ...(stimulus ? { compare: { to: WITHOUT } } : {}),
  };
}

function stimulusOut(stimulus) {
  const when = { "pulse width": written(stimulus.width, "pulse width"), frequency: written(stimulus.frequency, "frequency"), duration: written(stimulus.duration, "duration"), at: written(stimulus.at, "time") };
  const current = written(stimulus.current, "current");
  if (stimulus.mode === "nerve") return { "nerve stimulation": { nerve: stimulus.nerve, side: stimulus.side, current, ...when } };
  const depth = stimulus.depth === null ? {} : { depth: written(stimulus.depth, "length") };
  return { electroacupuncture: { site: stimulus.site, side: stimulus.side, configuration: stimulus.configuration, ...depth, current, ...when } };
}

function doseOut({ agent, dose, unit, route, at }) {
  return { [agent]: `${dose} ${unit}`, route, at: written(at, "time") };
}

function challengeOut(challenge) {
  if (challenge.agent) return doseOut(challenge);
  const { kind, at = 0, ...how } = challenge;
  return { [kind]: how, at: written(at, "time") };
}

/** Return {names, first, scenario(name)} for an experiment as plain data (all scalars text); `agents` are those of the vocabulary. */
export function readExperiment(document, agents) {
  if (!document || typeof document !== "object" || Array.isArray(document)) throw new Error("this is no experiment: it starts with 'title: …' and has 'arms:'");
  const arms = document.arms;
  if (!arms || typeof arms !== "object" || Array.isArray(arms) || Object.keys(arms).length === 0) throw new Error("the experiment has no arms, so there is nothing to show");
  const hours = hoursOf(document);
  const names = Object.keys(arms);
  const scenario = (name) => armIn(expand(document, name), `arm '${name}'`, hours, document, agents);
  return { names, first: firstShown(names, scenario), scenario };
}

function firstShown(names, scenario) {
  const currents = (name) => {
    try {
      return scenario(name).stimulus?.current ?? 0;
    } catch {
      return -1;
    }
  };
  return names.find((name) => currents(name) > 0) ?? names.find((name) => currents(name) >= 0) ?? names[0];
}

function hoursOf(document) {
  for (const item of list(document.measure)) {
    const match = typeof item === "string" && /^survival\s+(?:for|until|to)\s+(.+)$/i.exec(item.trim());
    const text = match ? match[1] : item?.["survival for"];
    if (text) return quantity(text, "duration", "survival");
  }
  return SCENARIO.hours;
}

/** Write out `like`, as the command line does: mappings merge, `none` removes. */
function expand(document, name, open = []) {
  const own = document.arms[name] ?? {};
  if (typeof own !== "object" || Array.isArray(own)) throw new Error(`the arm '${name}' must hold settings`);
  if (open.includes(name)) throw new Error(`arms are like each other: ${[...open, name].join(" → ")}`);
  const { like, ...kept } = own;
  let base = Object.fromEntries(["challenge", "anaesthesia", "hypotheses"].filter((key) => isSet(document[key])).map((key) => [key, document[key]]));
  if (like !== undefined) {
    if (!Object.hasOwn(document.arms, like)) throw new Error(`the arm '${name}' is like '${like}', which is no arm`);
    base = expand(document, like, [...open, name]);
  }
  return merge(base, kept);
}

function merge(base, own) {
  const merged = { ...base };
  for (const [key, value] of Object.entries(own)) {
    const before = merged[key];
    if (isMap(value) && isMap(before) && !(key === "challenge" && agentOf(value) && agentOf(value) !== agentOf(before))) {
      const rest = { ...before };
      if ("frequency" in value) delete rest["dense-disperse"];
      if ("at" in value || "duration" in value) delete rest.during;
      if ("during" in value) for (const key of ["at", "duration"]) delete rest[key];
      merged[key] = merge(rest, value);
    } else if (!isSet(value)) delete merged[key];
    else merged[key] = value;
  }
  return merged;
}

const ARM = ["electroacupuncture", "nerve stimulation", "optogenetics", "doses", "lesions", "anaesthesia", "challenge", "hypotheses"];
const NEEDLE = ["site", "side", "configuration", "depth", "current", "pulse width", "frequency", "duration", "at"];
const ELECTRODE = ["nerve", "side", "current", "pulse width", "frequency", "duration", "at"];
const HARMLESS = { "exposed length": "3 mm", insulated: "false", waveform: "monophasic", direction: "both" };
const TIMING = ["route", "at"];

function armIn(arm, where, hours, document, agents) {
  const fields = spaced(arm);
  for (const key of Object.keys(fields)) if (!ARM.includes(key)) throw new Error(`${where}: this page doesn't know '${key}'`);
  if (list(fields.optogenetics).length > 0) throw new Error(`${where}: this page has no control for light, so optogenetics can't be shown`);
  const needles = list(fields.electroacupuncture);
  const electrodes = list(fields["nerve stimulation"]);
  if (needles.length + electrodes.length > 1) throw new Error(`${where}: this page shows one stimulus at a time, and here are ${needles.length + electrodes.length}`);
  const stimulus = needles[0] ? needleIn(needles[0], where) : electrodes[0] ? electrodeIn(electrodes[0], where) : null;
  const challenge = list(fields.challenge);
  return complete({
    species: document.animals?.species?.replace(/^mice$/, "mouse") ?? "mouse",
    challenge: challenge.length > 0 && isMap(challenge[0]) ? challengeIn(challenge[0], where, agents) : null,
    stimulus,
    lesions: list(fields.lesions).map((lesion) => lesionIn(lesion, where)),
    doses: list(fields.doses).map((dose) => doseIn(dose, where, agents)),
    anaesthesia: anaesthesiaIn(fields.anaesthesia, stimulus, where),
    hypotheses: { ...(fields.hypotheses ?? {}) },
    hours,
  });
}

function needleIn(given, where) {
  const fields = checked(given, NEEDLE, `${where}, electroacupuncture`);
  return {
    mode: "electroacupuncture", site: required(fields, "site", where), side: fields.side ?? "left", configuration: fields.configuration ?? "focal pair",
    depth: fields.depth === undefined ? null : quantity(fields.depth, "length", where), ...pulses(fields, where),
  };
}

function electrodeIn(given, where) {
  const fields = checked(given, ELECTRODE, `${where}, nerve stimulation`);
  return { mode: "nerve", nerve: required(fields, "nerve", where), side: fields.side ?? "left", ...pulses(fields, where) };
}

function pulses(fields, where) {
  return {
    current: quantity(required(fields, "current", where), "current", where), width: quantity(required(fields, "pulse width", where), "pulse width", where),
    frequency: quantity(required(fields, "frequency", where), "frequency", where), duration: quantity(required(fields, "duration", where), "duration", where), at: quantity(required(fields, "at", where), "time", where),
  };
}

function checked(given, known, where) {
  const fields = spaced(given);
  for (const [key, value] of Object.entries(fields)) {
    if (known.includes(key) || (key in HARMLESS && String(value) === HARMLESS[key])) continue;
    throw new Error(`${where}: this page has no control for '${key}${key in HARMLESS ? `: ${value}` : ""}'`);
  }
  return fields;
}

function doseIn(given, where, agents) {
  const fields = spaced(given);
  const agent = fields.agent ?? Object.keys(fields).find((key) => !TIMING.includes(key) && key !== "duration" && key !== "repeat");
  if (!agent) throw new Error(`${where}: a dose must name its agent`);
  for (const key of Object.keys(fields)) if (![agent, "agent", "dose", ...TIMING].includes(key)) throw new Error(`${where}: this page has no control for '${key}' of ${agent}`);
  const unit = agents.find(({ name }) => name === agent)?.unit;
  if (!unit) throw new Error(`${where}: this page doesn't know the agent '${agent}'`);
  const dose = quantity(fields[agent] ?? fields.dose, DOSES[unit], `${where}, ${agent}`);
  return { agent, dose, unit, route: fields.route ?? "i.p.", at: quantity(fields.at ?? "0 h", "time", `${where}, ${agent}`) };
}

function challengeIn(given, where, agents) {
  const fields = spaced(given);
  const name = agentOf(fields);
  if (name && typeof fields[name] === "object" && fields[name] !== null) {
    const { [name]: how, at = "0 h" } = fields;
    return { kind: name, ...how, ...("punctures" in how ? { punctures: Number(how.punctures) } : {}), at: quantity(at, "time", where) };
  }
  return doseIn(given, where, agents);
}

function lesionIn(given, where) {
  if (typeof given === "string") return given;
  const { name, at } = given;
  if (at !== undefined && at !== "from the start" && quantity(at, "time", where) !== SURGERY_H) throw new Error(`${where}: on this page '${name}' is done 72 h before, not at '${at}'`);
  return name;
}

function anaesthesiaIn(given, stimulus, where) {
  const found = list(given).filter((entry) => !(typeof entry === "string" && /^(awake|none)$/i.test(entry.trim())));
  if (found.length === 0) return null;
  if (found.length > 1) throw new Error(`${where}: this page shows one anaesthesia, and here are ${found.length}`);
  const fields = typeof found[0] === "string" ? { during: "stimulation" } : spaced(found[0]);
  const isoflurane = quantity(fields.isoflurane ?? "1.5 %", "percentage", where);
  if (fields.at === undefined) return stimulus ? { isoflurane, at: stimulus.at, duration: stimulus.duration } : null;
  return { isoflurane, at: quantity(fields.at, "time", where), duration: quantity(required(fields, "duration", where), "duration", where) };
}

function required(fields, key, where) {
  if (fields[key] === undefined) throw new Error(`${where}: '${key}' is missing`);
  return fields[key];
}

function agentOf(fields) {
  return Object.keys(fields ?? {}).find((key) => !["route", "at", "duration", "repeat"].includes(key));
}

function spaced(fields) {
  return Object.fromEntries(Object.entries(fields ?? {}).map(([key, value]) => [key.replaceAll("_", " "), value]));
}

function list(value) {
  return Array.isArray(value) ? value : isSet(value) ? [value] : [];
}

function isSet(value) {
  return value !== undefined && value !== null && !(typeof value === "string" && /^(none|null|~|)$/i.test(value.trim()));
}

function isMap(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
