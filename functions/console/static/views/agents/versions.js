// The versions of an agent: what has changed between two of them, and the way back to one.

import {get, path} from "../../api.js";
import {Button} from "../../components/button.js";
import {Empty, ErrorBanner, Loading} from "../../components/feedback.js";
import {Field} from "../../components/field.js";
import {when} from "../../format.js";
import {html, useState} from "../../html.js";
import {useLoad} from "../../load.js";
import {Difference} from "./difference.js";
import {editable} from "./draft.js";

export function Versions({agent, take}) {
  const [from, setFrom] = useState(String(agent.version - 1)), [to, setTo] = useState(String(agent.version));
  const read = signal => Promise.all([from, to].map(version => get(path`agents/${agent.agentId}`, {version}, {signal})));
  const known = [from, to].every(text => !fault(text, agent));
  const {data, error, reload} = useLoad(signal => (known && agent.version > 1 ? read(signal) : Promise.resolve(null)), [from, to, agent.version]);
  if (agent.version === 1) return html`<${Empty} icon="agents" title="There is one version">Each change that is saved makes another.<//>`;
  const bound = (value, set) => ({
    type: "number", min: "1", max: String(agent.version), value, onInput: set, fault: fault(value, agent),
  });
  return html`<div class="stack">
    <div class="agents-grid narrow">
      <${Field} label="From version" ...${bound(from, setFrom)} />
      <${Field} label="To version" ...${bound(to, setTo)} />
    </div>
    <${ErrorBanner} error=${error} onRetry=${reload} />
    ${known && !data && !error && html`<${Loading} what="versions" />`}
    ${data && html`<${Shown} before=${data[0]} after=${data[1]} take=${take} />`}
  </div>`;
}

function fault(text, agent) {
  const known = /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= agent.version;
  return known ? "" : `A version from 1 to ${agent.version}.`;
}

function Shown({before, after, take}) {
  return html`
    <p class="muted small">Version ${before.version} is of ${when(before.updatedAt)}, version ${after.version} of ${when(after.updatedAt)}.</p>
    <${Difference} before=${editable(before)} after=${editable(after)} label=${`From version ${before.version} to ${after.version}`} />
    <div class="row"><${Button} onClick=${() => take(before)}>Edit from version ${before.version}<//></div>
    <p class="muted small">This puts version ${before.version} into the form. Nothing changes until you save it, as a new version.</p>`;
}
