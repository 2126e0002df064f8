// Experiments as YAML: written by us, read by js-yaml, which is fetched when it is first needed.

import { readExperiment, toExperiment } from "./experiment.js";

const LARGEST = 1_000_000;

/** Return the YAML of a scenario for `reflexarc run`. */
export function toYaml(scenario, options) {
  const lost = Object.keys(scenario.parameters ?? {});
  const note = lost.length > 0 ? `# Changed on the page, and not held by this file: ${lost.map((id) => `${id} = ${scenario.parameters[id]}`).join(", ")}.\n` : "";
  return `# An experiment of reflexarc, a model of mice: reflexarc run FILE\n${note}\n${block(toExperiment(scenario, options), 0)}`;
}

/** Promise {names, first, scenario(name)} for a YAML text, with the agents of the vocabulary; errors are one sentence. */
export async function fromYaml(text, agents) {
  if (text.length > LARGEST) throw new Error("the file is too large; an experiment has at most 1 MB");
  const { default: yaml } = await import("../vendor/js-yaml.js");
  let document;
  try {
    document = yaml.load(text, { schema: yaml.FAILSAFE_SCHEMA });
  } catch (error) {
    const line = error.mark ? ` in line ${error.mark.line + 1}` : "";
    throw new Error(`the YAML can't be read${line}: ${error.reason ?? error.message}`);
  }
  return readExperiment(document, agents);
}

function block(value, depth) {
  const pad = "  ".repeat(depth);
  return Object.entries(value).map(([key, item]) => {
    if (Array.isArray(item)) return `${pad}${scalar(key)}:\n${item.map((entry) => `${pad}  - ${flow(entry)}\n`).join("")}`;
    if (item !== null && typeof item === "object") {
      const line = `${pad}${scalar(key)}: ${flow(item)}\n`;
      return line.length <= 92 && depth > 0 || Object.values(item).every((part) => typeof part !== "object") && line.length <= 92 ? line : `${pad}${scalar(key)}:\n${block(item, depth + 1)}`;
    }
    return `${pad}${scalar(key)}: ${scalar(item)}\n`;
  }).join("");
}

function flow(value) {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (value !== null && typeof value === "object") return `{${Object.entries(value).map(([key, item]) => `${scalar(key)}: ${flow(item)}`).join(", ")}}`;
  return scalar(value);
}

function scalar(value) {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const plain = /^[A-Za-z0-9µ.+-][\w µ%./+-]*$/.test(value) && !/^(true|false|yes|no|on|off|null|none|~)$/i.test(value) && !/\s$/.test(value) && !/^[+-]?[\d.]+(e[+-]?\d+)?$/i.test(value) && !/^[-.]\s/.test(value);
  return plain ? value : JSON.stringify(value);
}
