// What is cut, removed, ablated or knocked out: a list to choose from, and what is chosen as chips.

import { fresh, h, put } from "./element.js";
import { chips } from "./fields.js";

const CORD = { C: 8, T: 13, L: 6 };

/** Return {node, update()} for the lesions of the scenario. */
export function makeLesions({ store, lesions }) {
  const id = fresh("lesion");
  const select = h("select", { id, "data-control": "lesion", onchange: () => refresh() });
  const side = h("select", { "aria-label": "Side of the lesion", "data-control": "lesion-side" }, ["both sides", "left", "right"].map((name) => h("option", { value: name }, name)));
  const level = h("select", { "aria-label": "Level of the spinal cord", "data-control": "lesion-level" },
    Object.entries(CORD).flatMap(([part, count]) => Array.from({ length: count }, (_, index) => `${part}${index + 1}`)).map((name) => h("option", { value: name, selected: name === "T9" }, name)));
  const add = h("button", { type: "button", "data-control": "lesion-add", onclick: () => insert() }, "Add");
  const note = h("p", { class: "quiet" });
  const chosen = chips({ label: "Chosen lesions", hook: "data-chip", onremove: (index) => store.set({ scenario: { lesions: store.get().scenario.lesions.filter((_, at) => at !== index) } }) });
  const kinds = new Map();
  for (const lesion of lesions) kinds.set(lesion.kind, [...(kinds.get(lesion.kind) ?? []), lesion]);
  put(select, [...kinds].map(([kind, members]) => h("optgroup", { label: kind }, members.map((lesion) =>
    h("option", { value: lesion.name, disabled: Boolean(lesion.refused) }, lesion.refused ? `${lesion.name} (not in the model)` : lesion.name)))));

  function row() {
    return lesions.find(({ name }) => name === select.value);
  }

  function refresh() {
    const found = row();
    side.hidden = !found?.paired;
    level.hidden = found?.kind !== "spinal cord";
    put(note, found?.note ?? "");
  }

  function insert() {
    const found = row();
    if (!found) return;
    const prefix = !side.hidden && side.value !== "both sides" ? `${side.value} ` : "";
    const suffix = level.hidden ? "" : ` at ${level.value}`;
    const name = `${prefix}${found.name}${suffix}`;
    const { lesions: now } = store.get().scenario;
    if (!now.includes(name)) store.set({ scenario: { lesions: [...now, name] } });
  }

  refresh();
  return {
    node: h("div", { class: "stack" }, h("div", { class: "field" }, h("label", { for: id }, "A nerve, an organ, cells or a receptor"), select),
      h("div", { class: "row" }, side, level, add), note, chosen.node),
    update: () => chosen.update(store.get().scenario.lesions.map((name) => ({ key: name, label: name }))),
  };
}
