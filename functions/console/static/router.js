// The address of what is shown, after the hash: #/chat/<agentId>/<sessionId>?x=y.
//
//   const {parts, query} = useShared().place;     in a view: parts of the path behind the view's name
//   go("sessions", agentId);  show(address);  href("sessions", agentId)

import {share} from "./state.js";

export const HOME = "chat";

/** A link to a view: href("chat", agentId, sessionId). Parts that are empty are left out. */
export function href(view, ...parts) {
  return `#/${[view, ...parts].filter(Boolean).map(encodeURIComponent).join("/")}`;
}

/** Shows a view. */
export function go(view, ...parts) {
  show(href(view, ...parts));
}

/**
 * Shows an address, such as href("sessions") + "?userId=ann". It is drawn before the next key or click is taken. After an
 * assignment to location.hash the old form would be there for a moment, and what was typed into it would be lost.
 */
export function show(address) {
  if (address !== location.hash) history.pushState(null, "", address);
  read();
}

/** The same, so that the browser's way back skips what was shown before. */
export function replace(view, ...parts) {
  history.replaceState(null, "", href(view, ...parts));
  read();
}

export function startRouter() {
  addEventListener("hashchange", read);
  read();
}

function read() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [view, ...parts] = path.split("/").filter(Boolean).map(decoded);
  share({place: {view: view ?? HOME, parts, query: new URLSearchParams(query)}});
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a stray percent sign
  }
}
