// What is to be done for a customer: a section that any page can show.

import {caseActs} from "./case_acts.js";
import {caseItem, promiseItem, stampOf} from "./case_item.js";
import {button, el, fill, keep} from "./dom.js";
import {notify} from "./notices.js";

// Draws into `element` the cases below the address `base`, asked for by `api` ({get, post}).
// `captions` are their captions, `me` is the viewer's userid. What seems promised stands in
// `promises`, if given, else in the section. `reveal` brings the section into sight before its form
// opens, `changed` is told of every change. `ground` has the focus after the form is closed.
export function mountCases(element, {base, api, captions, me, promises, reveal = () => {}, changed = () => {}}) {
  let form = null;
  let closed = false;
  const path = `${base}/cases`;
  const add = button(captions.add, () => openForm(), {id: "case-add", "aria-keyshortcuts": "c"});
  const formBox = el("div", {class: "form-box"});
  const promised = promises ?? el("div", {});
  const waiting = el("ul", {class: "promises", "aria-label": captions.promised});
  const open = el("ul", {class: "case-list", "aria-label": captions.title});
  const none = el("p", {class: "hint"}, captions.none);
  const over = el("ul", {class: "case-list"});
  const summary = el("summary", {}, fill(captions.closed, {count: 0}));
  const ended = el("details", {class: "ended", hidden: true}, summary, over);
  const acts = caseActs({api, captions, me, formBox, refresh, reveal, ground: () => add});

  // What the form begins with is known when the section is.
  const withForm = {
    ...acts,
    change: (where, item) => acts.change(where, item, form),
    reopen: (where, item) => acts.reopen(where, item, form),
    acceptChanged: (where, item) => acts.acceptChanged(where, item, form),
  };

  async function openForm() {
    await begun;
    if (form && !closed) acts.create(path, form);
  }

  function draw(found) {
    form = found.form;
    const drawCase = (item) => caseItem(item, {api, path: `${path}/${item.id}`, captions, me, acts: withForm});
    const drawPromise = (item) =>
      promiseItem(item, {path: `${path}/proposals/${item.id}`, captions, me, acts: withForm});
    const running = found.cases.filter((item) => item.state === "open");
    const finished = found.cases.filter((item) => item.state !== "open");
    keep(waiting, found.proposals, (item) => `p${item.id}`, stampOf, drawPromise);
    keep(open, running, (item) => `c${item.id}`, stampOf, drawCase);
    keep(over, finished, (item) => `c${item.id}`, stampOf, drawCase);
    waiting.hidden = !found.proposals.length;
    none.hidden = running.length > 0;
    ended.hidden = !finished.length;
    summary.textContent = fill(captions.closed, {count: finished.length});
  }

  async function read() {
    try {
      const found = await api.get(path);
      if (!closed) draw(found);
    } catch (problem) {
      if (!closed) notify(problem.message, true);
    }
  }

  async function refresh() {
    await read();
    changed();
  }

  promised.replaceChildren(waiting);
  waiting.hidden = true;
  element.replaceChildren(
    el("div", {class: "section-head"}, el("h3", {}, captions.title), add),
    formBox, ...(promises ? [] : [promised]), none, open, ended);
  const begun = read();

  return {
    refresh: read,
    openForm,
    close() {
      closed = true;
      promised.replaceChildren();
      element.replaceChildren();
    },
  };
}
