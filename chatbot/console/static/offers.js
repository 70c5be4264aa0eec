// What may be said to the customer beside whose chat the page stands: each with one tap to send.

import {get, one, post} from "./api.js";
import {client} from "./client.js";
import {copyText} from "./copying.js";
import {button, byId, el, say, theirs, words} from "./dom.js";
import {announce, notify} from "./notices.js";

const WAIT_SECONDS = 0.25;
let customer = null;
const unsent = new WeakMap(); // what of a suggestion did not go out, by the suggestion

// ---- one suggestion -------------------------------------------------------------------------

async function copy(item, text) {
  await copyText(text);
  notify(words.copied);
  countUse(item);
}

// What is used most comes first; that it was not counted is nobody's trouble.
function countUse(item) {
  if (item.id) post("quick-replies/use", {items: [item.id]}).catch(() => {});
}

// Returns the messages of a suggestion, its text as it was edited, if it was.
function messagesOf(item, edited) {
  if (edited === null) return item.messages;
  const others = item.messages.filter((message) => message.msgtype !== "text");
  return [...(edited.trim() ? [{msgtype: "text", text: {content: edited.trim()}}] : []), ...others];
}

async function send(item, edited, place) {
  const messages = messagesOf(item, edited);
  if (!messages.length) return notify(words.problem_reply_empty, true);
  place.disabled = true;
  // After a failure the rest is sent, unless it was changed.
  const key = JSON.stringify(messages);
  try {
    if (unsent.get(item)?.key !== key) {
      const {chat} = await post(one(customer.id, "/outgoing"), {messages});
      unsent.set(item, {key, chat});
    }
    await client.send(unsent.get(item).chat);
    unsent.delete(item);
    notify(words.sent);
    countUse(item);
  } catch (problem) {
    notify(problem.message, true);
  } finally {
    place.disabled = false;
  }
}

function suggestion(item) {
  const body = theirs("p", "text", item.text);
  const field = el("textarea", {rows: "4", maxlength: "10000", "aria-label": words.edited, hidden: true});
  const title = item.title;
  let edited = false;
  const edit = button(words.edit, () => {
    edited = !edited;
    body.hidden = edited;
    field.hidden = !edited;
    edit.setAttribute("aria-expanded", String(edited));
    if (edited) {
      field.value ||= item.text;
      field.focus();
    }
  }, {class: "quiet", "aria-expanded": "false", "aria-label": say("edit_what", {title})});
  const text = () => (edited ? field.value : item.text);
  const extras = item.messages.filter((message) => message.msgtype !== "text")
    .map((message) => say("file", {kind: words[`kind_${message.msgtype}`] ?? message.msgtype}));
  return el("li", {},
    el("p", {class: "suggestion-head"}, theirs("b", "", title),
      typeof item.confidence === "number" && el("small", {}, say("confidence", {percent: Math.round(item.confidence * 100)}))),
    body, field,
    extras.length > 0 && el("p", {class: "hint"}, extras.join("、")),
    el("div", {class: "suggestion-foot"},
      edit,
      button(words.copy, () => copy(item, text()), {class: "quiet", "aria-label": say("copy_what", {title})}),
      button(words.send, (event) => send(item, edited ? field.value : null, event.currentTarget),
        {class: "main", "aria-label": say("send_what", {title})})));
}

function show(list, items, none) {
  list.replaceChildren(...(items.length ? items.map(suggestion) : [el("li", {class: "hint"}, none)]));
}

// ---- drafts ---------------------------------------------------------------------------------

// Shows drafts for what the customer wrote last.
export async function draft(id) {
  try {
    const {items} = await get(one(id, "/drafts"));
    const editing = byId("drafts").querySelector("textarea:not([hidden])")?.closest("li");
    show(byId("drafts"), items, words.drafts_wait);
    // Who is at work on a draft finishes it; the newer ones stand below.
    if (editing) byId("drafts").prepend(editing);
  } catch (problem) {
    notify(problem.message, true);
  }
}

// ---- finding --------------------------------------------------------------------------------

let asked = 0;

async function find(text) {
  const number = ++asked;
  const list = byId("found");
  if (!text) {
    list.replaceChildren();
    return;
  }
  try {
    const [drafts, found] = await Promise.all([
      customer.friend ? get(one(customer.id, "/drafts"), {q: text}) : {items: []},
      get(one(customer.id, "/quick-replies"), {q: text.slice(0, 100)}),
    ]);
    if (number !== asked) return;
    const first = new Set(drafts.items.map((item) => item.text));
    const items = [...drafts.items, ...found.items.filter((item) => !first.has(item.text))];
    show(list, items, words.found_none);
    announce(items.length ? say("found_count", {count: items.length}) : words.found_none);
  } catch (problem) {
    if (number === asked) notify(problem.message, true);
  }
}

function buildFind() {
  const friend = customer.friend;
  const label = friend ? words.paste : words.find;
  const attributes = {id: "find-text", "aria-label": label, placeholder: friend ? words.paste_hint : words.find_hint};
  const field = friend
    ? el("textarea", {...attributes, rows: "3", maxlength: "2000"})
    : el("input", {...attributes, type: "search", maxlength: "100", autocomplete: "off"});
  byId("find-title").textContent = label;
  byId("find-note").hidden = !friend;
  byId("drafts-section").hidden = friend;
  let timer = 0;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => find(field.value.trim()), WAIT_SECONDS * 1000);
  });
  byId("find").replaceChildren(field, el("button", {type: "submit"}, words.find_button));
  byId("find").addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    find(field.value.trim());
  });
}

// ---- quick replies --------------------------------------------------------------------------

async function showQuick() {
  if (!byId("quick").open) return;
  try {
    const {items} = await get(one(customer.id, "/quick-replies"));
    const folders = new Map();
    for (const item of items) {
      const name = item.folder || (item.shared ? words.quick_shared : words.quick_own);
      folders.set(name, [...(folders.get(name) ?? []), item]);
    }
    byId("quick-folders").replaceChildren(...[...folders].map(([name, own]) => el("details", {},
      el("summary", {}, theirs("span", "", name), " ", el("small", {}, String(own.length))),
      el("ul", {class: "suggestions"}, ...own.map(suggestion)))));
  } catch (problem) {
    notify(problem.message, true);
  }
}

export function startOffers(given) {
  customer = given;
  buildFind();
  byId("quick").addEventListener("toggle", showQuick);
}
