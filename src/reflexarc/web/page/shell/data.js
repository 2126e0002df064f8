// The tables of the model, each fetched when somebody first asks for it.

const SOURCES = {
  claims: () => import("../data/claims.js"),
  equations: () => import("../data/equations.js"),
  findings: () => import("../data/findings.js"),
  observables: () => import("../data/observables.js"),
  parameters: () => import("../data/parameters.js"),
  pathway: () => import("../data/pathway.js"),
  references: () => import("../data/references.js"),
  safety: () => import("../data/safety.js"),
  sites: () => import("../data/sites.js"),
  subsystems: () => import("../data/subsystems.js"),
  vocabulary: () => import("../data/vocabulary.js"),
};

const asked = new Map();

/** load(name) promises a table; names() are the tables that there are. */
export const data = {
  names: () => Object.keys(SOURCES),
  load(name) {
    if (!Object.hasOwn(SOURCES, name)) return Promise.reject(new Error(`there is no table '${name}'`));
    if (!asked.has(name)) {
      const coming = SOURCES[name]().then((module) => module.default);
      coming.catch(() => asked.delete(name));
      asked.set(name, coming);
    }
    return asked.get(name);
  },
};
