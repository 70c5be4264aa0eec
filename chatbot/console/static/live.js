// The stream of what changes. Every connection begins with everything, so nothing can be missed.

import {get} from "./api.js";
import {byId, words} from "./dom.js";
import {setServerTime} from "./times.js";

const SILENT_SECONDS = 40; // the server says something every 15
const AGAIN_SECONDS = 2;

function show(state) {
  byId("live").dataset.state = state;
  byId("live-text").textContent = words[state];
}

// `path` is where the stream is, `probe` a call that shows whether one is still logged in.
export function follow(onChange, path = "stream", probe = () => get("search", {q: ""})) {
  let source = null;
  let heard = Date.now();

  const open = () => {
    source?.close();
    heard = Date.now();
    source = new EventSource(`api/${path}`);
    source.onmessage = (event) => {
      heard = Date.now();
      const change = JSON.parse(event.data);
      setServerTime(change.now);
      show(change.fresh ? "live" : "stale");
      onChange(change);
    };
    source.onerror = () => {
      show("offline");
      if (source.readyState === EventSource.CLOSED) setTimeout(reopen, AGAIN_SECONDS * 1000);
    };
  };

  // The browser has given up: perhaps the login is over, which a call finds out.
  const reopen = async () => {
    try {
      await probe();
    } catch {
      setTimeout(reopen, AGAIN_SECONDS * 1000);
      return;
    }
    open();
  };

  setInterval(() => {
    if (Date.now() - heard > SILENT_SECONDS * 1000 && source.readyState !== EventSource.CLOSED) {
      show("offline");
      open();
    }
  }, 5000);
  open();
}
