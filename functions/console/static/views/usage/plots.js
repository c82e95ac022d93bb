// The plots: tokens, cost, fallback rate and latency by day, a line for each provider or model.

import {Chart} from "../../components/chart.js";
import {count, duration, percent, usd} from "../../format.js";
import {html, useMemo} from "../../html.js";
import {MEASURES, namedBy, seriesOf} from "./sums.js";

const FORMATS = {count, usd, share: percent, ms: duration};
const SECONDS = 1000;

export function Plots({rows, days, split}) {
  const times = useMemo(() => days.map(day => Date.parse(day) / SECONDS), [days]);
  const lines = useMemo(() => seriesOf(rows, namedBy(split), days), [rows, days, split]);
  return html`<div class="usage-plots">${MEASURES.map(measure => html`<${Plot} key=${measure.name} ...${{measure, times, lines}} />`)}</div>`;
}

function Plot({measure, times, lines}) {
  const series = useMemo(() => lines.map(line => ({label: line.name, values: line.days.map(measure.of)})), [measure, lines]);
  return html`<div class="card"><${Chart} title=${measure.title} times=${times} series=${series} format=${FORMATS[measure.kind]} daily /></div>`;
}
