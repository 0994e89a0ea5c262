/** A page that carries a sample of its data: the same functions as the server's, answered from the document. */

import { ApiError } from "./api.js";
import { isNumeric, kindOf } from "./types.js";

/** Put two values of a column in order; what is null or no number comes last. */
export function compare(one, other) {
  if (isNothing(one) || isNothing(other)) return isNothing(one) - isNothing(other);
  if (typeof one !== "string" && typeof other !== "string") return (one > other) - (one < other);
  return String(one).localeCompare(String(other), "en", { numeric: typeof one !== typeof other });
}

function isNothing(value) {
  return value === null || Number.isNaN(value);
}

const MOMENT = /^(\d{4})-(\d\d?)-(\d\d?)(?:[ T](\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?(?:Z|([+-]\d\d):?(\d\d)?)?)?$/;
const DAYS = { "%Y/%m/%d": [0, 1, 2], "%d/%m/%Y": [2, 1, 0], "%m/%d/%Y": [2, 0, 1], "%d.%m.%Y": [2, 1, 0] };

/** A moment that is written in a known way as seconds; the text itself where it is none. */
function moment(text, format) {
  const parts = String(text).split(/[./]/);
  const found = (DAYS[format] && parts.length === 3 ? DAYS[format].map((place) => parts[place]).join("-") : String(text)).match(MOMENT);
  if (!found) return text;
  const [year, month, day, hour, minute, second, east, more] = found.slice(1).map((each) => Number(each ?? 0));
  const away = 3600 * east + 60 * more * (found[7]?.startsWith("-") ? -1 : 1);
  return Date.UTC(year, month - 1, day, hour, minute) / 1000 + second - away;
}

/** What a cell is compared as: numbers that JSON or JavaScript do not have are texts in it, and so are times. */
function valueOf(cell, kind) {
  if (typeof cell === "string" && kind === "time") return moment(cell);
  if (typeof cell !== "string" || !isNumeric(kind)) return cell ?? null;
  return /^-?\d+$/.test(cell) ? BigInt(cell) : Number(cell);
}

function within(value, [low, high, closed]) {
  const below = () => (closed ? compare(value, high) <= 0 : compare(value, high) < 0);
  return (low === null || compare(value, low) >= 0) && (high === null || below());
}

const OPERATORS = {
  "=": (value, wanted) => value === wanted || String(value) === String(wanted),
  "!=": (value, wanted) => String(value) !== String(wanted),
  "<": (value, wanted) => compare(value, wanted) < 0,
  "<=": (value, wanted) => compare(value, wanted) <= 0,
  ">": (value, wanted) => compare(value, wanted) > 0,
  ">=": (value, wanted) => compare(value, wanted) >= 0,
  in: (value, wanted) => wanted.some((each) => String(each) === String(value)),
  between: within,
  length_between: (value, ends) => within(Array.isArray(value) ? value.length : [...String(value)].length, ends),
  contains: (value, wanted) => String(value).toLowerCase().includes(String(wanted).toLowerCase()),
};

/** Whether a value passes a filter. Nothing but `is_null` is true of null, as in SQL. */
export function passes(cell, { op, value, format }) {
  if (format && typeof cell === "string") {
    return passes(moment(cell, format), { op, value: value.map((each) => (typeof each === "string" ? moment(each) : each)) });
  }
  if (op === "is_null") return isNothing(cell);
  if (op === "not_null") return !isNothing(cell);
  return !isNothing(cell) && (OPERATORS[op]?.(cell, value) ?? false);
}

/** A filter as cells are compared: by the number of a class, and by numbers where texts stand for them. */
function numbered(filter, features) {
  const type = features.find(({ name }) => name === filter.column)?.type;
  const place = type?.names?.indexOf(filter.value) ?? -1;
  if (place >= 0) return { ...filter, value: place };
  const { value } = filter;
  const kind = kindOf(type);
  return { ...filter, value: Array.isArray(value) ? value.map((each) => valueOf(each, kind)) : valueOf(value, kind) };
}

/** Letters alone: case and accents make no difference, as when a server searches. */
function folded(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** The words of a query; those in double quotes are one. */
function wordsOf(query) {
  const pieces = query.split('"').flatMap((piece, index) => (index % 2 ? [piece] : piece.split(/\s+/)));
  return pieces.filter((word) => word.trim()).map(folded);
}

/** All texts in a value: names of fields are none. */
function texts(value) {
  if (typeof value === "string") return [value];
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(texts) : [];
}

const SEARCHED = new Set(["text", "list", "struct", "json", "chat"]);

function mentions(row, words, kinds) {
  const found = Object.entries(row).flatMap(([name, cell]) => (SEARCHED.has(kinds.get(name)) ? texts(cell).map(folded) : []));
  return words.every((word) => found.some((text) => text.includes(word)));
}

/** The rows of a sample that a view asks for. */
export function select(sample, { offset = 0, length = 100, query = "", filters = [], sort = "", descending = false }) {
  const kinds = new Map(sample.rows.features.map(({ name, type }) => [name, kindOf(type)]));
  const at = (row, name) => valueOf(row[name], kinds.get(name));
  let rows = sample.rows.rows;
  if (query) rows = rows.filter(({ row }) => mentions(row, wordsOf(query), kinds));
  const wanted = (filters ?? []).map((each) => numbered(each, sample.rows.features));
  rows = rows.filter(({ row }) => wanted.every((each) => passes(at(row, each.column), each)));
  if (sort) {
    const sign = descending ? -1 : 1;
    const nullsLast = (one, other) => (isNothing(one) || isNothing(other) ? 1 : sign) * compare(one, other);
    rows = rows.toSorted((one, other) => nullsLast(at(one.row, sort), at(other.row, sort)));
  }
  const num_rows = rows.length;
  return { ...sample.rows, rows: rows.slice(offset, offset + length), offset, num_rows, seconds: 0 };
}

/** The API over what the document carries: `{dataset, samples: [{dataset, config, split, rows, statistics}]}`. */
export function offline({ dataset, samples }) {
  const find = (where) => {
    const same = (each) => ["dataset", "config", "split"].every((name) => each[name] === where[name]);
    const found = samples.find(same);
    if (!found) throw new ApiError(404, "This page holds no sample of that split");
    return found;
  };
  return {
    dataset: async () => ({ ...dataset, sql: false }),
    rows: async (where, view) => select(find(where), view),
    cell: async () => {
      throw new ApiError(404, "This page holds only a sample", "The rest of this cell was not exported.");
    },
    statistics: async (where) => find(where).statistics ?? { num_examples: 0, statistics: [] },
    errors: async () => ({ columns: [], warnings: dataset.warnings }),
    lineage: async () => null,
  };
}

/** What the document carries, or null where there is a server to ask. */
export function carried() {
  const element = document.getElementById("arrowsets-data");
  return element ? JSON.parse(element.textContent) : null;
}
