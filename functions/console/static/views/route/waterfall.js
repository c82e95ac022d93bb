// The attempts of a turn on one time axis, each beginning where the one before ended. What the turn took besides, such as
// reading its history, is before the first.
//
//   html`<${Waterfall} attempts=${route.attempts} total=${usage.latencyMs} firstToken=${usage.firstTokenMs} />`

import {duration} from "../../format.js";
import {html} from "../../html.js";

const SHORTEST = 1.5; // percent of the axis: what took no time can still be seen

export function Waterfall({attempts, total, firstToken}) {
  if (attempts.length === 0) return html`<p class="small muted">No provider was called.</p>`;
  const called = attempts.reduce((sum, one) => sum + (one.latencyMs ?? 0), 0), whole = Math.max(total ?? 0, called, 1);
  let at = Math.max(0, (total ?? 0) - called);
  const rows = attempts.map(one => {
    const start = at;
    at += one.latencyMs ?? 0;
    return {...one, start: (start / whole) * 100, width: Math.max(SHORTEST, ((one.latencyMs ?? 0) / whole) * 100)};
  });
  return html`<ol class="waterfall" aria-label="Attempts">${rows.map((one, index) => html`<li key=${index}>
    <div class="row small">
      <span class="mono grow anywhere">${one.model}</span>
      <span class="tag ${one.outcome === "ok" ? "ok" : "bad"}">${one.outcome}</span>
      ${one.status && html`<span class="muted">${one.status}</span>`}
      <span class="muted">${one.simulated ? "simulated" : duration(one.latencyMs)}</span>
    </div>
    <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <rect class="axis" width="100" height="8" />
      <rect class=${one.outcome === "ok" ? "bar ok" : "bar bad"} x=${Math.min(one.start, 100 - SHORTEST)} width=${one.width} height="8" />
      ${one.outcome === "ok" && firstToken != null && html`<rect class="first" x=${Math.min(99, (firstToken / whole) * 100)} width="0.8" height="8" />`}
    </svg>
    ${one.notes?.length > 0 && html`<ul class="notes small muted">${one.notes.map(note => html`<li key=${note} class="anywhere">${note}</li>`)}</ul>`}
  </li>`)}</ol>
  <p class="row small muted scale"><span>0</span><span class="push">${duration(whole)}</span></p>`;
}
