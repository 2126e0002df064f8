// The scenario and the view that a page without a hash shows, and what is filled in when it says less.

/** A needle in the leg before LPS, in an awake mouse; times in h relative to the challenge. */
export const SCENARIO = freeze({
  species: "mouse",
  challenge: { agent: "LPS", dose: 4, unit: "mg/kg", route: "i.p.", at: 0 },
  stimulus: {
    mode: "electroacupuncture", site: "ST36", side: "left", current: 0.5, width: 50, frequency: 10,
    duration: 0.25, at: -0.25, configuration: "focal pair", depth: null,
  },
  lesions: [],
  doses: [],
  anaesthesia: null,
  hypotheses: {},
  parameters: {},
  hours: 72,
});

/** What a stimulus through an electrode on a nerve has when nothing is said. */
export const NERVE = freeze({
  mode: "nerve", nerve: "cervical vagus", side: "left", current: 1, width: 250, frequency: 10,
  duration: 5 / 60, at: -0.25,
});

/** How the page is looked at. */
export const VIEW = freeze({
  tab: "story", chapter: 0, voice: "lay", theme: "auto", cursor: 1.5, animal: null, many: false,
  span: 8, chart: null, body: "mouse", close: "whole", look: null, select: null,
});

/** The isoflurane that goes with a stimulus: as long as it lasts. */
export function asleep(stimulus, percent = 1.5) {
  const { at, duration } = stimulus ?? SCENARIO.stimulus;
  return { isoflurane: percent, at, duration };
}

/** Return a scenario in which nothing is left out. */
export function complete(scenario) {
  const given = scenario ?? {};
  const full = { ...SCENARIO, ...strip(given) };
  const stimulus = full.stimulus;
  if (stimulus) full.stimulus = { ...(stimulus.mode === "nerve" ? NERVE : SCENARIO.stimulus), ...strip(stimulus) };
  if (full.challenge && !full.challenge.kind) full.challenge = { ...SCENARIO.challenge, ...strip(full.challenge) };
  return full;
}

/** Return a view in which nothing is left out. */
export function completeView(view) {
  return { ...VIEW, ...strip(view ?? {}) };
}

/** Return the scenario of the animals that get no current: the same needle, 0 mA. */
export function withoutNeedle(scenario) {
  return scenario.stimulus ? { ...scenario, stimulus: { ...scenario.stimulus, current: 0 } } : scenario;
}

function strip(object) {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

function freeze(value) {
  if (value && typeof value === "object") Object.values(value).forEach(freeze);
  return Object.freeze(value);
}
