// One run of the equations: a Rosenbrock method that stops at every edge and never steps across one.
// The rules for the size of a step are those of the Python kernel (kernel/twin.py and kernel/pace.py, at
// the full weight of the estimated error).

const SAME_INSTANT = 1e-9;
const SAFETY = 0.9;
const GROWTH = 10;
const SHRINKAGE = 0.2;
const REACH = 1.0001;
const FIRST = 0.1;
const BLIND = 1e-6;
const MOST_STEPS = 100_000;

/** Return the arrays that runs of a model share; one run at a time. */
export function workspace(model, method) {
  const size = model.states.length;
  return {
    model,
    method,
    size,
    q: new Float64Array(model.hoisted),
    w: new Float64Array(model.slots),
    f: new Float64Array(size),
    next: new Float64Array(size),
    argument: new Float64Array(size),
    between: new Float64Array(size),
    right: new Float64Array(size),
    stages: method.alpha.map(() => new Float64Array(size)),
    bend: method.dense.map(() => new Float64Array(size)),
  };
}

/**
 * Run a model from `start` to `stop`, changing the states `y` and the parameters `p` in place.
 *
 * `edges` are {time, set: [[parameter, value]], add: [[state, value]]} in the order of time; `times`
 * increase, and `look(index, state, space)` is called at each: before an edge at the same instant.
 * Returns the number of steps. Throws an Error of one sentence if the equations can't be solved.
 */
export function integrate(space, { p, y, start, stop, edges = [], times = [], rtol = 1e-5, atol = 1e-9, look = null }) {
  const { model, method, q, f, next, right } = space;
  const exponent = -1 / (method.order + 1); // of the embedded method
  let t = start;
  let taken = 0;
  let coming = 0;
  let steps = 0;
  model.prepare(p, q);
  while (taken < times.length && times[taken] <= t + SAME_INSTANT) look(taken++, y, space);
  for (;;) {
    let moved = false;
    while (coming < edges.length && edges[coming].time <= t + SAME_INSTANT) {
      for (const [place, value] of edges[coming].set) p[place] = value;
      for (const [place, value] of edges[coming].add) y[place] += value;
      coming += 1;
      moved = true;
    }
    if (moved) model.prepare(p, q);
    if (t >= stop - SAME_INSTANT) return steps;
    const end = coming < edges.length ? Math.min(edges[coming].time, stop) : stop;
    model.rates(p, q, y, f);
    let h = Math.min(firstStep(y, f, rtol, atol), end - t);
    let rejected = false;
    while (t < end) {
      steps += 1;
      if (steps > MOST_STEPS) throw new Error(`The equations need too many steps near ${t.toPrecision(4)} h.`);
      if (!(h > 1e-13 * Math.max(Math.abs(t), 1e-3))) throw new Error(`The equations can't be solved near ${t.toPrecision(4)} h.`);
      const lands = h * REACH >= end - t;
      if (lands) h = end - t;
      take(space, p, y, h);
      const error = norm(right, y, next, rtol, atol);
      let factor = error === 0 ? GROWTH : Math.min(GROWTH, Math.max(SHRINKAGE, SAFETY * error ** exponent));
      if (Number.isNaN(factor)) factor = SHRINKAGE;
      if (error <= 1) {
        const after = lands ? end : t + h;
        const until = lands ? end + SAME_INSTANT : after;
        if (taken < times.length && times[taken] <= until) prepareDense(space);
        while (taken < times.length && times[taken] <= until) {
          look(taken, within(space, y, Math.min((times[taken] - t) / h, 1)), space);
          taken += 1;
        }
        t = after;
        y.set(next);
        if (rejected) factor = Math.min(factor, 1);
        rejected = false;
      } else rejected = true;
      h *= factor;
    }
  }
}

/** From y over h: the new state in `next`, the error in `right`. */
function take({ model, method, q, f, w, argument, next, right, stages }, p, y, h) {
  const { a, c, m, e, gamma } = method;
  model.linearise(p, q, y, f, w);
  model.factor(w, 1 / (h * gamma));
  for (let i = 0; i < stages.length; i += 1) {
    const u = stages[i];
    if (i > 0) {
      argument.set(y);
      for (let j = 0; j < i; j += 1) accumulate(argument, stages[j], a[i][j]);
      model.rates(p, q, argument, f);
    }
    u.set(f);
    for (let j = 0; j < i; j += 1) accumulate(u, stages[j], c[i][j] / h);
    model.solve(w, u);
  }
  next.set(y);
  right.fill(0);
  stages.forEach((u, j) => {
    accumulate(next, u, m[j]);
    accumulate(right, u, e[j]);
  });
}

function firstStep(y, f, rtol, atol) {
  let state = 0;
  let rate = 0;
  for (let i = 0; i < y.length; i += 1) {
    const scale = atol + rtol * Math.abs(y[i]);
    state += (y[i] / scale) ** 2;
    rate += (f[i] / scale) ** 2;
  }
  state = Math.sqrt(state / y.length);
  rate = Math.sqrt(rate / y.length);
  return state > 1e-5 && rate > 1e-5 ? (FIRST * state) / rate : BLIND;
}

function accumulate(total, part, weight) {
  if (weight === 0) return;
  for (let i = 0; i < total.length; i += 1) total[i] += weight * part[i];
}

function norm(difference, y, next, rtol, atol) {
  let total = 0;
  for (let i = 0; i < y.length; i += 1) {
    const scale = atol + rtol * Math.max(Math.abs(y[i]), Math.abs(next[i]));
    total += (difference[i] / scale) ** 2;
  }
  const mean = Math.sqrt(total / y.length);
  return Number.isFinite(mean) ? mean : Infinity;
}

function prepareDense({ method, stages, bend }) {
  bend.forEach((row, power) => {
    row.fill(0);
    stages.forEach((u, j) => accumulate(row, u, method.dense[power][j]));
  });
}

/** The states inside the step under way, at theta from 0 to 1. */
function within({ next, bend, between, size }, y, theta) {
  for (let i = 0; i < size; i += 1) {
    let bow = 0;
    for (let power = bend.length - 1; power >= 0; power -= 1) bow = bow * theta + bend[power][i];
    between[i] = (1 - theta) * y[i] + theta * (next[i] + (1 - theta) * bow);
  }
  return between;
}
