// The diagram: parts as boxes, connections as lines along which the signal moves.

import { put, s } from "../shell/element.js";
import { say } from "../shell/voices.js";
import { arrange, keyOf, rows } from "./layout.js";
import { KINDS, PARTLY, named } from "./words.js";

const STILL = 0.004;
const SLOWEST = 0.15;
const quiet = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * Draw a pathway in an element.
 * onpress(item) when a part or a connection is pressed; item is {part} or {edge}.
 */
export function drawing(element, { onpress }) {
  const svg = s("svg", { class: "pw-svg", role: "group", "aria-label": "The pathway; arrow keys go from part to part" });
  element.append(svg);
  let seen = { parts: [], edges: [], voice: "lay", gone: () => false, lesionable: () => false };
  let items = [];
  let current = null;
  let visible = true;
  const watcher = new IntersectionObserver(([entry]) => {
    visible = entry.isIntersecting;
    move();
  });
  watcher.observe(element);

  svg.addEventListener("click", (event) => press(event.target.closest?.(".pw-item")));
  svg.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      press(event.target.closest(".pw-item"));
      return;
    }
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const at = items.findIndex((item) => item.node === document.activeElement);
    let next = step ? at + step : event.key === "Home" ? 0 : event.key === "End" ? items.length - 1 : null;
    if (next === null || at < 0) return;
    event.preventDefault();
    next = (next + items.length) % items.length;
    focusable(items[next]);
    items[next].node.focus();
  });

  function press(node) {
    const item = items.find((one) => one.node === node);
    if (!item) return;
    focusable(item);
    onpress(item.part ? { part: item.part } : { edge: item.edge });
  }

  function focusable(item) {
    current?.node.setAttribute("tabindex", "-1");
    current = item;
    current.node.setAttribute("tabindex", "0");
  }

  /** Draw again: other parts, another voice or another width. */
  function draw(next) {
    seen = { ...seen, ...next };
    const kept = current && idOf(current);
    for (const item of items) item.moving?.cancel();
    const { parts, edges, voice } = seen;
    const place = arrange(parts, edges, Math.max(300, element.clientWidth));
    svg.setAttribute("viewBox", `0 0 ${place.width} ${place.height}`);
    svg.setAttribute("width", place.width);
    svg.setAttribute("height", place.height);
    svg.classList.toggle("pw-narrow", place.narrow);
    const lines = new Map(edges.map((edge) => [keyOf(edge), line(edge, place.routes.get(keyOf(edge)))]));
    const boxes = new Map(parts.map((part) => [part.id, box(place.nodes.get(part.id), voice)]));
    put(svg, s("g", {}, [...lines.values()].map((item) => item.node)), s("g", {}, [...boxes.values()].map((item) => item.node)));
    items = rows(parts).flat().flatMap((part) => [
      boxes.get(part.id), ...edges.filter((edge) => edge.from === part.id).map((edge) => lines.get(keyOf(edge))),
    ]);
    const again = items.find((item) => idOf(item) === kept) ?? items[0];
    current = null;
    if (again) focusable(again);
    name();
  }

  /** Show what is gone and what is chosen. */
  function name() {
    const byId = new Map(seen.parts.map((part) => [part.id, part]));
    for (const item of items) {
      const gone = seen.gone(item);
      item.node.classList.toggle("pw-gone", Boolean(gone) && gone !== PARTLY);
      if (item.word) item.word.textContent = gone;
      item.node.classList.toggle("pw-chosen", idOf(item) === seen.chosen);
      if (seen.lesionable(item)) item.node.setAttribute("aria-pressed", String(Boolean(gone)));
      else item.node.removeAttribute("aria-pressed");
      const what = item.part ? named(item.part, seen.voice) : `${named(byId.get(item.edge.from), seen.voice)} ${item.edge.sign === "-" ? "holds back" : "drives"} ${named(byId.get(item.edge.to), seen.voice)}: ${say(KINDS[item.edge.kind], seen.voice)}`;
      item.node.setAttribute("aria-label", gone ? `${what} (${gone})` : what);
    }
  }

  /** Show the signal: strength(item) returns from 0 (silent) to 1 (full), or null if unknown. */
  function flow(strength) {
    for (const item of items) {
      item.strength = strength(item) ?? 0;
      const shown = Math.max(0, Math.min(1, item.strength));
      item.node.style.setProperty("--flow", shown.toFixed(3));
      item.node.dataset.flow = shown.toFixed(3);
    }
    move();
  }

  function move() {
    const running = visible && !quiet() && !document.hidden;
    for (const item of items) {
      if (!item.pulse) continue;
      const live = running && item.strength > STILL && !item.node.classList.contains("pw-gone");
      if (!live) {
        item.moving?.pause();
        continue;
      }
      item.moving ??= item.pulse.animate([{ strokeDashoffset: "18px" }, { strokeDashoffset: "0px" }], { duration: 380, iterations: Infinity });
      item.moving.updatePlaybackRate(SLOWEST + (1 - SLOWEST) * Math.min(1, item.strength));
      item.moving.play();
    }
  }
  document.addEventListener("visibilitychange", move);

  const resizer = new ResizeObserver(() => {
    if (seen.parts.length && Math.abs(element.clientWidth - Number(svg.getAttribute("width"))) > 1) {
      const strengths = new Map(items.map((item) => [idOf(item), item.strength]));
      draw({});
      flow((item) => strengths.get(idOf(item)));
    }
  });
  resizer.observe(element);

  return {
    draw, name: (next) => { seen = { ...seen, ...next }; name(); }, flow,
    focus: (id) => { const item = items.find((one) => idOf(one) === id); if (item) { focusable(item); item.node.focus(); } },
    destroy() {
      watcher.disconnect();
      resizer.disconnect();
      document.removeEventListener("visibilitychange", move);
      svg.remove();
    },
  };
}

/** Return the name of an item: of a part, or of a connection. */
export function idOf(item) {
  return item.part ? item.part.id : keyOf(item.edge);
}

function line(edge, { d, middle, tip }) {
  const pulse = s("path", { class: "pw-pulse", d });
  const style = edge.kind.replace(/[^a-z]+/g, "-");
  const node = s("g", { class: `pw-item pw-edge pw-${style}`, role: "button", tabindex: "-1", "data-edge": keyOf(edge) },
    s("path", { class: "pw-hit", d }), s("path", { class: "pw-line", d }), pulse, head(edge, tip),
    s("g", { class: "pw-cut", transform: `translate(${middle.x} ${middle.y})` }, s("circle", { r: 8 }), s("path", { d: "M-4-4L4 4M4-4L-4 4" })));
  return { edge, node, pulse, strength: 0, moving: null };
}

function head(edge, { x, y, angle }) {
  const turn = `translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${((angle * 180) / Math.PI).toFixed(1)})`;
  return edge.sign === "-" ? s("path", { class: "pw-bar", d: "M-2-6V6", transform: turn }) : s("path", { class: "pw-head", d: "M0 0L-7-4V4Z", transform: turn });
}

function box({ part, x, y, w, h }, voice) {
  const left = x - w / 2;
  const top = y - h / 2;
  const round = ["sensory", "vagal", "sympathetic"].includes(part.group) ? h / 2 : 7;
  const { lines, size } = fitted(named(part, voice), w - 10);
  const text = s("text", { x, "text-anchor": "middle", class: size }, lines.map((words, i) => s("tspan", { x, y: y + 4 + (i - (lines.length - 1) / 2) * (size ? 11 : 12.5) }, words)));
  const word = s("text", { class: "pw-word", x, y: top + h + 9, "text-anchor": "middle" });
  const node = s("g", { class: `pw-item pw-part pw-${part.group}`, role: "button", tabindex: "-1", "data-part": part.id },
    s("rect", { class: "pw-back", x: left, y: top, width: w, height: h, rx: round }),
    s("rect", { class: "pw-glow", x: left, y: top, width: w, height: h, rx: round }),
    s("rect", { class: "pw-frame", x: left, y: top, width: w, height: h, rx: round }), text, word);
  return { part, node, word, strength: 0 };
}

/** Break a name into lines for a box; in smaller letters if it doesn't fit otherwise. */
function fitted(text, room) {
  const letters = Math.floor(room / 6.4);
  const lines = wrapped(text, letters);
  if (lines.length <= 3 && lines.every((line) => line.length <= letters)) return { lines, size: "" };
  return { lines: wrapped(text, Math.floor(room / 5.5)), size: "pw-small" };
}

function wrapped(text, letters) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last && last.length + word.length + 1 > letters) lines.push(word);
    else lines[lines.length - 1] = last ? `${last} ${word}` : word;
  }
  return lines;
}
