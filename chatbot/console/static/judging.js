// Saying whether the bot was right: 对, 错, or what it should have been.

import {get, one, post} from "./api.js";
import {chooseEntry} from "./dialogs.js";
import {button, el, say, words} from "./dom.js";
import {notify} from "./notices.js";

async function searchEntries(id, text) {
  try {
    return (await get(one(id, "/entries"), {q: text})).items;
  } catch (problem) {
    notify(problem.message, true);
    return [];
  }
}

// `changed` is called with the line as it is then; `why`: whoever reads may see all it was decided by.
export function judgeBar(id, line, changed, why = false) {
  if (!line.turn) return null;
  const tell = async (verdict, faq_id = null) => {
    try {
      const answer = await post(one(id, `/turns/${line.turn}/judgement`), {verdict, faq_id});
      changed({...line, judged: answer.judged});
      if (answer.judged) notify(words.judge_saved);
    } catch (problem) {
      notify(problem.message, true);
    }
  };
  const choose = async () => {
    const candidates = line.candidates.map((each) => ({faq_id: each.faq_id, title: each.question}));
    const entry = await chooseEntry(candidates, (text) => searchEntries(id, text));
    if (entry) await tell("other", entry.faq_id);
  };
  const group = (...children) =>
    el("div", {class: "judge", role: "group", "aria-label": words.judge}, ...children,
      why ? el("a", {class: "quiet", href: `/console/try/turns/${line.turn}`}, words.why_said) : null);
  if (line.judged) {
    const {verdict, by, question} = line.judged;
    return group(el("span", {}, say(`judged_${verdict}`, {name: by, question})),
      button(words.judge_undo, () => tell("none"), {class: "quiet"}));
  }
  return group(
    button(words.right, () => tell("right"), {class: "quiet"}),
    button(words.wrong, () => tell("wrong"), {class: "quiet"}),
    button(words.should_be, choose, {class: "quiet", "aria-haspopup": "dialog"}));
}
