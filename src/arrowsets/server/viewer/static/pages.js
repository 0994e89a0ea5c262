/** The rows of one view, fetched in pages as they come on screen and forgotten when they are long gone. */

const LENGTH = 100;
// A wide table is fetched in blocks of columns too: a thousand cells a row would be a megabyte a page.
const BLOCK = 30;
const KEEP = 80;
const AT_ONCE = 4;
// Milliseconds: until an answer that was not complete is asked for again, at first and at most; between jumps that are one movement.
const AGAIN = 400;
const LONGEST = 4000;
const HASTE = 120;

export class Pages {
  #pages = new Map(); // page -> {rows, blocks: Set of block numbers that are here}
  #flights = new Map(); // "page:block" -> AbortController
  #wanted = [];
  #timer = 0;
  #lastJump = -Infinity;
  #again = 0;
  #wait = AGAIN;

  /**
   * `fetchRows({offset, length, columns}, signal)` asks the server; `features` are all columns of the split;
   * `changed()` is called when rows arrive, `failed(error)` when they do not.
   */
  constructor(fetchRows, features, { changed, failed }) {
    this.fetchRows = fetchRows;
    this.names = features.map((feature) => feature.name);
    this.blockOf = new Map(this.names.map((name, index) => [name, Math.floor(index / BLOCK)]));
    this.blocked = this.names.length > 2 * BLOCK;
    this.changed = changed;
    this.failed = failed;
    this.count = null; // rows of the view; null until it is known
    this.total = null; // rows of the split
    this.seconds = null;
    this.error = null;
  }

  /** How many rows to make room for. While the end is unknown there is always some more. */
  get room() {
    if (this.count !== null) return this.count;
    const last = Math.max(-1, ...this.#pages.keys());
    return last < 0 ? LENGTH : last * LENGTH + this.#pages.get(last).rows.length + LENGTH;
  }

  /** The row at a position of the view, or undefined while it is not here. */
  get(position) {
    return this.#pages.get(Math.floor(position / LENGTH))?.rows[position % LENGTH];
  }

  /** Whether the cells of a column are here for the page of that position. */
  has(position, name) {
    const page = this.#pages.get(Math.floor(position / LENGTH));
    return page !== undefined && (!this.blocked || page.partial || page.blocks.has(this.blockOf.get(name)));
  }

  /** Take rows that were fetched already. */
  seed(answer, page) {
    this.#take(answer, page, 0);
  }

  /** See to it that rows [first, last) of some columns come. What was wanted before and is not now is given up. */
  want(first, last, names) {
    const blocks = this.blocked ? [...new Set(names.map((name) => this.blockOf.get(name)))] : [0];
    const keys = [];
    for (let page = Math.floor(first / LENGTH); page * LENGTH < Math.max(last, 1); page += 1) {
      for (const block of blocks) keys.push(`${page}:${block}`);
    }
    const jumped = this.#wanted.length > 0 && !keys.some((key) => this.#wanted.includes(key));
    this.#wanted = keys;
    for (const [key, flight] of this.#flights) if (!keys.includes(key)) flight.abort();
    if (jumped && performance.now() - this.#lastJump < HASTE) {
      // Someone drags the scroll bar: the pages that only pass by are not asked for.
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        this.#timer = 0;
        this.#start();
      }, HASTE);
    } else if (this.#timer === 0) this.#start();
    if (jumped) this.#lastJump = performance.now();
  }

  /** Ask again for what failed. */
  retry() {
    this.error = null;
    this.#start();
  }

  /** Give up all that is under way. */
  close() {
    clearTimeout(this.#timer);
    clearTimeout(this.#again);
    this.#timer = 0;
    this.#wanted = [];
    for (const flight of this.#flights.values()) flight.abort();
  }

  #start() {
    if (this.error) return;
    for (const key of this.#wanted) {
      if (this.#flights.size >= AT_ONCE) return;
      const [page, block] = key.split(":").map(Number);
      if (this.#flights.has(key) || this.#pages.get(page)?.blocks.has(block)) continue;
      if (this.count !== null && page * LENGTH >= this.count && page > 0) continue;
      this.#fetch(key, page, block);
    }
  }

  /** The rows are still being read: ask again for what is wanted. */
  #startLater() {
    if (this.#again !== 0) return;
    this.#again = setTimeout(() => {
      this.#again = 0;
      this.#start();
    }, this.#wait);
    this.#wait = Math.min(2 * this.#wait, LONGEST);
  }

  /** While nobody knows how many rows there are: ask again, for pages that were cut short or else for the number alone. */
  #askAgain() {
    if (this.#again !== 0) return;
    this.#again = setTimeout(async () => {
      this.#again = 0;
      this.#wait = Math.min(2 * this.#wait, LONGEST);
      if ([...this.#pages.values()].some((page) => page.partial)) return this.#start();
      try {
        const answer = await this.fetchRows({ offset: 0, length: 1, columns: [this.names[0]] });
        this.count = answer.num_rows ?? this.count;
        this.total = answer.num_rows_total ?? this.total;
      } catch {
        return undefined; // the rows that are here stay; whoever scrolls on asks anew
      }
      if (this.#wanted.length === 0) return undefined;
      if (this.count === null) this.#askAgain();
      return this.changed();
    }, this.#wait);
  }

  async #fetch(key, page, block) {
    const flight = new AbortController();
    let early = false;
    this.#flights.set(key, flight);
    const columns = this.blocked ? this.names.slice(block * BLOCK, (block + 1) * BLOCK) : null;
    try {
      const answer = await this.fetchRows({ offset: page * LENGTH, length: LENGTH, columns }, flight.signal);
      this.#take(answer, page, block);
      this.changed();
    } catch (error) {
      early = error.isEarly ?? false;
      if (early) this.#startLater();
      else if (error.name !== "AbortError") {
        this.error = error;
        this.failed(error);
      }
    } finally {
      this.#flights.delete(key);
    }
    if (this.#timer === 0 && !early && !this.#pages.get(page)?.partial) this.#start();
  }

  #take(answer, page, block) {
    const old = this.#pages.get(page);
    this.#pages.delete(page);
    const rows = answer.rows.map((row, index) => merged(old?.rows[index], row));
    // The server still looks for more: what it found is shown, and the page asked for again.
    const partial = answer.num_rows === null && answer.rows.length < LENGTH;
    this.#pages.set(page, { rows, blocks: new Set([...(old?.blocks ?? []), ...(partial ? [] : [block])]), partial });
    for (const each of this.#pages.keys()) {
      if (this.#pages.size <= KEEP) break;
      this.#pages.delete(each);
    }
    this.total = answer.num_rows_total ?? this.total;
    this.count = answer.num_rows ?? this.count;
    if (this.count === null) this.#askAgain();
    this.seconds = answer.seconds;
  }
}

/** A row with the cells of another block of columns added. A new object: who drew the old one sees the change. */
function merged(old, { row_idx, row, truncated_cells }) {
  const cut = [...(old?.cut ?? []), ...(truncated_cells ?? [])];
  return { index: row_idx, cells: { ...old?.cells, ...row }, cut: new Set(cut) };
}
