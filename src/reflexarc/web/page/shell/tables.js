// The model's vocabulary as the controls need it: one entry a name, where the tables have one a row.

/** Return {lesions, agents, challenges, nerves, hypotheses}. */
export async function readTables(data) {
  const vocabulary = await data.load("vocabulary");
  const agents = joinAgents(vocabulary.agents);
  return {
    agents,
    lesions: joinLesions(vocabulary.lesions),
    challenges: vocabulary.challenges.map((entry) => withRoutes(typeof entry === "string" ? { name: entry } : entry, agents)),
    nerves: vocabulary.nerves,
    hypotheses: joinHypotheses(vocabulary.hypotheses),
  };
}

function joinAgents(rows) {
  const found = new Map();
  for (const { name, action, refused, status, source, note, unit, route } of rows) {
    if (!found.has(name)) found.set(name, { name, action, refused, status, source, note, unit, routes: [] });
    if (route) found.get(name).routes.push(route);
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name, "en", { sensitivity: "base" }));
}

function joinLesions(rows) {
  const found = new Map();
  for (const { name, kind, paired, refused, source, note } of rows) if (!found.has(name)) found.set(name, { name, kind, paired, refused, source, note });
  return [...found.values()];
}

function withRoutes(challenge, agents) {
  return { routes: agents.find(({ name }) => name === challenge.name)?.routes ?? [], ...challenge };
}

/** An option may stand in several rows, one for each parameter that it sets; the default comes first. */
function joinHypotheses(rows) {
  const found = new Map();
  for (const row of rows) {
    const own = found.get(row.name) ?? { name: row.name, options: [], notes: {} };
    found.set(row.name, own);
    if (own.options.includes(row.option)) continue;
    if (row.default) own.options.unshift(row.option);
    else own.options.push(row.option);
    own.notes[row.option] = row.note;
  }
  return [...found.values()];
}
