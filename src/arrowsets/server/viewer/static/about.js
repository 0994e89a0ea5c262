/** What the data is and how it was made. */

import { fill, h } from "./dom.js";
import { plural } from "./values.js";

/** Draw what is known of the split on screen; how it was made is asked for when one looks. */
export function about({ api, info, where, view }) {
  const made = h("div", { class: "lineage" }, h("span", { class: "bone" }));
  const facts = [
    ["Dataset", where.dataset],
    ["Subset", where.config],
    ["Split", where.split],
    ["Size", view?.features ? `${plural(view.total, "row")}, ${plural(view.features.length, "column")}` : ""],
    ["Viewer", info.version ? `arrowsets ${info.version}` : "a sample of the data, in this file"],
  ];
  ask(api, where, made);
  return h(
    "div",
    { class: "about" },
    h("h2", { dir: "auto" }, info.title),
    h("dl", {}, facts.filter(([, text]) => text).flatMap(([name, text]) => [h("dt", {}, name), h("dd", { dir: "auto" }, text)])),
    h("h3", {}, "How it was made"),
    made,
  );
}

async function ask(api, where, made) {
  try {
    const lineage = await api.lineage(where);
    fill(made, lineage?.text ? h("pre", {}, lineage.text) : h("p", { class: "note" }, "Nothing was recorded: it was read as it is."));
  } catch {
    fill(made, h("p", { class: "note" }, "This is not known here."));
  }
}
