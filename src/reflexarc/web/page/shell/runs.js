// The courses behind the page: with and without the needle, one animal first, then a hundred.
// Only the arm that has changed is computed anew, and an answer that nobody waits for is dropped.

import { SCENARIO, withoutNeedle } from "./defaults.js";

const REST_MS = 260;
const ANIMALS = 100;
const KEPT = 24;

/**
 * Return runs: get() gives the latest {needle, control, cohorts, error, busy}, subscribe(listen) tells
 * of new ones. A course is {times, series, edges}; `cohorts` is {needle, control} of
 * {times, series, death, done}. `ids` are the variables to follow.
 */
export function makeRuns({ store, engine, ids, onTiming = () => {} }) {
  const followed = new Set(ids);
  const courses = new Map();
  const cohorts = new Map();
  const listeners = new Set();
  let latest = { needle: null, control: null, cohorts: { needle: null, control: null }, error: null, busy: false, same: false };
  let asked = 0;
  let timer = null;
  let abort = null;

  function tell(part) {
    latest = { ...latest, ...part };
    document.documentElement.dataset.busy = latest.busy ? "1" : "0";
    for (const listen of [...listeners]) listen(latest);
  }

  async function course(scenario, animal) {
    const key = keyOf(scenario, animal);
    if (!courses.has(key)) {
      const options = { ids: [...followed], times: timesFor(scenario) };
      if (animal !== null) options.animal = animal;
      const coming = engine.course(scenario, options);
      coming.catch(() => courses.delete(key));
      courses.set(key, coming);
      if (courses.size > KEPT) courses.delete(courses.keys().next().value);
    }
    return courses.get(key);
  }

  async function run() {
    asked += 1;
    const mine = asked;
    const begin = performance.now();
    const { scenario, view } = store.get();
    const bare = withoutNeedle(scenario);
    clearTimeout(timer);
    abort?.abort();
    tell({ busy: true });
    try {
      const [needle, control] = await Promise.all([course(scenario, view.animal), course(bare, view.animal)]);
      if (mine !== asked) return;
      const kept = { needle: cohorts.get(keyOf(scenario)) ?? null, control: cohorts.get(keyOf(bare)) ?? null };
      tell({ needle, control, error: null, busy: false, cohorts: kept, same: !scenario.stimulus || scenario.stimulus.current === 0 });
      onTiming(performance.now() - begin);
      const root = document.documentElement.dataset;
      root.settled = String(Number(root.settled ?? 0) + 1);
      if (!kept.needle || !kept.control) timer = setTimeout(() => many(scenario, bare, mine), REST_MS);
    } catch (error) {
      if (mine !== asked) return;
      tell({ error: error.message, busy: false });
    }
  }

  async function many(scenario, bare, mine) {
    abort = new AbortController();
    const { signal } = abort;
    for (const [arm, what] of [["needle", scenario], ["control", bare]]) {
      const key = keyOf(what);
      try {
        let shared = cohorts.get(key);
        if (!shared) {
          shared = await engine.cohort(what, {
            ids, animals: ANIMALS, signal, times: coarse(what),
            onProgress: (done, part) => mine === asked && part && tell({ cohorts: { ...latest.cohorts, [arm]: { ...part, done } } }),
          });
          cohorts.set(key, { ...shared, done: ANIMALS });
          if (cohorts.size > KEPT) cohorts.delete(cohorts.keys().next().value);
        }
        if (mine !== asked) return;
        tell({ cohorts: { ...latest.cohorts, [arm]: cohorts.get(key) } });
      } catch (error) {
        if (signal.aborted || mine !== asked) return;
        tell({ error: error.message });
        return;
      }
    }
  }

  const stop = store.subscribe((state, before) => {
    if (state.scenario !== before.scenario || state.view.animal !== before.view.animal) schedule();
  });
  let waiting = false;
  function schedule() {
    if (waiting) return;
    waiting = true;
    queueMicrotask(() => {
      waiting = false;
      run();
    });
  }

  return {
    get: () => latest,
    run,
    /** Follow more variables, states or flows, in both arms' courses (not in the cohorts). */
    follow(more) {
      const before = followed.size;
      for (const id of more) followed.add(id);
      if (followed.size === before) return;
      courses.clear();
      schedule();
    },
    subscribe(listen) {
      listeners.add(listen);
      return () => listeners.delete(listen);
    },
    destroy: stop,
  };
}

/** Return the times in h at which a course is drawn: dense where things happen fast. */
export function timesFor(scenario) {
  const first = startOf(scenario);
  const times = [];
  for (let time = first; time < 6 - 1e-9; time += 0.05) times.push(time);
  for (let time = 6; time < Math.min(24, scenario.hours) - 1e-9; time += 0.2) times.push(time);
  for (let time = 24; time < scenario.hours - 1e-9; time += 1) times.push(time);
  return [...times.filter((time) => time < scenario.hours - 1e-9), scenario.hours].map((time) => Math.round(time * 1e6) / 1e6);
}

function coarse(scenario) {
  return timesFor(scenario).filter((time, index) => index % 2 === 0 || time >= 24 || time === scenario.hours);
}

/** Return the first hour that is drawn: a little before the first thing that happens. */
export function startOf(scenario) {
  const starts = [scenario.stimulus?.at, scenario.challenge?.at, scenario.anaesthesia?.at, ...scenario.doses.map((dose) => dose.at)];
  const first = Math.min(0, ...starts.filter((at) => Number.isFinite(at)));
  return Math.round((first - 0.5) * 100) / 100;
}

function keyOf(scenario, animal = null) {
  const stimulus = scenario.stimulus;
  const still = !stimulus || stimulus.current === 0;
  return JSON.stringify({ ...SCENARIO, ...scenario, stimulus: still ? null : stimulus, start: startOf(scenario), animal });
}
