// The keyboard: single keys where nobody types, Escape everywhere.

import {focusReply, showQuick} from "./composer.js";
import {isCustomerOpen, openCaseForm, toggleCustomer} from "./customer.js";
import {isOpen as isDialogOpen, showHelp} from "./dialogs.js";
import {byId} from "./dom.js";
import {chooseList, focusList, move, openCursor} from "./list.js";
import {act} from "./talk.js";
import {showToday} from "./desk_today.js";

const LISTS = {1: "mine", 2: "waiting", 3: "all", 4: "ended"};

function isTyping(target) {
  return target.closest?.("input, textarea, select, [contenteditable]") !== null;
}

const focusSearch = () => { byId("search").focus(); byId("search").select(); };

export function listenToKeys({go, isOpen}) {
  const keys = {
    j: () => move(1),
    k: () => move(-1),
    r: () => focusReply(),
    f: focusSearch,
    "/": () => showQuick() || focusSearch(),
    t: () => act("take"),
    x: () => act("transfer"),
    e: () => act("end"),
    c: () => openCaseForm(),
    d: () => showToday(),
    "?": () => showHelp(),
  };

  const escape = (target) => {
    if (isCustomerOpen()) toggleCustomer();
    else if (target === byId("search")) { chooseList("all"); focusList(); }
    else if (isOpen()) { go(""); focusList(); }
  };

  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || isDialogOpen()) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return escape(event.target);
    if (isTyping(event.target)) return;
    const name = LISTS[event.key];
    const action = name ? () => chooseList(name) : keys[event.key];
    if (!action) {
      // Enter opens what the cursor stands on, wherever nothing else would hear it.
      if (event.key === "Enter" && event.target === document.body) openCursor();
      return;
    }
    event.preventDefault();
    action();
  });
}
