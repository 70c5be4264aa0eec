// The WeCom client around the page, through its JS object `ww`.
// Source: WeCom developer documentation, WECOM-JSSDK (ww.register, getContext,
// getCurExternalContact, sendChatMessage).

import {get} from "./api.js";
import {say, words} from "./dom.js";

const {corp, agent, script} = document.body.dataset;
const CALLS = ["getContext", "getCurExternalContact", "sendChatMessage"];
// Where a member's own chat with a contact is open, of which no server knows the messages.
const FRIEND = ["single_chat_tools", "contact_profile", "chain_single_chat_tools", "chat_attachment"];

class Refusal extends Error {}

const why = (error) => String(error?.errMsg ?? error?.message ?? error).replace(/^\w+:fail\s*/, "");

// Signs this very page once for both registrations; `refused` are marks of tickets.
function signatures(refused) {
  let signed = null;
  return (kind) => async (url) => {
    signed ??= get("signatures", {url, refused: refused.join(",")});
    return (await signed)[kind];
  };
}

// Registers the page; resolves to the marks of tickets that the client refused, and why.
function register(ww, refused) {
  const sign = signatures(refused);
  const used = {};
  const keep = (kind) => async (url) => {
    used[kind] = await sign(kind)(url);
    return used[kind];
  };
  return new Promise((resolve) => {
    const outcomes = {};
    const settle = (kind) => (found) => {
      outcomes[kind] = found;
      if (!("config" in outcomes && "agent_config" in outcomes)) return;
      const bad = Object.keys(outcomes).filter((each) => outcomes[each]);
      resolve({
        refused: bad.map((each) => used[each]?.ticket).filter(Boolean),
        why: bad.length ? why(outcomes[bad[0]]) : "",
      });
    };
    ww.register({
      corpId: corp, agentId: Number(agent), jsApiList: CALLS,
      getConfigSignature: keep("config"), getAgentConfigSignature: keep("agent_config"),
      onConfigSuccess: () => settle("config")(null), onConfigFail: settle("config"),
      onAgentConfigSuccess: () => settle("agent_config")(null), onAgentConfigFail: settle("agent_config"),
    });
  });
}

async function connect() {
  const ww = window.ww;
  if (!ww) throw new Refusal(say("no_script", {script}));
  let outcome = await register(ww, []);
  // A ticket may have been given up by the platform before its time: one more try with new ones.
  if (outcome.refused.length) outcome = await register(ww, outcome.refused);
  return {ww, refused: outcome.why};
}

// Returns whose chat is open: {id, friend}.
async function customer() {
  const {ww, refused} = await connect();
  try {
    const {entry} = await ww.getContext();
    const {userId} = await ww.getCurExternalContact();
    return {id: userId, friend: FRIEND.includes(entry)};
  } catch (error) {
    if (why(error).includes("function not exist")) throw new Refusal(words.outside);
    if (refused) throw new Refusal(say("refused", {why: refused}));
    throw new Refusal(say("no_contact", {why: why(error)}));
  }
}

// Puts messages into the open chat, one after the other; those that went out leave the list.
async function send(messages) {
  while (messages.length) {
    try {
      await window.ww.sendChatMessage(messages[0]);
      messages.shift();
    } catch (error) {
      throw new Refusal(say("not_sent", {why: why(error)}));
    }
  }
}

export const client = {customer, send};
