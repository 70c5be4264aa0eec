// Where a reply is written: sent by the bot's channel, or copied for the WeCom client.

import {post} from "./api.js";
import {copyText} from "./copying.js";
import {button, byId, el, say, words} from "./dom.js";
import {notify} from "./notices.js";
import {closeQuick, openQuick, suggestDrafts} from "./suggestions.js";
import {isOver, secondsLeft} from "./times.js";
import {drawWays} from "./ways.js";

const RENEW_SECONDS = 40;
//: Somebody who typed nothing for so long has gone away: the bot may answer again.
const IDLE_SECONDS = 180;
const me = document.body.dataset.userid;
const box = byId("composer");
const unsent = new Map(); // what was typed, by conversation
let talk = null;
let act = async () => false;
let mode = "";
let extras = [];
let origin = {};
let used = []; // the suggestions that what is written was made from
let typedAt = 0;
let pausing = false;
let drafted = "";

const input = () => box.querySelector("textarea");

// ---- what can be done now -------------------------------------------------------------------

// Returns how a reply can be given, and what is said about it.
// "away": only another way than this conversation leads to the customer.
function standing({row, can}) {
  if (row.state === 4) return ["away", words.closed_ended];
  if (isOver(row.window_ends)) return ["away", words.closed_window];
  if (row.state === 3 && row.servicer === me) return ["copy", words.only_client];
  if (row.state === 3) {
    return ["closed", say("only_other", {name: row.servicer_name ?? words.somebody})];
  }
  if (row.state === 2) return ["closed", words.only_pool];
  if (!can.answer || row.left === 0) return ["away", words.closed_left];
  return ["send", ""];
}

export function openComposer(given, acting) {
  talk = given;
  act = acting;
  mode = "";
  drafted = "";
  extras = [];
  origin = {};
  used = [];
  box.hidden = false;
  update();
}

export function updateComposer(given) {
  talk = given;
  update();
}

export function closeComposer() {
  if (!talk) return;
  if (input()?.value) unsent.set(talk.id, input().value);
  closeQuick();
  stopPausing();
  talk = null;
  box.replaceChildren();
  box.hidden = true;
}

function update() {
  const [next, note] = standing(talk);
  if (next !== mode) {
    if (input()?.value) unsent.set(talk.id, input().value);
    mode = next;
    build(note);
  }
  box.querySelector(".note-text").textContent = note;
  if (mode === "away") drawWays(byId("ways"), talk);
  drawPaused();
  offerDrafts();
}

// ---- drawing --------------------------------------------------------------------------------

function build(note) {
  const writes = mode === "send" || mode === "copy";
  if (mode !== "send") stopPausing();
  const hint = mode === "send" ? words.reply_hint : words.copy_hint;
  box.dataset.mode = mode;
  box.replaceChildren(...[
    el("p", {class: "note-text hint"}, note),
    mode === "away" && el("ul", {class: "ways", id: "ways", "aria-label": words.ways}),
    writes && el("ul", {class: "drafts", id: "drafts", "aria-label": words.drafts}),
    writes && el("ul", {class: "extras", id: "extras"}),
    writes && el("textarea", {
      id: "reply", rows: "3", maxlength: "10000", placeholder: hint, "aria-label": words.reply,
      "aria-keyshortcuts": "r", onfocus: startPausing, onblur: left, oninput: typed, onkeydown: keyed,
    }),
    writes && el("div", {class: "composer-foot"},
      button(`${words.quick} /`, () => showQuick(), {id: "show-quick", "aria-haspopup": "dialog", "aria-keyshortcuts": "/"}),
      el("span", {class: "paused", id: "paused"}),
      mode === "send"
        ? button(words.send, send, {class: "main", id: "send", title: words.send_hint})
        : button(words.copy, copy, {class: "main", id: "copy"})),
    !writes && el("p", {class: "paused", id: "paused"}),
  ].filter(Boolean));
  if (!writes) return;
  input().value = unsent.get(talk.id) ?? "";
  drawExtras();
  drafted = ""; // the list of drafts is a new one
}

function drawPaused() {
  const {paused_by, paused_name, paused_until} = talk?.row ?? {};
  const place = byId("paused");
  if (!place) return;
  const seconds = paused_until ? secondsLeft(paused_until) : 0;
  const key = paused_by === me ? "paused_mine" : "paused_other";
  const text = seconds ? say(key, {seconds, name: paused_name}) : "";
  if (place.textContent !== text) place.textContent = text;
}

// ---- drafts, quick replies ------------------------------------------------------------------

function lastHeard() {
  return talk.lines.filter((line) => line.who === "customer").at(-1)?.id ?? "";
}

async function offerDrafts() {
  if (!input() || lastHeard() === drafted) return;
  drafted = lastHeard();
  await suggestDrafts(byId("drafts"), talk.id, fill);
}

// Puts a suggestion into the box, to be edited; it replaces what was there only if that is empty.
function fill(item) {
  const field = input();
  if (!field) return;
  field.value = field.value.trim() ? `${field.value.trimEnd()}\n${item.text}` : item.text;
  extras = [...extras, ...item.messages.filter((message) => message.msgtype !== "text")].slice(0, 4);
  origin = item.origin ?? {};
  if (item.id) used = [...new Set([...used, item.id])].slice(-10);
  drawExtras();
  typedAt = Date.now();
  field.focus();
}

function drawExtras() {
  byId("extras").replaceChildren(...(mode === "send" ? extras : []).map((extra) => {
    const kind = words[`kind_${extra.msgtype}`] ?? extra.msgtype;
    return el("li", {}, say("extra", {kind}), button("×", () => {
      extras = extras.filter((each) => each !== extra);
      drawExtras();
    }, {class: "quiet", "aria-label": say("extra_remove", {kind})}));
  }));
}

export function showQuick() {
  if (!input()) return false;
  openQuick(box, talk.id, input().value, (item) => { if (item) fill(item); else input()?.focus(); });
  return true;
}

export function focusReply() {
  input()?.focus();
  return Boolean(input());
}

// ---- the bot is silent while somebody types -------------------------------------------------

let renewing = 0;

function startPausing() {
  typedAt = Date.now();
  if (mode !== "send" || pausing) return;
  pausing = true;
  act("pause");
  renewing = setInterval(() => {
    const here = document.activeElement === input() && document.visibilityState === "visible";
    if (here && Date.now() - typedAt < IDLE_SECONDS * 1000) act("pause");
    else forgetPause();
  }, RENEW_SECONDS * 1000);
}

function forgetPause() {
  clearInterval(renewing);
  pausing = false;
}

function stopPausing() {
  if (!pausing) return;
  forgetPause();
  act("resume");
}

function left(event) {
  if (box.contains(event.relatedTarget) || document.hasFocus() === false) return;
  if (!input()?.value.trim()) stopPausing();
}

function typed() {
  typedAt = Date.now();
  if (!input().value) used = [];
  if (!pausing) startPausing();
}

// ---- sending --------------------------------------------------------------------------------

function keyed(event) {
  if (event.isComposing) return;
  if (event.key === "Enter" && !event.shiftKey && mode === "send") {
    event.preventDefault();
    send();
  } else if (event.key === "/" && !input().value) {
    event.preventDefault();
    showQuick();
  } else if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    input().blur();
    byId("scroller").focus();
  }
}

async function send() {
  const text = input().value.trim();
  if (!text && !extras.length) return notify(words.problem_reply_empty, true);
  const place = byId("send");
  place.disabled = true;
  const {id} = talk;
  const done = await act("answer", {text, extras, used, ...origin});
  if (talk?.id === id && byId("send")) byId("send").disabled = false;
  if (!done) return;
  notify(words.sent);
  unsent.delete(id);
  if (talk?.id !== id || !input()) return;
  input().value = "";
  extras = [];
  origin = {};
  used = [];
  drawExtras();
  input().focus();
}

async function copy() {
  const text = input().value.trim();
  if (!text) return notify(words.problem_reply_empty, true);
  await copyText(text);
  notify(words.copied);
  if (!used.length) return;
  const items = used;
  used = [];
  try {
    await post("quick-replies/use", {items});
  } catch (problem) {
    notify(problem.message, true);
  }
}

setInterval(drawPaused, 1000);
addEventListener("pagehide", () => stopPausing());
