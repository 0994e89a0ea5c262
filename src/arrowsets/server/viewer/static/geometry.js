/** Where rows and columns of the grid stand. Pure functions on numbers. */

// Browsers clamp elements to between 17 and 33 million pixels; the scroll bar of a longer table is scaled.
export const MAX_HEIGHT = 8_000_000;

/** The left edges of columns, and the right edge of the last one. */
export function edges(widths) {
  const lefts = new Float64Array(widths.length + 1);
  for (let index = 0; index < widths.length; index += 1) lefts[index + 1] = lefts[index] + widths[index];
  return lefts;
}

/** The index of the column under a distance from the left. */
export function columnAt(lefts, x) {
  let [low, high] = [0, lefts.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (lefts[middle] <= x) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

/** The columns [first, last) that touch what is shown, and some beside them. */
export function columnWindow(lefts, left, width, beside = 1) {
  const columns = lefts.length - 1;
  if (columns <= 0) return [0, 0];
  const first = Math.max(0, columnAt(lefts, left) - beside);
  return [first, Math.min(columns, columnAt(lefts, left + width) + 1 + beside)];
}

/** The rows [first, last) that touch what is shown, and some above and below. */
export function rowWindow(top, height, rowHeight, rows, around = 6) {
  const first = Math.max(0, Math.floor(top / rowHeight) - around);
  return [Math.min(first, rows), Math.min(rows, Math.ceil((top + height) / rowHeight) + around)];
}

/** How a table of some height is scrolled: `ratio` pixels of the table for one of the scroll bar. */
export function scale(rows, rowHeight, view) {
  const total = rows * rowHeight;
  const height = Math.min(total, MAX_HEIGHT);
  const ratio = total > height ? (total - view) / (height - view) : 1;
  return { total, height, ratio };
}

/** Widths that leave no gap at the right: what is left over goes to the columns that can use it. */
export function stretch(columns, room) {
  const widths = columns.map((column) => column.width);
  const spare = room - widths.reduce((sum, width) => sum + width, 0);
  const takers = columns.flatMap((column, index) => (column.stretches ? [index] : []));
  if (spare <= 0 || takers.length === 0) return widths;
  const wanted = takers.reduce((sum, index) => sum + widths[index], 0);
  for (const index of takers) widths[index] += Math.floor((spare * columns[index].width) / wanted);
  return widths;
}
