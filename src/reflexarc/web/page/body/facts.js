// What the atlas knows about a site, and what it doesn't, as sentences with their sources.

import { digits, say } from "../shell/voices.js";
import { FIBRES, TISSUES } from "../words/fibres.js";

/** Return {known: [{text, source}], unknown: [{text, source}]} for a site of the atlas. */
export function factsOf(site, voice) {
  const known = [];
  const unknown = [];
  const add = (text, source) => (source === "assumed" || source === "" ? unknown : known).push({ text, source });
  if (site.note) known.push({ text: capital(site.note), source: site.source === "assumed" ? "" : site.source });
  if (site.refused) unknown.push({ text: `The model has no reflex for it: ${site.refused}`, source: "" });
  if (site.segments) known.push({ text: voice === "lay" ? `Its nerves enter the spinal cord at ${site.segments}` : `Segments ${site.segments}; nerve: ${site.nerve}`, source: "" });
  if (site.depth_mm !== null) {
    const depth = `In a mouse the tip of the needle lies ${digits(site.depth_mm)} mm deep`;
    add(site.depth_source === "assumed" ? `${depth}: assumed, nobody has reported it` : depth, site.depth_source);
  }
  if (site.human_mm) add(`In people the needle goes ${site.human_mm.map((mm) => digits(mm)).join("–")} mm deep`, site.human_source);
  else if (!site.human_source) unknown.push({ text: "No depth in people is recorded here", source: "" });
  const guessed = (site.tissues ?? []).filter((tissue) => tissue.source === "assumed" || !tissue.source);
  if (guessed.length > 0) unknown.push({ text: `The depths of ${guessed.length} of its ${site.tissues.length} tissues are assumed`, source: "" });
  for (const { fibre, tissues } of unseen(site)) {
    unknown.push({ text: `Whether ${say(FIBRES[fibre] ?? fibre, voice)} end in its ${list(tissues.map((kind) => say(TISSUES[kind] ?? kind, voice)))}: nobody has looked`, source: "" });
  }
  return { known, unknown };
}

/** Return the keys of the references behind a site. */
export function sourcesOf(site) {
  const keys = [site.source, site.depth_source, site.human_source];
  for (const tissue of site.tissues ?? []) {
    keys.push(tissue.source, ...Object.values(tissue.innervation ?? {}).map((entry) => entry.source));
  }
  return [...new Set(keys.flatMap((key) => (key ?? "").split(/;\s*/)))].filter((key) => key && key !== "assumed");
}

function unseen(site) {
  const found = new Map();
  for (const tissue of site.tissues ?? []) {
    for (const [fibre, { grade }] of Object.entries(tissue.innervation ?? {})) {
      if (grade === null || grade === undefined) found.set(fibre, [...(found.get(fibre) ?? []), tissue.kind]);
    }
  }
  return [...found].map(([fibre, tissues]) => ({ fibre, tissues: [...new Set(tissues)] }));
}

function list(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

function capital(text) {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
