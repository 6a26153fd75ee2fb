// SPDX-License-Identifier: Apache-2.0
/** Rollouts: those under way with their evidence, and those that are over. */
import { bar } from "./charts.js";
import { h } from "./dom.js";
import { badge, count, facts, moment, number, percent, table } from "./words.js";

const PAST_MAX = 10;

/** Rules that speak against a candidate when their evidence reaches its threshold. */
const AGAINST = {
  relative_error: "its users see more failures than the stable version's",
  relative_slow: "its answers take longer than the stable version's",
  paired_error: "it fails requests that the stable version answers",
  paired_slow: "it takes longer for the same requests",
  disagreement: "too many of its answers differ",
  labels: "it is wrong where the stable version is right",
  harm: "the stable version suffers beside it",
  suspicion: "it is worth a closer look",
  stable_trouble: "the stable version fails by itself",
  sample_ratio: "keys are not shared as planned",
};

/** And those that speak for it, which a step waits for. */
const FOR = {
  error_acceptance: "it fails no more than is fine",
  slow_acceptance: "it takes no longer than is fine",
  agreement: "its answers agree",
  quality: "labels find it no worse",
  recovery: "copies clear it",
};

const STATES = { promoted: "good", rolled_back: "bad", quarantined: "warning", paused: "warning" };
const VERDICTS = { pass: "good", fail: "bad" };

/** The one that is shown whole: the chosen one, or the newest under way, or the newest. */
export function chosenRollout(rollouts, id) {
  return rollouts.find((rollout) => rollout.id === id)
    ?? rollouts.find((rollout) => !rollout.is_terminal) ?? rollouts[0];
}

/**
 * @param rollouts all, newest first.
 * @param whole the document of the one shown whole, with `events`, its history.
 */
export function rolloutList(rollouts, whole, events) {
  if (rollouts.length === 0) {
    return h("p", { class: "hint" }, "There has been none. ",
      h("code", null, "martlet rollout start"), " starts one.");
  }
  const shown = rollouts.filter((rollout) => !rollout.is_terminal);
  const past = rollouts.filter((rollout) => rollout.is_terminal);
  return [
    whole && rolloutCard(whole, events),
    table("Rollouts, newest first", [
      "Rollout", "Model", "Versions", "State", number("Candidate's share"), "Since",
    ], [...shown, ...past.slice(0, PAST_MAX)].map((rollout) => row(rollout, whole))),
    past.length > PAST_MAX && h("p", { class: "hint" },
      `${past.length - PAST_MAX} older ones: `, h("code", null, "martlet rollout list")),
  ];
}

function row(rollout, whole) {
  return [
    h("a", {
      href: `#rollouts/${rollout.id}`, "aria-current": rollout.id === whole?.id && "true",
    }, `${rollout.id}`),
    rollout.model,
    versions(rollout),
    stateBadge(rollout),
    percent(rollout.candidate_weight),
    moment(rollout.updated_at),
  ];
}

function versions(rollout) {
  return rollout.arms
    ? rollout.arms.map((arm) => arm.version).join(" : ")
    : `${rollout.stable} → ${rollout.candidate}`;
}

function stateBadge(rollout) {
  const [name] = rollout.state.split(":");
  return badge(rollout.state, STATES[name] ?? (rollout.is_terminal ? "plain" : "live"));
}

function rolloutCard(rollout, events) {
  const groups = Array.isArray(rollout.evidence[0]) ? rollout.evidence : [rollout.evidence];
  return h("article", { key: `rollout-${rollout.id}`, class: "card",
    "aria-labelledby": "rollout-heading" },
  h("h3", { id: "rollout-heading", tabindex: -1 },
    `Rollout ${rollout.id}: ${rollout.model}, ${versions(rollout)} `, stateBadge(rollout)),
  rollout.arms
    ? facts(...rollout.arms.map((arm) =>
      [`Version ${arm.version}`, `${percent(arm.weight)}, ${arm.state}`]))
    : steps(rollout),
  rollout.fault && h("p", { class: "warning" }, rollout.fault),
  groups.map((measures, index) => evidence(rollout, measures, index, groups.length)),
  facts(
    ["Verdict", badge(rollout.verdict, VERDICTS[rollout.verdict])],
    ["Reason", rollout.reason || "–"],
    ["Started", [moment(rollout.created_at), ` by ${rollout.created_by}`]]),
  events && table("Transitions, newest first", ["To", "From", "Why", "By", "At"],
    events.toReversed().map((event) =>
      [event.to, event.from || "–", event.reason, event.actor, moment(event.at)])));
}

/** Where a canary is among the steps of its plan. */
function steps(rollout) {
  const canary = (rollout.plan?.steps ?? []).map((share, index) =>
    [`canary:${index}`, `canary ${percent(share)}`]);
  const all = [
    ["verifying", "verifying"], rollout.plan?.shadow && ["shadow", "shadow"], ...canary,
    ["bake", "bake 100 %"], ["promoted", "promoted"],
  ].filter(Boolean);
  const current = all.findIndex(([state]) => isAt(rollout.state, state));
  return h("ol", { class: "steps", "aria-label": "Steps" }, all.map(([, name], index) =>
    h("li", {
      class: index < current ? "done" : null, "aria-current": index === current && "step",
    }, name)));
}

/** A state like `quarantined:canary:1` or `paused:bake:operator` holds the step it is in. */
function isAt(state, step) {
  return `:${state}:`.includes(`:${step}:`);
}

function evidence(rollout, measures, index, groupCount) {
  const of = groupCount > 1 ? ` of version ${rollout.arms?.[index + 1]?.version}` : "";
  if (measures.length === 0) return null;
  const values = Object.fromEntries(measures.map((measure) => [measure.name, measure]));
  const both = (all, failed) => `${count(values[all]?.value)}, ${count(values[failed]?.value)}`;
  return [
    facts(
      !rollout.arms && ["Candidate's keys", percent(rollout.candidate_weight)],
      ["Requests, failed", both("candidate_requests", "candidate_failures")],
      ["Stable version's, failed", both("stable_requests", "stable_failures")],
      ["Compared, differ", both("comparisons", "disagreements")],
      ["Labels", count(values.labels_seen?.value)]),
    h("div", { class: "columns" },
      rules(`Against the candidate${of}`, AGAINST, values, rollout.plan?.rules),
      rules(`For the candidate${of}`, FOR, values)),
  ];
}

/** @param armed the rules that convict alone; the others ask for a closer look. */
function rules(caption, meanings, values, armed) {
  const rows = Object.keys(meanings).filter((name) => values[name]?.threshold).map((name) => {
    const { value, threshold } = values[name];
    return [
      [h("code", null, name), h("small", null, meanings[name])],
      count(Math.round(value * 100) / 100),
      count(threshold),
      [bar(strength(value, threshold), armed ? "against" : "for"),
        value >= threshold && badge("reached", armed ? "bad" : "good")],
    ];
  });
  return table(caption, ["Rule", number("Evidence"), number("Speaks at"), "How far"], rows);
}

/** Evidence multiplies, request by request, so how far it has come is a matter of logarithms. */
function strength(value, threshold) {
  return Math.log(Math.max(1, value)) / Math.log(threshold);
}
