/** A small audio player for a cell: a button, a line that fills, and one sound at a time on the page. */

import { fill, h } from "./dom.js";
import { icon } from "./icons.js";

let playing = null;

function clock(seconds) {
  if (!Number.isFinite(seconds)) return "";
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

/** A player of one source. Nothing is fetched before the button is pressed. */
export function player(src) {
  const button = h("button", { class: "play", type: "button", "aria-label": "Play", tabindex: -1 }, icon("play"));
  const line = h("span", { class: "played" });
  const time = h("small", { class: "clock" });
  const sound = new Audio();
  sound.preload = "none";
  sound.src = src;
  const show = () => {
    fill(button, icon(sound.paused ? "play" : "pause"));
    button.setAttribute("aria-label", sound.paused ? "Play" : "Pause");
  };
  sound.addEventListener("timeupdate", () => {
    line.style.width = `${(100 * sound.currentTime) / (sound.duration || 1)}%`;
    time.textContent = `${clock(sound.currentTime)} / ${clock(sound.duration)}`;
  });
  for (const name of ["play", "pause", "ended"]) sound.addEventListener(name, show);
  sound.addEventListener("error", () => (time.textContent = "unreadable"));
  button.addEventListener("click", () => {
    if (!sound.paused) return sound.pause();
    playing?.pause();
    playing = sound;
    return sound.play().catch(() => (time.textContent = "unreadable"));
  });
  return h("span", { class: "player" }, button, h("span", { class: "track" }, line), time);
}
