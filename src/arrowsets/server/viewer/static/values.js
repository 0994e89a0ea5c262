/** Values as short text. Pure functions, used by cells, headers, chips and the row panel. */

const WHOLE = new Intl.NumberFormat("en-US");
const SHORT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const SPECIAL = new Set(["NaN", "Infinity", "-Infinity", "inf", "-inf", "nan"]);

/** A count for people: 1,234,567. */
export function count(value) {
  return value === null || value === undefined ? "?" : WHOLE.format(value);
}

/** A count in few letters: 1.2M. */
export function shortCount(value) {
  return value < 10_000 ? WHOLE.format(value) : SHORT.format(value);
}

/** `1 row`, `2 rows`. */
export function plural(value, one, many = `${one}s`) {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A share of one as a percentage that never rounds something to nothing, nor part to all. */
export function percent(share) {
  if (share === 0 || share === 1) return `${share * 100}%`;
  if (share < 0.001) return "<0.1%";
  if (share > 0.999) return ">99.9%";
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}%`;
}

/** A number as a cell shows it. Long fractions are cut to nine digits; integers never are. */
export function number(value) {
  if (typeof value !== "number") return String(value);
  const exact = String(value);
  if (Number.isSafeInteger(value) || exact.length <= 12) return exact;
  return String(Number(value.toPrecision(9)));
}

/** A number where a rough one will do: ends of histograms, averages. */
export function rough(value) {
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return WHOLE.format(value);
  const size = Math.abs(value);
  if (size >= 1e6 && size < 1e15) return SHORT.format(value);
  if (size !== 0 && (size >= 1e15 || size < 1e-4)) return value.toExponential(1);
  return String(Number(value.toPrecision(4)));
}

/** Not a number, or one without end: written as text in JSON, which has no other way. */
export function isSpecialNumber(value) {
  return typeof value === "string" ? SPECIAL.has(value) : typeof value === "number" && !Number.isFinite(value);
}

/** A size in bytes for people. */
export function bytes(value) {
  if (value < 1000) return `${value} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let size = value;
  let unit = -1;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size.toFixed(size < 10 ? 1 : 0)} ${units[unit]}`;
}

/** Seconds as an answer's time. */
export function seconds(value) {
  return value < 0.001 ? "<1 ms" : value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(1)} s`;
}

/** White space made visible. */
export function visibleSpace(text) {
  return text.replace(/ /g, "·").replace(/\t/g, "→").replace(/\r?\n/g, "↵").replace(/[\s\u200b]/g, "␣");
}

/** A nested value in one line. */
export function inline(value, limit = 400) {
  if (typeof value === "string") return value.slice(0, limit);
  const text = JSON.stringify(value) ?? "null";
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}

/** The bytes that a base64 text stands for. */
export function base64Size(text) {
  return Math.floor((text.length * 3) / 4) - (text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0);
}

/** Cut a text into [part, found] pairs, at each place where a word of the query stands, whatever the case. */
export function marked(text, query) {
  const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const lower = text.toLocaleLowerCase();
  // Some letters change length with their case; there is no telling then what was found where.
  if (words.length === 0 || lower.length !== text.length) return [[text, false]];
  const parts = [];
  let at = 0;
  while (at < text.length) {
    let [found, length] = [-1, 0];
    for (const word of words) {
      const place = lower.indexOf(word, at);
      if (place >= 0 && (found < 0 || place < found || (place === found && word.length > length))) {
        [found, length] = [place, word.length];
      }
    }
    if (found < 0) break;
    if (found > at) parts.push([text.slice(at, found), false]);
    parts.push([text.slice(found, found + length), true]);
    at = found + length;
  }
  if (at < text.length) parts.push([text.slice(at), false]);
  return parts;
}

/** The part of a text that begins shortly before the first word of the query, where that stands far back. */
export function excerpt(text, query, before) {
  const [[first, found]] = marked(text, query);
  if (found || first.length <= 2 * before || first.length === text.length) return text;
  // Between two halves of a letter there is no place to cut.
  return `… ${text.slice(first.length - before).replace(/^[\udc00-\udfff]/, "")}`;
}

/** Whether a text is an address that may become a link. Nothing is ever fetched from it. */
export function isLink(text) {
  return /^https?:\/\/[^\s]+$/.test(text) && URL.canParse(text);
}
