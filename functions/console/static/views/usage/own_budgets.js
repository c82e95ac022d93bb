// The budgets that the caller's own turns are held to: its tenant's and its key's.

import {get} from "../../api.js";
import {html} from "../../html.js";
import {useLoad} from "../../load.js";
import {Budget} from "./budget.js";

export function OwnBudgets({tenant}) {
  const {data: me} = useLoad(signal => get("keys/current", {}, {signal}), []);
  const whose = tenant || me?.tenant;
  if (!whose) return null;
  return html`<section class="stack" aria-label="Budgets">
    <${Budget} key=${whose} of="tenant" id=${whose} />
    ${!tenant && me?.keyId && html`<${Budget} of="key" id=${me.keyId} />`}
  </section>`;
}
