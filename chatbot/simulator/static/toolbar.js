// The toolbar beside a chat (聊天工具栏): frames the app's page and answers its JS object as the
// WeCom client does. The page stands on another origin; both sides check whom they hear.

import {call, el} from "/static/chat.js";

const WIDE = matchMedia("(min-width: 1180px)");
const KINDS = ["config", "agentConfig"];

function failed(api, words, errCode = -1) {
  return {errCode, errMsg: `${api}:fail ${words}`};
}

function done(api, more = {}) {
  return {errCode: 0, errMsg: `${api}:ok`, ...more};
}

// target: {open_kfid, customer} or {friend}; send and open act on the chats of this client.
function makeClient({send, open}) {
  const granted = new Map(); // "page kind" -> names that the page may call

  async function register(page, kind, {url, corpId, agentId, jsApiList, signature}) {
    const verdict = await call(
      "/jssdk/register", {kind, url, corp_id: corpId, agent_id: agentId, signature},
    ).catch((error) => failed(kind, error.message));
    if (verdict.errCode !== 0) return verdict;
    const names = (jsApiList ?? []).filter((name) => Object.hasOwn(calls, name));
    granted.set(`${page} ${kind}`, new Set(names));
    const checkResult = Object.fromEntries((jsApiList ?? []).map((name) => [name, names.includes(name)]));
    return done(kind, {checkResult});
  }

  const calls = {
    getContext: (target) => done("getContext", {
      entry: target.friend ? "single_chat_tools" : "single_kf_tools", shareTicket: "",
    }),
    getCurExternalContact: (target) => done("getCurExternalContact", {
      userId: target.friend ?? target.customer,
    }),
    sendChatMessage: (target, params) => send(target, params).then(
      () => done("sendChatMessage"), (error) => failed("sendChatMessage", error.message)),
    openEnterpriseChat: (_, {userIds = [], externalUserIds = []}) => {
      const people = [userIds, externalUserIds].map((ids) => [ids].flat().join(";").split(";").filter(Boolean));
      const one = people[0].length === 0 && people[1].length === 1;
      return one && open({friend: people[1][0]})
        ? done("openEnterpriseChat") : failed("openEnterpriseChat", "unsupported chat");
    },
    navigateToKfChat: (_, {openKfId, externalUserId}) => (
      open({open_kfid: openKfId, customer: externalUserId})
        ? done("navigateToKfChat") : failed("navigateToKfChat", "no permission")),
  };

  // All of these need the app's identity, as those for customers do; see ww.register.
  return async (target, {page, api, params}) => {
    if (KINDS.includes(api)) return register(page, api, params);
    if (!granted.get(`${page} agentConfig`)?.has(api)) return failed(api, "no permission");
    return calls[api](target, params);
  };
}

export function makeToolbar({desk, page, send, open}) {
  const pane = document.getElementById("tools");
  if (!pane) return {follow() {}}; // no sidebar is configured
  const origin = desk.dataset.sidebar;
  const holder = document.getElementById("tools-frame");
  const toggle = document.getElementById("tools-toggle");
  let target = null;
  let shown = WIDE.matches;
  let frame = null;
  let client = null;

  function load() {
    client = makeClient({send, open});
    frame = el("iframe", {title: holder.dataset.title, src: `${page}/sidebar`, allow: "clipboard-write"});
    // A store of cookies for this tab alone: the members of two tabs do not log each other out.
    frame.setAttribute("credentialless", "");
    holder.replaceChildren(frame);
  }

  function unload() {
    frame = client = null;
    holder.replaceChildren();
  }

  function draw() {
    const visible = target !== null && shown;
    toggle.hidden = target === null;
    toggle.setAttribute("aria-expanded", String(visible));
    pane.hidden = !visible;
    desk.classList.toggle("with-tools", visible);
    if (visible && frame === null) load();
  }

  function show(yes) {
    shown = yes;
    draw();
  }

  window.addEventListener("message", async (event) => {
    if (frame === null || event.source !== frame.contentWindow || event.origin !== origin) return;
    if (typeof event.data?.page !== "string" || typeof event.data.api !== "string") return;
    const result = await client(target, {params: {}, ...event.data});
    event.source.postMessage({page: event.data.page, id: event.data.id, result}, origin);
  });

  toggle.addEventListener("click", () => {
    show(!shown);
    if (shown) document.getElementById("tools-close").focus();
  });
  document.getElementById("tools-close").addEventListener("click", () => {
    show(false);
    toggle.focus();
  });
  WIDE.addEventListener("change", () => show(WIDE.matches));

  return {
    // Stands beside another chat, or beside none: then a new page is opened, as the client does.
    follow(next) {
      if (JSON.stringify(next) !== JSON.stringify(target)) unload();
      target = next;
      draw();
    },
  };
}
