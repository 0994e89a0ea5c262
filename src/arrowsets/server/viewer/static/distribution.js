/** Statistics of a column as bars, each with the words for it and the filter that it stands for. Pure functions. */

import { count, percent, plural, rough } from "./values.js";

const MOST = 28;
const UNITS = { string_text: "characters", list: "items", image: "px wide", audio: "s", video: "s" };
const BY_LENGTH = new Set(["string_text", "list"]);
const ROUNDED = new Set(["float", "datetime"]);
const NOT_FILTERED = new Set(["image", "audio", "video"]);

function operator(type) {
  if (NOT_FILTERED.has(type)) return null;
  return BY_LENGTH.has(type) ? "length_between" : "between";
}

/** One end of what there is; of times on different days, the day. */
function end(value, other) {
  const days = typeof value === "string" && typeof other === "string" && value.slice(0, 10) !== other.slice(0, 10);
  return days ? value.slice(0, 10) : rough(value);
}

/** Words for one bin: whole numbers name the first and last that they hold. */
function range(type, low, high, closed) {
  const whole = Number.isInteger(low) && Number.isInteger(high) && type !== "float" && type !== "audio" && type !== "video";
  if (whole) {
    const last = closed ? high : high - 1;
    return last <= low ? rough(low) : `${rough(low)} – ${rough(last)}`;
  }
  return `${rough(low)} – ${rough(high)}`;
}

/** Integers that JavaScript would round come as texts: filters are made of them, words of what is near. */
function near(type, value) {
  return type === "int" && typeof value === "string" ? Number(value) : value;
}

/**
 * The filter of one bin. Edges that are not whole are rounded: the outer ones may lie within what there is, and infinite
 * numbers beyond them, so the first and the last bin have one end each. `format` is how texts that are dates are written.
 */
function filterOf(column, op, type, { low, high, first, last, format }) {
  if (!ROUNDED.has(type)) return { column, op, value: [low, high, last] };
  if (first && last) return { column, op: "not_null" };
  const value = [first ? null : low, last ? null : high, false];
  return format ? { column, op, value, format } : { column, op, value };
}

function histogram(column, type, { histogram: { hist, bin_edges: ends }, ...extent }, format) {
  const op = operator(type);
  const [min, max] = [near(type, extent.min), near(type, extent.max)];
  const bars = hist.map((size, index) => {
    const closed = index === hist.length - 1;
    const [low, high] = [ends[index], ends[index + 1]];
    const filter = op && filterOf(column, op, type, { low, high, first: index === 0, last: closed, format });
    return { name: range(type, near(type, low), near(type, high), closed), count: size, filter };
  });
  const unit = UNITS[type] ?? "";
  // One value alone is said once.
  if (bars.length === 1 && min === max) return { mode: "histogram", bars, left: `all ${rough(min)} ${unit}`, right: "", unit };
  return { mode: "histogram", bars, left: end(min, max), right: end(max, min), unit };
}

function classes(column, type, statistics) {
  const all = Object.entries(statistics.frequencies).map(([name, size]) => {
    const value = type === "bool" ? name === "True" : name;
    return { name, count: size, filter: { column, op: "=", value } };
  });
  if (statistics.no_label_count > 0) all.push({ name: "no label", count: statistics.no_label_count, filter: { column, op: "=", value: -1 } });
  all.sort((one, other) => other.count - one.count);
  const bars = all.length > MOST ? all.slice(0, MOST - 1) : all;
  if (all.length > bars.length) {
    const rest = all.slice(bars.length);
    const size = rest.reduce((sum, each) => sum + each.count, 0);
    bars.push({ name: `${count(rest.length)} more`, count: size, filter: null, rest: true });
  }
  const words = type === "class_label" ? ["class", "classes"] : ["value"];
  return { mode: "classes", bars, all, left: plural(statistics.n_unique ?? all.length, ...words), right: "", unit: "" };
}

/** What the header draws for a column, or null where its type has no distribution or the column nothing but nulls. */
export function distribution(column, { column_type: type, column_statistics: statistics, format }) {
  if (!statistics) return null;
  const drawn = statistics.frequencies
    ? classes(column, type, statistics)
    : statistics.histogram?.hist?.length
      ? histogram(column, type, statistics, format)
      : null;
  const total = drawn?.bars.reduce((sum, bar) => sum + bar.count, 0) ?? 0;
  for (const bar of drawn?.bars ?? []) bar.share = total ? bar.count / total : 0;
  return drawn;
}

/** The nulls of a column: `{count, share, text}`, or null where there are none. */
export function nulls({ column_statistics: statistics }) {
  const size = statistics?.nan_count ?? 0;
  if (!size) return null;
  const share = statistics.nan_proportion;
  return { count: size, share, text: `${percent(share)} null` };
}

/** Whether two filters are the same one. */
export function sameFilter(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
