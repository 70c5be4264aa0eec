// Begins everything.

import {openCaseForm} from "./customer.js";
import {heardNews, startToday} from "./desk_today.js";
import {showHelp} from "./dialogs.js";
import {byId} from "./dom.js";
import {startDuty} from "./duty.js";
import {rows, take} from "./desk.js";
import {follow} from "./live.js";
import {listenToKeys} from "./keys.js";
import {chooseList, drawList, setOpened, startList} from "./list.js";
import {closeTalk, openTalk, rowChanged} from "./talk.js";

// The address says which conversation is open, so that the browser's own way back works.
// Behind a stroke it may say that a case is to be noted down there: cards link so.
const address = () => decodeURIComponent(location.hash.slice(1)).split("/");
const wanted = () => address()[0];

export function go(id) {
  if (wanted() === id) show();
  else location.hash = id ? encodeURIComponent(id) : "";
}

function show() {
  const id = wanted();
  document.body.classList.toggle("has-talk", Boolean(id));
  setOpened(id || null);
  if (!id) return closeTalk();
  const noting = address()[1] === "case";
  if (noting) history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  openTalk(id, noting ? openCaseForm : undefined);
}

let first = true;

follow((change) => {
  const touched = take(change);
  if (first) {
    first = false;
    const waiting = [...rows.values()].some((row) => row.waits);
    const mine = [...rows.values()].some((row) => row.servicer === document.body.dataset.userid);
    chooseList(mine ? "mine" : waiting ? "waiting" : "all");
  }
  drawList();
  heardNews();
  // After a break, what is open may have changed in ways that its row does not tell.
  const id = wanted();
  if (id && (change.whole || touched.has(id))) rowChanged(id);
});

startList(go);
startToday(go);
startDuty();
listenToKeys({go, isOpen: () => Boolean(wanted())});
addEventListener("hashchange", show);
byId("show-help").addEventListener("click", showHelp);
show();
