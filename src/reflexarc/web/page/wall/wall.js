// The wall: every published finding beside the model's answer, and every claim that the public is told.

import { fresh, h, put } from "../shell/element.js";
import { cite } from "../shell/papers.js";
import { say } from "../shell/voices.js";
import { claimCard } from "./claims.js";
import { ROLE, TRUST, VERDICT, simulated } from "./words.js";

const FIRST = 30;

/** Mount the wall in an element: {store, data} as for every panel. */
export function mount(element, { store, data }) {
  const id = fresh("wl");
  const filters = { verdict: "", trust: "", paper: "", words: "", runs: false };
  const summary = h("p", { class: "wl-score" });
  const grid = h("ul", { class: "wl-grid" });
  const onward = h("p", { class: "wl-onward" });
  const told = h("p", { class: "wl-told", role: "status", "data-said": "wall" });
  const ledger = h("ul", { class: "wl-claims" });
  const controls = h("form", { class: "wl-filters", role: "search", onsubmit: (event) => event.preventDefault() });
  put(element, h("div", { class: "wl" }, h("h1", { tabindex: "-1" }, "What has been published, and what the model makes of it"), summary, controls, told, h("h2", { class: "unseen" }, "Findings"), grid, onward,
    h("section", { class: "wl-second", "aria-labelledby": `${id}-claims` }, h("h2", { id: `${id}-claims` }, "What people are told"), h("p", { class: "wl-lead" }, "Sentences from news, clinics and shops, weighed against the findings above and against trials in people. How certain each verdict is stands beside it."), ledger)));
  let tables = null;
  let shown = FIRST;
  let gone = false;
  const voice = () => store.get().view.voice;

  function field(label, name, options) {
    const select = h("select", { id: `${id}-${name}`, "data-control": `wall-${name}`, onchange: () => { filters[name] = select.value; shown = FIRST; list(); } }, options.map(([value, text]) => h("option", { value, selected: filters[name] === value }, text)));
    return h("div", { class: "wl-field" }, h("label", { for: `${id}-${name}` }, label), select);
  }

  function drawControls() {
    const papers = [...new Map(tables.findings.map((one) => [one.paper, tables.references[one.paper]?.short ?? one.paper])).entries()].sort((a, b) => a[1].localeCompare(b[1]));
    const search = h("input", { type: "search", id: `${id}-words`, "data-control": "wall-words", value: filters.words, oninput: () => { filters.words = search.value; shown = FIRST; list(); } });
    const runs = h("input", { type: "checkbox", id: `${id}-runs`, "data-control": "wall-runs", checked: filters.runs, onchange: () => { filters.runs = runs.checked; shown = FIRST; list(); } });
    put(controls,
      h("div", { class: "wl-field wl-search" }, h("label", { for: `${id}-words` }, "Search"), search),
      field("Does the model agree?", "verdict", [["", "all"], ...Object.keys(VERDICT).filter((key) => tables.findings.some((one) => one.verdict === key)).map((key) => [key, say(VERDICT[key], voice())])]),
      field("How it was read", "trust", [["", "all"], ...Object.keys(TRUST).map((key) => [key, say(TRUST[key], voice())])]),
      field("Paper", "paper", [["", "all"], ...papers]),
      h("div", { class: "wl-check" }, runs, h("label", { for: `${id}-runs` }, "Only what can be opened in the laboratory")));
  }

  function matches(one) {
    if (filters.verdict && one.verdict !== filters.verdict) return false;
    if (filters.trust && one.trust !== filters.trust) return false;
    if (filters.paper && one.paper !== filters.paper) return false;
    if (filters.runs && !one.scenario) return false;
    const text = `${one.id} ${one.title} ${one.published} ${one.outcome} ${one.species} ${tables.references[one.paper]?.text ?? one.paper}`.toLowerCase();
    return filters.words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
  }

  function list(focus = -1) {
    const found = tables.findings.filter(matches);
    const rest = found.length - shown;
    put(grid, found.slice(0, shown).map(card));
    put(told, found.length === 1 ? "One finding." : `${found.length} findings.`);
    put(onward, rest > 0 ? h("button", { type: "button", "data-control": "wall-more", onclick: () => { const from = shown; shown = found.length; list(from); } }, `Show ${rest} more`) : null);
    if (focus >= 0) grid.children[focus]?.querySelector("h3")?.focus();
  }

  function card(one) {
    const v = voice();
    return h("li", {}, h("article", { class: `wl-card wl-${one.verdict.replace(" ", "-")}`, "data-finding": one.id, "aria-labelledby": `${id}-${one.id}` },
      h("p", { class: "wl-top" }, h("span", { class: "wl-verdict" }, mark(one.verdict), say(VERDICT[one.verdict], v)), h("code", {}, one.id)),
      h("h3", { id: `${id}-${one.id}`, tabindex: "-1" }, one.title),
      h("dl", {}, h("dt", {}, "Paper"), h("dd", {}, one.published), one.simulated ? [h("dt", {}, "Model"), h("dd", {}, simulated(one, v))] : null),
      one.verdict === "fail" && one.reason ? h("p", { class: "wl-reason" }, h("strong", {}, "Why it fails. "), one.reason) : null,
      h("p", { class: "wl-tags" }, cite(tables.references, one.paper), h("span", { title: TRUST[one.trust].long }, say(TRUST[one.trust], v)), h("span", {}, one.species), one.role && say(ROLE[one.role], v) ? h("span", {}, say(ROLE[one.role], v)) : null),
      h("details", {}, h("summary", {}, "More"), h("ul", {},
        h("li", {}, `Read off: ${one.outcome}.`), one.why ? h("li", {}, `Rule: ${one.why}.`) : null, h("li", {}, `Read in: ${one.found}.`), one.via.length ? h("li", {}, "By way of ", cite(tables.references, one.via.join("; ")), ".") : null,
        one.bias ? h("li", {}, `What might mislead: ${one.bias}`) : null, one.assumptions.map((text) => h("li", {}, `Assumed: ${text}.`)), one.note ? h("li", {}, one.note) : null, one.claims.length ? h("li", {}, `Bears on ${one.claims.length > 1 ? "claims" : "claim"} ${one.claims.join(", ")}.`) : null)),
      one.scenario ? h("button", { type: "button", "data-open-finding": one.id, "aria-label": `Open in the laboratory: ${one.title}`, onclick: () => open(one) }, "Open in the laboratory")
        : h("p", { class: "wl-soft" }, `Can't be opened here: ${one.cannot}. Run it with `, h("code", {}, `reflexarc findings ${one.id}`), ".")));
  }

  function open(one) {
    const { stop, start } = { start: one.window[0], stop: one.window[1] };
    store.open(one.scenario, { tab: "laboratory", cursor: start === stop ? start : Math.min(1.5, stop), span: Math.max(6, Math.min(one.scenario.hours, stop * 1.5)) });
  }

  function score() {
    const scored = tables.findings.filter((one) => one.verdict === "pass" || one.verdict === "fail");
    const failed = scored.filter((one) => one.verdict === "fail");
    const blind = scored.filter((one) => one.role === "predicted");
    const rest = tables.findings.length - scored.length;
    put(summary, scored.length
      ? `The model agrees with ${scored.length - failed.length} of ${scored.length} published results; it disagrees with ${failed.length}, and says why it may. Of the ${blind.length} that it was not built with, it gets ${blind.filter((one) => one.verdict === "pass").length} right. ${rest} more are shown and not counted, because they were only remembered or never found.`
      : `${tables.findings.length} published results; they have not been run for this page.`);
  }

  function draw() {
    if (!tables) return;
    score();
    drawControls();
    list();
    put(ledger, tables.claims.map((claim) => claimCard(claim, { tables, voice: voice(), show: (finding) => {
      Object.assign(filters, { verdict: "", trust: "", paper: "", words: finding, runs: false });
      draw();
      grid.querySelector("h3")?.focus();
    } })));
  }

  Promise.all([data.load("findings"), data.load("references"), data.load("claims")]).then(([findings, references, claims]) => {
    if (gone) return;
    tables = { findings: needlesFirst(findings), references, claims };
    draw();
  }).catch((error) => put(told, h("span", { role: "alert" }, error.message)));

  const stop = store.subscribe(({ view }, { view: before }) => view.voice !== before.voice && draw());
  return {
    update: draw,
    destroy() {
      gone = true;
      stop();
      put(element);
    },
  };
}

function mark(verdict) {
  return h("span", { "aria-hidden": "true", class: "wl-mark" }, { pass: "✓ ", fail: "✕ ", unscored: "– ", "not run": "… " }[verdict]);
}

/** Findings in which something is stimulated come first, otherwise in the order of the files. */
function needlesFirst(findings) {
  const stimulated = (one) => Number(one.scenario?.stimulus?.current > 0 || one.control?.stimulus?.current > 0);
  return findings.map((one, i) => [one, i]).sort(([a, i], [b, j]) => stimulated(b) - stimulated(a) || i - j).map(([one]) => one);
}
