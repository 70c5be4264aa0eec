// Draws the lines of a conversation, on the read-only page and in the console alike.

import {button, el, keep, theirs, words} from "./dom.js";
import {timeText} from "./times.js";

const LONG = 600;

function foldable(text) {
  const body = theirs("span", "text", text);
  if (text.length < LONG && text.split("\n").length < 16) return [body];
  body.classList.add("folded");
  const toggle = button(words.expand, () => {
    const folded = body.classList.toggle("folded");
    toggle.textContent = folded ? words.expand : words.fold;
    toggle.setAttribute("aria-expanded", String(!folded));
  }, {class: "quiet unfold", "aria-expanded": "false"});
  return [body, toggle];
}

function broken(holder) {
  holder.replaceChildren(el("span", {class: "detail"}, words.media_broken));
}

function file(line) {
  const holder = el("span", {});
  const lost = () => broken(holder);
  const link = (caption) => el("a", {href: `${line.media}?download`, download: ""}, caption);
  if (line.kind === "image") {
    holder.append(el("img", {src: line.media, alt: words.image_alt, loading: "lazy", onerror: lost}));
  } else if (line.kind === "voice") {
    holder.append(
      el("audio", {controls: true, src: line.media, preload: "none", "aria-label": line.text}),
      link(words.voice_download));
  } else if (line.kind === "video") {
    holder.append(
      el("video", {controls: true, src: line.media, preload: "metadata", "aria-label": line.text}),
      link(words.file_download));
  } else {
    holder.append(theirs("span", "text", line.text), link(words.file_download));
  }
  return holder;
}

function state(line) {
  if (!line.state && !line.reason) return null;
  const parts = [];
  if (line.state) parts.push(el("span", {class: line.trouble ? "trouble" : ""}, line.state));
  if (line.state && line.reason) parts.push(" · ");
  if (line.reason) parts.push(line.reason);
  return el("p", {class: "why"}, ...parts);
}

function drawLine(line, extra) {
  if (line.who === "note") {
    return el("li", {class: "note"},
      theirs("p", "said", line.state && line.trouble ? `${line.text} · ${line.state}` : line.text),
      el("p", {class: "by"}, el("time", {datetime: line.at}, timeText(line.at))));
  }
  const name = line.name || words[`who_${line.who}`];
  return el("li", {class: `${line.who} ${line.kind === "draft" ? "draft" : ""}`},
    el("p", {class: "by"}, el("bdi", {}, name), " ",
      el("time", {datetime: line.at}, timeText(line.at))),
    el("div", {class: "said"},
      ...(line.media ? [file(line)] : foldable(line.text)),
      line.detail && theirs("span", "detail", line.detail)),
    state(line),
    extra?.(line));
}

// `extra` makes what stands below a line; `stamp` says with what else a line changes.
export function drawLines(list, lines, extra, stamp = () => "") {
  if (!lines.length) {
    list.replaceChildren(el("li", {class: "note"}, el("p", {class: "said"}, words.empty)));
    return;
  }
  keep(list, lines, (line) => line.id,
    (line) => JSON.stringify([line.at, line.text, line.state, line.reason, line.judged, stamp(line)]),
    (line) => drawLine(line, extra));
}
