/** The columns of the grid: which are shown, in what order and how wide. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { iconOf, isNumeric, isSortable, kindOf, typeLabel } from "./types.js";
import { inline, number } from "./values.js";

const WIDTHS = { int: 118, float: 136, bool: 124, label: 150, time: 178, image: 148, audio: 220, video: 130, file: 130, chat: 460, binary: 120, null: 92 };
const STRETCHES = new Set(["text", "chat", "list", "struct", "json", "array"]);
const LETTER = 6.9;
// What stands beside a name in a header: its icon, the mark of the order, the menu's button, and the space between.
const BESIDE = 96;

let pen = null;

/** How wide a text is: fonts differ by a third. */
function textWidth(text, weight = 400) {
  pen ??= document.createElement("canvas").getContext("2d");
  pen.font = `${weight} 13px ${getComputedStyle(document.body).fontFamily}`;
  return pen.measureText(text.slice(0, 60)).width;
}

/** A width that suits what the first rows hold. */
export function naturalWidth(name, kind, type, rows) {
  const title = textWidth(name, 600) + BESIDE;
  if (isNumeric(kind) || kind === "time") {
    return Math.round(Math.min(300, Math.max(WIDTHS[kind], Math.min(title, 260), longestNumber(rows, name) + 26)));
  }
  if (WIDTHS[kind]) return Math.round(Math.max(WIDTHS[kind], Math.min(title, 260)));
  const longest = Math.max(0, ...rows.slice(0, 30).map((row) => letters(row.cells[name])));
  const meta = typeLabel(type).length * 6.2 + 90;
  return Math.round(Math.min(400, Math.max(title, meta, longest * LETTER + 30, 130)));
}

/** How wide the longest number or time of the first rows is. */
function longestNumber(rows, name) {
  const shown = rows.slice(0, 30).map(({ cells }) => number(cells[name] ?? ""));
  return textWidth(shown.reduce((one, other) => (other.length > one.length ? other : one), ""));
}

function letters(value) {
  if (value === null || value === undefined) return 4;
  return typeof value === "string" ? value.length : inline(value, 80).length;
}

/** The columns that the grid shows, from features, the order in the state, the sort and the widths set by hand; none is wider than `most`. */
export function columnsOf(features, { names, sort, descending, widths, rows, most }) {
  const byName = new Map(features.map((feature) => [feature.name, feature]));
  const shown = (names ?? []).filter((name) => byName.has(name));
  return (shown.length > 0 ? shown : [...byName.keys()]).map((name) => {
    const { type } = byName.get(name);
    const kind = kindOf(type);
    const width = widths.get(name) ?? Math.min(most, naturalWidth(name, kind, type, rows));
    const order = name === sort ? (descending ? "descending" : "ascending") : "none";
    return { name, type, kind, width, stretches: STRETCHES.has(kind) && !widths.has(name), sort: isSortable(kind) ? order : undefined };
  });
}

/** A list with one element moved before the place `to`, as places were before the move. */
export function movedTo(names, from, to) {
  const target = to > from ? to - 1 : to;
  const rest = names.toSpliced(from, 1);
  return rest.toSpliced(target, 0, names[from]);
}

/** A list to show, hide and order columns by; `change(names)` hears of the new list. */
export function columnList(features, shown, change) {
  let names = shown;
  const search = h("input", { type: "search", placeholder: "Find a column", "aria-label": "Find a column", autofocus: true });
  const list = h("ul", { class: "columnlist" });
  const all = h("button", { type: "button", class: "link" }, "Show all");
  const none = h("button", { type: "button", class: "link" }, "Hide all but the first");
  const set = (next) => change((names = next));
  const draw = () => {
    const text = search.value.toLocaleLowerCase();
    const rest = features.map((feature) => feature.name).filter((name) => !names.includes(name));
    const found = [...names, ...rest].filter((name) => name.toLocaleLowerCase().includes(text));
    list.replaceChildren(...found.slice(0, 300).map((name) => line(name)));
    if (found.length > 300) list.append(h("li", { class: "muted" }, `${found.length - 300} more: type a part of the name`));
  };
  const line = (name) => {
    const feature = features.find((each) => each.name === name);
    const box = h("input", { type: "checkbox", checked: names.includes(name) });
    box.addEventListener("change", () => {
      if (box.checked) set([...names, name]);
      else if (names.length > 1) set(names.filter((each) => each !== name));
      else box.checked = true;
    });
    box.addEventListener("keydown", (event) => shift(event, name));
    return h("li", {}, h("label", {}, box, icon(iconOf(kindOf(feature.type))), h("span", { dir: "auto" }, name), h("small", {}, typeLabel(feature.type))));
  };
  const shift = (event, name) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const from = names.indexOf(name);
    const to = from + by;
    if (!event.altKey || !by || from < 0 || to < 0 || to >= names.length) return;
    event.preventDefault();
    set(movedTo(names, from, by > 0 ? to + 1 : to));
    draw();
    list.children[to]?.querySelector("input").focus();
  };
  search.addEventListener("input", draw);
  all.addEventListener("click", () => (set(features.map((feature) => feature.name)), draw()));
  none.addEventListener("click", () => (set(names.slice(0, 1)), draw()));
  draw();
  const hint = h("p", { class: "note" }, "Alt and arrow keys move a column.");
  return h("div", { class: "columnpick" }, search, h("div", { class: "acts" }, all, none), list, hint);
}
