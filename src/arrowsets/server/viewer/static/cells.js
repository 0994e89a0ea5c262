/** What stands in a cell of the grid: a value in the room of a line or a few, by its kind. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { player } from "./player.js";
import { className, isChat, itemType, kindOf } from "./types.js";
import * as values from "./values.js";

const LIMIT = 1200; // letters of a text that a cell draws; the rest would not be seen

/** Text with the words of a query marked. */
export function highlighted(text, query) {
  if (!query) return [text];
  return values.marked(text, query).map(([part, found]) => (found ? h("mark", {}, part) : part));
}

/** Something that is no plain text: null, NaN, an empty string. */
export function special(name, text, title) {
  return h("span", { class: `special ${name}`, title }, text);
}

/** A text, so that an empty one, blanks and null all look different. */
function textCell(value, { query, lines = 1 }) {
  if (value === "") return special("empty", "empty", "An empty string");
  if (/^\s+$/.test(value)) return special("blank", values.visibleSpace(value), "Nothing but white space");
  const shown = query ? values.excerpt(value, query, 24 * lines) : value;
  return h("span", { class: "words", dir: "auto" }, highlighted(shown.slice(0, LIMIT), query));
}

function numberCell(value) {
  if (values.isSpecialNumber(value)) return special("nan", String(value), "A special number, not a missing one");
  const text = values.number(value);
  return h("span", { class: "num", title: text === String(value) ? null : value }, text);
}

/** A colour for a class: the same everywhere, told apart from its neighbours. */
export function hue(value) {
  return (Number(value) * 137.508 + 222) % 360;
}

function labelCell(value, { type }) {
  if (value === -1) return special("nolabel", "no label", "−1: this row has no label");
  const name = className(type, value) ?? String(value);
  return h("span", { class: "tag", title: `class ${value}`, style: { "--hue": hue(value) } }, name);
}

function imageCell(value, { big }) {
  if (!value.src) return h("span", { class: "muted" }, "no image");
  const size = value.width ? `${value.width} × ${value.height}` : "";
  const picture = h("img", { src: value.src, alt: size ? `Image, ${size}` : "Image", loading: "lazy", decoding: "async", draggable: "false" });
  picture.addEventListener("error", () => picture.replaceWith(special("broken", "unreadable image")));
  return h("span", { class: "thumb" }, picture, big ? h("small", {}, size) : null);
}

function mediaCell(value, { kind }) {
  const [{ src } = {}] = Array.isArray(value) ? value : [value];
  if (kind === "audio" && src) return player(src);
  return h("span", { class: "chip" }, icon(kind), kind === "video" ? "video" : fileNote(value));
}

/** A document as its first page, with its size where there is room beside a small one; or its size alone. */
function fileCell(value, how) {
  if (!value?.thumbnail?.src) return mediaCell(value, how);
  const page = firstPage(value.thumbnail, { loading: "lazy", draggable: "false" });
  return h("span", { class: "thumb page" }, page, how.lines < 7 ? h("small", {}, fileNote(value)) : null);
}

/** The picture of a document's first page; no more than a sign where it cannot be drawn after all. */
export function firstPage({ src, width, height }, more) {
  const picture = h("img", { src, width, height, alt: "First page of the document", decoding: "async", ...more });
  picture.addEventListener("error", () => picture.replaceWith(h("span", { class: "chip" }, icon("file"))));
  return picture;
}

function fileNote(value) {
  return value?.size_bytes ? values.bytes(value.size_bytes) : "file";
}

function chatCell(value, { query, lines }) {
  const turns = value.slice(0, lines).map((message) => {
    const speaker = String(message.role ?? message.from ?? "");
    const said = message.content ?? message.value ?? message.text ?? "";
    const text = typeof said === "string" ? said : values.inline(said);
    return h("span", { class: "turn", dir: "auto" }, h("b", { class: "who" }, speaker), " ", highlighted(text.slice(0, 300), query));
  });
  return h("span", { class: "turns" }, h("small", { class: "size" }, values.plural(value.length, "message")), turns);
}

function listCell(value, { type, query, lines }) {
  const item = itemType(type);
  const kind = item ? kindOf(item) : "text";
  if (kind === "image") {
    return h("span", { class: "thumbs" }, value.slice(0, 6).map((each) => (each ? imageCell(each, {}) : null)));
  }
  if (kind === "file" && value.some((each) => each?.thumbnail?.src)) {
    return h("span", { class: "thumbs" }, value.slice(0, 6).map((each) => (each ? fileCell(each, { kind }) : special("null", "null", "No value"))));
  }
  const size = h("small", { class: "size" }, value.length === 0 ? "empty list" : `${values.count(value.length)} ×`);
  if (value.length === 0) return h("span", { class: "muted" }, size);
  const shown = value.slice(0, 40).map((each) => (kind === "label" ? (className(item, each) ?? each) : values.inline(each)));
  return h("span", { class: "code", dir: "auto" }, size, " ", highlighted(shown.join(lines > 1 ? ", " : ", ").slice(0, LIMIT), query));
}

function nestedCell(value, { query }) {
  const text = typeof value === "string" ? value : values.inline(value, LIMIT);
  return h("span", { class: "code", dir: "auto" }, highlighted(text, query));
}

function binaryCell(value) {
  return h("span", { class: "chip" }, icon("binary"), values.bytes(values.base64Size(value)));
}

const RENDERERS = {
  int: numberCell,
  float: numberCell,
  bool: (value) => h("span", { class: `flag ${value}` }, String(value)),
  text: (value, how) => (typeof value === "string" ? textCell(value, how) : nestedCell(value, how)),
  time: (value) => h("span", { class: "num" }, String(value).replace("T", " ")),
  label: labelCell,
  image: imageCell,
  audio: mediaCell,
  video: mediaCell,
  file: fileCell,
  chat: (value, how) => (isChat(value) ? chatCell(value, how) : nestedCell(value, how)),
  list: (value, how) => (Array.isArray(value) ? listCell(value, how) : nestedCell(value, how)),
  struct: nestedCell,
  json: (value, how) => (isChat(value) ? chatCell(value, how) : nestedCell(value, how)),
  array: nestedCell,
  binary: binaryCell,
};

/** Draw a value: `how` is `{type, kind, query, lines, big}`. A value that is not what its type says is shown as text. */
export function renderCell(value, how) {
  if (value === null || value === undefined) return special("null", "null", "No value");
  try {
    return (RENDERERS[how.kind] ?? nestedCell)(value, how);
  } catch {
    return nestedCell(value, how);
  }
}
