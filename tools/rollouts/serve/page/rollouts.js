// Rollouts and their groups as bars, and the steps an operator takes.
import { say, trying } from "./assign.js";
import { button, el, h, keyed } from "./dom.js";
import { ask, rows } from "./state.js";
import { badge, bar, count, joined, labelOf } from "./words.js";

// By status of the rollout: what can be done, as [text, hawkBit's word, what is said then].
const STEPS = {
  ready: [["Start", "start", "starts"]],
  running: [["Pause", "pause", "is paused"], ["Start the next group", "triggerNextGroup", "starts its next group"]],
  paused: [["Resume", "resume", "goes on"]],
  waiting_for_approval: [["Approve", "approve", "is approved"], ["Deny", "deny", "is denied"]],
};

export function render() {
  keyed(el("rollouts"), [...rows.rollouts.values()].sort((a, b) => b.id - a.id), (rollout) => rollout.id, item);
}

function item(rollout) {
  const sum = (name) => rollout.groups.reduce((all, group) => all + group[name], 0);
  const steps = (STEPS[rollout.status] ?? []).map(([text, step], i) => {
    const more = { class: i === 0 && "main", "aria-label": `${text}: ${rollout.name}` };
    return button(text, "rollout", { id: rollout.id, step }, more);
  });
  const done = `${sum("finished")} of ${count(sum("total"), "target")} done`;
  const failed = sum("error") > 0 && `${sum("error")} failed`;
  return h("li", {},
    h("div", { class: "head" }, h("b", {}, rollout.name), badge(rollout.status),
      h("span", { class: "buttons" }, steps)),
    h("p", { class: "hint" }, joined([labelOf(rollout.set), rollout.query, done, failed])),
    h("ol", { class: "groups" }, rollout.groups.map(groupItem)));
}

function groupItem(group) {
  const { total, finished, running, error, "cancelled": canceled } = group;
  const left = total - finished - running - error - canceled;
  const rest = [[running, "running"], [error, "failed"], [canceled, "canceled"]];
  const told = rest.map(([number, word]) => number > 0 && `${number} ${word}`);
  return h("li", {}, h("span", {}, group.name), badge(group.status),
    bar([[finished, "good"], [running, "busy"], [error, "bad"], [canceled, "wait"], [left, "idle"]]),
    h("small", {}, joined([`${finished} of ${total}`, ...told], ", ")));
}

async function step({ dataset: { id, step } }) {
  const { name, status } = rows.rollouts.get(id);
  const done = await trying(() => ask(`v1/rollouts/${id}/${step}`, {}).then(() => true));
  if (done) say(`${name} ${STEPS[status].find(([, word]) => word === step)?.[2] ?? "was changed"}`);
}

export const handlers = { rollout: step };
