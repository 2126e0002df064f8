// A formula of the model, as text, becomes a tree and then MathML: once in symbols, once in numbers.

import { digits } from "../shell/voices.js";

const MATH = "http://www.w3.org/1998/Math/MathML";
const DUST = 1e-6; // what an integrator leaves where nothing is
const BINDING = { "||": 1, "&&": 2, ">": 3, "<": 3, ">=": 3, "<=": 3, "==": 3, "!=": 3, "+": 4, "-": 4, "*": 5, "/": 5, "^": 7 };
const SHOWN = { "*": "·", "-": "−", ">=": "≥", "<=": "≤", "==": "=", "!=": "≠", "&&": "and", "||": "or" };
const TOKEN = /\s*(?:(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)|([A-Za-z_]\w*)|(>=|<=|==|!=|&&|\|\||[-+*/^()<>,]))/gy;
const GREEK = { tau: "τ", alpha: "α", beta: "β", gamma: "γ", delta: "δ", eta: "η", kappa: "κ", rho: "ρ", sigma: "σ" };

/** Return the tree of a formula: {number}, {id}, {op, args} or {call, args}. */
export function parse(text) {
  const tokens = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const match = TOKEN.exec(text);
    if (!match) throw new Error(`the formula '${text.slice(0, 40)}' can't be read`);
    tokens.push(match[1] ? { number: Number(match[1]) } : match[2] ? { id: match[2] } : { sign: match[3] });
  }
  let at = 0;
  const sign = () => tokens[at]?.sign;
  const expect = (mark) => {
    if (sign() !== mark) throw new Error(`the formula '${text.slice(0, 40)}' lacks a ${mark}`);
    at += 1;
  };
  function atom() {
    const token = tokens[at];
    at += 1;
    if (token?.sign === "(") {
      const inside = sum(0);
      expect(")");
      return inside;
    }
    if (token?.sign === "-") return { op: "-", args: [sum(6)] };
    if (token?.id !== undefined && sign() === "(") {
      at += 1;
      const args = [];
      while (sign() !== ")") {
        args.push(sum(0));
        if (sign() === ",") at += 1;
      }
      expect(")");
      return { call: token.id, args };
    }
    if (token && (token.id !== undefined || token.number !== undefined)) return token;
    throw new Error(`the formula '${text.slice(0, 40)}' can't be read`);
  }
  function sum(least) {
    let left = atom();
    while (BINDING[sign()] > least) {
      const op = sign();
      at += 1;
      const right = sum(op === "^" ? BINDING[op] - 1 : BINDING[op]);
      left = { op, args: [left, right] };
    }
    return left;
  }
  const tree = sum(0);
  if (at < tokens.length) throw new Error(`the formula '${text.slice(0, 40)}' goes on where it should end`);
  return tree;
}

/** Return the ids in a tree, each once. */
export function idsOf(tree, found = new Set()) {
  if (tree.id !== undefined) found.add(tree.id);
  for (const one of tree.args ?? []) idsOf(one, found);
  return found;
}

/** Return <math> for left = tree. `leaf(id)` returns a node for an id, or undefined for its symbol. */
export function mathOf(left, tree, leaf, label) {
  const math = m("math", { display: "block" }, m("mrow", {}, ...left, m("mo", {}, "="), render(tree, leaf)));
  if (label) math.setAttribute("aria-label", label);
  return math;
}

/** Return the left side of an equation: the id, or its rate of change. */
export function leftOf(id, kind) {
  return kind === "rate" ? [m("mfrac", {}, m("mrow", {}, m("mi", {}, "d"), symbol(id)), m("mrow", {}, m("mi", {}, "d"), m("mi", {}, "t")))] : [symbol(id)];
}

/** Return an id as a symbol: what follows the first underscore becomes the index. */
export function symbol(id) {
  const [head, ...rest] = id.split("_");
  const letter = GREEK[head] ?? head;
  const base = m("mi", letter.length > 1 ? { mathvariant: "normal" } : {}, letter);
  return rest.length ? m("msub", {}, base, m("mtext", {}, rest.join(" "))) : base;
}

/** Return a number for a formula. */
export function amount(value) {
  return m("mn", {}, digits(Math.abs(value) < DUST ? 0 : value, 3));
}

/** Return a MathML element. */
export function m(tag, attributes, ...children) {
  const node = document.createElementNS(MATH, tag);
  for (const [name, value] of Object.entries(attributes ?? {})) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function render(tree, leaf) {
  if (tree.number !== undefined) return amount(tree.number);
  if (tree.id !== undefined) return leaf(tree.id) ?? symbol(tree.id);
  const inner = (one) => render(one, leaf);
  if (tree.call === "piecewise") {
    const rows = [];
    for (let i = 0; i + 1 < tree.args.length; i += 2) rows.push(m("mtr", {}, m("mtd", {}, inner(tree.args[i])), m("mtd", {}, m("mtext", {}, " if "), inner(tree.args[i + 1]))));
    if (tree.args.length % 2) rows.push(m("mtr", {}, m("mtd", {}, inner(tree.args.at(-1))), m("mtd", {}, m("mtext", {}, " otherwise"))));
    return m("mrow", {}, m("mo", {}, "{"), m("mtable", {}, ...rows));
  }
  if (tree.call) {
    const args = tree.args.flatMap((one, i) => (i ? [m("mo", {}, ","), inner(one)] : [inner(one)]));
    return m("mrow", {}, m("mi", { mathvariant: "normal" }, tree.call), m("mo", { stretchy: "false" }, "("), ...args, m("mo", { stretchy: "false" }, ")"));
  }
  const [a, b] = tree.args;
  if (tree.op === "/") return m("mfrac", {}, inner(a), inner(b));
  if (tree.op === "^") return m("msup", {}, wrap(a, 8, leaf), inner(b));
  if (!b) return m("mrow", {}, m("mo", {}, "−"), wrap(a, 5, leaf));
  const level = BINDING[tree.op];
  return m("mrow", {}, wrap(a, level, leaf), m("mo", {}, SHOWN[tree.op] ?? tree.op), wrap(b, level + (tree.op === "-" ? 1 : 0), leaf));
}

function wrap(tree, level, leaf) {
  const shown = render(tree, leaf);
  const own = tree.op && tree.op !== "/" && tree.op !== "^" ? (tree.args.length === 1 ? 4 : BINDING[tree.op]) : tree.op === "^" || tree.op === "/" ? 6 : 9;
  return own < level ? m("mrow", {}, m("mo", { stretchy: "false" }, "("), shown, m("mo", { stretchy: "false" }, ")")) : shown;
}
