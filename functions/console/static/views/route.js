// Why a model answered: html`<${Route} message=${answer} />`, beside an answer of the API that has `route` and `usage`.

import {count, duration, usd} from "../format.js";
import {html} from "../html.js";
import {Skipped} from "./route/skipped.js";
import {Waterfall} from "./route/waterfall.js";

const WIDE = 1200; // from this width on it is beside the answer, and open

export function Route({message: {route, usage, model}}) {
  const served = route.served ?? model;
  return html`<details class="route card" open=${innerWidth >= WIDE}>
    <summary>
      <span class="grow"><span class="hidden-text">Route: </span><span class="mono small anywhere">${served}</span></span>
      ${route.fallbackUsed && html`<span class="tag warn">fallback</span>`}
      ${route.attempts.some(one => one.simulated) && html`<span class="tag">simulated</span>`}
    </summary>
    <div class="stack">
      <dl class="facts">
        <${Fact} name="Requested"><span class="mono anywhere">${route.requested}</span><//>
        <${Fact} name="Served"><span class="mono anywhere">${served}</span><//>
        <${Fact} name="Rule">${route.rule ?? "none"}<//>
        ${route.experiment && html`<${Fact} name="Experiment">${route.experiment.name}: ${route.experiment.variant}<//>`}
      </dl>
      <${Waterfall} attempts=${route.attempts} total=${usage?.latencyMs} firstToken=${usage?.firstTokenMs} />
      ${usage && html`<${Usage} usage=${usage} />`}
      ${route.cache && html`<p class="small anywhere"><span class="tag ok">cache</span> It stayed with ${route.cache.model}, which had ${count(route.cache.cachedTokens)} tokens of the
        prompt in its cache. That was expected to save ${usd(route.cache.savedUsd)}.</p>`}
      <${Skipped} skipped=${route.skipped} />
    </div>
  </details>`;
}

function Fact({name, children}) {
  return html`<div><dt>${name}</dt><dd>${children}</dd></div>`;
}

function Usage({usage}) {
  const more = [
    usage.cachedTokens > 0 && `${count(usage.cachedTokens)} read from the cache`,
    usage.cacheWriteTokens > 0 && `${count(usage.cacheWriteTokens)} written to it`,
    usage.reasoningTokens > 0 && `${count(usage.reasoningTokens)} of thoughts`,
    usage.estimated && "estimated",
  ].filter(Boolean);
  return html`<dl class="facts">
    <${Fact} name="Tokens">${count(usage.promptTokens)} in, ${count(usage.completionTokens)} out${more.length > 0 && html`<span class="muted"> (${more.join(", ")})</span>`}<//>
    <${Fact} name="Cost">${usage.costUsd === null ? "unknown" : usd(usage.costUsd)}<//>
    <${Fact} name="Time">${duration(usage.latencyMs)}${usage.firstTokenMs != null && html`<span class="muted">, first text after ${duration(usage.firstTokenMs)}</span>`}<//>
  </dl>`;
}
