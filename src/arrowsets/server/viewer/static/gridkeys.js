/** The keyboard in a grid: arrows, pages, ends, and what Enter does. Shared by the data and by SQL results. */

/** Handle a key that moves in the grid; tells whether it did. */
export function moveByKey(grid, event) {
  if (event.altKey || event.target !== grid.element) return false;
  const { row, column } = grid.active;
  const jump = event.ctrlKey || event.metaKey;
  const last = grid.source.room - 1;
  const moves = {
    ArrowUp: [jump ? 0 : row - 1, column],
    ArrowDown: [jump ? last : row + 1, column],
    ArrowLeft: [row, jump ? 0 : column - 1],
    ArrowRight: [row, jump ? grid.columns.length - 1 : column + 1],
    PageUp: [Math.max(0, row - grid.pageRows), column],
    PageDown: [row + grid.pageRows, column],
    Home: [jump ? 0 : row, 0],
    End: [jump ? last : row, grid.columns.length - 1],
  };
  const move = moves[event.key];
  if (!move || event.shiftKey) return false;
  event.preventDefault();
  grid.activate(...move);
  return true;
}
