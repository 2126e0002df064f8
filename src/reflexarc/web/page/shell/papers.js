// A reference as a link: short in the text, whole in a list.

import { h } from "./element.js";

/** Return what a reference's table entry says: {short, title, url}. */
export function paper(references, key) {
  const table = references?.references ?? references ?? {};
  const entry = Array.isArray(table) ? table.find((item) => item.id === key || item.key === key) : table[key];
  if (!entry) return { short: key, title: key, url: "" };
  const authors = entry.authors ?? entry.author;
  const first = typeof authors === "string" ? authors : authors?.[0]?.family ?? authors?.[0] ?? "";
  const year = entry.year ?? entry.issued?.["date-parts"]?.[0]?.[0] ?? "";
  const doi = entry.doi ?? entry.DOI;
  const url = entry.url ?? entry.URL ?? (doi ? `https://doi.org/${doi}` : "");
  return { short: entry.short ?? (`${first} ${year}`.trim() || key), title: entry.text ?? entry.title ?? key, url: /^https?:/.test(url) ? url : "" };
}

/** Return one or more references (keys split by ;) as links, or as words without an address. */
export function cite(references, keys, { whole = false } = {}) {
  return h("span", { class: "cite" }, keys.split(/;\s*/).map((key, index) => {
    const { short, title, url } = paper(references, key);
    const words = whole ? `${title}` : short;
    return [index > 0 && "; ", url ? h("a", { href: url, rel: "noreferrer", title: whole ? short : title }, words) : h("span", { title }, words)];
  }));
}
