/** What the browser remembers for this page. In frames of other sites it may not; then the page remembers until it is left. */

const here = new Map();

/** What was kept under a name, or null. */
export function kept(name, storage = "localStorage") {
  try {
    return here.get(name) ?? globalThis[storage].getItem(name);
  } catch {
    return null;
  }
}

/** Keep a text under a name; return whether it will be there after the page is loaded anew. */
export function keep(name, text, storage = "localStorage") {
  try {
    globalThis[storage].setItem(name, text);
    here.delete(name);
    return true;
  } catch {
    // Full, or not allowed.
    here.set(name, text);
    return false;
  }
}
