// Numbers, money and times as texts. What is unknown (null) is a dash, never a zero.

const NONE = "–";

/** US dollars: exact down to a millionth. */
export function usd(amount) {
  if (amount === null || amount === undefined) return NONE;
  if (amount === 0) return "$0";
  return `$${amount.toLocaleString("en", {minimumFractionDigits: 2, maximumFractionDigits: amount < 0.01 ? 8 : 4})}`;
}

/** A whole number with its thousands parted. */
export function count(number) {
  return number === null || number === undefined ? NONE : number.toLocaleString("en");
}

/** Milliseconds: 840 ms, 2.4 s, 1 min 5 s. */
export function duration(ms) {
  if (ms === null || ms === undefined) return NONE;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** A share from 0 to 1 in percent. */
export function percent(share) {
  return share === null || share === undefined ? NONE : `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}

/** A time of the API in the reader's own zone. */
export function when(iso) {
  if (!iso) return NONE;
  return new Date(iso).toLocaleString("en-GB", {day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit"});
}

/** How long ago: just now, 5 min ago, 3 h ago, then the date. */
export function ago(iso) {
  if (!iso) return NONE;
  const seconds = (Date.now() - new Date(iso)) / 1000;
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return when(iso);
}
