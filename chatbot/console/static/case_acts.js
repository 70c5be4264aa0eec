// What people do with cases, for every page that shows them.

import {caseForm} from "./case_form.js";
import {fill} from "./dom.js";
import {notify} from "./notices.js";

const UNCHANGED = ["title", "due", "kind", "owner", "phone"];

// `formBox` is where forms open, `refresh` draws everything anew, `reveal` brings the box into
// sight, and `ground` is what has the focus when what had it is gone.
export function caseActs({api, captions, me, formBox, refresh, reveal, ground}) {
  let opener = null;

  const settle = async () => {
    await refresh();
    if (document.activeElement === document.body || !document.activeElement) ground()?.focus();
  };

  // `item` learns its newest version from a conflict, so that what was written can be saved then.
  const act = async (path, body, told, item = {}) => {
    try {
      const answer = await api.post(path, body);
      notify(told(answer.case));
      await settle();
      return true;
    } catch (problem) {
      notify(problem.message, true);
      if (problem.code === "conflict") { // somebody was faster: this is how it stands
        item.version = problem.data.case.version;
        await settle();
      }
      return false;
    }
  };

  const closeForm = () => {
    formBox.replaceChildren();
    if (opener?.isConnected) opener.focus();
    else ground()?.focus();
  };

  const openForm = (options) => {
    opener = document.activeElement;
    reveal();
    formBox.replaceChildren(caseForm({
      captions, me, cancel: closeForm, ...options,
      submit: async (written) => { if (await options.submit(written)) closeForm(); },
    }));
    formBox.scrollIntoView({block: "nearest"});
    formBox.querySelector("input").focus();
  };

  const owners = (path) => async () => (await api.get(`${path}/owners`)).owners;
  const saved = (item) => (item.owner === me ? captions.saved_mine : fill(captions.saved, {name: item.owner_name}));

  return {
    closeForm,

    create: (path, form) => openForm({
      heading: captions.form_new, caption: captions.save, owners: owners(path), ...form,
      fields: ["title", "due", "kind", "owner", "phone", "note", "said"],
      values: {
        title: form.title, due: form.times.find((time) => time.name === "tomorrow").due,
        kind: "reply", owner: me, ownerName: captions.me, said: form.message?.text,
      },
      submit: ({title, due, kind, owner, phone, note, said}) => act(path, {
        title, due, kind, owner, phone, note, messages: said ? [form.message.id] : [],
      }, saved),
    }),

    change: (path, item, form) => openForm({
      heading: captions.form_change, caption: captions.save_change, owners: owners(path), ...form,
      fields: ["title", "due", "kind", "owner", "phone", "note"],
      values: {...item, owner: item.owner ?? me, ownerName: item.owner ? item.owner_name : captions.me},
      submit: (written) => {
        const changes = UNCHANGED.filter((name) => written[name] !== (item[name] ?? ""));
        const body = Object.fromEntries(changes.map((name) => [name, written[name]]));
        return act(`${path}/change`, {version: item.version, note: written.note, ...body}, () => captions.changed, item);
      },
    }),

    reopen: (path, item, form) => openForm({
      heading: captions.form_reopen, caption: captions.reopen, ...form, fields: ["due", "note"],
      values: {due: form.times[0].due},
      submit: ({due, note}) => act(`${path}/reopen`, {version: item.version, due, note}, () => captions.reopened, item),
    }),

    close: (path, item, done) =>
      act(`${path}/close`, {version: item.version, done}, () => (done ? captions.closed_done : captions.closed_dropped)),

    note: (path, text) => act(`${path}/note`, {text}, () => captions.noted),

    accept: (path) => act(`${path}/accept`, {}, saved),

    acceptChanged: (path, item, form) => openForm({
      heading: captions.form_accept, caption: captions.save, ...form,
      owners: owners(path.replace(/\/proposals\/\d+$/, "")), fields: ["title", "due", "kind", "owner"],
      values: {...item, owner: item.userid.includes(":") ? me : item.userid, ownerName: item.name},
      submit: ({title, due, kind, owner}) => act(`${path}/accept`, {title, due, kind, owner}, saved),
    }),

    dismiss: (path) => act(`${path}/dismiss`, {}, () => captions.dismissed),
  };
}
