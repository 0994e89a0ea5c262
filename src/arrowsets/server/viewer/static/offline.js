/** A page that carries a sample of its data: the same functions as the server's, answered from the document. */

import { ApiError } from "./api.js";

/** Put two values of a column in order; nulls come last. */
export function compare(one, other) {
  if (one === null || other === null) return (one === null) - (other === null);
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other), "en", { numeric: typeof one === "number" || typeof other === "number" });
}

function within(value, [low, high, closed]) {
  return compare(value, low) >= 0 && (closed ? compare(value, high) <= 0 : compare(value, high) < 0);
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

/** Whether a row passes a filter. Nothing but `is_null` is true of null, as in SQL. */
export function passes(row, { column, op, value }) {
  const cell = row[column] ?? null;
  if (op === "is_null") return cell === null;
  if (op === "not_null") return cell !== null;
  return cell !== null && (OPERATORS[op]?.(cell, value) ?? false);
}

/** A filter by the name of a class as one by its number, which is what cells hold. */
function numbered(filter, features) {
  const names = features.find(({ name }) => name === filter.column)?.type.names;
  const place = names?.indexOf(filter.value) ?? -1;
  return place < 0 ? filter : { ...filter, value: place };
}

function mentions(row, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const text = JSON.stringify(row).toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The rows of a sample that a view asks for. */
export function select(sample, { offset = 0, length = 100, query = "", filters = [], sort = "", descending = false }) {
  let rows = sample.rows.rows;
  if (query) rows = rows.filter(({ row }) => mentions(row, query));
  const wanted = (filters ?? []).map((each) => numbered(each, sample.rows.features));
  rows = rows.filter(({ row }) => wanted.every((each) => passes(row, each)));
  if (sort) {
    const sign = descending ? -1 : 1;
    const nullsLast = (one, other) => (one === null || other === null ? compare(one, other) : sign * compare(one, other));
    rows = rows.toSorted((one, other) => nullsLast(one.row[sort] ?? null, other.row[sort] ?? null));
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
    errors: async () => ({ columns: [], warnings: [] }),
    lineage: async () => null,
  };
}

/** What the document carries, or null where there is a server to ask. */
export function carried() {
  const element = document.getElementById("arrowsets-data");
  return element ? JSON.parse(element.textContent) : null;
}
