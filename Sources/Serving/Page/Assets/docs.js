// SPDX-License-Identifier: Apache-2.0
/** Shows an OpenAPI 3.1 document. It knows nothing of this server but where the document is. */
import { showAccess } from "./access.js";
import { h, show } from "./dom.js";
import { ask } from "./server.js";
import { decoded, table } from "./words.js";

const METHODS = ["get", "put", "post", "delete", "patch"];
/** Every path has these: they are named beside the others. */
const COURTESIES = ["head", "options", "trace"];
/** Of a schema, what is not shown as a keyword. */
const TOLD = ["type", "const", "title", "description"];
const ENUM_MAX = 50;

const content = document.getElementById("content");
let api;

async function load() {
  let refusal;
  try {
    api = await ask("openapi.json");
    show(content, page());
    show(document.getElementById("version"), api.info.version);
    document.getElementById(decoded(location.hash.slice(1)))?.scrollIntoView();
  } catch (failure) {
    if (failure.isAboutAccess) refusal = failure;
    show(content, h("p", { class: "notice" }, failure.message));
  }
  showAccess(document.getElementById("access"), refusal, load);
}

function page() {
  const operations = Object.entries(api.paths ?? {}).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({
      path, method, id: `${method} ${path}`, ...item[method],
      also: COURTESIES.filter((each) => item[each]).join(", ").toUpperCase(),
      parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])],
    })));
  const groups = Map.groupBy(operations, (operation) => operation.tags?.[0] ?? "Operations");
  return [
    prose(api.info.description),
    [...groups].map(([name, members]) => [
      h("h2", null, name),
      h("ul", { class: "contents" }, members.map((each) => h("li", null,
        h("a", { href: `#${encodeURIComponent(each.id)}` }, title(each)),
        h("small", null, " ", each.summary)))),
      members.map(operation),
    ]),
  ];
}

function title({ method, path }) {
  return [h("span", { class: "method" }, method), " ", h("code", null, path)];
}

function operation(each) {
  const body = deref(each.requestBody);
  return h("article", { class: "card", id: each.id, "aria-label": each.id },
    h("h3", null, title(each)),
    h("p", null, each.summary, h("small", null, each.also && ` Also ${each.also}.`)),
    prose(each.description),
    each.parameters.length > 0 && parameters(each.parameters.map(deref), each.id),
    body && [h("h4", null, body.required ? "Body" : "Body, optional"), prose(body.description),
      media(body.content)],
    h("h4", null, "Answers"),
    Object.entries(each.responses ?? {}).map(([status, response]) =>
      answer(status, deref(response))));
}

function parameters(all, id) {
  return table(`Parameters of ${id}`, ["Name", "In", "Type", "Meaning"], all.map((each) => [
    h("code", null, each.name),
    each.in + (each.required ? ", required" : ""),
    typeName(deref(each.schema ?? {})),
    each.description ?? "",
  ]));
}

function answer(status, { description, headers, content }) {
  return h("details", null,
    h("summary", null, h("strong", null, status), " ", description ?? ""),
    headers && h("p", null, "Fields: ", Object.keys(headers).map((name) =>
      [h("code", null, name), " "])),
    media(content));
}

function media(content) {
  return Object.entries(content ?? {}).map(([type, { schema, example, examples }]) => {
    const shown = example === undefined ? Object.values(examples ?? {}).map(deref)
      : [{ value: example }];
    return [
      h("p", null, h("code", null, type)),
      schema && h("ul", { class: "schema" }, h("li", null, schemaTree(schema))),
      shown.filter((each) => each.value !== undefined).map((each) =>
        h("figure", null, h("figcaption", null, each.summary ?? "Example"), code(each.value))),
    ];
  });
}

function code(value) {
  return h("pre", { tabindex: 0 }, h("code", null,
    typeof value === "string" ? value : JSON.stringify(value, null, 2)));
}

/** What `$ref` points at, by its JSON pointer (RFC 6901), with what stands beside it. */
function deref(item) {
  if (!item?.$ref?.startsWith("#/")) return item;
  const { $ref, ...beside } = item;
  const target = $ref.slice(2).split("/").reduce((value, step) =>
    value?.[decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~")], api);
  return { ...deref(target), ...beside };
}

function typeName(schema) {
  if ("const" in schema) return JSON.stringify(schema.const);
  const type = [schema.type ?? []].flat().join(" or ");
  const items = schema.items && type === "array" ? ` of ${typeName(deref(schema.items))}` : "";
  const choices = schema.enum?.slice(0, ENUM_MAX).map((each) => JSON.stringify(each)) ?? [];
  if (schema.enum?.length > ENUM_MAX) choices.push("…");
  return [type + items, choices.join(", ")].filter(Boolean).join(": ");
}

/** A schema in a list. Its inside is made when it is opened, as schemas may hold themselves. */
function schemaTree(reference) {
  const name = reference.$ref?.split("/").at(-1);
  const schema = deref(reference) ?? {};
  if (typeof schema === "boolean") return schema ? "anything" : "nothing";
  const notes = Object.entries(schema)
    .filter(([word, value]) => typeof value !== "object" && !TOLD.includes(word))
    .map(([word, value]) => `${word} ${value}`).join(", ");
  return [
    h("span", null, [name, typeName(schema)].filter(Boolean).join(": ")),
    notes && h("small", null, ` ${notes}`),
    schema.description && h("small", null, ` ${schema.description}`),
    parts(schema).map(([title, members]) => branch(title, members)),
  ];
}

/** What a schema consists of: lists of names and schemas. */
function parts(schema) {
  const { properties, prefixItems, additionalProperties, items } = schema;
  const isRequired = (name) => schema.required?.includes(name);
  return [
    properties && ["members", Object.entries(properties).map(([name, member]) =>
      [isRequired(name) ? `${name} (required)` : name, member])],
    typeof additionalProperties === "object" && ["other members", [["", additionalProperties]]],
    prefixItems && ["items by position", prefixItems.map((item, index) => [`${index}`, item])],
    typeof items === "object" && parts(deref(items)).length > 0 && ["items", [["", items]]],
    ...[["oneOf", "one of"], ["anyOf", "any of"], ["allOf", "all of"]].map(([word, title]) =>
      schema[word] && [title, schema[word].map((each) => ["", each])]),
  ].filter(Boolean);
}

function branch(title, members) {
  const open = (event) => {
    if (!event.target.open) return;
    show(event.target.querySelector("ul"), members.map(([name, member]) => h("li", null,
      name && [h("code", null, name), " "], schemaTree(member))));
  };
  return h("details", { ontoggle: open }, h("summary", null, `${title} (${members.length})`),
    h("ul", null));
}

/** Paragraphs, with code between backticks; other CommonMark stays as it is written. */
function prose(text) {
  return (text ?? "").split(/\n{2,}/).filter(Boolean).map((paragraph) => h("p", null,
    paragraph.split("`").map((part, index) => (index % 2 ? h("code", null, part) : part))));
}

load();
