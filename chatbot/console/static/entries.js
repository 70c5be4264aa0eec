// The form of an entry works without this: rows come without a new page, the preview follows what
// is typed, bytes are counted, and nobody leaves with something unsaved by mistake.

const form = document.getElementById("entry");
const PAUSE = 500;
const encoder = new TextEncoder();
let changed = false;
let waiting = 0;
let asked = 0;

function count(field) {
  const label = document.querySelector(`label[for="${CSS.escape(field.id)}"]`);
  if (!label) return;
  let shown = label.querySelector(".bytes");
  if (!shown) {
    shown = document.createElement("span");
    shown.className = "bytes";
    label.append(shown);
  }
  const bytes = encoder.encode(field.value.trim()).length;
  shown.textContent = `${bytes}/${field.dataset.bytes}`;
  shown.classList.toggle("over", bytes > Number(field.dataset.bytes));
}

function countAll() {
  document.querySelectorAll("[data-bytes]").forEach(count);
}

async function ask(act) {
  const data = new FormData(form);
  data.set("do", act);
  const number = ++asked;
  const response = await fetch(form.action, {method: "POST", body: data});
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return number === asked ? page : null;
}

async function preview() {
  try {
    const page = await ask("preview");
    const drawn = page?.getElementById("preview");
    if (!drawn) return;
    document.getElementById("preview").replaceWith(drawn);
    // Pictures that were sent are kept: they need not be sent again.
    keep(page);
  } catch {
    // The next pause asks again, and saving tells what is wrong.
  }
}

function keep(page) {
  const sent = page.querySelector("input[name=pictures]");
  if (!sent) return;
  form.elements.pictures.value = sent.value;
  for (const upload of form.querySelectorAll("input[type=file]")) {
    const name = upload.name.replace(/\.upload$/, "");
    const path = page.querySelector(`input[name="${CSS.escape(name)}"]`);
    if (upload.files.length && path?.value) {
      form.elements[name].value = path.value;
      upload.value = "";
    }
  }
}

async function rows(act) {
  try {
    const page = await ask(act);
    const parts = page?.querySelector("#entry .columns");
    if (!parts) return false;
    form.querySelector(".columns").replaceWith(parts);
    form.elements.pictures.value = page.querySelector("input[name=pictures]").value;
    countAll();
    const added = act.startsWith("add") || act === "variant";
    const messages = form.querySelectorAll(".message");
    if (added && messages.length) messages[messages.length - 1].querySelector("input:not([type=hidden]), textarea")?.focus();
    return true;
  } catch {
    return false;
  }
}

if (form) {
  countAll();
  form.addEventListener("input", (event) => {
    changed = true;
    if (event.target.dataset.bytes) count(event.target);
    clearTimeout(waiting);
    waiting = setTimeout(preview, PAUSE);
  });
  form.addEventListener("submit", async (event) => {
    const act = event.submitter?.value ?? "preview";
    clearTimeout(waiting);
    if (act === "save") {
      changed = false;
      return;
    }
    event.preventDefault();
    changed = true;
    if (act === "preview") await preview();
    else await rows(act);
  });
  addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });
}
