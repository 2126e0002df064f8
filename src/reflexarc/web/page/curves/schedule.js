// The protocol under the curves: what happens when, as blocks that can be dragged along the time axis
// or moved by the arrow keys.

import { h, put } from "../shell/element.js";
import { anchorOf, digits, duration, illness, when } from "../shell/voices.js";
import { linear } from "./axis.js";
import { MARGIN } from "./chart.js";

const STEP_MIN = 5;
const EARLIEST = -6;

/** Return {node, update({span, width})}; moving a block changes the scenario in the store. */
export function makeSchedule({ store }) {
  const node = h("div", { class: "schedule", role: "group", "aria-label": "Protocol: blocks can be moved along the time axis" });
  const blocks = new Map();
  let view = { span: [-1, 8], width: 600 };

  function scale() {
    return linear(view.span[0], view.span[1], MARGIN.left, view.width - MARGIN.right);
  }

  function make(key) {
    const bar = h("div", { class: "bar", "aria-hidden": "true" });
    const label = h("span", { class: "bar-label", "aria-hidden": "true" });
    const handle = h("div", { class: `block block-${key.replace(/-\d+$/, "")}`, role: "slider", tabindex: "0", "data-block": key }, bar, label);
    const line = h("div", { class: "block-line" }, handle);
    const entry = { line, handle, bar, label, item: null };
    handle.addEventListener("keydown", (event) => {
      const size = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -6, PageUp: 6 }[event.key];
      if (event.key === "Home") entry.item.move(0);
      else if (size === undefined) return;
      else entry.item.move(snap(entry.item.at + (size * STEP_MIN * (event.shiftKey ? 6 : 1)) / 60));
      event.preventDefault();
    });
    handle.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      handle.setPointerCapture(event.pointerId);
      handle.classList.add("moving");
      const begin = { x: event.clientX, at: entry.item.at, hours: (view.span[1] - view.span[0]) / (view.width - MARGIN.left - MARGIN.right) };
      const ratio = () => view.width / node.getBoundingClientRect().width;
      const drag = (move) => entry.item.move(snap(begin.at + (move.clientX - begin.x) * ratio() * begin.hours));
      const stop = () => {
        handle.classList.remove("moving");
        handle.removeEventListener("pointermove", drag);
      };
      handle.addEventListener("pointermove", drag);
      handle.addEventListener("pointerup", stop, { once: true });
      handle.addEventListener("pointercancel", stop, { once: true });
    });
    return entry;
  }

  /** A whole number of steps, as the very number that `-20 min` in a file is read as. */
  function snap(time) {
    const minutes = Math.round((time * 60) / STEP_MIN) * STEP_MIN;
    return Math.min(view.span[1], Math.max(EARLIEST, (minutes + 0) / 60));
  }

  function update(next = view) {
    view = next;
    const items = itemsOf(store);
    const x = scale();
    for (const [key, entry] of blocks) if (!items.some((item) => item.key === key)) {
      entry.line.remove();
      blocks.delete(key);
    }
    items.forEach((item) => {
      if (!blocks.has(item.key)) {
        blocks.set(item.key, make(item.key));
        node.append(blocks.get(item.key).line);
      }
      const entry = blocks.get(item.key);
      entry.item = item;
      const left = x(item.at);
      const wide = Math.max(10, x(item.at + item.length) - left);
      const share = (value) => `${(100 * value) / view.width}%`;
      entry.handle.style.setProperty("left", share(left));
      entry.bar.style.setProperty("width", `${Math.max(10, wide)}px`);
      entry.handle.classList.toggle("instant", item.length === 0);
      entry.handle.classList.toggle("leftwards", left > view.width * 0.6);
      put(entry.label, item.words);
      const anchor = item.key === "challenge" ? "" : anchorOf(store.get().scenario);
      for (const [name, value] of Object.entries({ "aria-label": `${item.words}, start`, "aria-valuemin": EARLIEST * 60, "aria-valuemax": Math.round(view.span[1] * 60), "aria-valuenow": Math.round(item.at * 60), "aria-valuetext": when(item.at, anchor) })) entry.handle.setAttribute(name, String(value));
    });
  }

  return { node, update };
}

function itemsOf(store) {
  const { scenario } = store.get();
  const change = (part) => store.set({ scenario: part });
  const items = [];
  const { stimulus, challenge, anaesthesia } = scenario;
  if (stimulus) items.push({
    key: "stimulus", at: stimulus.at, length: stimulus.duration, words: `${stimulus.site ?? stimulus.nerve} ${digits(stimulus.current)} mA, ${duration(stimulus.duration)}`,
    move: (at) => {
      const linked = anaesthesia && anaesthesia.at === stimulus.at && anaesthesia.duration === stimulus.duration;
      change({ stimulus: { ...store.get().scenario.stimulus, at }, ...(linked ? { anaesthesia: { ...anaesthesia, at } } : {}) });
    },
  });
  if (anaesthesia) items.push({ key: "anaesthesia", at: anaesthesia.at, length: anaesthesia.duration, words: `isoflurane ${digits(anaesthesia.isoflurane)} %`, move: (at) => change({ anaesthesia: { ...store.get().scenario.anaesthesia, at } }) });
  if (challenge) items.push({
    key: "challenge", at: challenge.at ?? 0, length: 0, words: illness(challenge),
    move: (at) => change({ challenge: { ...store.get().scenario.challenge, at } }),
  });
  scenario.doses.forEach((dose, index) => items.push({
    key: `dose-${index}`, at: dose.at, length: dose.duration ?? 0, words: `${dose.agent} ${digits(dose.dose)} ${dose.unit}`,
    move: (at) => change({ doses: store.get().scenario.doses.map((other, own) => (own === index ? { ...other, at } : other)) }),
  }));
  return items;
}
