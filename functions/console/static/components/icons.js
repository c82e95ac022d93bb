// The icons, as strokes on a grid of 24: html`<${Icon} name="chat" />`. They are decoration: the text beside them counts.

import {html} from "../html.js";

const PATHS = {
  chat: "M4 5h16v11H9l-5 4z",
  route: "M6 19V5m0 7h6a4 4 0 0 0 4-4V6m-4 6a4 4 0 0 1 4 4v2M13 8l3-3 3 3m-6 8 3 3 3-3",
  compare: "M4 5h6v14H4zM14 5h6v14h-6z",
  providers: "M4 5h16v5H4zm0 9h16v5H4zM7.5 7.5h.01M7.5 16.5h.01",
  agents: "M5 9h14v10H5zM12 9V5m0 0h.01M9 13v2m6-2v2M3 13v2m18-2v2",
  sessions: "M4 6h16M4 12h16M4 18h10",
  usage: "M5 20V10m7 10V4m7 16v-7",
  access: "M14.5 14a4.5 4.5 0 1 0-4.2-2.9L4 17.5V20h3v-2h2v-2h2l1.2-1.2",
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6 6 18",
  copy: "M9 9h10v11H9zM15 9V4H5v11h4",
  check: "M5 12.5 10 17l9-10",
  send: "M5 12 20 5l-6 15-3-6z",
  stop: "M7 7h10v10H7z",
  retry: "M19 12a7 7 0 1 1-2.1-5M19 4v4h-4",
  fork: "M7 5v6a4 4 0 0 0 4 4h6m-3-3 3 3-3 3M7 11v8",
  plus: "M12 5v14M5 12h14",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zm9 2-4-4",
  trash: "M5 7h14M10 7V4h4v3m3 0-1 13H8L7 7",
  edit: "M5 19l1-4L16 5l3 3L9 18z",
  down: "M6 9l6 6 6-6",
  download: "M12 4v11m-4-4 4 4 4-4M5 20h14",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm0-13v2m0 14v2M3 12h2m14 0h2M5.6 5.6 7 7m10 10 1.4 1.4m0-12.8L17 7M7 17l-1.4 1.4",
  moon: "M19 14.5A7.5 7.5 0 0 1 9.5 5 7.5 7.5 0 1 0 19 14.5z",
  auto: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zm0-16v16",
  tool: "M14 7a4 4 0 0 0 5 5l-8 8-4-4 8-8a4 4 0 0 1-1-1zM7 17h.01",
  thought: "M9 18h6m-5 3h4M12 3a6 6 0 0 0-3 11v1h6v-1a6 6 0 0 0-3-11z",
  code: "M9 8l-5 4 5 4m6-8 5 4-5 4",
  warn: "M12 4 3 19h18zM12 10v4m0 2.5h.01",
};

export function Icon({name}) {
  return html`<svg class="icon-svg" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${PATHS[name]} /></svg>`;
}
