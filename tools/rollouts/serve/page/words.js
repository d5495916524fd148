// Numbers, times and statuses as people read them.
import { h } from "./dom.js";
import { now, rows } from "./state.js";

const STEPS = [["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]];
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const COUNT = new Intl.NumberFormat("en");

export const count = (number, word) => `${COUNT.format(number)} ${word}${number === 1 ? "" : "s"}`;

// What there is of `parts`, in one text.
export const joined = (parts, by = " · ") => parts.filter(Boolean).join(by);

// A test for texts: has one all the words of `query`?
export function holding(query) {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  return (...texts) => wanted.every((word) => texts.join(" ").toLowerCase().includes(word));
}

export function ago(ms) {
  const seconds = Math.max(Math.round((now() - ms) / 1000), 0);
  if (seconds < 5) return "just now";
  const [unit, size] = STEPS.find(([, size]) => seconds >= size);
  return RELATIVE.format(-Math.floor(seconds / size), unit);
}

export function time(ms) {
  const at = new Date(ms);
  return h("time", { datetime: at.toISOString(), title: at.toLocaleString(), "data-at": ms }, ago(ms));
}

export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;
}

export function labelOf(id) {
  const set = rows.sets.get(String(id));
  if (set) return `${set.name} ${set.version}`;
  return id === undefined ? "–" : `set ${id}`;
}

const STATUS = { in_sync: "in sync", wait_for_confirmation: "waits for consent", cancel_rejected: "cancel refused" };
const COLOUR = {
  in_sync: "good", finished: "good", downloaded: "good", error: "bad", warning: "bad", cancel_rejected: "bad",
  pending: "busy", running: "busy", retrieved: "busy", download: "busy", canceling: "wait", canceled: "wait",
  paused: "wait", starting: "busy", stopping: "wait", wait_for_confirmation: "wait",
  waiting_for_approval: "wait", stopped: "bad", approval_denied: "bad",
};
export const colour = (status) => COLOUR[status] ?? "idle";
export const badge = (status) =>
  h("span", { class: `badge ${colour(status)}` }, STATUS[status] ?? status.replaceAll("_", " "));

// Devices tell their progress in words such as "downloaded 50 %".
export function percent(action) {
  const found = /(\d{1,3}) ?%/.exec(action?.progress ?? "");
  return found ? Math.min(Number(found[1]), 100) : null;
}

// What the server itself noted, without its name in front.
export const said = (text) => text.replace(/^Update Server: /, "");

// Shares of a whole side by side, as [number, colour]. The numbers stand beside it as text.
export function bar(shares) {
  const all = shares.reduce((sum, [number]) => sum + number, 0);
  let x = 0;
  const rects = shares.filter(([number]) => number > 0).map(([number, colour]) => {
    const rect = h("rect", { class: colour, x, width: (number / all) * 100, height: 1 });
    x += (number / all) * 100;
    return rect;
  });
  return h("svg", { class: "bar", viewBox: "0 0 100 1", preserveAspectRatio: "none", "aria-hidden": "true" }, rects);
}
