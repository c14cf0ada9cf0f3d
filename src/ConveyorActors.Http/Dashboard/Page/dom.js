// Creates elements from text only, so that data from the server is never interpreted as HTML.

/** Returns the element of the page with this id. */
export const byId = (id) => document.getElementById(id);

/** Creates an element. `attributes` may have listeners (`onclick`) and properties of its style (`style`). */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** Creates an element of an SVG drawing. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(element.style, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Sets the text of an element, if it has changed. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Synchronizes the children of a list with the items. A child is created once for each key and then only updated, so
 * that the focus and the position of a screen reader are kept.
 */
export function keep(list, items, keyOf, create, update) {
  const wanted = new Set(items.map(keyOf));
  const known = new Map();
  for (const child of [...list.children])
    if (wanted.has(child.dataset.key)) known.set(child.dataset.key, child);
    else child.remove();
  let at = list.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let child = known.get(key);
    if (!child) {
      child = create(item);
      child.dataset.key = key;
    }
    if (child === at) at = at.nextElementSibling;
    else list.insertBefore(child, at);
    update(child, item);
  }
}
