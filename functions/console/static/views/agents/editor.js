// The editor of an agent, new or stored: what is edited, in several ways, until it is saved or dropped.

import {del, path} from "../../api.js";
import {Button} from "../../components/button.js";
import {Copy} from "../../components/copy.js";
import {Confirm} from "../../components/dialog.js";
import {ErrorBanner} from "../../components/feedback.js";
import {Page} from "../../components/page.js";
import {Tabs} from "../../components/tabs.js";
import {html, useEffect, useRef, useState} from "../../html.js";
import {go, href} from "../../router.js";
import {may, notify, share, shared} from "../../state.js";
import {Conflict} from "./conflict.js";
import {canonical, editable, mergePatch, NEW_AGENT, wellFormed} from "./draft.js";
import {JsonField} from "./fields.js";
import {AgentForm, FORM_PATHS} from "./form.js";
import {errorsAt, Unplaced} from "./messages.js";
import {RulesEditor} from "./rules.js";
import {saved} from "./save.js";
import {RulesTester} from "./tester.js";
import {Versions} from "./versions.js";

const PLACES = {form: FORM_PATHS, rules: ["config.routing.rules"], json: [], versions: []};

export function Editor({agent, models, tab, setTab, show}) {
  const stored = agent ? editable(agent) : NEW_AGENT;
  const [draft, setDraft] = useState(stored), [drawing, setDrawing] = useState(0);
  const [error, setError] = useState(null), [busy, setBusy] = useState(false), [broken, setBroken] = useState(false);
  const [removing, setRemoving] = useState(false), body = useRef(null);
  const edited = canonical(draft) !== canonical(stored), allowed = may("agents:write");
  useEffect(() => body.current?.querySelector("[aria-invalid=true]")?.focus(), [error]);

  function take(next) {
    setDraft(next);
    setDrawing(drawing + 1);
    setError(null);
  }
  async function save(base = agent) {
    setBusy(true);
    try {
      const next = await saved(base, stored, draft);
      share({agentsChanged: shared.agentsChanged + 1});
      notify(agent ? `Saved as version ${next.version}.` : "The agent was made.");
      show(next);
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  }
  const tabs = {form: "Form", rules: "Rules", json: "JSON", ...(agent ? {versions: "Versions"} : {})};
  const conflict = error?.code === "precondition_failed";
  return html`<${Page} title=${agent?.name ?? "New agent"} about=${agent && html`<${About} agent=${agent} />`}
      actions=${html`<${Actions} ...${{agent, allowed, edited, busy, broken}} save=${() => save()} drop=${() => take(stored)} remove=${() => setRemoving(true)} />`}>
    ${!allowed && html`<p class="banner">Your key may read agents, but not change them.</p>`}
    ${conflict && html`<${Conflict} key=${error.requestId} agent=${agent} keep=${save} drop=${show} />`}
    ${!conflict && !error?.details?.errors && html`<${ErrorBanner} error=${error} />`}
    <${Unplaced} error=${error} places=${PLACES[tab]} />
    <${Tabs} label="Ways to see the agent" tabs=${tabs} shown=${tab} show=${setTab}>
      <div ref=${body} key=${drawing}><${Panel} ...${{tab, agent, stored, draft, models, edited, allowed}} errorAt=${errorsAt(error)}
        change=${setDraft} onFault=${setBroken} take=${version => { take(editable(version)); setTab("form"); }} /></div>
    <//>
    ${removing && html`<${Confirm} title="Delete this agent?" action="Delete the agent" onClose=${() => setRemoving(false)}
      onConfirm=${() => remove(agent)}><span class="anywhere">${agent.name}</span> and its sessions can no longer be reached. There is no way back.<//>`}
  <//>`;
}

async function remove(agent) {
  await del(path`agents/${agent.agentId}`);
  share({agentsChanged: shared.agentsChanged + 1});
  notify("The agent was deleted.");
  go("agents");
}

function About({agent}) {
  return html`<span class="mono small anywhere">${agent.agentId}</span> <${Copy} text=${agent.agentId} label="Copy the agent's id" /> version ${agent.version}`;
}

function Actions({agent, allowed, edited, busy, broken, save, drop, remove}) {
  return html`
    <a class="button quiet" href=${href("agents")}>All agents</a>
    ${agent && may("chat") && html`<a class="button quiet" href=${href("sessions", agent.agentId)}>Sessions</a>`}
    ${agent && allowed && html`<${Button} kind="danger" icon="trash" onClick=${remove}>Delete<//>`}
    ${edited && html`<${Button} onClick=${drop}>Drop my edits<//>`}
    ${allowed && html`<${Button} kind="primary" busy=${busy} disabled=${busy || broken || !edited} onClick=${save}>${agent ? "Save" : "Make the agent"}<//>`}`;
}

function Panel({tab, agent, stored, draft, models, edited, allowed, errorAt, change, onFault, take}) {
  if (tab === "versions") return html`<${Versions} agent=${agent} take=${take} />`;
  if (tab !== "json" && !wellFormed(draft)) return html`<p class="muted">The JSON has not the shape of an agent, so it can be edited under JSON alone.</p>`;
  const panels = {
    form: () => html`<${AgentForm} ...${{draft, change, errorAt, models, onFault}} />`,
    rules: () => html`<${RulesEditor} ...${{draft, change, errorAt}} />`,
    json: () => html`<${JsonField} label="The agent as JSON" rows="24" object value=${draft} set=${change} onFault=${onFault} />`,
  };
  return html`<div class="stack">
    <fieldset class="plain" disabled=${!allowed}>${panels[tab]()}</fieldset>
    ${tab === "rules" && agent && may("chat") && html`<${RulesTester} agentId=${agent.agentId} edits=${edited ? mergePatch(stored, draft) : null} />`}
    ${tab === "rules" && !agent && html`<p class="muted">The rules can be tested once the agent has been made.</p>`}
  </div>`;
}
