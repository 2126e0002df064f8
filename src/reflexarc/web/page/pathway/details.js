// What one part or connection is: its value now, what can be done to it, its equation, its numbers, its papers.

import { h, put } from "../shell/element.js";
import { cite } from "../shell/papers.js";
import { digits, duration, say, shown, toolOf, unit } from "../shell/voices.js";
import { amount, idsOf, leftOf, mathOf, parse, symbol } from "./formula.js";
import { keyOf } from "./layout.js";
import { DONE, GROUPS, KINDS, STATUS, VERBS, named } from "./words.js";

const MANY = 6;

/**
 * Fill the panel.
 * item: {part} or {edge}; tables: {pathway, lesions, parameters, references, units}; read(id) -> {value, without} now.
 */
export function details(panel, item, context) {
  const { voice, tables } = context;
  const byId = new Map(tables.pathway.parts.map((part) => [part.id, part]));
  const { part, edge } = item;
  const title = part ? named(part, voice) : `${named(byId.get(edge.from), voice)} → ${named(byId.get(edge.to), voice)}`;
  const kind = part ? say(GROUPS[part.group], voice) : say(KINDS[edge.kind], voice);
  const ids = part ? part.ids : edge.flow;
  put(panel,
    h("p", { class: `pw-kind pw-${(part?.group ?? edge.kind).replace(/[^a-z]+/g, "-")}` }, kind),
    h("h3", { tabindex: "-1", class: "pw-title" }, title),
    edge ? h("p", {}, sentence(edge, byId, voice), edge.note ? ` ${edge.note}.` : "") : null,
    values(ids, context),
    actions(item, context),
    neighbours(item, byId, context),
    deeper(ids, context),
  );
}

function sentence(edge, byId, voice) {
  const [a, b] = [byId.get(edge.from), byId.get(edge.to)].map((part) => named(part, voice));
  return edge.sign === "-" ? `The more of “${a}”, the less of “${b}”.` : `The more of “${a}”, the more of “${b}”.`;
}

function values(ids, { read, cursor, tables, voice, challenge, scenario }) {
  const rows = ids.map((id) => ({ id, ...read(id) })).filter((row) => row.value !== undefined);
  if (!rows.length) return h("p", { class: "pw-soft" }, "Its numbers come with the next run.");
  const few = voice === "lay" ? rows.slice(0, 3) : rows;
  const time = `${duration(cursor)} ${cursor < 0 ? "before" : "after"} ${challenge || "time 0"}`;
  return h("table", { class: "pw-values" },
    h("caption", {}, `Now, ${time}`),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "What"), h("th", { scope: "col" }, `With ${toolOf(scenario)}`), h("th", { scope: "col" }, "Without"))),
    h("tbody", {}, few.map(({ id, value, without }) => {
      const [name, of] = tables.about(id, voice);
      return h("tr", {}, h("th", { scope: "row" }, name), h("td", { "data-live": id }, number(value, of)), h("td", {}, number(without, of)));
    })));
}

function number(value, of) {
  if (value === undefined) return "–";
  if (Number.isNaN(value)) return "removed";
  return `${digits(shown(value, of), 3)} ${unit(of)}`.trim();
}

function actions(item, { scenario, tables, toggle, cord, voice }) {
  const names = (item.part ?? item.edge).lesions;
  const spinal = names.filter((name) => tables.kindOf(name) === "spinal cord");
  const plain = names.filter((name) => !spinal.includes(name));
  const done = (name) => scenario.lesions.includes(name);
  const button = (name) => {
    const [verb, undo] = VERBS[tables.kindOf(name)] ?? ["Cut", "Mend"];
    return h("button", { type: "button", class: "pw-act", "aria-pressed": String(done(name)), "data-lesion": name, onclick: () => toggle(name) }, done(name) ? `${undo}: ${name}` : `${verb}: ${name}`);
  };
  const nodes = [];
  if (plain.length > MANY) {
    const chosen = plain.filter(done);
    const first = plain.slice(0, MANY);
    const list = h("select", { id: "pw-nerve", "aria-label": "A nerve to cut" }, plain.map((name) => h("option", { value: name, selected: name === (chosen[0] ?? first[0]) }, done(name) ? `${name} (${DONE[tables.kindOf(name)]})` : name)));
    nodes.push(h("p", { class: "pw-choose" }, list, h("button", { type: "button", class: "pw-act", onclick: () => toggle(list.value) }, "Cut or mend")), ...chosen.map(button));
  } else nodes.push(...plain.map(button));
  if (spinal.length) nodes.push(cord());
  const drugs = item.part ? tables.drugsOn(item.part.ids) : [];
  if (!nodes.length && !drugs.length) return h("p", { class: "pw-soft" }, "No lesion of the model acts here.");
  return h("div", { class: "pw-actions" }, nodes,
    drugs.length ? h("p", { class: "pw-soft" }, "Agents that act here: ", drugs.map((agent, i) => [i ? ", " : "", `${agent.name}${voice === "lay" || !agent.action ? "" : ` (${agent.action})`}`]), ".") : null);
}

function neighbours({ part }, byId, { tables, voice, choose }) {
  if (!part) return null;
  const link = (edge, other) => h("li", {}, h("button", { type: "button", class: "pw-link", "data-open": keyOf(edge), onclick: () => choose({ edge }) }, `${edge.sign === "-" ? "holds back" : "drives"}`), " ", h("button", { type: "button", class: "pw-link", "data-open": other.id, onclick: () => choose({ part: other }) }, named(other, voice)));
  const into = tables.pathway.edges.filter((edge) => edge.to === part.id);
  const out = tables.pathway.edges.filter((edge) => edge.from === part.id);
  return h("div", { class: "pw-near" },
    into.length ? h("div", {}, h("h4", {}, "Hears of"), h("ul", {}, into.map((edge) => h("li", {}, h("button", { type: "button", class: "pw-link", "data-open": edge.from, onclick: () => choose({ part: byId.get(edge.from) }) }, named(byId.get(edge.from), voice)), edge.sign === "-" ? " (held back)" : "")))) : null,
    out.length ? h("div", {}, h("h4", {}, "Tells"), h("ul", {}, out.map((edge) => link(edge, byId.get(edge.to))))) : null);
}

function deeper(ids, context) {
  const { tables, voice } = context;
  const own = ids.filter((id) => tables.equations[id]);
  const trees = own.map((id) => ({ id, ...tables.equations[id], tree: parse(tables.equations[id].text) }));
  const used = new Set(trees.flatMap(({ tree }) => [...idsOf(tree)]));
  const parameters = tables.parameters.filter((one) => used.has(one.id));
  const papers = [...new Set(parameters.flatMap((one) => keys(one.source)))].filter((key) => tables.references[key]);
  const open = voice === "researcher";
  return [
    trees.length ? h("details", { open, class: "pw-more", "data-more": "equations" }, h("summary", {}, trees.length > 1 ? `${trees.length} equations, with the numbers of now` : "The equation, with the numbers of now"), trees.map((one) => equation(one, context))) : null,
    parameters.length ? h("details", { open, class: "pw-more", "data-more": "parameters" }, h("summary", {}, `${parameters.length} numbers in it: ${counts(parameters)}`), numbers(parameters, context)) : null,
    papers.length ? h("details", { open, class: "pw-more", "data-more": "papers" }, h("summary", {}, papers.length > 1 ? `${papers.length} papers behind it` : "The paper behind it"), h("ul", { class: "pw-papers" }, papers.map((key) => h("li", {}, cite(tables.references, key, { whole: true })))))
      : parameters.length ? h("p", { class: "pw-soft" }, "No paper stands behind these numbers: they are fitted or assumed.") : null,
  ];
}

function equation({ id, kind, tree }, { read, tables, voice }) {
  const [name, of] = tables.about(id, voice);
  const value = (used) => {
    const now = read(used).value;
    return Number.isFinite(now) ? amount(now) : symbol(used);
  };
  return h("figure", { class: "pw-equation", "data-equation": id },
    h("figcaption", {}, name, kind === "rate" ? " changes by" : " is", of && unit(of) ? ` (${unit(of)}${kind === "rate" ? " per h" : ""})` : ""),
    h("div", { class: "pw-scroll", tabindex: "0", role: "group", "aria-label": `Equation of ${name}` }, mathOf(leftOf(id, kind), tree, () => undefined), mathOf(leftOf(id, kind), tree, value)));
}

function counts(parameters) {
  const found = {};
  for (const one of parameters) found[one.status] = (found[one.status] ?? 0) + 1;
  return Object.entries(found).map(([status, count]) => `${count} ${status}`).join(", ");
}

function numbers(parameters, { tables, voice, scenario }) {
  return h("div", { class: "pw-scroll", tabindex: "0", role: "group", "aria-label": "Numbers of the model" }, h("table", { class: "pw-numbers" },
    h("thead", {}, h("tr", {}, ["Number", "Value", "Known how", "From"].map((word) => h("th", { scope: "col" }, word)))),
    h("tbody", {}, parameters.map((one) => h("tr", {},
      h("th", { scope: "row" }, h("code", {}, one.id), one.note ? h("span", { class: "pw-note" }, one.note) : null),
      h("td", {}, `${digits(scenario.parameters?.[one.id] ?? one.value, 4)} ${unit(one.unit)}`),
      h("td", { class: `pw-status pw-${one.status}` }, say(STATUS[one.status] ?? one.status, voice), one.species && one.species !== "mouse" ? ` (${one.species})` : ""),
      h("td", {}, keys(one.source).map((key, i) => [i ? ", " : "", cite(tables.references, key)])))))));
}

/** Return the keys of papers in a cell. */
export function keys(cell) {
  return (cell ?? "").split(/[;,\s]+/).filter((word) => word && word !== "assumed");
}
