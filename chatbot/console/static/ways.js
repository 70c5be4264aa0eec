// How a customer can be reached when nothing can be sent in the conversation.

import {copyText} from "./copying.js";
import {button, el, keep, say, theirs, words} from "./dom.js";
import {notify} from "./notices.js";
import {timeText} from "./times.js";

const me = document.body.dataset.userid;

function friend({userid, name}, customer) {
  const key = userid === me ? "way_friend_me" : "way_friend";
  return theirs("span", "", say(key, {name, customer}));
}

async function copy(number) {
  await copyText(number);
  notify(say("way_copied", {number}));
}

function phone({number, told_in, at}) {
  return el("span", {class: "way-phone"},
    el("span", {}, words.way_phone, theirs("b", "", number)),
    el("small", {}, say(`way_told_${told_in}`, {date: timeText(at)})),
    button(words.copy, () => copy(number), {"aria-label": say("way_copy", {number})}));
}

export function drawWays(list, {row, ways}) {
  const found = [
    ...ways.followers.map((each) => ({key: `f${each.userid}`, each, draw: () => friend(each, row.name)})),
    ...ways.phones.map((each) => ({key: `p${each.number}`, each, draw: () => phone(each)})),
  ];
  if (!found.length) found.push({key: "none", each: "", draw: () => el("span", {}, words.way_none)});
  keep(list, found, (way) => way.key, (way) => JSON.stringify(way.each), (way) => el("li", {}, way.draw()));
}
