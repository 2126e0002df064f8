// Where the parts stand and how the connections run, for a width. Wide: one row a level of the body.
// Narrow: the same rows, broken into lines of three, so that the way runs down the page.

const NARROW = 600;
const TOP = 10;

/** Return {width, height, narrow, nodes: Map(id -> {part, x, y, w, h}), routes: Map(key -> {d, middle, tip})}. */
export function arrange(parts, edges, width) {
  const narrow = width < NARROW;
  const lines = narrow ? broken(parts) : rows(parts);
  const w = narrow ? Math.min(118, (width - 44) / 3) : Math.max(92, Math.min(128, width * 0.132));
  const h = narrow ? 46 : 44;
  const step = h + (narrow ? 30 : 44);
  const side = narrow ? 14 : 26;
  const nodes = new Map();
  lines.forEach((line, row) => {
    spread(line, { width, w, side, narrow }).forEach((x, i) => {
      nodes.set(line[i].id, { part: line[i], row, x, y: TOP + h / 2 + row * step, w, h });
    });
  });
  const routes = new Map();
  const both = new Set(edges.map(keyOf));
  const drawn = { width, side, both, all: [...nodes.values()] };
  for (const edge of edges) routes.set(keyOf(edge), route(edge, nodes, drawn));
  return { width, height: TOP + lines.length * step - (step - h) + TOP, narrow, nodes, routes };
}

/** Return the name of a connection. */
export function keyOf(edge) {
  return `${edge.from}>${edge.to}`;
}

/** Return the parts as rows from the top, each from left to right. */
export function rows(parts) {
  const found = new Map();
  for (const part of parts) found.set(part.row, [...(found.get(part.row) ?? []), part]);
  return [...found.keys()].sort((a, b) => a - b).map((row) => found.get(row).sort((a, b) => a.place - b.place));
}

function broken(parts) {
  return rows(parts).flatMap((row) => {
    const lines = Math.ceil(row.length / 3);
    const size = Math.ceil(row.length / lines);
    return Array.from({ length: lines }, (_, i) => row.slice(i * size, (i + 1) * size));
  });
}

/** Return where the middles of a line stand: as the table says, moved apart where they would touch. */
function spread(line, { width, w, side, narrow }) {
  const room = width - 2 * side - w;
  if (narrow) return line.map((_, i) => side + w / 2 + (line.length === 1 ? room / 2 : (room * i) / (line.length - 1)));
  const wanted = line.map((part) => side + w / 2 + (room * (part.place - 7)) / 86);
  const clear = w + 8;
  const at = wanted.map((x) => Math.max(side + w / 2, Math.min(side + w / 2 + room, x)));
  for (let i = 1; i < at.length; i += 1) at[i] = Math.max(at[i], at[i - 1] + clear);
  const over = at.at(-1) - (side + w / 2 + room);
  if (over > 0) {
    at[at.length - 1] -= over;
    for (let i = at.length - 2; i >= 0; i -= 1) at[i] = Math.min(at[i], at[i + 1] - clear);
  }
  return at;
}

function route(edge, nodes, drawn) {
  const a = nodes.get(edge.from);
  const b = nodes.get(edge.to);
  if (a.row === b.row) return along(a, b, drawn);
  const span = b.row - a.row;
  if (Math.abs(span) > (drawn.width < NARROW ? 5 : 3) || span < -2) return around(a, b, drawn);
  const down = span > 0;
  const shift = drawn.both.has(`${edge.to}>${edge.from}`) ? (down ? 9 : -9) : 0;
  const from = { x: a.x + shift + lean(b.x - a.x, a.w), y: a.y + (down ? a.h : -a.h) / 2 };
  const to = { x: b.x + shift + lean(a.x - b.x, b.w), y: b.y + (down ? -b.h : b.h) / 2 };
  const pull = Math.max(18, Math.abs(to.y - from.y) * 0.45) * (down ? 1 : -1);
  return curve(from, { x: from.x, y: from.y + pull }, { x: to.x, y: to.y - pull }, to);
}

/** Return how far from the middle of a part a connection leaves, towards where it goes. */
function lean(distance, w) {
  return Math.max(-w * 0.3, Math.min(w * 0.3, distance * 0.18));
}

function along(a, b, { all }) {
  const [left, right] = a.x < b.x ? [a, b] : [b, a];
  const between = all.some((one) => one.row === a.row && one.x > left.x && one.x < right.x);
  const way = a.x < b.x ? 1 : -1;
  if (!between) {
    const from = { x: a.x + (way * a.w) / 2, y: a.y };
    const to = { x: b.x - (way * b.w) / 2, y: b.y };
    const half = (to.x - from.x) / 2;
    return curve(from, { x: from.x + half, y: from.y }, { x: to.x - half, y: to.y }, to);
  }
  const from = { x: a.x + way * a.w * 0.22, y: a.y + a.h / 2 };
  const to = { x: b.x - way * b.w * 0.22, y: b.y + b.h / 2 };
  return curve(from, { x: from.x + way * 20, y: from.y + 26 }, { x: to.x - way * 20, y: to.y + 26 }, to);
}

/** Round the side of the drawing: out below or above the row, along the edge, and in again. */
function around(a, b, { width, side }) {
  const right = (a.x + b.x) / 2 > width * 0.34;
  const edge = right ? width - side * 0.35 : side * 0.35;
  const way = right ? 1 : -1;
  const out = a.y + a.h / 2;
  const lane = out + 11;
  const near = Math.abs(edge - b.x) < b.w / 2 + side;
  const r = 7;
  const up = b.y < a.y ? -1 : 1;
  const start = `M${n(a.x + way * a.w * 0.25)} ${n(out)}V${n(lane - r)}Q${n(a.x + way * a.w * 0.25)} ${n(lane)} ${n(a.x + way * (a.w * 0.25 + r))} ${n(lane)}H${n(edge - way * r)}Q${n(edge)} ${n(lane)} ${n(edge)} ${n(lane + up * r)}`;
  if (near) {
    const x = b.x + (way * b.w) / 2;
    const d = `${start}V${n(b.y - up * r)}Q${n(edge)} ${n(b.y)} ${n(edge - way * r * 0.6)} ${n(b.y)}H${n(x)}`;
    return { d, middle: { x: edge, y: (lane + b.y) / 2 }, tip: { x, y: b.y, angle: right ? Math.PI : 0 } };
  }
  const above = b.y - b.h / 2 - 11;
  const x = b.x + way * b.w * 0.25;
  const d = `${start}V${n(above - up * r)}Q${n(edge)} ${n(above)} ${n(edge - way * r)} ${n(above)}H${n(x + way * r)}Q${n(x)} ${n(above)} ${n(x)} ${n(above + r)}V${n(b.y - b.h / 2)}`;
  return { d, middle: { x: edge, y: (lane + above) / 2 }, tip: { x, y: b.y - b.h / 2, angle: Math.PI / 2 } };
}

function curve(p, c, e, q) {
  const middle = { x: (p.x + 3 * c.x + 3 * e.x + q.x) / 8, y: (p.y + 3 * c.y + 3 * e.y + q.y) / 8 };
  const angle = Math.atan2(q.y - e.y, q.x - e.x);
  return { d: `M${n(p.x)} ${n(p.y)}C${n(c.x)} ${n(c.y)} ${n(e.x)} ${n(e.y)} ${n(q.x)} ${n(q.y)}`, middle, tip: { ...q, angle } };
}

function n(value) {
  return Math.round(value * 10) / 10;
}
