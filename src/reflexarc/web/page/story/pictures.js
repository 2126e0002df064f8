// Small pictures of a chapter: a hundred mice, curves, bars. Each with its numbers as a table behind it.

import { fresh, h, s } from "../shell/element.js";
import { digits, duration } from "../shell/voices.js";
import { count } from "./measures.js";

const COLOURS = ["a", "b", "c", "d", "e"];

/** A hundred mice an arm; filled are those that `marks` says. rows: [{name, marks}]; words: what a filled one is. */
export function mice(rows, words) {
  return h("figure", { class: "st-figure", "data-picture": "mice" },
    h("div", { class: "st-herds" }, rows.map(({ name, marks }) => herd(name, marks, words))),
    h("figcaption", {}, `Each dot is a mouse; a filled one ${words}.`),
    table(["Arm", `Of 100 mice, ${words}`], rows.map(({ name, marks }) => [name, String(count(marks))])));
}

function herd(name, marks, words) {
  const dots = [...marks].sort((a, b) => Number(b) - Number(a)).map((filled, i) =>
    s("circle", { cx: 7 + (i % 20) * 12, cy: 7 + Math.floor(i / 20) * 12, r: 4.4, class: filled ? "st-full" : "st-empty" }));
  return h("div", { class: "st-herd" }, h("p", { class: "st-big" }, String(count(marks)), h("span", {}, " of 100")),
    s("svg", { viewBox: "0 0 242 62", role: "img", "aria-label": `${name}: ${count(marks)} of 100 mice: ${words}` }, dots), h("p", { class: "st-name" }, name));
}

/** Bars; rows: [{name, value}] as a share of `of`, which is drawn as a line at 1. */
export function bars(rows, { of, digits: places = 2, unit = "" }) {
  const most = Math.max(1.15, ...rows.map((row) => row.value)) * 1.02;
  return h("figure", { class: "st-figure", "data-picture": "bars" },
    h("div", { class: "st-bars" }, rows.map(({ name, value, control }) => {
      const bar = h("span", { class: control ? "st-bar st-control" : "st-bar" });
      bar.style.setProperty("--size", `${(100 * Math.max(0, value)) / most}%`);
      const track = h("span", { class: "st-track" }, bar);
      track.style.setProperty("--one", `${100 / most}%`);
      return h("div", { class: "st-row" }, h("span", { class: "st-label" }, name), track, h("span", { class: "st-value" }, `${digits(value, places)}${unit}`));
    })),
    h("figcaption", {}, `The fine line is ${of}, set to 1.`),
    table(["Arm", `Relative to ${of}`], rows.map(({ name, value }) => [name, digits(value, 3)])));
}

/** Curves; rows: [{name, times, values}]; marks: [{at, until, words}] on the axis of time. */
export function curves(rows, { label, unit, from, to, marks = [] }) {
  const W = innerWidth < 600 ? 340 : 560;
  const H = innerWidth < 600 ? 220 : 250;
  const box = { left: 46, right: 12, top: 14, bottom: 34 };
  const cut = rows.map((row) => ({ ...row, points: row.times.map((time, i) => [time, row.values[i]]).filter(([time]) => time >= from - 1e-9 && time <= to + 1e-9) }));
  const top = Math.max(1e-9, ...cut.flatMap((row) => row.points.map(([, value]) => value))) * 1.08;
  const x = (time) => box.left + ((W - box.left - box.right) * (time - from)) / (to - from);
  const y = (value) => H - box.bottom - ((H - box.top - box.bottom) * value) / top;
  const ticks = stepsOf(0, top, 4);
  const hours = stepsOf(from, to, 6);
  const id = fresh("st-curves");
  return h("figure", { class: "st-figure", "data-picture": "curves" },
    h("ul", { class: "st-key" }, rows.map((row, i) => h("li", {}, s("svg", { viewBox: "0 0 26 6", "aria-hidden": "true" }, s("path", { d: "M0 3H26", class: `st-line st-${COLOURS[i]}` })), row.name))),
    s("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-labelledby": id, class: "st-plot" },
      s("title", { id }, `${label} over time: ${rows.map((row) => row.name).join("; ")}`),
      ticks.map((value) => [s("path", { d: `M${box.left} ${y(value)}H${W - box.right}`, class: "st-grid" }), s("text", { x: box.left - 6, y: y(value) + 4, "text-anchor": "end" }, digits(value, 3))]),
      hours.map((time) => s("text", { x: x(time), y: H - box.bottom + 17, "text-anchor": "middle" }, digits(time, 3))),
      s("text", { x: W - box.right, y: H - 3, "text-anchor": "end" }, "hours after LPS"),
      marks.map(({ at, until }) => s("rect", { x: x(at), y: box.top, width: Math.max(3, x(until ?? at) - x(at)), height: H - box.top - box.bottom, class: "st-mark" })),
      marks.map(({ at, words }) => s("text", { x: x(at) + 5, y: box.top + 9, class: "st-mark-words" }, words)),
      cut.map((row, i) => s("path", { class: `st-line st-${COLOURS[i]}`, d: row.points.map(([time, value], j) => `${j ? "L" : "M"}${x(time).toFixed(1)} ${y(value).toFixed(1)}`).join("") }))),
    h("figcaption", {}, `${label}${unit ? `, ${unit}` : ""}; one typical mouse.`),
    table(["Hours after LPS", ...rows.map((row) => row.name)], hours.map((time) => [digits(time, 3), ...rows.map((row) => digits(near(row, time), 3))])));
}

function near(row, time) {
  let best = 0;
  row.times.forEach((one, i) => {
    if (Math.abs(one - time) < Math.abs(row.times[best] - time)) best = i;
  });
  return row.values[best];
}

function stepsOf(from, to, most) {
  const rough = (to - from) / most;
  const base = 10 ** Math.floor(Math.log10(rough));
  const step = base * ([1, 2, 2.5, 5, 10].find((factor) => factor * base >= rough) ?? 10);
  const found = [];
  for (let value = Math.ceil(from / step) * step; value <= to + 1e-9; value += step) found.push(Math.round(value * 1e6) / 1e6);
  return found;
}

function table(head, rows) {
  return h("details", { class: "st-table" }, h("summary", {}, "The numbers as a table"),
    h("div", { class: "st-scroll", tabindex: "0", role: "group", "aria-label": "Table" }, h("table", {}, h("thead", {}, h("tr", {}, head.map((word) => h("th", { scope: "col" }, word)))),
      h("tbody", {}, rows.map(([first, ...rest]) => h("tr", {}, h("th", { scope: "row" }, first), rest.map((cell) => h("td", {}, cell))))))));
}

/** Return a span of time in words, for a chapter. */
export function span(hours) {
  return duration(hours);
}
