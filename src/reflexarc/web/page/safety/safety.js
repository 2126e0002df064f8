// What harm the chosen stimulus could do: its charge, the pain fibres, what happens to people, and who must not.

import { h, put } from "../shell/element.js";
import { cite } from "../shell/papers.js";
import { digits, duration, say } from "../shell/voices.js";
import { check } from "./charge.js";
import { BANDS, GRADES, GRADE_ORDER } from "./words.js";

const REST_MS = 150;

/** Mount the panel in an element: {store, engine, data} as for every panel. */
export function mount(element, { store, engine, data }) {
  const own = h("div", { class: "sf-own", "data-panel": "safety-stimulus" });
  const people = h("div", { class: "sf-people", "data-panel": "safety-people" });
  const rules = h("div", { class: "sf-rules", "data-panel": "safety-rules" });
  put(element, h("div", { class: "sf" }, own, people, rules));
  let tables = null;
  let reach = null;
  let asked = 0;
  let gone = false;
  const voice = () => store.get().view.voice;

  function drawOwn() {
    const { stimulus, anaesthesia } = store.get().scenario;
    if (!stimulus) {
      put(own, h("h3", {}, "This mouse"), h("p", {}, "No needle, no electrode: nothing to weigh."));
      return;
    }
    const { limits, caveats } = tables.safety;
    const depth = tables.sites?.find?.((site) => site.code === stimulus.site)?.depth_mm ?? null;
    const sum = check(stimulus, limits, Array.isArray(depth) ? depth.at(-1) : depth);
    put(own,
      h("h3", {}, "This mouse"),
      h("p", { class: `sf-band sf-${sum.band}`, "data-band": sum.band, role: "status" }, h("span", { "aria-hidden": "true" }, { none: "○", below: "●", near: "◆", above: "▲", unknown: "?" }[sum.band], " "), say(BANDS[sum.band], voice())),
      sum.k !== null ? scale(sum.k, limits) : null,
      h("dl", { class: "sf-sums" },
        row("Charge of a pulse", `${digits(sum.charge)} µC`, "data-charge", sum.charge),
        sum.area ? row("Bare metal", `${digits(100 * sum.area, 2)} mm² (${digits(limits.needle_mm)} mm thick, ${digits(sum.bare, 2)} mm bare: assumed)`) : null,
        sum.density ? row("Charge density", `${digits(sum.density)} µC/cm²`) : null,
        sum.k !== null ? row("Shannon’s k", digits(sum.k, 3), "data-k", sum.k) : null,
        row("On for", `${duration(stimulus.duration)}, ${digits(sum.pulses, 4)} pulses`)),
      h("p", {}, stimulus.mode === "nerve" ? "It needs surgery, whose risks are not counted here." : "The needle breaks the skin: bleeding and infection are possible.",
        sum.charge > 0 && stimulus.waveform !== "biphasic" ? ` Pulses of one direction leave charge behind, ${digits(sum.direct, 2)} µA on average, which dissolves metal unless the stimulator takes it back.` : ""),
      pain(stimulus, anaesthesia),
      h("details", { class: "sf-more" }, h("summary", {}, "What these numbers can’t say"), h("p", {}, caveats.charge), h("p", {}, caveats.pain), h("p", {}, cite(tables.references, limits.sources.join("; ")))));
  }

  function row(name, value, hook, raw) {
    return h("div", {}, h("dt", {}, name), h("dd", hook ? { [hook]: Number(raw.toPrecision(6)) } : {}, value));
  }

  function scale(k, limits) {
    const [low, high] = [-3, 3];
    const place = (value) => `${(100 * (Math.max(low, Math.min(high, value)) - low)) / (high - low)}%`;
    const mark = h("span", { class: "sf-mark" });
    const bar = h("div", { class: "sf-scale", role: "img", "aria-label": `Shannon’s k ${digits(k, 2)}; caution from ${limits.near_k}, damage seen from ${limits.damage_k}` }, h("span", { class: "sf-zone-near" }), h("span", { class: "sf-zone-damage" }), mark);
    bar.style.setProperty("--near", place(limits.near_k));
    bar.style.setProperty("--damage", place(limits.damage_k));
    mark.style.setProperty("--k", place(k));
    return [bar, h("p", { class: "sf-ends", "aria-hidden": "true" }, h("span", {}, "gentle"), h("span", {}, "damage seen"))];
  }

  function pain(stimulus, anaesthesia) {
    const share = shareOf(reach);
    const asleep = anaesthesia && anaesthesia.isoflurane > 0;
    return h("p", {}, share === null ? "How many pain fibres it reaches isn’t known here. " : share < 0.005 ? "It reaches hardly any of the pain fibres near the metal. " : `It reaches about ${Math.round(100 * share)} of 100 pain fibres near the metal, where it reaches most. `,
      stimulus.current > 0 ? (asleep ? "The mouse is asleep, which hides pain and says nothing of what an awake one would feel." : "The mouse is awake: what hurts can be felt. The model counts how paws and tail answer to pressure and heat, not what the needle itself feels like.") : "");
  }

  function drawPeople() {
    const { effects, out_of: outOf } = tables.safety;
    const heads = effects.filter((one) => one.headline);
    const rest = effects.filter((one) => !one.headline);
    put(people, h("h3", {}, "People who had needles"),
      h("p", {}, "All above is mouse. What follows was counted in people who had acupuncture, mostly without current. Neither tells about the other."),
      h("ul", { class: "sf-effects" }, heads.map((one) => h("li", { "data-effect": one.id }, h("p", { class: "sf-count" }, h("strong", {}, count(one.headline.rate, outOf)), ` of ${grouped(outOf)} ${one.headline.per}`), h("p", { class: "sf-what" }, one.name), strip(one.headline.rate, outOf, one.name),
        h("p", { class: "sf-soft" }, voice() === "lay" ? null : `${one.headline.exact}. `, cite(tables.references, one.headline.source))))),
      rest.length ? h("details", { class: "sf-more" }, h("summary", {}, `${rest.length} harms whose rate nobody knows`), h("ul", {}, rest.map((one) => h("li", {}, h("strong", {}, one.name), `: ${one.lay} `, cite(tables.references, one.sources.slice(0, 3).join("; ")))))) : null);
  }

  function strip(rate, outOf, name) {
    const bar = h("div", { class: "sf-strip", role: "img", "aria-label": `${name}: ${count(rate, outOf)} of ${outOf}` }, h("span"));
    bar.style.setProperty("--share", `${Math.min(100, (100 * rate) / outOf)}%`);
    return bar;
  }

  function drawRules() {
    const electric = store.get().scenario.stimulus?.mode !== "nerve";
    const modality = electric ? "electroacupuncture" : "needling";
    const topics = tables.safety.rules.map(({ topic, rules: all }) => {
      const mine = all.filter((rule) => rule.modality === modality);
      const strictest = GRADE_ORDER.find((grade) => mine.some((rule) => rule.grade === grade));
      return { topic, mine, strictest, urgent: mine.some((rule) => rule.urgent) };
    }).filter(({ mine }) => mine.length);
    put(rules, h("h3", {}, "Who must not, and who must ask first"),
      h("p", {}, "For needles with current, in people. No list replaces a physician."),
      GRADE_ORDER.map((grade) => {
        const here = topics.filter((one) => one.strictest === grade);
        return here.length ? h("section", { class: `sf-grade sf-${grade}` }, h("h4", {}, GRADES[grade][0].toUpperCase() + GRADES[grade].slice(1)), h("ul", {}, here.map(({ topic, mine }) => h("li", { "data-topic": topic }, h("details", {}, h("summary", {}, topic), mine.map((rule) => h("p", {}, rule.says, " ", h("span", { class: "sf-soft" }, `${GRADES[rule.grade]}; ${rule.basis}. `, rule.sources.length ? cite(tables.references, rule.sources.join("; ")) : null))))))) ) : null;
      }));
  }

  function draw() {
    if (!tables) return;
    const open = new Set([...element.querySelectorAll("details[open]")].map((one) => one.querySelector("summary").textContent));
    drawOwn();
    drawPeople();
    drawRules();
    for (const one of element.querySelectorAll("details")) if (open.has(one.querySelector("summary").textContent)) one.open = true;
  }

  /** Ask after a rest, so that the curves come first while somebody moves a control. */
  async function ask() {
    asked += 1;
    const mine = asked;
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    if (mine !== asked || gone) return;
    const { stimulus, lesions } = store.get().scenario;
    try {
      const found = stimulus && stimulus.current > 0 ? await engine.recruit(stimulus, lesions) : null;
      if (mine !== asked || gone) return;
      reach = found;
    } catch {
      reach = null;
    }
    if (mine === asked && tables && !gone) drawOwn();
  }

  Promise.all([data.load("safety"), data.load("references"), data.load("sites").catch(() => [])]).then(([safety, references, sites]) => {
    if (gone) return;
    tables = { safety, references, sites };
    draw();
    ask();
  }).catch((error) => put(own, h("p", { role: "alert" }, error.message)));

  const stop = store.subscribe((state, before) => {
    if (!tables) return;
    if (state.view.voice !== before.view.voice) draw();
    if (state.scenario !== before.scenario) {
      drawOwn();
      if (state.scenario.stimulus?.mode !== before.scenario.stimulus?.mode) drawRules();
      ask();
    }
  });
  return {
    update: draw,
    destroy() {
      gone = true;
      stop();
      put(element);
    },
  };
}

/** Return the largest share of C or A-delta fibres that fire in a tissue in which they end; null if nothing is known. */
function shareOf(recruited) {
  const shares = (recruited?.reach ?? []).filter(({ fibres, grade }) => ["C", "AD"].includes(fibres) && grade > 0).map(({ fraction }) => fraction.central);
  return shares.length ? Math.max(...shares) : null;
}

function count(rate, outOf) {
  if (rate >= 1) return grouped(Math.round(rate));
  return rate > 0 ? "fewer than 1" : `0`;
}

function grouped(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}
