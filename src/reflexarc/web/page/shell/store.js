// What the page shows: a scenario and a view, mirrored in the address, with undo.

import { complete, completeView } from "./defaults.js";
import { fromHash, toHash } from "./address.js";

const JOINED_MS = 700;
const MOST_STEPS = 200;

/**
 * Return a store.
 *
 * get() gives {scenario, view}; set({scenario, view}) merges one level of each; open(scenario, view)
 * replaces the scenario; subscribe(listen) calls listen(state, before) and returns how to stop.
 * Changes of the scenario can be undone; quick changes of the same field are one step.
 * `place` is {read(), write(hash)}: the address, or nothing.
 */
export function makeStore({ scenario, view, place = null, now = () => performance.now() } = {}) {
  let state = { scenario: complete(scenario), view: completeView(view) };
  let past = [];
  let future = [];
  let joined = { key: "", time: -Infinity };
  const listeners = new Set();

  function move(next, { remember = true, key = "" } = {}) {
    const before = state;
    if (toHash(next) === toHash(before) && next.view.theme === before.view.theme) return;
    const changed = JSON.stringify(next.scenario) !== JSON.stringify(before.scenario);
    if (changed && remember) {
      const same = key !== "" && key === joined.key && now() - joined.time < JOINED_MS;
      if (!same) past = [...past.slice(-MOST_STEPS), before.scenario];
      joined = { key, time: now() };
      future = [];
    }
    state = next;
    place?.write(toHash(state));
    for (const listen of [...listeners]) listen(state, before);
  }

  const store = {
    get: () => state,
    set(patch) {
      const { scenario: part, view: look } = patch;
      move(
        {
          scenario: part ? complete({ ...state.scenario, ...part }) : state.scenario,
          view: look ? completeView({ ...state.view, ...look }) : state.view,
        },
        { key: part ? Object.keys(part).sort().join() : "" },
      );
    },
    open(next, look = {}) {
      move({ scenario: complete(next), view: completeView({ ...state.view, ...look }) });
    },
    subscribe(listen) {
      listeners.add(listen);
      return () => listeners.delete(listen);
    },
    undo() {
      if (past.length === 0) return false;
      const last = past.at(-1);
      past = past.slice(0, -1);
      future = [...future, state.scenario];
      joined = { key: "", time: -Infinity };
      move({ ...state, scenario: last }, { remember: false });
      return true;
    },
    redo() {
      if (future.length === 0) return false;
      const next = future.at(-1);
      future = future.slice(0, -1);
      past = [...past, state.scenario];
      joined = { key: "", time: -Infinity };
      move({ ...state, scenario: next }, { remember: false });
      return true;
    },
    canUndo: () => past.length > 0,
    canRedo: () => future.length > 0,
    link: () => toHash(state),
    /** Take over the address, as after the back button; returns an error's sentence or null. */
    follow() {
      try {
        const next = fromHash(place.read());
        move({ scenario: next.scenario, view: { ...next.view, theme: state.view.theme } });
        return null;
      } catch (error) {
        return error.message;
      }
    },
  };
  return store;
}

/** The address bar as the place of a store; writes are gathered, as browsers limit them. */
export function addressBar(scope = window) {
  let wanted = null;
  return {
    read: () => scope.location.hash,
    write(hash) {
      if (wanted === null) {
        scope.setTimeout(() => {
          const { pathname, search } = scope.location;
          try {
            scope.history.replaceState(null, "", wanted || pathname + search);
          } catch {
            scope.location.hash = wanted;
          }
          wanted = null;
        }, 120);
      }
      wanted = hash;
    },
  };
}
