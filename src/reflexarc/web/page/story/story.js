// The guided story: a question, a guess, the model's answer beside the published one, then the next.

import { fresh, h, put } from "../shell/element.js";
import { cite } from "../shell/papers.js";
import { say } from "../shell/voices.js";
import { CHAPTERS } from "./chapters.js";
import { run } from "./measures.js";
import { bars, curves, mice } from "./pictures.js";
import { IDEAS } from "./sandbox.js";
import { TRUST, VERDICT, simulated } from "../wall/words.js";

const SANDBOX = CHAPTERS.length;

/** Mount the story in an element: {store, engine, data} as for every panel. */
export function mount(element, { store, engine, data }) {
  const list = h("ol", { class: "st-chapters" });
  const body = h("article", { class: "st-body" });
  put(element, h("div", { class: "st" }, h("nav", { "aria-label": "Chapters" }, list), body));
  const guesses = new Map();
  const runs = new Map();
  let leave = new AbortController();
  let gone = false;

  const place = () => Math.max(0, Math.min(SANDBOX, Math.round(store.get().view.chapter ?? 0)));
  const words = (text) => say(text, store.get().view.voice);

  function go(chapter, focus = true) {
    store.set({ view: { chapter } });
    if (focus) {
      body.querySelector("h1")?.focus();
      body.scrollIntoView?.({ block: "start" });
    }
  }

  function draw() {
    leave.abort();
    leave = new AbortController();
    const now = place();
    put(list, [...CHAPTERS, { title: "Now you" }].map(({ title }, i) => h("li", {}, h("button", {
      type: "button", "data-chapter": i, "aria-current": i === now ? "step" : undefined, class: guesses.has(i) ? "st-seen" : undefined, onclick: () => go(i),
    }, h("span", { class: "st-number", "aria-hidden": "true" }, i < SANDBOX ? String(i + 1) : "→"), title))));
    if (now === SANDBOX) sandbox();
    else chapter(CHAPTERS[now], now);
  }

  function chapter(one, index) {
    const answer = h("div", { class: "st-answer" });
    const group = fresh("st-guess");
    const button = h("button", { type: "submit", class: "primary st-show", "data-control": "story-show", disabled: !guesses.has(index) }, "Run the model");
    const form = h("form", { class: "st-form", onsubmit: (event) => {
      event.preventDefault();
      show(one, index, answer, true);
    } },
    h("fieldset", {}, h("legend", {}, words(one.question)),
      one.choices.map(({ id, words: text }) => h("label", { class: "st-choice" }, h("input", { type: "radio", name: group, value: id, "data-guess": id, checked: guesses.get(index) === id, onchange: () => {
        guesses.set(index, id);
        button.disabled = false;
        button.removeAttribute("disabled");
        if (answer.childElementCount) show(one, index, answer, false);
      } }), h("span", {}, words(text))))),
    button);
    put(body, h("p", { class: "st-step" }, `Chapter ${index + 1} of ${SANDBOX}`), h("h1", { tabindex: "-1" }, one.title), h("p", { class: "st-told" }, words(one.told)), form, answer);
    if (guesses.has(index) && runs.get(one.key)?.done) show(one, index, answer, false);
  }

  function results(one, onStep) {
    const held = runs.get(one.key);
    if (held) return held.coming;
    const signal = leave.signal;
    const entry = { done: false };
    entry.coming = Promise.all([
      run(engine, one, { signal, onStep }),
      Promise.all([...new Set(["findings", "references", ...(one.tables ?? [])])].map(async (name) => [name, await data.load(name)])).then(Object.fromEntries),
    ]).then((both) => {
      entry.done = true;
      return both;
    });
    entry.coming.catch(() => runs.delete(one.key));
    runs.set(one.key, entry);
    return entry.coming;
  }

  async function show(one, index, answer, focus) {
    const meter = h("progress", { max: 1, value: 0, "aria-label": "The model runs" });
    if (!runs.get(one.key)?.done) put(answer, h("p", { class: "st-wait", role: "status" }, "The model runs ", meter));
    const signal = leave.signal;
    try {
      const [readings, tables] = await results(one, (done, all) => meter.setAttribute("value", String(done / all)));
      if (gone || signal.aborted) return;
      reveal(one, index, answer, readings, tables);
      if (focus) answer.querySelector("h2")?.focus();
    } catch (error) {
      if (error.name !== "AbortError" && !gone) put(answer, h("p", { role: "alert" }, error.message));
    }
  }

  function reveal(one, index, answer, readings, tables) {
    const right = one.answer(readings);
    const guess = guesses.get(index);
    const text = (id) => words(one.choices.find((choice) => choice.id === id)?.words ?? id);
    const name = (arm) => words(one.arms[arm].words);
    const next = index + 1 < SANDBOX ? CHAPTERS[index + 1].title : "Now you";
    const found = one.findings.map((id) => tables.findings.find((finding) => finding.id === id)).filter(Boolean);
    put(answer,
      h("section", { class: "st-reveal", "data-reveal": one.key, "data-answer": right },
        h("h2", { tabindex: "-1" }, index === SANDBOX - 1 ? "" : "In the model: ", text(right)),
        h("p", { class: "st-guessed" }, guess === right ? "That was your guess." : `You guessed: ${lower(text(guess))}.`),
        one.reveal(readings, tables).map((part) => h("p", {}, words(part))),
        one.pictures(readings, name).map((picture) => drawn(picture, readings, name))),
      h("section", { class: "st-published" }, h("h2", {}, "What was published"),
        h("ul", {}, found.map((finding) => h("li", { class: `st-finding st-${finding.verdict.replace(" ", "-")}`, "data-finding": finding.id },
          h("p", { class: "st-title" }, finding.title),
          h("p", {}, h("span", { class: "st-soft" }, "Paper: "), finding.published, finding.simulated ? [h("br"), h("span", { class: "st-soft" }, "Model: "), simulated(finding, store.get().view.voice)] : null),
          h("p", { class: "st-tags" }, h("span", { class: "st-verdict" }, words(VERDICT[finding.verdict])), " ", h("span", { title: words(TRUST[finding.trust].long) }, words(TRUST[finding.trust])), " ", cite(tables.references, finding.paper)),
          finding.verdict === "fail" && finding.reason ? h("p", { class: "st-soft" }, "Why it fails: ", finding.reason) : null)))),
      h("section", { class: "st-honest" }, h("h2", {}, "To be fair"), h("p", {}, one.caveat), one.hard ? h("p", {}, h("strong", {}, "Hard to believe: "), one.hard) : null),
      h("p", { class: "st-onward" },
        h("button", { type: "button", class: "primary st-next", "data-control": "story-next", onclick: () => go(index + 1) }, `Next: ${next}`),
        h("button", { type: "button", class: "st-open", "data-control": "story-open", onclick: () => store.open(one.arms[one.open].scenario, { tab: "laboratory", cursor: 1.5 }) }, "Open this mouse in the laboratory")));
  }

  function drawn(picture, readings, name) {
    if (picture.kind === "mice") return mice(picture.rows, picture.words);
    if (picture.kind === "bars") return bars(picture.rows, picture);
    return curves(picture.arms.map((arm) => ({ name: name(arm), times: readings.courses[arm].times, values: readings.courses[arm].series[picture.id] })), picture);
  }

  function sandbox() {
    put(body, h("p", { class: "st-step" }, "The sandbox"), h("h1", { tabindex: "-1" }, "Now you"),
      h("p", { class: "st-told" }, "You have seen what the model says and where it fails. Change anything: the place, the current, the time, what is cut, what is given. Here is where one might begin."),
      h("ul", { class: "st-ideas" }, IDEAS.map(({ key, title, words: text, scenario, view }) => h("li", {}, h("button", { type: "button", "data-idea": key, onclick: () => store.open(scenario, { tab: "laboratory", ...view }) }, h("strong", {}, title), h("span", {}, words(text)))))),
      h("p", { class: "st-onward" }, h("button", { type: "button", class: "primary st-next", "data-control": "story-laboratory", onclick: () => store.set({ view: { tab: "laboratory" } }) }, "Go to the laboratory"),
        h("button", { type: "button", class: "st-open", "data-control": "story-findings", onclick: () => store.set({ view: { tab: "findings" } }) }, "See every published finding")));
  }

  const stop = store.subscribe(({ view }, { view: before }) => {
    if (view.chapter !== before.chapter || view.voice !== before.voice) draw();
  });
  draw();

  return {
    update: draw,
    destroy() {
      gone = true;
      leave.abort();
      stop();
      put(element);
    },
  };
}

function lower(text) {
  return text ? text[0].toLowerCase() + text.slice(1) : "nothing";
}
