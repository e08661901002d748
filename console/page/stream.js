// The API: requests with the token, and the feed of server-sent events, which comes back by itself.

const SILENCE_MS = 15000; // three heartbeats
const WAITS_MS = [500, 1000, 2000, 4000];
const KEY = "edge-router-console";

// The token is behind the # of the address, which no browser sends. It stays in this tab, for a reload.
export function takeToken() {
  const given = location.hash.slice(1);
  if (/^[\w-]{20,}$/.test(given)) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem(KEY) || "";
}

export async function ask(token, path, body) {
  const headers = { Authorization: `Bearer ${token}` };
  const change = body === undefined ? {} : { method: "POST", body: JSON.stringify(body), headers: { ...headers, "Content-Type": "application/json" } };
  let response;
  try {
    response = await fetch(path, { headers, ...change });
  } catch {
    throw new Error("the console does not respond: is it still running?");
  }
  const document = await response.json().catch(() => ({ error: `the console responded with ${response.status}` }));
  if (!response.ok) throw new Error(document.error);
  return document;
}

// Calls onEvent(name, document) for each event and onState("connected" | "lost" | "rejected"); ends when rejected.
export async function listen(token, onEvent, onState) {
  for (let failures = 0; ; failures += 1) {
    const ended = new AbortController();
    let watchdog;
    const alive = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => ended.abort(), SILENCE_MS);
    };
    try {
      alive();
      const response = await fetch("/api/events", { headers: { Authorization: `Bearer ${token}` }, signal: ended.signal });
      if (response.status === 401) {
        onState("rejected");
        return;
      }
      if (response.ok) {
        onState("connected");
        failures = 0;
        await read(response.body, alive, onEvent);
      }
    } catch {
      // The connection is lost: it is tried again below.
    } finally {
      clearTimeout(watchdog);
    }
    onState("lost");
    await new Promise((resolve) => setTimeout(resolve, WAITS_MS[Math.min(failures, WAITS_MS.length - 1)]));
  }
}

async function read(body, alive, onEvent) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    alive();
    const frames = (rest + value).split("\n\n");
    rest = frames.pop();
    for (const frame of frames) {
      const [event, data] = frame.split("\n").map((line) => line.slice(line.indexOf(": ") + 2));
      onEvent(event, JSON.parse(data));
    }
  }
}
