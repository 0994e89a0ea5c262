/** How high rows are: as suits the data, until one chooses. */

import { keep, kept } from "./memory.js";
import { kindOf } from "./types.js";

const KEY = "arrowsets-density";
const SIZES = ["small", "medium", "large"];
const PICTURES = new Set(["image", "video"]);
const LONG = 90;

function suiting(features, rows) {
  if (features.some(({ type }) => PICTURES.has(kindOf(type)) || kindOf(type) === "chat")) return "medium";
  const first = rows.slice(0, 30);
  if (first.some(({ cells }) => Object.values(cells).some((each) => each?.thumbnail))) return "medium";
  const long = first.filter(({ cells }) => Object.values(cells).some((each) => typeof each === "string" && each.length > LONG));
  return 2 * long.length > first.length ? "medium" : "small";
}

export const density = {
  /** The size for these features and first rows. */
  value(features, rows) {
    const size = kept(KEY);
    return SIZES.includes(size) ? size : suiting(features, rows);
  },
  set(size) {
    keep(KEY, size);
  },
  sizes: SIZES,
};
