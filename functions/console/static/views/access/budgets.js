// The budgets of all tenants and keys. The API has no list of them, so one is looked up by its tenant or key.

import {get} from "../../api.js";
import {Empty, ErrorBanner} from "../../components/feedback.js";
import {Field} from "../../components/field.js";
import {html, useState} from "../../html.js";
import {useLoad} from "../../load.js";
import {Budget} from "../usage/budget.js";

export function Budgets() {
  const [shown, setShown] = useState(""), {data, error, reload} = useLoad(signal => whose(signal), []);
  const options = data ?? [];
  const chosen = shown || options[0]?.[0] || "", [of, id] = [chosen.slice(0, chosen.indexOf("/")), chosen.slice(chosen.indexOf("/") + 1)];
  return html`<div class="stack">
    <p class="muted">A budget bounds what a tenant or a key may spend in a period. Calls under way are reserved at their highest cost.</p>
    <${ErrorBanner} error=${error} onRetry=${reload} />
    ${data && html`<${Field} label="Tenant or key" as="select" options=${options} value=${chosen} onInput=${setShown} />`}
    ${id ? html`<${Budget} key=${chosen} of=${of} id=${id} />` : data && html`<${Empty} icon="access" title="No tenants yet">Make a key for one first.<//>`}
  </div>`;
}

/** The options: the caller's tenant, those of the newest keys, and these keys. */
async function whose(signal) {
  const [me, keys] = await Promise.all([get("keys/current", {}, {signal}), get("keys", {limit: 100}, {signal})]);
  const tenants = [...new Set([me.tenant, ...keys.data.map(one => one.tenant)])].sort();
  return [
    ...tenants.map(name => [`tenant/${name}`, `tenant ${name}`]),
    ...keys.data.filter(one => !one.revokedAt).map(one => [`key/${one.keyId}`, `key ${one.name} of ${one.tenant} (${one.keyId})`]),
  ];
}
