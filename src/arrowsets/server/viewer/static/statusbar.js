/** The bar at the bottom: which rows are on screen, how many there are, and how high they are. */

import { h } from "./dom.js";
import { count, plural, seconds } from "./values.js";

const LINES = { small: "1", medium: "3", large: "7" };

export class StatusBar {
  /** `go(position)` scrolls to a row, `resize(size)` sets how high rows are. */
  constructor({ go, resize, sizes }) {
    this.rows = h("span", { class: "range" });
    this.note = h("span", { class: "muted timing" });
    this.columns = h("span", { class: "muted columncount" });
    this.field = h("input", { inputmode: "numeric", "aria-label": "Go to row", placeholder: "Go to row", autocomplete: "off", size: 9 });
    const form = h("form", { class: "go" }, this.field);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const position = Number(this.field.value.replace(/[\s,._]/g, ""));
      if (Number.isInteger(position) && position >= 0) go(position);
      this.field.value = "";
    });
    this.sizes = sizes.map((size) => {
      const button = h("button", { type: "button", class: "height", "data-size": size, "aria-label": `Rows of ${LINES[size]} lines`, title: `Rows of ${LINES[size]} lines (d)` }, bars(size));
      button.addEventListener("click", () => resize(size));
      return button;
    });
    this.element = h("footer", { class: "statusbar" }, this.rows, this.columns, this.note, form, h("div", { class: "sizes", role: "group", "aria-label": "Height of rows" }, this.sizes));
  }

  showSize(size) {
    for (const button of this.sizes) button.setAttribute("aria-pressed", String(button.dataset.size === size));
  }

  show({ first, last, count: found, total, narrowed, seconds: time, columns, allColumns }) {
    const of = found ?? total;
    const rows = last > first ? `Rows ${count(first)} – ${count(last - 1)} of ${count(of)}` : "No rows";
    this.rows.textContent = narrowed ? `${found === null ? "Looking…" : plural(found, "match", "matches")} in ${plural(total, "row")}` : rows;
    this.note.textContent = time === null || time === undefined ? "" : seconds(time);
    this.columns.textContent = columns < allColumns ? `${columns} of ${plural(allColumns, "column")}` : plural(allColumns, "column");
  }
}

function bars(size) {
  return Array.from({ length: Number({ small: 4, medium: 3, large: 2 }[size]) }, () => h("i"));
}
