/** The panel beside the grid: one row in full, column by column. */

import { announce, copy, fill, h } from "./dom.js";
import { renderDetail } from "./detail.js";
import { icon } from "./icons.js";
import { iconOf, kindOf, typeLabel } from "./types.js";
import { bytes } from "./values.js";

const MANY = 12;

export class Panel {
  #flight = null;
  #row = null;

  /**
   * `load(index, signal)` gives `{features, row, cut}`; `whole(index, column, signal)` one whole cell; `step(by)` goes to
   * the row before or after; `close()` is called when the panel is to close.
   */
  constructor({ load, whole, step, close }) {
    Object.assign(this, { load, whole });
    this.name = h("h2", { tabindex: -1 });
    this.find = h("input", { type: "search", placeholder: "Find a column", "aria-label": "Find a column", hidden: true });
    this.body = h("div", { class: "fields-of-row" });
    const button = (name, words, run) => {
      const element = h("button", { type: "button", class: "ghost", "aria-label": words, title: words }, icon(name));
      element.addEventListener("click", run);
      return element;
    };
    this.element = h(
      "aside",
      { class: "panel", "aria-label": "Row details", hidden: true },
      h(
        "header",
        {},
        this.name,
        button("previous", "Previous row (k)", () => step(-1)),
        button("next", "Next row (j)", () => step(1)),
        button("copy", "Copy the row as JSON", () => this.#row && copy(JSON.stringify(this.#row.row, null, 2), "Row")),
        button("link", "Copy a link to the row", () => copy(location.href.split("#")[0], "Link")),
        button("close", "Close (Escape)", close),
      ),
      this.find,
      this.body,
    );
    this.find.addEventListener("input", () => this.#narrow());
  }

  hide() {
    this.#flight?.abort();
    this.element.hidden = true;
  }

  /** Show a row by its number in the split. `first` are the columns to begin with, in their order. */
  async show(index, { first, query, focus = null }) {
    this.#flight?.abort();
    this.#flight = new AbortController();
    const { signal } = this.#flight;
    this.element.hidden = false;
    this.name.textContent = `Row ${index}`;
    const wait = setTimeout(() => fill(this.body, bones()), 120);
    try {
      const answer = await this.load(index, signal);
      if (signal.aborted) return;
      this.#row = answer;
      this.#draw(index, answer, { first, query, signal });
      announce(`Row ${index}`);
      this.body.scrollTop = 0;
      if (focus) this.body.querySelector(`[data-name="${CSS.escape(focus)}"]`)?.scrollIntoView({ block: "nearest" });
    } catch (error) {
      if (error.name !== "AbortError") fill(this.body, problem(error));
    } finally {
      clearTimeout(wait);
    }
  }

  #draw(index, { features, row, cut }, { first, query, signal }) {
    const byName = new Map(features.map((feature) => [feature.name, feature]));
    const order = [...new Set([...first, ...byName.keys()])].filter((name) => byName.has(name));
    const fields = order.map((name) => {
      const { type } = byName.get(name);
      return this.#field({ name, type, kind: kindOf(type) }, row[name], { index, query, signal, cut: cut.has(name) });
    });
    fill(this.body, fields);
    this.find.hidden = order.length <= MANY;
    this.#narrow();
  }

  #field(column, value, { index, query, signal, cut }) {
    const body = h("div", { class: "value" });
    const note = h("span", { class: "type" }, typeLabel(column.type));
    const show = (whole) => fill(body, renderDetail(whole, { ...column, query }));
    let current = value;
    const copyButton = h("button", { type: "button", class: "ghost tiny", "aria-label": `Copy ${column.name}`, title: "Copy" }, icon("copy"));
    copyButton.addEventListener("click", () => copy(typeof current === "string" ? current : JSON.stringify(current), column.name));
    show(value);
    if (cut) this.#fetchWhole(column, body, { index, signal }, (whole) => show((current = whole)));
    const title = h("h3", {}, icon(iconOf(column.kind)), h("span", { dir: "auto" }, column.name), note, copyButton);
    return h("section", { class: `field ${column.kind}`, "data-name": column.name }, title, body);
  }

  /** The grid's rows hold the beginning of a long cell; here the rest comes. */
  async #fetchWhole(column, body, { index, signal }, show) {
    const note = h("p", { class: "muted" }, "Loading the rest of this cell…");
    body.append(note);
    try {
      show(await this.whole(index, column.name, signal));
    } catch (error) {
      if (error.name === "AbortError") return;
      const size = error.size ? ` (${bytes(error.size)})` : "";
      note.textContent = `Only the beginning is shown. ${error.message}${size}`;
    }
  }

  #narrow() {
    const text = this.find.hidden ? "" : this.find.value.toLocaleLowerCase();
    for (const field of this.body.querySelectorAll(".field")) {
      field.hidden = !field.dataset.name.toLocaleLowerCase().includes(text);
    }
  }
}

function bones() {
  return [70, 40, 90, 55].map((width) => h("section", { class: "field" }, h("span", { class: "bone", style: { width: `${width}%` } })));
}

/** A failure in words. */
export function problem(error) {
  return h("div", { class: "state bad", role: "alert" }, icon("warn"), h("strong", {}, error.message), error.hint && h("p", {}, error.hint));
}
