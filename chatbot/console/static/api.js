// Calls to the server. What goes wrong becomes one sentence.

import {words} from "./dom.js";

export class Problem extends Error {
  constructor(message, code, data) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

async function read(answer) {
  if (answer.status === 401) {
    location.reload(); // whoever is no longer signed in is asked to, and comes back here
    throw new Problem("", "signed_out");
  }
  let data = null;
  try {
    data = await answer.json();
  } catch {
    throw new Problem(words.problem_internal, "internal");
  }
  if (answer.ok) return data;
  throw new Problem(data.error?.message ?? words.problem_internal, data.error?.code, data);
}

// What calls are about: conversations by their ids, or customers by theirs.
let collection = "conversations";

export function callAbout(name) {
  collection = name;
}

async function call(path, options) {
  let answer = null;
  try {
    answer = await fetch(`api/${path}`, {credentials: "same-origin", ...options});
  } catch {
    throw new Problem(words.problem_network, "network");
  }
  return read(answer);
}

export function get(path, query = {}) {
  const text = new URLSearchParams(query).toString();
  return call(text ? `${path}?${text}` : path);
}

export function post(path, body = {}) {
  return call(path, {
    method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body),
  });
}

export const one = (id, rest = "") => `${collection}/${encodeURIComponent(id)}${rest}`;
