// A line plot of the last minutes, as SVG. Its legend has the last values as text.

import { el, setText, svg } from "./dom.js";
import { spanSeconds } from "./history.js";

const width = 600;
const height = 180;
const left = 52;
const bottom = 20;
const top = 14;

/** A longer time between two samples is drawn as a gap. */
const gapSeconds = 5;

export class Plot {
  #series;
  #show;
  #tick;
  #lines;
  #values;
  #ticks;
  #svg;
  #cursor;
  #samples = [];
  #top = 1;

  /**
   * @param figure The element that the plot is drawn into.
   * @param title The title of the plot.
   * @param series The lines: {name, read}; their colours are in the style sheet, by number.
   * @param show Formats a value as text.
   * @param tick Formats a value of the axis as text.
   */
  constructor(figure, title, series, show, tick) {
    this.#series = series;
    this.#show = show;
    this.#tick = tick;
    this.#lines = series.map((_, i) => svg("path", { class: `line line-${i}` }));
    this.#values = series.map(() => el("span", { class: "value" }, "–"));
    this.#ticks = [0, 1, 2].map((i) => ({
      line: svg("line", { class: "grid", x1: left, x2: width, y1: this.#y(i / 2), y2: this.#y(i / 2) }),
      text: svg("text", { x: left - 6, y: this.#y(i / 2) + 4, "text-anchor": "end" }),
    }));
    this.#cursor = svg("line", { class: "cursor", y1: top, y2: height - bottom, visibility: "hidden" });
    this.#svg = svg(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title },
      ...this.#ticks.flatMap((t) => [t.line, t.text]),
      ...[0, 1, 2, 3, 4].map((minutes) =>
        svg(
          "text",
          { x: this.#x(-60 * minutes), y: height - 4, "text-anchor": minutes === 0 ? "end" : "middle" },
          minutes === 0 ? "now" : `−${minutes} min`,
        ),
      ),
      ...this.#lines,
      this.#cursor,
    );
    this.#svg.addEventListener("pointermove", (e) => this.#point(e));
    this.#svg.addEventListener("pointerleave", () => this.#point(null));
    figure.replaceChildren(
      el("figcaption", {}, title),
      this.#svg,
      el(
        "ul",
        { class: "legend" },
        ...series.map((s, i) => el("li", {}, el("span", { class: `key key-${i}`, "aria-hidden": "true" }), s.name, " ", this.#values[i])),
      ),
    );
  }

  draw(samples) {
    this.#samples = samples;
    const now = samples.at(-1)?.at ?? 0;
    const highest = Math.max(0, ...samples.flatMap((s) => this.#series.map((one) => one.read(s) ?? 0)));
    this.#top = roundUp(highest);
    this.#ticks.forEach((t, i) => setText(t.text, this.#tick((this.#top * i) / 2)));
    this.#series.forEach((one, i) => this.#lines[i].setAttribute("d", this.#path(samples, one.read, now)));
    if (this.#cursor.getAttribute("visibility") === "hidden") this.#legend(samples.at(-1));
  }

  #path(samples, read, now) {
    let path = "";
    let before = null;
    for (const sample of samples) {
      const value = read(sample);
      if (value === null) {
        before = null;
        continue;
      }
      const starts = before === null || sample.at - before > gapSeconds;
      path += `${starts ? "M" : "L"}${this.#x(sample.at - now).toFixed(1)} ${this.#y(value / this.#top).toFixed(1)}`;
      before = sample.at;
    }
    return path;
  }

  #point(pointer) {
    const now = this.#samples.at(-1)?.at ?? 0;
    if (!pointer || this.#samples.length === 0) {
      this.#cursor.setAttribute("visibility", "hidden");
      this.#legend(this.#samples.at(-1));
      return;
    }
    const box = this.#svg.getBoundingClientRect();
    const at = now + ((((pointer.clientX - box.left) / box.width) * width - width) / (width - left)) * spanSeconds;
    const nearest = this.#samples.reduce((a, b) => (Math.abs(b.at - at) < Math.abs(a.at - at) ? b : a));
    for (const x of ["x1", "x2"]) this.#cursor.setAttribute(x, this.#x(nearest.at - now));
    this.#cursor.setAttribute("visibility", "visible");
    this.#legend(nearest);
  }

  #legend(sample) {
    this.#series.forEach((one, i) => {
      const value = sample ? one.read(sample) : null;
      setText(this.#values[i], value === null ? "–" : this.#show(value));
    });
  }

  #x = (seconds) => width + (seconds / spanSeconds) * (width - left);

  #y = (share) => height - bottom - share * (height - bottom - top);
}

/** Returns the first of 1, 2, 5, 10, 20, 50 ... that is not below the value. */
function roundUp(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * (1 - 1e-9));
}
