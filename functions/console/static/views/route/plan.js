// The plan of a message that is not sent: html`<${Plan} plan=${plan} />`, of POST /agents/{agentId}/route.

import {count, usd} from "../../format.js";
import {html} from "../../html.js";
import {Skipped} from "./skipped.js";

export function Plan({plan}) {
  return html`<div class="stack">
    <dl class="facts">
      <div><dt>Requested</dt><dd class="mono anywhere">${plan.requested}</dd></div>
      <div><dt>Task type</dt><dd>${plan.taskType}</dd></div>
      <div><dt>Priority</dt><dd>${plan.priority ?? "none"}</dd></div>
      <div><dt>Rule</dt><dd>${plan.rule ?? "none"}</dd></div>
      ${plan.experiment && html`<div><dt>Experiment</dt><dd>${plan.experiment.name}: ${plan.experiment.variant}</dd></div>`}
    </dl>
    ${plan.targets.length === 0 ? html`<p class="banner warn">Nobody can answer this message.</p>` : html`<ol class="targets" aria-label="Targets">
      ${plan.targets.map((target, index) => html`<li key=${target.model} class="row">
        <span class="tag accent">${index + 1}</span><span class="mono grow anywhere">${target.model}</span><span class="small muted anywhere">${target.reason}</span></li>`)}
    </ol>`}
    ${plan.cache && html`<p class="small"><span class="tag ok">cache</span> ${plan.cache.model} has ${count(plan.cache.cachedTokens)} tokens of the prompt in its cache,
      which is expected to save ${usd(plan.cache.savedUsd)}.</p>`}
    <${Skipped} skipped=${plan.skipped} />
  </div>`;
}
