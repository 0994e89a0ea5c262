/** The bar at the top: what data this is, which part of it is shown, the search, and the way to everything else. */

import { fill, h, later, svg } from "./dom.js";
import { icon } from "./icons.js";
import { theme } from "./theme.js";
import { count, shortCount } from "./values.js";

const TABS = 4;

function mark() {
  return svg(
    "svg",
    { class: "mark", viewBox: "0 0 24 24", "aria-hidden": "true" },
    svg("path", { class: "back", d: "M3 4h7l8 8-8 8H3l8-8z" }),
    svg("path", { class: "front", d: "M13 4h1.5l8 8-8 8H13l8-8z" }),
  );
}

/** A button with an icon, named for who cannot see it. */
export function tool(name, words, run, { key = null, text = null } = {}) {
  const title = key ? `${words} (${key})` : words;
  const button = h("button", { type: "button", class: text ? "tool worded" : "tool", "aria-label": words, title }, icon(name), text && h("span", {}, text));
  button.addEventListener("click", () => run(button));
  return button;
}

/** A select of names; with one name it is plain text. */
function choice(words, names, now, pick, describe = (name) => name) {
  if (names.length === 1) return h("span", { class: "only", title: words, dir: "auto" }, names[0]);
  const select = h("select", { "aria-label": words }, names.map((name) => h("option", { value: name }, describe(name))));
  select.value = now;
  select.addEventListener("change", () => pick(select.value));
  return select;
}

function splitTabs(splits, now, pick) {
  const tab = ({ split, num_rows: rows }) => {
    const size = rows === null ? null : h("small", { title: `${count(rows)} rows` }, shortCount(rows));
    const button = h("button", { type: "button", class: "tab", "aria-pressed": String(split === now) }, h("span", { dir: "auto" }, split), size);
    button.addEventListener("click", () => pick(split));
    return button;
  };
  return h("div", { class: "tabs", role: "group", "aria-label": "Split" }, splits.map(tab));
}

function withRows({ split, num_rows: rows }) {
  return rows === null ? split : `${split} · ${count(rows)} rows`;
}

export class TopBar {
  /** `info` is the server's description of the data, `commands` what the buttons do, `set(changes)` changes the state. */
  constructor({ info, commands, set }) {
    Object.assign(this, { info, set });
    this.places = h("div", { class: "places" });
    this.search = h("input", { type: "search", placeholder: "Search all text", "aria-label": "Search all text columns", autocomplete: "off", spellcheck: "false", dir: "auto" });
    const look = () => this.set({ query: this.search.value.trim(), offset: 0 });
    const soon = later(450, () => look());
    this.search.addEventListener("input", () => (this.search.value === "" ? look() : soon()));
    const form = h("form", { class: "search", role: "search" }, icon("search"), this.search, h("kbd", { "aria-hidden": "true" }, "/"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      look();
    });
    this.sql = info.sql ? tool("sql", "Ask with SQL", commands.q, { key: "q", text: "SQL" }) : null;
    this.theme = tool("moon", "Light or dark", commands.t, { key: "t" });
    this.about = tool("info", "About this data", commands.i, { key: "i" });
    this.tools = h(
      "div",
      { class: "tools" },
      tool("columns", "Choose columns", commands.c, { key: "c", text: "Columns" }),
      this.sql,
      this.about,
      this.theme,
      tool("help", "Keyboard", commands["?"], { key: "?" }),
    );
    const title = h("h1", { dir: "auto", title: info.title }, info.title);
    this.element = h("header", { class: "topbar" }, h("div", { class: "brand" }, mark(), title), this.places, form, this.tools);
  }

  /** Show which part of the data the state means. */
  show(state) {
    const { datasets } = this.info;
    const dataset = datasets.find((each) => each.dataset === state.dataset);
    const config = dataset.configs.find((each) => each.config === state.config);
    const names = dataset.configs.map((each) => each.config);
    const splits = config.splits;
    const toSplit = (split) => this.set(at({ dataset: state.dataset, config: state.config, split }));
    fill(
      this.places,
      datasets.length > 1 && choice("Dataset", datasets.map((each) => each.dataset), state.dataset, (name) => this.set(firstOf(datasets, name))),
      (names.length > 1 || names[0] !== "default") && choice("Subset", names, state.config, (name) => this.set(firstOf(datasets, state.dataset, name))),
      splits.length <= TABS
        ? splitTabs(splits, state.split, toSplit)
        : choice("Split", splits.map((each) => each.split), state.split, toSplit, (name) => withRows(splits.find((each) => each.split === name))),
    );
    if (document.activeElement !== this.search) this.search.value = state.query;
    this.sql?.setAttribute("aria-pressed", String(state.sql !== ""));
    this.showTheme();
  }

  showTheme() {
    this.theme.querySelector(".icon").replaceWith(icon(theme() === "dark" ? "sun" : "moon"));
  }
}

function at(where) {
  return { ...where, query: "", filters: [], sort: "", descending: false, columns: null, offset: 0, row: null };
}

/** The changes that go to the first split of a dataset, or of one of its configs. */
export function firstOf(datasets, dataset, config = null) {
  const found = datasets.find((each) => each.dataset === dataset) ?? datasets[0];
  const part = found.configs.find((each) => each.config === config) ?? found.configs[0];
  return at({ dataset: found.dataset, config: part.config, split: part.splits[0]?.split ?? "" });
}
