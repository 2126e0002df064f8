// A claim as a card: what is said, what holds, how certain, and what would change our mind.

import { h } from "../shell/element.js";
import { cite } from "../shell/papers.js";
import { CERTAINTY } from "./words.js";

/** Return the card of a claim; `show(id)` shows a finding. */
export function claimCard(claim, { tables, voice, show }) {
  const known = new Set(tables.findings.map((one) => one.id));
  const links = (ids) => ids.map((id, i) => [i ? ", " : "", known.has(id) ? h("button", { type: "button", class: "wl-link", onclick: () => show(id) }, id) : id]);
  const { about, grade, reasons } = claim.certainty;
  return h("li", {}, h("article", { class: `wl-claim wl-${claim.verdict.replace(/\W+/g, "-")}`, "data-claim": claim.id },
    h("p", { class: "wl-top" }, h("span", { class: "wl-verdict" }, claim.verdict), h("code", {}, claim.id)),
    h("h3", {}, `“${claim.claim.replace(/\.$/, "")}”`),
    h("p", {}, voice === "researcher" ? claim.precise : claim.plain),
    h("p", { class: "wl-tags" }, h("span", {}, CERTAINTY[grade] ?? grade), h("span", {}, claim.species.length ? claim.species.join(", ") : "no species")),
    h("details", {}, h("summary", {}, "Why, and how certain"),
      h("p", {}, `Certainty ${about}: ${grade}.`),
      h("ul", {}, Object.entries(reasons).filter(([, text]) => voice === "researcher" || !/^not (a concern|assessed)/i.test(text)).map(([name, text]) => h("li", {}, `${name[0].toUpperCase()}${name.slice(1)}: ${text}`))),
      claim.limits.length ? h("ul", {}, claim.limits.map((text) => h("li", {}, text))) : null,
      claim.for.length ? h("p", {}, "For it: ", links(claim.for)) : null,
      claim.against.length ? h("p", {}, "Against it: ", links(claim.against)) : null,
      claim.change.length ? h("p", {}, `Would change our mind: ${claim.change.join(" ")}`) : null,
      claim.sources.length ? h("p", { class: "wl-soft" }, cite(tables.references, claim.sources.join("; "))) : null)));
}
