// The scenario as a link or as YAML, and an experiment that somebody opens, drops or pastes.

import { h, put } from "./element.js";
import { inOrder } from "./measured.js";

const MEASURED = 5;

/** Wire the buttons of the share box, the file box, and dropping and pasting anywhere. */
export function makeSharing({ store, data }) {
  const told = document.querySelector("#shared");
  const open = document.querySelector("#open-yaml");
  const box = document.querySelector("#drop-yaml");
  const tell = (...words) => put(told, words);

  async function yaml() {
    const [{ toYaml }, observables] = await Promise.all([import("./yaml.js"), data.load("observables").then(inOrder)]);
    return toYaml(store.get().scenario, { observables: observables.slice(0, MEASURED) });
  }

  async function copy(text, done) {
    try {
      await navigator.clipboard.writeText(text);
      tell(done);
    } catch {
      const area = h("textarea", { rows: 8, readonly: true, "aria-label": "Text to copy" });
      area.value = text;
      tell("This browser doesn't let the page copy; the text is here: ", area);
      area.select();
    }
  }

  document.querySelector("#copy-link").addEventListener("click", () => copy(`${location.href.split("#")[0]}${store.link()}`, "The link is copied; it holds all that is set."));
  document.querySelector("#copy-yaml").addEventListener("click", async () => copy(await yaml(), "The experiment is copied; run it with 'reflexarc run'."));
  document.querySelector("#save-yaml").addEventListener("click", async () => {
    const { saveText } = await import("./downloads.js");
    saveText("experiment.yaml", await yaml(), "application/yaml");
  });

  async function take(text, name) {
    try {
      const [{ fromYaml }, { agents }] = await Promise.all([import("./yaml.js"), data.load("vocabulary")]);
      const experiment = await fromYaml(text, agents);
      show(experiment, experiment.first, name);
    } catch (error) {
      complain(name, error);
    }
  }

  function complain(name, error) {
    store.set({ view: { tab: "laboratory" } });
    tell(h("span", { class: "problem" }, `${name} can't be shown: ${error.message}.`));
  }

  function show(experiment, arm, name) {
    try {
      store.open(experiment.scenario(arm), { tab: "laboratory", look: null });
    } catch (error) {
      complain(name, error);
      return;
    }
    const choose = h("select", { "aria-label": "Arm of the experiment", "data-control": "arm", onchange: () => show(experiment, choose.value, name) }, experiment.names.map((own) => h("option", { value: own, selected: own === arm }, own)));
    tell(`${name} is open. `, experiment.names.length > 1 ? ["Arm: ", choose] : "");
  }

  open.addEventListener("change", async () => {
    const [file] = open.files;
    if (file) await take(await file.text(), file.name);
    open.value = "";
  });
  addEventListener("dragover", (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    box.classList.add("ready");
  });
  addEventListener("dragleave", () => box.classList.remove("ready"));
  addEventListener("drop", async (event) => {
    box.classList.remove("ready");
    const [file] = event.dataTransfer.files;
    if (!file) return;
    event.preventDefault();
    await take(await file.text(), file.name);
  });
  addEventListener("paste", async (event) => {
    if (/INPUT|TEXTAREA|SELECT/.test(event.target.tagName)) return;
    const text = event.clipboardData.getData("text/plain");
    if (!/^\s*(#.*\n|\s)*\w[\w ]*:/.test(text)) return;
    event.preventDefault();
    await take(text, "What you pasted");
  });
}
