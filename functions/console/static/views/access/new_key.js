// Makes a key of a caller, and shows it the only time that it can be seen.

import {post} from "../../api.js";
import {Button} from "../../components/button.js";
import {Copy} from "../../components/copy.js";
import {Dialog, DialogFoot} from "../../components/dialog.js";
import {ErrorBanner} from "../../components/feedback.js";
import {Check, Field} from "../../components/field.js";
import {html, useState} from "../../html.js";

const SCOPES = {
  "agents:read": "Read agents", "agents:write": "Make, change and delete agents", chat: "Sessions, messages, routes and the doors under /v1",
  usage: "The own tenant's usage and budgets", admin: "Keys, budgets and usage of all tenants",
};
const DAY = 86_400_000;
const LIFETIMES = [["", "never"], ["7", "in 7 days"], ["30", "in 30 days"], ["90", "in 90 days"], ["365", "in a year"]];
const EMPTY = {tenant: "default", name: "", scopes: ["chat"], models: "", days: "90", requestsPerMinute: ""};

export function NewKeyDialog({onClose, onMade}) {
  const [form, setForm] = useState(EMPTY), [error, setError] = useState(null), [busy, setBusy] = useState(false), [made, setMade] = useState(null);
  const bound = (name, field = name) => ({value: form[name], onInput: value => setForm({...form, [name]: value}), fault: messagesAt(error, field), autocomplete: "off"});
  async function make(event) {
    event.preventDefault();
    setBusy(true);
    try {
      setMade(await post("keys", bodyOf(form)));
      onMade();
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  }
  if (made) return html`<${Made} made=${made} onClose=${onClose} />`;
  return html`<${Dialog} title="Make a key" busy=${busy} onClose=${onClose}>
    <form class="stack" onSubmit=${make}>
      ${!error?.details?.errors && html`<${ErrorBanner} error=${error} />`}
      <${Field} label="Name" hint="Who uses it, or for what." ...${bound("name")} />
      <${Field} label="Tenant" hint="Agents, sessions and usage are a tenant's own." ...${bound("tenant")} />
      <${Scopes} scopes=${form.scopes} fault=${messagesAt(error, "scopes")} change=${scopes => setForm({...form, scopes})} />
      <${Field} label="Models" as="textarea" rows="2" hint="Patterns such as openai:*, one a line. Without any, all." ...${bound("models")} />
      <${Field} label="Ends" as="select" options=${LIFETIMES} ...${bound("days", "expiresAt")} />
      <${Field} label="Requests per minute" inputmode="numeric" hint="Without it, any number." ...${bound("requestsPerMinute")} />
      <${DialogFoot}>
        <${Button} disabled=${busy} onClick=${onClose}>Cancel<//>
        <${Button} kind="primary" type="submit" busy=${busy} disabled=${busy}>Make the key<//>
      <//>
    </form>
  <//>`;
}

function Scopes({scopes, fault, change}) {
  return html`<fieldset class="plain stack-small">
    <legend class="label">What it may do</legend>
    ${Object.entries(SCOPES).map(([scope, about]) => html`<${Check} key=${scope} label=${html`<code>${scope}</code> <span class="muted small">${about}</span>`}
      checked=${scopes.includes(scope)} onChange=${on => change(on ? [...scopes, scope] : scopes.filter(one => one !== scope))} />`)}
    ${fault && html`<p class="small agents-fault">${fault}</p>`}
  </fieldset>`;
}

function Made({made, onClose}) {
  return html`<${Dialog} title="The key was made" onClose=${onClose}>
    <p>Copy it now: nothing shows it again.</p>
    <div class="row card"><code class="grow anywhere">${made.key}</code><${Copy} text=${made.key} label="Copy the key">Copy<//></div>
    <p class="muted small">It is of the tenant ${made.tenant} and may: ${made.scopes.join(", ")}.</p>
    <${DialogFoot}><${Button} kind="primary" onClick=${onClose}>Done<//><//>
  <//>`;
}

/** The API's messages for a field and for what is in it. */
function messagesAt(error, name) {
  const found = error?.details?.errors?.filter(one => one.field === name || one.field.startsWith(`${name}[`)) ?? [];
  return found.map(one => one.message).join(" ");
}

function bodyOf({tenant, name, scopes, models, days, requestsPerMinute}) {
  const patterns = models.split("\n").map(line => line.trim()).filter(Boolean), rate = requestsPerMinute.trim();
  return {
    tenant, name, scopes,
    ...(patterns.length ? {models: patterns} : {}),
    ...(days ? {expiresAt: new Date(Date.now() + Number(days) * DAY).toISOString()} : {}),
    ...(rate ? {requestsPerMinute: Number.isFinite(Number(rate)) ? Number(rate) : rate} : {}),
  };
}
