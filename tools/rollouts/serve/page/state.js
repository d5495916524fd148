// What the server says and what the operator chose. The server's rows come once as a whole,
// then as changes; the choice outlives both a change and a reload of the page.

export const rows = { targets: new Map(), sets: new Map(), rollouts: new Map() };
const KEPT = ["query", "filter", "open", "view"];
const kept = JSON.parse(sessionStorage.getItem("view") ?? "{}");
export const view = { query: "", filter: null, open: null, view: "targets", shown: 500, matches: null, ...kept };
view.selected = new Set(kept.selected);

let version = "";
let clockOffset = 0;
let source = null;

// The server's time: ages are told by it, not by this computer's clock.
export const now = () => Date.now() + clockOffset;

export function keep() {
  const values = KEPT.map((name) => [name, view[name]]);
  sessionStorage.setItem("view", JSON.stringify({ ...Object.fromEntries(values), selected: [...view.selected] }));
}

// Throws an Error with the server's own words.
export async function ask(path, body) {
  const init = { headers: { Accept: "application/json" } };
  if (body !== undefined) {
    Object.assign(init, { method: "POST", body: JSON.stringify(body) });
    init.headers["Content-Type"] = "application/json";
  }
  const answer = await fetch(`rest/${path}`, init);
  const text = await answer.text();
  if (!answer.ok) throw refusal(answer.status, text);
  return text ? JSON.parse(text) : null;
}

// An Error with what the server said, or at least its status.
export function refusal(status, text) {
  let said;
  try {
    said = JSON.parse(text).message;
  } catch {} // a page or nothing
  return new Error(said ?? `the server answers ${status}`);
}

// `onRows` gets the kinds' changes, `onLink` "live" or "lost".
export async function follow(onRows, onLink) {
  const take = (message) => {
    version = message.version;
    clockOffset = message.now - Date.now();
    onRows(apply(message));
    onLink("live");
  };
  const open = () => {
    if (document.hidden || source) return;
    source = new EventSource(`rest/page/events?since=${version}`);
    source.onopen = () => onLink("live");
    source.onmessage = (event) => take(JSON.parse(event.data));
    source.onerror = () => {
      onLink("lost");
      if (source?.readyState === EventSource.CLOSED) setTimeout(open, 2000, (source = null));
    };
  };
  // A page that nobody sees holds no connection: browsers have six for all tabs together.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) source = source?.close() ?? null;
    else open();
  });
  for (;;) {
    try {
      take({ ...(await ask("page/overview")), whole: true });
      return open();
    } catch (error) {
      onLink("lost", error.message);
      await new Promise((done) => setTimeout(done, 2000));
    }
  }
}

function apply(message) {
  for (const [kind, known] of Object.entries(rows)) {
    if (message.whole) known.clear();
    for (const [key, row] of Object.entries(message[kind] ?? {})) {
      if (row === null) known.delete(key);
      else known.set(key, row);
    }
  }
  for (const id of view.selected) if (!rows.targets.has(id)) view.selected.delete(id);
  return message;
}
