// What the browser remembers of providers: calls, failures and latency of the last hour, read from the usage records.
//
// The API has sums by day and records by the millisecond, but no series by minute. So the page asks for windows of five
// minutes: twelve when it is opened, and then the one that has begun again and again.

import {add, groupedBy, NOTHING, share} from "../usage/sums.js";

export const WINDOW = 5 * 60_000;
const WINDOWS = 12;
const LATE = 60_000; // a turn is recorded when it ends, and counts in the window in which it began

/** Maps by the begin of the window, of maps of sums by provider. They outlive the view, so that it can be left. */
const known = new Map();
let owner = 0;

/** Forgets what was read for another caller. */
export function belongTo(caller) {
  if (caller !== owner) known.clear();
  owner = caller;
}

/** The begins of the hour's windows in milliseconds, oldest first. The last one has begun, but not ended. */
export function windowsAt(now) {
  const last = Math.floor(now / WINDOW) * WINDOW;
  return Array.from({length: WINDOWS}, (_, index) => last - (WINDOWS - 1 - index) * WINDOW);
}

/** The begins of those that must be read: what is not known, and what may have changed since. */
export function windowsToRead(now) {
  const windows = windowsAt(now);
  return windows.filter(begin => !known.has(begin) || begin + WINDOW + LATE > now);
}

/** The query of the window that begins then. */
export function queryOf(begin) {
  return {from: new Date(begin).toISOString(), to: new Date(begin + WINDOW).toISOString(), groupBy: "provider"};
}

/** Remembers the rows of a window. Returns the last hour's sums by provider, oldest first; null is not read yet. */
export function remember(begin, rows, now) {
  known.set(begin, groupedBy(rows, row => row.provider));
  const windows = windowsAt(now);
  for (const one of known.keys()) if (one < windows[0]) known.delete(one);
  return windows.map(one => known.get(one) ?? null);
}

/** Of a provider: milliseconds and the share of failed calls by window, null where it was not called; and all its calls. */
export function seriesOf(provider, windows) {
  const sums = windows.map(one => one?.get(provider) ?? NOTHING);
  return {
    latency: sums.map(one => share(one.latencyMs, one.timedAttempts)),
    errors: sums.map(one => share(one.failedAttempts, one.attempts)),
    calls: sums.reduce(add, NOTHING).attempts,
  };
}
