// Words of the wall: what a verdict and a trust tag mean.

export const VERDICT = {
  pass: { lay: "the model agrees", student: "agrees", researcher: "pass" },
  fail: { lay: "the model disagrees", student: "disagrees", researcher: "fail" },
  unscored: { lay: "not counted", student: "not scored", researcher: "unscored" },
  "not run": { lay: "not run yet", student: "not run", researcher: "not run" },
};

export const TRUST = {
  T: { lay: "read in the paper", student: "read in the paper [T]", researcher: "T", long: "Read in the primary text, at least its abstract." },
  S: { lay: "read in a second source", student: "second-hand [S]", researcher: "S", long: "Read in a secondary source: a review, a press account, a digest." },
  R: { lay: "only remembered", student: "remembered [R]", researcher: "R", long: "Remembered and not found again; never scored." },
  NF: { lay: "not found", student: "not found [NF]", researcher: "NF", long: "Looked for and not found; never scored." },
};

export const ROLE = {
  fitted: { lay: "the model was built with it", student: "used to fit the model", researcher: "fitted" },
  predicted: { lay: "the model did not know it", student: "predicted", researcher: "predicted" },
  unscored: { lay: "", student: "", researcher: "unscored" },
};

export const CERTAINTY = {
  high: "high certainty", moderate: "moderate certainty", low: "low certainty", "very low": "very low certainty", "not assessed": "certainty not assessed",
};

/** Return what the model gives, in a voice: a ratio as parts of a hundred for everybody. */
export function simulated(finding, voice) {
  const ratio = /^×([\d.e+-]+)$/.exec(finding.simulated);
  if (!ratio || voice === "researcher") return finding.simulated.replace(/^-/, "−");
  const value = Number(ratio[1]);
  if (value >= 2) return `${Number(value.toPrecision(2))} times as much`;
  if (value > 1.005) return `${Math.round(100 * (value - 1))} in 100 more`;
  return value > 0.995 ? "the same" : `down to ${Math.round(100 * value)} parts in 100`;
}
