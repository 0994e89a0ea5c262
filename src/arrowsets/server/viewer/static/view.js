/** One split on screen: its rows in a grid, the statistics in the headers, and the row that is open beside it. */

import { renderCell } from "./cells.js";
import { columnsOf, movedTo, naturalWidth } from "./columns.js";
import { columnMenu } from "./columnmenu.js";
import { announce, fill, h } from "./dom.js";
import { toggled } from "./filters.js";
import { Grid } from "./grid.js";
import { dragging, HEAD_HEIGHT, drawHead, resizing } from "./header.js";
import { viewKeys } from "./keys.js";
import { keep, kept } from "./memory.js";
import { Pages } from "./pages.js";
import { problem } from "./panel.js";
import { sameRows } from "./state.js";
import { Statistics } from "./statistics.js";
import { plural } from "./values.js";

const WIDE = 60;
export const HEIGHTS = { small: [34, 1], medium: [78, 3], large: [150, 7] };

export class View {
  #widths = new Map(); // set by hand; no object, because columns may be called `constructor`
  #problems = new Map();

  /**
   * `api` answers, `store` holds the state, `panel` shows rows, `status(text)` is told what is on screen, `warn(texts)` what
   * could not be read.
   */
  constructor({ api, store, panel, density, status, warn }) {
    Object.assign(this, { api, store, panel, density, status, warn });
    this.overlay = h("div", { class: "overlay", hidden: true });
    this.busy = h("div", { class: "busy", hidden: true });
    this.element = h("section", { class: "view", "aria-label": "Rows" }, this.busy, this.overlay);
  }

  get where() {
    const { dataset, config, split } = this.store.now;
    return { dataset, config, split };
  }

  get #order() {
    const { query, filters, sort, descending } = this.store.now;
    return { query, filters, sort, descending };
  }

  get #narrowed() {
    return this.store.now.query !== "" || this.store.now.filters.length > 0;
  }

  /** Begin: the first rows tell the features. A wide split is asked for one row first, then for what is on screen. */
  async start(numColumns) {
    this.splitKey = JSON.stringify(this.where);
    const { offset, sort } = this.store.now;
    const wide = numColumns > WIDE;
    const plain = !this.#narrowed && !sort && !wide;
    const from = plain ? Math.floor(offset / 100) * 100 : 0;
    const answer = await this.api.rows(this.where, { offset: from, length: wide ? 1 : 100 });
    if (this.closed) return;
    this.features = answer.features;
    this.sample = answer.rows.map(({ row }) => ({ cells: row }));
    this.total = answer.num_rows_total;
    this.unread = this.total === null;
    this.#loadWidths();
    this.#startStatistics();
    this.pages = this.#newPages();
    if (plain) this.pages.seed(answer, from / 100);
    this.#startGrid();
    if (this.pages.count === 0) this.#empty();
    if (this.store.now.row !== null) this.#openRow(this.store.now);
    else if (offset > 0) this.grid.scrollTo(offset);
    this.#askErrors();
  }

  destroy() {
    this.closed = true;
    this.pages?.close();
    this.statistics?.close();
    this.grid?.destroy();
    this.element.remove();
  }

  #newPages() {
    const [where, order] = [this.where, this.#order];
    const fetchRows = (part, signal) => this.api.rows(where, { ...part, ...order }, signal);
    const pages = new Pages(fetchRows, this.features, {
      changed: () => pages === this.pages && this.#arrived(),
      failed: (error) => pages === this.pages && this.#failed(error),
    });
    pages.total = this.total;
    return pages;
  }

  #startStatistics() {
    const where = this.where;
    const ask = (names) => this.api.statistics(where, this.features.length > WIDE ? names : null);
    this.statistics = new Statistics(ask, (name) => {
      const column = this.grid?.columns.find((each) => each.name === name);
      if (column) this.grid.redrawHead(column);
    });
  }

  #startGrid() {
    const size = this.density.value(this.features, this.sample);
    this.grid = new Grid({
      label: `Rows of ${this.store.now.split}`,
      source: this.#source(),
      columns: this.#columns(),
      size,
      rowHeight: HEIGHTS[size][0],
      headHeight: HEAD_HEIGHT,
      head: (element, column) => this.#head(element, column),
      cell: (column, row) => this.#cell(column, row),
      drawn: (offset) => this.#drawn(offset),
      picked: (position, column) => this.pick(position, column),
      key: (event) => viewKeys(this, event),
    });
    this.element.prepend(this.grid.element);
  }

  /** The grid's rows; what is on screen also wants its statistics. */
  #source() {
    const view = this;
    return {
      get room() {
        return view.pages.room;
      },
      get count() {
        return view.pages.count;
      },
      get total() {
        return view.total;
      },
      get: (position) => view.pages.get(position),
      has: (position, name) => view.pages.has(position, name),
      want(first, last, names) {
        view.pages.want(first, last, names);
        view.statistics.want(names);
      },
    };
  }

  #columns() {
    const { columns, sort, descending } = this.store.now;
    const most = Math.max(180, 0.62 * innerWidth);
    return columnsOf(this.features, { names: columns, sort, descending, widths: this.#widths, rows: this.sample, most });
  }

  // What comes in

  #arrived() {
    // A wide split shows its first cells only now; widths follow them once.
    if (this.sample.length < 2 && this.pages.get(1)) this.#measure();
    this.overlay.hidden = true;
    if (this.pages.count === 0) this.#empty();
    // Only now that all rows have been read is it known which could not be.
    if (this.unread && this.pages.total !== null) this.#askErrors();
    this.total = this.pages.total;
    this.unread = this.total === null;
    const { row } = this.store.now;
    if (row !== null && this.grid.open === null) this.grid.open = this.#positionOf(row);
    this.grid.resized();
    this.#busyIs(false);
  }

  #measure() {
    this.sample = Array.from({ length: 30 }, (_, position) => this.pages.get(position)).filter(Boolean);
  }

  #failed(error) {
    this.#busyIs(false);
    const retry = h("button", { type: "button", class: "primary" }, "Try again");
    retry.addEventListener("click", () => {
      this.overlay.hidden = true;
      this.pages.retry();
      this.grid.draw();
    });
    const clear = this.#narrowed && this.#clearButton();
    this.#over(problem(error), h("div", { class: "acts" }, retry, clear));
  }

  #empty() {
    const nothing = this.#narrowed ? "No rows match" : "This split has no rows";
    const note = this.#narrowed ? `None of ${plural(this.total, "row")} pass the search and the filters.` : "Its columns are above.";
    this.#over(h("div", { class: "state" }, h("strong", {}, nothing), h("p", {}, note)), this.#narrowed && this.#clearButton());
    announce(nothing);
  }

  #clearButton() {
    const button = h("button", { type: "button" }, "Clear search and filters");
    button.addEventListener("click", () => this.store.set({ query: "", filters: [], offset: 0 }));
    return button;
  }

  #over(...children) {
    fill(this.overlay, children);
    this.overlay.hidden = false;
  }

  #busyIs(busy) {
    clearTimeout(this.waiting);
    if (busy) this.waiting = setTimeout(() => (this.busy.hidden = false), 150);
    else this.busy.hidden = true;
  }

  async #askErrors() {
    try {
      const { columns, warnings } = await this.api.errors(this.where);
      if (this.closed) return;
      this.warn(warnings);
      for (const { column, error } of columns) this.#problems.set(column, error);
      if (columns.length > 0) this.grid.setColumns(this.#columns());
    } catch {
      // The rows are here; that nobody can say what is wrong with them is no reason to hide them.
    }
  }

  #said() {
    this.status({ ...this.#range(), count: this.pages.count, total: this.total, seconds: this.pages.seconds, narrowed: this.#narrowed });
  }

  #range() {
    const [first, last] = this.grid.seen;
    return { first, last, columns: this.grid.columns.length, allColumns: this.features.length };
  }

  #drawn(offset) {
    if (offset !== this.store.now.offset) this.store.set({ offset }, { quiet: true });
    this.#said();
  }

  // What changes

  /** Follow the state to another view of the same split. */
  follow(next, before) {
    if (!sameRows(next, before)) this.#reload(next, before);
    else if (JSON.stringify(next.columns) !== JSON.stringify(before.columns)) this.grid.setColumns(this.#columns());
    else if (next.offset !== before.offset && next.offset !== this.grid.firstRow) this.grid.scrollTo(next.offset);
    if (next.row === null) this.closeRow();
    else if (next.row !== before.row) this.#openRow(next);
  }

  #reload(next, before) {
    this.pages.close();
    this.pages = this.#newPages();
    this.overlay.hidden = true;
    this.#busyIs(true);
    this.grid.setColumns(this.#columns());
    this.grid.scrollTo(next.offset === before.offset ? 0 : next.offset);
    this.grid.activate(-1, this.grid.active.column, { reveal: false });
  }

  setDensity() {
    const size = this.density.value(this.features, this.sample);
    this.grid.setRowHeight(HEIGHTS[size][0], size);
    this.grid.redraw();
  }

  filter(filter) {
    this.store.set({ filters: toggled(this.store.now.filters, filter), offset: 0 });
    this.grid.element.focus({ preventScroll: true });
  }

  /** Sort by a column: up, down, and back to the order of the split. */
  sort(column, descending = null) {
    if (column.sort === undefined) return;
    const { sort, descending: down } = this.store.now;
    const same = sort === column.name;
    if (descending === null && same && down) this.store.set({ sort: "", descending: false, offset: 0 });
    else this.store.set({ sort: column.name, descending: descending ?? same, offset: 0 });
  }

  get shown() {
    return this.grid.columns.map((column) => column.name);
  }

  show(names) {
    const usual = this.features.map((feature) => feature.name);
    this.store.set({ columns: JSON.stringify(names) === JSON.stringify(usual) ? null : names });
  }

  hide(column) {
    if (this.grid.columns.length > 1) this.show(this.shown.filter((name) => name !== column.name));
  }

  /** Move a column by one, or to before a place. */
  move(from, to) {
    if (from === to || from + 1 === to || to < 0 || to > this.shown.length) return;
    this.show(movedTo(this.shown, from, to));
    this.grid.activate(this.grid.active.row, to > from ? to - 1 : to);
    announce(`Column moved to place ${(to > from ? to - 1 : to) + 1}`);
  }

  resize(column, width) {
    this.#widths.set(column.name, width);
    this.grid.columns = this.#columns();
    this.grid.relayout();
    keep(this.#widthsKey, JSON.stringify([...this.#widths]));
  }

  fit(column) {
    const rows = Array.from({ length: 60 }, (_, index) => this.pages.get(this.grid.firstRow + index)).filter(Boolean);
    this.resize(column, naturalWidth(column.name, column.kind, column.type, rows));
  }

  get #widthsKey() {
    return `arrowsets-widths:${this.splitKey}`;
  }

  #loadWidths() {
    try {
      this.#widths = new Map(JSON.parse(kept(this.#widthsKey)) ?? []);
    } catch {
      this.#widths = new Map();
    }
  }

  // The open row

  /** Open the row at a position of the view. */
  pick(position, column) {
    const row = this.pages.get(position);
    if (!row) return;
    this.focusColumn = column?.name ?? null;
    this.store.set({ row: row.index });
  }

  /** Go to the row before or after the open one, in the order of the view. */
  step(by) {
    const from = this.grid.open ?? this.grid.firstRow;
    const position = Math.max(0, Math.min(this.pages.room - 1, from + by));
    this.grid.activate(position, this.grid.active.column);
    this.pick(position, null);
  }

  #openRow({ row, query }) {
    const near = this.#positionOf(row);
    this.grid.open = near;
    if (near !== null) this.grid.activate(near, this.grid.active.column);
    this.grid.draw();
    this.panel.show(row, { first: this.shown, query, focus: this.focusColumn });
    this.focusColumn = null;
  }

  /** Where in the view a row of the split stands, as far as it is known. */
  #positionOf(index) {
    if (this.pages.get(this.grid.active.row)?.index === index) return this.grid.active.row;
    const { sort } = this.store.now;
    if (!this.#narrowed && !sort) return index;
    const [first, last] = this.grid.seen;
    for (let position = first; position < last; position += 1) {
      if (this.pages.get(position)?.index === index) return position;
    }
    return null;
  }

  closeRow() {
    if (this.panel.element.hidden) return;
    this.panel.hide();
    this.grid.open = null;
    this.grid.draw();
    this.grid.element.focus({ preventScroll: true });
  }

  // What is drawn

  #head(element, column) {
    drawHead(element, column, {
      entry: this.statistics.get(column.name),
      active: this.store.now.filters,
      problem: this.#problems.get(column.name),
      pick: (filter) => this.filter(filter),
      sort: (each) => this.sort(each),
      menu: (each, anchor) => columnMenu(this, each, anchor),
      drag: (title) => dragging(title, { grid: this.grid, name: column.name, drop: (to) => this.move(this.shown.indexOf(column.name), to) }),
      resize: (grip) => resizing(grip, this.#resizer(column)),
    });
  }

  #resizer(column) {
    const width = () => this.grid.widths[this.shown.indexOf(column.name)];
    return { width, change: (value) => this.resize(column, value), fit: () => this.fit(column) };
  }

  #cell(column, row) {
    const size = this.density.value(this.features, this.sample);
    const how = { type: column.type, kind: column.kind, query: this.store.now.query, lines: HEIGHTS[size][1] };
    const cell = renderCell(row.cells[column.name], { ...how, big: size === "large" });
    if (!row.cut.has(column.name)) return cell;
    return [cell, h("span", { class: "cut", title: "Open the row for the whole cell" }, "…")];
  }

  /** Copy what the active cell holds. */
  get activeCell() {
    const column = this.grid.columns[this.grid.active.column];
    const value = this.pages.get(this.grid.active.row)?.cells[column?.name];
    return { column, value };
  }
}
