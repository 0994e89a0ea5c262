/** The SQL box: a statement, its result as a table, and the result as a file. */

import { renderCell } from "./cells.js";
import { fill, h } from "./dom.js";
import { Grid } from "./grid.js";
import { moveByKey } from "./gridkeys.js";
import { PLAIN_HEIGHT, drawHead, resizing } from "./header.js";
import { icon } from "./icons.js";
import { naturalWidth } from "./columns.js";
import { colours } from "./sqlcolours.js";
import { problem } from "./panel.js";
import { kindOf } from "./types.js";
import { plural, seconds } from "./values.js";

const LIMIT = 1000;

/** An Arrow type by its name, as a feature type; what is nested is shown as JSON. */
export function featureOf(name) {
  return name.includes("<") ? { _type: "Json" } : { _type: "Value", dtype: name };
}

export class SqlBox {
  #flight = null;
  #grid = null;
  #shown = null;

  /** `run(text, limit, signal)` asks the server, `file(text, format)` gets a file, `keep(text)` puts the text in the link. */
  constructor({ run, file, keep, close }) {
    Object.assign(this, { run, file, keep });
    this.text = h("textarea", { "aria-label": "SQL", spellcheck: "false", autocomplete: "off", autocapitalize: "off", rows: 4 });
    this.paint = h("pre", { class: "paint", "aria-hidden": "true" });
    this.go = h("button", { type: "button", class: "primary" }, icon("play"), "Run", h("kbd", {}, "Ctrl ↵"));
    this.note = h("span", { class: "muted", role: "status" });
    this.csv = this.#saver("csv", "CSV");
    this.parquet = this.#saver("parquet", "Parquet");
    const shut = h("button", { type: "button", class: "ghost", "aria-label": "Close SQL", title: "Close (Escape)" }, icon("close"));
    shut.addEventListener("click", close);
    this.result = h("div", { class: "result" });
    this.element = h(
      "section",
      { class: "sql", "aria-label": "SQL", hidden: true },
      h("div", { class: "editor" }, this.paint, this.text),
      h("div", { class: "acts" }, this.go, this.note, h("span", { class: "push" }), this.csv, this.parquet, shut),
      this.result,
    );
    this.go.addEventListener("click", () => this.ask());
    this.text.addEventListener("input", () => this.#painted());
    this.text.addEventListener("scroll", () => (this.paint.scrollTop = this.text.scrollTop));
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.ask();
      if (event.key === "Escape") close();
    });
  }

  #saver(format, words) {
    const button = h("button", { type: "button", disabled: true }, icon("download"), words);
    button.addEventListener("click", () => this.#save(format, button));
    return button;
  }

  #painted() {
    fill(this.paint, colours(this.text.value), "\n");
  }

  /** Open the box with a statement; one that came with the link is run at once. */
  open(text, { run = false } = {}) {
    this.element.hidden = false;
    if (text !== this.text.value) this.text.value = text;
    this.#painted();
    if (run && text !== this.#shown) this.ask();
  }

  close() {
    this.#flight?.abort();
    this.element.hidden = true;
  }

  async ask() {
    const text = this.text.value.trim();
    if (!text) return;
    this.#flight?.abort();
    const flight = (this.#flight = new AbortController());
    this.#shown = text;
    this.keep(text);
    this.note.textContent = "Running…";
    this.element.classList.add("running");
    if (this.#grid === null) fill(this.result, h("div", { class: "skeleton" }, bones()));
    try {
      const answer = await this.run(text, LIMIT, flight.signal);
      if (flight === this.#flight) this.#show(answer);
    } catch (error) {
      if (error.name !== "AbortError" && flight === this.#flight) this.#fail(error);
    } finally {
      if (flight === this.#flight) this.element.classList.remove("running");
    }
  }

  #fail(error) {
    this.#grid?.destroy();
    this.#grid = null;
    this.note.textContent = "";
    this.csv.disabled = this.parquet.disabled = true;
    fill(this.result, problem(error));
  }

  #show(answer) {
    const { num_rows: size, truncated, rows } = answer;
    const part = truncated ? `, the first ${plural(rows.length, "row")} shown` : "";
    const all = size === null || size === undefined ? (truncated ? "many rows" : plural(rows.length, "row")) : plural(size, "row");
    this.note.textContent = `${all}${part} · ${seconds(answer.seconds)}`;
    this.csv.disabled = this.parquet.disabled = false;
    this.#grid?.destroy();
    this.#grid = resultGrid(answer);
    fill(this.result, this.#grid.element);
    if (rows.length === 0) this.result.append(h("div", { class: "overlay" }, h("div", { class: "state" }, h("strong", {}, "No rows"))));
  }

  async #save(format, button) {
    button.disabled = true;
    try {
      const address = URL.createObjectURL(await this.file(this.#shown, format));
      h("a", { href: address, download: `result.${format}` }).click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
    } catch (error) {
      this.note.textContent = error.message;
    }
    button.disabled = false;
  }
}

function bones() {
  return [55, 80, 35, 65].map((width) => h("div", { class: "boneline" }, h("span"), h("span", { class: "bone", style: { width: `${width}%` } })));
}

/** A grid over rows that are all here. */
function resultGrid({ columns, rows }) {
  const held = rows.map((cells, index) => ({ index, cells, cut: new Set() }));
  // Names may stand twice in a result, so cells go by place.
  const placed = columns.map(({ name, type: given }, place) => {
    const type = typeof given === "string" ? featureOf(given) : given;
    const kind = kindOf(type);
    const beginning = held.slice(0, 30).map(({ cells }) => ({ cells: { [name]: cells[place] } }));
    return { key: place, place, name, type, kind, width: naturalWidth(name, kind, type, beginning), stretches: false };
  });
  const source = { room: held.length, count: held.length, get: (position) => held[position], has: () => true, want: () => {} };
  const grid = new Grid({
    label: "Result",
    source,
    columns: placed,
    rowHeight: 34,
    headHeight: PLAIN_HEIGHT,
    head: (element, column) => drawHead(element, column, { resize: (grip) => resizing(grip, widener(grid, column)) }),
    cell: (column, row) => renderCell(row.cells[column.place], { type: column.type, kind: column.kind, query: "", lines: 1 }),
    key: (event) => moveByKey(grid, event),
  });
  return grid;
}

function widener(grid, column) {
  const at = grid.columns.findIndex((each) => each.place === column.place);
  const change = (width) => {
    grid.columns[at] = { ...grid.columns[at], width, stretches: false };
    grid.relayout();
  };
  return { width: () => grid.widths[at], change, fit: () => change(column.width) };
}
