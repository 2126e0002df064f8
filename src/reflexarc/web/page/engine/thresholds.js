// Thresholds of nerve fibres near an electrode, from tables that cable models filled; atlas/thresholds.py.

import { pchip, straight } from "./curves.js";

/**
 * Return a plane of thresholds over distance: {nearest, farthest} in mm, and at(row, distance), the log
 * of the threshold in mA of the fibre with the diameter in that row.
 */
export function thresholdPlane(tables, contact, { myelinated, diameters, width, reach, waveform = "monophasic", polarity = "cathode", pair = false }) {
  const grids = diameters.map((diameter) => gridOf(tables, contact, blockOf(tables, myelinated, diameter), reach));
  const distances = grids.reduce((shortest, grid) => (grid.distances.length < shortest.length ? grid.distances : shortest), grids[0].distances);
  const logs = distances.map(Math.log);
  const cases = casesOf(contact, waveform, polarity, pair);
  const curves = diameters.map((diameter, row) => {
    const grid = grids[row];
    const values = rowOf(grid, width, diameter).filter((_, column) => distances.includes(grid.distances[column]));
    for (const name of cases) {
      const factors = logFactors(tables, name, !myelinated, diameter, logs, width);
      factors.forEach((factor, column) => (values[column] += factor));
    }
    return pchip(logs, values);
  });
  const [nearest, farthest] = [logs[0], logs.at(-1)];
  return {
    nearest: Math.exp(nearest),
    farthest: Math.exp(farthest),
    at: (row, distance) => curves[row](Math.min(farthest, Math.max(nearest, Math.log(distance)))),
  };
}

function blockOf(tables, myelinated, diameter) {
  if (!myelinated) return "SUNDT";
  return diameter <= tables.seam_um ? "PENA" : "MRG";
}

function gridOf(tables, contact, block, reach) {
  const near = contact !== "needle" && block === "PENA" && reach <= 2;
  return tables.grids[`${contact}|${block}|${near ? "near" : "far"}`];
}

/** Log thresholds over distance, at a pulse width and a diameter (beyond the ends, the end). */
function rowOf(grid, width, diameter) {
  const widths = grid.widths.map(Math.log);
  const own = grid.diameters.map(Math.log);
  const inside = Math.log(Math.min(grid.diameters.at(-1), Math.max(grid.diameters[0], diameter)));
  const cell = (d, r, w) => Math.log(grid.thresholds[(d * grid.distances.length + r) * widths.length + w]);
  return grid.distances.map((_, r) => {
    const atWidth = own.map((_d, d) => pchip(widths, widths.map((_w, w) => cell(d, r, w)))(Math.log(width)));
    return pchip(own, atWidth)(inside);
  });
}

function casesOf(contact, waveform, polarity, pair) {
  const cases = [];
  if (pair) cases.push(contact === "needle" ? "needle pair" : "pair along fibre");
  if (waveform !== "monophasic") cases.push(waveform);
  else if (polarity === "anode") cases.push("anodic");
  return cases;
}

function logFactors(tables, name, unmyelinated, diameter, logs, width) {
  const known = name === "needle pair" && unmyelinated ? "pair along fibre" : name;
  const cells = tables.factors[`${known}|${unmyelinated ? "unmyelinated" : "myelinated"}`];
  const diameters = [...new Set(cells.map(([d]) => d))];
  const grouped = diameters.map((d) => {
    const rows = cells.filter(([own]) => own === d);
    return { widths: rows.map(([, w]) => Math.log(w)), curves: rows.map(([, , r, factor]) => [r.map(Math.log), factor.map(Math.log)]) };
  });
  const logDiameters = diameters.map(Math.log);
  return logs.map((distance) => {
    const byDiameter = grouped.map(({ widths, curves }) =>
      straight(widths, curves.map(([r, factors]) => straight(r, factors, distance)), Math.log(width)));
    return straight(logDiameters, byDiameter, Math.log(diameter));
  });
}
