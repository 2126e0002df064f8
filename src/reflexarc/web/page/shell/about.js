// What this page is, what it isn't, and where everything comes from.

import { h, put } from "./element.js";

/** Put the page about the page into an element. */
export async function mount(element, { data }) {
  const count = async (name) => data.load(name).then((table) => (Array.isArray(table) ? table.length : Object.keys(table).length)).catch(() => null);
  const [sites, parameters] = await Promise.all(["sites", "parameters"].map(count));
  const findings = await data.load("findings").catch(() => []);
  const scored = findings.filter(({ verdict }) => verdict === "pass" || verdict === "fail").length;
  const some = (number, words) => (number ? `${number} ${words}` : words);
  put(element, h("article", { class: "prose" },
    h("h1", null, "About this page"),
    h("p", { class: "lead" }, "A needle in the leg of a mouse can quieten inflammation in its whole body, by way of nerves, brain, adrenal gland and spleen. This page runs a model of that reflex, in your browser."),
    h("h2", null, "What is computed"),
    h("p", null, `A current at a site reaches tissues as far as physics lets it; fibres that end there fire; the model's equations follow the signal through nerves and glands to the cells that make cytokines. Nothing says in advance that one site works and another doesn't. The atlas has ${some(sites, "sites")}, the model ${some(parameters, "numbers")}, each with its source or marked as assumed.`),
    h("h2", null, "How far to trust it"),
    h("p", null, `${some(findings.length, "published findings")} are run by the model and shown beside what it says, ${some(scored, "of them")} scored; the rest could not be read well enough to count. Failures are shown as failures. Read them under Findings. What nobody has measured is assumed, and says so.`),
    h("h2", null, "What it is not"),
    h("ul", null,
      h("li", null, "Not a model of people. This page runs a mouse. Where mice were not measured its numbers come from rats, other animals or people, and say so; what makes a mouse ill here is not sepsis in a person."),
      h("li", null, "Not medical advice. It can't tell whether acupuncture helps you."),
      h("li", null, "Not a replacement for an experiment: it says what follows from what is known, and where that is thin.")),
    h("h2", null, "Privacy"),
    h("p", null, "The page asks nothing of other sites, sets no cookies, and sends nothing anywhere. The address holds all that you have set."),
    h("h2", null, "Keyboard"),
    h("p", null, "Every control is reached by Tab. In the list of sites, arrow keys go from one to the next. Blocks under the curve move by the arrow keys, with Shift in larger steps. Ctrl Z undoes.")));
}
