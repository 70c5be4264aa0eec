// The conversation in the middle: how it stands, what was said, and what can be done.

import {get, one, post} from "./api.js";
import {closeComposer, openComposer, updateComposer} from "./composer.js";
import {closeCustomer, openCustomer, toggleCustomer, updateCustomer} from "./customer.js";
import {markRead} from "./desk.js";
import {chooseColleague, confirm} from "./dialogs.js";
import {button, byId, el, say, theirs, words} from "./dom.js";
import {judgeBar} from "./judging.js";
import {drawLines} from "./lines.js";
import {drawList, messageText} from "./list.js";
import {announce, notify} from "./notices.js";
import {isOver, untilText} from "./times.js";

const scroller = byId("scroller");
let atEnd = true; // whoever reads the newest line goes on reading the newest
let talk = null; // {id, row, can, ways, lines: Map, before}

// ---- reading --------------------------------------------------------------------------------

// `then` is called when it is first drawn: later, somebody may be at work in it already.
export async function openTalk(id, then = () => byId("talk-head").querySelector("h2")?.focus()) {
  if (talk?.id === id) {
    if (talk.row) then();
    return;
  }
  leave();
  talk = {id, row: null, lines: new Map(), before: null, opened: then};
  byId("nothing").hidden = true;
  await refresh();
}

export function closeTalk() {
  leave();
  talk = null;
  byId("panel").hidden = true;
  byId("nothing").hidden = false;
}

function leave() {
  closeComposer();
  closeCustomer();
  byId("lines").replaceChildren();
  for (const id of ["talk-head", "scroller", "newer"]) byId(id).hidden = true;
  atEnd = true;
}

let running = null;
let again = false;

// Reads the conversation again; calls that come meanwhile are answered by one more.
async function refresh() {
  if (running) { again = true; return running; }
  running = (async () => {
    let good = false;
    do {
      again = false;
      good = await readOnce(talk?.id);
    } while (again && talk);
    return good;
  })();
  try {
    return await running;
  } finally {
    running = null;
  }
}

async function readOnce(id) {
  if (!id) return false;
  try {
    const found = await get(one(id));
    if (talk?.id !== id) { again = true; return false; }
    accept(found);
    return true;
  } catch (problem) {
    if (talk?.id === id && !talk.row) byId("nothing").hidden = false;
    notify(problem.message, true);
    return false;
  }
}

function accept(found) {
  const before = talk.row;
  Object.assign(talk, {row: found.row, can: found.can, ways: found.ways, brief: found.brief});
  takeLines(found.lines, true);
  if (talk.before === null || !before) talk.before = found.before;
  markRead(found.row);
  draw(before === null);
  drawList();
}

function takeLines(lines, newest) {
  if (newest && lines.length) {
    const since = Date.parse(lines[0].at);
    const kept = new Set(lines.map((line) => line.id));
    for (const [id, line] of talk.lines) {
      if (Date.parse(line.at) >= since && !kept.has(id)) talk.lines.delete(id);
    }
  }
  const known = talk.lines.size > 0;
  for (const line of lines) {
    if (known && newest && !talk.lines.has(line.id)) tell(line);
    talk.lines.set(line.id, line);
  }
}

function tell(line) {
  if (line.who === "customer") announce(say("new_message", {text: line.text}));
  else if (line.who !== "note") {
    announce(say("new_answer", {name: line.name || words[`who_${line.who}`], text: line.text}));
  }
}

async function older() {
  const {id, before} = talk;
  if (!before) return;
  try {
    const page = await get(one(id, "/lines"), {before});
    if (talk?.id !== id) return;
    const height = scroller.scrollHeight - scroller.scrollTop;
    takeLines(page.lines, false);
    talk.before = page.before ?? 0;
    drawTalk();
    scroller.scrollTop = scroller.scrollHeight - height; // the reader's place stays
  } catch (problem) {
    notify(problem.message, true);
  }
}

export function rowChanged(id) {
  if (talk?.id === id) refresh();
}

// ---- drawing --------------------------------------------------------------------------------

function draw(first) {
  drawHead();
  byId("scroller").hidden = false;
  drawTalk();
  byId("panel").hidden = false;
  const given = {id: talk.id, row: talk.row, can: talk.can, ways: talk.ways, brief: talk.brief, lines: [...talk.lines.values()]};
  if (first) {
    openComposer(given, act);
    openCustomer(given);
    talk.opened();
  } else {
    updateComposer(given);
    updateCustomer(given);
  }
}

function drawTalk() {
  const number = new Map([...talk.lines.keys()].map((key, place) => [key, place]));
  const lines = [...talk.lines.values()].sort((a, b) =>
    Date.parse(a.at) - Date.parse(b.at) || number.get(a.id) - number.get(b.id));
  const newest = lines.at(-1)?.id;
  const changed = newest !== byId("lines").lastElementChild?.dataset.key;
  drawLines(byId("lines"), lines, (line) => judgeBar(talk.id, line, lineChanged, talk.can.why), (line) => line.turn);
  byId("older").hidden = !talk.before;
  if (atEnd) toEnd();
  else if (changed) byId("newer").hidden = false;
}

function toEnd() {
  scroller.scrollTop = scroller.scrollHeight;
}

function lineChanged(line) {
  if (!talk?.lines.has(line.id)) return;
  talk.lines.set(line.id, line);
  const place = [...byId("lines").children].findIndex((node) => node.dataset.key === line.id);
  drawTalk();
  byId("lines").children[place]?.querySelector(".judge button")?.focus();
}

function fact(className, text, label) {
  return text ? el("li", {class: className, title: label}, theirs("span", "", text)) : null;
}

function facts(row) {
  const running = row.state < 4;
  return el("ul", {class: "facts"},
    row.priority === "urgent" && fact("urgent", words.urgent),
    row.alarmed && fact("urgent", words.alarmed),
    ...row.items.map((kind) => fact("urgent", words[`item_${kind}`])),
    row.message && fact("urgent", messageText(row.message, words.message_left)),
    row.handoff && fact("", say("reason", {reason: row.handoff.reason})),
    row.handoff?.skill && fact("", say("skill", {skill: row.handoff.skill})),
    running && row.window_ends && (isOver(row.window_ends)
      ? fact("urgent", words.window_over)
      : el("li", {"data-until": row.window_ends}, say("window_left", {time: untilText(row.window_ends)}))),
    row.state < 2 && fact("", say("left", {count: row.left})));
}

function drawHead() {
  const {row, can} = talk;
  const focused = document.activeElement?.closest?.("#talk-head button")?.id;
  const actions = [
    can.take && button(can.take_over ? words.take_over : words.take, () => act("take"),
      {id: "act-take", class: can.take_over ? "" : "main", "aria-keyshortcuts": "t"}),
    can.transfer && button(words.transfer, () => act("transfer"),
      {id: "act-transfer", "aria-haspopup": "dialog", "aria-keyshortcuts": "x"}),
    can.end && button(words.end, () => act("end"), {id: "act-end", "aria-keyshortcuts": "e"}),
    button(words.customer, toggleCustomer,
      {id: "act-customer", class: "quiet", "aria-expanded": "false", "aria-controls": "panel"}),
  ];
  const state = words.states[row.state];
  byId("talk-head").replaceChildren(
    button("‹", () => { location.hash = ""; }, {class: "quiet back", id: "act-back", "aria-label": words.back}),
    el("div", {class: "who"},
      theirs("h2", "", row.name),
      theirs("p", "hint", [row.account, state, row.state === 3 && row.servicer_name].filter(Boolean).join(" · "))),
    el("div", {class: "actions"}, ...actions),
    facts(row));
  byId("talk-head").querySelector("h2").tabIndex = -1;
  byId("talk-head").hidden = false;
  if (focused) byId(focused)?.focus();
}

// ---- acting ---------------------------------------------------------------------------------

const QUESTIONS = {
  take: () => (talk.can.take_over
    ? confirm(words.take_over, say("take_over_confirm", {name: talk.row.servicer_name}), words.take_over)
    : confirm(words.take, words.take_confirm, words.take)),
  end: () => confirm(words.end, words.end_confirm, words.end),
};

async function colleague(id) {
  const {colleagues} = await get(one(id, "/colleagues"));
  const others = colleagues.filter((each) => each.userid !== talk.row.servicer);
  return chooseColleague(others);
}

// Does one thing with the conversation that is open; returns whether it was done.
export async function act(action, body = {}) {
  if (!talk?.row || (action in talk.can && !talk.can[action])) return false;
  const {id, row} = talk;
  try {
    if (action === "transfer") body.to = await colleague(id);
    if (action === "transfer" ? !body.to : QUESTIONS[action] && !(await QUESTIONS[action]())) return false;
    const silent = action === "pause" || action === "resume";
    const found = await post(one(id, `/${action}`), silent ? {} : {version: row.version, ...body});
    if (talk?.id === id) accept(found);
    notify(words[`done_${action}`]);
    return true;
  } catch (problem) {
    notify(problem.message, true);
    if (problem.data?.row && talk?.id === id) accept(problem.data);
    return false;
  }
}

byId("older").addEventListener("click", older);
byId("newer").addEventListener("click", () => {
  toEnd();
  scroller.focus();
});
// What the reader did is told from what the page did by itself: room that is taken away moves the
// end, too, and the observer below follows it in the same frame.
let measured = "";
const measure = () => `${scroller.scrollHeight}/${scroller.clientHeight}`;
scroller.addEventListener("scroll", () => {
  if (measure() !== measured) return;
  atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
  if (atEnd) byId("newer").hidden = true;
});
// Drafts below, and pictures within, come later and take their room.
const sizes = new ResizeObserver(() => {
  measured = measure();
  if (atEnd) toEnd();
});
sizes.observe(scroller);
sizes.observe(byId("lines"));
setInterval(() => {
  for (const node of byId("talk-head").querySelectorAll("[data-until]")) {
    node.textContent = isOver(node.dataset.until)
      ? words.window_over : say("window_left", {time: untilText(node.dataset.until)});
  }
}, 1000);
