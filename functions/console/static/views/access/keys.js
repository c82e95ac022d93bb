// The keys of callers: listed, made and revoked.

import {del, get, path} from "../../api.js";
import {Button} from "../../components/button.js";
import {Confirm} from "../../components/dialog.js";
import {Empty, ErrorBanner, Loading} from "../../components/feedback.js";
import {More, Table} from "../../components/table.js";
import {count, when} from "../../format.js";
import {html, useState} from "../../html.js";
import {usePages} from "../../load.js";
import {notify} from "../../state.js";
import {NewKeyDialog} from "./new_key.js";

export function Keys() {
  const {rows, page, more, error, busy, loaded, reload} = usePages(after => get("keys", {limit: 50, after}), []);
  const [making, setMaking] = useState(false), [revoking, setRevoking] = useState(null);
  async function revoke() {
    await del(path`keys/${revoking.keyId}`);
    notify("The key was revoked. It may work for 60 more seconds.");
    reload();
  }
  const make = html`<${Button} kind="primary" icon="plus" onClick=${() => setMaking(true)}>Make a key<//>`;
  return html`<div class="stack">
    <div class="row">${make}</div>
    <${ErrorBanner} error=${error} onRetry=${reload} />
    ${!loaded && busy && html`<${Loading} what="keys" />`}
    ${loaded && !rows.length && html`<${Empty} icon="access" title="No keys">A key says which tenant a caller is, and what it may do.<//>`}
    ${rows.length > 0 && html`<${Table} caption="Keys" columns=${columns(setRevoking)} rows=${rows} rowKey=${one => one.keyId} />`}
    <${More} page=${page} busy=${busy} onMore=${more} />
    ${making && html`<${NewKeyDialog} onClose=${() => setMaking(false)} onMade=${reload} />`}
    ${revoking && html`<${Confirm} title="Revoke this key?" action="Revoke the key" onConfirm=${revoke} onClose=${() => setRevoking(null)}>
      A caller that uses <span class="anywhere">${revoking.name}</span> of the tenant ${revoking.tenant} is refused within 60 seconds. There is no way back.<//>`}
  </div>`;
}

const columns = revoke => [
  {title: "Name", cell: one => html`<span class="wide-cell">${one.name}</span><p class="muted small mono nowrap">${one.keyId}</p>`},
  {title: "Tenant", cell: one => one.tenant},
  {title: "Scopes", cell: one => one.scopes.join(", ")},
  {title: "Models", cell: one => one.models?.join(", ") || "all"},
  {title: "Per minute", number: true, cell: one => (one.requestsPerMinute === null ? "–" : count(one.requestsPerMinute))},
  {title: "Made", cell: one => html`<span class="nowrap">${when(one.createdAt)}</span>`},
  {title: "State", cell: one => html`<${State} one=${one} />`},
  {title: "Revoke", cell: one => !one.revokedAt && html`<${Button} small kind="danger" aria-label=${`Revoke ${one.name}`} onClick=${() => revoke(one)}>Revoke<//>`},
];

function State({one}) {
  if (one.revokedAt) return html`<span class="tag bad">revoked</span> <span class="small muted">${when(one.revokedAt)}</span>`;
  if (one.expiresAt && Date.parse(one.expiresAt) < Date.now()) return html`<span class="tag warn">expired</span> <span class="small muted">${when(one.expiresAt)}</span>`;
  return html`<span class="tag ok">valid</span> <span class="small muted">${one.expiresAt ? `until ${when(one.expiresAt)}` : ""}</span>`;
}
