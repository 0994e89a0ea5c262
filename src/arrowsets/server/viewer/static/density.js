/** How high rows are: as suits the data, until one chooses. */

import { kindOf } from "./types.js";

const KEY = "arrowsets-density";
const SIZES = ["small", "medium", "large"];
const PICTURES = new Set(["image", "video"]);
const LONG = 90;

function suiting(features, rows) {
  if (features.some(({ type }) => PICTURES.has(kindOf(type)) || kindOf(type) === "chat")) return "medium";
  const texts = rows.slice(0, 30).flatMap(({ cells }) => Object.values(cells).filter((each) => typeof each === "string"));
  return texts.some((text) => text.length > LONG) ? "medium" : "small";
}

export const density = {
  /** The size for these features and first rows. */
  value(features, rows) {
    const kept = localStorage.getItem(KEY);
    return SIZES.includes(kept) ? kept : suiting(features, rows);
  },
  set(size) {
    localStorage.setItem(KEY, size);
  },
  sizes: SIZES,
};
