// SPDX-License-Identifier: Apache-2.0
/** The registry's models; of one of them versions, live quality and drift. */
import { bar } from "./charts.js";
import { h } from "./dom.js";
import { badge, count, facts, fixed, moment, number, rate, signed, table } from "./words.js";

const DRIFT_ROWS = 15;
/** Where the population stability index is critical: a whole bar. */
const CRITICAL_INDEX = 0.25;
const SEVERITIES = ["critical", "warning", "notice", "none"];
const KINDS = { critical: "bad", warning: "warning", notice: "notice", none: "plain" };

/** @param chosen the name of the one that is shown below. */
export function modelList(models, chosen, rates) {
  if (models.length === 0) {
    return h("p", { class: "hint" }, "The registry has none. ",
      h("code", null, "martlet-train fit"), " trains one.");
  }
  return table("Registered models", [
    "Model", number("Serves version"), "Aliases", number("Predictions"),
  ], models.map((model) => [
    h("a", {
      href: `#models/${encodeURIComponent(model.name)}`,
      "aria-current": model.name === chosen && "true",
    }, model.name),
    model.serving_version ?? badge("none", "warning"),
    aliases(model),
    rate(rates?.[model.name]),
  ]));
}

function aliases(model) {
  return Object.entries(model.aliases).map(([alias, version]) => `${alias} = ${version}`)
    .join(", ") || "–";
}

export function versionTable(model) {
  const names = Map.groupBy(Object.entries(model.aliases), ([, version]) => version);
  const rows = model.versions.toReversed().map((version) => [
    version.version,
    (names.get(version.version) ?? []).map(([alias]) => badge(alias, "live")),
    version.loaded ? "loaded" : "not loaded",
    version.reason ?? "",
    moment(version.created_at),
    version.created_by,
    h("code", { title: version.digest }, version.digest.slice(7, 19)),
  ]);
  return table("Versions, newest first",
    ["Version", "Aliases", "State", "Why", "Registered", "By", "SHA-256"], rows);
}

/** What the labels of the last predictions say; `problem` where they say nothing. */
export function quality(document, problem) {
  if (!document) return h("p", { class: "hint" }, problem?.message ?? "…");
  const versions = document.versions.filter((version) => version.all);
  if (versions.length === 0) return h("p", { class: "hint" }, "No label has come yet.");
  return versions.map((version) => {
    const parts = [["all", version.all], ...Object.entries(version.slices ?? {})];
    return measures(`Version ${version.version}`, parts);
  });
}

/** A measure is a number, or an object with `mean`, `low` and `high`. */
function measures(caption, parts) {
  const names = [...new Set(parts.flatMap(([, measures]) => Object.keys(measures)))];
  return table(`${caption}: mean and 95 % interval by slice`,
    ["Slice", ...names.map((name) => number(name.replaceAll("_", " "))), number("Labels")],
    parts.map(([slice, measures]) => [
      slice,
      ...names.map((name) => measure(measures[name])),
      count(Math.max(...Object.values(measures).map((value) => value?.labels ?? 0))),
    ]));
}

function measure(value) {
  if (typeof value === "number") return fixed(value);
  if (value?.mean === undefined) return "–";
  const isBounded = Number.isFinite(value.low);
  return [fixed(value.mean),
    isBounded && h("small", null, `${fixed(value.low)} to ${fixed(value.high)}`)];
}

/**
 * Each watched version's last window, the most severe first.
 *
 * @param whole whether all features are told; `onwhole` asks for that.
 */
export function drift(document, problem, whole, onwhole) {
  if (!document) return h("p", { class: "hint" }, problem?.message ?? "…");
  if (document.versions.length === 0) {
    return h("p", { class: "hint" }, "No version that is served has a profile to compare with.");
  }
  return document.versions.map((version) => version.window
    ? windowTable(version, whole, onwhole)
    : h("p", { class: "hint" }, `Version ${version.version}: no window has ended yet; one has `
      + `${count(document.window_rows)} rows or ${count(document.window_seconds)} seconds.`));
}

function windowTable({ version, window, features, outputs }, whole, onwhole) {
  const rank = (variable) => SEVERITIES.indexOf(variable.severity);
  const sorted = [...features, ...outputs]
    .sort((a, b) => rank(a) - rank(b) || (b.psi ?? 0) - (a.psi ?? 0));
  const shown = whole ? sorted : sorted.slice(0, DRIFT_ROWS);
  return [
    facts(
      [`Version ${version}, window ${window.number}`,
        badge(window.severity, KINDS[window.severity])],
      ["Rows", count(window.rows)],
      ["Ended", moment(window.ended_at)],
      window.clustered && ["Clustered", "of too few clients or keys to tell"]),
    table(`Drift of version ${version} by feature, the greatest first`,
      ["Feature", "Severity", number("Stability index"), "Of critical",
        number("Jensen–Shannon"), number("Kolmogorov–Smirnov"), number("Missing"),
        number("Unseen or out of range")],
      shown.map(driftRow)),
    sorted.length > DRIFT_ROWS && h("button", { type: "button", onclick: onwhole },
      whole ? `Show ${DRIFT_ROWS} only` : `Show all ${sorted.length}`),
  ];
}

function driftRow(variable) {
  return [
    variable.name,
    badge(variable.severity, KINDS[variable.severity]),
    fixed(variable.psi),
    bar(variable.psi / CRITICAL_INDEX, variable.severity),
    fixed(variable.jensen_shannon),
    fixed(variable.kolmogorov_smirnov),
    signed(variable.missing_delta),
    signed(variable.unseen_delta ?? variable.out_of_range_delta),
  ];
}

/** How the version that is served was made, by its own record. */
export function training(version) {
  const lineage = version?.lineage;
  if (!lineage) return null;
  const data = lineage.data?.[0];
  return facts(
    ["Kind", lineage.settings?.model ?? "–"],
    ["Features", count(version.features?.length ?? NaN)],
    ["Output", version.output?.type ?? "–"],
    ["Trained on", data ? `${data.file}, ${count(data.rows)} rows` : "–"],
    ...Object.entries(lineage.metrics?.test ?? {}).filter(([, value]) => typeof value === "number")
      .map(([name, value]) => [`Test ${name.replaceAll("_", " ")}`,
        Number.isInteger(value) ? count(value) : fixed(value)]));
}
