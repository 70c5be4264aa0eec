// The form of a case: a new one, changes, a promise taken up, or a closed one opened again.

import {button, el, fill} from "./dom.js";
import {notify} from "./notices.js";

let forms = 0;

function field(caption, input) {
  return el("label", {class: "field"}, el("span", {}, caption), input);
}

function kindField(captions, kinds, kind) {
  const shown = kind && !kinds.includes(kind) ? [kind, ...kinds] : kinds;
  return el("select", {name: "kind"}, ...shown.map((name) =>
    el("option", {value: name, selected: name === kind}, captions[`kind_${name}`])));
}

// Who may do it; the others are asked for when the list is wanted.
function ownerField({captions, me, owner, ownerName, owners}) {
  const option = (userid, name) => el("option", {value: userid, selected: userid === owner},
    userid === me ? captions.me : name);
  const select = el("select", {name: "owner"}, option(owner, ownerName || owner));
  owners().then((found) => {
    const chosen = select.value;
    const known = found.map((each) => option(each.userid, each.name));
    if (!found.some((each) => each.userid === owner)) known.unshift(option(owner, ownerName || owner));
    select.replaceChildren(...known);
    select.value = chosen;
  }).catch((problem) => notify(problem.message, true));
  return select;
}

function dueField({captions, times, due}) {
  const input = el("input", {type: "datetime-local", name: "due", required: true, value: due,
    "aria-label": captions.field_due});
  const picks = times.map((time) => button(captions[`time_${time.name}`], () => {
    input.value = time.due;
    mark();
  }, {class: "pick", "data-due": time.due}));
  const mark = () => picks.forEach((pick) =>
    pick.setAttribute("aria-pressed", String(pick.dataset.due === input.value)));
  input.addEventListener("input", mark);
  mark();
  return el("div", {class: "field", role: "group", "aria-label": captions.field_due},
    el("span", {"aria-hidden": "true"}, captions.field_due),
    picks.length > 0 && el("div", {class: "picks"}, ...picks), input);
}

function moreFields(captions, {phone = "", note = ""}, names) {
  const inputs = [
    names.has("phone") && field(captions.field_phone,
      el("input", {name: "phone", maxlength: "40", autocomplete: "off", value: phone})),
    names.has("note") && field(captions.field_note,
      el("input", {name: "note", maxlength: "500", autocomplete: "off", value: note})),
  ].filter(Boolean);
  if (!names.has("phone")) return inputs;
  return [el("details", {class: "more", open: Boolean(phone)}, el("summary", {}, captions.field_more), ...inputs)];
}

// `values` are what it begins with, `fields` the names of what can be written: title, due, kind,
// owner, phone, note, said. `submit` is told what was written and returns whether that was done.
export function caseForm({captions, me, heading, caption, values, fields, times, kinds, owners, submit, cancel}) {
  const names = new Set(fields);
  const id = `case-form-${++forms}`;
  const said = names.has("said") && values.said
    && el("input", {type: "checkbox", name: "said", checked: true});
  const form = el("form", {
    class: "case-form", "aria-labelledby": id, noValidate: true,
    onsubmit: async (event) => {
      event.preventDefault();
      const written = Object.fromEntries(new FormData(form));
      if (names.has("title") && !written.title.trim()) return wrong("title", captions.problem_title);
      if (names.has("due") && !written.due) return wrong("due", captions.problem_due);
      const save = form.querySelector("[type=submit]");
      save.disabled = true;
      await submit({...written, said: Boolean(said?.checked)});
      save.disabled = false;
    },
    onkeydown: (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault();
      event.stopPropagation();
      cancel();
    },
  }, ...[
    el("h4", {id}, heading),
    names.has("title") && field(captions.field_title, el("input", {
      name: "title", required: true, maxlength: "80", autocomplete: "off", value: values.title ?? "", dir: "auto",
    })),
    names.has("due") && dueField({captions, times, due: values.due}),
    (names.has("kind") || names.has("owner")) && el("div", {class: "pair"},
      names.has("kind") && field(captions.field_kind, kindField(captions, kinds, values.kind)),
      names.has("owner") && field(captions.field_owner, ownerField({
        captions, me, owner: values.owner, ownerName: values.ownerName, owners,
      }))),
    said && el("label", {class: "check"}, said,
      el("span", {dir: "auto"}, fill(captions.field_said, {text: values.said}))),
    ...moreFields(captions, values, names),
    el("div", {class: "form-foot"}, button(captions.cancel, cancel),
      el("button", {type: "submit", class: "main"}, caption)),
  ].filter(Boolean));
  const wrong = (name, problem) => {
    notify(problem, true);
    form.elements[name].focus();
  };
  return form;
}
