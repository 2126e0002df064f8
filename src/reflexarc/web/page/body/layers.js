// What lies under a needle: the tissues by depth, drawn, with the fibres that end there.

import { h, s } from "../shell/element.js";
import { digits, say } from "../shell/voices.js";
import { FIBRES, TISSUES } from "../words/fibres.js";

const WIDTH = 220;
const HEIGHT = 230;
const TOP = 26;

/** Return the drawing of a needle in its tissues. */
export function drawLayers({ site, depth, exposed = 3, on }) {
  const tissues = site.tissues ?? [];
  const deepest = Math.max(depth ?? 0, ...tissues.map((tissue) => tissue.to_mm)) + 0.3;
  const y = (mm) => TOP + ((HEIGHT - TOP - 8) * mm) / deepest;
  const columns = inColumns(tissues);
  const most = Math.max(1, ...columns.map((column) => column.of));
  const left = 30;
  const room = WIDTH - left - 4;
  const needle = left + room * (most > 1 ? 0.5 : 0.62);
  return s("svg", { class: "layers", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" },
    ...tissues.map((tissue, index) => {
      const { place, of } = columns[index];
      const wide = room / of;
      return s("g", { class: `tissue tissue-${index % 5}` },
        s("rect", { x: left + place * wide, y: y(tissue.from_mm), width: wide - (of > 1 && place < of - 1 ? 2 : 0), height: Math.max(2, y(tissue.to_mm) - y(tissue.from_mm)) }),
        y(tissue.to_mm) - y(tissue.from_mm) > 13 &&
          s("text", { x: left + place * wide + 7, y: (y(tissue.from_mm) + y(tissue.to_mm)) / 2 + 4 }, String(index + 1)));
    }),
    ticks(deepest).map((mm) => s("g", { class: "tick" },
      s("path", { d: `M${left - 5} ${y(mm)}H${left}` }),
      s("text", { x: left - 8, y: y(mm) + 3.5, "text-anchor": "end" }, digits(mm)))),
    s("text", { class: "tick-unit", x: 0, y: 11 }, "mm"),
    depth !== null && depth !== undefined && s("g", { class: on ? "needle live" : "needle" },
      s("path", { class: "shaft", d: `M${needle} 2V${y(depth)}` }),
      s("path", { class: "bare", d: `M${needle} ${y(Math.max(0, depth - exposed))}V${y(depth)}` }),
      s("path", { class: "handle", d: `M${needle} 2V14` }),
      s("circle", { class: "tip", cx: needle, cy: y(depth), r: 3.4 })));
}

/** Return the table of tissues: depth, nerve, and how densely each class of fibre ends there. */
export function tableOfLayers({ site, voice, classes, fired }) {
  const names = classes.map((name) => say(FIBRES[name] ?? name, voice === "lay" ? "student" : "researcher"));
  return h("div", { class: "scroll-x", tabindex: "0", role: "region", "aria-label": "Tissues under the needle" }, h("table", { class: "layer-table" },
    h("caption", { class: "quiet" }, "Tissues under the needle, and how densely nerve fibres end in them"),
    h("thead", null, h("tr", null,
      h("th", { scope: "col" }, "Tissue"), h("th", { scope: "col" }, "Depth, mm"),
      voice !== "lay" && h("th", { scope: "col" }, "Nerve"),
      ...classes.map((name) => h("th", { scope: "col", title: say(FIBRES[name] ?? name, "student") }, say(FIBRES[name] ?? name, "researcher"))))),
    h("tbody", null, ...site.tissues.map((tissue, index) => h("tr", null,
      h("th", { scope: "row" }, h("span", { class: `key tissue-${index % 5}`, "aria-hidden": "true" }, String(index + 1)), say(TISSUES[tissue.kind] ?? tissue.kind, voice)),
      h("td", { class: "number" }, `${digits(tissue.from_mm)}–${digits(tissue.to_mm)}`),
      voice !== "lay" && h("td", null, tissue.nerve),
      ...classes.map((name, at) => cell(tissue, name, names[at], fired?.(tissue, name), voice)))))));
}

function cell(tissue, name, long, share, voice) {
  const grade = tissue.innervation?.[name]?.grade;
  const words = { 0: "none", 1: "sparse", 2: "dense" }[grade] ?? "nobody has looked";
  const dots = { 0: "–", 1: "●", 2: "●●" }[grade] ?? "?";
  const known = grade === 1 || grade === 2;
  return h("td", { class: known ? "grade" : "grade faint" },
    h("span", { "aria-hidden": "true", title: `${long}: ${words}` }, dots), h("span", { class: "unseen" }, words),
    known && voice === "researcher" && share !== undefined && h("span", { class: "percent" }, ` ${digits(100 * share, 2)} %`));
}

/** Beside which others a tissue lies at the same depth: its place and how many share the width. */
function inColumns(tissues) {
  return tissues.map((tissue, index) => {
    const beside = tissues
      .map((other, at) => ({ other, at }))
      .filter(({ other }) => other.from_mm < tissue.to_mm - 1e-9 && other.to_mm > tissue.from_mm + 1e-9);
    return { place: beside.findIndex(({ at }) => at === index), of: beside.length };
  });
}

function ticks(deepest) {
  const step = deepest > 4 ? 1 : 0.5;
  return Array.from({ length: Math.floor(deepest / step) + 1 }, (_, index) => index * step);
}
