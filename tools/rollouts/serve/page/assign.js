// Giving sets to targets: by drop, by button, for a selection; and taking it back.
import { button, el, h, patchChildren } from "./dom.js";
import { ask, rows, view } from "./state.js";
import { count, joined, labelOf } from "./words.js";

// Says what happened; `more` are buttons beside it.
export function say(text, isProblem = false, ...more) {
  el("toast").className = isProblem ? "problem" : "";
  const hush = button("×", "hush", {}, { class: "quiet", "aria-label": "Dismiss" });
  patchChildren(el("toast"), h("div", {}, h("span", {}, text), ...more, hush));
}

// Runs what may fail, and says so with the server's words.
export async function trying(task) {
  try {
    return await task();
  } catch (error) {
    say(error.message, true);
    return null;
  }
}

const clockOf = (minutes) => [Math.floor(minutes / 60), minutes % 60].map((n) => String(n).padStart(2, "0")).join(":");

// The terms as hawkBit takes them: a daily window is a Quartz schedule in this computer's zone.
function terms() {
  const value = (selector) => el("terms").querySelector(selector).value;
  const how = value(":checked");
  if (how !== "window") return { type: how };
  const [hour, minute] = value("[name=start]").split(":").map(Number);
  const east = -new Date().getTimezoneOffset();
  const maintenanceWindow = {
    schedule: `0 ${minute} ${hour} ? * *`,
    duration: `${value("[name=duration]")}:00`,
    timezone: (east < 0 ? "-" : "+") + clockOf(Math.abs(east)),
  };
  return { type: "forced", maintenanceWindow };
}

export async function assign(setId, ids) {
  const answer = await trying(() =>
    ask(`v1/distributionsets/${setId}/assignedTargets`, ids.map((id) => ({ id, ...terms() }))));
  if (!answer) return false;
  const actions = answer.assignedActions.map((action) => action.id);
  const whom = ids.length === 1 ? ids[0] : count(answer.assigned, "target");
  const already = answer.alreadyAssigned > 0 && `${answer.alreadyAssigned} had it already`;
  const undo = button("Undo", "change", { change: "cancel", actions });
  if (actions.length === 0) say(`${labelOf(setId)} was assigned already`);
  else say(joined([`${labelOf(setId)} is assigned to ${whom}`, already], "; "), false, undo);
  return true;
}

const DONE = { cancel: "Cancellation asked for", quit: "Ended without the device", force: "Forced" };

async function change(node) {
  const actions = node.dataset.actions.split(",").map(Number);
  const answer = await trying(() => ask("page/actions", { change: node.dataset.change, actions }));
  if (!answer) return;
  const { changed, refused } = answer;
  const done = changed > 0 && `${DONE[node.dataset.change]}: ${count(changed, "update")}`;
  say(joined([done, ...refused], "; "), !done);
}

// --- the dialog

let wanted = [];

function open(ids, setId) {
  wanted = ids;
  const dialog = el("assign");
  const sets = [...rows.sets.values()].filter((set) => set.assignable).sort((a, b) => b.id - a.id);
  if (sets.length === 0) return say("There is no set to assign yet: drop an image first", true);
  el("assign-title").textContent = `Assign to ${ids.length === 1 ? ids[0] : count(ids.length, "target")}`;
  const select = dialog.querySelector("select");
  const option = ({ id }) => h("option", { value: id, selected: id === setId }, labelOf(id));
  select.replaceChildren(...sets.map(option));
  dialog.querySelector(".terms").append(el("terms"));
  dialog.showModal();
}

export const handlers = {
  change,
  hush: () => el("toast").replaceChildren(),
  close: (node) => node.closest("dialog").close(),
  assign: (node) => open(node.dataset.id ? [node.dataset.id] : [...view.selected]),
  "assign-set"(node) {
    const id = Number(node.dataset.id);
    if (view.selected.size > 0) return open([...view.selected], id);
    say(`Select targets for ${labelOf(id)}, or drag it onto one`);
  },
  "cancel-selected"() {
    const open = [...view.selected].map((id) => rows.targets.get(id)?.action).filter((action) => action?.active);
    if (open.length === 0) return say("None of them is being updated");
    change({ dataset: { change: "cancel", actions: open.map((action) => action.id).join() } });
  },
};

export function start() {
  const dialog = el("assign");
  dialog.onclose = () => el("terms-home").append(el("terms"));
  dialog.querySelector("form").onsubmit = async (event) => {
    event.preventDefault();
    if (await assign(Number(dialog.querySelector("select").value), wanted)) dialog.close();
  };
  el("terms").onchange = () => (el("window").hidden = el("terms").querySelector(":checked").value !== "window");
  startDrops();
}

// A set that is dropped on a selected target is for all that are selected.
function startDrops() {
  let over = null;
  const mark = (node) => {
    over?.classList.remove("drop-here");
    over = node;
    over?.classList.add("drop-here");
  };
  el("sets").ondragstart = (event) => {
    const id = event.target.closest("li").dataset.key;
    event.dataTransfer.setData("application/x-set", id);
    event.dataTransfer.effectAllowed = "copy";
    document.body.classList.add("dragging");
  };
  el("sets").ondragend = () => {
    document.body.classList.remove("dragging");
    mark(null);
  };
  const body = el("targets");
  body.ondragover = (event) => {
    if (!event.dataTransfer.types.includes("application/x-set")) return;
    event.preventDefault();
    mark(event.target.closest("tr"));
  };
  body.ondrop = (event) => {
    event.preventDefault();
    const { id } = event.target.closest("tr").dataset;
    mark(null);
    assign(Number(event.dataTransfer.getData("application/x-set")), view.selected.has(id) ? [...view.selected] : [id]);
  };
}
