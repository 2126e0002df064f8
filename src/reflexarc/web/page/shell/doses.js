// Doses of agents: a small form to add one, and those given as chips.

import { fresh, h, put } from "./element.js";
import { chips } from "./fields.js";
import { anchorOf, digits, when } from "./voices.js";

const USUAL_MG_KG = 5;

/** Return {node, update()} for the doses of the scenario. */
export function makeDoses({ store, agents, challenges }) {
  const id = fresh("agent");
  const select = h("select", { id, "data-control": "agent", onchange: () => refresh() }, agents.filter(({ name }) => !challenges.includes(name)).map((agent) =>
    h("option", { value: agent.name, disabled: Boolean(agent.refused) }, agent.refused ? `${agent.name} (not in the model)` : agent.name)));
  const amount = input("agent-dose", USUAL_MG_KG, 0, 1000);
  const time = input("agent-at", -30, -2880, 2880);
  const route = h("select", { id: fresh("route"), "data-control": "agent-route" });
  const note = h("p", { class: "quiet" });
  const size = h("span");
  const problem = h("p", { class: "problem", role: "alert" });
  const add = h("button", { type: "button", "data-control": "agent-add", onclick: () => insert() }, "Give it");
  const chosen = chips({ label: "Given", hook: "data-dose", onremove: (index) => store.set({ scenario: { doses: store.get().scenario.doses.filter((_, at) => at !== index) } }) });

  function input(hook, value, min, max) {
    return h("input", { type: "number", id: fresh(hook), "data-control": hook, min, max, step: "any", value });
  }

  const picked = () => agents.find(({ name }) => name === select.value);

  function refresh() {
    const agent = picked();
    put(route, (agent?.routes ?? []).map((name) => h("option", { value: name, selected: name === "i.p." }, name)));
    put(size, `Dose, ${agent?.unit ?? "mg/kg"}`);
    put(note, [agent?.action, agent?.note].filter(Boolean).join(". "));
  }

  function insert() {
    const dose = amount.valueAsNumber;
    const unit = picked()?.unit ?? "mg/kg";
    const at = time.valueAsNumber;
    if (!(dose > 0 && dose <= 1000)) return put(problem, "The dose must be more than 0 and at most 1000.");
    if (!(Math.abs(at) <= 2880)) return put(problem, "The time must lie within two days of the challenge.");
    put(problem);
    const { doses } = store.get().scenario;
    store.set({ scenario: { doses: [...doses, { agent: select.value, dose, unit, route: route.value, at: at / 60 }] } });
    return problem;
  }

  refresh();
  return {
    node: h("div", { class: "stack" }, h("div", { class: "field" }, h("label", { for: id }, "Agent"), select), note,
      h("div", { class: "triple" },
        labelled(size, amount), labelled("Route", route), labelled("At, min", time)),
      h("div", { class: "row" }, add), problem, chosen.node),
    update() {
      const { scenario } = store.get();
      chosen.update(scenario.doses.map((dose, index) => ({ key: `${index}`, label: `${dose.agent} ${digits(dose.dose)} ${dose.unit} ${dose.route}, ${when(dose.at, anchorOf(scenario))}` })));
    },
  };
}

function labelled(words, control) {
  return h("div", { class: "field" }, h("label", { for: control.id }, words), control);
}
