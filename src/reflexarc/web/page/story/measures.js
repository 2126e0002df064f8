// A chapter's arms, run through the engine, and what is read off them.

const LOWER = 0.9;

/**
 * Run a chapter. Returns readings; `onStep(done, all)` tells how far it is.
 * arms: {name: {scenario}}; look: {ids, times} for one typical mouse an arm; herds: [{arm, ids, times}].
 */
export async function run(engine, chapter, { signal, onStep = () => {} }) {
  const names = Object.keys(chapter.arms);
  const herds = chapter.herds ?? [];
  const all = names.length + herds.length;
  let done = 0;
  const step = (value) => {
    done += 1;
    onStep(done, all);
    return value;
  };
  const courses = {};
  for (const name of names) {
    courses[name] = step(await engine.course(whole(chapter.arms[name].scenario), chapter.look));
    if (signal.aborted) throw new DOMException("left", "AbortError");
  }
  const found = {};
  for (const { arm, ids, times } of herds) {
    const scenario = { ...whole(chapter.arms[arm].scenario), hours: Math.max(...times) };
    found[arm] = { ...(await engine.cohort(scenario, { ids, times, animals: 100, signal })), times };
    step();
  }
  return readings(courses, found);
}

/** Return a scenario in which what the page would fill in by itself is said to be absent. */
function whole(scenario) {
  return { species: "mouse", challenge: null, stimulus: null, lesions: [], doses: [], anaesthesia: null, hypotheses: {}, parameters: {}, hours: 72, ...scenario };
}

function readings(courses, herds) {
  const level = (arm, id, time) => at(courses[arm].times, courses[arm].series[id], time);
  const each = (arm, id, time) => herds[arm].series[id].map((series) => at(herds[arm].times, series, time));
  return {
    courses,
    herds,
    level,
    /** How a level compares with that of another arm: 1 is the same. */
    ratio: (arm, to, id, time) => level(arm, id, time) / level(to, id, time),
    /** Share of the effect of one pair of arms that another pair still has, on a logarithmic scale. */
    left: (pair, whole, id, time) => Math.log(level(pair[0], id, time) / level(pair[1], id, time)) / Math.log(level(whole[0], id, time) / level(whole[1], id, time)),
    /** Which of 100 mice have at least a tenth less than the same mouse has in another arm. */
    lower: (arm, to, id, time) => {
      const others = each(to, id, time);
      return each(arm, id, time).map((value, i) => value < LOWER * others[i]);
    },
    /** Which of 100 mice have at least a tenth more. */
    higher: (arm, to, id, time) => {
      const others = each(to, id, time);
      return each(arm, id, time).map((value, i) => value * LOWER > others[i]);
    },
    /** Which of 100 mice live at a time. */
    alive: (arm, time) => herds[arm].death.map((hour) => hour === null || hour > time),
  };
}

/** Return how many of a list are true. */
export function count(list) {
  return list.reduce((sum, one) => sum + (one ? 1 : 0), 0);
}

/** Return a size of effect in a word: much lower, lower, same, higher. */
export function size(ratio) {
  if (ratio < 0.6) return "much";
  if (ratio < LOWER) return "some";
  return ratio > 1 / LOWER ? "more" : "none";
}

/** Return a series at a time, linear between samples. */
export function at(times, series, time) {
  const next = times.findIndex((one) => one >= time - 1e-9);
  if (next < 0) return series.at(-1);
  if (next === 0 || Math.abs(times[next] - time) < 1e-9) return series[next];
  const share = (time - times[next - 1]) / (times[next] - times[next - 1]);
  return series[next - 1] + share * (series[next] - series[next - 1]);
}
