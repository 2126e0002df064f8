// The body to point at: outline, sites, search, and what lies under the needle.

import { fresh, h, put } from "../shell/element.js";
import { digits, say } from "../shell/voices.js";
import { cite } from "../shell/papers.js";
import { FIBRES, REGIONS } from "../words/fibres.js";
import { makeFigure } from "./figure.js";
import { factsOf, sourcesOf } from "./facts.js";
import { drawLayers, tableOfLayers } from "./layers.js";

const AFTER_CURVE_MS = 70;

/** Put the body into an element. */
export async function mount(element, { store, engine, data }) {
  const [places, references, { lesions }] = await Promise.all([data.load("sites"), data.load("references").catch(() => ({})), data.load("vocabulary")]);
  const nerves = new Set(lesions.filter(({ kind }) => kind === "peripheral nerve").map(({ name }) => name));
  const cutIn = (scenario) => scenario.lesions.filter((name) => nerves.has(name.replace(/^(left|right) /, "")));
  const known = new Map(places.map((site) => [site.code, site]));
  const figure = makeFigure({ onpick: pick });
  const listId = fresh("sites");
  const search = h("input", { type: "search", id: fresh("search"), "data-control": "search", autocomplete: "off", placeholder: "ST36, Zusanli, knee …", "aria-controls": listId, oninput: () => drawList() });
  const found = h("p", { class: "quiet", role: "status" });
  const list = h("ul", { class: "site-list", id: listId, "aria-label": "Sites" });
  const switcher = h("div", { class: "segments", role: "group", "aria-label": "Body" });
  const zoom = h("div", { class: "segments small", role: "group", "aria-label": "Close-up" });
  const detail = h("div", { id: "layers", class: "under" });
  put(element,
    h("div", { class: "body-grid" },
      h("div", { class: "body-stage" }, h("div", { class: "row spread" }, switcher, zoom), figure.node,
        h("p", { class: "quiet legend" }, h("span", { class: "dot", "aria-hidden": "true" }), " a site  ", h("span", { class: "dot inner", "aria-hidden": "true" }), " on the inner side  ", h("span", { class: "dot refused", "aria-hidden": "true" }), " known, not in the model. Drawings and places are ours, not to scale.")),
      h("div", { class: "body-search" }, h("label", { for: search.id }, "Find a site"), search, found, list)),
    detail);

  function pick(code) {
    const site = known.get(code);
    if (!site) return;
    const { scenario, view } = store.get();
    const close = view.close !== "whole" && view.close !== site.region ? site.region : view.close;
    if (site.refused) store.set({ view: { look: code, close } });
    else store.set({ scenario: { stimulus: withSite(scenario.stimulus, code) }, view: { look: null, close } });
  }

  function drawList() {
    const words = search.value.toLowerCase().replace(/[\s-]/g, "");
    const { scenario, view } = store.get();
    const hits = places.filter((site) => matches(site, words));
    const chosen = view.look ?? siteOf(scenario);
    put(found, words ? `${hits.length} of ${places.length} sites` : `${places.length} sites`);
    put(list, hits.map((site) => h("li", null,
      h("button", { type: "button", "data-site": site.code, class: site.refused ? "site refused" : "site", "aria-pressed": String(site.code === chosen), onclick: () => pick(site.code) },
        h("b", null, site.code), " ", h("span", null, site.name === site.code ? "" : site.name),
        site.refused && h("span", { class: "quiet" }, " not in the model")))));
    rove();
  }

  /** One stop for Tab; arrow keys go from site to site. */
  function rove(to = null) {
    const buttons = [...list.querySelectorAll("[data-site]")];
    const stop = to ?? buttons.find((button) => button.getAttribute("aria-pressed") === "true") ?? buttons[0];
    for (const button of buttons) button.tabIndex = button === stop ? 0 : -1;
  }

  list.addEventListener("keydown", (event) => {
    const buttons = [...list.querySelectorAll("[data-site]")];
    const here = buttons.indexOf(document.activeElement);
    const next = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (here < 0 || next === undefined || !buttons[next]) return;
    event.preventDefault();
    rove(buttons[next]);
    buttons[next].focus();
  });

  let turn = 0;
  let later = null;
  async function drawDetail() {
    const { scenario, view } = store.get();
    const site = known.get(view.look ?? siteOf(scenario));
    if (!site) {
      put(detail, h("p", { class: "quiet" }, scenario.stimulus ? "The electrode sits on a nerve, so no tissue lies between." : "There is no needle. Choose a site to put one in."));
      return;
    }
    turn += 1;
    const mine = turn;
    const stimulus = scenario.stimulus?.mode === "electroacupuncture" ? { ...scenario.stimulus, site: site.code } : null;
    let recruited = null;
    if (stimulus && !site.refused) recruited = await engine.recruit(stimulus, cutIn(scenario)).catch((error) => ({ error: error.message }));
    if (mine !== turn) return;
    const focused = detail.contains(document.activeElement);
    if (!focused) put(detail, drawSite(site, stimulus, recruited, view.voice));
  }

  function drawSite(site, stimulus, recruited, voice) {
    const classes = [...new Set((site.tissues ?? []).flatMap((tissue) => Object.keys(tissue.innervation ?? {})))];
    const { known: facts, unknown } = factsOf(site, voice);
    const on = stimulus && stimulus.current > 0;
    const layered = !site.refused && site.tissues?.length > 0;
    return [
      h("h3", null, site.code, h("span", { class: "soft" }, ` ${site.name === site.code ? "" : site.name}`),
        site.refused && h("span", { class: "tag" }, "not in the model")),
      h("div", { class: "under-grid" },
        layered ? drawLayers({ site, depth: stimulus?.depth ?? site.depth_mm, on }) : h("ol", { class: "layer-names" }, (site.layers ?? []).map((name) => h("li", null, name))),
        h("div", null, layered && tableOfLayers({ site, voice, classes, fired: firedIn(recruited) }), layered && on && drawFired(recruited, classes, voice)),
        h("div", { class: "facts" },
          h("div", null, h("h4", null, "Known"), h("ul", null, facts.map(({ text, source }) => h("li", null, text, source && [" ", cite(references, source)])))),
          unknown.length > 0 && h("div", null, h("h4", null, "Not known, or assumed"), h("ul", { class: "unknown" }, unknown.map(({ text, source }) => h("li", null, text, source && source !== "assumed" && [" ", cite(references, source)])))),
          h("details", null, h("summary", null, "Sources"), h("ul", { class: "sources" }, sourcesOf(site).map((key) => h("li", null, cite(references, key, { whole: true }))))))),
    ];
  }

  function update() {
    const { scenario, view } = store.get();
    const held = document.activeElement;
    const mark = switcher.contains(held) ? ["body", held.dataset.body] : zoom.contains(held) ? ["close", held.dataset.close] : null;
    put(switcher, ["mouse", "human"].map((name) => choice(name === "mouse" ? "Mouse" : "Person", view.body === name, () => store.set({ view: { body: name } }), { "data-body": name })));
    const regions = ["whole", ...new Set(places.map((site) => site.region))];
    put(zoom, regions.map((name) => choice(say(REGIONS[name] ?? name, view.voice), view.close === name, () => store.set({ view: { close: name } }), { "data-close": name })));
    if (mark) element.querySelector(`[data-${mark[0]}="${mark[1]}"]`)?.focus();
    const chosen = siteOf(scenario);
    figure.update({ body: view.body, close: view.close, sites: places, chosen: chosen ?? null, looked: view.look, side: scenario.stimulus?.side, live: scenario.stimulus?.current > 0 });
    for (const button of list.querySelectorAll("[data-site]")) {
      const on = button.dataset.site === (view.look ?? chosen);
      button.setAttribute("aria-pressed", String(on));
      if (on && !list.contains(document.activeElement)) list.scrollTop = Math.max(0, button.offsetTop - list.offsetTop - list.clientHeight / 2);
    }
    if (!list.contains(document.activeElement)) rove();
    clearTimeout(later);
    later = setTimeout(drawDetail, AFTER_CURVE_MS);
  }

  drawList();
  update();
  const stop = store.subscribe((state, before) => {
    if (state.scenario.stimulus !== before.scenario.stimulus || state.scenario.lesions !== before.scenario.lesions || ["body", "close", "look", "voice"].some((key) => state.view[key] !== before.view[key])) update();
  });
  return { update, destroy: stop };
}

/** Return the stimulus at another site; a needle takes the place of an electrode or of nothing. */
export function withSite(stimulus, code) {
  const base = stimulus?.mode === "electroacupuncture" ? stimulus : { mode: "electroacupuncture" };
  return { ...base, site: code, depth: null };
}

function siteOf(scenario) {
  return scenario.stimulus?.mode === "electroacupuncture" ? scenario.stimulus.site : null;
}

function matches(site, words) {
  return [site.code, site.name, site.note, site.nerve, site.region].some((text) => (text ?? "").toLowerCase().replace(/[\s-]/g, "").includes(words));
}

function choice(words, on, onclick, hooks) {
  return h("button", { type: "button", "aria-pressed": String(on), onclick, ...hooks }, words);
}

function firedIn(recruited) {
  return (tissue, name) => recruited?.reach?.find((row) => row.tissue === tissue.kind && row.fibres === name && Math.abs(row.from - tissue.from_mm) < 1e-9)?.fraction.central;
}

function drawFired(recruited, classes, voice) {
  if (!recruited) return null;
  if (recruited.error) return h("p", { class: "problem" }, `${recruited.error}.`.replace(/\.\.$/, "."));
  const rows = classes.filter((name) => recruited.classes?.[name]);
  const most = Math.max(1e-9, ...rows.map((name) => recruited.classes[name].high));
  return h("div", { class: "fired" }, h("h4", null, "Which fibres this current wakes"),
    h("ul", null, rows.map((name) => {
      const { low, central, high } = recruited.classes[name];
      return h("li", null, h("span", { class: "name" }, say(FIBRES[name] ?? name, voice)),
        h("span", { class: "gauge", "aria-hidden": "true", style: { "--low": String(low / most), "--mid": String(central / most), "--high": String(high / most) } }, h("i", { class: "range" }), h("i", { class: "middle" })),
        h("span", { class: "number" }, voice === "lay" ? amount(central) : `${digits(central, 2)} (${digits(low, 2)}–${digits(high, 2)})`));
    })),
    voice !== "lay" && h("p", { class: "quiet" }, "Share that fires × density of endings, summed over the tissues; in brackets the range that unknown endings and thresholds allow."),
    (recruited.warnings ?? []).map((text) => h("p", { class: "quiet" }, text)));
}

function amount(value) {
  if (value < 0.01) return "none";
  if (value < 0.15) return "a few";
  if (value < 0.6) return "some";
  return "many";
}
