/** The help: every key of the page. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { HELP } from "./keys.js";

function section([title, lines]) {
  const entries = lines.map(([keys, words]) => h("div", {}, h("dt", {}, keys.split(", ").map((key) => h("kbd", {}, key))), h("dd", {}, words)));
  return h("section", {}, h("h3", {}, title), h("dl", {}, entries));
}

/** Show the help over the page. */
export function showHelp() {
  if (document.querySelector("dialog.help")) return;
  const close = h("button", { type: "button", class: "ghost", "aria-label": "Close" }, icon("close"));
  const dialog = h(
    "dialog",
    { class: "help", "aria-label": "Keyboard" },
    h("header", {}, h("h2", {}, "Keyboard"), close),
    h("div", { class: "sections" }, HELP.map(section)),
  );
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
