// SPDX-License-Identifier: Apache-2.0
/** How the server is: whether it is ready and why not, and its predictions of ten minutes. */
import { chart } from "./charts.js";
import { h } from "./dom.js";
import { badge, duration, rate } from "./words.js";

const KINDS = { pass: "good", warn: "warning", fail: "bad" };

export function service(readiness, recent) {
  return [readiness && checks(readiness), charts(recent)];
}

/** What is wrong first. What is well is counted, and told on request. */
function checks({ checks }) {
  const well = checks.filter((check) => check.status === "pass");
  const rest = checks.filter((check) => check.status !== "pass");
  return [
    rest.length > 0 && h("ul", { class: "checks" }, rest.map(checkItem)),
    well.length > 0 && h("details", null,
      h("summary", null, `${well.length} of ${checks.length} checks pass`),
      h("ul", { class: "checks" }, well.map(checkItem))),
  ];
}

function checkItem(check) {
  const version = check.version === undefined ? "" : `, version ${check.version}`;
  return h("li", null, badge(check.status, KINDS[check.status]), " ",
    h("code", null, check.name), version, check.detail ? `: ${check.detail}` : "");
}

function charts({ points }) {
  const line = (name, member) => ({ name, of: (point) => point[member] });
  return h("div", { class: "charts" },
    chart("Predictions", points, [line("answered", "answered")], rate),
    chart("Time to answer", points,
      [line("median", "median"), line("95 %", "p95"), line("99 %", "p99")], duration),
    chart("Predictions without an answer", points,
      [line("server's fault", "failed"), line("request's fault", "mistaken"),
        line("shed", "shed")], rate),
    chart("Work in flight", points,
      [line("predicted", "work"), line("most", "workLimit")], duration));
}
