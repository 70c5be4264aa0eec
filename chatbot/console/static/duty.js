// Going home: all conversations go to those who are there, and none come until one is back.

import {get, post} from "./api.js";
import {confirm} from "./dialogs.js";
import {byId, say, words} from "./dom.js";
import {notify} from "./notices.js";

const toggle = byId("duty");
let away = false;

function show(state) {
  away = state;
  toggle.textContent = away ? words.duty_back : words.duty_leave;
  toggle.hidden = false;
}

async function change() {
  try {
    if (away) {
      show((await post("duty/back")).away);
      notify(words.duty_is_back);
    } else if (await confirm(words.duty_leave, words.duty_ask, words.duty_leave)) {
      const {count} = await post("duty/leave");
      show(true);
      notify(say("duty_left", {count}));
    }
  } catch (problem) {
    notify(problem.message, true);
  }
}

// Who came in by a one-time link is no member, and serves nobody.
export async function startDuty() {
  if (document.body.dataset.userid.includes(":")) return;
  toggle.addEventListener("click", change);
  try {
    show((await get("duty")).away);
  } catch {
    // Whatever is wrong is told by the list.
  }
}
