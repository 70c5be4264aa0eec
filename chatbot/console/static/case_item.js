// One case, and one promise, as people read them and act on them.

import {button, el, fill, theirs} from "./dom.js";
import {notify} from "./notices.js";
import {dayText, instantText, isOver, serverNow, timeText} from "./times.js";

export const isLate = (item) => item.state === "open" && isOver(item.due_at);

function facts(item, captions, me) {
  const open = item.state === "open";
  return el("p", {class: "case-facts"},
    isLate(item) && el("span", {class: "badge alarmed"}, captions.late),
    el("span", {}, open
      ? fill(captions.until, {due: instantText(item.due_at, captions)}) : captions[`state_${item.state}`]),
    el("span", {}, captions[`kind_${item.kind}`]),
    theirs("span", "", !item.owner ? captions.nobody_yet : item.owner === me ? captions.me : item.owner_name),
    item.phone && theirs("span", "", fill(captions.phone, {phone: item.phone})),
    item.wanted && theirs("span", "", fill(captions.wanted, {wanted: item.wanted})));
}

// The record is asked for when somebody wants to see it.
function record(item, {api, path, captions, acts}) {
  const box = el("div", {class: "record"});
  const show = async () => {
    let found = null;
    try {
      found = await api.get(path);
    } catch (problem) {
      return notify(problem.message, true);
    }
    const input = el("input", {maxlength: "500", autocomplete: "off", placeholder: captions.note_new, "aria-label": captions.note_new});
    box.replaceChildren(
      ...found.said.map((text) => el("blockquote", {}, el("small", {}, captions.said), theirs("p", "", text))),
      el("ol", {class: "history"}, ...found.history.map((line) => el("li", {},
        el("time", {datetime: line.at}, timeText(line.at)), theirs("span", "", line.text)))),
      el("form", {
        class: "one-line",
        onsubmit: async (event) => {
          event.preventDefault();
          if (!await acts.note(path, input.value)) return;
          await show();
          box.querySelector("input").focus();
        },
      }, input, el("button", {type: "submit"}, captions.note_add)));
  };
  return el("details", {ontoggle: (event) => { if (event.target.open) show(); }},
    el("summary", {}, captions.record), box);
}

// `acts` does what the buttons say; `leading` may stand in front: whose it is.
export function caseItem(item, {api, path, captions, me, acts, leading}) {
  const open = item.state === "open";
  return el("li", {class: isLate(item) ? "case late" : "case", tabindex: "-1"}, ...[
    leading,
    theirs("b", "case-title", item.title),
    facts(item, captions, me),
    item.unreachable && theirs("p", "unreachable", item.unreachable),
    el("div", {class: "case-acts"}, ...(open ? [
      button(captions.done, () => acts.close(path, item, true), {"aria-label": `${captions.done}：${item.title}`}),
      button(captions.change, () => acts.change(path, item), {class: "quiet", "aria-label": `${captions.change}：${item.title}`}),
      button(captions.drop, () => acts.close(path, item, false), {class: "quiet", "aria-label": `${captions.drop}：${item.title}`}),
    ] : [
      button(captions.reopen, () => acts.reopen(path, item), {class: "quiet", "aria-label": `${captions.reopen}：${item.title}`}),
    ])),
    record(item, {api, path, captions, acts}),
  ].filter(Boolean));
}

// What is drawn depends on the moment as well: late ones, and what is today.
export const stampOf = (item) => JSON.stringify([item, isLate(item), dayText(serverNow())]);

export function promiseItem(item, {path, captions, me, acts, leading}) {
  const values = {words: item.words, name: item.name, due: instantText(item.due_at, captions)};
  // Who came in by a one-time link cannot do it: somebody has to be chosen.
  const alone = item.userid.includes(":");
  return el("li", {class: "promise"}, ...[
    leading,
    theirs("p", "", fill(item.userid === me ? captions.promised_mine : captions.promised_by, values)),
    el("div", {class: "case-acts"},
      !alone && button(captions.accept, () => acts.accept(path, item), {class: "main"}),
      button(captions.accept_changed, () => acts.acceptChanged(path, item), {class: "quiet"}),
      button(captions.dismiss, () => acts.dismiss(path), {class: "quiet"})),
  ].filter(Boolean));
}
