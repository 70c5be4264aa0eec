// What is to be done today, late things first: a list that any page can show.

import {caseActs} from "./case_acts.js";
import {caseItem, isLate, promiseItem, stampOf} from "./case_item.js";
import {button, el, fill, keep, theirs} from "./dom.js";
import {notify} from "./notices.js";

// Draws into `element`. `api` is {get, post}; `talkBase` says where a conversation's calls go, `open`
// opens one by its id; `counted` is told how many things the viewer has to do.
export function mountToday(element, {api, captions, me, talkBase, open, counted = () => {}}) {
  let whose = "mine";
  let form = null;
  let asked = 0;
  const formBox = el("div", {class: "form-box"});
  const none = el("p", {class: "hint"}, captions.today_none);
  const late = el("p", {class: "case-facts"});
  const list = el("ul", {class: "case-list", "aria-label": captions.today_title});
  const waiting = el("ul", {class: "promises", "aria-label": captions.promised});
  const choices = ["mine", "all"].map((name) =>
    button(captions[`today_${name}`], () => choose(name), {class: "pick", "data-whose": name}));
  const acts = caseActs({api, captions, me, formBox, refresh, reveal: () => {}, ground: () => choices[0]});
  const withForm = {
    ...acts,
    change: (path, item) => acts.change(path, item, form),
    reopen: (path, item) => acts.reopen(path, item, form),
    acceptChanged: (path, item) => acts.acceptChanged(path, item, form),
  };

  function customer(item) {
    if (!item.conversation) {
      return el("p", {class: "case-customer"}, theirs("span", "", item.customer), el("small", {}, captions.no_talk));
    }
    return el("p", {class: "case-customer"}, button(item.customer, () => open(item.conversation),
      {class: "link", dir: "auto", "aria-label": fill(captions.open_talk, {customer: item.customer})}));
  }

  function draw(found) {
    form = found.form;
    const count = found.cases.filter(isLate).length;
    keep(list, found.cases, (item) => `c${item.id}`, stampOf, (item) =>
      caseItem(item, {api, path: `cases/${item.id}`, captions, me, acts: withForm, leading: customer(item)}));
    keep(waiting, found.proposals, (item) => `p${item.id}`, stampOf, (item) => promiseItem(item, {
      path: `${talkBase(item.conversation)}/cases/proposals/${item.id}`, captions, me, acts: withForm,
      leading: customer(item),
    }));
    waiting.hidden = !found.proposals.length;
    none.hidden = found.cases.length > 0;
    late.hidden = !count;
    late.textContent = fill(captions.today_late, {count});
    for (const each of choices) each.setAttribute("aria-pressed", String(each.dataset.whose === whose));
  }

  async function refresh() {
    const number = ++asked;
    try {
      const mine = await api.get("cases/today");
      counted(mine.cases.length);
      const shown = whose === "all" ? await api.get("cases/today", {whose}) : mine;
      if (number === asked) draw(shown);
    } catch (problem) {
      if (number === asked) notify(problem.message, true);
    }
  }

  function choose(name) {
    whose = name;
    return refresh();
  }

  element.replaceChildren(
    el("div", {class: "picks", role: "group", "aria-label": captions.today_whose}, ...choices),
    late, formBox, waiting, none, list);
  return {refresh};
}
