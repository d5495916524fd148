// The table of targets: search, states, selection.
import { button, el, h, keyed, patchChildren } from "./dom.js";
import { ask, keep, now, rows, view } from "./state.js";
import { ago, badge, bar, colour as colourOf, count, holding, joined, labelOf, percent, said, time } from "./words.js";

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
  keyed(el("targets"), shown.slice(0, view.shown), ([id]) => id, row, basis);
  el("more").hidden = shown.length <= view.shown;
  const all = rows.targets.size;
  el("count").textContent = shown.length === all ? count(all, "target") : `${shown.length} of ${count(all, "target")}`;
  patchChildren(el("fleet"), h("div", {}, fleetBar(found), STATES.map((state) => tile(found, state))));
  renderSelection();
}

function matching(targets) {
  if (view.matches) return targets.filter(([id]) => view.matches.has(id));
  if (!view.query || isRsql(view.query)) return targets;
  const isWanted = holding(view.query);
  return targets.filter(([id, t]) => isWanted(id, t.name, t.status, labelOf(t.installed), labelOf(t.assigned)));
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
  const tile = button(h("b", {}, String(number)), "filter", { name }, { class: `tile ${colour}`, "aria-pressed": pressed });
  tile.append(" ", name);
  return tile;
}

function fleetBar(targets) {
  const number = (colour) => targets.filter(([, t]) => colourOf(t.status) === colour).length;
  return bar(["good", "busy", "bad", "idle"].map((colour) => [number(colour), colour]));
}

// What a row is made of: the target itself is another object when the server changed it.
const basis = ([id, t]) => [
  t, view.selected.has(id), view.open === id, isOverdue(t), t.polledAt && ago(t.polledAt),
  labelOf(t.installed), labelOf(t.assigned), t.action && labelOf(t.action.set),
];

function row([id, t]) {
  const isSelected = view.selected.has(id);
  const classes = joined([isSelected && "selected", view.open === id && "open"], " ");
  const marks = { "data-do": "pick", "data-id": id, checked: isSelected, "aria-label": `Select ${id}` };
  const box = h("input", { type: "checkbox", ...marks });
  return h("tr", { role: "row", class: classes || null, "data-id": id },
    cell("pick", box),
    cell("name", button(id, "open", { id }, { class: "link" }), t.name !== id && h("small", {}, t.name)),
    cell("status", badge(t.status)),
    cell("installed", labelOf(t.installed)),
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
    const isDue = t.assigned !== undefined && t.assigned !== t.installed;
    return isDue && h("span", {}, `→ ${labelOf(t.assigned)}`);
  }
  const [done, label] = [percent(action), labelOf(action.set)];
  const isCanceling = action.status === "canceling";
  const text = isCanceling ? "canceling, the device has to agree" : said(action.said ?? action.status);
  return h("div", { class: "running" },
    h("span", {}, `→ ${label}`),
    h("progress", { max: 100, value: done ?? 0, "aria-label": `Update to ${label}`, class: action.status }),
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
    button("Assign a set", "assign", {}, { class: "main" }),
    button("Cancel updates", "cancel-selected"),
    button("Clear", "clear", {}, { class: "quiet" })));
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
