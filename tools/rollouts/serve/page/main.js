// The page: one look at the server's rows, then its stream of changes; one handler of clicks.
import * as assign from "./assign.js";
import * as detail from "./detail.js";
import { el } from "./dom.js";
import * as rollouts from "./rollouts.js";
import * as sets from "./sets.js";
import { follow, keep, view } from "./state.js";
import * as targets from "./targets.js";

const AGES_MS = 5000; // how often relative times are told anew
const THEMES = ["system", "light", "dark"];

function show(name) {
  view.view = name;
  document.body.dataset.view = name;
  for (const tab of document.querySelectorAll("[data-do=view]")) {
    tab.setAttribute("aria-current", tab.dataset.name === name);
  }
  keep();
}

function render() {
  for (const part of [targets, sets, rollouts]) part.render();
}

function onRows(changes) {
  render();
  if (changes.whole || view.open in (changes.targets ?? {})) detail.refresh();
  if (view.matches) targets.search();
}

function onLink(state, problem) {
  el("link").dataset.state = state;
  el("link").textContent = state === "live" ? "live" : problem ? `no answer: ${problem}` : "no answer, trying again";
}

function paint(theme) {
  document.documentElement.dataset.theme = theme;
  el("theme").textContent = `Theme: ${theme}`;
  localStorage.setItem("theme", theme);
}

const HANDLERS = {
  ...targets.handlers, ...assign.handlers, ...detail.handlers, ...rollouts.handlers,
  view: (node) => show(node.dataset.name),
};

document.addEventListener("click", (event) => {
  const node = event.target.closest("[data-do]");
  if (node) return HANDLERS[node.dataset.do](node, event);
  const row = event.target.closest("tbody tr");
  if (row && !event.target.closest("td.pick") && !getSelection().toString()) HANDLERS.open(row);
});

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input:not([type=checkbox]), select");
  const isBehind = view.open === null || document.querySelector("dialog[open]");
  if (event.key === "/" && !isTyping) {
    event.preventDefault();
    el("query").focus();
  } else if (event.key === "Escape" && !isBehind) detail.handlers.shut();
});

el("theme").onclick = () => paint(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length]);
paint(localStorage.getItem("theme") ?? "system");
show(view.view);
for (const part of [targets, assign, sets]) part.start();
if (view.query) targets.search();
setInterval(render, AGES_MS);
follow(onRows, onLink);
