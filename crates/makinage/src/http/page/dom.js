// Makes elements, and brings what is shown up to date with what should be shown.
//
// All text goes in as text: whatever a model, a topic or an error is called, it is never markup.

import { time, visible } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "polyline", "line"]);

/**
 * @typedef {Node | string | number | null | undefined | false} Child
 */

/**
 * An element with attributes and children. `null`, `undefined` and `false` are no attribute and no child; `true` is an
 * attribute without a value. `data-key` names an element among its siblings, so that it stays itself when others come
 * before it.
 *
 * @param {string} tag
 * @param {Record<string, string | number | boolean | null | undefined>} attributes
 * @param {...(Child | Child[])} children
 * @returns {Element}
 */
export function h(tag, attributes = {}, ...children) {
  const element = SVG_TAGS.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/**
 * What somebody else wrote: characters that don't show are shown, and its direction ends where it ends.
 *
 * @param {unknown} text
 */
export function said(text) {
  return h("bdi", { class: "said" }, visible(String(text)));
}

/** A moment that the service names, in the time of the place where the page is looked at. @param {string} date */
export function moment(date) {
  return h("time", { datetime: date }, time(new Date(date)));
}

/**
 * Makes the children of `parent` look like `wanted`. What is there already and differs in nothing is left alone, so
 * that focus, a selection and what was opened stay.
 *
 * @param {Element} parent
 * @param {...Node} wanted
 */
export function show(parent, ...wanted) {
  const keyed = new Map();
  for (const child of parent.children) {
    const key = keyOf(child);
    if (key !== null && !keyed.has(key)) keyed.set(key, child);
  }
  let at = parent.firstChild;
  for (const node of wanted) {
    const key = keyOf(node);
    const old = key === null ? at : keyed.get(key);
    // Another one with the same key is another one.
    keyed.delete(key);
    if (!old || keyOf(old) !== key || !alike(old, node)) {
      parent.insertBefore(node, at);
      continue;
    }
    if (old === at) at = old.nextSibling;
    else parent.insertBefore(old, at);
    update(old, node);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

/** @param {Node} node */
function keyOf(node) {
  return node instanceof Element ? node.getAttribute("data-key") : null;
}

/** Whether one can become the other. @param {Node} one @param {Node} other */
function alike(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName;
}

/** @param {Node} old @param {Node} node */
function update(old, node) {
  if (!(old instanceof Element) || !(node instanceof Element)) {
    if (old.nodeValue !== node.nodeValue) old.nodeValue = node.nodeValue;
    return;
  }
  for (const { name } of [...old.attributes]) {
    // What the reader has opened stays open.
    if (!node.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  for (const { name, value } of node.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  show(old, ...node.childNodes);
}
