// What is shown when somebody else has changed the agent since it was opened here.

import {get, path} from "../../api.js";
import {Button} from "../../components/button.js";
import {ErrorBanner, Loading} from "../../components/feedback.js";
import {html} from "../../html.js";
import {useLoad} from "../../load.js";
import {Difference} from "./difference.js";
import {editable} from "./draft.js";

/** `keep(latest)` saves the edits over the latest version, `drop(latest)` shows that instead of them. */
export function Conflict({agent, keep, drop}) {
  const {data: latest, error, reload} = useLoad(signal => get(path`agents/${agent.agentId}`, {}, {signal}), [agent.version]);
  return html`<section class="card stack" role="alert" aria-label="Someone else has changed this agent">
    <h2>Someone else has changed this agent</h2>
    <p>You opened version ${agent.version}${latest ? `, and it is now version ${latest.version}` : ""}. Nothing of yours was saved, and nothing is lost: your edits are still below.</p>
    <${ErrorBanner} error=${error} onRetry=${reload} />
    ${!latest && !error && html`<${Loading} what="the latest version" />`}
    ${latest && html`
      <details><summary>What they have changed</summary>
        <${Difference} before=${editable(agent)} after=${editable(latest)} label="Their changes" />
      </details>
      <div class="row">
        <${Button} kind="primary" onClick=${() => keep(latest)}>Save my changes over version ${latest.version}<//>
        <${Button} onClick=${() => drop(latest)}>Drop my edits and show version ${latest.version}<//>
      </div>
      <p class="muted small">Saving changes only the settings that you have edited. Their other changes stay.</p>`}
  </section>`;
}
