// Draws template cards; tap(key, selected) is called for buttons that call back.

import {el, words} from "/static/chat.js";

function linkOf(part) {
  return part?.type === 1 && /^https?:\/\//i.test(part.url ?? "") ? part.url : undefined;
}

function anchor(url, attributes, ...children) {
  return url
    ? el("a", {...attributes, href: url, target: "_blank", rel: "noopener noreferrer"}, ...children)
    : el("span", attributes, ...children);
}

function titles(part, kind) {
  return part && (part.title || part.desc)
    ? el("div", {class: `card-${kind}`},
      part.title && el("b", {}, part.title), part.desc && el("small", {}, part.desc))
    : null;
}

function lines(card) {
  const rows = (card.horizontal_content_list ?? []).map((line) => el("div", {class: "card-line"},
    el("dt", {}, line.keyname), el("dd", {}, anchor(linkOf(line), {}, line.value ?? ""))));
  return rows.length ? el("dl", {class: "card-lines"}, ...rows) : null;
}

function quote(part) {
  return part ? anchor(linkOf(part), {class: "card-quote"},
    part.title && el("b", {}, part.title), part.quote_text) : null;
}

function choices(card) {
  const questions = [card.button_selection, card.checkbox, ...(card.select_list ?? [])].filter(Boolean);
  return questions.map((question) => {
    const multiple = question === card.checkbox && question.mode === 1;
    const select = el("select", {
      "data-question": question.question_key, multiple,
      "aria-label": question.title || question.question_key,
    }, ...question.option_list.map((option) => el("option", {
      value: option.id, selected: option.id === question.selected_id || Boolean(option.is_checked),
    }, option.text)));
    return el("label", {class: "card-choice"}, question.title, select);
  });
}

function selectedIn(node) {
  return Object.fromEntries([...node.querySelectorAll("select")].map((select) => [
    select.dataset.question, [...select.selectedOptions].map((option) => option.value),
  ]));
}

function buttons(card, update, tap, root) {
  const replaced = update?.button?.replace_name ?? card.replace_text;
  if (replaced) return [el("button", {type: "button", disabled: true}, replaced)];
  const all = [...(card.button_list ?? [])];
  if (card.submit_button) all.push({...card.submit_button, text: card.submit_button.text || words.submit});
  return all.map((button) => button.type === 1
    ? anchor(button.url, {class: "card-button"}, button.text)
    : el("button", {
      type: "button", class: `style-${button.style ?? 1}`,
      onclick: () => tap(button.key, selectedIn(root())),
    }, button.text));
}

function jumps(card) {
  return (card.jump_list ?? []).map((jump) => anchor(linkOf(jump), {class: "card-jump"}, jump.title));
}

function menu(card, tap) {
  const actions = card.action_menu?.action_list ?? [];
  return actions.length ? el("details", {class: "card-menu"},
    el("summary", {"aria-label": card.action_menu.desc || "⋯"}, "⋯"),
    ...actions.map((action) => el("button", {type: "button", onclick: () => tap(action.key, {})}, action.text)))
    : null;
}

export function drawCard(card, update, tap) {
  let node = null;
  const row = buttons(card, update, tap, () => node);
  const content = [
    card.source?.desc && el("div", {class: `card-source color-${card.source.desc_color ?? 0}`}, card.source.desc),
    menu(card, tap),
    anchor(linkOf(card.card_action), {class: "card-main"},
      titles(card.main_title, "title"),
      titles(card.emphasis_content, "emphasis"),
      card.sub_title_text && el("p", {class: "card-sub"}, card.sub_title_text)),
    quote(card.quote_area),
    lines(card),
    ...choices(card),
    ...jumps(card),
    row.length ? el("div", {class: "card-buttons"}, ...row) : null,
  ];
  node = el("article", {class: "card"}, ...content);
  return node;
}
