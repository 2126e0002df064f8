// The numbers behind the curves, as a table and as comma-separated values.

import { h } from "../shell/element.js";
import { removed } from "../shell/measured.js";
import { digits, shown, unit } from "../shell/voices.js";
import { at, hourTicks } from "./axis.js";

/** Return the table of one observable at round times within the span. */
export function tableOf({ course, observable, span, voice, tool }) {
  const { needle, control } = course;
  if (!control) return h("p", null, "Nothing is computed yet.");
  const why = removed(observable, control);
  if (why) return h("p", null, `${observable.title}, ${why}.`);
  const times = [...new Set([span[0], ...hourTicks(span[0], span[1], 14)])];
  const value = (arm, time) => digits(shown(at(arm.times, arm.series[observable.id] ?? [], time), observable.unit), voice === "researcher" ? 4 : 3);
  return h("table", null,
    h("caption", null, `${observable.name}, ${observable.where}${unit(observable.unit) ? `, ${unit(observable.unit)}` : ""}`),
    h("thead", null, h("tr", null, h("th", { scope: "col" }, "Time, h"), h("th", { scope: "col" }, `Without ${tool}`), needle && h("th", { scope: "col" }, `With ${tool}`))),
    h("tbody", null, times.map((time) => h("tr", null, h("th", { scope: "row" }, String(time).replace("-", "−")), h("td", { class: "number" }, value(control, time)), needle && h("td", { class: "number" }, value(needle, time))))));
}

/** Return all observables of both arms as CSV with a header line. */
export function csvOf({ needle, control }, observables) {
  const arms = [["without needle", control], ["with needle", needle]].filter(([, arm]) => arm);
  const columns = observables.filter(({ id }) => arms.every(([, arm]) => arm.series[id]));
  const head = ["arm", "time [h]", ...columns.map((row) => quote(`${row.name}, ${row.where} [${row.unit}]`))].join(",");
  const lines = arms.flatMap(([name, arm]) => arm.times.map((time, index) => [name, time, ...columns.map(({ id }) => numberIn(arm.series[id][index]))].join(",")));
  return `${[head, ...lines].join("\r\n")}\r\n`;
}

/** A number as a file has it; nothing where an organ is gone. */
function numberIn(value) {
  return Number.isNaN(value) ? "" : Number(value.toPrecision(8));
}

function quote(text) {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
