// What the whole console shares, and the only place where anything is kept in the browser.
//
//   const {key, offline} = useShared();       in a component: draws again when it changes
//   share({notice: {kind: "ok", text}});      changes it
//
// What only one view needs is that view's own (useState). The key, or the credentials that sign requests, are in
// sessionStorage: they are gone when the tab closes.

import {useEffect, useState} from "./html.js";

const KEY = "agentos.key", CREDENTIALS = "agentos.credentials", THEME = "agentos.theme";
const listeners = new Set();
let version = 0; // of what is shared

export const shared = {
  key: sessionStorage.getItem(KEY) ?? "",
  credentials: JSON.parse(sessionStorage.getItem(CREDENTIALS) ?? "null"), // of AWS: {accessKey, secretKey, token, region}
  theme: localStorage.getItem(THEME) ?? "auto", // auto, light or dark
  offline: !navigator.onLine,
  caller: 0, // counts up when another key is taken, or other credentials are
  asksKey: null, // why a key is asked for: "missing", "refused" or "unsigned"; null while none is asked for
  denied: new Set(), // scopes that the API has said the key lacks
  scopes: null, // the key's scopes, where the API tells them; null is unknown
  place: {view: "", parts: [], query: new URLSearchParams()}, // the router's
  notices: [], // toasts: {id, kind, text}
  agentsChanged: 0, // counts up when an agent was made, changed or deleted
};

/** Changes what is shared, and draws again what shows it. */
export function share(changes) {
  Object.assign(shared, changes);
  version++;
  for (const listener of [...listeners]) listener();
}

/** What is shared, in a component that draws again after each change. */
export function useShared() {
  const [, draw] = useState(version);
  useEffect(() => {
    const listener = () => draw(version);
    listeners.add(listener);
    listener(); // an effect runs a frame after the first drawing; what has changed meanwhile is drawn now
    return () => listeners.delete(listener);
  }, []);
  return shared;
}

/** Whether the key may do what a scope allows. What is not known counts as allowed, until the API refuses it. */
export function may(scope) {
  if (!scope) return true;
  if (shared.denied.has(scope)) return false;
  return !shared.scopes || shared.scopes.includes(scope) || (scope === "agents:read" && shared.scopes.includes("agents:write"));
}

/** Takes a key, or forgets it for "". What was known of the last one's scopes is forgotten with it. */
export const takeKey = key => take(key, null);

/** Takes AWS credentials in the place of a key. */
export const takeCredentials = credentials => take("", credentials);

function take(key, credentials) {
  keep(KEY, key);
  keep(CREDENTIALS, credentials && JSON.stringify(credentials));
  share({key, credentials, caller: shared.caller + 1, asksKey: null, denied: new Set(), scopes: null});
}

function keep(name, text) {
  if (text) sessionStorage.setItem(name, text);
  else sessionStorage.removeItem(name);
}

/** A short message in the corner: notify("Copied."), notify(error.message, "error"). */
export function notify(text, kind = "ok") {
  const notice = {id: crypto.randomUUID?.() ?? String(Math.random()), kind, text};
  share({notices: [...shared.notices, notice].slice(-3)});
  setTimeout(() => dismiss(notice.id), kind === "error" ? 10_000 : 4_000);
}

export function dismiss(id) {
  share({notices: shared.notices.filter(notice => notice.id !== id)});
}

/** Shows the chosen theme; "auto" is the system's. */
export function applyTheme(theme = shared.theme) {
  localStorage.setItem(THEME, theme);
  document.documentElement.dataset.theme = theme;
  share({theme});
}

/** Keeps `offline` true while the browser has no network. */
export function watchConnection() {
  addEventListener("online", () => share({offline: false}));
  addEventListener("offline", () => share({offline: true}));
}
