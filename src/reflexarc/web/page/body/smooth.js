// A smooth line through points: Catmull and Rom's spline, as cubic Bezier pieces of an SVG path.

/** Return the path data of a smooth line through [[x, y], …]. */
export function smooth(points) {
  const at = (index) => points[Math.max(0, Math.min(points.length - 1, index))];
  let path = `M${round(points[0][0])} ${round(points[0][1])}`;
  for (let i = 0; i < points.length - 1; i += 1) {
    const [before, here, next, after] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    const first = [here[0] + (next[0] - before[0]) / 6, here[1] + (next[1] - before[1]) / 6];
    const second = [next[0] - (after[0] - here[0]) / 6, next[1] - (after[1] - here[1]) / 6];
    path += `C${[...first, ...second, ...next].map(round).join(" ")}`;
  }
  return path;
}

function round(value) {
  return Math.round(value * 10) / 10;
}
