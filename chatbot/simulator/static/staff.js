import {
  avatar, body, call, drawList, el, follow, post, say, show as tell, summary, timeText, words,
} from "/static/chat.js";
import {drawCard} from "/static/card.js";
import {makeToolbar} from "/static/toolbar.js";

const desk = document.querySelector(".desk");
const {userid} = desk.dataset;
const page = `/staff/${encodeURIComponent(userid)}`;
const byId = (id) => document.getElementById(id);
const chat = byId("chat");
const input = byId("text");
const dialog = byId("transfer-dialog");

let data = {accounts: [], sessions: [], chat: null, friends: [], friend: null, app: []};
let chosen = null; // {open_kfid, customer}, {friend: customer}, "app" or null
let seen = 0;

const toolbar = makeToolbar({desk, page, send: sendFromToolbar, open: openFromToolbar});
const act = (action, more = {}) => post("/control/staff", {userid, action, ...chosen, ...more});

// ---- the list on the left -------------------------------------------------------------------

function drawSwitches() {
  byId("switches").replaceChildren(...data.accounts.map((account) => el("label", {class: "switch"},
    el("input", {
      type: "checkbox", role: "switch", checked: account.receiving,
      "aria-label": say("receive_label", {account: account.name}),
      onchange: (event) => post("/control/staff", {
        userid, action: "receive", open_kfid: account.open_kfid, on: event.target.checked,
      }),
    }),
    el("span", {class: "track", "aria-hidden": "true"}),
    el("span", {}, account.name),
    el("small", {}, account.receiving ? words.receiving : words.stopped))));
}

function isChosen(target) {
  return chosen !== null && Object.entries(target).every(([name, value]) => chosen[name] === value);
}

function drawEntry({nickname, last, at}, target) {
  return el("button", {
    type: "button", class: `entry ${isChosen(target) ? "current" : ""}`,
    "aria-current": isChosen(target) ? "true" : undefined,
    onclick: () => choose(target),
  },
  avatar(nickname, "c1"),
  el("span", {class: "entry-text"},
    el("b", {}, nickname),
    el("small", {}, last ? (last.recalled ? words.recalled_other : summary(last.msgtype, last.content)) : "")),
  at && el("time", {}, timeText(at)));
}

const drawSession = (session) => drawEntry(
  session, {open_kfid: session.open_kfid, customer: session.customer});
const drawFriend = (friend) => drawEntry(friend, {friend: friend.customer});

function drawLists() {
  const sections = data.accounts.length ? ["pool", "mine", "past"] : [];
  const friends = data.friends.length
    ? [el("section", {"aria-label": words.friends}, el("h2", {}, words.friends), ...data.friends.map(drawFriend))]
    : [];
  byId("lists").replaceChildren(...sections.map((place) => {
    const sessions = data.sessions.filter((session) => session.place === place);
    const count = place !== "past" && sessions.length ? el("span", {class: `badge ${place}`}, String(sessions.length)) : null;
    return el("section", {"aria-label": words[place]},
      el("h2", {}, words[place], count),
      ...(sessions.length ? sessions.map(drawSession) : [el("p", {class: "empty"}, words[`none_${place}`])]));
  }), ...friends);
  const last = data.app.at(-1);
  byId("app-last").textContent = last ? summary(last.msgtype, last.content) : words.none_app;
  const fresh = data.app.filter((message) => !message.own && message.at > seen).length;
  byId("app-badge").textContent = String(fresh);
  byId("app-badge").hidden = fresh === 0 || chosen === "app";
  byId("open-app").classList.toggle("current", chosen === "app");
}

// ---- the chat on the right ------------------------------------------------------------------

function drawBubble(item) {
  if (item.recalled) {
    const key = item.sender === "customer" ? "recalled_customer" : "recalled_own";
    return el("li", {class: "time"}, words[key]);
  }
  const mine = item.sender !== "customer";
  const name = item.sender === "bot" ? words.bot : item.name;
  const recall = item.servicer === userid && item.recallable > 0
    ? el("button", {type: "button", class: "recall", onclick: () => act("recall", {msgid: item.id})}, words.recall)
    : null;
  return el("li", {class: `message ${mine ? "own" : "other"} ${item.sender}`},
    avatar(mine ? name : (data.chat ?? data.friend).nickname, mine ? "square" : "c1"),
    el("div", {class: "column"},
      mine && el("small", {class: "sender"}, name),
      el("div", {class: `bubble ${item.msgtype === "image" ? "bare" : ""}`}, body(item.msgtype, item.content))),
    recall);
}

function drawAppMessage(message) {
  if (message.recalled) return el("li", {class: "time"}, words.recalled_app);
  const tap = (key, selected) => post("/control/staff", {
    userid, action: "click", msgid: message.id, key, selected,
  });
  const card = message.msgtype === "template_card";
  return el("li", {class: `message ${message.own ? "own" : "other"}`},
    avatar(message.own ? desk.dataset.name : "应", message.own ? "square" : "square app"),
    el("div", {class: "column"}, card
      ? drawCard(message.content, message.update, tap)
      : el("div", {class: "bubble"}, body(message.msgtype, message.content))));
}

function drawChat() {
  const session = data.chat;
  const app = chosen === "app";
  const friend = data.friend;
  const show = (id, yes) => { byId(id).hidden = !yes; };
  const ended = session?.place === "past";
  show("take", session?.place === "pool");
  show("transfer", session?.place === "mine");
  show("end", session?.place === "mine");
  show("reenter", ended);
  show("composer", app || friend || session?.place === "mine");
  toolbar.follow(chosen && !app && (session || friend) ? chosen : null);
  desk.classList.toggle("open", chosen !== null);
  if (app) {
    byId("title").textContent = byId("open-app").querySelector("b").textContent;
    byId("subtitle").textContent = "";
    drawList(chat, data.app, drawAppMessage);
  } else if (session) {
    byId("title").textContent = session.nickname;
    byId("subtitle").textContent = [session.account, session.state,
      session.servicer && say("served_by", {name: session.servicer})].filter(Boolean).join(" · ");
    drawList(chat, session.bubbles, drawBubble);
  } else if (friend) {
    byId("title").textContent = friend.nickname;
    byId("subtitle").textContent = words.friend_subtitle;
    drawList(chat, friend.bubbles, drawBubble);
  } else {
    byId("title").textContent = "";
    byId("subtitle").textContent = "";
    chat.replaceChildren(el("li", {class: "placeholder"}, words.choose));
  }
}

async function refresh() {
  const {open_kfid: kf = "", customer = "", friend = ""} = chosen ?? {};
  const answer = await fetch(`${page}/desk?${new URLSearchParams({kf, customer, friend})}`);
  if (!answer.ok) return;
  data = await answer.json();
  if (chosen === "app") seen = data.app.at(-1)?.at ?? seen;
  drawSwitches();
  drawLists();
  drawChat();
}

async function choose(target) {
  chosen = target;
  chat.replaceChildren();
  await refresh();
  chat.scrollTop = chat.scrollHeight;
  if (!byId("composer").hidden) input.focus();
}

// ---- what a page in the toolbar does -----------------------------------------------------------

const friendMessage = (customer, message) => ({userid, customer, by: "member", message});

// Puts a message into the chat that the page stands beside; throws what is wrong.
async function sendFromToolbar(target, message) {
  try {
    if (target.friend) await call("/control/friends", friendMessage(target.friend, message));
    else if (data.chat?.place !== "mine") throw new Error(words.tool_read_only);
    else await call("/control/staff", {userid, action: "send", ...target, message});
  } catch (error) {
    tell(say("send_failed", {error: error.message}));
    throw error;
  }
}

// Opens another chat if this member has it.
function openFromToolbar(target) {
  const has = target.friend
    ? data.friends.some((friend) => friend.customer === target.friend)
    : data.sessions.some((each) => each.open_kfid === target.open_kfid && each.customer === target.customer);
  if (has) setTimeout(() => choose(target)); // after the page has its answer: it goes with the chat
  return has;
}

// ---- acting ---------------------------------------------------------------------------------

byId("open-app").addEventListener("click", () => choose("app"));
byId("back").addEventListener("click", () => choose(null));
for (const action of ["take", "end", "reenter"]) {
  byId(action).addEventListener("click", () => act(action));
}

byId("transfer").addEventListener("click", () => {
  const others = data.accounts.find((account) => account.open_kfid === chosen.open_kfid)?.others ?? [];
  byId("transfer-to").replaceChildren(...(others.length
    ? others.map((other) => el("option", {value: other.userid}, other.name))
    : [el("option", {value: ""}, words.transfer_none)]));
  byId("transfer-ok").disabled = others.length === 0;
  dialog.showModal();
});

dialog.addEventListener("close", () => {
  if (dialog.returnValue === "ok") act("transfer", {to: byId("transfer-to").value});
  dialog.returnValue = "";
});

byId("composer").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = input.value.trim();
  if (!text) return;
  input.value = "";
  const sent = chosen === "app"
    ? await post("/control/app_messages", {userid, msgtype: "text", content: text})
    : chosen.friend
      ? await post("/control/friends", friendMessage(chosen.friend, {msgtype: "text", text: {content: text}}))
      : await act("answer", {text});
  if (!sent) input.value = text;
  chat.scrollTop = chat.scrollHeight;
});

follow(`${page}/events`, refresh);
