/** What the browser remembers for this page. In some frames it may not; then nothing is remembered. */

/** What was kept under a name, or null. */
export function kept(name, storage = "localStorage") {
  try {
    return globalThis[storage].getItem(name);
  } catch {
    return null;
  }
}

/** Keep a text under a name. */
export function keep(name, text, storage = "localStorage") {
  try {
    globalThis[storage].setItem(name, text);
  } catch {
    // Full, or not allowed: the page works the same, it only forgets.
  }
}
