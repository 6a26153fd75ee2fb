// SPDX-License-Identifier: Apache-2.0
/** Small pictures in SVG, each of which says in words what it shows. */
import { h } from "./dom.js";
import { WINDOW_MILLISECONDS } from "./metrics.js";

const WIDTH = 600;
const HEIGHT = 100;
const GRID = `M0 1H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT - 1}H${WIDTH}`;
/** Points further apart were not measured in a row, and no line joins them. */
const GAP_MILLISECONDS = 20_000;

/**
 * Lines over the last ten minutes.
 *
 * @param lines `{name, of}` each, `of` giving a point's value; the first is drawn solid, the second
 *     dashed, the third dotted.
 * @param format makes a text of a value.
 */
export function chart(title, points, lines, format) {
  const end = points.at(-1)?.at ?? 0;
  const values = points.flatMap((point) => lines.map((line) => line.of(point)));
  const top = ceiling(Math.max(0, ...values.filter(Number.isFinite)));
  const last = (line) => points.length ? format(line.of(points.at(-1))) : "–";
  const words = lines.map((line) => `${line.name} ${last(line)}`).join(", ");
  return h("figure", { class: "chart" },
    h("figcaption", null,
      h("h3", null, title),
      h("dl", null, lines.map((line, index) => h("div", null,
        h("dt", null, swatch(index), line.name),
        h("dd", null, last(line)))))),
    h("div", { class: "plot" },
      h("span", { class: "top" }, points.length ? format(top) : ""),
      h("svg", {
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img",
        "aria-label": `${title}, last ten minutes. Now: ${words}.`,
      },
      h("path", { class: "grid", d: GRID }),
      lines.map((line, index) => h("path", {
        class: `line line-${index}`, d: trace(points, line.of, end, top),
      }))),
      h("p", { class: "times" }, h("span", null, "10 min ago"), h("span", null, "now"))));
}

function swatch(index) {
  return h("svg", { class: "swatch", viewBox: "0 0 24 6", "aria-hidden": "true" },
    h("path", { class: `line line-${index}`, d: "M0 3H24" }));
}

function trace(points, of, end, top) {
  let path = "";
  let last;
  for (const point of points) {
    const value = of(point);
    if (!Number.isFinite(value)) continue;
    const x = WIDTH * (1 - (end - point.at) / WINDOW_MILLISECONDS);
    const y = (HEIGHT - 2) * (1 - value / top) + 1;
    const isJoined = last && point.at - last.at < GAP_MILLISECONDS;
    // A point alone is a dot: a line without length, with round ends.
    path += `${isJoined ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}${isJoined ? "" : "h.1"}`;
    last = point;
  }
  return path;
}

/** The next of 1, 2, 5, 10, … above. */
function ceiling(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 5, 10].find((step) => step * power >= value);
}

/** A share from 0 to 1 as a bar beside its number. */
export function bar(share, kind = "") {
  return strip(kind, 0, 100 * Math.min(1, Math.max(0, share || 0)));
}

/** A number from −1 to 1 as a bar to the left or to the right. */
export function lean(share) {
  const width = 50 * Math.min(1, Math.abs(share || 0));
  return strip(share < 0 ? "less" : "more", share < 0 ? 50 - width : 50, width);
}

function strip(kind, x, width) {
  const box = { viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" };
  return h("svg", { class: `bar ${kind}`, ...box },
    h("rect", { class: "track", width: 100, height: 8 }),
    h("rect", { class: "fill", x: x.toFixed(2), width: width.toFixed(2), height: 8 }));
}
