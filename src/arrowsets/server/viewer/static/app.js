/** The page: reads the link, asks what there is, and puts the parts together. */

import { ApiError, server, takeToken } from "./api.js";
import { columnList } from "./columns.js";
import { density } from "./density.js";
import { fill, h, toast } from "./dom.js";
import { drawChips } from "./filters.js";
import { showHelp } from "./help.js";
import { pageKeys } from "./keys.js";
import { popover } from "./menu.js";
import { about } from "./about.js";
import { carried, offline } from "./offline.js";
import { Panel, problem } from "./panel.js";
import { SqlBox } from "./sql.js";
import { Store } from "./state.js";
import { StatusBar } from "./statusbar.js";
import { otherTheme, startTheme } from "./theme.js";
import { firstOf, TopBar } from "./topbar.js";
import { View } from "./view.js";

const FIRST_QUERY = "SELECT *\nFROM data\nLIMIT 100";
const WHERE = ["dataset", "config", "split"];

class Page {
  constructor(api, info, store) {
    Object.assign(this, { api, info, store });
    const set = (changes) => store.set(changes);
    this.commands = this.#commands();
    this.bar = new TopBar({ info, commands: this.commands, set });
    this.chips = h("ul", { class: "chips", "aria-label": "Search, filters and order" });
    this.panel = new Panel({
      load: (index, signal) => this.#loadRow(index, signal),
      whole: async (index, column, signal) => (await api.cell(this.#where, index, column, signal)).value,
      step: (by) => this.view?.step(by),
      close: () => store.set({ row: null }),
    });
    this.sql = new SqlBox({
      run: (text, limit, signal) => api.sql(this.#where, text, limit, signal),
      file: (text, format) => api.sqlFile(this.#where, text, format),
      keep: (sql) => store.set({ sql }),
      close: () => this.#closeSql(),
    });
    this.status = new StatusBar({
      go: (position) => this.view?.grid.activate(position, this.view.grid.active.column),
      resize: (size) => this.#resizeRows(size),
      sizes: density.sizes,
    });
    this.middle = h("main", { class: "middle" });
    this.warnings = h("div", { class: "warnings", role: "status" });
    this.#warn(info.warnings);
    fill(document.getElementById("app"), this.bar.element, this.warnings, this.chips, this.sql.element, this.middle, this.status.element);
    store.listen((next, before) => this.#follow(next, before));
    startTheme(() => this.bar.showTheme());
    pageKeys(this.commands);
  }

  get #where() {
    const { dataset, config, split } = this.store.now;
    return { dataset, config, split };
  }

  #commands() {
    return {
      "/": () => this.bar.search.focus(),
      "?": showHelp,
      g: () => this.status.field.focus(),
      c: (anchor) => this.view?.grid && this.#columns(anchor ?? this.bar.tools.firstChild),
      d: () => this.#resizeRows(this.#nextSize()),
      i: (anchor) => popover(anchor ?? this.bar.about, "About this data", () => about({ ...this, where: this.#where, view: this.view })),
      q: () => (this.sql.element.hidden ? this.#openSql() : this.#closeSql()),
      t: () => (otherTheme(), this.bar.showTheme()),
      j: () => this.view?.step(1),
      k: () => this.view?.step(-1),
      Escape: () => (this.store.now.row !== null ? this.store.set({ row: null }) : this.#closeSql()),
    };
  }

  #columns(anchor) {
    const { view } = this;
    popover(anchor, "Columns", () => columnList(view.features, view.shown, (names) => view.show(names)));
  }

  async #loadRow(index, signal) {
    const { features, rows } = await this.api.rows(this.#where, { offset: index, length: 1 }, signal);
    if (rows.length === 0) throw new ApiError(404, `There is no row ${index}`);
    return { features, row: rows[0].row, cut: new Set(rows[0].truncated_cells) };
  }

  #warn(texts) {
    fill(this.warnings, texts.map((text) => h("p", {}, text)));
  }

  #openSql() {
    if (!this.info.sql) return;
    this.store.set({ sql: this.sql.text.value.trim() || FIRST_QUERY });
    this.sql.text.focus();
  }

  #closeSql() {
    if (this.store.now.sql) this.store.set({ sql: "" });
  }

  #nextSize() {
    const { sizes } = density;
    return sizes[(sizes.indexOf(density.value(this.view.features, this.view.sample)) + 1) % sizes.length];
  }

  #resizeRows(size) {
    density.set(size);
    this.view?.setDensity();
    this.status.showSize(size);
  }

  #follow(next, before) {
    if (WHERE.some((name) => next[name] !== before[name])) this.open();
    else this.view?.follow(next, before);
    this.#drawBars(next, before);
  }

  #drawBars(next, before) {
    this.bar.show(next);
    const typeOf = (name) => this.view?.features?.find((feature) => feature.name === name)?.type;
    drawChips(this.chips, { state: next, typeOf, set: (changes) => this.store.set({ ...changes, offset: 0 }) });
    if (!this.info.sql || !next.sql) this.sql.close();
    else if (next.sql !== before?.sql || this.sql.element.hidden) this.sql.open(next.sql, { run: true });
    document.title = `${next.split} · ${this.info.title}`;
  }

  /** Open the split that the state names. */
  async open() {
    const { now } = this.store;
    this.view?.destroy();
    this.panel.hide();
    const view = new View({
      api: this.api,
      store: this.store,
      panel: this.panel,
      density,
      status: (facts) => this.status.show(facts),
      warn: (texts) => this.#warn(texts),
    });
    this.view = view;
    fill(this.middle, view.element, this.panel.element);
    const waiting = skeleton();
    view.element.append(waiting);
    this.#drawBars(now);
    try {
      await view.start(this.#columnsOfSplit(now));
      if (view.closed) return;
      this.status.showSize(density.value(view.features, view.sample));
      this.#drawBars(now, now);
    } catch (error) {
      if (!view.closed) fill(view.element, retryable(error, () => this.open()));
    } finally {
      waiting.remove();
    }
  }

  #columnsOfSplit({ dataset, config, split }) {
    const configs = this.info.datasets.find((each) => each.dataset === dataset)?.configs ?? [];
    const splits = configs.find((each) => each.config === config)?.splits ?? [];
    return splits.find((each) => each.split === split)?.num_columns ?? 0;
  }
}

/** What stands where rows will be. */
function skeleton() {
  const line = () => h("div", { class: "boneline" }, [60, 80, 35, 70, 50].map((width) => h("span", { class: "bone", style: { width: `${width}%` } })));
  return h("div", { class: "skeleton", "aria-label": "Loading", role: "status" }, Array.from({ length: 14 }, line));
}

function retryable(error, again) {
  const button = h("button", { type: "button", class: "primary" }, "Try again");
  button.addEventListener("click", again);
  return h("div", { class: "overlay" }, problem(error), h("div", { class: "acts" }, button));
}

/**
 * A state that names a split that is there: what an address leaves out is the first that fits what it names. One that
 * names what is not there shows the first split, and says so.
 */
function settled(state, datasets) {
  const usual = firstOf(datasets, state.dataset, state.config);
  const dataset = datasets.find((each) => each.dataset === usual.dataset);
  const holds = (config) => config.splits.some((each) => each.split === state.split);
  const config = state.config
    ? dataset.configs.find((each) => each.config === state.config)
    : (dataset.configs.find(holds) ?? dataset.configs[0]);
  const known = (!state.dataset || state.dataset === dataset.dataset) && config && (!state.split || holds(config));
  if (known) return { ...state, dataset: dataset.dataset, config: config.config, split: state.split || config.splits[0]?.split };
  toast(`There is no ${WHERE.map((name) => state[name]).filter(Boolean).join(" / ")} here`);
  return { ...state, ...usual };
}

async function start() {
  const root = document.getElementById("app");
  takeToken();
  const data = carried();
  const api = data ? offline(data) : server;
  try {
    const info = await api.dataset();
    if (!info.datasets.some((each) => each.configs.some((config) => config.splits.length > 0))) {
      throw new ApiError(0, "There is nothing to show", info.warnings[0] ?? "No split was found in this data.");
    }
    const store = new Store((state) => settled(state, info.datasets));
    store.set({}, { quiet: true });
    await new Page(api, info, store).open();
  } catch (error) {
    fill(root, retryable(error, () => location.reload()));
  }
}

start();
