// Where one might begin in the sandbox: each a whole scenario.

const base = { challenge: { agent: "LPS", dose: 5, unit: "mg/kg", route: "i.p.", at: 0 } };
const stimulus = (site, current, at = -0.25) => ({ mode: "electroacupuncture", site, side: "left", current, width: 50, frequency: 10, duration: 0.25, at, configuration: "focal pair", depth: null });

export const IDEAS = [
  { key: "weaker", title: "How weak is too weak?", words: "Turn the current in the leg down until nothing happens.", scenario: { ...base, stimulus: stimulus("ST36", 0.25) }, view: { cursor: 1.5 } },
  { key: "arm", title: "The arm instead", words: "LI10, in the forearm, at half a milliampere.", scenario: { ...base, stimulus: stimulus("LI10", 0.5) }, view: { cursor: 1.5 } },
  { key: "splanchnic", title: "Cut the body’s own brake", words: "Without the splanchnic nerves the mouse makes far more TNF. What does the needle do then?", scenario: { ...base, stimulus: stimulus("ST36", 0.5), lesions: ["splanchnic nerves"] }, view: { cursor: 1.5 } },
  { key: "drug", title: "A drug in place of the needle", words: "Fenoldopam, which acts like dopamine, in a mouse without adrenal glands.", scenario: { ...base, stimulus: null, lesions: ["adrenalectomy"], doses: [{ agent: "fenoldopam", dose: 10, unit: "mg/kg", route: "i.p.", at: -0.5 }] }, view: { cursor: 1.5 } },
  { key: "rival", title: "Another account of the dopamine", words: "The vagus opens the door for stored dopamine, rather than speeding up its making.", scenario: { ...base, stimulus: stimulus("ST36", 0.5), hypotheses: { "dopamine source": "release gain" } }, view: { cursor: 1.5 } },
  { key: "nerve", title: "An electrode on the vagus", words: "No needle: a hook on the vagus in the neck.", scenario: { ...base, stimulus: { mode: "nerve", nerve: "cervical vagus", side: "left", current: 1, width: 250, frequency: 10, duration: 1 / 12, at: -0.25 } }, view: { cursor: 1.5 } },
];
