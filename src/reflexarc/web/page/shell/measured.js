// What can be measured, in the order in which the page shows it, and whether it is there.

import { FIRST } from "../words/measured.js";

/** Return the observables: those of FIRST, then the others in the order of the table, each id once. */
export function inOrder(table) {
  const rows = table.filter((row, index, all) => all.findIndex(({ id }) => id === row.id) === index);
  const place = ({ id }) => (FIRST.includes(id) ? FIRST.indexOf(id) : FIRST.length);
  return rows.map((row, index) => ({ row, index })).sort((a, b) => place(a.row) - place(b.row) || a.index - b.index).map(({ row }) => row);
}

/** Return why an observable has no course in a run; empty if it has one. */
export function removed(observable, course) {
  return course?.series?.[observable.id]?.every(Number.isNaN) ? `not there: ${observable.where} removed` : "";
}
