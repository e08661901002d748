// Charts of uPlot, each with a table of the same figures.

import { h, show, table } from "./dom.js";

/* global uPlot */

const HEIGHT = 190;
const dark = matchMedia("(prefers-color-scheme: dark)");
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

const clock = (at, span) => new Date(at * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", ...(span < 600 ? { second: "2-digit" } : {}) });

export class Chart {
  // series: [{name, color, dash}]; draw() takes [times, ...values] with null where there is nothing.
  constructor(host, title, unit, series, { stepped = false, most = null } = {}) {
    Object.assign(this, { title, unit, series, stepped, most, data: null, plot: null });
    this.box = h("div", { class: "plot", role: "img", "aria-label": `${title}: the figures are below` });
    this.list = h("div");
    this.details = h("details", { ontoggle: () => this.write() }, h("summary", {}, `Figures: ${title.toLowerCase()}`), this.list);
    host.replaceChildren(h("h3", {}, `${title}, ${unit}`), this.box, this.details);
    new ResizeObserver(() => this.resize()).observe(this.box);
    dark.addEventListener("change", () => this.rebuild());
  }

  draw(data) {
    this.data = data;
    if (this.plot) this.plot.setData(data);
    else this.rebuild();
    this.write();
  }

  rebuild() {
    this.plot?.destroy();
    this.plot = null;
    if (!this.data || !this.box.clientWidth) return;
    const axis = { stroke: color("quiet"), grid: { stroke: color("line"), width: 1 }, ticks: { stroke: color("line"), width: 1 }, font: "12px system-ui, sans-serif" };
    const value = (_, one) => (one === null || one === undefined ? "–" : `${+one.toFixed(2)} ${this.unit}`);
    const options = {
      width: this.box.clientWidth,
      height: HEIGHT - 28,
      padding: [8, 8, 0, 0],
      cursor: { drag: { x: false, y: false } },
      scales: { y: { range: (_, low, high) => [0, this.most ?? (high > 0 ? high * 1.1 : 1)] } },
      axes: [{ ...axis, space: 110, size: 32, values: (_, times) => times.map((at) => clock(at, times.at(-1) - times[0])) }, { ...axis, size: 48, space: 28 }],
      series: [
        { label: "time", value: (_, at) => (at ? new Date(at * 1000).toLocaleTimeString() : "–") },
        ...this.series.map((one) => ({
          label: one.name, stroke: color(one.color), width: 2, dash: one.dash, value, points: { show: !this.stepped, size: 4 },
          spanGaps: false, paths: this.stepped ? uPlot.paths.stepped({ align: 1 }) : undefined,
        })),
      ],
    };
    this.plot = new uPlot(options, this.data, this.box);
  }

  resize() {
    const width = this.box.clientWidth;
    if (!this.plot) this.rebuild();
    else if (width && width !== this.plot.width) this.plot.setSize({ width, height: HEIGHT - 28 });
  }

  write() {
    if (!this.details.open || !this.data) return;
    show(this.list, this.data, ([times, ...values]) => {
      const rows = times.map((at, index) => [new Date(at * 1000).toLocaleTimeString(), ...values.map((one) => one[index] ?? "–")]);
      const known = rows.filter((row) => row.slice(1).some((cell) => cell !== "–")).reverse();
      return table(`${this.title}, ${this.unit}`, ["time", ...this.series.map((one) => one.name)], known.map((row) => row.map((cell) => (typeof cell === "number" ? +cell.toFixed(2) : cell))));
    });
  }
}
