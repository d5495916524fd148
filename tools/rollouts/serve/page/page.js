// The operator's page. It uses the Management API of the same server and nothing else.
// Text from the server only ever becomes textContent.

const API = "rest/v1";
const REFRESH_MS = 2000;
const PAGE_SIZE = 50;

// The words of an action's status after which nothing more comes.
const ENDED = new Set(["finished", "error", "canceled", "downloaded"]);

const el = (id) => document.getElementById(id);
const view = { picked: null, offset: 0, total: 0, chosen: null };

// --- the Management API

async function ask(path, body) {
  const init = { headers: { Accept: "application/json" } };
  if (body !== undefined) {
    init.method = "POST";
    init.headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  const answer = await fetch(`${API}/${path}`, init);
  const text = await answer.text();
  const value = text ? JSON.parse(text) : null;
  if (!answer.ok) throw new Error(value?.message ?? `the server answers ${answer.status}`);
  return value;
}

const target = (id) => `targets/${encodeURIComponent(id)}`;

// What the table shows of one target, in one object.
async function overview(t) {
  const path = target(t.controllerId);
  const [installed, assigned, actions] = await Promise.all([
    ask(`${path}/installedDS`),
    ask(`${path}/assignedDS`),
    ask(`${path}/actions?limit=1&sort=id:DESC`),
  ]);
  const action = actions.content[0] ?? null;
  const running = action !== null && !ENDED.has(action.status);
  const entries = running ? await history(t.controllerId, action.id, 20) : [];
  return { ...t, installed, assigned, action, percent: running ? percent(entries) : null };
}

async function history(controllerId, actionId, limit) {
  const path = `${target(controllerId)}/actions/${actionId}/status`;
  return (await ask(`${path}?limit=${limit}&sort=id:DESC`)).content;
}

// Devices report progress as text, such as "downloaded 50 %": the newest one counts.
function percent(entries) {
  for (const entry of entries) {
    for (const message of entry.messages ?? []) {
      const found = /\b(\d{1,3}) ?%/.exec(message);
      if (found) return Math.min(Number(found[1]), 100);
    }
  }
  return 0;
}

// --- small pieces of the page

function make(tag, text, className) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
}

function button(text, onclick, label, className) {
  const node = make("button", text, className);
  node.type = "button";
  node.onclick = onclick;
  if (label) node.setAttribute("aria-label", label);
  return node;
}

const nameOf = (set) => (set ? `${set.name} ${set.version}` : "–");
const timeOf = (ms) => (ms ? new Date(ms).toLocaleTimeString() : "never");

function say(text, isError = false) {
  el("state").textContent = text;
  el("state").className = isError ? "error" : "";
}

// Replaces what `parent` shows, and puts the keyboard back where it was.
function show(parent, nodes) {
  const key = document.activeElement?.dataset?.key;
  parent.replaceChildren(...nodes);
  parent.parentElement.closest("section").querySelector(".empty")?.toggleAttribute("hidden", nodes.length > 0);
  if (key) parent.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

// --- distribution sets

function setItem(set) {
  const item = make("li", undefined, view.picked?.id === set.id ? "picked" : "");
  item.draggable = true;
  item.ondragstart = (event) => {
    pick(set);
    event.dataTransfer.setData("text/plain", String(set.id));
  };
  const choose = button("Choose", () => pick(set), `Choose ${nameOf(set)}`);
  choose.dataset.key = `set-${set.id}`;
  choose.setAttribute("aria-pressed", String(view.picked?.id === set.id));
  item.append(make("span", nameOf(set)), choose);
  return item;
}

function pick(set) {
  view.picked = set;
  say(`${nameOf(set)} is chosen: now a target`);
  for (const item of el("sets").children) {
    const chosen = item.firstChild.textContent === nameOf(set);
    item.classList.toggle("picked", chosen);
    item.querySelector("button").setAttribute("aria-pressed", String(chosen));
  }
  for (const node of document.querySelectorAll("button.assign")) node.disabled = false;
}

// --- targets

function targetRow(t) {
  const row = make("tr");
  row.ondragover = (event) => {
    event.preventDefault();
    row.classList.add("drop");
  };
  row.ondragleave = () => row.classList.remove("drop");
  row.ondrop = (event) => {
    event.preventDefault();
    row.classList.remove("drop");
    assign(t.controllerId);
  };
  const open = button(t.controllerId, () => openHistory(t.controllerId), `History of ${t.controllerId}`, "link");
  open.dataset.key = `open-${t.controllerId}`;
  const give = button("Assign", () => assign(t.controllerId), `Assign the chosen set to ${t.controllerId}`, "assign");
  give.dataset.key = `assign-${t.controllerId}`;
  give.disabled = view.picked === null;
  const cells = [
    open,
    make("span", t.updateStatus, `badge ${t.updateStatus}`),
    make("span", nameOf(t.installed)),
    make("span", nameOf(t.assigned)),
    actionCell(t),
    make("span", timeOf(t.pollStatus?.lastRequestAt), "time"),
    give,
  ];
  for (const cell of cells) {
    const td = make("td");
    td.append(cell);
    row.append(td);
  }
  return row;
}

function actionCell(t) {
  const cell = make("span");
  if (t.action === null) return cell;
  if (t.percent !== null) {
    const bar = make("progress");
    bar.max = 100;
    bar.value = t.percent;
    bar.setAttribute("aria-label", `Progress of action ${t.action.id}`);
    cell.append(bar, ` ${t.percent} %`);
  } else {
    cell.append(`${t.action.id}: ${t.action.status}`);
  }
  return cell;
}

async function assign(controllerId) {
  if (view.picked === null) return;
  try {
    const answer = await ask(`${target(controllerId)}/assignedDS`, { id: view.picked.id, type: "forced" });
    const again = answer?.alreadyAssigned > 0 ? "was already assigned" : "is assigned";
    say(`${nameOf(view.picked)} ${again} to ${controllerId}`);
    await refresh();
  } catch (error) {
    say(`${controllerId}: ${error.message}`, true);
  }
}

// --- the history of one target

async function openHistory(controllerId) {
  view.chosen = controllerId;
  el("history").hidden = false;
  await refreshHistory();
  el("history-title").focus();
}

async function refreshHistory() {
  if (view.chosen === null) return;
  const actions = (await ask(`${target(view.chosen)}/actions?limit=5&sort=id:DESC`)).content;
  const items = await Promise.all(actions.map((action) => actionItem(view.chosen, action)));
  el("history-title").textContent = `History of ${view.chosen}`;
  show(el("actions"), items);
}

async function actionItem(controllerId, action) {
  const item = make("li");
  item.append(make("span", `Action ${action.id}: `), make("span", action.status, `badge ${action.status}`));
  const list = make("ul");
  for (const entry of await history(controllerId, action.id, 30)) {
    const line = make("li");
    line.append(make("span", timeOf(entry.reportedAt), "time"), ` ${entry.type} `);
    line.append((entry.messages ?? []).join(" · "));
    list.append(line);
  }
  item.append(list);
  return item;
}

// --- the loop

async function refresh() {
  const [sets, targets] = await Promise.all([
    ask("distributionsets?limit=50&sort=id:DESC"),
    ask(`targets?limit=${PAGE_SIZE}&offset=${view.offset}&sort=controllerId:ASC`),
  ]);
  const rows = await Promise.all(targets.content.map(overview));
  view.total = targets.total;
  show(el("sets"), sets.content.map(setItem));
  show(el("targets"), rows.map(targetRow));
  const last = Math.min(view.offset + PAGE_SIZE, view.total);
  el("range").textContent = view.total ? `${view.offset + 1}–${last} of ${view.total}` : "";
  el("previous").disabled = view.offset === 0;
  el("next").disabled = last >= view.total;
  await refreshHistory();
}

async function turn(pages) {
  view.offset = Math.max(view.offset + pages * PAGE_SIZE, 0);
  await refresh();
}

async function loop() {
  try {
    await refresh();
    if (el("state").className === "error" || el("state").textContent === "loading …") say("up to date");
  } catch (error) {
    say(`no answer: ${error.message}`, true);
  }
  setTimeout(loop, REFRESH_MS);
}

el("previous").onclick = () => turn(-1);
el("next").onclick = () => turn(1);
loop();
