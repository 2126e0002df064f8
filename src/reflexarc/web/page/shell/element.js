// Building the page's elements without markup strings, so that no text is ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** Return an HTML element: h("p", {class: "soft"}, "words", another). */
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** Return an SVG element. */
export function s(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** Remove everything inside a node, put the children there, and return it. */
export function put(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Remove everything inside a node and return it. */
export function clear(node) {
  node.replaceChildren();
  return node;
}

/** Set attributes; undefined, null and false remove one, functions of on… are listeners. */
export function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on") && typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, part] of Object.entries(value)) node.style.setProperty(key, part);
    else if (name === "value" && "value" in node && node.tagName !== "LI") node.value = value;
    else if (name === "checked" || name === "selected" || name === "open" || name === "indeterminate") node[name] = Boolean(value);
    else if (value === undefined || value === null || value === false) node.removeAttribute(name);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  return node;
}

function fill(node, attributes, children) {
  const { value, ...first } = attributes ?? {};
  set(node, first);
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
  if (value !== undefined) set(node, { value });
  return node;
}

let count = 0;

/** Return an id that no other element of the page has. */
export function fresh(prefix) {
  count += 1;
  return `${prefix}-${count}`;
}
