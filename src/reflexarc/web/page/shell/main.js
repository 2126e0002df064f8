// The page's entry: the store, the engine, and each panel when somebody first looks at it.

import { addressBar, makeStore } from "./store.js";
import { fromHash } from "./address.js";
import { data } from "./data.js";
import { h, put } from "./element.js";
import { VOICES } from "./voices.js";
import { makeRuns } from "./runs.js";
import { makeTheme } from "./theme.js";
import { makeSharing } from "./sharing.js";
import { sentences, spark } from "./result.js";
import { inOrder } from "./measured.js";
import { openEngine } from "../engine/client.js";

const TABS = {
  story: [["[data-panel=story]", () => import("../story/story.js")]],
  laboratory: [
    ["[data-mount=controls]", () => import("./controls.js")],
    ["[data-mount=curves]", () => import("../curves/curves.js")],
    ["[data-mount=body]", () => import("../body/body.js")],
    ["[data-mount=pathway]", () => import("../pathway/pathway.js")],
    ["[data-mount=safety]", () => import("../safety/safety.js")],
  ],
  findings: [["[data-panel=findings]", () => import("../wall/wall.js")]],
  about: [["[data-panel=about]", () => import("./about.js")]],
};
const REDRAWN = ["voice", "span"];

start();

async function start() {
  const trouble = document.querySelector("#trouble");
  const complain = (message) => {
    put(trouble, message ?? "");
    trouble.hidden = !message;
  };
  let first = {};
  try {
    first = fromHash(location.hash);
  } catch (error) {
    complain(`This address can't be opened: ${error.message}. The page starts afresh.`);
  }
  const store = makeStore({ ...first, place: addressBar() });
  addEventListener("hashchange", () => complain(store.follow()));
  makeTheme({ store, button: document.querySelector("[data-theme-switch]") });
  drawVoices(store);
  const show = makeTabs(store);
  try {
    const [engine, observables] = await Promise.all([openEngine(), data.load("observables").then(inOrder)]);
    const runs = makeRuns({ store, engine, ids: [...new Set([...observables.map(({ id }) => id), "hazard"])] });
    const context = { store, engine, data, runs };
    drawResult(context, observables);
    makeSharing({ ...context, complain });
    show(context, complain);
  } catch (error) {
    complain(`The model can't be loaded: ${error.message}`);
  }
}

function drawVoices(store) {
  const node = document.querySelector("#voices");
  const draw = () => put(node, Object.entries(VOICES).map(([voice, words]) => h("button", { type: "button", "data-voice": voice, "aria-pressed": String(store.get().view.voice === voice), onclick: () => store.set({ view: { voice } }) }, words)));
  draw();
  store.subscribe((state, before) => {
    if (state.view.voice === before.view.voice) return;
    const focused = node.contains(document.activeElement);
    draw();
    if (focused) node.querySelector(`[data-voice=${state.view.voice}]`).focus();
  });
}

/** Show the tab of the view; the returned function gives the panels what they need. */
function makeTabs(store) {
  const mounted = new Set();
  let context = null;
  let complain = () => {};

  async function mountAll(tab) {
    if (!context || mounted.has(tab)) return;
    mounted.add(tab);
    if (tab === "laboratory") context.runs.run();
    await Promise.all(TABS[tab].map(([selector, load]) => place(selector, async () => (await load()).mount)));
  }

  async function place(selector, load) {
    const element = document.querySelector(selector);
    try {
      const mount = await load();
      await mount(element, context);
    } catch (error) {
      console.warn(error);
      complain(`A part of this page can't be shown: ${error.message}`);
    }
  }

  function draw(state, before) {
    const { tab } = store.get().view;
    for (const button of document.querySelectorAll("[data-tab]")) button.setAttribute("aria-current", button.dataset.tab === tab ? "page" : "false");
    for (const panel of document.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== tab;
    document.documentElement.dataset.tab = tab;
    if (before && before.view.tab !== tab) scrollTo({ top: 0 });
    mountAll(tab);
  }
  for (const button of document.querySelectorAll("nav [data-tab]")) button.addEventListener("click", () => store.set({ view: { tab: button.dataset.tab } }));
  store.subscribe((state, before) => state.view.tab !== before.view.tab && draw(state, before));
  draw();
  return (given, say) => {
    context = given;
    complain = say;
    mountAll(store.get().view.tab);
  };
}

function drawResult({ store, runs }, observables) {
  const line = document.querySelector("#result");
  const picture = document.querySelector("#spark");
  const undo = document.querySelector("#undo");
  const redo = document.querySelector("#redo");
  const chosen = () => observables.find(({ id }) => id === store.get().view.chart) ?? observables[0];
  let said = "";
  let timer = null;
  const draw = () => {
    const { scenario, view } = store.get();
    const found = sentences({ scenario, runs: runs.get(), observable: chosen(), voice: view.voice });
    const text = found.join(" ");
    spark(picture, { runs: runs.get(), observable: chosen(), span: [-0.5, view.span] });
    undo.disabled = !store.canUndo();
    redo.disabled = !store.canRedo();
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (text === said || runs.get().busy) return;
      said = text;
      put(line, text);
    }, said === "" ? 0 : 60);
  };
  undo.addEventListener("click", () => store.undo());
  redo.addEventListener("click", () => store.redo());
  document.querySelector("#reset").addEventListener("click", () => store.open({}, { look: null, select: null }));
  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || /INPUT|TEXTAREA/.test(event.target.tagName) && event.target.type !== "range") return;
    event.preventDefault();
    if (event.shiftKey) store.redo();
    else store.undo();
  });
  runs.subscribe(draw);
  store.subscribe((state, before) => {
    if (state.scenario !== before.scenario || state.view.chart !== before.view.chart || REDRAWN.some((key) => state.view[key] !== before.view[key])) draw();
  });
  draw();
}
