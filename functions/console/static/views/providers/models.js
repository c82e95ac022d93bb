// The models of a provider, folded: what each can do, and what it costs.

import {Table} from "../../components/table.js";
import {count} from "../../format.js";
import {html, useState} from "../../html.js";

const WORDS = {structuredOutput: "structured output"};
const dollars = amount => (amount === undefined || amount === null ? "–" : `$${amount}`);

const COLUMNS = [
  {title: "Model", cell: one => html`<span class="mono wide-cell">${one.model}</span>
    ${one.upstreamModel !== one.model.slice(one.model.indexOf(":") + 1) && html`<p class="muted small mono">${one.upstreamModel}</p>`}`},
  {title: "Can", cell: one => can(one)},
  {title: "Reasoning", cell: one => one.reasoning?.join(", ") || "–"},
  {title: "Context", number: true, cell: one => count(one.contextWindow)},
  {title: "Most output", number: true, cell: one => count(one.maxOutputTokens)},
  {title: "Input, $ per 1M", number: true, cell: one => dollars(one.price?.input)},
  {title: "Cached", number: true, cell: one => dollars(one.price?.cachedInput)},
  {title: "Output", number: true, cell: one => dollars(one.price?.output)},
];

function can(model) {
  if (model.capabilities === null) return "not known";
  return model.capabilities.map(name => WORDS[name] ?? name).join(", ") || "text alone";
}

export function Models({models}) {
  const [open, setOpen] = useState(false);
  if (!models.length) return html`<p class="muted small">No models are listed. Any name passes through as it is written; its price is not known.</p>`;
  return html`<details onToggle=${event => setOpen(event.currentTarget.open)}>
    <summary class="small">${models.length === 1 ? "1 model" : `${models.length} models`}</summary>
    ${open && html`<div class="providers-models"><${Table} caption="Models and prices in USD per million tokens" columns=${COLUMNS} rows=${models} rowKey=${one => one.model} /></div>`}
  </details>`;
}
