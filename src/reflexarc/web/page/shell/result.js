// The sentence that says what happened, with a small picture of it, beside the controls.

import { put, s } from "./element.js";
import { anchorOf, change, digits, duration, say, shown, toolOf, unit } from "./voices.js";
import { removed } from "./measured.js";
import { wilson } from "../curves/mice.js";
import MEASURED from "../words/measured.js";

/** Return sentences for the course and the cohorts, in a voice. */
export function sentences({ scenario, runs, observable, voice }) {
  const { needle, control, cohorts, same, error } = runs;
  if (error) return [error.endsWith(".") ? error : `${error}.`];
  if (!needle || !control) return ["The model is computing."];
  const found = [];
  const name = voice === "lay" ? say(MEASURED[observable.id] ?? observable.name, "lay").replace(/,.*/, "") : observable.title;
  const [with_, without] = [top(needle, observable), top(control, observable)];
  const words = unit(observable.unit);
  const level = (value) => `${digits(value, voice === "researcher" ? 4 : 2)} ${words}`.trim();
  const anchor = anchorOf(scenario);
  const it = toolOf(scenario);
  const It = `${it.slice(0, 1).toUpperCase()}${it.slice(1)}`;
  const why = removed(observable, control);
  if (why) found.push(`${name.slice(0, 1).toUpperCase()}${name.slice(1)} is ${why}.`);
  else if (same) found.push(`${scenario.stimulus ? `${It} without current` : "Without a needle"}, ${name} rises to ${level(without)}.`);
  else if (voice === "lay" && words !== "°C") {
    const share = with_ / without;
    const left = Math.round(100 * share);
    if (without <= 0) found.push(`Nothing makes ${name} rise.`);
    else if (Math.abs(share - 1) < 0.02) found.push(`${It} changes almost nothing: ${name} rises as much as without it.`);
    else found.push(share < 1 ? `With ${it}, ${name} rises less: ${left} where it would be 100.` : `With ${it}, ${name} rises more: ${left} where it would be 100.`);
  } else {
    const moved = change(without, with_, voice, observable.unit);
    found.push(`Peak ${name}${anchor ? ` after ${anchor}` : ""}: ${level(with_)} with ${it}, ${level(without)} without${moved && ` (${moved})`}.`);
  }
  if (cohorts.control?.done >= 100 && (same || cohorts.needle?.done >= 100)) {
    const alive = (arm) => arm.death.filter((time) => time === null || time === undefined || time > scenario.hours).length;
    const [mine, other] = [same ? null : alive(cohorts.needle), alive(cohorts.control)];
    const span = duration(scenario.hours);
    if (same) found.push(`${other} of 100 mice are alive after ${span}.`);
    else if (voice === "researcher") found.push(`Alive after ${span}: ${mine}/100 (95 % interval ${wilson(mine, 100)}) against ${other}/100 (${wilson(other, 100)}).`);
    else found.push(mine === other ? `${mine} of 100 mice live ${span}, with or without it.` : `${mine} of 100 mice live ${span}, instead of ${other}.`);
  }
  return found;
}

/** Draw both courses as a small picture; `span` is [from, to] in h. */
export function spark(node, { runs, observable, span }) {
  const { needle, control, same } = runs;
  if (!needle?.series?.[observable.id]) return;
  if (removed(observable, needle)) return void put(node);
  const arms = [["control", control], ...(same ? [] : [["needle", needle]])];
  const seen = (arm) => arm.times.map((time, index) => [time, arm.series[observable.id][index]]).filter(([time]) => time >= span[0] && time <= span[1]);
  const points = arms.map(([name, arm]) => [name, seen(arm)]);
  const values = points.flatMap(([, list]) => list.map(([, value]) => value));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (time) => 2 + (256 * (time - span[0])) / (span[1] - span[0]);
  const y = (value) => 44 - (40 * (value - low)) / (high - low || 1);
  put(node, s("svg", { class: "spark", viewBox: "0 0 260 48", "aria-hidden": "true" }, points.map(([name, list]) =>
    s("path", { class: `line ${name}`, d: list.map(([time, value], index) => `${index ? "L" : "M"}${x(time).toFixed(1)} ${y(value).toFixed(1)}`).join("") }))));
}

function top(course, observable) {
  const values = course.series[observable.id] ?? [];
  let best = -Infinity;
  course.times.forEach((time, index) => {
    if (time >= 0 && values[index] > best) best = values[index];
  });
  return shown(best, observable.unit);
}
