// Tenants' own keys at providers. A key goes in and is never shown again.

import {del, get, path, put} from "../../api.js";
import {Button} from "../../components/button.js";
import {Confirm, Dialog, DialogFoot} from "../../components/dialog.js";
import {Empty, ErrorBanner, Loading} from "../../components/feedback.js";
import {Field} from "../../components/field.js";
import {Table} from "../../components/table.js";
import {when} from "../../format.js";
import {html, useState} from "../../html.js";
import {useLoad} from "../../load.js";
import {notify} from "../../state.js";
import {ChooseTenant} from "./tenant.js";

export function ProviderKeys() {
  const [tenant, setTenant] = useState("");
  return html`<div class="stack">
    <p class="muted">A tenant may bring its own key at a provider. Its calls to that provider go with that key alone.</p>
    <${ChooseTenant} show=${setTenant} />
    ${tenant && html`<${OfTenant} key=${tenant} tenant=${tenant} />`}
  </div>`;
}

function OfTenant({tenant}) {
  const {data, error, reload} = useLoad(signal => get(path`tenants/${tenant}/providers`, {}, {signal}), [tenant]);
  const [putting, setPutting] = useState(false), [removing, setRemoving] = useState(null);
  async function remove() {
    await del(path`tenants/${tenant}/providers/${removing}`);
    notify("The key was forgotten. Within 60 seconds the server's key is used.");
    reload();
  }
  const columns = [
    {title: "Provider", cell: one => one.provider},
    {title: "Endpoint", cell: one => one.endpoint ?? "the server's"},
    {title: "Put", cell: one => when(one.updatedAt)},
    {title: "Forget", cell: one => html`<${Button} small kind="danger" aria-label=${`Forget the key at ${one.provider}`} onClick=${() => setRemoving(one.provider)}>Forget<//>`},
  ];
  return html`<section class="stack" aria-label=${`Keys of ${tenant}`}>
    <div class="row"><h2 class="grow anywhere">Keys of ${tenant}</h2><${Button} icon="plus" onClick=${() => setPutting(true)}>Put a key<//></div>
    <${ErrorBanner} error=${error} onRetry=${reload} />
    ${!data && !error && html`<${Loading} what="keys" />`}
    ${data && !data.data.length && html`<${Empty} icon="access" title="No keys of its own">The server's keys are used for this tenant.<//>`}
    ${data?.data.length > 0 && html`<${Table} caption=${`Providers' keys of ${tenant}`} columns=${columns} rows=${data.data} rowKey=${one => one.provider} />`}
    ${putting && html`<${PutDialog} tenant=${tenant} onClose=${() => setPutting(false)} onPut=${reload} />`}
    ${removing && html`<${Confirm} title="Forget this key?" action="Forget the key" onConfirm=${remove} onClose=${() => setRemoving(null)}>
      Calls of ${tenant} to ${removing} go with the server's key again.<//>`}
  </section>`;
}

function PutDialog({tenant, onClose, onPut}) {
  const {data} = useLoad(signal => get("providers", {}, {signal}), []);
  const names = (data?.data ?? []).map(one => one.provider);
  const [form, setForm] = useState({provider: "", apiKey: "", endpoint: ""}), [error, setError] = useState(null), [busy, setBusy] = useState(false);
  const bound = name => ({value: form[name], onInput: value => setForm({...form, [name]: value}), fault: error?.field(name), autocomplete: "off"});
  const provider = form.provider || names[0] || "";
  async function save(event) {
    event.preventDefault();
    setBusy(true);
    try {
      await put(path`tenants/${tenant}/providers/${provider}`, {apiKey: form.apiKey, ...(form.endpoint ? {endpoint: form.endpoint} : {})});
      notify("The key is in force within 60 seconds.");
      onPut();
      onClose();
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  }
  return html`<${Dialog} title=${`Put a key of ${tenant}`} busy=${busy} onClose=${onClose}>
    <form class="stack" onSubmit=${save}>
      ${!["apiKey", "endpoint"].some(name => error?.field(name)) && html`<${ErrorBanner} error=${error} />`}
      <${Field} label="Provider" as="select" options=${names} ...${bound("provider")} value=${provider} />
      <${Field} label="Key at the provider" type="password" hint="It is stored encrypted, and shown nowhere." ...${bound("apiKey")} />
      <${Field} label="Endpoint" hint="The base URL to call; without it, the server's. It must be https and public." ...${bound("endpoint")} />
      <${DialogFoot}>
        <${Button} disabled=${busy} onClick=${onClose}>Cancel<//>
        <${Button} kind="primary" type="submit" busy=${busy} disabled=${busy || !provider}>Put the key<//>
      <//>
    </form>
  <//>`;
}
