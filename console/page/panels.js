// Traffic, replicas, decisions and explanations.

import { Chart } from "./charts.js";
import { byId, h, number, show, table, wide } from "./dom.js";

const SERIES = [{ name: "stable", color: "stable" }, { name: "canary", color: "canary", dash: [7, 4] }];
let charts = null;

const made = () => (charts ??= {
  percentage: new Chart(byId("percentage"), "Canary's share of new visitors", "%", [SERIES[1]].map((one) => ({ ...one, dash: undefined })), { stepped: true, most: 100 }),
  requests: new Chart(byId("requests"), "Requests", "per second", SERIES),
  errors: new Chart(byId("errors"), "Responses of 500 and above", "%", SERIES),
  latency: new Chart(byId("latency"), "Latency, geometric mean", "ms", SERIES),
});

export function drawPercentage(points, now) {
  if (!points.length) return;
  const begin = Math.min(points[0][0], now - 60);
  const times = [...points.map(([at]) => at), now];
  const values = [...points.map(([, value]) => value), points.at(-1)[1]];
  made().percentage.draw(begin < times[0] ? [[begin, ...times], [null, ...values]] : [times, values]);
}

export function showTraffic(metrics) {
  byId("traffic-problem").textContent = metrics?.problem || "";
  const regions = Object.keys(metrics?.regions ?? {}).sort();
  const select = byId("region");
  show(select, regions, (all) => [h("option", { value: "" }, "all"), ...all.map((one) => h("option", { value: one, selected: one === select.value }, one))]);
  if (!metrics?.times) {
    show(byId("regions"), metrics ?? null, () => h("p", {}, metrics?.problem || "Not read yet."));
    return;
  }
  const meant = regions.includes(select.value) ? [select.value] : regions;
  const sums = (version) => total(metrics, meant, version);
  const [stable, canary] = [sums("stable"), sums("canary")];
  const drawn = [stable, canary];
  made().requests.draw([metrics.times, ...drawn.map((one) => one.requests.map((count) => count / metrics.periodSeconds))]);
  made().errors.draw([metrics.times, ...drawn.map((one) => one.requests.map((count, at) => (count ? (100 * one.errors[at]) / count : null)))]);
  made().latency.draw([metrics.times, ...drawn.map((one) => one.latencies.map((count, at) => (count ? Math.exp(one.logSum[at] / count) : null)))]);
  const rows = regions.flatMap((region) => ["stable", "canary"].map((version) => [region, version, whole(total(metrics, [region], version))]));
  show(byId("regions"), rows, (all) => all.length ? table(`By Region, the last ${Math.round((metrics.periodSeconds * metrics.times.length) / 60)} minutes`, ["Region", "version", "requests", "errors", "error rate", "latency"], all.map(([region, version, one]) => [region, version, ...one])) : h("p", {}, "No requests so far."));
}

function total(metrics, regions, version) {
  const names = ["requests", "errors", "latencies", "logSum"];
  const sums = Object.fromEntries(names.map((name) => [name, metrics.times.map(() => 0)]));
  for (const region of regions) {
    for (const name of names) (metrics.regions[region][version]?.[name] ?? []).forEach((value, at) => { sums[name][at] += value; });
  }
  return sums;
}

function whole(one) {
  const [requests, errors, latencies, logSum] = [one.requests, one.errors, one.latencies, one.logSum].map((values) => values.reduce((sum, value) => sum + value, 0));
  return [number(requests), number(errors), requests ? `${number((100 * errors) / requests, 2)} %` : "–", latencies ? `${number(Math.exp(logSum / latencies), 1)} ms` : "–"];
}

export function showReplicas(document) {
  show(byId("replicas"), document ?? null, (one) => {
    if (!one?.regions?.length) return h("p", {}, one?.problem || "Not read yet.");
    const has = Boolean(one.calls);
    const count = (kind, region) => number(one.calls[kind]?.[region] ?? 0);
    const rows = one.regions.map((row) => [
      row.isHome ? `${row.region} (home)` : row.region,
      h("td", { class: row.problem ? "failed" : row.behindSeconds ? "paused" : "passed" }, row.problem || (row.behindSeconds ? `behind for ${row.behindSeconds} s` : "as at home")),
      row.revision, `${number(row.readMs, 1)} ms`, ...(has ? [count("requests", row.region), count("failed", row.region), one.faults[row.region] ?? ""] : []),
    ]);
    const columns = ["Region", "state", "revision", "read from here in", ...(has ? ["requests", "failed", "fault"] : [])];
    const replication = has ? h("p", { class: "quiet" }, `Replication takes ${one.replication.lagMs} ms here${one.replication.isPaused ? ", is paused" : ""}; ${one.replication.pending} writes are on their way.`) : null;
    return [table(`Table ${one.table}`, columns, rows), replication];
  });
}

const FIRST = ["time", "region", "origin", "reason", "visitor"];

export function showDecisions(found) {
  show(byId("decisions"), found, (one) => {
    if (one.error) return h("p", { class: "failed" }, one.error);
    const rows = one.rows.map((row) => {
      const others = Object.entries(row).filter(([name]) => !FIRST.includes(name) && name !== "strategy");
      const state = row.fallback ? "failed" : "";
      return [new Date(row.time).toLocaleTimeString(), row.region, h("td", { class: state }, row.origin ?? "–"), row.reason, row.visitor ?? "–", wide(others.map(([name, value]) => `${name}=${value}`).join(" "))];
    });
    const counts = `${number(one.found)} of ${number(one.read)} decisions of the last minutes${one.found > rows.length ? `; the newest ${rows.length}` : ""}`;
    return [one.problem ? h("p", { class: "failed" }, one.problem) : null, table(counts, ["time", "Region", "origin", "reason", "visitor", "more"], rows)];
  });
}

export function showExplanation(one) {
  const steps = (one.steps ?? []).map((step) => [step.lookedAt, wide(step.found)]);
  const decided = one.refused ? `CloudFront responds with ${one.refused.status} by itself: ${one.refused.reason}` : one.unread.length ? `undecided: ${one.unread.join(" and ")} could not be read` : "";
  const bucket = one.bucket === null ? "" : `, bucket ${number(one.bucket)} of 10,000`;
  byId("explained").replaceChildren(
    h("p", {}, decided || [h("b", {}, one.origin), ` (${one.domainName}) because ${one.reason}${bucket}${one.fallback ? " (fallback: something failed)" : ""}`].map((part) => part)),
    steps.length ? table("Step by step", ["looked at", "found"], steps) : "",
    h("p", { class: "quiet" }, `${one.read.place ?? "the settings"}, read at ${one.read.at}: ${one.read.what.join(", ")}`),
  );
}


