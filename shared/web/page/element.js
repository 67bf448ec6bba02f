/**
 * Elements of the page. Whatever is not an element becomes a text node: no text is ever markup.
 *
 * @typedef {Node | string | number | null | undefined | false} Content
 * @typedef {string | number | boolean | null | undefined | ((event: any) => void)} Attribute
 * @typedef {{[name: string]: Attribute}} Attributes
 */
import { shown } from "./text.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * An HTML element. Attributes: a function listens ("onclick"), true is an empty value, false, null
 * and undefined leave it out.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Attributes} [attributes]
 * @param {...Content} content
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, attributes = {}, ...content) {
  return filled(document.createElement(name), attributes, content);
}

/**
 * An SVG element.
 *
 * @param {string} name
 * @param {Attributes} [attributes]
 * @param {...Content} content
 * @returns {SVGElement}
 */
export function drawn(name, attributes = {}, ...content) {
  const made = /** @type {SVGElement} */ (document.createElementNS(SVG, name));
  return filled(made, attributes, content);
}

/**
 * A name out of the data, in a direction of its own, so that it cannot turn its line round.
 *
 * @param {unknown} text
 * @param {number} [limit]
 */
export function datum(text, limit = 60) {
  return element("bdi", {}, shown(String(text), limit));
}

/**
 * @template {Element} Made
 * @param {Made} made
 * @param {Attributes} attributes
 * @param {Content[]} content
 * @returns {Made}
 */
function filled(made, attributes, content) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, String(value));
  }
  for (const part of content) {
    if (part !== false && part != null) made.append(part instanceof Node ? part : String(part));
  }
  return made;
}
