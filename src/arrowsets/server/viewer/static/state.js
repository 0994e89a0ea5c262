/** What the page shows, as one value that the address bar mirrors: a link restores everything. */

const TEXTS = ["dataset", "config", "split", "query", "sort", "sql"];
const LISTS = ["filters", "columns"];
const NUMBERS = ["offset", "row"];
// What shows other data, rather than another place in the same data.
const VIEW = ["dataset", "config", "split", "query", "filters", "sort", "descending"];

export const EMPTY = Object.freeze({
  dataset: "",
  config: "",
  split: "",
  query: "",
  sort: "",
  sql: "",
  descending: false,
  filters: Object.freeze([]),
  columns: null,
  offset: 0,
  row: null,
});

function list(text) {
  try {
    const value = JSON.parse(text);
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** Read a state from the query of an address. What cannot be read is as if it were not there. */
export function parse(search) {
  const params = new URLSearchParams(search);
  const state = { ...EMPTY };
  for (const name of TEXTS) state[name] = params.get(name) ?? "";
  for (const name of LISTS) state[name] = (params.has(name) && list(params.get(name))) || EMPTY[name];
  for (const name of NUMBERS) {
    const value = params.get(name);
    state[name] = value !== null && /^\d{1,15}$/.test(value) ? Number(value) : EMPTY[name];
  }
  state.descending = params.get("descending") === "1";
  state.filters = state.filters.filter((each) => each && typeof each.column === "string" && typeof each.op === "string");
  return state;
}

/** Write a state as the query of an address; what is as usual is left out. */
export function format(state) {
  const params = new URLSearchParams();
  for (const name of TEXTS) if (state[name]) params.set(name, state[name]);
  for (const name of LISTS) if (state[name]?.length) params.set(name, JSON.stringify(state[name]));
  if (state.offset > 0) params.set("offset", state.offset);
  if (state.row !== null) params.set("row", state.row);
  if (state.sort && state.descending) params.set("descending", "1");
  const text = params.toString();
  return text ? `?${text}` : "";
}

/** Whether two states show the same rows in the same order. */
export function sameRows(one, other) {
  return VIEW.every((name) => JSON.stringify(one[name]) === JSON.stringify(other[name]));
}

/** The state of the page: `set` changes it and tells whoever listens; going back in the browser does too. */
export class Store {
  #listeners = [];
  #timer = 0;

  /** `settle` makes a state whole that an address gives in part. */
  constructor(settle = (state) => state) {
    this.now = settle(parse(location.search));
    addEventListener("popstate", () => {
      clearTimeout(this.#timer);
      this.#timer = 0;
      this.#change(settle(parse(location.search)));
    });
  }

  listen(listener) {
    this.#listeners.push(listener);
  }

  /** Change some of the state. Scrolling leaves no entry in the browser's history; everything else does. */
  set(changes, { quiet = false } = {}) {
    const next = { ...this.now, ...changes };
    if (quiet) {
      this.now = next;
      // Browsers refuse a script that rewrites the address many times a second.
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#flush(), 300);
      return;
    }
    this.#flush();
    const before = this.now;
    this.#change(next);
    if (format(before) !== format(next)) this.#write("pushState");
  }

  /** Write what waits: going back must lead to what was shown, and not to what was before it. */
  #flush() {
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#write("replaceState");
  }

  #change(next) {
    const before = this.now;
    this.now = next;
    for (const listener of this.#listeners) listener(next, before);
  }

  #write(method) {
    try {
      history[method](null, "", `${location.pathname}${format(this.now)}${location.hash}`);
    } catch {
      // A page in a frame may have no address of its own; it works, only without links.
    }
  }
}
