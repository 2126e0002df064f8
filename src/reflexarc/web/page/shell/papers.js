// A reference as a link: short in the text, whole in a list.

import { h } from "./element.js";

/** Return what a reference's table entry says: {short, title, url}. */
export function paper(references, key) {
  const entry = references?.[key];
  if (!entry) return { short: key, title: key, url: "" };
  return { short: entry.short, title: entry.text, url: /^https?:/.test(entry.url) ? entry.url : "" };
}

/** Return one or more references (keys split by ;) as links, or as words without an address. */
export function cite(references, keys, { whole = false } = {}) {
  return h("span", { class: "cite" }, keys.split(/;\s*/).map((key, index) => {
    const { short, title, url } = paper(references, key);
    const words = whole ? `${title}` : short;
    return [index > 0 && "; ", url ? h("a", { href: url, rel: "noreferrer", title: whole ? short : title }, words) : h("span", { title }, words)];
  }));
}
