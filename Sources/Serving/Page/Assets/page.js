// SPDX-License-Identifier: Apache-2.0
/** The page of a server: asks for its documents every few seconds, and shows them. */
import { showAccess } from "./access.js";
import { h, show } from "./dom.js";
import { Recent } from "./metrics.js";
import { drift, modelList, quality, training, versionTable } from "./models.js";
import { chosenRollout, rolloutList } from "./rollouts.js";
import { ask } from "./server.js";
import { service } from "./service.js";
import { Trial } from "./trial.js";
import { badge, clock, decoded } from "./words.js";

const PERIOD_MILLISECONDS = 5_000;
const PERIOD_MILLISECONDS_MAX = 60_000;

const place = (id) => document.getElementById(id);
const recent = new Recent();
const trials = new Map();
/** The last answer of each path: `{value}` or `{problem}`. */
const answers = new Map();
const chosen = {};
let isDriftWhole = false;
/** Since when nothing has come from the server, and what the last attempt met. */
let silence;
let failureCount = 0;
let timer;
let round = 0;

const value = (path) => answers.get(path)?.value;
const problem = (path) => answers.get(path)?.problem;

/** The name of the model that is shown: the chosen one, or the first that is served. */
function modelName() {
  const models = value("models")?.models ?? [];
  return chosen.model ?? (models.find((model) => model.serving_version) ?? models[0])?.name;
}

/** What to ask for, in this order: what comes later depends on what has come before. */
function* wanted() {
  yield* ["readyz", "version", "models", "metrics", "rollouts"];
  yield rolloutPath();
  yield rolloutPath("/history");
  yield modelPath();
  yield servedVersionPath();
  yield modelPath("/quality");
  yield modelPath("/drift");
}

function modelPath(rest = "") {
  const name = modelName();
  return name && `models/${encodeURIComponent(name)}${rest}`;
}

function servedVersionPath() {
  const version = value(modelPath())?.serving_version;
  return version && modelPath(`/versions/${version}`);
}

function rolloutPath(rest = "") {
  const rollout = chosenRollout(value("rollouts")?.rollouts ?? [], chosen.rollout);
  return rollout && `rollouts/${rollout.id}${rest}`;
}

/** Versions do not change, and what is not there (a store of labels) does not come. */
function isSettled(path) {
  if (problem(path)?.status === 404) return true;
  return path === "version" ? value(path) : value(path)?.features !== undefined;
}

/** One round: each document after the other, over one connection. */
async function poll() {
  const mine = ++round;
  clearTimeout(timer);
  let wait = PERIOD_MILLISECONDS;
  try {
    for (const path of wanted()) {
      if (!path || isSettled(path) || (refusal() && path !== "readyz")) continue;
      const answer = await asked(path);
      if (mine !== round) return;
      if (silence) forgetProblems();
      answers.set(path, answer);
      if (path === "metrics" && answer.value) recent.add(answer.value, Date.now());
    }
    failureCount = 0;
  } catch (failure) {
    if (mine !== round) return;
    silence ??= { since: new Date() };
    silence.reason = failure.message;
    failureCount += 1;
    wait = Math.min(PERIOD_MILLISECONDS * 2 ** failureCount, PERIOD_MILLISECONDS_MAX);
    wait = Math.max(wait, (failure.retryAfterSeconds ?? 0) * 1000);
  }
  draw();
  if (!document.hidden) timer = setTimeout(poll, wait);
}

/** A problem is of one document, but for one that says to come later. */
async function asked(path) {
  try {
    return { value: await ask(path) };
  } catch (failure) {
    if (!failure.type || failure.retryAfterSeconds) throw failure;
    return { problem: failure };
  }
}

/** What may not be read is asked for once: each time is a line in an audit. */
function refusal() {
  return [...answers.values()].find((answer) => answer.problem?.isAboutAccess)?.problem;
}

/** Who comes back may be another program. */
function forgetProblems() {
  silence = undefined;
  for (const [path, answer] of answers) {
    if (answer.problem || path === "version") answers.delete(path);
  }
}

function startAnew() {
  forgetProblems();
  poll();
}

function draw() {
  const readiness = value("readyz");
  const { name, version } = value("version") ?? {};
  show(place("version"), name ? version : "");
  show(place("state"), state(readiness));
  show(place("notice"), silence && unreachable());
  showAccess(place("access"), refusal(), startAnew);
  show(place("service"), service(readiness, recent));
  const { rollouts } = value("rollouts") ?? {};
  show(place("rollouts"), rollouts
    ? rolloutList(rollouts, value(rolloutPath()), value(rolloutPath("/history"))?.events)
    : unknown("rollouts"));
  const { models } = value("models") ?? {};
  show(place("models"), models
    ? [modelList(models, modelName(), recent.latest("models")), model()]
    : unknown("models"));
}

function state(readiness) {
  if (silence) return badge("unreachable", "bad");
  if (!readiness) return badge("asking …");
  return badge(readiness.status, readiness.status === "ready" ? "good" : "bad");
}

function unreachable() {
  return h("p", { class: "notice" },
    `Server unreachable since ${clock(silence.since)}. What is shown is older. `,
    h("small", null, silence.reason), " ",
    h("button", { type: "button", onclick: poll }, "Try now"));
}

function unknown(path) {
  return h("p", { class: "hint" }, problem(path)?.message ?? (refusal() ? "Not shown." : "…"));
}

function toggleDrift() {
  isDriftWhole = !isDriftWhole;
  draw();
}

/** The model that is shown whole. */
function model() {
  const path = modelPath();
  const whole = value(path);
  if (!whole) return path && unknown(path);
  const version = value(servedVersionPath());
  const part = (title, ...content) => [h("h4", null, title), content];
  const { name } = whole;
  return h("article", { key: `model-${name}`, class: "card", "aria-labelledby": "model-heading" },
    h("h3", { id: "model-heading", tabindex: -1 }, name),
    training(version),
    part("Versions", versionTable(whole)),
    part("Live quality", quality(value(`${path}/quality`), problem(`${path}/quality`))),
    part("Drift", drift(value(`${path}/drift`), problem(`${path}/drift`), isDriftWhole,
      toggleDrift)),
    part("Try a prediction", version?.features
      ? trial(name).view(whole, version)
      : h("p", { class: "hint" }, "No version is served.")));
}

function trial(name) {
  if (!trials.has(name)) trials.set(name, new Trial(name, draw));
  return trials.get(name);
}

/** A fragment chooses what is shown whole: `#models/NAME` or `#rollouts/ID`. */
function choose() {
  const [, kind, id] = location.hash.match(/^#(models|rollouts)\/(.+)$/) ?? [];
  if (kind === "models") chosen.model = decoded(id);
  if (kind === "rollouts") chosen.rollout = Number(id);
  return kind;
}

addEventListener("hashchange", async () => {
  const kind = choose();
  if (!kind) return;
  isDriftWhole = false;
  await poll();
  place(kind === "models" ? "model-heading" : "rollout-heading")?.focus();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) clearTimeout(timer);
  else poll();
});
choose();
draw();
poll();
