// Questions that come in front of the page: the browser keeps the focus within them.

import {button, byId, el, say, theirs, words} from "./dom.js";
import {noticePlace} from "./notices.js";

const dialog = byId("dialog");
let settle = () => {};

export const isOpen = () => document.querySelector("dialog[open]") !== null;

// Shows a question; returns what `finish` is told, null if it was closed.
export function ask(title, ...content) {
  settle(null);
  const back = document.activeElement;
  dialog.replaceChildren(el("h2", {id: "dialog-title"}, title), ...content, noticePlace());
  dialog.showModal();
  return new Promise((resolve) => {
    settle = (value) => {
      settle = () => {};
      if (dialog.open) dialog.close();
      if (back?.isConnected) back.focus();
      resolve(value);
    };
  });
}

// The event comes later than the closing: by then the next question may be open.
dialog.addEventListener("close", () => {
  if (!dialog.open) settle(null);
});
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) settle(null); // beside it
});

export const finish = (value) => settle(value);

function buttons(...children) {
  return el("div", {class: "dialog-buttons"}, button(words.cancel, () => finish(null)), ...children);
}

export function confirm(title, text, caption) {
  return ask(title, theirs("p", "", text),
    buttons(button(caption, () => finish(true), {class: "main", autofocus: true})));
}

// Returns the userid that is chosen, or null.
export function chooseColleague(colleagues) {
  if (!colleagues.length) {
    return ask(words.transfer_title, el("p", {}, words.transfer_none), buttons());
  }
  const choices = colleagues.map((each, number) => {
    const hints = [
      each.receiving ? words.receiving : words.not_receiving,
      !each.on_duty && words.off_duty,
      !each.has_room && words.full,
      say("has_open", {count: each.open}),
    ].filter(Boolean);
    return el("label", {class: "choice"},
      el("input", {type: "radio", name: "colleague", value: each.userid, checked: number === 0}),
      theirs("b", "", each.name), el("small", {}, hints.join(" · ")));
  });
  const form = el("form", {
    onsubmit: (event) => {
      event.preventDefault();
      finish(new FormData(form).get("colleague"));
    },
  }, el("div", {class: "choices", role: "radiogroup", "aria-labelledby": "dialog-title"}, ...choices),
  buttons(el("button", {type: "submit", class: "main"}, words.transfer_ok)));
  return ask(words.transfer_title, form);
}

// Returns the entry that is chosen, or null. `search` gives entries for a text.
export function chooseEntry(candidates, search) {
  const results = el("ul", {class: "choices"});
  const draw = (items) => results.replaceChildren(...(items.length
    ? items.map((item) => el("li", {}, button(item.title, () => finish(item), {class: "wide"})))
    : [el("li", {class: "hint"}, words.judge_none)]));
  let timer = 0;
  const input = el("input", {
    type: "search", maxlength: "200", placeholder: words.judge_search,
    "aria-label": words.judge_search, autofocus: true,
    oninput: () => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        const text = input.value.trim();
        draw(text ? await search(text) : candidates);
      }, 250);
    },
  });
  draw(candidates);
  return ask(words.judge_title, input, results, buttons());
}

export function showHelp() {
  const keys = [
    ["j", "next"], ["k", "previous"], ["Enter", "open"], ["r", "reply"], ["/", "quick"],
    ["f", "search"], ["t", "take"], ["x", "transfer"], ["e", "end"], ["c", "case"],
    ["d", "today"], ["1–4", "lists"],
    ["Esc", "back"], ["?", "help"],
  ];
  return ask(words.help,
    el("dl", {class: "keys"}, ...keys.flatMap(([key, name]) => [
      el("dt", {}, el("kbd", {}, key)), el("dd", {}, words[`key_${name}`]),
    ])),
    el("div", {class: "dialog-buttons"}, button(words.close, () => finish(null), {autofocus: true})));
}
