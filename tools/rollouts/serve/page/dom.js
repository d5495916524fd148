// Small pieces of the page. Text only ever becomes a text node; nothing is parsed as markup.

export const el = (id) => document.getElementById(id);

const SVG = "http://www.w3.org/2000/svg";
const DRAWN = new Set(["svg", "rect"]);

// An element. Attributes that are null, undefined or false are left out; children may be text.
export function h(tag, attributes = {}, ...children) {
  const node = DRAWN.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// A button that the page's one click handler knows by data-do.
export const button = (text, what, data = {}, more = {}) =>
  h("button", { type: "button", "data-do": what, ...prefixed(data), ...more }, text);

const prefixed = (data) => Object.fromEntries(Object.entries(data).map(([k, v]) => [`data-${k}`, v]));

// Makes `old` look like `fresh`, touching only what differs: focus, hover and marked text stay.
export function patch(old, fresh) {
  if (old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  if (old.type === "checkbox") old.checked = fresh.hasAttribute("checked");
  patchChildren(old, fresh);
}

export function patchChildren(old, fresh) {
  const [have, want] = [[...old.childNodes], [...fresh.childNodes]];
  want.forEach((node, i) => (i < have.length ? patch(have[i], node) : old.append(node)));
  have.slice(want.length).forEach((node) => node.remove());
}

function child(node, key, basis, make) {
  if (node && basis.every((part, i) => part === node.basis[i])) return node;
  const fresh = make();
  fresh.dataset.key = key;
  if (node) patch(node, fresh);
  return Object.assign(node ?? fresh, { basis });
}

// Shows one child of `parent` for each item, in their order; a child is known by its key.
// `basis`: all that a child is made of; while that is the same it is not made again.
export function keyed(parent, items, keyOf, render, basis = () => [{}]) {
  const wanted = new Set(items.map((item) => String(keyOf(item))));
  const have = new Map();
  for (const node of [...parent.children]) {
    if (wanted.has(node.dataset.key)) have.set(node.dataset.key, node);
    else node.remove();
  }
  let next = parent.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    const node = child(have.get(key), key, basis(item), () => render(item));
    if (node === next) next = next.nextElementSibling;
    else parent.insertBefore(node, next);
  }
  const empty = parent.closest("section")?.querySelector(".empty");
  if (empty) empty.hidden = items.length > 0;
}
