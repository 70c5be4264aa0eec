// Beside a chat in the WeCom client: begins everything, and keeps in step with the conversation.

import {callAbout, get, one} from "./api.js";
import {client} from "./client.js";
import {openCustomer, updateCustomer} from "./customer.js";
import {heardNews, startToday} from "./desk_today.js";
import {button, byId, el, say, words} from "./dom.js";
import {judgeBar} from "./judging.js";
import {drawLines} from "./lines.js";
import {follow} from "./live.js";
import {draft, startOffers} from "./offers.js";

const me = document.body.dataset.userid;
const BOT_LINES = 6;
let customer = null;
let lines = [];
let heard = null;

function trouble(message) {
  byId("main").hidden = true;
  byId("trouble").hidden = false;
  byId("trouble").replaceChildren(el("p", {}, message), button(words.retry, () => location.reload()));
}

// ---- what is shown --------------------------------------------------------------------------

function standing(row) {
  if (!row) return words.friend_chat;
  const name = row.servicer === me ? words.you : row.servicer_name;
  return [
    row.account, row.state === 3 ? say("with_person", {name}) : words.states[row.state],
  ].filter(Boolean).join(" · ");
}

function drawHead(row) {
  byId("name").textContent = row?.name ?? words.title;
  byId("standing").replaceChildren(...[
    standing(row),
    row && el("a", {href: `/console/#${encodeURIComponent(row.id)}`, target: "_blank", rel: "noopener"}, words.in_console),
  ].filter(Boolean));
}

function drawSaid() {
  const said = lines.filter((line) => line.who === "bot").slice(-BOT_LINES).map((line) => ({...line, media: ""}));
  byId("said").hidden = customer.friend;
  if (said.length) drawLines(byId("lines"), said, (line) => judgeBar(customer.id, line, judged), (line) => line.turn);
  else byId("lines").replaceChildren(el("li", {class: "hint"}, words.bot_said_none));
}

function judged(line) {
  lines = lines.map((each) => (each.id === line.id ? {...each, judged: line.judged} : each));
  drawSaid();
  byId("lines").querySelector(`[data-key="${line.id}"] .judge button`)?.focus();
}

async function load(first) {
  const {talk} = await get(one(customer.id));
  const row = talk?.row ?? {account: words.friend_chat, places: [], tags: [], stage: ""};
  lines = talk?.lines ?? [];
  drawHead(talk?.row);
  drawSaid();
  (first ? openCustomer : updateCustomer)({id: customer.id, row, brief: talk?.brief ?? null});
  const newest = lines.filter((line) => line.who === "customer").at(-1)?.id ?? null;
  if (!customer.friend && (first || newest !== heard)) draft(customer.id);
  heard = newest;
}

// ---- beginning ------------------------------------------------------------------------------

async function start() {
  customer = await client.customer();
  callAbout(customer.friend ? "friends" : "customers");
  await load(true);
  startOffers(customer);
  if (byId("show-today")) {
    startToday((id) => open(`/console/#${encodeURIComponent(id)}`, "_blank", "noopener"),
      (id) => `conversations/${encodeURIComponent(id)}`);
  }
  byId("main").hidden = false;
  if (customer.friend) return;
  byId("live").hidden = false;
  let begun = false;
  follow((change) => {
    const news = change.whole || change.rows.length > 0 || change.gone.length > 0;
    if (begun && news) {
      load(false).catch(() => {}); // the stream shows when the server is out of reach
      heardNews();
    }
    begun = true;
  }, one(customer.id, "/stream"), () => get(one(customer.id)));
}

start().catch((problem) => trouble(problem.message || words.problem_internal));
