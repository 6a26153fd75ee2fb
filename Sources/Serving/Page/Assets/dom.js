// SPDX-License-Identifier: Apache-2.0
/**
 * Elements described as values, and brought about with as few changes as that takes: what has not
 * changed keeps its focus, its scroll position and what somebody has typed.
 *
 * Text only ever becomes a text node. Names of models and features come from outside, and nothing
 * on this page parses HTML.
 */
const SVG = "http://www.w3.org/2000/svg";

/** An element. Children are elements, texts, numbers, lists of those, or nothing at all. */
export function h(tag, attributes, ...children) {
  const { key, ...rest } = attributes ?? {};
  return { tag, key, attributes: rest, children };
}

/** Makes `content` all that `host` contains. */
export function show(host, ...content) {
  const wanted = content.flat(Infinity).filter((item) => item != null && item !== false);
  const keyed = new Map();
  for (const node of host.childNodes) if (node.martletKey != null) keyed.set(node.martletKey, node);
  let next = host.firstChild;
  for (const item of wanted) {
    const found = item.key != null ? keyed.get(item.key) : next;
    const node = found && fits(found, item) ? found : make(item, host);
    if (node === next) next = next.nextSibling;
    else host.insertBefore(node, next);
    update(node, item);
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

function fits(node, item) {
  if (!item.tag) return node.nodeType === Node.TEXT_NODE;
  return node.localName === item.tag && node.martletKey === item.key;
}

function make(item, host) {
  if (!item.tag) return document.createTextNode("");
  const namespace = item.tag === "svg" ? SVG : host.namespaceURI;
  const node = document.createElementNS(namespace, item.tag);
  node.martletKey = item.key;
  return node;
}

function update(node, item) {
  if (!item.tag) {
    const text = String(item);
    if (node.data !== text) node.data = text;
    return;
  }
  const before = node.martletAttributes ?? {};
  for (const name in before) if (!(name in item.attributes)) set(node, name, null);
  for (const name in item.attributes) {
    if (before[name] !== item.attributes[name]) set(node, name, item.attributes[name]);
  }
  node.martletAttributes = item.attributes;
  show(node, ...item.children);
}

/** Functions are what `onclick` and its like do; `false` and nothing mean that it is not there. */
function set(node, name, value) {
  if (name.startsWith("on")) node[name] = value;
  else if (value == null || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : value);
}
