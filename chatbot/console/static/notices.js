// Short messages at the edge of the page, and what screen readers are told.

import {button, byId, el, words} from "./dom.js";

const STAY_SECONDS = 6;

export function notify(text, trouble = false) {
  if (!text) return;
  const notice = el("p", {class: trouble ? "notice trouble" : "notice"}, el("span", {}, text),
    button("×", () => notice.remove(), {class: "quiet", "aria-label": words.close}));
  // A question in front of the page keeps everything behind it out of reach, notices too.
  const place = document.querySelector("dialog[open] .notices") ?? byId("notices");
  place.append(notice);
  if (!trouble) setTimeout(() => notice.remove(), STAY_SECONDS * 1000);
  while (place.children.length > 3) place.firstElementChild.remove();
}

export const noticePlace = () => el("div", {class: "notices", role: "status"});

export function announce(text) {
  byId("polite").textContent = text;
}
