/** A whole value in the row panel: text as it is, pictures in full, sound and film to play, nested values as a tree. */

import { firstPage, highlighted, renderCell, special } from "./cells.js";
import { conversation } from "./chat.js";
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { link, tree } from "./tree.js";
import { className, fieldsOf, isChat, itemType, kindOf } from "./types.js";
import * as values from "./values.js";

const LONG = 4000; // letters of a text that are drawn before one asks for the rest

function text(value, { query }) {
  if (value === "" || /^\s+$/.test(value)) return renderCell(value, { kind: "text", query });
  if (values.isLink(value)) return link(value);
  const nested = nestedText(value);
  return nested ? eitherWay(value, nested, query) : prose(value, query);
}

function prose(value, query) {
  const body = h("div", { class: "prose", dir: "auto" }, highlighted(value.slice(0, LONG), query));
  if (value.length <= LONG) return body;
  const rest = value.length - LONG;
  const button = h("button", { type: "button", class: "small" }, `Show ${values.count(rest)} more characters`);
  button.addEventListener("click", () => {
    fill(body, highlighted(value, query));
    button.remove();
  });
  return h("div", {}, body, button);
}

/** What a text holds that is JSON itself, or null. */
function nestedText(value) {
  if (!/^\s*[[{]/.test(value)) return null;
  try {
    const parsed = JSON.parse(value);
    return parsed !== null && typeof parsed === "object" ? parsed : null;
  } catch {
    return null;
  }
}

/** A text that is JSON: shown as what it says, and on demand as what it is. */
function eitherWay(value, parsed, query) {
  const body = h("div", {});
  const show = (raw) => fill(body, raw ? prose(value, query) : isChat(parsed) ? conversation(parsed) : tree(parsed));
  const button = h("button", { type: "button", class: "small", "aria-pressed": "false" }, "As text");
  button.addEventListener("click", () => {
    const raw = button.getAttribute("aria-pressed") === "false";
    button.setAttribute("aria-pressed", String(raw));
    show(raw);
  });
  show(false);
  return h("div", {}, body, button);
}

function picture(value) {
  if (!value.src) return tree(value);
  const image = h("img", { class: "picture", src: value.src, alt: "The image of this row", decoding: "async" });
  image.addEventListener("error", () => image.replaceWith(special("broken", "This image cannot be read")));
  image.addEventListener("click", () => enlarge(value.src, "The image of this row, enlarged"));
  const size = value.width ? `${value.width} × ${value.height} px` : "";
  const save = h("a", { href: value.src, target: "_blank", rel: "noopener noreferrer" }, "Open");
  return h("figure", { class: "figure" }, image, h("figcaption", {}, size, " ", save));
}

/** A picture over the whole page; a click or Escape closes it. */
function enlarge(src, alt) {
  const dialog = h("dialog", { class: "lightbox", "aria-label": "Image" }, h("img", { src, alt }));
  dialog.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** A player; in its place the file, where the browser cannot play it. */
function played(name, src) {
  const element = h(name, { controls: true, preload: "metadata", src });
  const file = h("a", { href: src, target: "_blank", rel: "noopener noreferrer" }, "Open");
  const words = name === "video" ? "This film cannot be played here" : "This sound cannot be played here";
  element.addEventListener("error", () => element.replaceWith(h("p", {}, special("broken", words), " ", file)));
  return element;
}

function sound(value) {
  const sources = Array.isArray(value) ? value : [value];
  return h("div", {}, sources.filter((each) => each?.src).map(({ src }) => played("audio", src)));
}

function film(value) {
  const [{ src } = {}] = Array.isArray(value) ? value : [value];
  return src ? played("video", src) : tree(value);
}

function file(value) {
  const drawn = value.thumbnail?.src;
  if (!value.src && !drawn) return tree(value);
  const page = drawn ? firstPage(value.thumbnail, { class: "picture page" }) : null;
  page?.addEventListener("click", () => enlarge(drawn, "First page of the document, enlarged"));
  const open = value.src ? h("a", { href: value.src, target: "_blank", rel: "noopener noreferrer" }, "Open the file") : null;
  const size = value.size_bytes ? values.bytes(value.size_bytes) : null;
  return h("figure", { class: "figure" }, page, h("figcaption", {}, open, open && size ? " · " : null, size));
}

function label(value, { type }) {
  const name = className(type, value);
  return h("span", { class: "labelled" }, renderCell(value, { kind: "label", type }), name === null ? null : h("small", { class: "muted" }, `class ${value}`));
}

function list(value, { type, query }) {
  if (isChat(value)) return conversation(value);
  if (!Array.isArray(value)) return nested(value, { query });
  const item = itemType(type);
  const kind = item ? kindOf(item) : null;
  if (["image", "audio", "video", "file", "label"].includes(kind)) {
    return h("div", { class: "gallery" }, value.map((each) => renderDetail(each, { type: item, kind, query })));
  }
  return tree(value);
}

/** A struct: its fields by their types, so that a picture in a struct is a picture. */
function struct(value, { type, query }) {
  const fields = fieldsOf(type);
  if (!fields || value === null || typeof value !== "object" || !hasMedia(fields)) return nested(value, { query });
  return h(
    "dl",
    { class: "fields" },
    Object.entries(fields).flatMap(([name, inner]) => [
      h("dt", {}, name),
      h("dd", {}, renderDetail(value[name] ?? null, { type: inner, kind: kindOf(inner), query })),
    ]),
  );
}

function hasMedia(fields) {
  return Object.values(fields).some((type) => ["image", "audio", "video", "file"].includes(kindOf(type)));
}

function nested(value, { query }) {
  return typeof value === "string" ? text(value, { query }) : isChat(value) ? conversation(value) : tree(value);
}

function number(value) {
  if (values.isSpecialNumber(value)) return renderCell(value, { kind: "float" });
  return h("span", { class: "num whole" }, String(value));
}

function binary(value) {
  return h("div", {}, h("span", { class: "chip" }, icon("binary"), values.bytes(values.base64Size(value))), prose(value, ""));
}

const RENDERERS = {
  text: (value, how) => (typeof value === "string" ? text(value, how) : nested(value, how)),
  int: number,
  float: number,
  label,
  image: picture,
  audio: sound,
  video: film,
  file,
  chat: list,
  list,
  array: nested,
  struct,
  json: nested,
  binary,
};

/** Draw a whole value: `how` is `{type, kind, query}`. */
export function renderDetail(value, how) {
  if (value === null || value === undefined) return renderCell(null, how);
  return (RENDERERS[how.kind] ?? ((each) => renderCell(each, how)))(value, how);
}
