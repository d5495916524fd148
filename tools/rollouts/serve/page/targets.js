// The table of targets: search, states, selection.
import { button, el, h, keyed, patchChildren } from "./dom.js";
import { ask, keep, now, rows, view } from "./state.js";
import { badge, bar, count, labelOf, percent, said, time } from "./words.js";

const RSQL = /==|!=|=[a-z]+=|[<>]/i;

const isOverdue = (t) => t.overdueAt < now();
// The states a fleet is counted by: name, what it takes, colour.
const STATES = [
  ["Updating", (t) => t.action?.active && t.action.status !== "scheduled", "busy"],
  ["Failed", (t) => t.status === "error", "bad"],
  ["Overdue", isOverdue, "wait"],
  ["In sync", (t) => t.status === "in_sync", "good"],
  ["New", (t) => !t.polledAt, "idle"],
];

export function render() {
  const found = matching([...rows.targets]).sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
  const chosen = STATES.find(([name]) => name === view.filter)?.[1] ?? (() => true);
  const shown = found.filter(([, t]) => chosen(t));
  view.ids = shown.map(([id]) => id);
  keyed(el("targets"), shown.slice(0, view.shown), ([id]) => id, row);
  el("more").hidden = shown.length <= view.shown;
  const all = rows.targets.size;
  el("count").textContent = shown.length === all ? count(all, "target") : `${shown.length} of ${count(all, "target")}`;
  patchChildren(el("fleet"), h("div", {}, fleetBar(found), STATES.map((state) => tile(found, state))));
  renderSelection();
}

function matching(targets) {
  if (view.matches) return targets.filter(([id]) => view.matches.has(id));
  const wanted = isRsql(view.query) ? [] : view.query.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return targets;
  return targets.filter(([id, t]) => {
    const text = [id, t.name, t.status, labelOf(t.installed), labelOf(t.assigned)].join(" ").toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

const isRsql = (query) => RSQL.test(query);

// Words are searched here; a query in RSQL is the server's to answer.
export async function search() {
  const { query } = view;
  let [matches, problem] = [null, ""];
  if (isRsql(query)) {
    try {
      matches = new Set(await ask(`page/matches?q=${encodeURIComponent(query)}`));
    } catch (error) {
      problem = error.message;
    }
  }
  if (query !== view.query) return; // typed on meanwhile
  view.matches = matches;
  el("query-problem").textContent = problem;
  keep();
  render();
}

function tile(targets, [name, test, colour]) {
  const number = targets.filter(([, t]) => test(t)).length;
  const pressed = String(view.filter === name);
  return h("button", { type: "button", class: `tile ${colour}`, "data-do": "filter", "data-name": name, "aria-pressed": pressed },
    h("b", {}, String(number)), " ", name);
}

function fleetBar(targets) {
  const number = (colours) => targets.filter(([, t]) => colours.includes(t.status)).length;
  return bar([[number(["in_sync"]), "good"], [number(["pending"]), "busy"], [number(["error"]), "bad"], [number(["registered", "unknown"]), "idle"]]);
}

function row([id, t]) {
  const isSelected = view.selected.has(id);
  const classes = [isSelected && "selected", view.open === id && "open"].filter(Boolean).join(" ");
  return h("tr", { role: "row", class: classes || null, "data-id": id },
    cell("pick", h("input", { type: "checkbox", "data-do": "pick", "data-id": id, checked: isSelected, "aria-label": `Select ${id}` })),
    cell("name", button(id, "open", { id }, { class: "link" }), t.name !== id && h("small", {}, t.name)),
    cell("status", badge(t.status)),
    cell("installed", h("span", { class: "set" }, labelOf(t.installed))),
    cell("update", update(t)),
    cell("poll", poll(t)),
    cell("give", button("Assign", "assign", { id }, { "aria-label": `Assign a set to ${id}` })));
}

const cell = (name, ...children) => h("td", { role: "cell", class: name }, ...children);

function poll(t) {
  if (!t.polledAt) return h("span", { class: "never" }, "never");
  return h("span", {}, time(t.polledAt), isOverdue(t) && h("span", { class: "badge wait" }, "overdue"));
}

// What is on its way: the set, how far it is, and the device's last word.
export function update(t) {
  const { action } = t;
  if (!action?.active) {
    return t.assigned !== undefined && t.assigned !== t.installed && h("span", { class: "set" }, `→ ${labelOf(t.assigned)}`);
  }
  const done = percent(action);
  const text = action.status === "canceling" ? "canceling, the device has to agree" : said(action.said ?? action.status);
  return h("div", { class: "running" },
    h("span", { class: "set" }, `→ ${labelOf(action.set)}`),
    h("progress", { max: 100, value: done ?? 0, "aria-label": `Update to ${labelOf(action.set)}`, class: action.status }),
    h("small", { title: text }, text));
}

// --- selection

let last = null;

function renderSelection() {
  const number = view.selected.size;
  el("all").checked = number > 0 && view.ids.every((id) => view.selected.has(id));
  el("all").indeterminate = number > 0 && !el("all").checked;
  el("selection").hidden = number === 0;
  patchChildren(el("selection"), h("div", {}, h("b", {}, `${number} selected`),
    button("Assign a set", "assign", {}, { class: "main" }), button("Cancel updates", "cancel-selected"), button("Clear", "clear", {}, { class: "quiet" })));
}

function pick(box, event) {
  const { id } = box.dataset;
  const range = event.shiftKey && last ? between(last, id) : [id];
  for (const each of range) view.selected[box.checked ? "add" : "delete"](each);
  last = id;
  changed();
}

function between(a, b) {
  const [from, to] = [view.ids.indexOf(a), view.ids.indexOf(b)].sort((x, y) => x - y);
  return from < 0 ? [b] : view.ids.slice(from, to + 1);
}

function changed() {
  keep();
  render();
}

export const handlers = {
  pick,
  filter(tile) {
    view.filter = view.filter === tile.dataset.name ? null : tile.dataset.name;
    changed();
  },
  clear() {
    view.selected.clear();
    changed();
    el("all").focus();
  },
};

export function start() {
  el("query").value = view.query;
  let waiting;
  el("query").oninput = () => {
    view.query = el("query").value.trim();
    clearTimeout(waiting);
    waiting = setTimeout(search, 120);
  };
  el("all").onchange = () => {
    for (const id of view.ids) view.selected[el("all").checked ? "add" : "delete"](id);
    changed();
  };
  el("more").onclick = () => {
    view.shown += 500;
    render();
  };
}
