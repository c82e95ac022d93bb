// Sums of usage for the plots: rows by day, provider and model, added up by whatever the page shows.

const NUMBERS = [
  "turns", "attempts", "fallbacks", "failed", "promptTokens", "completionTokens", "cachedTokens", "reasoningTokens",
  "costUsd", "unpriced", "failedAttempts", "timedAttempts", "latencyMs",
];

export const NOTHING = Object.fromEntries(NUMBERS.map(name => [name, 0]));
export const OTHERS = "all others";
const MOST_SERIES = 6;
const DAY = 86_400_000;

/** A part of a whole; null where there is nothing to divide by. */
export const share = (part, whole) => (whole ? part / whole : null);

/** What can be plotted: title, a value of sums (null where there is nothing to divide by), and how it is written. */
export const MEASURES = [
  {name: "tokens", title: "Tokens", of: sums => sums.promptTokens + sums.completionTokens, kind: "count"},
  {name: "cost", title: "Cost", of: sums => sums.costUsd, kind: "usd"},
  {name: "fallbacks", title: "Fallback rate", of: sums => share(sums.fallbacks, sums.turns), kind: "share"},
  {name: "latency", title: "Average latency", of: sums => share(sums.latencyMs, sums.timedAttempts), kind: "ms"},
];

/** The function that names a row's series: its provider or model, or for "" one for all. */
export const namedBy = split => row => (split ? row[split] ?? "none" : "all calls");

export function add(left, right) {
  return Object.fromEntries(NUMBERS.map(name => [name, left[name] + (right[name] ?? 0)]));
}

/** A map from the name that `nameOf` gives a row to the sums of such rows. */
export function groupedBy(rows, nameOf) {
  const groups = new Map();
  for (const row of rows) {
    const name = nameOf(row);
    groups.set(name, add(groups.get(name) ?? NOTHING, row));
  }
  return groups;
}

/** The dates of UTC from `from` on and before `to`, both dates. */
export function daysBetween(from, to) {
  const days = [];
  for (let day = Date.parse(from); day < Date.parse(to); day += DAY) days.push(dateOf(day));
  return days;
}

/** The date of UTC of a time in milliseconds. */
export const dateOf = milliseconds => new Date(milliseconds).toISOString().slice(0, 10);

/** [from, to] of the last so many days, today included; `to` is exclusive. */
export function lastDays(count, now = Date.now()) {
  return [dateOf(now - (count - 1) * DAY), dateOf(now + DAY)];
}

/** The names of the series: those with the most calls, and one for all others where there are many. */
export function seriesNames(rows, nameOf) {
  const totals = [...groupedBy(rows, nameOf)].sort(([, left], [, right]) => right.attempts - left.attempts);
  const names = totals.map(([name]) => name);
  return names.length <= MOST_SERIES ? names : [...names.slice(0, MOST_SERIES - 1), OTHERS];
}

/** For each series the sums of each day: [{name, days: [sums]}]. A day without turns has NOTHING. */
export function seriesOf(rows, nameOf, days) {
  const names = seriesNames(rows, nameOf);
  const known = new Set(names);
  const nameIn = row => (known.has(nameOf(row)) ? nameOf(row) : OTHERS);
  return names.map(name => {
    const byDay = groupedBy(rows.filter(row => nameIn(row) === name), row => row.day);
    return {name, days: days.map(day => byDay.get(day) ?? NOTHING)};
  });
}
