// What is to be done today, behind a button in the head of the console and of the sidebar.

import {get, one, post} from "./api.js";
import {button, byId, el, fill, words} from "./dom.js";
import {noticePlace} from "./notices.js";
import {mountToday} from "./today.js";

const PAUSE_SECONDS = 30; // what nobody told this page of is found out so often
const dialog = byId("today");
const opener = byId("show-today");
const captions = words.cases;
let list = null;
let read = 0;

export function showToday() {
  if (dialog.open) return;
  dialog.showModal();
  refresh();
}

function refresh() {
  read = Date.now();
  return list?.refresh(); // there is none for members without a role, beside a chat
}

// The viewer has changed something.
export const todayChanged = () => { refresh(); };

// The stream tells of conversations; of cases it tells where their conversation is open.
export function heardNews() {
  if (Date.now() - read > PAUSE_SECONDS * 1000) refresh();
}

// `talkBase` says where the calls about a conversation go.
export function startToday(go, talkBase = one) {
  const body = el("div", {});
  dialog.replaceChildren(
    el("div", {class: "today-head"}, el("h2", {id: "today-title"}, captions.today_title),
      button("×", () => dialog.close(), {class: "quiet", "aria-label": captions.close})),
    body, noticePlace());
  list = mountToday(body, {
    api: {get, post}, captions, me: document.body.dataset.userid, talkBase,
    open: (id) => { dialog.close(); go(id); },
    counted: (count) => { opener.textContent = fill(captions.today_button, {count: count || ""}).trim(); },
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // beside it
  });
  opener.addEventListener("click", showToday);
  addEventListener("focus", heardNews);
  refresh();
}
