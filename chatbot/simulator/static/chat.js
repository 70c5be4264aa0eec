// What the phone and the staff page share: drawing messages, calling the simulator, live updates.

export const words = JSON.parse(document.getElementById("words").textContent);

export function say(key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// Makes an element: el("p", {class: "x", onclick: f}, "text", child, …).
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(key.slice(2), value);
    else if (typeof value === "boolean") node[key] = value;
    else if (value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child || child === 0));
  return node;
}

const notice = document.getElementById("notice");
let noticeTimer = 0;

export function show(text, seconds = 5) {
  notice.textContent = text;
  notice.hidden = !text;
  clearTimeout(noticeTimer);
  if (text && seconds) noticeTimer = setTimeout(() => { notice.hidden = true; }, seconds * 1000);
}

// Returns the answer; throws an Error whose message is for people.
export async function call(path, body) {
  const answer = await fetch(path, {
    method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body),
  });
  const data = await answer.json();
  if (!answer.ok) throw new Error(data.error);
  return data;
}

export async function post(path, body) {
  try {
    return await call(path, body);
  } catch (error) {
    show(say("send_failed", {error: error.message}));
    return null;
  }
}

// Calls refresh at once and whenever the simulator says so, at most a few times a second.
export function follow(url, refresh) {
  let running = false;
  let again = false;
  const run = async () => {
    if (running) { again = true; return; }
    running = true;
    do {
      again = false;
      await refresh();
      await new Promise((resolve) => setTimeout(resolve, 150));
    } while (again);
    running = false;
  };
  const source = new EventSource(url);
  source.onopen = () => show("");
  source.onmessage = run;
  source.onerror = () => show(words.offline, 0);
  return run;
}

const clockFormat = new Intl.DateTimeFormat("zh-CN", {hour: "2-digit", minute: "2-digit"});
const dateFormat = new Intl.DateTimeFormat("zh-CN", {
  month: "long", day: "numeric", hour: "2-digit", minute: "2-digit",
});

export function timeText(seconds) {
  const moment = new Date(seconds * 1000);
  const today = moment.toDateString() === new Date().toDateString();
  return (today ? clockFormat : dateFormat).format(moment);
}

// One line for lists: the text itself, or the kind of message in brackets.
export function summary(msgtype, content) {
  if (msgtype === "text" || msgtype === "markdown") return (content.content ?? "").split("\n")[0];
  if (msgtype === "template_card") return content.main_title?.title ?? content.sub_title_text ?? "";
  if (msgtype === "textcard") return content.title;
  if (msgtype === "news") return content.articles[0].title;
  if (msgtype === "msgmenu") return content.head_content || words.msgmenu;
  return words[msgtype] ?? say("unsupported", {msgtype});
}

// Keeps a list of messages in step with the data: unchanged ones stay, so nothing flickers.
export function drawList(list, items, draw) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const kept = new Map([...list.children].map((node) => [node.dataset.id, node]));
  let lastTime = 0;
  let place = list.firstChild;
  const put = (id, stamp, make) => {
    let node = kept.get(id);
    kept.delete(id);
    if (!node || node.dataset.stamp !== stamp) {
      const fresh = make();
      fresh.dataset.id = id;
      fresh.dataset.stamp = stamp;
      if (node) { if (place === node) place = node.nextSibling; node.remove(); }
      node = fresh;
    }
    if (node === place) place = node.nextSibling;
    else list.insertBefore(node, place);
  };
  for (const item of items) {
    if (item.at - lastTime > 300) {
      put(`t${item.id}`, "", () => el("li", {class: "time"}, timeText(item.at)));
    }
    lastTime = item.at;
    put(item.id, stampOf(item), () => draw(item));
  }
  for (const node of kept.values()) node.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function stampOf(item) {
  return JSON.stringify([item.recalled, item.recallable > 0, item.update, item.note]);
}

// ---- message bodies -------------------------------------------------------------------------

function safeLink(url, ...children) {
  const good = /^https?:\/\//i.test(url ?? "");
  return good
    ? el("a", {href: url, target: "_blank", rel: "noopener noreferrer"}, ...children)
    : el("span", {}, ...children);
}

// Text with line breaks and the <a href> that messages may hold.
export function richText(text) {
  const holder = el("div", {class: "text"});
  const pattern = /<a\s+href=["']([^"']+)["'][^>]*>(.*?)<\/a>|(https?:\/\/[^\s<，。；）]+)/gs;
  let last = 0;
  for (const match of text.matchAll(pattern)) {
    holder.append(text.slice(last, match.index));
    holder.append(safeLink(match[1] ?? match[3], match[2] ?? match[3]));
    last = match.index + match[0].length;
  }
  holder.append(text.slice(last));
  return holder;
}

function inlineMarkdown(text) {
  const pattern = /\*\*(.+?)\*\*|\[(.+?)\]\((.+?)\)|`(.+?)`|<font color="(info|comment|warning)">(.*?)<\/font>/g;
  const parts = [];
  let last = 0;
  for (const match of text.matchAll(pattern)) {
    parts.push(text.slice(last, match.index));
    if (match[1]) parts.push(el("b", {}, match[1]));
    else if (match[2]) parts.push(safeLink(match[3], match[2]));
    else if (match[4]) parts.push(el("code", {}, match[4]));
    else parts.push(el("span", {class: `font-${match[5]}`}, match[6]));
    last = match.index + match[0].length;
  }
  return [...parts, text.slice(last)];
}

function markdown(text) {
  const holder = el("div", {class: "text markdown"});
  for (const line of text.split("\n")) {
    const heading = /^#{1,6}\s+(.*)/.exec(line);
    const quote = /^>\s?(.*)/.exec(line);
    if (heading) holder.append(el("b", {class: "line"}, ...inlineMarkdown(heading[1])));
    else if (quote) holder.append(el("span", {class: "line quote"}, ...inlineMarkdown(quote[1])));
    else holder.append(el("span", {class: "line"}, ...inlineMarkdown(line)));
  }
  return holder;
}

function menuBody(content, onclick) {
  const entries = (content.list ?? []).map((entry) => {
    const item = entry[entry.type];
    if (entry.type === "click") {
      return el("button", {
        type: "button", class: "menu-link", disabled: !onclick,
        onclick: () => onclick?.(item),
      }, item.content);
    }
    if (entry.type === "view") return safeLink(item.url, item.content);
    return el("span", {}, item.content);
  });
  return el("div", {class: "menu-message"},
    content.head_content && el("p", {}, content.head_content),
    ...entries.map((entry) => el("div", {class: "menu-entry"}, entry)),
    content.tail_content && el("p", {class: "faint"}, content.tail_content));
}

function box(title, detail, kind) {
  return el("div", {class: "box"},
    el("div", {class: "box-text"}, el("b", {}, title), detail && el("small", {}, detail)),
    el("span", {class: `thumb ${kind}`, "aria-hidden": "true"}));
}

// Draws the body of any message; onMenu is called with a tapped menu item.
export function body(msgtype, content, onMenu) {
  switch (msgtype) {
    case "text": return richText(content.content ?? "");
    case "markdown": return markdown(content.content ?? "");
    case "image": return el("img", {
      class: "picture", src: `/media/${encodeURIComponent(content.media_id)}`, alt: words.image_alt,
    });
    case "msgmenu": return menuBody(content, onMenu);
    case "location": return box(content.name || words.location, content.address, "map");
    case "link": return safeLink(content.url, box(content.title, content.desc, "page"));
    case "miniprogram": return box(content.title || words.miniprogram, words.miniprogram, "page");
    case "textcard": return safeLink(content.url, box(content.title, plain(content.description), "page"));
    case "news": return el("div", {}, ...content.articles.map(
      (article) => safeLink(article.url, box(article.title, article.description, "page"))));
    default: return el("div", {class: "text faint"}, words[msgtype] ?? say("unsupported", {msgtype}));
  }
}

function plain(html) {
  return (html ?? "").replace(/<br\s*\/?>/g, "\n").replace(/<[^>]+>/g, "");
}

export function avatar(name, kind = "") {
  return el("span", {class: `avatar ${kind}`, "aria-hidden": "true"}, (name || "·").slice(-1));
}
