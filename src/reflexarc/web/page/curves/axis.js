// Axes: round numbers for ticks, and where a value falls.

/** Return about so many round values that cover a range. */
export function ticks(low, high, about = 4) {
  if (!(high > low)) return [low];
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough - 1e-12);
  const found = [];
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9; index += 1) found.push(Number((index * step).toPrecision(12)));
  return found;
}

/** Return the hours that a time axis marks. */
export function hourTicks(low, high, about = 8) {
  const steps = [0.25, 0.5, 1, 2, 3, 6, 12, 24, 48];
  const step = steps.find((size) => (high - low) / size <= about) ?? 48;
  const found = [];
  for (let time = Math.ceil(low / step) * step; time <= high + 1e-9; time += step) found.push(Math.round(time * 100) / 100);
  return found;
}

/** Return how hours are written on an axis that ends at `high`. */
export function hourName(hours, high) {
  return high >= 72 && hours % 12 === 0 ? `${hours / 24} d` : `${String(hours).replace("-", "−")} h`;
}

/** Return a linear scale with its inverse: scale(value), scale.back(pixel). */
export function linear(from, to, low, high) {
  const factor = (high - low) / (to - from || 1);
  const scale = (value) => low + (value - from) * factor;
  scale.back = (pixel) => from + (pixel - low) / (factor || 1);
  return scale;
}

/** Return [low, high] that holds all values, with zero if they are not below it and it is near. */
export function extent(lists, { zero = true, least = 1e-4 } = {}) {
  let low = Infinity;
  let high = -Infinity;
  for (const list of lists) {
    for (const value of list) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (!Number.isFinite(low)) return [0, 1];
  if (zero && low >= 0) low = 0;
  const room = Math.max(high - low, least, Math.abs(high) * 1e-6, 1e-12);
  return [zero && low === 0 ? 0 : low - room * 0.08, Math.max(high, low + room) + room * 0.08];
}

/** Return the value of a course at a time, linear between its times. */
export function at(times, values, time) {
  if (!values || values.length === 0) return NaN;
  let low = 0;
  let high = times.length - 1;
  if (time <= times[0]) return values[0];
  if (time >= times[high]) return values[high];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times[middle] <= time) low = middle;
    else high = middle;
  }
  return values[low] + ((values[high] - values[low]) * (time - times[low])) / (times[high] - times[low]);
}
