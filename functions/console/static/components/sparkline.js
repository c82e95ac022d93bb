// A small line of recent values, with a text for those who cannot see it: null is a gap.
//
//   html`<${Sparkline} values=${[120, null, 340]} label="Latency over the last hour: 120 ms to 340 ms, now 340 ms" />`

import {html} from "../html.js";

const WIDTH = 120, HEIGHT = 28, EDGE = 3;

/** Runs of neighbouring points, so that the line is broken where there is no value. */
function runs(values, highest) {
  const found = [[]];
  values.forEach((value, index) => {
    if (value === null) {
      found.push([]);
      return;
    }
    const x = values.length === 1 ? WIDTH - EDGE : EDGE + (index / (values.length - 1)) * (WIDTH - 2 * EDGE);
    found.at(-1).push([x, HEIGHT - EDGE - (value / highest) * (HEIGHT - 2 * EDGE)]);
  });
  return found.filter(run => run.length);
}

export function Sparkline({values, label, kind = ""}) {
  const known = values.filter(value => value !== null);
  return html`<svg class=${`sparkline ${kind}`} viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${label}>
    <path class="base" d="M${EDGE} ${HEIGHT - EDGE}H${WIDTH - EDGE}" />
    ${runs(values, Math.max(...known, 1e-9)).map(run => (run.length > 1
      ? html`<polyline points=${run.map(point => point.map(one => one.toFixed(1)).join(",")).join(" ")} />`
      : html`<circle cx=${run[0][0]} cy=${run[0][1]} r="2" />`))}
  </svg>`;
}
