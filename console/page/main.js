// The page: which stack is shown, what the feed brings, and what a person does.

import { byId, h, percent, show, svg } from "./dom.js";
import { drawPercentage, showDecisions, showExplanation, showReplicas, showTraffic } from "./panels.js";
import { showClock, showHistory, showRollout } from "./rollout.js";
import { ask, listen, takeToken } from "./stream.js";

const token = takeToken();
const stacks = new Map(); // name → {stack, metrics, replicas}
let selected = new URLSearchParams(location.search).get("stack");
let isChosen = Boolean(selected);
let clockOffset = 0; // of the console's clock against the browser's, in seconds
const now = () => Date.now() / 1000 + clockOffset;

const STATES = {
  connected: "connected",
  lost: "The connection is lost. It is tried again; what is shown is old.",
  rejected: "The token is not valid: open the address that edge-router console printed last.",
};

function onState(state) {
  byId("connection").textContent = STATES[state];
  byId("connection").className = state === "connected" ? "" : "lost";
}

function onEvent(event, document) {
  if (event === "time") {
    clockOffset = document - Date.now() / 1000;
    return;
  }
  const name = document.stack;
  const before = stacks.get(name) ?? {};
  stacks.set(name, { ...before, [event]: document });
  const shown = selected;
  if (!isChosen) selected = firstReadable();
  if (event === "stack") showStacks();
  if (selected !== shown) updateAll();
  else if (name === selected) update(event, before.stack);
}

// Until somebody chooses one: the first that can be read.
function firstReadable() {
  const names = [...stacks.keys()].sort();
  return names.find((name) => stacks.get(name).stack?.control) ?? names[0];
}

function updateAll() {
  for (const event of ["stack", "metrics", "replicas"]) update(event);
  readDecisions();
}

function update(event, before) {
  const one = stacks.get(selected) ?? {};
  if (event === "metrics") showTraffic(one.metrics);
  if (event === "replicas") showReplicas(one.replicas);
  if (event === "stack") showStack(one.stack ?? {}, before);
}

function showStacks() {
  const all = [...stacks].sort().map(([name, { stack }]) => ({ name, stack, isSelected: name === selected }));
  const summary = all.map(({ name, stack, isSelected }) => [name, isSelected, stack?.problem, stack?.place, stack?.control, stack?.rollout?.state, stack?.percentages]);
  show(byId("stacks"), summary, (rows) => rows.map((row) => h("li", {}, card(...row))));
}

function card(name, isSelected, problem, place, control, state, points) {
  const pin = control && control.pin !== "none" ? `, pinned to ${control.pin}` : "";
  const lines = problem || !control
    ? [h("span", { class: "failed" }, problem || "not read yet")]
    : [h("span", {}, `${percent(control.percent)} on canary${pin}`), h("span", {}, `release ${control.release}${state ? `, rollout ${state}` : ""}`), h("span", {}, place)];
  const select = () => {
    selected = name;
    isChosen = true;
    history.replaceState(null, "", `?stack=${encodeURIComponent(name)}`);
    showStacks();
    updateAll();
    byId("stacks").querySelector("[aria-current=true]")?.focus();
  };
  return h("button", { type: "button", "aria-current": `${isSelected}`, onclick: select }, points?.length ? sparkline(points) : null, h("b", {}, name), lines);
}

function sparkline(points) {
  const [begin, end] = [points[0][0], now()];
  const x = (at) => (80 * (at - begin)) / (end - begin || 1);
  const y = (share) => 22 - share / 5;
  const path = points.map(([at, share], index) => `${index ? `H${x(at).toFixed(1)}` : `M${x(at).toFixed(1)} ${y(share)}`}V${y(share)}`).join("");
  return svg("svg", { width: 80, height: 24, "aria-hidden": "true" }, svg("path", { d: `${path}H80`, fill: "none", stroke: "var(--canary)", "stroke-width": 2 }));
}

function showStack(stack, before) {
  byId("problem").hidden = !stack.problem;
  byId("problem").textContent = stack.problem ? `${selected}: ${stack.problem}` : "";
  document.title = stack.control ? `${percent(stack.control.percent)} ${selected} – edge-router console` : "edge-router console";
  for (const section of document.querySelectorAll("main > section")) section.hidden = !stack.control;
  if (!stack.control) return;
  show(byId("effect"), [selected, stack.control, stack.place, stack.strategy, stack.url], () => effect(stack));
  show(byId("actions"), [selected, stack.actions], () => actions(stack.actions));
  showRollout(stack.rollout);
  showHistory(stack.rollouts);
  tick();
  announce(stack, before);
}

function effect({ control, place, strategy, url }) {
  const facts = { place, strategy, release: control.release, pin: control.pin, from: `${control.percentFrom ?? "the package"} ${control.revision ?? ""}`, ...(url ? { served: url } : {}) };
  return [
    h("p", { class: "share" }, percent(control.percent)),
    h("p", {}, control.text.replace(/^effective: /, ""), control.readFrom && `; the edge reads its ${control.readFrom}, which the controller updates within a minute`),
    h("dl", {}, Object.entries(facts).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
  ];
}

function announce(stack, before) {
  const text = (one) => (one?.control ? `${selected}: ${one.rollout ? `rollout ${one.rollout.state}, ` : ""}${one.control.text}` : "");
  if (before && text(before) !== text(stack)) byId("announce").textContent = text(stack);
}

function actions(all) {
  const [possible, others] = [all.filter((one) => !one.whyNot), all.filter((one) => one.whyNot)];
  const buttons = possible.map((one) => h("button", { type: "button", class: one.name === "abort" || one.name === "reject" || one.name.startsWith("pin") ? "danger" : "", onclick: () => confirm(one) }, `${one.label} …`));
  const reasons = others.map((one) => h("li", {}, h("b", {}, one.label), `: ${one.whyNot}`));
  return [...buttons, others.length ? h("details", {}, h("summary", {}, "Not possible now"), h("ul", {}, reasons)) : null];
}

function confirm(action) {
  const stack = selected;
  const dialog = byId("confirm");
  byId("confirm-title").textContent = `${action.label}?`;
  byId("confirm-says").textContent = action.says;
  byId("confirm-error").hidden = true;
  byId("confirm-yes").onclick = async () => {
    byId("confirm-yes").disabled = true;
    try {
      const { problem } = await ask(token, "/api/actions", { stack, action: action.name, said: action.says });
      if (problem) throw new Error(problem);
      dialog.close();
    } catch (error) {
      byId("confirm-error").textContent = error.message;
      byId("confirm-error").hidden = false;
    } finally {
      byId("confirm-yes").disabled = false;
    }
  };
  byId("confirm-no").onclick = () => dialog.close();
  dialog.onclose = () => giveFocusBack(action.label);
  dialog.showModal();
  byId("confirm-no").focus();
}

// The button that opened the dialog may have been drawn anew, or be gone by now.
function giveFocusBack(label) {
  const buttons = [...byId("actions").querySelectorAll("button")];
  (buttons.find((one) => one.textContent.startsWith(label)) ?? buttons[0] ?? byId("stack")).focus();
}

async function readDecisions() {
  const stack = selected;
  if (!stack || !token || !stacks.get(stack)?.stack?.control) return;
  try {
    const found = await ask(token, `/api/decisions?${new URLSearchParams({ stack, query: byId("query").value })}`);
    if (stack === selected) showDecisions(found);
  } catch (error) {
    showDecisions({ error: error.message });
  }
}

function tick() {
  const stack = stacks.get(selected)?.stack;
  if (!stack?.control) return;
  drawPercentage(stack.percentages, now());
  showClock(stack.rollout, now());
}

byId("query").addEventListener("input", readDecisions);
byId("region").addEventListener("change", () => showTraffic(stacks.get(selected)?.metrics));
byId("explain").addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("explained").replaceChildren(h("p", {}, "explaining …"));
  try {
    showExplanation(await ask(token, "/api/explain", { stack: selected, request: byId("request").value, region: byId("explain-region").value.trim() }));
  } catch (error) {
    byId("explained").replaceChildren(h("p", { class: "failed" }, error.message));
  }
});
setInterval(tick, 1000);
setInterval(() => {
  if (byId("follow").checked && !document.hidden) readDecisions();
}, 3000);
listen(token, onEvent, onState);
