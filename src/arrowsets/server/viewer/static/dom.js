/** Elements made by code. Text from data enters the page here, and only as text nodes. */

const SVG = "http://www.w3.org/2000/svg";

function assign(element, props) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, each] of Object.entries(value)) element.style.setProperty(key, each);
    else if (name === "value" || name === "checked" || name === "htmlFor") element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  return element;
}

/** Make an element: `h("p", { class: "note" }, "text", child)`. Strings become text nodes, nothing is parsed. */
export function h(tag, props, ...children) {
  const element = assign(document.createElement(tag), props);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** The same for SVG elements. */
export function svg(tag, props, ...children) {
  const element = assign(document.createElementNS(SVG, tag), props);
  element.append(...children);
  return element;
}

/** Replace what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Say something to screen readers without moving the focus. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

/** Show a short message that goes away by itself. */
export function toast(text) {
  const message = h("div", { class: "toast", role: "status" }, text);
  document.body.append(message);
  setTimeout(() => message.remove(), 2600);
}

/** Copy text, and say so. */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch {
    toast("The browser did not allow copying");
  }
}

/** Run a function once, `wait` milliseconds after the last call. */
export function later(wait, run) {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...args), wait);
  };
}
