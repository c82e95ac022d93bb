// Which agent to talk to, and a short form that makes one.

import {get, post} from "../../api.js";
import {Button} from "../../components/button.js";
import {Dialog, DialogFoot} from "../../components/dialog.js";
import {Empty, ErrorBanner, Loading} from "../../components/feedback.js";
import {Field} from "../../components/field.js";
import {Page} from "../../components/page.js";
import {More} from "../../components/table.js";
import {ago} from "../../format.js";
import {html, useState} from "../../html.js";
import {useLoad, usePages} from "../../load.js";
import {go, href} from "../../router.js";
import {may, share, useShared} from "../../state.js";

export function AgentPicker() {
  const {agentsChanged} = useShared(), [making, setMaking] = useState(false);
  const {rows, page, error, busy, loaded, more, reload} = usePages(
    (after, signal) => get("agents", {limit: 50, after}, {signal}), [agentsChanged]);
  const make = may("agents:write") && html`<${Button} kind="primary" icon="plus" onClick=${() => setMaking(true)}>New agent<//>`;
  return html`<${Page} title="Chat" about="Pick the agent that you want to talk to." actions=${rows.length > 0 && make}>
    <${ErrorBanner} error=${error} onRetry=${reload} />
    ${busy && !loaded && html`<${Loading} what="agents" />`}
    ${loaded && rows.length === 0 && html`<${Empty} icon="agents" title="No agents yet" action=${make}>
      An agent has a name, a model and, if you like, instructions and a fallback. Make one to begin.<//>`}
    <ul class="agent-list">${rows.map(agent => html`<li key=${agent.agentId}>
      <a class="card agent-card" href=${href("chat", agent.agentId)}>
        <strong class="anywhere">${agent.name}</strong>
        <span class="mono small muted anywhere">${agent.model}</span>
        ${agent.description && html`<span class="small clamp">${agent.description}</span>`}
        <span class="small muted">Changed ${ago(agent.updatedAt)}</span>
      </a></li>`)}</ul>
    <${More} page=${page} busy=${busy} onMore=${more} />
    ${making && html`<${NewAgent} onClose=${() => setMaking(false)} />`}
  <//>`;
}

function NewAgent({onClose}) {
  const [form, setForm] = useState({name: "", model: "", fallbackModel: "", instructions: ""});
  const [error, setError] = useState(null), [busy, setBusy] = useState(false);
  const {data} = useLoad(signal => get("providers", {}, {signal}), []);
  const models = (data?.data ?? []).flatMap(provider => provider.models.map(one => one.model));
  const set = name => value => setForm(old => ({...old, [name]: value}));
  async function make(event) {
    event.preventDefault();
    setBusy(true);
    const {name, model, fallbackModel, instructions} = form;
    const config = Object.fromEntries(Object.entries({fallbackModel: fallbackModel.trim(), instructions}).filter(([, value]) => value));
    try {
      const agent = await post("agents", {name: name.trim(), model: model.trim(), config});
      share({agentsChanged: Date.now()});
      go("chat", agent.agentId);
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  }
  const fault = name => error?.field?.(name) ?? "";
  const shown = error && !["name", "model", "config.fallbackModel", "config.instructions"].some(fault);
  return html`<${Dialog} title="New agent" busy=${busy} onClose=${onClose}>
    <form class="stack" onSubmit=${make}>
      ${shown && html`<${ErrorBanner} error=${error} />`}
      <${Field} label="Name" required maxlength="256" value=${form.name} onInput=${set("name")} fault=${fault("name")} />
      <${Field} label="Model" required list="models" placeholder="provider:model" spellcheck="false" autocomplete="off"
        value=${form.model} onInput=${set("model")} fault=${fault("model")} hint="Such as openai:gpt-4o-mini." />
      <${Field} label="Fallback model" list="models" placeholder="provider:model" spellcheck="false" autocomplete="off"
        value=${form.fallbackModel} onInput=${set("fallbackModel")} fault=${fault("config.fallbackModel")} hint="Answers when the model cannot." />
      <${Field} label="Instructions" as="textarea" rows="3" value=${form.instructions} onInput=${set("instructions")} fault=${fault("config.instructions")} />
      <datalist id="models">${models.map(model => html`<option key=${model} value=${model} />`)}</datalist>
      <${DialogFoot}>
        <${Button} disabled=${busy} onClick=${onClose}>Cancel<//>
        <${Button} kind="primary" type="submit" busy=${busy} disabled=${busy}>Make the agent<//>
      <//>
    </form>
  <//>`;
}
