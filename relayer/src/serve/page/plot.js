// Plots of the last hour, drawn as SVG. A pointer or the arrow keys show what a line says at a time.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const HOUR = 3600000;
const [LEFT, RIGHT, TOP, BOTTOM] = [46, 8, 8, 22];

function svg(tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

/** The next round number: 1, 2 or 5 times a power of ten. */
function round(n) {
  const power = 10 ** Math.floor(Math.log10(Math.max(n, 1)));
  return [1, 2, 5, 10].map((m) => m * power).find((m) => m >= n);
}

/** A plot in a box of the page, which keeps what its reader points at while it is drawn anew. */
class Plot {
  constructor(box, title, format, least) {
    Object.assign(this, { box, title, format, least, at: null, times: [], series: [] });
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", title);
    box.addEventListener("pointermove", (event) => this.point(this.nearest(event.clientX - box.getBoundingClientRect().left)));
    box.addEventListener("pointerleave", () => this.point(null));
    box.addEventListener("blur", () => this.point(null));
    box.addEventListener("keydown", (event) => this.key(event));
  }

  /** Draws series over the hour up to `end`. Times are in milliseconds, values may be null. */
  draw(end, times, series) {
    Object.assign(this, { end, times, series, width: this.box.clientWidth, height: this.box.clientHeight });
    this.most = round(Math.max(this.least, ...series.flatMap((s) => s.values.map((v) => v ?? 0))));
    this.root = svg("svg", { viewBox: `0 0 ${this.width} ${this.height}`, role: "img", "aria-label": this.summary() });
    this.axes();
    for (const one of series) this.line(one);
    const isEmpty = series.every((s) => s.values.every((value) => !value));
    if (isEmpty) this.root.append(svg("text", { class: "none", x: (this.width + LEFT) / 2, y: this.y(this.most * .75) + 4, "text-anchor": "middle" }, "nothing in the last hour"));
    this.box.replaceChildren(this.root);
    this.point(this.at);
  }

  x(time) { return LEFT + (this.width - LEFT - RIGHT) * (1 - (this.end - time) / HOUR); }
  y(value) { return this.height - BOTTOM - (this.height - TOP - BOTTOM) * value / this.most; }

  summary() {
    const said = this.series.map(({ label, values }) => {
      const known = values.filter((value) => value !== null);
      return known.length ? `${label}: ${this.format(known.at(-1))} now, at most ${this.format(Math.max(...known))}` : `${label}: none`;
    });
    return `${this.title} of the last hour. ${said.join("; ")}`;
  }

  axes() {
    for (const part of [0, .5, 1]) {
      const y = this.y(this.most * part);
      this.root.append(svg("line", { class: "grid", x1: LEFT, x2: this.width - RIGHT, y1: y, y2: y }));
      this.root.append(svg("text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" }, this.format(this.most * part)));
    }
    for (const minutes of this.width < 520 ? [60, 30, 0] : [60, 45, 30, 15, 0]) {
      const anchor = minutes === 0 ? "end" : minutes === 60 ? "start" : "middle";
      this.root.append(svg("text", { x: this.x(this.end - minutes * 60000), y: this.height - 4, "text-anchor": anchor }, minutes ? `${minutes} min ago` : "now"));
    }
  }

  line({ name, values, area }) {
    let path = "", open = false, first = null, last = null;
    values.forEach((value, i) => {
      if (value === null) { open = false; return; }
      const x = this.x(this.times[i]);
      path += `${open ? "L" : "M"}${x.toFixed(1)} ${this.y(value).toFixed(1)}`;
      // A point between two gaps is a dot.
      if (!open && (values[i + 1] ?? null) === null) path += "h.01";
      first ??= x;
      last = x;
      open = true;
    });
    if (area && first !== null && !values.includes(null)) {
      this.root.append(svg("path", { class: "area", d: `${path}L${last} ${this.y(0)}L${first} ${this.y(0)}Z` }));
    }
    this.root.append(svg("path", { class: `line ${name}`, d: path }));
  }

  nearest(x) {
    return this.times.reduce((best, time) => (Math.abs(this.x(time) - x) < Math.abs(this.x(best) - x) ? time : best), this.times[0] ?? null);
  }

  key(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
    if (event.key === "Escape") this.point(null);
    if (!(event.key in steps) || !this.times.length) return;
    event.preventDefault();
    const from = this.at === null ? this.times.length : this.times.indexOf(this.at);
    const to = Math.max(0, Math.min(this.times.length - 1, from + steps[event.key]));
    this.point(this.times[to]);
  }

  /** Shows the values of a time; nothing for null, or when that time is not of the last hour any more. */
  point(time) {
    this.box.querySelectorAll(".tip, .cursor").forEach((node) => node.remove());
    const i = this.times.indexOf(time);
    this.at = i < 0 ? null : time;
    if (i < 0) return;
    const x = this.x(time);
    this.root.append(svg("line", { class: "cursor", x1: x, x2: x, y1: TOP, y2: this.height - BOTTOM }));
    const values = this.series.filter((s) => s.values[i] !== null).map((s) => `${s.label} ${this.format(s.values[i])}`);
    const tip = el("div", "tip", [new Date(time).toLocaleTimeString("sv-SE"), ...values].join(" · "));
    tip.setAttribute("role", "status");
    this.box.append(tip);
    tip.style.left = `${Math.max(0, Math.min(this.width - tip.offsetWidth, x - tip.offsetWidth / 2))}px`;
  }
}
