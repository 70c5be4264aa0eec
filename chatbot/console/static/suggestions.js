// Drafts for the last message, and the panel of quick replies and knowledge.

import {get, one} from "./api.js";
import {button, byId, el, say, theirs, words} from "./dom.js";
import {notify} from "./notices.js";
import {manageOwn} from "./quick_own.js";

let panel = null;

export async function suggestDrafts(list, id, fill) {
  try {
    const {items} = await get(one(id, "/drafts"));
    if (!list.isConnected) return;
    list.replaceChildren(...items.map((item) => el("li", {},
      el("button", {type: "button", class: "draft", onclick: () => fill(withOrigin(item))},
        el("span", {class: "draft-head"}, theirs("b", "", item.title),
          item.confidence !== null && el("small", {}, say("confidence", {percent: Math.round(item.confidence * 100)}))),
        theirs("span", "draft-text", item.text)))));
  } catch (problem) {
    notify(problem.message, true);
  }
}

const withOrigin = (item) => ({...item, origin: item.faq_id ? {faq_id: item.faq_id} : {}});

// ---- quick replies --------------------------------------------------------------------------

export function closeQuick() {
  panel?.remove();
  panel = null;
}

// Opens above `place`; `chosen` is called with an item, or with null when it is closed. `written`
// is what stands in the reply box.
export function openQuick(place, id, written, chosen) {
  closeQuick();
  const finish = (item) => { closeQuick(); chosen(item && withOrigin(item)); };
  const list = el("ul", {class: "quick-list", id: "quick-list", role: "listbox", "aria-label": words.quick});
  const input = el("input", {
    type: "search", maxlength: "200", placeholder: words.quick_search, role: "combobox",
    "aria-label": words.quick_search, "aria-controls": "quick-list", "aria-expanded": "true",
    "aria-autocomplete": "list",
  });
  const state = {items: [], place: 0};
  panel = el("div", {class: "quick", role: "dialog", "aria-label": words.quick},
    el("div", {class: "quick-head"}, input,
      button("×", () => finish(null), {class: "quiet", "aria-label": words.close})),
    list,
    el("div", {class: "quick-foot"},
      written.trim() !== "" && button(words.quick_keep, () => manage({text: written.trim()}), {class: "quiet", id: "quick-keep"}),
      button(words.quick_manage, () => manage(null), {class: "quiet", id: "quick-manage"})));
  const manage = async (fresh) => {
    closeQuick();
    await manageOwn(fresh);
    chosen(null);
  };
  place.append(panel);

  const mark = () => {
    for (const node of list.querySelectorAll("[role=option]")) {
      const here = Number(node.dataset.place) === state.place;
      node.setAttribute("aria-selected", String(here));
      if (here) { input.setAttribute("aria-activedescendant", node.id); node.scrollIntoView({block: "nearest"}); }
    }
  };
  const draw = (items) => {
    Object.assign(state, {items, place: 0});
    list.replaceChildren(...(items.length ? inFolders(items, finish) : [el("li", {class: "hint"}, words.quick_none)]));
    mark();
  };
  let asked = 0;
  const ask = async (text) => {
    const number = ++asked;
    try {
      const found = await get(one(id, "/quick-replies"), text ? {q: text} : {});
      if (number === asked && panel) draw(found.items);
    } catch (problem) {
      notify(problem.message, true);
    }
  };
  let timer = 0;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => ask(input.value.trim()), 200);
  });
  panel.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (step && state.items.length) {
      event.preventDefault();
      state.place = (state.place + step + state.items.length) % state.items.length;
      mark();
    } else if (event.key === "Enter" && event.target === input) {
      event.preventDefault();
      if (state.items[state.place]) finish(state.items[state.place]);
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      finish(null);
    }
  });
  ask("");
  input.focus();
}

function inFolders(items, finish) {
  let folder = null;
  return items.flatMap((item, place) => {
    const name = item.shared ? item.folder || words.quick_shared : item.folder || words.quick_own;
    const head = name === folder ? [] : [el("li", {class: "folder", role: "presentation"}, name)];
    folder = name;
    return [...head, el("li", {
      role: "option", id: `quick-${place}`, "data-place": String(place), onclick: () => finish(item),
    }, theirs("b", "", item.title), theirs("span", "", item.text))];
  });
}
