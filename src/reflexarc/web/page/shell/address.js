// The whole state of the page as the hash of its address, and back: exact, defaults left out.

import { NERVE, SCENARIO, VIEW, complete, completeView } from "./defaults.js";
import { read, write } from "./notation.js";

const KEPT_AWAY = ["theme"];

/** Return the hash, with #, for a state; an empty text for the state that needs none. */
export function toHash({ scenario, view }) {
  const parts = [
    ...differences(complete(scenario), SCENARIO).map(([key, value]) => [key, value]),
    ...differences(completeView(view), VIEW)
      .filter(([key]) => !KEPT_AWAY.includes(key))
      .map(([key, value]) => [`view.${key}`, value]),
  ];
  const text = parts.map(([key, value]) => `${key}=${escape(write(value))}`).join("&");
  return text ? `#${text}` : "";
}

/** Return the state that a hash stands for; an error in one sentence if it can't be read. */
export function fromHash(hash) {
  const scenario = {};
  const view = {};
  for (const part of hash.replace(/^#/, "").split("&").filter(Boolean)) {
    const cut = part.indexOf("=");
    if (cut < 0) throw new Error(`the address holds ${quote(part)}, which has no value`);
    const key = part.slice(0, cut);
    const target = key.startsWith("view.") ? view : scenario;
    const known = key.startsWith("view.") ? VIEW : SCENARIO;
    const name = key.replace(/^view\./, "");
    if (!Object.hasOwn(known, name)) throw new Error(`the address holds ${quote(name)}, which this page doesn't know`);
    target[name] = read(unescape(part.slice(cut + 1)));
    check(name, target[name], known[name]);
  }
  for (const name of ["stimulus", "challenge"]) if (scenario[name]) scenario[name] = restore(name, scenario[name]);
  return { scenario: complete(scenario), view: completeView(view) };
}

function differences(value, standard) {
  return Object.keys(standard)
    .filter((key) => write(value[key]) !== write(standard[key]))
    .map((key) => [key, key === "stimulus" || key === "challenge" ? reduce(key, value[key]) : value[key]]);
}

function base(name, value) {
  if (name === "stimulus") return value.mode === "nerve" ? NERVE : SCENARIO.stimulus;
  return value.kind ? {} : SCENARIO.challenge;
}

function reduce(name, value) {
  if (!value) return value;
  const standard = base(name, value);
  return Object.fromEntries(
    Object.entries(value).filter(([key, item]) => key === "kind" || value.mode === "nerve" && key === "mode" || write(item) !== write(standard[key])),
  );
}

function restore(name, value) {
  const standard = base(name, value);
  for (const [key, item] of Object.entries(value)) check(`${name}.${key}`, item, standard[key]);
  return { ...standard, ...value };
}

/** Refuse a value of another kind than the page's own; where that is nothing, or an object, nothing will do too. */
function check(name, value, standard) {
  if (standard === undefined || standard === null) return;
  const wanted = kind(standard);
  if (kind(value) === wanted || value === null && wanted === "object") return;
  throw new Error(`the address says ${quote(write(value))} for ${name}, which is no ${wanted}`);
}

function kind(value) {
  if (Array.isArray(value)) return "list";
  if (value === null) return "nothing";
  return { string: "word", boolean: "yes or no" }[typeof value] ?? typeof value;
}

function escape(text) {
  return encodeURIComponent(text).replace(/%(2C|3A|2F|40|24)/g, (code) => decodeURIComponent(code)).replace(/%20/g, "+");
}

function unescape(text) {
  try {
    return decodeURIComponent(text.replace(/\+/g, " "));
  } catch {
    throw new Error("the address holds a broken % sign");
  }
}

function quote(word) {
  return `'${word.slice(0, 40)}'`;
}
