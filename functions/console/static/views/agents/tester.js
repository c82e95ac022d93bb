// Tries the edited rules: shows where a message would go with the agent as it is in the page, before it is saved.

import {path, post} from "../../api.js";
import {Button} from "../../components/button.js";
import {ErrorBanner} from "../../components/feedback.js";
import {Field} from "../../components/field.js";
import {html, useState} from "../../html.js";

const PRIORITIES = [["", "none"], "cost", "latency", "quality"];

/** `edits` is the patch of what was edited; null while the page shows the agent as it is stored. */
export function RulesTester({agentId, edits}) {
  const [given, setGiven] = useState({content: "", taskType: "", priority: "", metadata: ""});
  const [plan, setPlan] = useState(null), [error, setError] = useState(null), [busy, setBusy] = useState(false);
  const bound = name => ({value: given[name], onInput: text => setGiven({...given, [name]: text}), fault: error?.field?.(name)});
  async function explain(event) {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      setPlan(await post(path`agents/${agentId}/route`, {...message(given), ...(edits ? {agent: edits} : {})}));
    } catch (failed) {
      setPlan(null);
      setError(failed);
    }
    setBusy(false);
  }
  return html`<section class="card stack" aria-label="Test the rules">
    <h2>Test the rules</h2>
    <p class="muted">Where would this message go${edits ? " with your edits" : ""}? No provider is called.</p>
    <form class="stack" onSubmit=${explain}>
      <${Field} ...${bound("content")} label="Message" as="textarea" rows="2" required />
      <div class="agents-grid">
        <${Field} ...${bound("taskType")} label="Task type" hint="Without it, the text decides." autocomplete="off" />
        <${Field} ...${bound("priority")} label="Priority" as="select" options=${PRIORITIES} />
        <${Field} ...${bound("metadata")} label="Metadata" hint='JSON: {"region": "eu"}' autocomplete="off" spellcheck="false" />
      </div>
      <div class="row"><${Button} kind="primary" icon="route" type="submit" busy=${busy} disabled=${busy}>Explain the route<//></div>
    </form>
    <${ErrorBanner} error=${error} />
    ${plan && html`<${Plan} plan=${plan} />`}
  </section>`;
}

/** The body of a message. Raises what can be shown as an error. */
function message({content, taskType, priority, metadata}) {
  const body = {content};
  if (taskType) body.taskType = taskType;
  if (priority) body.priority = priority;
  if (metadata.trim()) body.metadata = json(metadata);
  return body;
}

function json(text) {
  try {
    return JSON.parse(text);
  } catch (wrong) {
    throw Object.assign(new Error(`Metadata is not JSON: ${wrong.message}`), {field: name => (name === "metadata" ? "is not JSON" : "")});
  }
}

function Plan({plan}) {
  const facts = [`Rule: ${plan.rule ?? "none"}`, `task type: ${plan.taskType}`, plan.priority && `priority: ${plan.priority}`];
  return html`<div class="stack" role="status">
    <p><strong class="anywhere">${facts.filter(Boolean).join(" · ")}</strong></p>
    ${plan.targets.length === 0 && html`<p>No model is left to ask.</p>`}
    <ol class="agents-plan" aria-label="Models in the order of trying">${plan.targets.map(one => html`<li key=${one.model}>
      <span class="mono anywhere">${one.model}</span> <span class="muted anywhere">${one.reason}</span>
    </li>`)}</ol>
    ${plan.skipped.length > 0 && html`<details><summary>${plan.skipped.length} left out</summary>
      <ul class="agents-plan">${plan.skipped.map(one => html`<li key=${one.model}>
        <span class="mono anywhere">${one.model}</span> <span class="muted anywhere">${one.reason}</span>
      </li>`)}</ul>
    </details>`}
  </div>`;
}
