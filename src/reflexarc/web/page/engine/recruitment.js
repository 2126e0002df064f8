// From a stimulus to drive: which fibres a needle, a light or a hook makes fire; recruitment.py.

import { thresholdPlane } from "./thresholds.js";

const DEPTHS = 6;
const SHORTEST_MM = 0.01;
const BARE_MM = 3;
const LONGEST_MM = { depth: 10, bare: 5 };
const NERVE_CELLS = 24;
const KEPT = 400;
const SIDES = ["left", "right"];

const planes = new Map();
const nodes = new Map();
const shapes = new Map();

/**
 * Return what a stimulus recruits: {place, region, rate, classes, drives, reach}; bands are
 * {low, central, high}. A stimulus is a scenario's, without its times; `cut` names peripheral nerves.
 */
export function recruit(tables, stimulus, cut = []) {
  if (stimulus.mode === "nerve") return onNerve(tables, stimulus, severed(cut));
  if (stimulus.mode === "light") return underLight(tables, stimulus, severed(cut));
  return underNeedle(tables, stimulus, severed(cut));
}

/** Return every input of the model that a stimulus can set, while some are on together. */
export function modelInputs(tables, recruitments, band = "central") {
  const inputs = {};
  const { regions, drives, brain, classes } = tables;
  for (const { id } of classes) for (const region of regions) inputs[`recruited_${id}_${region}`] = 0;
  for (const region of regions) inputs[`pulse_rate_${region}`] = 0;
  for (const drive of [...drives, ...Object.values(brain)]) inputs[drive] = 0;
  for (const region of regions) {
    const here = recruitments.filter((one) => one.region === region);
    const fastest = Math.max(0, ...here.map((one) => one.rate));
    inputs[`pulse_rate_${region}`] = fastest;
    for (const one of here) {
      for (const [id, value] of Object.entries(one.classes)) inputs[`recruited_${id}_${region}`] += (value[band] * one.rate) / fastest;
    }
  }
  for (const side of SIDES) inputs[`touch_hind_${side}`] = 0;
  for (const id of ["AB", "AD", "C"]) for (const side of SIDES) inputs[`skin_${id}_hind_${side}`] = 0; // natural stimuli, which the page doesn't have
  for (const one of recruitments) {
    if (one.region === "hind") for (const side of SIDES) inputs[`touch_hind_${side}`] += touchOn(one, side, band);
    for (const [drive, value] of Object.entries(one.drives)) inputs[drive] = Math.min(1, inputs[drive] + value[band]);
  }
  return inputs;
}

/** Impulses of touch fibres of the skin from one side, in Hz; a midline tissue belongs half to each side. */
function touchOn({ reach, classes, rate }, side, band) {
  const touch = reach.filter((row) => row.fibres === "AB");
  const total = (rows, end) => rows.reduce((sum_, row) => sum_ + row.recruited[end], 0);
  const sides = total(touch, "central");
  const share = sides ? (classes.AB?.central ?? 0) / sides : 1;
  return total(touch.filter((row) => row.tissue === "skin" && row.side === side), band) * rate * share;
}

function underNeedle(tables, stimulus, gone) {
  const { site, current, width, side = "left", configuration = "focal pair", insulated = false, waveform = "monophasic" } = stimulus;
  const here = siteOf(tables, site);
  const depth = between("depth", stimulus.depth ?? here.depth, LONGEST_MM.depth);
  const exposed = between("bare length of the needle", stimulus.bare ?? BARE_MM, LONGEST_MM.bare);
  checkPulse(tables, insulated ? "point, muscle" : "needle", current, width);
  if (configuration === "bilateral" && here.midline) throw new Error(`${site} lies on the midline, so it has no other side for a bilateral pair.`);
  const bare = insulated ? 0 : Math.min(exposed, depth);
  const reach = [];
  for (const [own, polarity] of polarities(side, configuration, here.midline)) {
    for (const tissue of here.tissues) {
      for (const fibres of tables.classes) {
        const needle = { depth, bare, pair: configuration === "focal pair", waveform, polarity };
        const found = tissueNodes(tables, needle, fibres, tissue, width);
        reach.push(trace(own, tissue, fibres.id, bandOf(found, current, fibres.factor), gone));
      }
    }
  }
  return { place: site, region: here.region, rate: pulseRate(tables, stimulus), classes: sums(tables, reach, here.midline), drives: {}, reach };
}

function underLight(tables, stimulus, gone) {
  const { site, opsin, irradiance, side = "left", depth = 0 } = stimulus;
  const channel = tables.opsins[opsin];
  if (!channel) throw new Error(`The atlas doesn't know the opsin ${opsin}.`);
  const rate = pulseRate(tables, stimulus);
  if (Object.hasOwn(tables.brain, site)) {
    const drive = scaled(lit(tables, channel, irradiance, 0, 0), driveRate(tables, stimulus));
    return { place: site, region: null, rate, classes: {}, drives: { [tables.brain[site]]: drive }, reach: [] };
  }
  const here = siteOf(tables, site);
  const reach = polarities(side, "single", here.midline).flatMap(([own]) =>
    here.tissues.map((tissue) => trace(own, tissue, "PROKR2", lit(tables, channel, irradiance, tissue.from - depth, tissue.to - depth), gone)));
  return { place: site, region: here.region, rate, classes: sums(tables, reach, here.midline), drives: {}, reach };
}

function onNerve(tables, stimulus, gone) {
  const { nerve, current, width, side = "left", waveform = "monophasic", direction = "both" } = stimulus;
  const bundle = tables.trunks[nerve];
  if (!bundle) throw new Error(`There is no electrode for the nerve ${nerve}.`);
  checkPulse(tables, "point, isotropic", current, width);
  const sides = polarities(side, "single", false).map(([own]) => own);
  const found = {};
  for (const fibres of bundle) {
    if (direction !== "both" && nerve === "cervical vagus" && !fibres.drives.includes(direction)) continue;
    const band = scaled(bandOf(nerveNodes(tables, fibres, width, waveform), current, fibres.factor), fibres.share);
    found[fibres.drives] = sum(found[fibres.drives] ?? NOTHING, band);
  }
  const rate = pulseRate(tables, stimulus);
  if (nerve !== "sciatic") {
    const paired = nerve === "splenic" ? 1 : sides.length / 2;
    const scale = paired * driveRate(tables, stimulus);
    const drives = Object.fromEntries(Object.entries(found).map(([drive, band]) => [drive, scaled(band, scale)]));
    return { place: nerve, region: null, rate, classes: {}, drives, reach: [] };
  }
  const tissues = tables.sites.ST36.tissues.filter((tissue) => tissue.chain.includes("sciatic"));
  const reach = sides.flatMap((own) => tissues.flatMap((tissue) => Object.entries(found).map(([id, band]) => trace(own, tissue, id, band, gone))));
  return { place: nerve, region: "hind", rate, classes: sums(tables, reach, false), drives: {}, reach };
}

function siteOf(tables, code) {
  const here = tables.sites[code];
  if (!here) throw new Error(`The model has no reflex for the site ${code}.`);
  if (here.depth === null) throw new Error(`Nobody has reported how deep a needle goes at ${code}.`);
  return here;
}

function polarities(side, configuration, midline) {
  if (configuration === "bilateral") {
    const first = side === "right" ? "right" : "left";
    return [[first, "cathode"], [first === "right" ? "left" : "right", "anode"]];
  }
  if (midline || side === "both") return [["left", "cathode"], ["right", "cathode"]];
  return [[side, "cathode"]];
}

function checkPulse(tables, contact, current, width) {
  const most = tables.limits.current_mA;
  if (!(current >= 0 && current <= most)) throw new Error(`The current must lie between 0 and ${most} mA.`);
  const [low, high] = tables.limits.widths_us[contact];
  if (!(width >= low && width <= high)) throw new Error(`The pulse width must lie between ${low} and ${high} us here.`);
}

function between(what, value, most) {
  if (!(value > 0 && value <= most)) throw new Error(`The ${what} must lie above 0 and up to ${most} mm.`);
  return value;
}

// ---- pulses

function phases(tables, { frequency }) {
  const list = Array.isArray(frequency) ? frequency : [[frequency, 1]];
  const most = tables.limits.frequency_Hz;
  for (const [hz] of list) if (!(hz > 0 && hz <= most)) throw new Error(`The frequency must lie above 0 and up to ${most} Hz.`);
  return list;
}

function pulseRate(tables, stimulus) {
  return phases(tables, stimulus).reduce((total, [hz, share]) => total + hz * share, 0);
}

function driveRate(tables, stimulus) {
  const full = tables.limits.full_drive_Hz;
  return phases(tables, stimulus).reduce((total, [hz, share]) => total + (share * Math.min(hz, full)) / full, 0);
}

// ---- fibres

function planeOf(tables, contact, fibres, options) {
  const key = JSON.stringify([contact, fibres.diameters[0], fibres.myelinated, options]);
  return kept(planes, key, () => thresholdPlane(tables, contact, { myelinated: fibres.myelinated, diameters: fibres.diameters, ...options }));
}

/** Log thresholds of the fibres of one class in one tissue: rows of fibres over distances outwards. */
function tissueNodes(tables, needle, fibres, tissue, width) {
  const key = JSON.stringify([needle, fibres.id, tissue.from, tissue.to, width]);
  return kept(nodes, key, () => {
    const { disc_mm: disc } = tables;
    const squares = Array.from({ length: 23 }, (_, k) => 0.01 + (k / 22) * (disc ** 2 - 0.01));
    const radii = [0.05, ...squares.map(Math.sqrt)];
    const contact = needle.bare ? "needle" : "point, muscle";
    const plane = planeOf(tables, contact, fibres, { width, reach: 5, waveform: needle.waveform, polarity: needle.polarity, pair: needle.pair });
    const rows = shapeOf(tables, needle, fibres, tissue, plane, radii).map(({ row, distances, bends }) => {
      let highest = -Infinity;
      return radii.map((_, k) => (highest = Math.max(highest, plane.at(row, distances[k]) + bends[k])));
    });
    const weights = radii.slice(1).map((radius, k) => (radius ** 2 - radii[k] ** 2) / disc ** 2);
    return { rows, weights, core: (radii[0] / disc) ** 2 };
  });
}

/** Where the fibres of one class lie about a needle, whatever the pulse: what a width doesn't change. */
function shapeOf(tables, needle, fibres, tissue, { nearest, farthest }, radii) {
  const { depth, bare } = needle;
  const key = JSON.stringify([depth, bare, fibres.id, tissue.from, tissue.to, nearest, farthest]);
  return kept(shapes, key, () => {
    const half = bare ? Math.max(bare, SHORTEST_MM) / 2 : 0;
    const rows = [];
    for (let k = 0; k < DEPTHS; k += 1) {
      const axial = Math.abs(tissue.from + ((k + 0.5) / DEPTHS) * (tissue.to - tissue.from) - (depth - half));
      fibres.diameters.forEach((diameter, row) => {
        const length = fibres.myelinated ? 0.162 * diameter : 0.178;
        const away = radii.map((radius) => Math.hypot(radius, Math.max(axial - half, 0)));
        const distances = away.map((own) => Math.min(farthest, Math.max(nearest, own)));
        const bends = radii.map((radius, n) => Math.log(bare
          ? bend(distances[n], 0, tables.needle_mm / 2, length) / bend(Math.max(radius, nearest), axial, half, length)
          : pointBend(distances[n], length) / pointBend(Math.max(away[n], distances[n]), length)));
        rows.push({ row, distances, bends });
      });
    }
    return rows;
  });
}

function nerveNodes(tables, fibres, width, waveform) {
  const key = JSON.stringify(["nerve", fibres, width, waveform]);
  return kept(nodes, key, () => {
    const plane = planeOf(tables, "point, isotropic", fibres, { width, reach: fibres.far_mm, waveform });
    const places = Array.from({ length: NERVE_CELLS }, (_, k) => fibres.near_mm + (k / (NERVE_CELLS - 1)) * (fibres.far_mm - fibres.near_mm));
    const rows = fibres.diameters.map((_, row) => {
      let highest = -Infinity;
      return places.map((distance) => (highest = Math.max(highest, plane.at(row, distance))));
    });
    return { rows, weights: Array(NERVE_CELLS - 1).fill(1 / (NERVE_CELLS - 1)), core: 0 };
  });
}

function bend(radius, axial, half, length) {
  const away = Math.hypot(radius, length);
  const [down, up] = [half - axial, half + axial];
  const near = Math.asinh(down / radius) + Math.asinh(up / radius);
  const far = Math.asinh(down / away) + Math.asinh(up / away);
  return (near - far) / (2 * half);
}

function pointBend(radius, length) {
  return 1 / radius - 1 / Math.hypot(radius, length);
}

function fraction({ rows, weights, core }, current) {
  if (current <= 0) return 0;
  const level = Math.log(current);
  let reached = 0;
  let inside = 0;
  for (const row of rows) {
    if (row[0] <= level) inside += 1;
    weights.forEach((weight, k) => {
      const share = (level - row[k]) / Math.max(row[k + 1] - row[k], 1e-6);
      reached += weight * Math.min(1, Math.max(0, share));
    });
  }
  return Math.min(1, reached / rows.length + (core * inside) / rows.length);
}

function bandOf(found, current, factor) {
  return { low: fraction(found, current / factor), central: fraction(found, current), high: fraction(found, current * factor) };
}

function lit(tables, channel, irradiance, from, to) {
  const left = Array.from({ length: 6 }, (_, k) => irradiance * Math.exp(-tables.light_per_mm * Math.abs(from + ((k + 0.5) / 6) * (to - from))));
  const share = (half) => left.reduce((total, here) => total + (here / half) ** channel.hill / (1 + (here / half) ** channel.hill), 0) / left.length;
  return { low: share(channel.half * channel.spread), central: share(channel.half), high: share(channel.half / channel.spread) };
}

// ---- tissues

const NOTHING = Object.freeze({ low: 0, central: 0, high: 0 });

function trace(side, tissue, id, fractions, gone) {
  const cut = tissue.chain.some((name) => gone.has(`${side} ${name}`));
  const grade = tissue.grades[id];
  let recruited = NOTHING;
  if (!cut) recruited = grade === null ? { low: 0, central: 0, high: fractions.high } : scaled(fractions, grade / 2);
  return { side, tissue: tissue.kind, from: tissue.from, to: tissue.to, nerve: tissue.nerve, fibres: id, grade, fraction: fractions, cut, recruited };
}

function sums(tables, reach, midline) {
  const totals = Object.fromEntries(tables.classes.map(({ id }) => [id, NOTHING]));
  for (const row of reach) totals[row.fibres] = sum(totals[row.fibres], midline ? scaled(row.recruited, 0.5) : row.recruited);
  return totals;
}

function severed(names) {
  return new Set(names.flatMap((name) => (/^(left|right) /.test(name) ? [name] : [`left ${name}`, `right ${name}`])));
}

function sum(a, b) {
  return { low: a.low + b.low, central: a.central + b.central, high: a.high + b.high };
}

function scaled(band, factor) {
  return { low: band.low * factor, central: band.central * factor, high: band.high * factor };
}

function kept(known, key, make) {
  if (!known.has(key)) {
    if (known.size >= KEPT) known.delete(known.keys().next().value);
    known.set(key, make());
  }
  return known.get(key);
}
