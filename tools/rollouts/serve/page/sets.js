// Distribution sets: the list, and the image that becomes one.
import { say, trying } from "./assign.js";
import { button, el, h, keyed } from "./dom.js";
import { refusal, rows } from "./state.js";
import { ago, bar, count, holding, joined, size, time } from "./words.js";

export function render() {
  const isWanted = holding(el("set-query").value);
  const shown = [...rows.sets.values()]
    .filter((set) => isWanted(set.name, set.version, set.description))
    .sort((a, b) => b.id - a.id);
  const targets = [...rows.targets.values()];
  const running = tally(targets, (t) => t.installed);
  const coming = tally(targets, (t) => t.assigned !== t.installed && t.assigned);
  const use = ({ id }) => ({ installed: running.get(id) ?? 0, assigned: coming.get(id) ?? 0 });
  const basis = (set) => [set, use(set).installed, use(set).assigned, rows.targets.size, ago(set.createdAt)];
  keyed(el("sets"), shown, (set) => set.id, (set) => item(set, use(set)), basis);
}

// How many targets there are by what `of` gives.
function tally(targets, of) {
  const found = new Map();
  for (const t of targets) found.set(of(t), (found.get(of(t)) ?? 0) + 1);
  return found;
}

function item(set, { installed, assigned }) {
  const deltas = set.files.filter((file) => file.name.endsWith(".delta"));
  const whole = set.files.find((file) => !file.name.endsWith(".delta"));
  const small = deltas.map((delta) => size(delta.size)).join(", ");
  const facts = [set.description, whole && size(whole.size), small && `${count(deltas.length, "delta")} of ${small}`];
  const use = [[installed, "good"], [assigned, "busy"], [rows.targets.size - installed - assigned, "idle"]];
  const told = [installed > 0 && `${installed} installed`, assigned > 0 && `${assigned} on the way`];
  const label = `Assign ${set.name} ${set.version} to the selection`;
  return h("li", { draggable: set.assignable ? "true" : null, class: set.assignable ? null : "dull" },
    h("div", { class: "head" }, h("b", {}, set.name), h("span", { class: "version" }, set.version),
      set.signed && h("span", { class: "badge good" }, "signed"),
      !set.valid && h("span", { class: "badge bad" }, "invalid"),
      set.valid && !set.assignable && h("span", { class: "badge wait" }, "incomplete")),
    h("p", { class: "hint" }, facts.filter(Boolean).map((fact) => `${fact} · `), time(set.createdAt)),
    installed + assigned > 0 && h("div", { class: "use" }, bar(use), h("small", {}, joined(told, ", "))),
    set.assignable && button("Assign", "assign-set", { id: set.id }, { "aria-label": label }));
}

// --- an image

// esp_image_header_t.chip_id of ESP-IDF.
const CHIPS = {
  0: "ESP32", 2: "ESP32-S2", 5: "ESP32-C3", 9: "ESP32-S3", 12: "ESP32-C2", 13: "ESP32-C6",
  16: "ESP32-H2", 18: "ESP32-P4", 20: "ESP32-C61", 23: "ESP32-C5",
};
const APP_DESC = 32; // behind the image's header and that of its first segment

// What an image says of itself: chip, name, version; null for another file.
async function describe(file) {
  const head = new DataView(await file.slice(0, 288).arrayBuffer());
  if (head.byteLength < 288 || head.getUint8(0) !== 0xe9 || head.getUint32(APP_DESC, true) !== 0xabcd5432) return null;
  const text = (offset) => {
    const raw = new Uint8Array(head.buffer, APP_DESC + offset, 32);
    return new TextDecoder().decode(raw).split("\0")[0].trim();
  };
  return { chip: CHIPS[head.getUint16(12, true)] ?? "unknown chip", version: text(16), name: text(48) };
}

let chosen = null;

async function take(file) {
  if (!file) return;
  const image = await describe(file);
  if (!image) return say(`${file.name} is no application image for an ESP32: take the .app-bin`, true);
  chosen = file;
  const form = el("upload").querySelector("form");
  el("image").textContent = `${file.name} · ${size(file.size)} · ${image.chip}`;
  for (const name of ["name", "version"]) form.elements[name].value = image[name];
  form.elements.description.value = `application image for ${image.chip}`;
  form.querySelector(".problem").textContent = "";
  el("upload").showModal();
  (form.elements.name.value ? form.querySelector("[type=submit]") : form.elements.name).focus();
}

function upload(form, bar) {
  const value = (name) => [name, form.elements[name].value.trim()];
  const query = new URLSearchParams(["name", "version", "description"].map(value));
  const body = new FormData();
  body.append("file", chosen, chosen.name);
  const request = new XMLHttpRequest(); // fetch tells no progress of an upload
  return new Promise((done, fail) => {
    request.upload.onprogress = (event) => (bar.value = event.loaded / event.total);
    request.onerror = () => fail(new Error("the server cannot be reached"));
    request.onload = () => (request.status === 201 ? done() : fail(refusal(request.status, request.responseText)));
    request.open("POST", `rest/page/release?${query}`);
    request.send(body);
  });
}

async function publish(event) {
  event.preventDefault();
  const [form, bar] = [event.target, event.target.querySelector("progress")];
  bar.hidden = false;
  try {
    await upload(form, bar);
    el("upload").close();
    say(`${form.elements.name.value} ${form.elements.version.value} is published`);
  } catch (error) {
    form.querySelector(".problem").textContent = error.message;
  }
  bar.hidden = true;
}

export function start() {
  el("set-query").oninput = render;
  el("upload").querySelector("form").onsubmit = publish;
  el("file").onchange = () => trying(() => take(el("file").files[0])).then(() => (el("file").value = ""));
  const holdsFiles = (event) => event.dataTransfer.types.includes("Files");
  document.ondragover = (event) => {
    if (holdsFiles(event)) event.preventDefault();
    el("drop").classList.toggle("drop-here", holdsFiles(event));
  };
  document.ondragleave = (event) => event.relatedTarget ?? el("drop").classList.remove("drop-here");
  document.ondrop = (event) => {
    el("drop").classList.remove("drop-here");
    if (!holdsFiles(event)) return;
    event.preventDefault();
    trying(() => take(event.dataTransfer.files[0]));
  };
}
