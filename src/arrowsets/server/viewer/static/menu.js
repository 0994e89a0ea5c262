/** Menus and small forms that open beside a button and close by themselves. */

import { h } from "./dom.js";
import { icon } from "./icons.js";

let open = null;

/** Open a popover at a button; `build(close)` gives what it holds. Focus goes in, and back when it closes. */
export function popover(anchor, label, build, { role = "dialog" } = {}) {
  if (open && open.anchor === anchor) return open.element.hidePopover();
  const element = h("div", { class: "popover", popover: "auto", role, "aria-label": label });
  element.append(build(() => element.hidePopover()));
  document.body.append(element);
  element.addEventListener("toggle", ({ newState }) => {
    if (newState !== "closed") return;
    const inside = element.contains(document.activeElement) || document.activeElement === document.body;
    element.remove();
    // A click on the same button closes first and clicks then; it shall not open the popover again.
    setTimeout(() => open?.element === element && (open = null), 0);
    anchor.setAttribute("aria-expanded", "false");
    if (inside) (anchor.isConnected ? anchor : document.querySelector(".grid"))?.focus();
  });
  element.addEventListener("keydown", (event) => moveFocus(element, event));
  element.showPopover();
  place(element, anchor.getBoundingClientRect());
  anchor.setAttribute("aria-expanded", "true");
  open = { anchor, element };
  (element.querySelector("[autofocus]") ?? element.querySelector("button, input, select"))?.focus();
  return element;
}

function place(element, { left, right, bottom, top }) {
  const { width, height } = element.getBoundingClientRect();
  const x = left + width > innerWidth - 8 ? Math.max(8, right - width) : left;
  const below = bottom + 6;
  const y = below + height > innerHeight - 8 ? Math.max(8, Math.min(innerHeight - height - 8, top - height - 6)) : below;
  element.style.left = `${x}px`;
  element.style.top = `${below + height > innerHeight - 8 && top - height - 6 < 8 ? Math.max(8, innerHeight - height - 8) : y}px`;
}

function moveFocus(element, event) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  if (event.target.matches("input:not([type=checkbox]), select, textarea") || event.altKey) return;
  const stops = [...element.querySelectorAll("button:not(:disabled), input")].filter((each) => each.offsetParent);
  const at = stops.indexOf(document.activeElement);
  stops.at((at + (event.key === "ArrowDown" ? 1 : -1)) % stops.length)?.focus();
  event.preventDefault();
}

/** One line of a menu. */
export function item(name, text, run, { hint = null, pressed = null } = {}) {
  const element = h(
    "button",
    { type: "button", class: "item", role: pressed === null ? "menuitem" : "menuitemcheckbox", "aria-checked": pressed === null ? null : String(pressed) },
    icon(name),
    h("span", {}, text),
    hint && h("kbd", {}, hint),
    pressed && icon("check"),
  );
  element.addEventListener("click", run);
  return element;
}
