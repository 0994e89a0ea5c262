/** The icons: 16 by 16, one stroke, the colour of the text around them. */

import { svg } from "./dom.js";

const PATHS = {
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM14 14l-3.4-3.4",
  close: "M4 4l8 8M12 4l-8 8",
  filter: "M2 3.5h12M4.5 8h7M6.75 12.5h2.5",
  columns: "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10",
  up: "M8 13V3.5M4 7l4-4 4 4",
  down: "M8 3v9.5M4 9l4 4 4-4",
  chevron: "M4.5 6.5 8 10l3.5-3.5",
  previous: "M4 10l4-4 4 4",
  next: "M4 6l4 4 4-4",
  left: "M10 4 6 8l4 4",
  right: "M6 4l4 4-4 4",
  sun: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9",
  moon: "M13.5 9.6A5.8 5.8 0 0 1 6.4 2.5a5.8 5.8 0 1 0 7.1 7.1Z",
  help: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM6.3 6.3a1.75 1.75 0 1 1 2.5 1.9c-.5.25-.8.6-.8 1.1v.2M8 11.4v.1",
  info: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 7.4v3.4M8 5.1v.1",
  sql: "M2.5 3h11v10h-11zM5 6.2 6.9 8 5 9.8M8.2 10h2.8",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  download: "M8 2.5v7.5M4.8 7 8 10.2 11.2 7M2.5 13.5h11",
  play: "M5 3.4v9.2l7.4-4.6z",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  drag: "M6 4v.1M10 4v.1M6 8v.1M10 8v.1M6 12v.1M10 12v.1",
  check: "M3.5 8.5 6.5 11.5 12.5 4.8",
  warn: "M8 2.4 14.2 13H1.8zM8 6.6v3M8 11.3v.1",
  link: "M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2.2-2.2A2.6 2.6 0 0 0 9 3.3l-.8.8M9.2 6.8a2.6 2.6 0 0 0-3.7 0L3.3 9A2.6 2.6 0 0 0 7 12.7l.8-.8",
  rows: "M2.5 3.5h11M2.5 8h11M2.5 12.5h11",
  plus: "M8 3v10M3 8h10",
  more: "M3.5 8v.1M8 8v.1M12.5 8v.1",
  eye: "M1.8 8S4 3.8 8 3.8 14.2 8 14.2 8 12 12.2 8 12.2 1.8 8 1.8 8ZM8 9.7a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4Z",
  expand: "M9.5 2.5h4v4M13.5 2.5 9 7M6.5 13.5h-4v-4M2.5 13.5 7 9",
  int: "M6 2.5 4.6 13.5M11.4 2.5 10 13.5M2.8 6h10.8M2.4 10h10.8",
  float: "M2 12h.1M4.5 5.5v4.3a2.2 2.2 0 0 0 4.4 0V5.5a2.2 2.2 0 0 0-4.4 0M10.5 5.6 12.6 4v8.2",
  text: "M3 4.5V3h10v1.5M8 3v10M6.2 13h3.6",
  label: "M2.5 2.5h5.2l5.8 5.8-5.2 5.2-5.8-5.8zM5.3 5.3v.1",
  bool: "M5.2 4h5.6a4 4 0 0 1 0 8H5.2a4 4 0 0 1 0-8ZM10.8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6Z",
  time: "M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2.2V5M10.5 2.2V5",
  image: "M2.5 3h11v10h-11zM2.5 11l3.3-3.2 2.7 2.6 2-1.9 3 2.8M10.6 6v.1",
  audio: "M3 6.5v3M5.5 4.5v7M8 2.5v11M10.5 5v6M13 6.7v2.6",
  video: "M2 4h8.5v8H2zM10.5 7.2 14 5v6l-3.5-2.2",
  file: "M4 2h5l3.2 3.2V14H4zM9 2v3.2h3.2",
  list: "M6 4h7.5M6 8h7.5M6 12h7.5M2.8 4v.1M2.8 8v.1M2.8 12v.1",
  struct: "M6 2.5c-2 0-2 1-2 2.4S4 7.4 2.5 8C4 8.6 4 9.7 4 11.1s0 2.4 2 2.4M10 2.5c2 0 2 1 2 2.4S12 7.4 13.5 8C12 8.6 12 9.7 12 11.1s0 2.4-2 2.4",
  chat: "M2.5 3h11v7.8H7.2L4.2 13.3v-2.5H2.5zM5.3 6.9v.1M8 6.9v.1M10.7 6.9v.1",
  array: "M2.5 2.5h11v11h-11zM2.5 6.2h11M2.5 9.8h11M6.2 2.5v11M9.8 2.5v11",
  binary: "M3 3h2.5v4H3zM10.5 9H13v4h-2.5zM9.5 3.8 11 3v4M4 9.8 5.5 9v4",
};

/** One icon; it says nothing to screen readers, the control around it does. */
export function icon(name) {
  return svg("svg", { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: PATHS[name] ?? PATHS.file }));
}
