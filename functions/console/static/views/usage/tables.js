// The sums of the whole time: in all, and by provider or model.

import {Table} from "../../components/table.js";
import {count, duration, percent, usd} from "../../format.js";
import {html} from "../../html.js";
import {groupedBy, MEASURES, namedBy, share} from "./sums.js";

const [FALLBACKS, LATENCY] = MEASURES.slice(2);
const NUMBERS = [
  ["Turns", sums => count(sums.turns)],
  ["Calls", sums => count(sums.attempts)],
  ["Cost", sums => costOf(sums)],
  ["Tokens in", sums => count(sums.promptTokens)],
  ["Tokens out", sums => count(sums.completionTokens)],
  ["Fallback rate", sums => percent(FALLBACKS.of(sums))],
  ["Failed calls", sums => percent(share(sums.failedAttempts, sums.attempts))],
  ["Average latency", sums => duration(LATENCY.of(sums))],
];

/** The sum of the costs that are known, and how many calls are not in it. */
function costOf({costUsd, unpriced}) {
  return unpriced ? `${usd(costUsd)} and ${count(unpriced)} ${unpriced === 1 ? "call" : "calls"} without a price` : usd(costUsd);
}

export function Total({total}) {
  return html`<dl class="values card" aria-label="In all">${NUMBERS.map(([name, text]) => html`<div key=${name}><dt>${name}</dt><dd>${text(total)}</dd></div>`)}</dl>`;
}

export function Rows({rows, split}) {
  if (!split) return null;
  const groups = [...groupedBy(rows, namedBy(split))].sort(([, left], [, right]) => right.costUsd - left.costUsd || right.attempts - left.attempts);
  const columns = [
    {title: split === "model" ? "Model" : "Provider", cell: ([name]) => html`<span class=${split === "model" ? "mono wide-cell" : "mono"}>${name}</span>`},
    ...NUMBERS.map(([title, text]) => ({title, number: true, cell: ([, sums]) => text(sums)})),
  ];
  return html`<${Table} caption=${`Usage by ${split}`} columns=${columns} rows=${groups} rowKey=${([name]) => name} />`;
}
