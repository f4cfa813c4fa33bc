// Line charts in SVG, with a legend that says the latest values in words.

import { h, show, svg } from "/page/dom.js";
import { duration, number } from "/page/format.js";
import { INTERVAL, LENGTH } from "/page/history.js";

const WIDTH = 600;
const HEIGHT = 170;
/** Seconds that a chart shows at least and at most. */
const SPANS = [60, (LENGTH * INTERVAL) / 1000];
/** Room for the numbers at the left, and for the minutes below. */
const LEFT = 52;
const BOTTOM = 20;
const TOP = 8;

/**
 * A chart with a title; `update(series)` draws it anew.
 *
 * A series is `{name, points}` with `{time, value}` in order. Lines differ by colour and by their
 * dashes, so that nobody depends on the colour.
 */
export function chart(title, unit) {
  const plot = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": title });
  const legend = h("ul", { class: "legend" });
  const element = h("figure", { class: "chart" }, h("figcaption", {}, title), plot, legend);
  return {
    element,
    update(series) {
      const all = series.flatMap(({ points }) => points);
      const times = all.map(({ time }) => time);
      const end = times.reduce((latest, time) => Math.max(latest, time), 0);
      const begin = times.reduce((first, time) => Math.min(first, time), end);
      const span = Math.min(Math.max(end - begin, SPANS[0]), SPANS[1]);
      const top = ceiling(all.reduce((most, { value }) => Math.max(most, value), 1));
      show(plot, grid(top, span),
        series.map((one, place) => line(one.points, place, { end, span, top })));
      const words = series.map(({ name, points }) => {
        const value = points.at(-1)?.value;
        return [name, value === undefined ? "–" : `${number(value)} ${unit}`.trim()];
      });
      plot.setAttribute("aria-label", `${title}: ${words.map((pair) => pair.join(" ")).join(", ")}`);
      show(legend, words.map(([name, value], place) =>
        h("li", {}, swatch(place), h("span", {}, name), " ", h("strong", {}, value))));
    },
  };
}

/** The next number above that is easy to read: 1, 2 or 5 with zeros. */
export function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? 10 * power;
}

function x(time, { end, span }) {
  return LEFT + (WIDTH - LEFT - 4) * Math.max(0, 1 - (end - time) / span);
}

function y(value, { top }) {
  return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
}

function grid(top, span) {
  const lines = [0, 0.5, 1].map((share) => {
    const height = y(share * top, { top });
    return [
      svg("line", { class: "grid", x1: LEFT, x2: WIDTH - 4, y1: height, y2: height }),
      svg("text", { x: LEFT - 6, y: height + 4, "text-anchor": "end" }, number(share * top)),
    ];
  });
  return [
    ...lines.flat(),
    svg("text", { x: LEFT, y: HEIGHT - 4 }, `${duration(span)} ago`),
    svg("text", { x: WIDTH - 4, y: HEIGHT - 4, "text-anchor": "end" }, "now"),
  ];
}

function line(points, place, scale) {
  const path = points.map(({ time, value }) =>
    `${x(time, scale).toFixed(1)},${y(value, scale).toFixed(1)}`);
  return svg("polyline", { class: `line series-${place}`, points: path.join(" ") });
}

function swatch(place) {
  return svg(
    "svg", { class: "swatch", viewBox: "0 0 24 8", "aria-hidden": "true" },
    svg("line", { class: `line series-${place}`, x1: 0, x2: 24, y1: 4, y2: 4 }));
}
