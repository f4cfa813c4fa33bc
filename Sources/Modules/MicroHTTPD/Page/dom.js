// Makes elements. Text that comes from the server is only ever put in as text: nothing here, and
// nothing in the other modules, turns a string into markup, and the page's policy forbids it.

/** Attributes that a value of true or false switches. */
const SWITCHES = new Set(["hidden", "disabled", "checked", "selected", "required", "open"]);

/**
 * An element with attributes and children; children are nodes or texts, null and false are left out.
 *
 * `on` holds listeners by the name of their event. Inline styles and handlers are refused: the
 * Content-Security-Policy would drop them silently.
 */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === "style" || name.startsWith("on")) {
      throw new Error(`no inline ${name}`);
    } else if (SWITCHES.has(name)) {
      element.toggleAttribute(name, Boolean(value));
    } else if (value !== null && value !== undefined) {
      element.setAttribute(name, String(value));
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== false));
  return element;
}

/** Puts other children into an element. */
export function show(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child !== null && child !== false));
}

/** A button that does something; `label` says more than its text where the text is short. */
export function button(text, action, { label = null, kind = null } = {}) {
  return h("button", { type: "button", class: kind, "aria-label": label, on: { click: action } }, text);
}

let lastID = 0;

/** A field with its label, tied together for those who hear the page. */
export function field(label, input) {
  input.id ||= `field-${++lastID}`;
  return h("div", { class: "field" }, h("label", { for: input.id }, label), input);
}

/**
 * A table with a caption for those who hear it.
 *
 * `columns` are headings, `rows` arrays of cells. Each cell carries its heading, which the style
 * sheet shows beside it on a narrow screen, where rows stand as cards.
 */
export function table(caption, columns, rows, { empty = "Nothing to show." } = {}) {
  if (rows.length === 0) return h("p", { class: "empty" }, empty);
  return h(
    "table", {},
    h("caption", {}, caption),
    h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, rows.map((cells) =>
      h("tr", {}, cells.map((cell, place) => h("td", { "data-label": columns[place] }, cell ?? ""))))));
}

/** Names and values below each other. */
export function facts(pairs) {
  return h("dl", {}, pairs.map(([name, value]) =>
    h("div", {}, h("dt", {}, name), h("dd", {}, value ?? ""))));
}
