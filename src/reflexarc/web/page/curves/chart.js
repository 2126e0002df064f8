// A line chart: with and without the needle, one animal or a fan of many, on the shared time axis.

import { put, s } from "../shell/element.js";
import { digits } from "../shell/voices.js";
import { at, extent, hourName, hourTicks, linear, ticks } from "./axis.js";

/** Margins that all charts and the schedule share, so that their time axes are one. */
export const MARGIN = { left: 50, right: 12, top: 10, bottom: 24 };

/** Share of the animals of a fan that the axis is made for. */
export const SHOWN = 0.95;

/**
 * Draw into an SVG. `arms` is [{name, className, times, values, fan}] with fan a list of value lists;
 * `span` is [from, to] in h; `cursor` in h. Without arms `empty` says why.
 */
export function drawChart(svg, { arms, empty = "", span, cursor, width, height, zero = true, least, small = false, steps = false, top = null }) {
  const margin = small ? { ...MARGIN, left: 44, bottom: 20, top: 6 } : MARGIN;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const x = linear(span[0], span[1], margin.left, width - margin.right);
  const inside = (arm) => arm.times.map((time, index) => index).filter((index) => arm.times[index] >= span[0] - 1e-9 && arm.times[index] <= span[1] + 1e-9);
  const lists = [];
  for (const arm of arms) {
    const seen = inside(arm);
    lists.push(seen.map((index) => arm.values[index]));
    if (arm.fan?.length) lists.push(...most(arm.fan.map((values) => values.filter((value, index) => arm.fanTimes[index] >= span[0] && arm.fanTimes[index] <= span[1]))));
  }
  const [low, high] = top === null ? extent(lists, { zero, least }) : [0, top];
  const y = linear(low, high, height - margin.bottom, margin.top);
  const path = (times, values) => {
    let d = "";
    let last = 0;
    for (let i = 0; i < times.length; i += 1) {
      if (times[i] < span[0] - 0.6 || times[i] > span[1] + 3) continue;
      const px = Math.round(x(times[i]) * 10) / 10;
      if (Number.isNaN(values[i])) continue;
      const py = Math.round(y(values[i]) * 10) / 10;
      d += d === "" ? `M${px} ${py}` : steps ? `V${last}H${px}V${py}` : `L${px} ${py}`;
      last = py;
    }
    return d;
  };
  const clip = `clip-${svg.id}`;
  put(svg,
    s("clipPath", { id: clip }, s("rect", { x: margin.left, y: 0, width: width - margin.left - margin.right, height: height - margin.bottom + 1 })),
    s("g", { class: "grid" }, arms.length > 0 && ticks(low, high, small ? 3 : 4).filter((value) => y(value) >= margin.top - 4).map((value) => [
      s("path", { d: `M${margin.left} ${y(value)}H${width - margin.right}` }),
      s("text", { x: margin.left - 7, y: y(value) + 3.5, "text-anchor": "end" }, digits(value))])),
    s("g", { class: "hours" }, hourTicks(span[0], span[1], small ? 4 : Math.max(4, Math.floor(width / 90))).map((time) => [
      s("path", { d: `M${x(time)} ${height - margin.bottom}v4` }),
      s("text", { x: x(time), y: height - margin.bottom + 16, "text-anchor": "middle" }, hourName(time, span[1]))])),
    s("path", { class: "base", d: `M${margin.left} ${height - margin.bottom}H${width - margin.right}` }),
    arms.length === 0 && s("text", { class: "empty", x: (margin.left + width - margin.right) / 2, y: (margin.top + height - margin.bottom) / 2, "text-anchor": "middle" }, empty),
    span[0] < 0 && s("path", { class: "zero", d: `M${x(0)} ${margin.top}V${height - margin.bottom}` }),
    s("g", { "clip-path": `url(#${clip})` },
      arms.map((arm) => arm.fan?.length > 0 && s("path", { class: `fan ${arm.className}`, d: arm.fan.map((values) => path(arm.fanTimes, values)).join("") })),
      arms.map((arm) => s("path", { class: `line ${arm.className}`, d: path(arm.times, arm.values) }))),
    cursor >= span[0] && cursor <= span[1] && s("g", { class: "cursor" },
      s("path", { d: `M${x(cursor)} ${margin.top - 4}V${height - margin.bottom}` }),
      arms.map((arm) => [arm, at(arm.times, arm.values, cursor)]).filter(([, value]) => Number.isFinite(value)).map(([arm, value]) => s("circle", { class: arm.className, cx: x(cursor), cy: y(value), r: small ? 3 : 4 }))));
  return { x, y };
}

/** Leave out the few animals that would flatten all others; their lines leave the picture. */
function most(lists) {
  const highest = (list) => list.reduce((top, value) => Math.max(top, value), -Infinity);
  const lowest = (list) => list.reduce((low, value) => Math.min(low, value), Infinity);
  const room = Math.ceil(lists.length * SHOWN);
  const byTop = [...lists].sort((a, b) => highest(a) - highest(b)).slice(0, room);
  return byTop.sort((a, b) => lowest(b) - lowest(a)).slice(0, room);
}
