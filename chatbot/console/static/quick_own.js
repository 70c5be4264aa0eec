// One's own quick replies: kept, changed, deleted, put in order. Nobody else sees them.

import {get, post} from "./api.js";
import {ask, finish} from "./dialogs.js";
import {button, el, say, theirs, words} from "./dom.js";
import {notify} from "./notices.js";

const box = el("div", {class: "own"});
let own = null;

// Shows them all; with `fresh` ({text}) the form for a new one stands open.
export async function manageOwn(fresh) {
  try {
    own = await get("quick-replies");
  } catch (problem) {
    return notify(problem.message, true);
  }
  if (fresh) drawForm({title: "", folder: "", ...fresh});
  else drawList();
  await ask(words.quick_mine, box);
}

async function act(path, body, told) {
  try {
    own = await post(path, body);
    notify(told);
    return true;
  } catch (problem) {
    notify(problem.message, true);
    return false;
  }
}

// ---- the list -------------------------------------------------------------------------------

function drawList(focused = null) {
  box.replaceChildren(
    own.replies.length
      ? el("ul", {class: "own-list"}, ...own.replies.map(drawReply)) : el("p", {class: "hint"}, words.quick_mine_none),
    el("div", {class: "dialog-buttons"},
      button(words.close, () => finish(null)),
      button(words.quick_new, () => drawForm({title: "", folder: "", text: ""}), {class: "main", id: "own-new"})));
  (box.querySelector(focused ?? "#own-new") ?? box.querySelector("#own-new")).focus();
}

function drawReply(reply, place) {
  const {title, id} = reply;
  const last = place === own.replies.length - 1;
  return el("li", {},
    el("div", {class: "own-words"}, theirs("b", "", title),
      reply.folder && theirs("small", "", reply.folder), theirs("p", "", reply.text)),
    el("div", {class: "own-acts"},
      button("↑", () => move(place, -1), {class: "quiet", id: `own-up-${id}`, disabled: place === 0, "aria-label": say("quick_up", {title})}),
      button("↓", () => move(place, 1), {class: "quiet", id: `own-down-${id}`, disabled: last, "aria-label": say("quick_down", {title})}),
      button(words.quick_edit_short, () => drawForm(reply), {class: "quiet", id: `own-edit-${id}`, "aria-label": say("quick_edit", {title})}),
      removeButton(reply)));
}

// The first press asks, the second one does it.
function removeButton({id, title}) {
  const node = button(words.quick_remove_short, async () => {
    if (!node.classList.contains("danger")) {
      node.classList.add("danger");
      node.textContent = words.quick_remove_sure;
      node.setAttribute("aria-label", `${words.quick_remove_sure}“${title}”`);
      return;
    }
    if (await act(`quick-replies/${id}/remove`, {}, words.quick_removed)) drawList();
  }, {class: "quiet", "aria-label": say("quick_remove", {title})});
  node.addEventListener("blur", () => {
    node.classList.remove("danger");
    node.textContent = words.quick_remove_short;
    node.setAttribute("aria-label", say("quick_remove", {title}));
  });
  return node;
}

async function move(place, step) {
  const ids = own.replies.map((reply) => reply.id);
  const [id] = ids.splice(place, 1);
  ids.splice(place + step, 0, id);
  const name = step < 0 ? "up" : "down";
  if (await act("quick-replies/order", {ids}, "")) drawList(`#own-${name}-${id}:not(:disabled), #own-edit-${id}`);
}

// ---- the form -------------------------------------------------------------------------------

const labelled = (caption, input) => el("label", {class: "field"}, el("span", {}, caption), input);

function variablePicker(text) {
  const select = el("select", {
    "aria-label": words.quick_variable,
    onchange: () => {
      text.setRangeText(select.value, text.selectionStart, text.selectionEnd, "end");
      select.value = "";
      text.focus();
    },
  }, el("option", {value: ""}, words.quick_variable),
  ...own.variables.map((name) => el("option", {value: name}, name)));
  return select;
}

function drawForm(reply) {
  const {longest} = own;
  const title = el("input", {maxlength: String(longest.title), autocomplete: "off", value: reply.title, placeholder: words.quick_title_hint});
  const folder = el("input", {maxlength: String(longest.folder), autocomplete: "off", value: reply.folder, list: "own-folders"});
  const text = el("textarea", {rows: "5", maxlength: String(longest.text)});
  text.value = reply.text;
  const path = reply.id ? `quick-replies/${reply.id}` : "quick-replies";
  box.replaceChildren(el("form", {
    class: "own-form",
    onsubmit: async (event) => {
      event.preventDefault();
      const body = {title: title.value, folder: folder.value, text: text.value};
      if (await act(path, body, words.quick_saved)) drawList(reply.id && `#own-edit-${reply.id}`);
    },
  },
  labelled(words.quick_title, title), labelled(words.quick_folder, folder),
  el("datalist", {id: "own-folders"}, ...own.folders.map((name) => el("option", {value: name}))),
  labelled(words.quick_text, text), variablePicker(text),
  el("div", {class: "dialog-buttons"},
    button(words.cancel, () => drawList(reply.id && `#own-edit-${reply.id}`)),
    el("button", {type: "submit", class: "main"}, words.quick_save))));
  title.focus();
}
