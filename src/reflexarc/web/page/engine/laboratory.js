// Runs scenarios: animals come to rest, then live through their timeline. No DOM, no worker: the same
// file serves the page and the tests.

import { integrate, workspace } from "./integrator.js";
import { treatment } from "./scenario.js";
import { timeline } from "./timeline.js";

const SETTLING = 240;
const CUMULATIVE = ["hazard"];
const KEPT_RESTS = 1000;

/** Return a laboratory for a generated model and its tables; rtol is that of every run. */
export function makeLaboratory(model, tables, { rtol = 1e-6, atol = 1e-9 } = {}) {
  const space = workspace(model, tables.method);
  const parameter = placesOf(model.parameters);
  const state = placesOf(model.states);
  const rests = new Map();

  function place(known, kind, name) {
    if (!known.has(name)) throw new Error(`The model has no ${kind} ${name}.`);
    return known.get(name);
  }

  function parametersOf(initial, animal) {
    const p = Float64Array.from(model.values);
    for (const [name, value] of Object.entries(initial)) p[place(parameter, "parameter", name)] = value;
    if (animal !== null) {
      const { traits, multipliers } = tables.animals;
      if (!multipliers[animal]) throw new Error(`There is no animal ${animal}.`);
      traits.forEach((name, column) => (p[place(parameter, "parameter", name)] *= multipliers[animal][column]));
    }
    return p;
  }

  /** The states of an animal that was left alone for ten days. */
  function rested(p, key) {
    if (rests.has(key)) return rests.get(key).slice();
    const y = new Float64Array(model.states.length);
    model.initial(p, y);
    integrate(space, { p: p.slice(), y, start: 0, stop: SETTLING, rtol, atol });
    for (const name of CUMULATIVE) if (state.has(name)) y[state.get(name)] = 0;
    if (rests.size >= KEPT_RESTS) rests.delete(rests.keys().next().value);
    rests.set(key, y.slice());
    return y;
  }

  /** When a variable goes with its organ, in h; infinite if it stays. */
  function goneFrom(id, { initial, edges }) {
    const organ = tables.organs[id];
    if (initial[organ] === 0) return -Infinity;
    return edges.find(({ set }) => set[organ] === 0)?.time ?? Infinity;
  }

  /** Return {times, series, edges} of one animal (null: the typical one) in a timeline; NaN where the organ of a variable is gone. */
  function live({ initial, edges }, { ids, times, animal = null }) {
    const p = parametersOf(initial, animal);
    const y = rested(p, JSON.stringify([animal, Object.entries(initial).sort()]));
    const placed = edges.map((edge) => ({
      time: edge.time,
      set: Object.entries(edge.set).map(([name, value]) => [place(parameter, "parameter", name), value]),
      add: Object.entries(edge.add).map(([name, value]) => [place(state, "state", name), value]),
    }));
    const wanted = ids.map((id) => {
      const named = model.look(id);
      if (named === null) throw new Error(`The model has no variable ${id}.`);
      return [id, state.has(id) ? state.get(id) : -1, named, new Float64Array(times.length), goneFrom(id, { initial, edges })];
    });
    const first = Math.min(times[0] ?? 0, ...edges.map((edge) => edge.time));
    integrate(space, {
      p, y, start: first, stop: times.at(-1) ?? first, edges: placed, times, rtol, atol,
      look(index, states) {
        for (const [, own, named, values, gone] of wanted) values[index] = times[index] >= gone ? NaN : own >= 0 ? states[own] : named(p, space.q, states);
      },
    });
    return {
      times: Array.from(times),
      series: Object.fromEntries(wanted.map(([id, , , values]) => [id, Array.from(values)])),
      edges: edges.map(({ time, label }) => ({ time, label })),
    };
  }

  function lineOf(scenario) {
    return timeline(treatment(scenario, tables), tables);
  }

  return {
    lineOf,
    live,
    course: (scenario, options) => live(lineOf(scenario), { ...options, times: options.times ?? usualTimes(scenario) }),

    /** One animal of a cohort: its course and the hour of its death, null if it lives. */
    member(scenario, { ids, times = usualTimes(scenario), animal, line = lineOf(scenario) }) {
      const all = ids.includes("hazard") ? ids : [...ids, "hazard"];
      const course = live(line, { ids: all, times, animal });
      return { ...course, death: death(course.times, course.series.hazard, tables.animals.thresholds[animal]) };
    },
  };
}

/** The times of a course when nobody says which: dense while things happen fast. */
export function usualTimes(scenario) {
  const starts = [scenario.stimulus?.at, scenario.challenge?.at, scenario.anaesthesia?.at].filter(Number.isFinite);
  const first = Math.min(0, ...starts) - 0.5;
  const times = [];
  for (let k = 0; first + k * 0.1 < scenario.hours; k += 1) times.push(first + k * 0.1);
  return [...times, scenario.hours];
}

function death(times, hazard, threshold) {
  const after = hazard.findIndex((value) => value >= threshold);
  if (after < 0) return null;
  if (after === 0) return times[0];
  const share = (threshold - hazard[after - 1]) / (hazard[after] - hazard[after - 1]);
  return times[after - 1] + share * (times[after] - times[after - 1]);
}

function placesOf(names) {
  return new Map(names.map((name, index) => [name, index]));
}
