/** The menu of a column: order, filter, place, and its statistics in words and bars. */

import { barList } from "./chart.js";
import { distribution, nulls } from "./distribution.js";
import { copy, fill, h } from "./dom.js";
import { filterForm } from "./filters.js";
import { icon } from "./icons.js";
import { item, popover } from "./menu.js";
import { iconOf, typeLabel } from "./types.js";
import { count, rough } from "./values.js";

const FIGURES = [["min", "Least"], ["max", "Greatest"], ["mean", "Mean"], ["median", "Median"], ["std", "Std. dev."]];

function figures(statistics) {
  const shown = FIGURES.filter(([name]) => statistics[name] !== undefined && statistics[name] !== null);
  if (shown.length === 0) return null;
  return h("dl", { class: "figures" }, shown.map(([name, words]) => h("div", {}, h("dt", {}, words), h("dd", {}, rough(statistics[name])))));
}

function spread(view, column, close) {
  const entry = view.statistics.get(column.name);
  if (entry === undefined) return h("p", { class: "note" }, "Statistics are being counted…");
  if (entry.error) return h("p", { class: "note" }, entry.error);
  const drawn = distribution(column.name, entry);
  const missing = nulls(entry);
  const pick = (filter) => {
    close();
    view.filter(filter);
  };
  return h(
    "div",
    {},
    missing && h("p", { class: "note" }, `${count(missing.count)} null (${missing.text.split(" ")[0]})`),
    entry.column_statistics && figures(entry.column_statistics),
    drawn && h("p", { class: "note" }, drawn.mode === "classes" ? "Values" : drawn.unit ? `Spread, in ${drawn.unit}` : "Spread"),
    drawn && barList(drawn, { pick, active: view.store.now.filters }),
  );
}

/** Open the menu of a column at an element. */
export function columnMenu(view, column, anchor) {
  popover(anchor, `Column ${column.name}`, (close) => {
    const run = (action) => () => {
      close();
      action();
    };
    const place = view.shown.indexOf(column.name);
    const sortable = column.sort !== undefined;
    const below = h("div", {}, spread(view, column, close));
    view.statistics.whenKnown(column.name, () => fill(below, spread(view, column, close)));
    return h(
      "div",
      { class: "columnmenu" },
      h("h2", {}, icon(iconOf(column.kind)), h("span", { dir: "auto" }, column.name), h("small", {}, typeLabel(column.type))),
      filterForm(column, (filter) => run(() => view.filter(filter))()),
      h(
        "div",
        { class: "items", role: "menu", "aria-label": column.name },
        sortable && item("up", "Sort ascending", run(() => view.sort(column, false)), { pressed: column.sort === "ascending" }),
        sortable && item("down", "Sort descending", run(() => view.sort(column, true)), { pressed: column.sort === "descending" }),
        item("left", "Move left", run(() => view.move(place, place - 1)), { hint: "Shift ←" }),
        item("right", "Move right", run(() => view.move(place, place + 2)), { hint: "Shift →" }),
        item("expand", "Fit the width", run(() => view.fit(column))),
        item("eye", "Hide", run(() => view.hide(column)), { hint: "h" }),
        item("copy", "Copy the name", run(() => copy(column.name, "Name"))),
      ),
      below,
    );
  });
}
