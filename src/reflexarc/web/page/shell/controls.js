// Everything that a person can set: needle, illness, anaesthesia, medicines, cuts, hypotheses, animals.

import { h, put } from "./element.js";
import { NERVE, SCENARIO, asleep } from "./defaults.js";
import { choiceField, numberField, radioField, switchField } from "./fields.js";
import { makeDoses } from "./doses.js";
import { makeLesions } from "./lesions.js";
import { readTables } from "./tables.js";
import { anchorOf, duration, say, when } from "./voices.js";
import { REGIONS } from "../words/fibres.js";

const NONE = "none";
const FIRST_GROUP = "Needle";
const RETURNS = { "focal pair": "two needles at the site", bilateral: "from one side to the other", single: "one needle, return far away" };

/** Put the controls into an element. */
export async function mount(element, { store, data }) {
  const [tables, sites] = await Promise.all([readTables(data), data.load("sites")]);
  const places = sites.filter((site) => !site.refused);
  const change = (part) => store.set({ scenario: part });
  const stimulus = (part) => {
    const { scenario } = store.get();
    const next = { ...scenario.stimulus, ...part };
    const moved = part.at !== undefined || part.duration !== undefined;
    const linked = moved && scenario.anaesthesia && scenario.anaesthesia.at === scenario.stimulus.at && scenario.anaesthesia.duration === scenario.stimulus.duration;
    change(linked ? { stimulus: next, anaesthesia: { ...scenario.anaesthesia, at: next.at, duration: next.duration } } : { stimulus: next });
  };
  const challenge = (part) => change({ challenge: { ...store.get().scenario.challenge, ...part } });

  const mode = radioField({
    hook: "mode", label: "What is put in", options: [["needle", "Needle"], ["nerve", "Nerve electrode"], [NONE, "Nothing"]],
    onchange(value) {
      const now = store.get().scenario.stimulus;
      const timing = now ? { at: now.at, duration: now.duration } : {};
      if (value === NONE) change({ stimulus: null });
      else if (value === "nerve") change({ stimulus: { ...NERVE, nerve: tables.nerves[0], at: timing.at ?? NERVE.at } });
      else change({ stimulus: { ...SCENARIO.stimulus, ...timing } });
    },
  });
  const site = choiceField({
    hook: "site", label: "Site", onchange: (code) => { store.set({ scenario: { stimulus: { ...store.get().scenario.stimulus, site: code, depth: null } }, view: { look: null } }); },
    options: places.map((place) => ({ value: place.code, label: place.name === place.code ? place.code : `${place.code} ${place.name}`, group: say(REGIONS[place.region] ?? place.region, "lay") })),
  });
  const nerve = choiceField({ hook: "nerve", label: "Nerve", onchange: (name) => stimulus({ nerve: name }), options: tables.nerves.map((name) => ({ value: name.name ?? name, label: name.name ?? name })) });
  const side = radioField({ hook: "side", label: "Side", options: [["left", "Left"], ["right", "Right"], ["both", "Both"]], onchange: (value) => stimulus({ side: value }) });
  const current = numberField({ hook: "current", label: "Current", unit: "mA", min: 0, max: 10, log: true, help: "0 mA is a needle without current", onchange: (value) => stimulus({ current: value }) });
  const width = numberField({ hook: "width", label: "Pulse width", unit: "µs", min: 50, max: 400, step: 10, onchange: (value) => stimulus({ width: value }) });
  const frequency = numberField({ hook: "frequency", label: "Pulses per second", unit: "Hz", min: 0.5, max: 200, log: true, onchange: (value) => stimulus({ frequency: value }) });
  const length = numberField({ hook: "duration", label: "For how long", unit: "min", min: 1, max: 120, step: 1, onchange: (value) => stimulus({ duration: value / 60 }) });
  const at = numberField({
    hook: "at", label: "Starts", unit: "min", min: -240, max: 480, step: 5, help: "less than 0 is before the illness begins",
    words: (value) => when(value / 60, anchorOf(store.get().scenario)), onchange: (value) => stimulus({ at: value / 60 }),
  });
  const wiring = choiceField({ hook: "configuration", label: "How the current returns", onchange: (value) => stimulus({ configuration: value }), options: Object.entries(RETURNS).map(([value, label]) => ({ value, label })) });
  const depth = numberField({ hook: "depth", label: "Depth of the tip", unit: "mm", min: 0.1, max: 10, step: 0.1, onchange: (value) => stimulus({ depth: value }) });
  const timing = radioField({
    hook: "timing", label: "Before or after", options: [["before", "Before"], ["after", "After"]],
    onchange: (value) => stimulus({ at: value === "before" ? -0.25 : 1.5 }),
  });

  const illness = radioField({
    hook: "challenge", label: "What makes the mouse ill",
    options: [...tables.challenges.map(({ name }) => [name, name]), [NONE, "Nothing"]],
    onchange(value) {
      if (value === NONE) return change({ challenge: null });
      const entry = tables.challenges.find(({ name }) => name === value);
      return change({ challenge: entry.scenario ?? (entry.routes.length > 0 ? { ...SCENARIO.challenge, agent: value } : { kind: value, at: 0, ...entry.defaults }) });
    },
  });
  const dose = numberField({ hook: "dose", label: "Dose", unit: "mg/kg", min: 0, max: 20, log: true, onchange: (value) => challenge({ dose: value }) });
  const route = choiceField({ hook: "route", label: "Given", options: [], onchange: (value) => challenge({ route: value }) });

  const onset = numberField({ hook: "challenge-at", label: "Given at", unit: "min", min: -240, max: 480, step: 5, onchange: (value) => challenge({ at: value / 60 }) });

  const sleep = radioField({
    hook: "anaesthesia", label: "While the needle is in", options: [["awake", "Awake"], ["asleep", "Anaesthetised"]],
    onchange: (value) => change({ anaesthesia: value === "asleep" ? asleep(store.get().scenario.stimulus) : null }),
  });
  const percent = numberField({ hook: "isoflurane", label: "Isoflurane", unit: "%", min: 0.5, max: 3, step: 0.1, onchange: (value) => change({ anaesthesia: { ...store.get().scenario.anaesthesia, isoflurane: value } }) });

  const doses = makeDoses({ store, agents: tables.agents, challenges: tables.challenges.map(({ name }) => name) });
  const lesions = makeLesions({ store, lesions: tables.lesions });
  const hypotheses = tables.hypotheses.map(({ name, options, notes = {} }) => ({
    name, options,
    field: radioField({
      hook: `hypothesis-${name.replaceAll(" ", "-")}`, label: name.slice(0, 1).toUpperCase() + name.slice(1), options: options.map((option) => [option, option]),
      onchange: (value) => {
        const { [name]: _, ...others } = store.get().scenario.hypotheses;
        change({ hypotheses: value === options[0] ? others : { ...others, [name]: value } });
      },
    }),
    notes,
  }));
  const many = switchField({ hook: "many", label: "Show a fan of 100 mice", onchange: (value) => store.set({ view: { many: value } }) });
  const animal = choiceField({
    hook: "animal", label: "Whose curve", onchange: (value) => store.set({ view: { animal: value === "" ? null : Number(value) } }),
    options: [{ value: "", label: "the typical mouse" }, ...Array.from({ length: 100 }, (_, index) => ({ value: String(index), label: `mouse ${index + 1} of 100` }))],
  });
  const hours = choiceField({ hook: "hours", label: "Watched for", onchange: (value) => change({ hours: Number(value) }), options: [24, 72, 168].map((value) => ({ value: String(value), label: duration(value) })) });

  const finer = h("details", { class: "finer" }, h("summary", null, "More about the needle"), h("div", { class: "stack" }, wiring.node, depth.node));
  const needleOnly = h("div", { class: "stack" }, site.node);
  const nerveOnly = h("div", { class: "stack" }, nerve.node);
  const pulses = h("div", { class: "stack" }, side.node, current.node, h("div", { class: "pair" }, frequency.node, width.node), finer);
  const clock = h("div", { class: "stack" }, timing.node, h("div", { class: "pair" }, at.node, length.node));
  const ill = h("div", { class: "stack" }, h("div", { class: "pair" }, dose.node, route.node), onset.node);
  const operated = h("p", { class: "quiet" });
  put(element,
    group("Needle", true, mode.node, needleOnly, nerveOnly, pulses, clock),
    group("Illness", true, illness.node, ill, operated),
    group("Awake or asleep", true, sleep.node, percent.node),
    group("Cut, remove, block", true, lesions.node),
    group("Medicines", false, doses.node),
    hypotheses.length > 0 && group("Open questions", false, hypotheses.map(({ field, notes, options }) => [field.node, h("ul", { class: "quiet" }, options.filter((option) => notes[option]).map((option) => h("li", null, `${option}: ${notes[option]}`)))])),
    group("Mice", false, many.node, animal.node, hours.node));

  function update() {
    const { scenario, view } = store.get();
    const given = scenario.stimulus;
    const needle = given?.mode === "electroacupuncture";
    mode.update({ value: !given ? NONE : needle ? "needle" : "nerve" });
    needleOnly.hidden = !needle;
    nerveOnly.hidden = !given || needle;
    pulses.hidden = clock.hidden = !given;
    if (given) {
      finer.hidden = !needle;
      if (needle) {
        site.update({ value: given.site });
        wiring.update({ value: given.configuration });
        depth.update({ value: given.depth ?? places.find(({ code }) => code === given.site)?.depth_mm ?? 0.1 });
      }
      else nerve.update({ value: given.nerve });
      side.update({ value: given.side });
      current.update({ value: given.current });
      width.update({ value: given.width, max: needle ? 400 : 1000 });
      frequency.update({ value: given.frequency });
      length.update({ value: given.duration * 60 });
      at.update({ value: given.at * 60 });
      timing.update({ value: given.at < (scenario.challenge?.at ?? 0) ? "before" : "after" });
    }
    const name = anchorOf(scenario) || NONE;
    illness.update({ value: name });
    const dosed = scenario.challenge?.dose !== undefined && scenario.challenge !== null;
    ill.hidden = !dosed;
    const { kind, ligation, needle: gauge, punctures } = scenario.challenge ?? {};
    put(operated, kind ? `${ligation} of the caecum is tied off and pierced ${punctures === 1 ? "once" : `${punctures} times`} with a ${gauge} needle.` : "");
    if (dosed) {
      dose.update({ value: scenario.challenge.dose });
      const routes = tables.challenges.find((entry) => entry.name === name)?.routes ?? [];
      onset.update({ value: scenario.challenge.at * 60 });
      route.update({ value: scenario.challenge.route, options: (routes.length > 0 ? routes : [scenario.challenge.route]).map((value) => ({ value, label: value })) });
    }
    sleep.update({ value: scenario.anaesthesia ? "asleep" : "awake" });
    percent.node.hidden = !scenario.anaesthesia;
    if (scenario.anaesthesia) percent.update({ value: scenario.anaesthesia.isoflurane });
    lesions.update();
    doses.update();
    for (const { name: own, options, field } of hypotheses) field.update({ value: scenario.hypotheses[own] ?? options[0] });
    many.update({ value: view.many });
    animal.update({ value: view.animal === null ? "" : String(view.animal) });
    hours.update({ value: String(scenario.hours), options: [...new Set([24, 72, 168, scenario.hours])].sort((a, b) => a - b).map((value) => ({ value: String(value), label: duration(value) })) });
  }
  update();
  return { update, destroy: store.subscribe(update) };
}

function group(title, open, ...children) {
  const wide = matchMedia("(min-width: 64rem)").matches;
  return h("details", { class: "group", open: open && (wide || title === FIRST_GROUP) }, h("summary", null, h("h2", null, title)), h("div", { class: "stack" }, children));
}
