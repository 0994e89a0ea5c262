/** The keyboard of the page. */

import { columnMenu } from "./columnmenu.js";
import { copy } from "./dom.js";
import { moveByKey } from "./gridkeys.js";
import { inline } from "./values.js";

/** Every key, for the help: [section, [[keys, what it does]]]. */
export const HELP = [
  ["Move", [
    ["← ↑ ↓ →", "one cell"],
    ["Page Up, Page Down", "one screen of rows"],
    ["Home, End", "first and last column"],
    ["Ctrl Home, Ctrl End", "first and last row"],
    ["g", "go to a row"],
    ["/", "search"],
  ]],
  ["Rows", [
    ["Enter", "open the row"],
    ["j, k", "next and previous row, open"],
    ["Ctrl C", "copy the cell"],
    ["Escape", "close what is open"],
  ]],
  ["Columns", [
    ["m", "menu of the column: statistics, filter"],
    ["s", "sort up, down, not at all"],
    ["h", "hide"],
    ["Shift ← →", "move"],
    ["Alt ← →", "make narrower, wider"],
    ["c", "choose the columns"],
  ]],
  ["Page", [
    ["d", "height of rows"],
    ["q", "SQL"],
    ["i", "what the data is and how it was made"],
    ["t", "light or dark"],
    ["?", "this help"],
  ]],
];

function columnKeys(view, event) {
  const { grid } = view;
  const { row, column: index } = grid.active;
  const column = grid.columns[index];
  const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (way && event.shiftKey) return view.move(index, way > 0 ? index + 2 : index - 1), true;
  if (way && event.altKey) return view.resize(column, Math.max(56, grid.widths[index] + way * 24)), true;
  if (event.altKey || event.shiftKey || event.ctrlKey || event.metaKey) return false;
  const menu = () => columnMenu(view, column, grid.headOf(column.name) ?? grid.element);
  const keys = { s: () => view.sort(column), h: () => view.hide(column), m: menu };
  if (row < 0) keys.Enter = menu;
  return keys[event.key] ? (keys[event.key](), true) : false;
}

function rowKeys(view, event) {
  const { grid } = view;
  const { row, column } = grid.active;
  if (event.key === "c" && (event.ctrlKey || event.metaKey) && String(getSelection()) === "" && row >= 0) {
    const { column: named, value } = view.activeCell;
    return copy(typeof value === "string" ? value : inline(value, Infinity), named.name), true;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const open = () => view.pick(Math.max(0, row), grid.columns[column]);
  const keys = { Enter: open, " ": open, j: () => view.step(1), k: () => view.step(-1) };
  return keys[event.key] ? (keys[event.key](), true) : false;
}

/** Keys of the grid itself. */
export function viewKeys(view, event) {
  if (event.target !== view.grid.element) return;
  if (columnKeys(view, event) || moveByKey(view.grid, event) || rowKeys(view, event)) {
    event.preventDefault();
    event.stopPropagation();
  }
}

/** Keys of the whole page, which typing in a field does not set off. `commands` is a function by key. */
export function pageKeys(commands) {
  addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [popover], dialog");
    if (event.key === "Escape" && !typing) return commands.Escape();
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !commands[event.key]) return undefined;
    event.preventDefault();
    return commands[event.key]();
  });
}
