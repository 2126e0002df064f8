// The model's tables as the controls need them, whatever the shape in which they travel.

/** Return {lesions, agents, challenges, nerves, hypotheses} from the generated tables. */
export async function readTables(data, engine) {
  const [agents, lesions] = await Promise.all([data.load("agents"), data.load("lesions")]);
  const told = (await engine.describe?.()) ?? {};
  const agentRows = rows(agents, "agents");
  const known = joinAgents(agentRows);
  return {
    lesions: joinLesions(rows(lesions, "lesions")),
    agents: known,
    challenges: challengesOf(told, agents, known),
    nerves: told.nerves ?? told.electrodes ?? agents.nerves ?? ["cervical vagus"],
    hypotheses: hypothesesOf(told.hypotheses ?? lesions.hypotheses ?? agents.hypotheses ?? []),
  };
}

function rows(table, name) {
  return Array.isArray(table) ? table : table[name] ?? table.rows ?? Object.values(table);
}

function joinAgents(list) {
  const found = new Map();
  for (const row of list) {
    const own = found.get(row.name) ?? { name: row.name, action: row.action ?? "", refused: row.refused ?? "", status: row.status, source: row.source, note: row.note ?? "", routes: [] };
    for (const route of row.routes ?? (row.route ? [row.route] : [])) {
      const name = typeof route === "string" ? route : route.route;
      if (name && !own.routes.includes(name)) own.routes.push(name);
    }
    found.set(row.name, own);
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name, "en", { sensitivity: "base" }));
}

function joinLesions(list) {
  const found = new Map();
  for (const row of list) if (!found.has(row.name)) found.set(row.name, { name: row.name, kind: row.kind, paired: row.paired === true || row.paired === "yes", refused: row.refused ?? "", source: row.source, note: row.note ?? "" });
  return [...found.values()];
}

function challengesOf(told, table, agents) {
  const names = told.challenges ?? table.challenges;
  const list = (names ?? ["LPS"]).map((entry) => (typeof entry === "string" ? { name: entry } : { ...entry, name: entry.name ?? entry.kind }));
  return list.map((entry) => ({ routes: agents.find((agent) => agent.name === entry.name)?.routes ?? [], ...entry }));
}

function hypothesesOf(table) {
  if (!Array.isArray(table)) return Object.entries(table).map(([name, options]) => ({ name, options: Array.isArray(options) ? options.map((option) => option.option ?? option) : Object.keys(options) }));
  const found = new Map();
  for (const row of table) {
    const own = found.get(row.name) ?? { name: row.name, options: [], notes: {} };
    if (row.options) own.options.push(...row.options.map((option) => option.option ?? option.name ?? option));
    else if (!own.options.includes(row.option)) {
      if (row.default) own.options.unshift(row.option);
      else own.options.push(row.option);
      own.notes[row.option] = row.note;
    }
    found.set(row.name, own);
  }
  return [...found.values()];
}
