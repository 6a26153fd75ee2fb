// SPDX-License-Identifier: Apache-2.0
/** The form that tries a prediction, and what came of it. */
import { bar, lean } from "./charts.js";
import { h } from "./dom.js";
import { ask } from "./server.js";
import { count, duration, facts, fixed, number, percent, signed, table } from "./words.js";

const CONTRIBUTIONS = 15;
const SUGGESTIONS = 200;

/**
 * One model's form and its last result. What is typed lives in the form's fields, not here.
 *
 * @param redraw is called when there is something new to show.
 */
export class Trial {
  #name;
  #redraw;
  #result;
  #asked = 0;

  constructor(name, redraw) {
    this.#name = name;
    this.#redraw = redraw;
  }

  /**
   * @param model the model's document, of which versions may be chosen.
   * @param version the document of the one that is served.
   */
  view(model, { features, example }) {
    const submit = (event) => {
      event.preventDefault();
      this.#predict(new FormData(event.target), features);
    };
    return h("form", { key: `trial-${this.#name}`, onsubmit: submit },
    h("fieldset", { class: "features" },
      h("legend", null, `${count(features.length)} features; what is left empty is missing`),
      features.map((feature, index) => field(feature, index, this.#faultOf(feature, index)))),
    h("p", { class: "choices" },
      h("label", null, "Answered by ", h("select", { name: "path" }, choices(model))),
      h("label", null,
        h("input", { type: "checkbox", name: "explain", checked: true }), " with explanation"),
      example && h("button", {
        type: "button", onclick: (event) => fill(event.target.form, features, example),
      }, "Fill in an example"),
      h("button", { type: "submit" }, "Predict")),
    h("div", { role: "status", class: "result" }, this.#result && outcome(this.#result)));
  }

  /** The server names the member at fault by its JSON path. */
  #faultOf(feature, index) {
    const { problem } = this.#result ?? {};
    const escaped = feature.name.replaceAll("\\", "\\\\").replaceAll("'", "\\'");
    const paths = [`$.features['${escaped}']`, `$.features[${index}]`];
    return paths.includes(problem?.path) ? problem.message : undefined;
  }

  async #predict(form, features) {
    const asked = ++this.#asked;
    const values = features.map(({ name, type }, index) =>
      [name, value(form.get(`f${index}`), type)]);
    const body = { features: Object.fromEntries(values), explain: form.has("explain") };
    const begin = performance.now();
    let result;
    try {
      const answer = await ask(form.get("path"), body);
      result = { answer, seconds: (performance.now() - begin) / 1000 };
    } catch (problem) {
      result = { problem };
    }
    // Somebody has asked again meanwhile.
    if (asked !== this.#asked) return;
    this.#result = result;
    this.#redraw();
  }
}

function fill(form, features, example) {
  features.forEach(({ name }, index) => {
    form.elements[`f${index}`].value = example[name] ?? "";
  });
}

function value(text, type) {
  if (text === "") return null;
  return type === "number" ? Number(text) : text;
}

/** Without a version a rollout chooses, and the request is evidence in it. */
function choices(model) {
  const base = `models/${encodeURIComponent(model.name)}`;
  const loaded = model.versions.filter((version) => version.loaded).toReversed();
  return [
    h("option", { value: `${base}/predict` }, "whichever users get"),
    loaded.map(({ version }) =>
      h("option", { value: `${base}/versions/${version}/predict` }, `version ${version}`)),
  ];
}

function field({ name, type, values }, index, fault) {
  const id = `f${index}`;
  const attributes = {
    id, name: id, autocomplete: "off", "aria-invalid": fault && "true",
    "aria-describedby": fault && `${id}-fault`,
  };
  return h("div", { key: name, class: type === "text" ? "wide" : null },
    h("label", { for: id }, name, " ", h("small", null, type)),
    type === "text"
      ? h("textarea", { ...attributes, rows: 2 })
      : h("input", { ...attributes, ...(type === "number"
        ? { type: "number", step: "any" }
        : { type: "text", list: `${id}-values` }) }),
    values && h("datalist", { id: `${id}-values` },
      values.slice(0, SUGGESTIONS).map((each) => h("option", { value: each }))),
    fault && h("p", { id: `${id}-fault`, class: "fault" }, fault));
}

function outcome({ answer, problem, seconds }) {
  if (problem) {
    return h("p", { class: "fault" }, problem.type && h("code", null, problem.type), " ",
      problem.message);
  }
  return [
    h("h4", null, "Prediction: ", h("output", null, `${answer.prediction}`)),
    answer.probabilities && table("Probabilities", ["Class", number("Probability"), "Share"],
      Object.entries(answer.probabilities).map(([label, share]) =>
        [label, percent(share), bar(share)])),
    answer.explanation && explanation(answer.explanation),
    facts(
      ["Model", `${answer.model}, version ${answer.model_version}`],
      answer.arm && ["Arm", answer.arm],
      ["Took", duration(seconds)],
      ["Prediction", h("code", null, answer.prediction_id)]),
  ];
}

/** The greatest first; those beyond a screenful as their sum. */
function explanation({ base, contributions }) {
  const sorted = Object.entries(contributions).sort(([, a], [, b]) => Math.abs(b) - Math.abs(a));
  const sum = (entries) => entries.reduce((total, [, part]) => total + part, 0);
  const top = Math.abs(sorted[0]?.[1] ?? 0) || 1;
  const shown = sorted.slice(0, CONTRIBUTIONS);
  const rest = sorted.slice(CONTRIBUTIONS);
  const rows = [
    ...shown.map(([name, part]) => [name, signed(part), lean(part / top)]),
    rest.length > 0 && [`${count(rest.length)} others`, signed(sum(rest)), lean(sum(rest) / top)],
    ["base", fixed(base), ""],
    ["margin: the sum", fixed(base + sum(sorted)), ""],
  ].filter(Boolean);
  return table("What each feature contributes to the margin",
    ["Feature", number("Contribution"), "Less, or more"], rows);
}
