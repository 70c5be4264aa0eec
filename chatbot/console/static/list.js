// The list on the left: four lists, search, and a cursor that the keyboard moves.

import {get} from "./api.js";
import {desk, isUnread, count, rows, shownRows} from "./desk.js";
import {button, byId, el, keep, say, theirs, words} from "./dom.js";
import {notify} from "./notices.js";
import {isOver, sinceText, timeText, untilText} from "./times.js";

const LISTS = ["mine", "waiting", "all", "ended"];
const list = byId("rows");
let opened = null;
let cursor = null;
let open = () => {};
const ended = {rows: [], before: "", busy: false};
let found = [];

function badge(className, text) {
  return text ? el("span", {class: `badge ${className}`}, text) : null;
}

function whose(row) {
  if (row.state === 3) return say("by_person", {name: row.servicer_name ?? words.somebody});
  if (row.state === 2) return words.in_pool;
  return row.state === 4 ? words.over : words.by_bot;
}

function lastWords(row) {
  if (!row.last) return "";
  const {who, name, text} = row.last;
  if (who === "bot") return words.said_bot + text;
  return who === "staff" ? say("said_staff", {name: name || words.somebody}) + text : text;
}

function drawRow(row) {
  const waiting = row.waiting_since
    ? el("span", {class: "waits", "data-since": row.waiting_since}, say("waiting", {time: sinceText(row.waiting_since)}))
    : el("time", {}, row.last ? timeText(row.last.at) : "");
  return el("li", {
    role: "option", class: `row ${row.priority}`, id: `row-${row.id}`, tabindex: "-1",
    "aria-selected": String(row.id === opened),
    onclick: () => { setCursor(row.id); open(row.id); },
    onfocus: () => setCursor(row.id),
  },
  el("span", {class: "row-top"},
    isUnread(row) && el("span", {class: "unread", role: "img", "aria-label": words.unread}),
    theirs("b", "name", row.name),
    badge("urgent", row.priority === "urgent" && words.urgent),
    badge("high", row.priority === "high" && words.high),
    badge("alarmed", row.alarmed && words.alarmed),
    waiting),
  theirs("span", "row-last", lastWords(row)),
  row.message && (row.message.phone || row.message.wanted)
    && theirs("span", "row-left", messageText(row.message, "")),
  el("span", {class: "row-meta"},
    row.message && badge("item", words.message_left),
    windowLeft(row),
    el("span", {}, whose(row)),
    row.stage && theirs("span", "", row.stage),
    ...row.items.map((kind) => badge("item", words[`item_${kind}`])),
    row.handoff && theirs("span", "", row.handoff.reason),
    row.places.length > 0 && theirs("span", "", row.places.join("、"))));
}

// What was left out of hours: a number and a time, as far as they were told.
export function messageText({phone, wanted}, head) {
  const parts = [phone && say("message_phone", {phone}), wanted && say("message_wanted", {wanted})];
  return [head, ...parts].filter(Boolean).join(" · ");
}

// Of what waits from before: how long a reply still reaches the customer.
function windowLeft(row) {
  if (!row.waits || !row.window_ends || (!row.message && !isOver(row.window_ends))) return null;
  if (isOver(row.window_ends)) return badge("item", words.window_over);
  return el("span", {"data-until": row.window_ends}, say("window_left", {time: untilText(row.window_ends)}));
}

const stampOf = (row) => JSON.stringify(
  [row, isUnread(row), row.id === opened, row.waits && isOver(row.window_ends)]);

function current() {
  if (desk.query) return found.map((row) => rows.get(row.id) ?? row);
  return desk.list === "ended" ? ended.rows.map((row) => rows.get(row.id) ?? row) : shownRows(desk.list);
}

function note(text) {
  byId("list-note").textContent = text;
  byId("list-note").hidden = !text;
}

function drawNote(shown) {
  if (desk.query) {
    return note(shown ? say("search_found", {count: shown}) : say("search_none", {text: desk.query}));
  }
  if (!shown) return note(words[`empty_${desk.list}`]);
  note(desk.list === "all" && desk.more ? say("more_bot", {count: desk.more}) : "");
}

export function drawList() {
  const focused = document.activeElement?.closest?.("#rows > li")?.dataset.key;
  const shown = current();
  keep(list, shown, (row) => row.id, stampOf, drawRow);
  if (!shown.some((row) => row.id === cursor)) cursor = shown[0]?.id ?? null;
  for (const node of list.children) node.tabIndex = node.dataset.key === cursor ? 0 : -1;
  if (focused && document.activeElement === document.body) nodeOf(focused)?.focus({preventScroll: true});
  drawNote(shown.length);
  byId("load-more").hidden = Boolean(desk.query) || desk.list !== "ended" || ended.before === null;
  drawTabs();
}

function drawTabs() {
  keep(byId("tabs"), LISTS, (name) => name,
    (name) => `${name === desk.list}${Boolean(desk.query)}${name === "ended" ? "" : count(name)}`,
    (name) => {
      const chosen = name === desk.list && !desk.query;
      const number = name === "ended" ? 0 : count(name);
      return el("button", {
        type: "button", role: "tab", id: `tab-${name}`, "aria-selected": String(chosen),
        "aria-controls": "rows-pane", tabindex: name === desk.list ? "0" : "-1",
        onclick: () => chooseList(name), onkeydown: moveTab,
      }, words[`list_${name}`], number > 0 && el("span", {class: "count"}, String(number)));
    });
}

function moveTab(event) {
  const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
  if (!step) return;
  event.preventDefault();
  const place = LISTS.indexOf(desk.list) + step;
  chooseList(LISTS[(place + LISTS.length) % LISTS.length]);
  byId(`tab-${desk.list}`).focus();
}

export async function chooseList(name) {
  desk.list = name;
  clearSearch();
  byId("rows-pane").scrollTop = 0;
  if (name === "ended") {
    Object.assign(ended, {rows: [], before: ""});
    await loadEnded();
  }
  drawList();
}

async function loadEnded() {
  if (ended.busy || ended.before === null) return;
  ended.busy = true;
  try {
    const page = await get("ended", ended.before ? {before: ended.before} : {});
    ended.rows.push(...page.rows);
    ended.before = page.before;
  } catch (problem) {
    notify(problem.message, true);
  } finally {
    ended.busy = false;
  }
  drawList();
}

// ---- search ---------------------------------------------------------------------------------

let asked = 0;

async function search(text) {
  desk.query = text;
  const number = ++asked;
  if (!text) return drawList();
  try {
    const answer = await get("search", {q: text});
    if (number !== asked) return; // an older question was slower
    found = answer.rows;
  } catch (problem) {
    notify(problem.message, true);
  }
  drawList();
}

function clearSearch() {
  asked += 1;
  desk.query = "";
  byId("search").value = "";
}

// ---- the cursor -----------------------------------------------------------------------------

const nodeOf = (id) => byId(`row-${id}`);

function setCursor(id) {
  cursor = id;
  for (const node of list.children) node.tabIndex = node.dataset.key === id ? 0 : -1;
}

export function move(step) {
  const ids = [...list.children].map((node) => node.dataset.key);
  if (!ids.length) return;
  const inList = document.activeElement?.closest?.("#rows > li");
  const place = ids.indexOf(cursor);
  const next = inList || opened ? Math.min(ids.length - 1, Math.max(0, place + step)) : Math.max(0, place);
  const node = list.children[next];
  setCursor(ids[next]);
  node.focus({preventScroll: true});
  node.scrollIntoView({block: "nearest"});
}

export function openCursor() {
  if (cursor) open(cursor);
}

export function setOpened(id) {
  opened = id;
  if (id && nodeOf(id)) setCursor(id);
  drawList();
}

export const focusList = () => (nodeOf(cursor) ?? byId("search")).focus();

export function startList(onOpen) {
  open = onOpen;
  list.addEventListener("keydown", (event) => {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (step) { event.preventDefault(); move(step); }
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); openCursor(); }
    if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      move(event.key === "Home" ? -Infinity : Infinity);
    }
  });
  byId("load-more").addEventListener("click", loadEnded);
  let timer = 0;
  byId("search").addEventListener("input", (event) => {
    clearTimeout(timer);
    timer = setTimeout(() => search(event.target.value.trim()), 250);
  });
  byId("search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    search(byId("search").value.trim());
  });
  setInterval(() => {
    for (const node of list.querySelectorAll("[data-since]")) {
      const text = say("waiting", {time: sinceText(node.dataset.since)});
      if (node.textContent !== text) node.textContent = text;
    }
    for (const node of list.querySelectorAll("[data-until]")) {
      const text = say("window_left", {time: untilText(node.dataset.until)});
      if (node.textContent !== text) node.textContent = text;
    }
  }, 1000);
}
