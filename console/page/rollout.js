// The rollout: where it stands and why, its tests with their intervals, samples, and former rollouts.

import { byId, duration, h, number, percent, show, svg, table, time, wide } from "./dom.js";

export function showRollout(rollout) {
  show(byId("rollout"), rollout && { ...rollout, samples: 0, tests: 0, results: 0, ratios: 0 }, (one) => (one ? standing(one) : h("p", {}, "No rollout was ever started.")));
  show(byId("figures"), rollout && { results: rollout.results, samples: rollout.samples, ratios: rollout.ratios, reference: rollout.plan.baseline ? "baseline" : "stable" }, (one) => (one ? [...figures(one)] : null));
}

function* gate(rollout) {
  if (!rollout.waitsFor) return;
  const { beganAt, nextAt, attempts, answer, approvedBy } = rollout.gate;
  const rows = [["waits for", rollout.waitsFor], ["since", beganAt && time(beganAt)], ["next try", nextAt && time(nextAt)], ["attempts", attempts], ["last answer", answer], ["approved by", approvedBy]];
  yield h("dl", {}, rows.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value instanceof Node ? value : `${value}`)]));
}

function standing(rollout) {
  const steps = rollout.steps.map((step, index) => {
    const isNow = index === rollout.step && (rollout.state === "running" || rollout.state === "paused");
    const text = isNow ? rollout.state : step.text;
    const state = isNow ? "now" : step.text === "done" ? "done" : "";
    return h("li", { class: state, "aria-current": isNow ? "step" : null }, percent(step.percent), text && ` · ${text}`);
  });
  return [
    h("p", {}, h("span", { class: `state ${rollout.state}` }, rollout.state), ` release ${rollout.release}, ${rollout.progress}, started `, time(rollout.startedAt)),
    h("ol", { class: "steps", "aria-label": "Steps" }, steps),
    h("p", { class: "why" }, h("b", {}, "Why: "), rollout.reason),
    ...gate(rollout),
  ];
}

// What changes by itself with the time: the interval's end and the next look.
export function showClock(rollout, now) {
  if (!rollout || (rollout.state !== "running" && rollout.state !== "paused")) {
    byId("clock").textContent = "";
    return;
  }
  const every = rollout.lookSeconds;
  const look = every ? `The controller looks every ${duration(every)}; ` : "";
  const measured = rollout.measuredUntil ? `measured until ${new Date(rollout.measuredUntil * 1000).toLocaleTimeString()}; ` : "nothing measured yet; ";
  const next = rollout.updatedAt && every ? Math.max(0, every - (now - rollout.updatedAt)) : every;
  const soon = every ? `the next look is in ${duration(next || 0)}` : "";
  const left = rollout.stepEndsAt - now;
  const end = rollout.state === "paused" ? "somebody has to resume it" : left > 0 ? `the step takes at least another ${duration(left)}` : "the step's interval is over";
  byId("clock").textContent = `${look}${measured}${soon ? `${soon}; ` : ""}${end}.`;
}

function* figures({ results, samples, ratios, reference }) {
  if (results.length) {
    yield h("h3", {}, "Is canary worse than allowed?");
    for (const result of results) yield h("div", {}, h("p", {}, verdict(result, reference)), interval(result, reference));
    const columns = ["test", "canary", reference, "limit", "difference", "interval", "p", "fails at", ""];
    yield h("details", {}, h("summary", {}, "Figures: tests"), table("Tests of this step", columns, results.map(row)));
  }
  const versions = Object.entries(samples).sort().reverse();
  if (versions.length) {
    const rows = versions.map(([version, one]) => [version, number(Math.max(one.requests, one.responses)), number(one.errors), `${number(one.errorRatePercent, 2)} %`, one.latencies ? `${number(one.latencyMs, 1)} ms` : "–"]);
    yield table("Samples of this step", ["version", "requests", "errors", "error rate", "latency"], rows);
  }
  const [columns, ...groups] = ratios;
  if (groups.length) yield table("New visitors: do they come as the percentage says?", columns, groups);
}

const amount = (result, value) => `${number(value, result.decimals)} ${result.unit}`;
const UNBOUNDED = 1e6; // what the controller writes for no bound
const above = (result) => (result.high < UNBOUNDED ? number(result.high, result.decimals) : "any");
const hasInterval = (result) => result.low !== undefined && result.high !== undefined && (result.low !== 0 || result.high !== 0);

function verdict(result, reference) {
  const state = result.hasFailed ? "failed" : "passed";
  const words = result.hasFailed ? "worse than allowed" : "not shown to be worse than allowed";
  return [h("b", {}, `${result.name}: `), h("span", { class: state }, words), ` – canary ${amount(result, result.canary)}, ${reference} ${amount(result, result.stable)}, limit ${amount(result, result.limit)}`, hasInterval(result) ? `; difference ${number(result.difference, result.decimals)} ${result.unitOfDifference}, between ${number(result.low, result.decimals)} and ${above(result)}` : ""];
}

function row(result) {
  const unit = result.unitOfDifference;
  const shownInterval = hasInterval(result) ? `${number(result.low, result.decimals)} to ${above(result)} ${unit}` : "–";
  const difference = hasInterval(result) ? `${number(result.difference, 2)} ${unit}` : "–";
  const figure = (value) => (value < 0.001 ? value.toExponential(1) : number(value, 3));
  return [result.name, ...[result.canary, result.stable, result.limit].map((one) => amount(result, one)), difference, shownInterval, figure(result.pValue), figure(result.alpha), result.hasFailed ? "failed" : "passed"];
}

// From what is drawn: an interval that is far wider than difference and bound is cut at the ends.
function scale(zero, allowed, dot, low, high) {
  const near = [zero, allowed, dot];
  const width = Math.max(...near) - Math.min(...near) || Math.abs(zero) || 1;
  return [Math.max(Math.min(...near, low), Math.min(...near) - 2 * width), Math.min(Math.max(...near, high), Math.max(...near) + 2 * width)];
}

// The difference canary − stable with its interval, beside the bound; where there is none, the values and their limit.
function interval(result, reference) {
  const withInterval = hasInterval(result);
  const unit = result.unitOfDifference;
  const marks = withInterval
    ? { zero: [0, "no difference"], allowed: [result.allowed ?? result.limit - result.stable, "allowed"] }
    : { zero: [result.stable, reference], allowed: [result.limit, "limit"] };
  const dot = withInterval ? result.difference : result.canary;
  const [low, high] = withInterval ? [result.low, result.high] : [dot, dot];
  const [least, most] = scale(marks.zero[0], marks.allowed[0], dot, low, high);
  const x = (value) => 20 + (460 * (Math.min(most, Math.max(least, value)) - least)) / (most - least || 1);
  const line = (name, position, stroke, dash) => [
    svg("line", { x1: x(position[0]), x2: x(position[0]), y1: 18, y2: 46, stroke: `var(--${stroke})`, "stroke-width": 2, "stroke-dasharray": dash }),
    svg("text", { x: x(position[0]), y: name === "zero" ? 60 : 13, "text-anchor": x(position[0]) > 400 ? "end" : x(position[0]) < 100 ? "start" : "middle" }, `${position[1]} ${number(position[0], result.decimals)}`),
  ];
  const label = withInterval
    ? `${result.name}: the difference is ${number(dot, 2)} ${unit}, between ${number(low, 2)} and ${above(result)}; allowed is ${number(marks.allowed[0], 2)}`
    : `${result.name}: canary ${amount(result, dot)}, ${reference} ${amount(result, result.stable)}, limit ${amount(result, result.limit)}`;
  const stroke = result.hasFailed ? "bad" : "canary";
  return svg(
    "svg", { class: "interval", viewBox: "0 0 500 64", role: "img", "aria-label": label },
    svg("line", { x1: 20, x2: 480, y1: 32, y2: 32, stroke: "var(--line)", "stroke-width": 1 }),
    line("zero", marks.zero, "stable", "none"), line("allowed", marks.allowed, "bad", "4 3"),
    svg("line", { x1: x(low), x2: x(high), y1: 32, y2: 32, stroke: `var(--${stroke})`, "stroke-width": 6 }),
    svg("circle", { cx: x(dot), cy: 32, r: 7, fill: `var(--${stroke})`, stroke: "var(--card)", "stroke-width": 2 }),
  );
}

export function showHistory(rollouts) {
  show(byId("history"), rollouts, (all) => {
    if (!all.length) return h("p", {}, "There was none.");
    const events = all.flatMap((one) => one.history.toReversed().map((event) => [time(event.at), one.release, h("td", { class: event.state }, event.state), percent(event.canaryPercent), wide(event.reason)]));
    return table("Changes, the newest first", ["when", "release", "state", "percentage", "why"], events.map((cells) => cells.map((cell) => (cell instanceof HTMLTableCellElement ? cell : h("td", {}, cell)))));
  });
}
