/** The header of a column: its name and type, how its values are spread, and the handles to sort, move and size it. */

import { chart } from "./chart.js";
import { distribution, nulls } from "./distribution.js";
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { iconOf, typeLabel } from "./types.js";

/** How high headers are: with statistics, and where there are none, as over a result of SQL. */
export const HEAD_HEIGHT = 116;
export const PLAIN_HEIGHT = 46;

function spread(column, { entry, pick, active }) {
  if (entry === undefined) return h("div", { class: "chart waiting" }, h("span", { class: "bone" }));
  if (entry.error) {
    return h("div", { class: "chart none", title: entry.error }, icon("warn"), h("span", {}, "no statistics"));
  }
  const drawn = distribution(column.name, entry);
  return drawn ? chart(drawn, { pick, active }) : h("div", { class: "chart none" });
}

function sortMark(column) {
  return !column.sort || column.sort === "none" ? null : icon(column.sort === "ascending" ? "up" : "down");
}

/**
 * Draw a header into its element. `how` is `{entry, active, pick, menu, sort, resize, drag, problem}`; without `menu` the
 * header is a plain one.
 *
 * What is pressed or held (the name, the menu's button, the grip) is made once and stays: statistics come while somebody
 * drags a header, and a new node in place of the old one would end that.
 */
export function drawHead(element, column, how) {
  const parts = (element.parts ??= begin(element, column, how));
  parts.column = column;
  fill(parts.sorted, sortMark(column));
  if (!how.menu) return;
  const counted = JSON.stringify([how.active.filter((each) => each.column === column.name), how.problem]);
  if (parts.drawn && parts.entry === how.entry && parts.counted === counted) return;
  Object.assign(parts, { drawn: true, entry: how.entry, counted });
  const missing = how.entry && nulls(how.entry);
  const problem = how.problem && h("span", { class: "problem", title: how.problem }, icon("warn"));
  fill(parts.meta, parts.type, missing && nullButton(column, missing, how), problem);
  fill(parts.spread, spread(column, how));
}

function begin(element, column, how) {
  const parts = {
    column,
    name: h("button", { class: "name", type: "button", tabindex: -1, dir: "auto", title: column.name }, column.name),
    sorted: h("span", { class: "sorted" }),
    type: h("span", { class: "type" }, typeLabel(column.type)),
    spread: h("div", { class: "spread" }),
  };
  const title = h("div", { class: "title" }, icon(iconOf(column.kind)), parts.name, parts.sorted);
  parts.meta = h("div", { class: "meta" }, parts.type);
  const grip = h("span", { class: "resize", "aria-hidden": "true" });
  how.resize?.(grip);
  fill(element, title, parts.meta, how.menu ? parts.spread : null, grip);
  if (!how.menu) return parts;
  parts.name.addEventListener("click", () => how.sort(parts.column));
  how.drag(title);
  const more = h(
    "button",
    { class: "ghost more", type: "button", tabindex: -1, "aria-label": `Menu of ${column.name}`, "aria-haspopup": "menu" },
    icon("chevron"),
  );
  more.addEventListener("click", () => how.menu(parts.column, more));
  title.append(more);
  return parts;
}

function nullButton(column, missing, { pick, active }) {
  const filter = { column: column.name, op: "is_null" };
  const chosen = active.some((each) => each.column === column.name && each.op === "is_null");
  const meter = h("i", { style: { width: `${Math.max(4, 100 * missing.share)}%` } });
  const button = h(
    "button",
    { class: `nulls${chosen ? " chosen" : ""}`, type: "button", tabindex: -1, "aria-label": `${missing.text}: show them` },
    h("span", { class: "meter" }, meter),
    missing.text,
  );
  button.addEventListener("click", () => pick(filter));
  return button;
}

/** Let a grip change a width: by dragging, or to what fits by a double click. */
export function resizing(grip, { width, change, fit }) {
  grip.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    event.stopPropagation();
    grip.setPointerCapture(event.pointerId);
    const [start, before] = [event.clientX, width()];
    const move = ({ clientX }) => change(Math.max(56, Math.min(1600, before + clientX - start)));
    grip.addEventListener("pointermove", move);
    // Comes after the release, and also where the system takes the pointer away.
    grip.addEventListener("lostpointercapture", () => grip.removeEventListener("pointermove", move), { once: true });
  });
  grip.addEventListener("dblclick", fit);
  grip.addEventListener("click", (event) => event.stopPropagation());
}

/** Let a title be dragged to another place among the headers; `drop(index)` is told before which column. */
export function dragging(title, { grid, name, drop }) {
  title.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch" || event.target.closest(".more")) return;
    const start = event.clientX;
    let mark = null;
    let place = null;
    const move = ({ clientX }) => {
      if (!mark && Math.abs(clientX - start) < 6) return;
      mark ??= grid.headRow.parentElement.appendChild(h("span", { class: "dropmark", "aria-hidden": "true" }));
      grid.headOf(name)?.classList.add("dragged");
      const x = clientX - grid.element.getBoundingClientRect().left + grid.element.scrollLeft - grid.gutter;
      place = nearestEdge(grid.lefts, x);
      mark.style.left = `${grid.gutter + grid.lefts[place]}px`;
    };
    const end = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      grid.headOf(name)?.classList.remove("dragged");
      if (!mark) return;
      mark.remove();
      // The release of the pointer is no click on what lies under it.
      const swallow = (click) => click.stopPropagation();
      addEventListener("click", swallow, { capture: true });
      setTimeout(() => {
        removeEventListener("click", swallow, { capture: true });
        drop(place);
      }, 0);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  });
}

function nearestEdge(lefts, x) {
  let best = 0;
  for (let index = 1; index < lefts.length; index += 1) {
    if (Math.abs(lefts[index] - x) < Math.abs(lefts[best] - x)) best = index;
  }
  return best;
}
