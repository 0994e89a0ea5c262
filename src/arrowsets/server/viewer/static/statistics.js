/** Statistics of the columns that are or were on screen, asked for again until the server has them. */

const FIRST_WAIT = 300;
const LONGEST_WAIT = 2000;
const AT_ONCE = 40;

export class Statistics {
  #known = new Map();
  #wanted = new Set();
  #timer = 0;
  #wait = FIRST_WAIT;
  #busy = false;
  #closed = false;
  #waiting = new Map(); // name -> functions that are called once it is known

  /** `ask(names)` asks the server; `changed(name)` is called when the statistics of a column come. */
  constructor(ask, changed) {
    this.ask = ask;
    this.changed = changed;
  }

  /** What is known of a column: the server's entry, or undefined while it is not here. */
  get(name) {
    return this.#known.get(name);
  }

  /** Call a function once the statistics of a column are here; not at once where they are already. */
  whenKnown(name, run) {
    if (this.#known.has(name)) return;
    this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), run]);
    this.want([name]);
  }

  /** See to it that the statistics of these columns come. */
  want(names) {
    const fresh = names.filter((name) => !this.#known.has(name) && !this.#wanted.has(name));
    if (fresh.length === 0) return;
    for (const name of fresh) this.#wanted.add(name);
    this.#wait = FIRST_WAIT;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#poll(), 30);
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #poll() {
    if (this.#busy || this.#closed || this.#wanted.size === 0) return;
    this.#busy = true;
    try {
      const names = [...this.#wanted].slice(-AT_ONCE);
      const { statistics } = await this.ask(names);
      const answered = new Set(statistics.map((entry) => entry.column_name));
      for (const entry of statistics) if (!entry.pending) this.#take(entry);
      // A column that the answer leaves out has no statistics: its type is of those that are not counted.
      for (const name of names) if (!answered.has(name)) this.#take({ column_name: name, column_statistics: null });
    } catch (error) {
      for (const name of this.#wanted) this.#take({ column_name: name, column_statistics: null, error: error.message });
    }
    this.#busy = false;
    if (this.#wanted.size === 0 || this.#closed) return;
    this.#timer = setTimeout(() => this.#poll(), this.#wait);
    this.#wait = Math.min(LONGEST_WAIT, this.#wait * 1.6);
  }

  #take(entry) {
    if (this.#closed) return;
    this.#wanted.delete(entry.column_name);
    this.#known.set(entry.column_name, entry);
    this.changed(entry.column_name);
    for (const run of this.#waiting.get(entry.column_name) ?? []) run();
    this.#waiting.delete(entry.column_name);
  }
}
