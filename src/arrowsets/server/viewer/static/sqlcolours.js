/** SQL in colours: the text cut into words, names, numbers, strings and remarks. */

import { h } from "./dom.js";

const WORDS = new Set(
  ("select from where group by order having limit offset as and or not in is null like ilike between case when then else end " +
    "join left right inner outer full cross on using union all distinct with over partition asc desc true false cast exists " +
    "qualify filter values lateral sample interval").split(" "),
);
// Each part begins with a letter of its own, so that no text takes long.
const PARTS = /(--[^\n]*)|('(?:[^']|'')*'?)|("(?:[^"]|"")*"?)|(\d[\d._]*)|([A-Za-z_]\w*)|(\s+|.)/gsu;
const CLASSES = ["remark", "string", "name", "number"];

/** The text as pieces, coloured. */
export function colours(text) {
  return [...text.matchAll(PARTS)].map((match) => {
    const [whole, ...groups] = match;
    const place = groups.findIndex((group) => group !== undefined);
    if (place < CLASSES.length) return h("span", { class: CLASSES[place] }, whole);
    if (place === 4 && WORDS.has(whole.toLowerCase())) return h("span", { class: "word" }, whole);
    return whole;
  });
}
