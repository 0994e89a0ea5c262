/** A virtual grid: only the rows and columns on screen exist as elements, so a billion cells cost what fifty do. */

import { h } from "./dom.js";
import { columnWindow, edges, rowWindow, scale, stretch } from "./geometry.js";

const GUTTER_DIGIT = 7.6;

export class Grid {
  #heads = new Map(); // column name -> element
  #rows = new Map(); // position -> element
  #frame = 0;
  #top = 0; // what is scrolled, in pixels of the whole table
  #expected = 0; // the scrollTop that we set ourselves
  #touching = false;
  #room = { width: 0, height: 0 };
  #pending = null; // where to scroll once there is something to scroll
  #layout = 0; // grows when all cells must be drawn again

  /**
   * `source` is `{room, get(position), has(position, name), want(first, last, names)}`; `columns` are
   * `{name, kind, width, stretches}`; `head(element, column)` draws a header, again when something of it has changed, and
   * `cell(column, row)` gives what stands in a cell;
   * `drawn(position)` hears which row is first on screen, `picked(position, column)` of clicks and Enter, `key(event)` of other keys.
   */
  constructor({ label, source, columns, size = "small", rowHeight, headHeight, head, cell, drawn, picked, key }) {
    Object.assign(this, { source, rowHeight, headHeight, head, cell, drawn, picked, key });
    this.active = { row: -1, column: 0 };
    this.open = null; // the position whose row is open beside the grid
    this.headRow = h("div", { class: "head", role: "row", "aria-rowindex": 1 });
    this.body = h("div", { class: "body", role: "rowgroup" });
    this.sizer = h("div", { class: "sizer" }, h("div", { role: "rowgroup", class: "headgroup" }, this.headRow), this.body);
    this.corner = h("div", { class: "corner", role: "columnheader", "aria-label": "Row number" });
    this.element = h("div", { class: "grid", role: "grid", tabindex: 0, "aria-label": label }, this.sizer);
    this.element.classList.add(size);
    this.sizer.style.setProperty("--head", `${headHeight}px`);
    this.id = `g${Math.random().toString(36).slice(2, 8)}`;
    this.setColumns(columns);
    this.#listen();
  }

  #listen() {
    const { element } = this;
    element.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    element.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    element.addEventListener("touchstart", () => (this.#touching = true), { passive: true });
    element.addEventListener("scrollend", () => this.#settle());
    element.addEventListener("keydown", (event) => this.key?.(event));
    this.body.addEventListener("click", (event) => this.#clicked(event));
    this.observer = new ResizeObserver(([{ contentRect }]) => {
      this.#room = { width: contentRect.width, height: contentRect.height };
      this.relayout();
      const pending = this.#pending;
      this.#pending = null;
      pending?.();
    });
    this.observer.observe(element);
  }

  destroy() {
    cancelAnimationFrame(this.#frame);
    this.observer.disconnect();
    this.element.remove();
  }

  setColumns(columns) {
    this.columns = columns;
    const keys = new Set(columns.map(keyOf));
    for (const key of this.#heads.keys()) if (!keys.has(key)) this.#heads.delete(key);
    for (const column of columns) this.redrawHead(column);
    this.relayout();
  }

  setRowHeight(rowHeight, size) {
    const first = this.firstRow;
    this.element.classList.remove("small", "medium", "large");
    this.element.classList.add(size);
    this.rowHeight = rowHeight;
    this.relayout();
    this.scrollTo(first);
  }

  /** The row at the upper edge. */
  get firstRow() {
    return Math.min(Math.floor(this.#top / this.rowHeight), Math.max(0, this.source.room - 1));
  }

  /** The first and last row that are wholly or partly seen. */
  get seen() {
    const last = Math.ceil((this.#top + this.#view) / this.rowHeight);
    return [this.firstRow, Math.min(this.source.room, last)];
  }

  /** The columns on screen. */
  get columnsSeen() {
    return this.columns.slice(...this.#columnRange());
  }

  get #view() {
    return Math.max(0, this.#room.height - this.headHeight);
  }

  #columnRange() {
    return columnWindow(this.lefts, this.element.scrollLeft, this.#room.width - this.gutter);
  }

  /** Measure again: other columns, widths, row heights or number of rows. */
  relayout() {
    const digits = String(Math.max(this.source.room, this.source.total ?? 0)).length;
    this.gutter = Math.ceil(Math.max(3, digits) * GUTTER_DIGIT + 22);
    // What is scrolled to is not to lie under what stays.
    this.element.style.scrollPadding = `${this.headHeight}px 0 0 ${this.gutter}px`;
    this.widths = stretch(this.columns, this.#room.width - this.gutter);
    this.lefts = edges(this.widths);
    this.#layout += 1;
    this.resized();
  }

  /** The number of rows changed, nothing else. */
  resized() {
    this.scaling = scale(this.source.room, this.rowHeight, this.#view);
    this.width = this.gutter + this.lefts[this.columns.length];
    this.sizer.style.width = `${Math.max(this.width, this.#room.width)}px`;
    this.sizer.style.height = `${this.headHeight + this.scaling.height}px`;
    this.element.setAttribute("aria-rowcount", this.source.count === null ? -1 : this.source.room + 1);
    this.element.setAttribute("aria-colcount", this.columns.length + 1);
    this.draw();
  }

  /** Draw at the next frame; many calls are one. */
  draw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  /** Draw every cell anew, e.g. because found words are to be marked. */
  redraw() {
    this.#layout += 1;
    this.draw();
  }

  // Scrolling

  scrollTo(position) {
    if (this.#room.height === 0) this.#pending = () => this.scrollTo(position);
    else this.#moveTo(position * this.rowHeight);
  }

  #moveTo(top) {
    const { total, ratio } = this.scaling;
    this.#top = Math.max(0, Math.min(top, total - this.#view));
    this.element.scrollTop = this.#top / ratio;
    this.#expected = this.element.scrollTop;
    this.draw();
  }

  #scrolled() {
    const at = this.element.scrollTop;
    if (at !== this.#expected) {
      const { ratio, total } = this.scaling;
      // A finger moves the table itself; the scroll bar of a scaled table stands for much more than it moves.
      const top = ratio > 1 && this.#touching ? this.#top + (at - this.#expected) : at * ratio;
      this.#top = Math.max(0, Math.min(top, Math.max(0, total - this.#view)));
      this.#expected = at;
    }
    this.draw();
  }

  #settle() {
    if (this.#touching && this.scaling.ratio > 1) this.#moveTo(this.#top);
    this.#touching = false;
  }

  #wheel(event) {
    if (this.scaling.ratio === 1 || event.ctrlKey || event.shiftKey || event.deltaY === 0) return;
    event.preventDefault();
    const unit = event.deltaMode === 1 ? this.rowHeight : event.deltaMode === 2 ? this.#view : 1;
    this.element.scrollLeft += event.deltaX;
    this.#moveTo(this.#top + event.deltaY * unit);
  }

  /** Bring a cell on screen; before the grid has a size, once it has. */
  reveal(row, column) {
    if (this.#room.height === 0) {
      this.#pending = () => this.reveal(row, column);
      return;
    }
    if (row >= 0) {
      const top = row * this.rowHeight;
      if (top < this.#top) this.#moveTo(top);
      else if (top + this.rowHeight > this.#top + this.#view) this.#moveTo(top + this.rowHeight - this.#view);
    }
    const [left, right] = [this.lefts[column], this.lefts[column + 1]];
    const room = this.#room.width - this.gutter;
    if (left < this.element.scrollLeft) this.element.scrollLeft = left;
    else if (right > this.element.scrollLeft + room) this.element.scrollLeft = Math.min(left, right - room);
  }

  // The active cell: row -1 is the header.

  activate(row, column, { reveal = true } = {}) {
    const rows = this.source.room;
    this.active = {
      row: Math.max(-1, Math.min(row, rows - 1)),
      column: Math.max(0, Math.min(column, this.columns.length - 1)),
    };
    if (reveal) this.reveal(this.active.row, this.active.column);
    this.draw();
  }

  get pageRows() {
    return Math.max(1, Math.floor(this.#view / this.rowHeight) - 1);
  }

  #clicked(event) {
    const cell = event.target.closest(".td, .gutter");
    if (!cell || event.target.closest("button, a, audio, video") || String(getSelection()).length > 0) return;
    const row = Number(cell.parentElement.dataset.position);
    const column = cell.dataset.column === undefined ? this.active.column : Number(cell.dataset.column);
    this.activate(row, column, { reveal: false });
    this.picked?.(row, this.columns[column]);
  }

  // Drawing

  #draw() {
    if (this.#room.height === 0) return;
    const columns = this.#columnRange();
    const [first, last] = rowWindow(this.#top, this.#view, this.rowHeight, this.source.room);
    this.source.want(first, last, this.columns.slice(...columns).map((column) => column.name));
    this.#drawHead(columns);
    for (const [position, element] of this.#rows) {
      if (position < first || position >= last) {
        element.remove();
        this.#rows.delete(position);
      }
    }
    const shift = this.element.scrollTop - this.#top;
    for (let position = first; position < last; position += 1) this.#drawRow(position, columns, shift);
    this.#markActive();
    this.drawn?.(this.firstRow);
  }

  #drawHead([first, last]) {
    this.headRow.style.height = `${this.headHeight}px`;
    this.corner.style.width = `${this.gutter}px`;
    const wanted = [this.corner];
    for (let index = first; index < last; index += 1) {
      const column = this.columns[index];
      let element = this.#heads.get(keyOf(column));
      if (!element) {
        element = h("div", { class: `th ${column.kind}`, role: "columnheader" });
        element.dataset.name = column.name;
        this.head(element, column);
        this.#heads.set(keyOf(column), element);
      }
      element.id = `${this.id}-h-${index}`;
      element.dataset.column = index;
      element.setAttribute("aria-colindex", index + 2);
      if (column.sort !== undefined) element.setAttribute("aria-sort", column.sort);
      element.style.left = `${this.gutter + this.lefts[index]}px`;
      element.style.width = `${this.widths[index]}px`;
      wanted.push(element);
    }
    const there = this.headRow.children;
    if (there.length !== wanted.length || wanted.some((element, index) => there[index] !== element)) {
      this.headRow.replaceChildren(...wanted);
    }
  }

  #drawRow(position, [first, last], shift) {
    const row = this.source.get(position);
    let element = this.#rows.get(position);
    if (!element) {
      element = h("div", { class: "tr", role: "row", "aria-rowindex": position + 2 });
      element.dataset.position = position;
      this.#rows.set(position, element);
      this.body.append(element);
    }
    element.style.transform = `translateY(${position * this.rowHeight + shift}px)`;
    element.classList.toggle("open", position === this.open);
    const drawn = `${this.#layout}:${first}:${last}`;
    if (element.drawn === drawn && element.row === row) return;
    element.drawn = drawn;
    element.row = row;
    element.style.height = `${this.rowHeight}px`;
    const gutter = h("div", { class: "gutter", role: "rowheader", style: { width: `${this.gutter}px` } });
    gutter.textContent = row ? row.index : "";
    const cells = [gutter];
    for (let index = first; index < last; index += 1) cells.push(this.#cell(position, index, row));
    element.replaceChildren(...cells);
  }

  #cell(position, index, row) {
    const column = this.columns[index];
    const here = row !== undefined && this.source.has(position, column.name);
    const style = { left: `${this.gutter + this.lefts[index]}px`, width: `${this.widths[index]}px` };
    const props = { class: `td ${column.kind}`, role: "gridcell", id: `${this.id}-${position}-${index}`, style };
    const element = h("div", { ...props, "aria-colindex": index + 2 }, here ? this.cell(column, row) : bone(position, index));
    element.dataset.column = index;
    return element;
  }

  #markActive() {
    const { row, column } = this.active;
    for (const old of this.element.querySelectorAll(".active")) old.classList.remove("active");
    const id = row < 0 ? `${this.id}-h-${column}` : `${this.id}-${row}-${column}`;
    const element = document.getElementById(id);
    element?.classList.add("active");
    if (element) this.element.setAttribute("aria-activedescendant", id);
    else this.element.removeAttribute("aria-activedescendant");
  }

  /** The header of a column, where it is on screen. */
  headOf(name) {
    return this.#heads.get(name);
  }

  /** Draw a header again, where it has been drawn. */
  redrawHead(column) {
    const element = this.#heads.get(keyOf(column));
    if (element) this.head(element, column);
  }
}

/** Names are unique but in results of SQL, whose columns have a key. */
function keyOf(column) {
  return column.key ?? column.name;
}

/** What stands for a cell that has not come yet; widths vary as those of real cells do, and stay what they are. */
function bone(position, index) {
  const width = 30 + ((position * 37 + index * 61) % 55);
  return h("span", { class: "bone", style: { width: `${width}%` } });
}
