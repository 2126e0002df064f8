// The worker's side of the engine: one laboratory, one question at a time, cohorts in small portions.

import * as model from "../model.js";
import animals from "../data/animals.js";
import method from "../data/method.js";
import recruitment from "../data/recruitment.js";
import vocabulary from "../data/vocabulary.js";
import { makeLaboratory } from "./laboratory.js";
import { recruit } from "./recruitment.js";

const PORTION_MS = 40;

const tables = { animals, method, recruitment, ...vocabulary };
const laboratory = makeLaboratory(model, tables);
const cancelled = new Set();

const answers = {
  course: ({ scenario, options }) => laboratory.course(scenario, options),
  recruit: ({ stimulus, cut }) => recruit(recruitment, stimulus, cut ?? []),
};

self.onmessage = ({ data: { id, kind, ...question } }) => {
  if (kind === "cancel") cancelled.add(question.what);
  else if (kind === "cohort") cohort(id, question);
  else {
    try {
      self.postMessage({ id, value: answers[kind](question) });
    } catch (error) {
      self.postMessage({ id, error: error.message });
    }
  }
};

/** Animals one after another, with a break for other questions now and then. */
function cohort(id, { scenario, options }) {
  const { ids, animals: size = animals.thresholds.length, times } = options;
  let next = 0;
  let line = null;
  let fresh = [];
  const portion = () => {
    if (cancelled.delete(id)) return;
    try {
      line ??= laboratory.lineOf(scenario);
      const begin = performance.now();
      while (next < size && performance.now() - begin < PORTION_MS) {
        fresh.push(laboratory.member(scenario, { ids, times, animal: next, line }));
        next += 1;
      }
    } catch (error) {
      self.postMessage({ id, error: error.message });
      return;
    }
    self.postMessage({ id, part: fresh, done: next, complete: next >= size });
    fresh = [];
    if (next < size) setTimeout(portion, 0);
  };
  portion();
}
