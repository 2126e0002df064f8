// The pathway: the model's own structure as a diagram with moving signal, and what stands behind each part.

import { withoutNeedle } from "../shell/defaults.js";
import { h, put } from "../shell/element.js";
import { timesFor } from "../shell/runs.js";
import { anchorOf, duration, say } from "../shell/voices.js";
import { details } from "./details.js";
import { drawing, idOf } from "./drawing.js";
import { idsOf, parse } from "./formula.js";
import { keyOf } from "./layout.js";
import { DONE, KINDS, LEVELS, PARTLY, named } from "./words.js";

const CORD = "spinal cord at ";

/** Mount the pathway in an element: {store, data, runs} as for every panel. */
export function mount(element, { store, data, runs }) {
  const stage = h("div", { class: "pw-stage", "data-panel": "pathway-diagram" });
  const panel = h("section", { class: "pw-details", "data-panel": "pathway-details", "aria-label": "The chosen part" });
  const said = h("p", { class: "pw-said", role: "status", "data-said": "pathway" });
  const more = h("input", { type: "checkbox", id: "pw-more", "data-control": "pathway-more", onchange: () => redraw() });
  const acts = h("input", { type: "checkbox", id: "pw-acts", "data-control": "pathway-acts", checked: true });
  const slider = h("input", { type: "range", id: "pw-time", "data-control": "pathway-time", min: 0, max: 1000, step: 1, oninput: () => store.set({ view: { cursor: fromSlider() } }) });
  const clock = h("output", { for: "pw-time", class: "pw-clock" });
  const chips = h("div", { class: "pw-chips" });
  put(element,
    h("div", { class: "pw" },
      h("div", { class: "pw-bar-top" },
        h("label", { class: "pw-time", for: "pw-time" }, "Time ", clock), slider,
        h("label", { class: "pw-check", for: "pw-acts" }, acts, " A press cuts, takes away or blocks"),
        h("label", { class: "pw-check", for: "pw-more" }, more, " Show every part")),
      chips, said,
      h("div", { class: "pw-two" }, h("div", {}, stage, legend()), panel)));
  put(panel, h("p", { class: "pw-soft" }, "Getting the pathway…"));

  let tables = null;
  let chosen = null;
  let gone = false;
  const diagram = drawing(stage, { onpress: press });

  function seen() {
    return store.get();
  }

  function shownParts() {
    const all = more.checked || seen().view.voice === "researcher";
    const parts = tables.pathway.parts.filter((part) => all || part.level === "main" || part.id === chosen?.part?.id);
    const ids = new Set(parts.map((part) => part.id));
    return { parts, edges: tables.pathway.edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to)) };
  }

  function redraw() {
    if (!tables) return;
    more.disabled = seen().view.voice === "researcher";
    diagram.draw({ ...shownParts(), voice: seen().view.voice, gone: lost, lesionable: (item) => lesionsOf(item).length > 0, chosen: chosen && idOf(chosen) });
    flow();
    tell();
  }

  function lesionsOf(item) {
    return (item.part ?? item.edge).lesions;
  }

  /** Return how something is gone, in a word; empty if it is there. */
  function lost(item) {
    const now = seen().scenario.lesions;
    if (item.part && isLeftInPart(item.part, now)) return PARTLY;
    const name = lesionsOf(item).find((one) => now.includes(one) || (tables.kindOf(one) === "spinal cord" && now.some((lesion) => lesion.startsWith(CORD))));
    return name ? DONE[tables.kindOf(name)] ?? "gone" : "";
  }

  /** Whether some of the organs of a part are removed, or an organ with only some of what the part stands for. */
  function isLeftInPart({ lesions, ids }, now) {
    const organs = lesions.filter((one) => tables.kindOf(one) === "organ");
    const done = organs.filter((one) => now.includes(one));
    const { needle } = runs.get();
    const values = ids.map((id) => at(needle, id, seen().view.cursor)).filter((value) => value !== undefined);
    const some = values.some(Number.isNaN) && !values.every(Number.isNaN);
    return done.length > 0 && (some || (done.length < organs.length && !values.some(Number.isNaN)));
  }

  function press(item) {
    choose(item);
    if (!acts.checked) return;
    const names = lesionsOf(item);
    const now = seen().scenario.lesions;
    const mine = names.filter((name) => now.includes(name));
    if (mine.length) mine.forEach((name) => toggle(name));
    else if (names.length && tables.kindOf(names[0]) !== "spinal cord" && tables.kindOf(names[0]) !== "peripheral nerve") toggle(names[0]);
    else if (names.length) say_(`${titleOf(item)}: choose in the panel what is to be cut.`);
  }

  function toggle(name) {
    const now = seen().scenario.lesions;
    const has = now.includes(name);
    store.set({ scenario: { lesions: has ? now.filter((one) => one !== name) : [...now, name] } });
    say_(has ? `Back as it was: ${name}.` : `${name}: ${DONE[tables.kindOf(name)] ?? "gone"}.`);
  }

  function choose(item) {
    chosen = item;
    store.set({ view: { select: idOf(item) } });
    follow(item);
    if (item.part && !shownParts().parts.includes(item.part)) redraw();
    redraw();
  }

  /** Have everything that stands in an item's equations followed through the next runs. */
  function follow(item) {
    const own = item.part ? item.part.ids : item.edge.flow;
    const named = own.flatMap((id) => [id, ...(tables.equations[id] ? idsOf(parse(tables.equations[id].text)) : [])]);
    runs.follow(named.filter((id) => tables.computed.has(id) || id in tables.pathway.inputs));
  }

  function read(id) {
    const { scenario, view } = seen();
    const { needle, control } = runs.get();
    const fixed = tables.fixed(id, scenario);
    return { value: at(needle, id, view.cursor) ?? fixed, without: at(control, id, view.cursor) ?? fixed };
  }

  function flow() {
    const { cursor } = seen().view;
    const course = runs.get().needle;
    const full = (edge) => Math.max(0, edge.flow.reduce((sum, id) => sum + (at(course, id, cursor) || 0), 0)) / edge.full;
    const { edges } = tables.pathway;
    diagram.flow(({ part, edge }) => {
      if (edge) return full(edge);
      const out = edges.filter((one) => one.from === part.id);
      return Math.max(0, ...(out.length ? out : edges.filter((one) => one.to === part.id)).map(full));
    });
    const { scenario } = seen();
    clock.textContent = `${duration(cursor)} ${cursor < 0 ? "before" : "after"} ${anchorOf(scenario) || "time 0"}`;
    slider.value = String(toSlider(cursor));
    slider.setAttribute("aria-valuetext", clock.textContent);
  }

  /** The slider gives the hours around the challenge more room than the days after it. */
  function span() {
    const times = timesFor(seen().scenario);
    return [times[0], times.at(-1)];
  }
  function fromSlider() {
    const [first, last] = span();
    return Math.round((first + (last - first) * (Number(slider.value) / 1000) ** 2.5) * 100) / 100;
  }
  function toSlider(cursor) {
    const [first, last] = span();
    return Math.round(1000 * Math.max(0, Math.min(1, (cursor - first) / (last - first))) ** 0.4);
  }

  function tell() {
    if (!tables) return;
    const { scenario, view } = seen();
    put(chips, scenario.lesions.length ? [h("span", { class: "pw-soft" }, "Gone: "), scenario.lesions.map((name) => h("button", { type: "button", class: "pw-chip", "data-mend": name, onclick: () => toggle(name) }, name, h("span", { "aria-hidden": "true" }, " ×"), h("span", { class: "pw-hidden" }, " put back")))] : null);
    diagram.name({ gone: lost, voice: view.voice, chosen: chosen && idOf(chosen) });
    panel.classList.toggle("pw-open", Boolean(chosen));
    if (!chosen) {
      put(panel, h("h3", { class: "pw-title" }, "Press a part or a line"), h("p", {}, "A line is cut, cells are taken away, a receptor is blocked; press again and it is back. Here you see what it does, its equation with the numbers of this moment, and the papers behind them."));
      return;
    }
    const held = panel.contains(document.activeElement) ? document.activeElement : null;
    const mark = held && [...held.attributes].find(({ name }) => name.startsWith("data-"));
    const open = new Map([...panel.querySelectorAll("details")].map((one) => [one.dataset.more, one.open]));
    details(panel, chosen, { voice: view.voice, scenario, cursor: view.cursor, challenge: anchorOf(scenario), tables, read, toggle, choose, cord });
    for (const one of panel.querySelectorAll("details")) if (open.has(one.dataset.more)) one.open = open.get(one.dataset.more);
    if (mark) panel.querySelector(`[${mark.name}="${CSS.escape(mark.value)}"]`)?.focus();
  }

  function cord() {
    const now = seen().scenario.lesions.filter((name) => name.startsWith(CORD));
    const level = h("select", { "aria-label": "Level of the cord" }, LEVELS.map((name) => h("option", { value: name, selected: name === "T5" }, name)));
    return [
      h("p", { class: "pw-choose" }, level, h("button", { type: "button", class: "pw-act", "data-lesion": "spinal cord", onclick: () => toggle(CORD + level.value) }, "Cut or mend the cord there")),
      now.map((name) => h("button", { type: "button", class: "pw-act", "aria-pressed": "true", "data-lesion": name, onclick: () => toggle(name) }, `Mend: ${name}`)),
    ];
  }

  function titleOf(item) {
    const { voice } = seen().view;
    if (item.part) return named(item.part, voice);
    const byId = new Map(tables.pathway.parts.map((part) => [part.id, part]));
    return `${named(byId.get(item.edge.from), voice)} to ${named(byId.get(item.edge.to), voice)}`;
  }

  function say_(words) {
    said.textContent = words;
  }

  async function load() {
    const [pathway, equations, vocabulary, parameters, references] = await Promise.all(["pathway", "equations", "vocabulary", "parameters", "references"].map((name) => data.load(name)));
    if (gone) return;
    tables = tablesOf({ pathway, equations, vocabulary, parameters, references });
    const { select } = seen().view;
    const part = pathway.parts.find((one) => one.id === select);
    const edge = pathway.edges.find((one) => keyOf(one) === select);
    chosen = part ? { part } : edge ? { edge } : null;
    runs.follow(tables.base);
    if (chosen) follow(chosen);
    redraw();
  }
  load().catch((error) => put(panel, h("p", { role: "alert" }, error.message)));

  const stop = store.subscribe((state, before) => {
    if (!tables) return;
    if (state.scenario !== before.scenario) tell();
    if (state.view.voice !== before.view.voice) redraw();
    else if (state.view.cursor !== before.view.cursor) {
      flow();
      tell();
    }
  });

  let last = null;
  const quit = runs.subscribe(({ needle, control }) => {
    if (!tables || gone || (last?.needle === needle && last?.control === control)) return;
    last = { needle, control };
    flow();
    tell();
  });

  return {
    update: redraw,
    destroy() {
      gone = true;
      stop();
      quit();
      diagram.destroy();
      put(element);
    },
  };
}

function tablesOf({ pathway, equations: written, vocabulary, parameters: numbers, references }) {
  const { agents, lesions: cuts } = vocabulary;
  const drugs = agents.filter((agent) => !agent.refused);
  const { equations } = written;
  const states = new Map(written.states.map((state) => [state.id, state]));
  const byName = new Map(numbers.map((one) => [one.id, one.value]));
  const kinds = new Map(cuts.map((row) => [row.name, row.kind]));
  const computed = new Set(Object.keys(equations));
  const base = new Set([...pathway.parts.flatMap((part) => part.ids), ...pathway.edges.flatMap((edge) => edge.flow)].filter((id) => computed.has(id)));
  return {
    pathway, equations, parameters: numbers, references, computed, base,
    kindOf: (name) => (name.startsWith(CORD) ? "spinal cord" : kinds.get(name) ?? "peripheral nerve"),
    /** Return [words, unit] for an id of the model. */
    about: (id) => [states.get(id)?.label ?? id.replace(/_/g, " "), states.get(id)?.unit ?? "dimensionless"],
    /** Return the value of what no equation gives: a parameter, or an input as the lesions leave it. */
    fixed(id, scenario) {
      const cut = cuts.find((row) => row.parameter === id && scenario.lesions.includes(row.name));
      return cut ? cut.value : scenario.parameters?.[id] ?? byName.get(id) ?? pathway.inputs[id];
    },
    /** Return the agents whose amount stands in the equations of some ids, or in rules that those name. */
    drugsOn(ids) {
      const near = new Set(ids);
      for (let round = 0; round < 2; round += 1) for (const id of [...near]) if (equations[id] && (round === 0 || equations[id].kind === "rule")) for (const used of idsOf(parse(equations[id].text))) near.add(used);
      const found = new Map(drugs.filter(({ state }) => near.has(state) && states.get(state)?.subsystem === "agents").map((agent) => [agent.name, agent]));
      return [...found.values()];
    },
  };
}

/** Return a series at a time, linear between its samples; undefined if there is none. */
function at(course, id, time) {
  const series = course?.series?.[id];
  if (!series) return undefined;
  const { times } = course;
  let low = 0;
  let high = times.length - 1;
  if (time <= times[0]) return series[0];
  if (time >= times[high]) return series[high];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times[middle] <= time) low = middle;
    else high = middle;
  }
  const share = (time - times[low]) / (times[high] - times[low]);
  return series[low] + share * (series[high] - series[low]);
}

function legend() {
  return h("ul", { class: "pw-legend", "aria-label": "Lines and colours" }, Object.entries(KINDS).map(([kind, words]) =>
    h("li", { class: `pw-${kind.replace(/[^a-z]+/g, "-")}` }, h("span", { class: "pw-sample", "aria-hidden": "true" }), say(words, "student"))),
  h("li", {}, "→ more of one, more of the other"), h("li", {}, "⊣ more of one, less of the other"));
}
