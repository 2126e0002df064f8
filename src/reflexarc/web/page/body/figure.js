// The body with its sites as marks: a mouse, or a person from both sides. Pointer only; the list of
// sites beside it is the same for the keyboard and for screen readers.

import { put, s } from "../shell/element.js";
import { CLOSE, CLOSE_HUMAN, HUMAN, MOUSE, drawHuman, drawMouse } from "./outlines.js";
import positions from "./positions.js";

/** Return {node, update({body, close, sites, chosen, looked, side, live}), place(code)}. */
export function makeFigure({ onpick }) {
  const node = s("svg", { class: "body", "aria-hidden": "true", preserveAspectRatio: "xMidYMid meet" });
  let shown = "";
  let frame = null;
  let now = CLOSE.whole;

  node.addEventListener("click", (event) => {
    const mark = event.target.closest?.("[data-marker]");
    if (mark) onpick(mark.dataset.marker);
    else {
      const near = nearest(event);
      if (near) onpick(near);
    }
  });

  function nearest(event) {
    const matrix = node.getScreenCTM();
    if (!matrix) return null;
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    let best = null;
    for (const mark of node.querySelectorAll("[data-marker]")) {
      const far = Math.hypot(Number(mark.dataset.x) - point.x, Number(mark.dataset.y) - point.y) * matrix.a;
      if (far < 22 && (!best || far < best.far)) best = { far, code: mark.dataset.marker };
    }
    return best?.code ?? null;
  }

  function update({ body, close, sites, chosen, looked, side, live }) {
    const key = [body, side, sites.length].join();
    if (key !== shown) {
      put(node, body === "human" ? drawHuman() : drawMouse(), s("g", { class: "marks" }, sites.map((site) => mark(site, body, side))), s("g", { class: "needle-in" }));
      shown = key;
    }
    const target = (body === "human" ? CLOSE_HUMAN : CLOSE)[close] ?? CLOSE.whole;
    glide(target, body);
    const scale = target[2] / (body === "human" ? HUMAN.width : MOUSE.width);
    node.style.setProperty("--r", String(Math.max(1.3, 4.6 * scale) * (body === "human" ? 0.9 : 1)));
    node.style.setProperty("--font", `${Math.max(4, 15 * scale)}px`);
    for (const dot of node.querySelectorAll("[data-marker]")) {
      dot.classList.toggle("chosen", dot.dataset.marker === chosen);
      dot.classList.toggle("looked", dot.dataset.marker === looked && looked !== chosen);
    }
    needle(body, chosen, side, scale, live);
  }

  function needle(body, code, side, scale, live) {
    const group = node.querySelector(".needle-in");
    const place = code && spot(code, body, side);
    if (!place) return put(group);
    const up = body === "mouse" && place.y > 215 ? [-0.5, 1] : [place.x > (body === "human" ? 240 : 320) ? 0.75 : -0.75, -1];
    const long = 46 * scale;
    const end = [place.x + up[0] * long, place.y + up[1] * long];
    const grip = [place.x + up[0] * long * 0.55, place.y + up[1] * long * 0.55];
    const right = up[0] > 0;
    put(group,
      s("path", { class: live ? "shaft live" : "shaft", "stroke-width": 1.6 * scale, d: `M${end[0]} ${end[1]}L${place.x} ${place.y}` }),
      s("path", { class: "handle", "stroke-width": 4.6 * scale, d: `M${end[0]} ${end[1]}L${grip[0]} ${grip[1]}` }),
      s("text", { class: "code", x: end[0] + (right ? 6 : -6) * scale, y: end[1] + (up[1] > 0 ? 12 : -2) * scale, "text-anchor": right ? "start" : "end" }, code));
    return group;
  }

  function glide(target, body) {
    node.style.setProperty("aspect-ratio", body === "human" ? "480 / 560" : "640 / 290");
    if (frame) cancelAnimationFrame(frame);
    const from = [...now];
    const quiet = matchMedia("(prefers-reduced-motion: reduce)").matches || from.join() === target.join();
    const begin = performance.now();
    const step = (time) => {
      const share = quiet ? 1 : Math.min(1, Math.max(0, (time - begin) / 320));
      const eased = 1 - (1 - share) ** 3;
      now = from.map((value, index) => value + (target[index] - value) * eased);
      node.setAttribute("viewBox", now.map((value) => value.toFixed(2)).join(" "));
      frame = share < 1 ? requestAnimationFrame(step) : null;
    };
    step(begin);
  }

  return { node, update };
}

/** Return where a site stands on a drawing, or null. */
export function spot(code, body, side) {
  const place = positions[code]?.[body];
  if (!place) return null;
  if (body === "mouse") return { x: place.x, y: place.y };
  const mirrored = side === "right" ? -place.x : place.x;
  return { x: HUMAN[place.view] + mirrored, y: place.y };
}

function mark(site, body, side) {
  const place = spot(site.code, body, side);
  if (!place) return null;
  const face = body === "mouse" ? positions[site.code].mouse.face : "near";
  return s("circle", {
    class: ["mark", site.refused ? "refused" : "", face === "inner" ? "inner" : ""].join(" ").trim(),
    "data-marker": site.code, "data-x": place.x, "data-y": place.y, cx: place.x, cy: place.y,
  }, s("title", null, `${site.code} ${site.name}`));
}
