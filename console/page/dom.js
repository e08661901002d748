// Elements from data: text is text always, never markup.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

const shown = new WeakMap();

// Renders again only what has changed; keyboard focus, scrolling and opened lists stay where they are.
export function show(element, data, render) {
  const key = JSON.stringify(data);
  if (shown.get(element) === key) return false;
  shown.set(element, key);
  const all = (selector) => [...element.querySelectorAll(selector)];
  const focused = all("*").indexOf(document.activeElement);
  const tag = document.activeElement?.tagName;
  const opened = all("details").map((one) => one.open);
  const scrolled = all(".scroll").map((one) => one.scrollLeft);
  element.replaceChildren(...[render(data)].flat().filter(Boolean));
  all("details").forEach((one, index) => { one.open = opened[index] ?? false; });
  all(".scroll").forEach((one, index) => { one.scrollLeft = scrolled[index] ?? 0; });
  const same = focused < 0 ? null : all("*")[focused];
  if (same?.tagName === tag) same.focus();
  return true;
}

// A table that scrolls within itself on a narrow screen, and by the keyboard.
export function table(caption, columns, rows) {
  const head = h("tr", {}, columns.map((column) => h("th", { scope: "col" }, column)));
  const body = rows.map((row) => h("tr", {}, row.map((cell) => (cell instanceof Node ? cell : h("td", {}, `${cell}`)))));
  const made = h("table", {}, h("caption", {}, caption), h("thead", {}, head), h("tbody", {}, body));
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, made);
}

export const wide = (text) => h("td", { class: "wide" }, text);

export const time = (seconds) => {
  const at = new Date(seconds * 1000);
  const text = at.toDateString() === new Date().toDateString() ? at.toLocaleTimeString() : at.toLocaleString();
  return h("time", { datetime: at.toISOString() }, text);
};

export const number = (value, decimals = 0) =>
  value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

export const percent = (value) => `${+value.toFixed(2)} %`;

export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  return whole < 7200 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
