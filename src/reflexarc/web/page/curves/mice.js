// A hundred mice: who is alive at the time of the cursor, with and without the needle.

import { h, put, s } from "../shell/element.js";

const MOUSE = "M1 7.5C1 4.5 4.5 2.5 8 2.5C11 2.5 13.6 4.4 14.4 7.2C14.7 8.6 13.6 9.5 12.4 9.5H3C1.8 9.5 1 8.7 1 7.5ZM11.4 3.6A1.7 1.7 0 1 1 14 5.4";
const TAIL = "M1.4 8.6C0.2 10.6 3 11.6 4.6 11.2";

/** Return {node, update({name, deaths, time, done, when, voice})} for one arm; deaths are hours or null. */
export function makeMice(className) {
  const count = h("b", { class: "count" });
  const words = h("p", { class: "mice-words" }, count, h("span", null));
  const icons = Array.from({ length: 100 }, (_, index) => s("g", { class: "mouse", transform: `translate(${(index % 20) * 17} ${Math.floor(index / 20) * 15})` }, s("path", { d: MOUSE }), s("path", { class: "mouse-tail", d: TAIL })));
  const picture = s("svg", { class: `mice ${className}`, viewBox: "-1 0 342 76", role: "img" }, icons);
  const head = h("h4");
  const node = h("div", { class: "herd" }, head, picture, words);
  function update({ name, deaths, time, done, when, voice }) {
    const known = deaths ? deaths.slice(0, done) : [];
    let alive = 0;
    icons.forEach((icon, index) => {
      const state = index >= known.length ? "unknown" : known[index] !== null && known[index] !== undefined && known[index] <= time ? "dead" : "alive";
      if (state === "alive") alive += 1;
      icon.setAttribute("class", `mouse ${state}`);
    });
    put(head, name);
    const complete = known.length >= 100;
    put(count, complete ? String(alive) : "…");
    put(words.lastChild, complete ? ` of 100 alive ${when}${voice === "researcher" ? ` (95 % interval ${wilson(alive, 100)})` : ""}` : ` counting: ${known.length} of 100 mice`);
    picture.setAttribute("aria-label", complete ? `${name}: ${alive} of 100 mice alive ${when}` : `${name}: not counted yet`);
    return complete ? alive : null;
  }
  return { node, update };
}

/** Return Wilson's 95 % interval of a count out of n, as text in per cent. */
export function wilson(count, n) {
  const z = 1.959964;
  const p = count / n;
  const middle = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))) / (1 + (z * z) / n);
  return `${Math.round(100 * Math.max(0, middle - half))}–${Math.round(100 * Math.min(1, middle + half))}`;
}

/** Return the share alive over time, as steps: {times, values}. */
export function survival(deaths, from, to) {
  const ends = deaths.filter((time) => time !== null && time !== undefined && time <= to).sort((a, b) => a - b);
  const times = [from];
  const values = [100];
  ends.forEach((time, index) => {
    times.push(time);
    values.push(100 * (1 - (index + 1) / deaths.length));
  });
  times.push(to);
  values.push(values.at(-1));
  return { times, values };
}
