// SPDX-License-Identifier: Apache-2.0
/** Numbers, times and states as people read them, and the pieces that all parts of the page use. */
import { h } from "./dom.js";

const NOTHING = "–";

export function count(value) {
  if (!Number.isFinite(value)) return NOTHING;
  const digits = Number.isInteger(value) ? {} : { maximumSignificantDigits: 4 };
  return Math.abs(value) >= 1e9 || (value !== 0 && Math.abs(value) < 1e-4)
    ? value.toExponential(2)
    : value.toLocaleString("en", digits).replace("-", "−");
}

export function fixed(value) {
  return Number.isFinite(value) ? value.toFixed(3).replace("-", "−") : NOTHING;
}

export function signed(value) {
  return value > 0 ? `+${fixed(value)}` : fixed(value);
}

export function percent(share) {
  return Number.isFinite(share) ? `${count(Math.round(share * 1e4) / 100)} %` : NOTHING;
}

export function rate(value) {
  return Number.isFinite(value) ? `${count(Math.round(value * 100) / 100)}/s` : NOTHING;
}

export function duration(seconds) {
  if (!Number.isFinite(seconds)) return NOTHING;
  const [scale, unit] =
    seconds >= 1 ? [1, "s"] : seconds >= 1e-3 || seconds === 0 ? [1e3, "ms"] : [1e6, "µs"];
  return `${Number((seconds * scale).toPrecision(3))} ${unit}`;
}

/** A moment, in the reader's own time zone. */
export function moment(text) {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  // Sweden writes dates as ISO 8601 does.
  return h("time", { datetime: date.toISOString() }, date.toLocaleString("sv"));
}

export function clock(date) {
  return date.toLocaleTimeString("en-GB");
}

/** A fragment's text. People write some that are none. */
export function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A state, in words as well as in colour. */
export function badge(text, kind = "plain") {
  return h("span", { class: `badge ${kind}` }, text);
}

/**
 * A table that scrolls by itself where the window is narrow.
 *
 * @param columns a heading each, or `{text, kind}`; kinds are classes of the whole column.
 * @param rows a list of cells each; the first heads its row.
 */
export function table(caption, columns, rows) {
  const heads = columns.map((column) => (column.text === undefined ? { text: column } : column));
  const cell = (content, index) => h(index === 0 ? "th" : "td", {
    class: heads[index].kind, scope: index === 0 ? "row" : null,
  }, content);
  // It can be scrolled by keys only if it can have the focus.
  return h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": caption },
    h("table", null,
      h("caption", null, caption),
      h("thead", null, h("tr", null, heads.map(({ text, kind }) =>
        h("th", { scope: "col", class: kind }, text)))),
      h("tbody", null, rows.map((row) => h("tr", null, row.map(cell))))));
}

export function facts(...pairs) {
  return h("dl", { class: "facts" }, pairs.filter(Boolean).map(([name, value]) =>
    h("div", null, h("dt", null, name), h("dd", null, value))));
}

export const number = (text) => ({ text, kind: "number" });
