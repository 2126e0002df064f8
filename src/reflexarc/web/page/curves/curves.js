// What happens: one large curve over the protocol, the others small beside it, and a hundred mice.

import { fresh, h, put, s } from "../shell/element.js";
import { inOrder, removed } from "../shell/measured.js";
import { startOf } from "../shell/runs.js";
import { anchorOf, digits, duration, say, shown, toolOf, unit, when } from "../shell/voices.js";
import MEASURED from "../words/measured.js";
import { at } from "./axis.js";
import { drawChart } from "./chart.js";
import { makeMice, survival } from "./mice.js";
import { makeSchedule } from "./schedule.js";

const SPANS = [3, 8, 24, 72, 168];
const SMALL = 6;
const CHIPS = 8;
const FAINT = { TNF: 20, IL6: 20, temperature: 1 };
/** Least height of an axis: what an assay can't tell from nothing is not drawn large. */
const leastOf = ({ id, detection_limit: limit }) => FAINT[id] ?? limit ?? undefined;

/** Put the curves into an element. */
export async function mount(element, { store, data, runs }) {
  const observables = inOrder(await data.load("observables"));
  const large = s("svg", { id: fresh("chart"), class: "chart large", role: "img" });
  const chips = h("div", { class: "chooser", role: "group", "aria-label": "Which curve is large" });
  const title = h("h3", { class: "chart-title" });
  const readout = h("p", { class: "readout" });
  const schedule = makeSchedule({ store });
  const cursor = h("input", { type: "range", id: fresh("cursor"), "data-cursor": "", step: "any", oninput: () => store.set({ view: { cursor: Math.round(cursor.valueAsNumber * 100) / 100 } }) });
  const cursorWords = h("output", { for: cursor.id });
  const spans = h("div", { class: "segments small", role: "group", "aria-label": "How many hours are shown" });
  const small = h("div", { class: "small-charts" });
  const fan = h("button", { type: "button", "data-fan": "", onclick: () => store.set({ view: { many: !store.get().view.many } }) });
  const mice = { control: makeMice("control"), needle: makeMice("needle") };
  const steps = s("svg", { id: fresh("chart"), class: "chart", role: "img", "data-chart": "survival" });
  const note = h("p", { class: "quiet fan-note" });
  const numbers = h("details", { class: "numbers", ontoggle: () => numbers.open && drawTable() }, h("summary", null, "Show the numbers"));
  const table = h("div", { "data-chart-table": "", class: "scroll-x", tabindex: "0", role: "region", "aria-label": "Numbers behind the curve" });
  numbers.append(table);
  const frame = h("figure", { class: "main-chart" }, h("div", { class: "row spread" }, title, spans), readout, h("div", { class: "plot" }, large, schedule.node), h("div", { class: "cursor-row" }, h("label", { for: cursor.id }, "Time"), cursor, cursorWords));
  put(element, chips, frame,
    h("div", { class: "row tools" }, fan, ["csv", "svg", "png"].map((kind) => h("button", { type: "button", "data-download": kind, onclick: () => saveAs(kind) }, `Save ${kind.toUpperCase()}`))),
    note, numbers, small,
    h("section", { class: "survival", id: "mice", "aria-label": "Survival" }, h("div", { class: "row spread" }, h("h3", null, "A hundred mice, each a little different"), h("p", { class: "quiet" }, "filled: alive; outline: dead")),
      h("div", { class: "herds" }, mice.control.node, mice.needle.node), h("figure", { class: "chart-frame" }, h("figcaption", null, "Alive, out of 100"), steps)));

  let wide = 800;
  const watch = new ResizeObserver(([entry]) => {
    const next = Math.round(entry.contentRect.width);
    if (next > 0 && next !== wide) {
      wide = next;
      draw();
    }
  });
  watch.observe(frame);
  large.addEventListener("pointerdown", follow);
  large.addEventListener("pointermove", (event) => event.buttons === 1 && follow(event));

  let scaleX = null;
  function follow(event) {
    if (!scaleX) return;
    const box = large.getBoundingClientRect();
    const [low, high] = spanNow();
    const time = scaleX.back(((event.clientX - box.left) * wide) / box.width);
    store.set({ view: { cursor: Math.round(Math.min(high, Math.max(low, time)) * 100) / 100 } });
  }

  function courseNow() {
    const { needle, control, same } = runs.get();
    return { needle: same ? null : needle, control: control ?? needle };
  }

  function spanNow() {
    const { scenario, view } = store.get();
    return [startOf(scenario), Math.min(view.span, scenario.hours)];
  }

  function chosen() {
    return observables.find(({ id }) => id === store.get().view.chart) ?? observables[0];
  }

  function armsOf(observable) {
    const { needle, control, cohorts, same } = runs.get();
    const { view } = store.get();
    const convert = (values) => values?.map((value) => shown(value, observable.unit)) ?? [];
    const arm = (className, course, cohort) => course?.series?.[observable.id] && !removed(observable, course) && {
      className, times: course.times, values: convert(course.series[observable.id]),
      fan: view.many && cohort ? cohort.series?.[observable.id]?.slice(0, cohort.done).map(convert) : null, fanTimes: cohort?.times,
    };
    return [arm("control", control, cohorts.control), !same && arm("needle", needle, cohorts.needle)].filter(Boolean);
  }

  function emptyOf(observable) {
    const why = removed(observable, runs.get().control);
    return why && `${why.slice(0, 1).toUpperCase()}${why.slice(1)}`;
  }

  let queued = false;
  function draw() {
    if (queued) return;
    queued = true;
    requestAnimationFrame(() => {
      queued = false;
      paintMain();
      paintRest();
    });
  }

  let drawn = null;
  function answer({ needle, control, busy }) {
    if (busy) return;
    if (needle !== drawn?.needle || control !== drawn?.control) {
      drawn = { needle, control };
      paintMain();
      requestAnimationFrame(() => setTimeout(paintRest));
    } else if (store.get().view.many) draw();
    else requestAnimationFrame(paintSurvival);
  }

  function paintMain() {
    const { scenario, view } = store.get();
    const main = chosen();
    const span = spanNow();
    const tall = wide < 480 ? 210 : 270;
    const arms = armsOf(main);
    const empty = emptyOf(main);
    put(title, say(MEASURED[main.id] ?? `${main.name}, ${main.where}`, view.voice), h("span", { class: "soft unit" }, ` ${unit(main.unit)}`));
    large.dataset.chart = main.id;
    if (arms.length > 0 || empty) scaleX = drawChart(large, { arms, empty, span, cursor: view.cursor, width: wide, height: tall, zero: main.unit !== "K", least: leastOf(main) }).x;
    const sentence = empty ? [{ text: empty, className: "soft" }] : readAt(arms, main, view.cursor, scenario, view.voice);
    put(readout, sentence.map(({ text, className }) => h("span", { class: className }, text)));
    large.setAttribute("aria-label", `${title.textContent}. ${sentence.map(({ text }) => text).join(" ")}`);
    schedule.update({ span, width: wide });
    const end = Math.min(view.span, scenario.hours);
    for (const [name, value] of [["min", span[0]], ["max", end]]) cursor.setAttribute(name, String(value));
    cursor.value = String(view.cursor);
    cursor.setAttribute("aria-valuetext", when(view.cursor, anchorOf(scenario)));
    put(cursorWords, when(view.cursor, anchorOf(scenario)));
  }

  function paintRest() {
    paintSmall(chosen(), spanNow());
    paintSurvival();
    if (numbers.open) drawTable();
  }

  function paintSmall(main, span) {
    const { voice, cursor: time } = store.get().view;
    const others = observables.filter(({ id }) => id !== main.id).slice(0, SMALL);
    others.forEach((observable, index) => {
      let frameOf = small.children[index];
      if (!frameOf) {
        frameOf = h("figure", { class: "chart-frame" }, h("figcaption", null, h("button", { type: "button", class: "plain" })), s("svg", { id: fresh("chart"), class: "chart", role: "img" }));
        small.append(frameOf);
        frameOf.querySelector("button").addEventListener("click", (event) => store.set({ view: { chart: event.currentTarget.dataset.show } }));
      }
      const button = frameOf.querySelector("button");
      const svg = frameOf.querySelector("svg");
      button.dataset.show = observable.id;
      svg.dataset.chart = observable.id;
      put(button, say(MEASURED[observable.id] ?? observable.name, voice === "lay" ? "student" : voice), h("span", { class: "soft unit" }, ` ${unit(observable.unit)}`));
      svg.setAttribute("aria-label", button.textContent);
      const arms = armsOf(observable);
      const empty = emptyOf(observable);
      const room = Math.round(svg.clientWidth || 260);
      if (arms.length > 0 || empty) drawChart(svg, { arms, empty, span, cursor: time, width: room, height: 128, zero: observable.unit !== "K", least: leastOf(observable), small: true });
    });
    while (small.children.length > others.length) small.lastChild.remove();
  }

  function paintSurvival() {
    const { scenario, view } = store.get();
    const { cohorts, same } = runs.get();
    const end = scenario.hours;
    const time = end;
    const words = `after ${duration(end)}`;
    const heads = { control: `Without ${toolOf(scenario)}`, needle: `With ${toolOf(scenario)}` };
    for (const name of ["control", "needle"]) mice[name].update({ name: heads[name], deaths: cohorts[name]?.death, done: cohorts[name]?.done ?? 0, time, when: words, voice: view.voice });
    mice.needle.node.hidden = same;
    const arms = ["control", "needle"].filter((name) => cohorts[name]?.done >= 100 && !(same && name === "needle")).map((name) => ({ className: name, ...survival(cohorts[name].death, 0, end) }));
    if (arms.length > 0) drawChart(steps, { arms, span: [0, end], cursor: -99, width: Math.round(steps.clientWidth || 600), height: 128, steps: true, top: 105, small: true });
    steps.setAttribute("aria-label", arms.map((arm) => `${heads[arm.className]} ${Math.round(arm.values.at(-1))} of 100 alive ${words}.`).join(" ") || "Survival, not counted yet");
  }

  async function saveAs(kind) {
    const [{ saveCSV, savePNG, saveSVG }, { csvOf }] = await Promise.all([import("../shell/downloads.js"), import("./numbers.js")]);
    if (kind === "csv") saveCSV("reflexarc.csv", csvOf(courseNow(), observables));
    else if (kind === "svg") saveSVG(large, `${chosen().id}.svg`);
    else await savePNG(large, `${chosen().id}.png`);
  }

  async function drawTable() {
    const { tableOf } = await import("./numbers.js");
    put(table, tableOf({ course: courseNow(), observable: chosen(), span: spanNow(), voice: store.get().view.voice, tool: toolOf(store.get().scenario) }));
  }

  function update() {
    const { view, scenario } = store.get();
    const span = document.activeElement?.dataset?.span;
    put(spans, SPANS.filter((hours) => hours <= scenario.hours).map((hours) => h("button", { type: "button", "data-span": hours, "aria-pressed": String(view.span === hours), onclick: () => store.set({ view: { span: hours, cursor: Math.min(view.cursor, hours) } }) }, duration(hours))));
    if (span) spans.querySelector(`[data-span="${span}"]`)?.focus();
    const main = chosen();
    const focused = document.activeElement?.dataset?.observable;
    const rest = observables.slice(CHIPS);
    put(chips, observables.slice(0, CHIPS).map((observable) => h("button", { type: "button", "data-observable": observable.id, "aria-pressed": String(observable.id === main.id), onclick: () => store.set({ view: { chart: observable.id } }) }, observable.title)),
      rest.length > 0 && h("select", { "aria-label": "Another curve", "data-control": "chart", class: rest.includes(main) ? "on" : "", onchange: (event) => event.target.value && store.set({ view: { chart: event.target.value } }) },
        h("option", { value: "" }, "more …"), rest.map((observable) => h("option", { value: observable.id, selected: observable === main }, observable.title))));
    if (focused) chips.querySelector(`[data-observable="${focused}"]`)?.focus();
    put(note, view.many ? "Thin lines: single mice. The axis is made for 95 of 100; the rest may leave the picture." : "");
    put(fan, view.many ? "Show one typical mouse" : "Show 100 mice");
    draw();
  }

  const stops = [
    runs.subscribe(answer),
    store.subscribe((state, before) => {
      const look = ["span", "chart", "many", "voice"].some((key) => state.view[key] !== before.view[key]);
      if (look || state.scenario.hours !== before.scenario.hours) update();
      else if (state.scenario !== before.scenario) schedule.update({ span: spanNow(), width: wide });
      else if (state.view.cursor !== before.view.cursor) draw();
    }),
  ];
  update();
  return { update, destroy: () => (stops.forEach((stop) => stop()), watch.disconnect()) };
}

function readAt(arms, observable, time, scenario, voice) {
  const mark = voice === "researcher" ? 4 : 3;
  const values = arms.map((arm) => `${digits(at(arm.times, arm.values, time), mark)} ${unit(observable.unit)}`.trim());
  const found = [{ text: `${when(time, anchorOf(scenario))}: `, className: "soft" }];
  if (arms.length > 1) found.push({ text: `${values[1]} with ${toolOf(scenario)}`, className: "needle" }, { text: ", ", className: "soft" });
  if (arms.length > 0) found.push({ text: arms.length > 1 ? `${values[0]} without` : values[0], className: "control" });
  return found;
}
