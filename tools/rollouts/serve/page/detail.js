// One target in full: what it is, what it said, and what can be done to it.
import { button, el, h, patchChildren } from "./dom.js";
import { ask, keep, rows, view } from "./state.js";
import { say, trying } from "./assign.js";
import { badge, colour, joined, labelOf, percent, said, time } from "./words.js";

let shown = null; // what the server said of the open target
let token = null;
let opener = null;

export async function refresh() {
  const id = view.open;
  if (id === null) return;
  try {
    shown = await ask(`page/target?id=${encodeURIComponent(id)}`);
  } catch (error) {
    say(`${id}: ${error.message}`, true);
    return close();
  }
  if (id === view.open) render();
}

function render() {
  const t = rows.targets.get(view.open);
  if (!t || !shown) return;
  el("detail").hidden = false;
  patchChildren(el("detail"), h("div", {}, heading(t), facts(t), attributes(), secret(), history(t)));
}

function heading(t) {
  return h("header", {},
    h("div", {}, h("h2", { id: "detail-title", tabindex: "-1" }, view.open),
      h("p", { class: "hint" }, joined([t.name !== view.open && t.name, shown.description]))),
    button("×", "shut", {}, { class: "quiet", "aria-label": "Close" }));
}

const list = (pairs) => h("dl", {}, pairs.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));

function facts(t) {
  return h("section", { "aria-label": "State" },
    h("p", { class: "state" }, badge(t.status), button("Assign a set", "assign", { id: view.open }, { class: "main" })),
    list([
      ["Installed", labelOf(t.installed)],
      ["Assigned", labelOf(t.assigned)],
      ["Last poll", t.polledAt ? time(t.polledAt) : "never"],
      ["Address", shown.address ?? "–"],
      ["Known since", time(shown.createdAt)],
    ]));
}

function attributes() {
  const pairs = Object.entries(shown.attributes);
  return h("section", {}, h("h3", {}, "Attributes"),
    pairs.length > 0 ? list(pairs) : h("p", { class: "hint" }, "It has not sent any yet."));
}

function secret() {
  const warning = h("span", { class: "hint" }, "Who has it can speak for this target.");
  return h("section", {}, h("h3", {}, "Token"), h("p", { class: "secret" }, ...(token
    ? [h("code", {}, token), button("Copy", "copy-token"), button("Hide", "token")]
    : [warning, button("Show token", "token")])));
}

function history(t) {
  return h("section", {}, h("h3", {}, "History"),
    shown.actions.length > 0 ? h("ol", { class: "actions" }, shown.actions.map((action) => actionItem(action, t)))
      : h("p", { class: "hint" }, "Nothing was assigned yet."));
}

function actionItem(action, t) {
  const done = action.active && t.action?.id === action.id ? percent(t.action) : null;
  const window = action.maintenanceWindow;
  return h("li", {},
    h("p", { class: "head" }, h("b", {}, action.label), badge(action.status),
      h("span", { class: "hint" }, `action ${action.id}, ${action.forceType}`)),
    window && h("p", { class: "hint" }, `in the window ${window.schedule}, ${window.duration}, ${window.timezone}`),
    done !== null && h("progress", { max: 100, value: done, "aria-label": "Progress" }),
    action.active && h("p", { class: "buttons" }, verbs(action)),
    h("ol", { class: "timeline" }, action.entries.map(entryItem)));
}

function verbs(action) {
  const verb = (text, change) => button(text, "change", { change, actions: action.id });
  if (action.status === "canceling") return [verb("End it without the device", "quit")];
  return [verb("Cancel", "cancel"), action.forceType !== "forced" && verb("Force", "force")];
}

function entryItem(entry) {
  return h("li", { class: colour(entry.type) },
    h("span", { class: "hint" }, time(entry.reportedAt), ` · ${entry.type.replaceAll("_", " ")}`),
    entry.messages.filter(Boolean).map((message) => h("p", {}, said(message))));
}

async function open(node) {
  [view.open, shown, token, opener] = [node.dataset.id, null, null, node.dataset.id];
  keep();
  await refresh();
  el("detail-title")?.focus();
}

function close() {
  view.open = null;
  keep();
  el("detail").hidden = true;
  el("detail").replaceChildren();
  document.querySelector(`button[data-do=open][data-id="${CSS.escape(opener ?? "")}"]`)?.focus();
}

async function toggleToken() {
  const answer = token ? null : await trying(() => ask(`page/token?id=${encodeURIComponent(view.open)}`));
  token = answer?.token ?? null;
  render();
}

export const handlers = {
  open,
  shut: close,
  token: toggleToken,
  "copy-token": () => trying(async () => {
    await navigator.clipboard.writeText(token);
    say("The token is in the clipboard");
  }),
};
