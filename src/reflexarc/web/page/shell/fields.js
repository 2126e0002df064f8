// Labelled controls: a slider with a number and its unit, a choice, a switch. All by keyboard.

import { fresh, h, put, set } from "./element.js";

/** A number with a slider, a box and a unit. update({value, min, max, disabled}) redraws it. */
export function numberField({ hook, label, unit = "", min, max, step = "any", log = false, help = "", words = null, onchange }) {
  const id = fresh(hook);
  const steps = 400;
  const range = h("input", { type: "range", id: `${id}-slide`, "aria-label": label, "data-slide": hook, min: 0, max: steps, step: 1 });
  const box = h("input", { type: "number", id, "data-control": hook, inputmode: "decimal", step });
  const note = h("span", { class: "quiet", id: `${id}-help` });
  const limits = { min, max };
  const toPlace = (value) => {
    const low = log ? Math.max(limits.min, limits.max * 1e-4) : limits.min;
    const clipped = Math.min(limits.max, Math.max(low, value));
    const share = log ? Math.log(clipped / low) / Math.log(limits.max / low) : (clipped - low) / (limits.max - low);
    return Math.round(share * steps);
  };
  const fromPlace = (place) => {
    const share = place / steps;
    const low = log ? Math.max(limits.min, limits.max * 1e-4) : limits.min;
    if (log && place === 0 && limits.min === 0) return 0;
    const raw = log ? low * (limits.max / low) ** share : low + share * (limits.max - low);
    const grid = step === "any" || log ? 10 ** (Math.floor(Math.log10(Math.max(raw, 1e-9))) - 1) : Number(step);
    return Number((Math.round(raw / grid) * grid).toPrecision(6));
  };
  range.addEventListener("input", () => onchange(fromPlace(Number(range.value))));
  box.addEventListener("input", () => {
    const value = box.valueAsNumber;
    const right = Number.isFinite(value) && value >= limits.min && value <= limits.max;
    box.setAttribute("aria-invalid", String(!right));
    put(note, right ? help : `between ${limits.min} and ${limits.max} ${unit}`);
    if (right) onchange(value);
  });
  box.setAttribute("aria-describedby", note.id);
  const node = h("div", { class: "field" }, h("label", { for: id }, label), h("span", { class: "boxed" }, box, unit && h("span", { class: "unit" }, unit)), range, note);
  function update({ value, disabled = false, min: low, max: high }) {
    if (low !== undefined) limits.min = low;
    if (high !== undefined) limits.max = high;
    set(box, { min: limits.min, max: limits.max });
    if (document.activeElement !== box || box.valueAsNumber !== value && box.getAttribute("aria-invalid") !== "true") {
      if (box.valueAsNumber !== value) box.value = Number.isFinite(value) ? String(Number(value.toPrecision(6))) : "";
      box.setAttribute("aria-invalid", "false");
      put(note, help);
    }
    if (Number.isFinite(value)) range.value = String(toPlace(value));
    range.setAttribute("aria-valuetext", words ? words(value) : `${box.value} ${unit}`);
    box.disabled = range.disabled = disabled;
  }
  return { node, update };
}

/** A choice from a list. options: [{value, label, group?, disabled?}]. */
export function choiceField({ hook, label, options, onchange, help = "" }) {
  const id = fresh(hook);
  const select = h("select", { id, "data-control": hook, onchange: () => onchange(select.value) });
  const node = h("div", { class: "field" }, h("label", { for: id }, label), select, help && h("span", { class: "quiet" }, help));
  let drawn = "";
  function fill(list) {
    const key = JSON.stringify(list);
    if (key === drawn) return;
    drawn = key;
    const groups = new Map();
    for (const option of list) groups.set(option.group ?? "", [...(groups.get(option.group ?? "") ?? []), option]);
    put(select, [...groups].map(([group, members]) => {
      const items = members.map((option) => h("option", { value: option.value, disabled: option.disabled }, option.label));
      return group ? h("optgroup", { label: group }, items) : items;
    }));
  }
  fill(options);
  return {
    node,
    update({ value, options: next, disabled = false }) {
      if (next) fill(next);
      select.value = value;
      select.disabled = disabled;
    },
  };
}

/** A few choices side by side, as radio buttons. options: [[value, label], …]. */
export function radioField({ hook, label, options, onchange }) {
  const name = fresh(hook);
  const inputs = new Map();
  const node = h("fieldset", { class: "field radios" }, h("legend", null, label),
    h("div", { class: "segments" }, options.map(([value, words]) => {
      const input = h("input", { type: "radio", name, id: `${name}-${value}`, value, "data-control": hook, "data-value": value, onchange: () => input.checked && onchange(value) });
      inputs.set(value, input);
      return h("label", { for: input.id }, input, h("span", null, words));
    })));
  return {
    node,
    update({ value, disabled = false }) {
      for (const [own, input] of inputs) {
        input.checked = own === value;
        input.disabled = disabled;
      }
    },
  };
}

/** A switch: on or off. */
export function switchField({ hook, label, onchange }) {
  const id = fresh(hook);
  const box = h("input", { type: "checkbox", id, "data-control": hook, role: "switch", onchange: () => onchange(box.checked) });
  return {
    node: h("div", { class: "field switch" }, box, h("label", { for: id }, label)),
    update: ({ value, disabled = false }) => set(box, { checked: value }) && (box.disabled = disabled),
  };
}

/** Removable chips. items: [{key, label}]. */
export function chips({ label, hook, onremove }) {
  const node = h("ul", { class: "chips", "aria-label": label });
  return {
    node,
    update(items) {
      put(node, items.map(({ key, label: words }, index) => h("li", { [hook]: key },
        h("span", null, words), h("button", { type: "button", "aria-label": `Remove ${words}`, onclick: () => onremove(index) }, "×"))));
    },
  };
}
