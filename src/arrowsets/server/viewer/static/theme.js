/** Light and dark: as the system says, until one chooses. */

import { keep, kept } from "./memory.js";

const KEY = "arrowsets-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function chosen() {
  const theme = kept(KEY);
  return theme === "dark" || theme === "light" ? theme : null;
}

/** The theme that is shown. */
export function theme() {
  return chosen() ?? (system.matches ? "dark" : "light");
}

function apply() {
  document.documentElement.dataset.theme = theme();
}

/** Show the theme, and follow the system where nothing was chosen. */
export function startTheme(changed) {
  apply();
  system.addEventListener("change", () => {
    apply();
    changed();
  });
}

/** Go to the other theme, and keep it. */
export function otherTheme() {
  keep(KEY, theme() === "dark" ? "light" : "dark");
  apply();
}
