// What the browser remembers of providers: calls, failures and latency of the last hour, read from the usage records.
//
// The API has sums by day and records by millisecond, but no series by minute. So the page asks for windows of five
// minutes: twelve when it is opened, and the one that has just ended with each later look.

import {groupedBy} from "../usage/sums.js";

export const WINDOW_MINUTES = 5;
const WINDOW = WINDOW_MINUTES * 60_000;
const MOST_SAMPLES = 60;
const HOUR_OF_WINDOWS = 12;

/** Samples of an earlier visit to the view in the same page: [{at, providers: Map(name, sums)}], oldest first. */
let samples = [];

/** Forget all samples: they belong to the key with which they were read. */
export function forget() {
  samples = [];
}

export const remembered = () => samples;

/** The times in milliseconds at which the windows end that are still to be read: an hour of them at first. */
export function windowsToRead(now) {
  if (samples.length && now - samples.at(-1).at < HOUR_OF_WINDOWS * WINDOW) return [now];
  samples = [];
  return Array.from({length: HOUR_OF_WINDOWS}, (_, index) => now - (HOUR_OF_WINDOWS - 1 - index) * WINDOW);
}

/** The query of the window that ends at `at`. */
export function queryOf(at) {
  return {from: new Date(at - WINDOW).toISOString(), to: new Date(at).toISOString(), groupBy: "provider"};
}

/** Remember the rows of the window that ends at `at`, and return all samples. */
export function remember(at, rows) {
  samples = [...samples, {at, providers: groupedBy(rows, row => row.provider)}].slice(-MOST_SAMPLES);
  return samples;
}

/** The series of a provider: milliseconds and the share of failed calls, null where it was not called. */
export function seriesOf(provider, all) {
  const sums = all.map(sample => sample.providers.get(provider));
  return {
    latency: sums.map(one => (one?.timedAttempts ? one.latencyMs / one.timedAttempts : null)),
    errors: sums.map(one => (one?.attempts ? one.failedAttempts / one.attempts : null)),
    calls: sums.at(-1)?.attempts ?? 0,
  };
}
