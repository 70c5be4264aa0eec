// Time as people read it, by the server's clock and in the brand's time zone.

import {fill, say} from "./dom.js";

const timeZone = document.body.dataset.timezone || undefined;
const part = (options) => new Intl.DateTimeFormat("zh-CN", {timeZone, hourCycle: "h23", ...options});
const dayFormat = part({year: "numeric", month: "2-digit", day: "2-digit"});
const clockFormat = part({hour: "2-digit", minute: "2-digit"});
const dateFormat = part({month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit"});
let ahead = 0;

export function setServerTime(now) {
  ahead = Date.parse(now) - Date.now();
}

export const serverNow = () => Date.now() + ahead;

// The clock for today, with the date before that.
export function timeText(at) {
  const moment = new Date(at);
  const today = dayFormat.format(moment) === dayFormat.format(new Date(serverNow()));
  return (today ? clockFormat : dateFormat).format(moment);
}

export const dayText = (at) => dayFormat.format(new Date(at)).replaceAll("/", "-");

// An instant as in 今天 15:00; `captions` words today, tomorrow and any other day.
export function instantText(at, captions) {
  const [date, time] = [dayFormat.format(new Date(at)), clockFormat.format(new Date(at))];
  const ahead = (days) => dayFormat.format(new Date(serverNow() + days * 86_400_000));
  const pattern = {[ahead(1)]: captions.tomorrow, [ahead(0)]: captions.today}[date] ?? captions.day;
  const [, month, day] = date.split("/").map(Number);
  return fill(pattern, {month, day, time});
}

export function durationText(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return say("time_days", {days: Math.floor(hours / 24), hours: hours % 24});
  if (hours) return say("time_hours", {hours, minutes: minutes % 60});
  return say("time_seconds", {minutes, seconds: String(seconds % 60).padStart(2, "0")});
}

export const sinceText = (at) => durationText(serverNow() - Date.parse(at));
export const untilText = (at) => durationText(Date.parse(at) - serverNow());
export const isOver = (at) => at !== null && Date.parse(at) <= serverNow();
export const secondsLeft = (at) => Math.max(0, Math.ceil((Date.parse(at) - serverNow()) / 1000));
