// The customer beside the conversation. Each section is one function of what the server told.

import {get, one, post} from "./api.js";
import {mountCases} from "./cases.js";
import {todayChanged} from "./desk_today.js";
import {button, byId, el, say, theirs, words} from "./dom.js";
import {notify} from "./notices.js";
import {dayText, timeText} from "./times.js";

const panel = byId("panel");
let talk = null;
let known = null;
let shownTags = "";
// What, told with the conversation, is shown here too.
const stamp = () => JSON.stringify([talk.row.tags, talk.row.stage, talk.brief]);
let told = null; // by the system that has the orders: it answers when it likes
let open = false; // where the panel does not stand beside the conversation

const casesBox = el("section", {class: "cases", id: "cases", "aria-label": words.cases.title});
let cases = null;
let casesStamp = "";

const SECTIONS = [tags, notes, orders, contacts, handoffs, others];

export function openCustomer(given) {
  talk = given;
  known = null;
  told = null;
  setOpen(false);
  casesStamp = given.row.stamp;
  panel.replaceChildren(casesBox);
  cases = mountCases(casesBox, {
    base: one(given.id), api: {get, post}, captions: words.cases, me: document.body.dataset.userid,
    promises: byId("promises"), reveal: revealPanel, changed: todayChanged,
  });
  load();
  loadOrders();
}

export function updateCustomer(given) {
  talk = given;
  const changed = stamp() !== shownTags;
  if (casesStamp !== given.row.stamp) cases.refresh();
  casesStamp = given.row.stamp;
  if (known && changed && !panel.contains(document.activeElement)) load();
}

export function closeCustomer() {
  talk = null;
  cases?.close();
  cases = null;
  panel.replaceChildren();
  setOpen(false);
}

function setOpen(yes) {
  open = yes;
  document.body.classList.toggle("panel-open", yes);
  byId("act-customer")?.setAttribute("aria-expanded", String(yes));
}

export function toggleCustomer() {
  setOpen(!open);
  if (open) panel.querySelector("button")?.focus();
  else byId("act-customer")?.focus();
}

// Shows the panel where it does not stand beside the conversation.
function revealPanel() {
  if (getComputedStyle(panel).display === "none") setOpen(true);
}

export function openCaseForm() {
  if (!cases) return false;
  cases.openForm();
  return true;
}

export const isCustomerOpen = () => open;

async function load() {
  const {id} = talk;
  try {
    draw(id, await get(one(id, "/customer")));
  } catch (problem) {
    notify(problem.message, true);
  }
}

async function change(path, body, focus) {
  const {id} = talk;
  try {
    const found = await post(one(id, path), body);
    const posted = {"/tags": "tag-new", "/notes": "note-new"}[path];
    if (posted && talk?.id === id) byId(posted).value = ""; // what else is written stays
    draw(id, found);
    panel.querySelector(focus)?.focus();
    return true;
  } catch (problem) {
    notify(problem.message, true);
    return false;
  }
}

function draw(id, found) {
  if (talk?.id !== id) return;
  known = found;
  shownTags = stamp();
  const written = ["tag-new", "note-new"].map((name) => [name, byId(name)?.value]);
  // What is to be done stays where it is: somebody may be writing in its form.
  for (const node of [...panel.children]) if (node !== casesBox) node.remove();
  casesBox.before(...[
    button("×", toggleCustomer, {class: "quiet close-panel", "aria-label": words.close}), asked(), place(found),
  ].filter(Boolean));
  casesBox.after(...SECTIONS.map((section) => section(found)).filter(Boolean));
  for (const [name, value] of written) if (value) byId(name).value = value;
}

function section(title, ...children) {
  return el("section", {}, el("h3", {}, title), ...children);
}

const empty = (text) => el("p", {class: "hint"}, text);

// ---- the sections ---------------------------------------------------------------------------

// What the customer wants and what the bot thought of it: the card that staff are sent, whole.
function asked() {
  const {brief} = talk;
  if (!brief) return null;
  const pairs = [...brief.form];
  if (brief.channel) pairs.push([words.channel, brief.channel]);
  return section(words.brief,
    theirs("p", "text", brief.asked),
    brief.before.length > 0 && el("ul", {class: "before", "aria-label": words.brief_before},
      ...brief.before.map((text) => theirs("li", "hint", text))),
    brief.candidates.length > 0 && el("ul", {class: "plain", "aria-label": words.candidates},
      ...brief.candidates.map((each) => el("li", {}, theirs("span", "", each.question),
        el("small", {}, say("confidence", {percent: Math.round(each.confidence * 100)}))))),
    pairs.length > 0 && el("dl", {class: "pairs"},
      ...pairs.flatMap(([name, value]) => [theirs("dt", "", name), theirs("dd", "", value)])));
}

function place(found) {
  const {row} = talk;
  const rows = [[words.stage, found.stage || words.stage_none], [words.account, row.account]];
  if (row.places.length) rows.push([words.places, row.places.join("、")]);
  return el("section", {}, el("dl", {class: "pairs"},
    ...rows.flatMap(([name, value]) => [el("dt", {}, name), theirs("dd", "", value)])));
}

function evidence(line) {
  const percent = line.score === null ? "" : say("confidence", {percent: Math.round(line.score * 100)});
  return el("li", {},
    theirs("span", "", [line.words, percent].filter(Boolean).join(" · ")),
    line.said && theirs("q", "", line.said),
    el("time", {datetime: line.at}, timeText(line.at)));
}

function tag(each) {
  const text = `${each.group}:${each.name}`;
  const details = [
    each.lapses && say("tag_lapses", {date: dayText(each.lapses)}), each.in_wecom && words.tag_in_wecom,
  ].filter(Boolean).join(" · ");
  return el("li", {},
    el("details", {},
      el("summary", {"aria-label": say("tag_why", {tag: text})}, theirs("span", "", text)),
      details && el("p", {class: "hint"}, details),
      el("ul", {class: "evidence"}, ...each.why.map(evidence))),
    button("×", () => change("/tags/remove", {tag: text}, "#tag-new"),
      {class: "quiet", "aria-label": say("tag_remove", {tag: text})}));
}

function tags(found) {
  const input = el("input", {
    id: "tag-new", list: "tag-names", maxlength: "61", autocomplete: "off",
    placeholder: words.tag_hint, "aria-label": words.tag_new,
  });
  const form = el("form", {
    class: "one-line",
    onsubmit: (event) => {
      event.preventDefault();
      if (input.value.trim()) change("/tags", {tag: input.value.trim()}, "#tag-new");
    },
  }, input, el("button", {type: "submit"}, words.tag_add));
  return section(words.tags,
    found.tags.length ? el("ul", {class: "tags"}, ...found.tags.map(tag)) : empty(words.tags_none),
    form,
    el("datalist", {id: "tag-names"}, ...found.tag_names.map((name) => el("option", {value: name}))));
}

function notes(found) {
  const input = el("textarea", {
    id: "note-new", rows: "2", maxlength: "2000", placeholder: words.note_hint, "aria-label": words.note_new,
  });
  const form = el("form", {
    class: "note-form",
    onsubmit: (event) => {
      event.preventDefault();
      change("/notes", {text: input.value}, "#note-new");
    },
  }, input, el("button", {type: "submit"}, words.note_add));
  return section(words.notes, form, el("ul", {class: "notes"}, ...found.notes.map((note) => el("li", {},
    theirs("p", "text", note.text),
    el("small", {}, say("note_by", {name: note.by, date: timeText(note.at)})),
    button("×", () => change(`/notes/${note.id}/remove`, {}, "#note-new"),
      {class: "quiet", "aria-label": words.note_remove})))));
}

function contacts(found) {
  return section(words.contacts, found.contacts.length
    ? el("ul", {class: "plain"}, ...found.contacts.map((each) => el("li", {},
      theirs("span", "", each.name),
      el("small", {}, each.active ? say("contact_since", {date: dayText(each.since)}) : words.contact_over))))
    : empty(words.contacts_none));
}

async function loadOrders() {
  const {id} = talk;
  let answer = null;
  try {
    answer = await get(one(id, "/orders"));
  } catch (problem) {
    answer = {set: true, orders: [], facts: [], more: 0, problem: problem.message};
  }
  if (talk?.id !== id) return;
  told = answer;
  const place = byId("orders");
  if (!place) return;
  const held = place.contains(document.activeElement);
  place.replaceWith(orders());
  if (held) byId("orders").querySelector("button, a")?.focus();
}

function orders() {
  if (told?.set === false) return el("section", {id: "orders", hidden: true});
  const content = told ? ordersTold() : [empty(words.orders_asking)];
  return el("section", {id: "orders", "aria-busy": String(!told)}, el("h3", {}, words.orders), ...content);
}

function ordersTold() {
  if (told.problem) {
    const again = button(words.orders_again, () => {
      told = null;
      byId("orders").replaceWith(orders());
      loadOrders();
    });
    return [el("p", {class: "hint", role: "status"}, told.problem), again];
  }
  if (!told.orders.length && !told.facts.length) return [empty(words.orders_none)];
  return [
    el("ul", {class: "orders"}, ...told.orders.map(order)),
    told.more > 0 && empty(say("orders_more", {count: told.more})),
    el("dl", {class: "pairs"}, ...told.facts.flatMap((fact) => [
      theirs("dt", "", fact.name), theirs("dd", "", fact.value)])),
  ].filter(Boolean);
}

// A link leads out of here: its host is shown, and that place learns nothing of this one.
function order({number, title, status, time, amount, link}) {
  return el("li", {},
    el("p", {class: "order-head"}, theirs("b", "", title || number), theirs("span", "", status)),
    theirs("small", "", [title && number, time, amount].filter(Boolean).join(" · ")),
    link && el("a", {
      href: link.url, target: "_blank", rel: "noopener noreferrer",
      "aria-label": say("orders_link", {number: number || title, host: link.host}),
    }, `${link.host} ↗`));
}

function handoffs(found) {
  return section(words.handoffs, found.handoffs.length
    ? el("ul", {class: "plain"}, ...found.handoffs.map((each) => el("li", {},
      theirs("span", "", say("handoff_line", {date: dayText(each.at), reason: each.reason})),
      each.servicer && el("small", {}, say("handoff_served", {name: each.servicer})))))
    : empty(words.handoffs_none));
}

function others(found) {
  if (!found.others.length) return null;
  return section(words.others, el("ul", {class: "plain"}, ...found.others.map((each) => el("li", {},
    el("a", {
      href: `/console/#${encodeURIComponent(each.id)}`, rel: "noopener",
      target: document.body.classList.contains("sidebar") ? "_blank" : undefined,
    }, each.account),
    el("small", {}, words.states[each.state])))));
}
