// Making elements from words and data. Text from outside only ever becomes text nodes.

export const byId = (id) => document.getElementById(id);
export const words = JSON.parse(byId("words").textContent);

export const fill = (text, values = {}) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
export const say = (key, values = {}) => fill(words[key], values);

// Makes an element: el("p", {class: "x", onclick: f}, "text", child, …).
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(key.slice(2), value);
    else if (typeof value === "boolean") node[key] = value;
    else if (value !== undefined && value !== null) node.setAttribute(key, value);
  }
  node.append(...children.flat().filter((child) => child || child === 0));
  return node;
}

export const button = (caption, onclick, attributes = {}) =>
  el("button", {type: "button", onclick, ...attributes}, caption);

// What somebody else wrote: it keeps its own direction and leaves the page's alone.
export const theirs = (name, className, text) => el(name, {class: className, dir: "auto"}, text);

// Keeps the children of `list` in step with `items`: unchanged ones stay as they are, so that
// focus, playing sounds and the reader's place survive.
export function keep(list, items, keyOf, stampOf, draw) {
  const known = new Map([...list.children].map((node) => [node.dataset.key, node]));
  // What is gone goes first: else all that follows would be moved, and lose the focus.
  const wanted = new Set(items.map((item) => String(keyOf(item))));
  for (const [key, node] of known) if (!wanted.has(key)) node.remove();
  let place = list.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    const stamp = stampOf(item);
    let node = known.get(key);
    known.delete(key);
    if (!node || node.dataset.stamp !== stamp) {
      const fresh = draw(item, node);
      fresh.dataset.key = key;
      fresh.dataset.stamp = stamp;
      if (node && node !== fresh) {
        if (place === node) place = fresh;
        node.replaceWith(fresh);
      }
      node = fresh;
    }
    if (node === place) place = place.nextElementSibling;
    else list.insertBefore(node, place);
  }
}
