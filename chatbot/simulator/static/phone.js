import {avatar, body, drawList, el, follow, post, say, show, words} from "/static/chat.js";

const phone = document.querySelector(".phone");
const {customer, kf, friend} = phone.dataset; // either an account (kf) or a member (friend)
const page = `/phone/${encodeURIComponent(customer)}`;
const chatAddress = friend
  ? `${page}/friend/${encodeURIComponent(friend)}/chat` : `${page}/chat?kf=${encodeURIComponent(kf)}`;
const chat = document.getElementById("chat");
const input = document.getElementById("text");
const panel = document.getElementById("panel");
const plus = document.getElementById("plus");

const act = (message) => post("/control/messages", {customer, open_kfid: kf, ...message});
const sendText = (content, menuId) => friend
  ? post("/control/friends", {
    userid: friend, customer, by: "customer", message: {msgtype: "text", text: {content}},
  })
  : act({msgtype: "text", text: menuId ? {content, menu_id: menuId} : {content}});

function drawBubble(item) {
  if (item.recalled) {
    const key = item.sender === "customer" ? "recalled_own" : "recalled_other";
    return el("li", {class: "time"}, words[key]);
  }
  const mine = item.sender === "customer";
  const recall = mine && item.recallable > 0
    ? el("button", {type: "button", class: "recall", onclick: () => act({recall: item.id})}, words.recall)
    : null;
  const plainBody = ["image"].includes(item.msgtype) ? "bare" : "";
  return el("li", {class: `message ${mine ? "own" : "other"}`},
    avatar(mine ? phone.dataset.name : account(), mine ? "c1" : "square brand"),
    el("div", {class: "column"},
      item.name && el("small", {class: "sender"}, item.name),
      el("div", {class: `bubble ${plainBody}`},
        body(item.msgtype, item.content, (choice) => sendText(choice.content, choice.id)))),
    recall);
}

function account() {
  return document.querySelector("h1").textContent;
}

async function refresh() {
  const answer = await fetch(chatAddress);
  if (!answer.ok) return;
  const data = await answer.json();
  drawList(chat, data.bubbles, drawBubble);
  const next = data.bubbles.filter((b) => b.sender === "customer" && !b.recalled && b.recallable > 0)
    .map((b) => b.recallable);
  if (next.length) scheduleRefresh(Math.min(...next));
}

// The recall button goes away by itself after two minutes.
let timer = 0;
function scheduleRefresh(seconds) {
  clearTimeout(timer);
  timer = setTimeout(refresh, seconds * 1000 + 200);
}

const enter = () => act({
  msgtype: "event", event_type: "enter_session",
  scene: new URLSearchParams(location.search).get("scene") ?? "",
  scene_param: new URLSearchParams(location.search).get("scene_param") ?? "",
});

document.getElementById("composer").addEventListener("submit", async (event) => {
  event.preventDefault();
  const content = input.value.trim();
  if (!content) return;
  input.value = "";
  if (!(await sendText(content))) input.value = content;
  chat.scrollTop = chat.scrollHeight;
});

plus?.addEventListener("click", () => {
  panel.hidden = !panel.hidden;
  plus.setAttribute("aria-expanded", String(!panel.hidden));
});

document.getElementById("picture")?.addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (!file) return;
  const target = `/control/media?type=image&filename=${encodeURIComponent(file.name)}`;
  try {
    const answer = await fetch(target, {method: "POST", body: file});
    if (!answer.ok) throw new Error(answer.statusText);
    await act({msgtype: "image", image: {media_id: (await answer.json()).media_id}});
  } catch (error) {
    show(say("send_failed", {error: error.message}));
  }
  event.target.value = "";
});

document.getElementById("location")?.addEventListener("click", () => act({
  msgtype: "location",
  location: {
    latitude: 30.27819, longitude: 120.16469,
    name: words.location_name, address: words.location_address,
  },
}));

document.getElementById("link")?.addEventListener("click", () => act({
  msgtype: "link",
  link: {
    title: words.link_title, desc: words.link_desc,
    url: `${location.origin}/`, pic_url: `${location.origin}/static/icon.svg`,
  },
}));

document.getElementById("enter")?.addEventListener("click", (event) => {
  event.target.closest("details").open = false;
  enter();
});

follow(`${page}/events`, refresh);

// Opening the page opens the chat, once in a tab: reloading is not entering again.
const entered = `entered ${customer} ${kf}`;
if (!friend && !sessionStorage.getItem(entered)) {
  sessionStorage.setItem(entered, "1");
  enter();
}
