/** Filters: how each is said in words, the chips that show them, and the form that makes one. */

import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { className, isNumeric, kindOf } from "./types.js";
import { number } from "./values.js";

const WORDS = { "=": "is", "!=": "is not", contains: "contains", is_null: "is null", not_null: "is not null", in: "is one of" };
const EXACT = new Set(["=", "!=", "<", "<=", ">", ">=", "in"]);

function shown(value, type) {
  const name = className(type, value);
  if (name !== null) return name;
  return value === "" ? '""' : number(value);
}

function isInteger(type) {
  return type !== undefined && kindOf(type) === "int";
}

/** Ends of a range as people say them: of whole numbers, `4 to below 6` is 4 to 5. */
function wholeEnds([low, high, closed], whole) {
  return whole && !closed && Number.isSafeInteger(high) ? [low, high - 1, true] : [low, high, closed];
}

/** A filter in words: `stars is 4`, `length of text 10 – 20`. `type` is that of its column. */
export function words({ column, op, value }, type) {
  if (op === "is_null" || op === "not_null") return [column, WORDS[op], ""];
  if (op === "between" || op === "length_between") {
    const name = op === "between" ? column : `length of ${column}`;
    const [low, high, closed] = wholeEnds(value, op === "length_between" || isInteger(type));
    if (low === high) return [name, "is", shown(low, type)];
    if (low === null) return [name, "below", shown(high, type)];
    if (high === null) return [name, "from", shown(low, type)];
    return [name, "", `${shown(low, type)} ${closed ? "to" : "to below"} ${shown(high, type)}`];
  }
  const right = Array.isArray(value) ? value.map((each) => shown(each, type)).join(", ") : shown(value, type);
  return [column, WORDS[op] ?? op, right];
}

function chip(parts, name, remove) {
  const [column, op, value] = parts;
  const button = h("button", { type: "button", class: "ghost tiny", "aria-label": `Remove: ${parts.join(" ")}` }, icon("close"));
  button.addEventListener("click", remove);
  return h("li", { class: "filter" }, icon(name), h("b", { dir: "auto" }, column), " ", op && [h("span", {}, op), " "], h("span", { class: "what", dir: "auto" }, value), button);
}

/** Draw the chips of a state: the search, each filter and the order. `set(changes)` changes the state. */
export function drawChips(list, { state, typeOf, set }) {
  const chips = state.filters.map((filter, index) =>
    chip(words(filter, typeOf(filter.column)), "filter", () => set({ filters: state.filters.toSpliced(index, 1) })),
  );
  if (state.query) chips.unshift(chip(["search", "", `“${state.query}”`], "search", () => set({ query: "" })));
  if (state.sort) {
    const order = state.descending ? "descending" : "ascending";
    chips.push(chip([state.sort, order, ""], state.descending ? "down" : "up", () => set({ sort: "", descending: false })));
  }
  if (chips.length > 1) {
    const clear = h("button", { type: "button", class: "link" }, "Clear all");
    clear.addEventListener("click", () => set({ filters: [], query: "", sort: "", descending: false }));
    chips.push(h("li", {}, clear));
  }
  fill(list, chips);
  list.hidden = chips.length === 0;
}

/** The operators that make sense for a kind of column. */
export function operatorsOf(kind) {
  const ends = [["is_null", "is null"], ["not_null", "is not null"]];
  if (kind === "bool") return [["=", "is"], ...ends];
  if (kind === "label") return [["=", "is"], ["!=", "is not"], ...ends];
  if (isNumeric(kind) || kind === "time") {
    return [["=", "="], ["!=", "≠"], ["<", "<"], ["<=", "≤"], [">", ">"], [">=", "≥"], ...ends];
  }
  if (kind === "text") return [["contains", "contains"], ["=", "is"], ["!=", "is not"], ...ends];
  return ends;
}

/** What was typed, as a value of the column. Integers that JavaScript cannot hold stay text, as they came. */
export function typed(text, kind) {
  if (kind === "bool") return text === "true";
  if (!isNumeric(kind)) return text;
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value)) return null;
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? text.trim() : value;
}

function valueField(column) {
  const names = column.kind === "bool" ? ["true", "false"] : column.type?.names;
  if (column.kind === "bool" || (column.kind === "label" && names)) {
    return h("select", { "aria-label": "Value", name: "value" }, names.map((name) => h("option", { value: name }, name)));
  }
  const mode = isNumeric(column.kind) ? "decimal" : "text";
  const hint = column.kind === "time" ? "2024-05-31" : "value";
  return h("input", { "aria-label": "Value", name: "value", inputmode: mode, placeholder: hint, autocomplete: "off", dir: "auto" });
}

/** A form that makes a filter of a column; `add(filter)` is called with it. */
export function filterForm(column, add) {
  const operator = h("select", { "aria-label": "Condition", name: "op" }, operatorsOf(column.kind).map(([op, text]) => h("option", { value: op }, text)));
  const field = valueField(column);
  const note = h("p", { class: "note", role: "alert" });
  const hide = () => (field.hidden = operator.value.endsWith("_null"));
  operator.addEventListener("change", hide);
  hide();
  const form = h("form", { class: "filterform" }, operator, field, h("button", { type: "submit", class: "primary" }, "Filter"), note);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (operator.value.endsWith("_null")) return add({ column: column.name, op: operator.value });
    const value = typed(field.value, column.kind);
    if (value === null) return (note.textContent = "Type a number.");
    return add({ column: column.name, op: operator.value, value });
  });
  return form;
}

/** The filters with one more, or without it where it holds already; ranges and values of a column replace each other. */
export function toggled(filters, filter) {
  const text = JSON.stringify(filter);
  const without = filters.filter((each) => JSON.stringify(each) !== text);
  if (without.length < filters.length) return without;
  const replaces = (each) => each.column === filter.column && (each.op === filter.op || clash(each.op, filter.op));
  return [...without.filter((each) => !replaces(each)), filter];
}

function clash(one, other) {
  return (one === "is_null") !== (other === "is_null") || (EXACT.has(one) && one === "=" && EXACT.has(other));
}
