// The two bodies, drawn by us: a mouse from its left, a person from the front and from the back.

import { s } from "../shell/element.js";
import { smooth } from "./smooth.js";

export const MOUSE = { width: 640, height: 310 };
export const HUMAN = { width: 480, height: 620, front: 120, back: 360 };

/** The part of the mouse's drawing that shows a region of the atlas: x, y, width, height. */
export const CLOSE = {
  whole: [0, 20, 640, 290],
  hind: [372, 144, 130, 142],
  fore: [132, 160, 130, 126],
  trunk: [196, 62, 300, 204],
  neck: [118, 72, 130, 100],
  head: [18, 60, 190, 170],
  sacrum: [396, 76, 110, 96],
};

/** The part of the person's drawing that shows a region: the same for both views. */
export const CLOSE_HUMAN = {
  whole: [0, 0, 480, 620],
  hind: [40, 300, 400, 310],
  fore: [0, 106, 480, 270],
  trunk: [40, 96, 400, 240],
  neck: [60, 10, 360, 150],
  head: [66, 8, 348, 112],
  sacrum: [240, 230, 240, 120],
};

const BODY =
  "M36 192C48 176 70 152 104 138C124 129 150 127 176 128C214 118 252 88 318 80C392 72 462 100 490 160" +
  "C497 176 500 190 497 206C480 236 440 246 400 248C330 254 270 254 222 242C190 236 160 228 132 223" +
  "C104 225 70 218 48 207C38 203 33 197 36 192Z";
const HIND =
  "M392 182C398 152 440 142 470 160C494 178 492 214 470 232C464 240 472 250 480 262C484 271 477 277 466 277" +
  "L408 278C396 278 393 270 403 267L446 262C438 253 424 246 412 238C396 228 386 208 392 182Z";
const FORE =
  "M186 188C200 174 226 178 232 200C236 216 230 230 221 238C211 248 203 256 197 265C197 273 191 277 182 277" +
  "L158 278C148 278 148 269 158 267L176 262C182 250 190 240 194 230C186 220 178 206 186 188Z";
const HIND_FAR = "M420 240C426 252 440 258 448 268L392 270C382 270 380 276 388 278L440 278C462 278 468 262 456 244Z";
const FORE_FAR = "M212 236C206 250 214 258 216 266L198 269C190 271 192 278 200 278L226 277C236 276 234 262 234 244Z";
const TAIL = "M495 178C520 196 540 244 574 248C602 251 612 226 630 206";
const EAR = "M146 128C126 108 128 70 158 62C188 66 192 106 172 129";
const EAR_IN = "M152 122C140 106 142 82 158 75C175 80 178 104 166 122";

/** Return the mouse's outline as SVG elements. */
export function drawMouse() {
  return s("g", { class: "outline", "aria-hidden": "true" },
    s("path", { class: "far", d: HIND_FAR }),
    s("path", { class: "far", d: FORE_FAR }),
    s("path", { class: "tail", d: TAIL }),
    s("path", { class: "skin", d: BODY }),
    s("path", { class: "skin ear", d: EAR }),
    s("path", { class: "fold", d: EAR_IN }),
    s("path", { class: "skin limb", d: HIND }),
    s("path", { class: "skin limb", d: FORE }),
    s("circle", { class: "eye", cx: 99, cy: 163, r: 5.5 }),
    s("path", { class: "fold", d: "M41 197C50 203 60 204 70 200" }),
    s("path", { class: "whisker", d: "M54 196L14 206M56 199L18 220M58 201L30 230" }),
  );
}

const HALF = [
  [0, 18], [15, 21], [25, 38], [26, 58], [22, 78], [14, 91], [13, 104], [22, 112], [44, 119], [58, 131],
  [64, 158], [68, 190], [75, 226], [82, 262], [90, 300], [96, 316], [104, 334], [105, 352], [97, 362],
  [90, 350], [85, 332], [80, 314], [71, 276], [61, 238], [54, 202], [48, 170], [45, 200], [42, 232],
  [42, 256], [48, 288], [52, 318], [52, 360], [48, 404], [43, 440], [45, 476], [41, 512], [33, 554],
  [34, 574], [43, 590], [31, 597], [18, 592], [17, 570], [17, 540], [12, 500], [12, 470], [14, 440],
  [10, 400], [6, 360], [3, 328], [0, 322],
];

/** Return a person's outline, front and back, as SVG elements. */
export function drawHuman() {
  const right = smooth(HALF);
  const left = smooth(HALF.map(([x, y]) => [-x, y]));
  const figure = (middle, words, marks) =>
    s("g", { transform: `translate(${middle} 0)` },
      s("path", { class: "skin", d: right }), s("path", { class: "skin", d: left }),
      s("path", { class: "seam", d: "M0 20V321" }),
      ...marks.map((d) => s("path", { class: "fold", d })),
      s("text", { class: "side", x: 0, y: 614, "text-anchor": "middle" }, words));
  return s("g", { class: "outline", "aria-hidden": "true" },
    figure(HUMAN.front, "front", ["M-9 70Q0 74 9 70", "M-3 262Q0 266 3 262", "M-30 168Q-22 176 -12 172", "M12 172Q22 176 30 168", "M-40 436Q-28 430 -18 436", "M18 436Q28 430 40 436"]),
    figure(HUMAN.back, "back", ["M0 120V296", "M-44 148Q-30 168 -22 146", "M44 148Q30 168 22 146", "M-40 322Q-18 332 -2 318", "M2 318Q18 332 40 322"]),
  );
}
