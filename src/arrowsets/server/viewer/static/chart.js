/** Small charts of a column's distribution: bars that can be pressed. */

import { h } from "./dom.js";
import { sameFilter } from "./distribution.js";
import { percent, shortCount } from "./values.js";

function height(bar, most) {
  // What is there at all stays to be seen beside what is there a million times.
  return bar.count === 0 ? 0 : Math.max(6, (100 * bar.count) / most);
}

/**
 * Draw bars with a caption below, which names the bar under the pointer. `pick(filter)` is called when a bar is pressed,
 * `active` are the filters that hold.
 */
export function chart(drawn, { pick, active }) {
  const most = Math.max(1, ...drawn.bars.map((bar) => bar.count));
  const left = h("span", { class: "from" }, drawn.left);
  const end = drawn.right && drawn.unit ? `${drawn.right} ${drawn.unit}` : drawn.right;
  const right = h("span", { class: "to" }, end);
  const chosen = (bar) => bar.filter !== null && active.some((each) => sameFilter(each, bar.filter));
  const some = drawn.bars.some(chosen);
  const usual = () => {
    left.textContent = drawn.left;
    right.textContent = end;
  };
  const bars = drawn.bars.map((bar) => {
    const classes = ["bar", chosen(bar) ? "chosen" : some ? "other" : "", bar.rest ? "rest" : ""].join(" ");
    const words = `${bar.name}${drawn.unit ? ` ${drawn.unit}` : ""}: ${shortCount(bar.count)} rows`;
    const inner = h("i", { style: { height: `${height(bar, most)}%` } });
    // The keyboard reaches the same filters through the column's menu; a thousand tab stops would help nobody.
    const element = h("button", { class: classes, type: "button", tabindex: -1, "aria-label": words, disabled: !bar.filter }, inner);
    element.addEventListener("click", () => pick(bar.filter));
    element.addEventListener("pointerenter", () => {
      left.textContent = bar.name;
      right.textContent = `${shortCount(bar.count)} · ${percent(bar.share)}`;
    });
    return element;
  });
  const plot = h("div", { class: `plot ${drawn.mode}` }, bars);
  plot.addEventListener("pointerleave", usual);
  return h("div", { class: "chart" }, plot, h("div", { class: "caption" }, left, right));
}

/** The same bars as a list with names and counts, for the column's menu: every bar is a button that the keyboard reaches. */
export function barList(drawn, { pick, active }) {
  const bars = drawn.all ?? drawn.bars;
  const most = Math.max(1, ...bars.map((bar) => bar.count));
  const total = bars.reduce((sum, bar) => sum + bar.count, 0) || 1;
  return h(
    "div",
    { class: "barlist" },
    bars.slice(0, 200).map((bar) => {
      const chosen = bar.filter !== null && active.some((each) => sameFilter(each, bar.filter));
      const element = h(
        "button",
        { type: "button", class: "barline", disabled: !bar.filter, "aria-pressed": String(chosen) },
        h("i", { style: { width: `${(100 * bar.count) / most}%` } }),
        h("span", { class: "name", dir: "auto" }, bar.name === "" ? "(empty)" : bar.name),
        h("span", { class: "amount" }, `${shortCount(bar.count)} · ${percent(bar.count / total)}`),
      );
      element.addEventListener("click", () => pick(bar.filter));
      return element;
    }),
  );
}
