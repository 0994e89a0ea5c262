/** A nested value as a tree that opens where one looks. */

import { h } from "./dom.js";
import { isLink } from "./values.js";

const AT_ONCE = 100;

function leaf(value) {
  if (value === null || value === undefined) return h("span", { class: "special null" }, "null");
  if (typeof value !== "string") return h("span", { class: typeof value }, String(value));
  if (isLink(value)) return link(value);
  return h("span", { class: "string", dir: "auto" }, value === "" ? '""' : value);
}

/** A link out of the page: it opens beside, and tells nobody where it was found. */
export function link(address) {
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, address);
}

function summary(value) {
  if (Array.isArray(value)) return `[${value.length}]`;
  const names = Object.keys(value);
  return `{${names.slice(0, 4).join(", ")}${names.length > 4 ? ", …" : ""}}`;
}

function entry(name, value, depth) {
  const label = h("span", { class: "key" }, name);
  if (value === null || typeof value !== "object") return h("li", {}, label, leaf(value));
  const branch = h("details", {}, h("summary", {}, label, h("span", { class: "sum" }, summary(value))));
  const open = () => {
    if (branch.open && branch.children.length === 1) branch.append(level(value, depth + 1));
  };
  branch.addEventListener("toggle", open);
  // The upper levels lie open; what is deep or long is drawn when it is asked for.
  branch.open = depth < 2 && Object.keys(value).length <= 30;
  if (branch.open) branch.append(level(value, depth + 1));
  return h("li", {}, branch);
}

function level(value, depth) {
  const entries = Object.entries(value);
  const list = h("ul", { class: "tree" });
  const more = (from) => {
    list.append(...entries.slice(from, from + AT_ONCE).map(([name, each]) => entry(name, each, depth)));
    const rest = entries.length - from - AT_ONCE;
    if (rest <= 0) return;
    const button = h("button", { type: "button", class: "small" }, `${rest} more`);
    button.addEventListener("click", () => {
      button.parentElement.remove();
      more(from + AT_ONCE);
    });
    list.append(h("li", {}, button));
  };
  more(0);
  return list;
}

/** Draw any value as a tree. */
export function tree(value) {
  if (value === null || typeof value !== "object") return leaf(value);
  if (Object.keys(value).length === 0) return h("span", { class: "muted" }, Array.isArray(value) ? "empty list" : "no fields");
  return level(value, 0);
}
