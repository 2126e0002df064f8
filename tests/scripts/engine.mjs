// Answers questions about the engine of a written site: {site, question, ...} in, JSON out.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const asked = JSON.parse(readFileSync(0, "utf8"));
const from = (path) => import(pathToFileURL(`${asked.site}/${path}`).href);
const table = async (name) => (await from(`data/${name}.js`)).default;

const { makeLaboratory } = await from("engine/laboratory.js");
const { recruit } = await from("engine/recruitment.js");
const { timeline } = await from("engine/timeline.js");
const { treatment } = await from("engine/scenario.js");
const model = await from("model.js");
const tables = {
  animals: await table("animals"),
  method: await table("method"),
  recruitment: await table("recruitment"),
  ...(await table("vocabulary")),
};

const answers = {
  recruit: ({ stimuli }) => stimuli.map((stimulus) => recruit(tables.recruitment, stimulus, stimulus.cut)),
  timelines: ({ treatments }) => treatments.map((one) => timeline(one, tables)),
  refusals: ({ scenarios }) => scenarios.map((scenario) => {
    try {
      return timeline(treatment(scenario, tables), tables) && "";
    } catch (error) {
      return error.message;
    }
  }),
  courses({ runs, rtol }) {
    const laboratory = makeLaboratory(model, tables, { rtol });
    return runs.map(({ line, scenario, ...options }) => laboratory.live(line ?? laboratory.lineOf(scenario), options).series);
  },
  deaths({ scenario, animals, times }) {
    const laboratory = makeLaboratory(model, tables);
    return animals.map((animal) => laboratory.member(scenario, { ids: [], animal, times }).death);
  },
  functions({ states, parameters, diagonal, right }) {
    const y = Float64Array.from(states);
    const p = Float64Array.from(parameters);
    const [q, w, f] = [model.hoisted, model.slots, y.length].map((size) => new Float64Array(size));
    const x = Float64Array.from(right);
    model.prepare(p, q);
    model.linearise(p, q, y, f, w);
    model.factor(w, diagonal);
    model.solve(w, x);
    const look = Object.fromEntries(model.variables.map((name) => [name, model.look(name)(p, q, y)]));
    return { rates: [...f], solution: [...x], look };
  },
};

process.stdout.write(JSON.stringify(answers[asked.question](asked)));
