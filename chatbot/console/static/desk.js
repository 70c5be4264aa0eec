// What the page knows: the open conversations, which list is shown, and what has been read.

import {isOver, serverNow} from "./times.js";

const me = document.body.dataset.userid;
const SEEN = "desk-seen";

export const rows = new Map();
export const desk = {list: "mine", more: 0, query: ""};
const seen = new Map(load());

function load() {
  try {
    return JSON.parse(localStorage.getItem(SEEN) ?? "[]");
  } catch {
    return [];
  }
}

export const isMine = (row) => row.state === 3 && row.servicer === me;

const LISTS = {
  mine: isMine,
  waiting: (row) => row.waits,
  all: (row) => row.state < 4 || row.waits,
};

// What is urgent comes first, then what was left out of hours, then what is pressing.
function rank(row) {
  if (!row.waiting_since) return 4;
  if (row.priority === "urgent") return 0;
  if (row.message && row.waits) return 1;
  return row.priority === "high" ? 2 : 3;
}

// Full hours of the 48 that are left: within one, who waits longest comes first, so that whoever
// asks again does not lose their place. What is over cannot be answered here and comes last.
function hoursLeft(row) {
  if (!row.window_ends || isOver(row.window_ends)) return Infinity;
  return Math.floor((Date.parse(row.window_ends) - serverNow()) / 3_600_000);
}

// Of the same rank what can be answered least long, then who waits longest, then who spoke last.
function compare(a, b) {
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (a.waiting_since && b.waiting_since) {
    const [left, right] = [hoursLeft(a), hoursLeft(b)];
    if (left !== right) return left < right ? -1 : 1;
    return Date.parse(a.waiting_since) - Date.parse(b.waiting_since) || a.id.localeCompare(b.id);
  }
  const spoke = (row) => Date.parse(row.last?.at ?? 0);
  return spoke(b) - spoke(a) || a.id.localeCompare(b.id);
}

export const shownRows = (list) => [...rows.values()].filter(LISTS[list]).sort(compare);
export const count = (list) => [...rows.values()].filter(LISTS[list]).length;

// Takes a change of the stream over; returns the ids of what has changed.
export function take(change) {
  const touched = change.rows.map((row) => row.id).concat(change.gone);
  if (change.whole) rows.clear();
  for (const row of change.rows) rows.set(row.id, row);
  for (const id of change.gone) rows.delete(id);
  desk.more = change.more;
  return new Set(touched);
}

export function isUnread(row) {
  const at = row.last?.who === "customer" ? row.last.at : null;
  return at !== null && row.state !== 4 && (row.waits || row.state > 1) && (seen.get(row.id) ?? "") !== at;
}

export function markRead(row) {
  if (!row.last || seen.get(row.id) === row.last.at) return;
  seen.set(row.id, row.last.at);
  const kept = [...seen].filter(([id]) => rows.has(id)).slice(-1000);
  try {
    localStorage.setItem(SEEN, JSON.stringify(kept));
  } catch {
    // Without storage, marks last as long as the page.
  }
}
