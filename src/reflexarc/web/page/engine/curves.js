// Curves through tables: monotone cubics and straight lines, as the Python side draws them.

/** Return the monotone cubic (PCHIP; Fritsch & Butland 1984) through (x, y) as a function of x. */
export function pchip(x, y) {
  const slopes = slopesOf(x, y);
  return (at) => {
    let k = x.length - 2;
    while (k > 0 && at < x[k]) k -= 1;
    const h = x[k + 1] - x[k];
    const t = (at - x[k]) / h;
    const left = slopes[k] * h;
    const right = slopes[k + 1] * h;
    const rise = y[k + 1] - y[k];
    return y[k] + t * (left + t * (3 * rise - 2 * left - right + t * (left + right - 2 * rise)));
  };
}

function slopesOf(x, y) {
  const last = x.length - 1;
  const h = [];
  const m = [];
  for (let k = 0; k < last; k += 1) {
    h.push(x[k + 1] - x[k]);
    m.push((y[k + 1] - y[k]) / h[k]);
  }
  if (last === 1) return [m[0], m[0]];
  const slopes = [atEnd(h[0], h[1], m[0], m[1])];
  for (let k = 1; k < last; k += 1) {
    if (m[k - 1] * m[k] <= 0) slopes.push(0);
    else {
      const before = 2 * h[k] + h[k - 1];
      const after = h[k] + 2 * h[k - 1];
      slopes.push((before + after) / (before / m[k - 1] + after / m[k]));
    }
  }
  return [...slopes, atEnd(h[last - 1], h[last - 2], m[last - 1], m[last - 2])];
}

function atEnd(near, far, own, next) {
  const slope = ((2 * near + far) * own - near * next) / (near + far);
  if (Math.sign(slope) !== Math.sign(own)) return 0;
  return Math.sign(own) !== Math.sign(next) && Math.abs(slope) > 3 * Math.abs(own) ? 3 * own : slope;
}

/** Return the value of straight lines through (x, y) at one place; beyond the ends, the ends. */
export function straight(x, y, at) {
  if (at <= x[0]) return y[0];
  for (let k = 0; k + 1 < x.length; k += 1) {
    if (at <= x[k + 1]) {
      const share = (at - x[k]) / (x[k + 1] - x[k]);
      return (1 - share) * y[k] + share * y[k + 1];
    }
  }
  return y.at(-1);
}
