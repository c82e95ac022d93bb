// The budget of a tenant or a key: what is spent and reserved of it, and for the scope admin how it is set and removed.

import {del, get, path} from "../../api.js";
import {Button} from "../../components/button.js";
import {Confirm} from "../../components/dialog.js";
import {ErrorBanner, Loading} from "../../components/feedback.js";
import {count, usd, when} from "../../format.js";
import {html, useState} from "../../html.js";
import {useLoad} from "../../load.js";
import {may, notify} from "../../state.js";
import {BudgetDialog} from "./budget_dialog.js";
import {Meter} from "./meter.js";

/** `of` is "tenant" or "key", `id` its name or id. */
export function Budget({of, id}) {
  const where = path`budgets/${of}/${id}`, [shown, setShown] = useState("");
  const {data, error, reload} = useLoad(signal => budgetAt(where, signal), [where]);
  const budget = data?.budget;
  async function remove() {
    await del(where);
    notify("The budget was removed.");
    reload();
  }
  return html`<section class="card stack" aria-label=${`Budget of the ${of} ${id}`}>
    <div class="row">
      <h2 class="grow anywhere">Budget of the ${of} <span class="mono">${id}</span></h2>
      ${data && may("admin") && html`<${Button} small onClick=${() => setShown("edit")}>${budget ? "Change" : "Set a budget"}<//>
        ${budget && html`<${Button} small kind="danger" onClick=${() => setShown("remove")}>Remove<//>`}`}
    </div>
    <${ErrorBanner} error=${error} onRetry=${reload} />
    ${!data && !error && html`<${Loading} what="the budget" />`}
    ${data && (budget ? html`<${Spent} budget=${budget} />` : html`<p class="muted">There is no budget.</p>`)}
    ${shown === "edit" && html`<${BudgetDialog} ...${{of, id, where, budget}} onClose=${() => setShown("")} onSaved=${reload} />`}
    ${shown === "remove" && html`<${Confirm} title="Remove this budget?" action="Remove the budget" onConfirm=${remove} onClose=${() => setShown("")}>
      Nothing bounds what <span class="anywhere">${id}</span> spends then. Turns under way are not affected.<//>`}
  </section>`;
}

/** {budget}, which is null where there is none. */
async function budgetAt(where, signal) {
  try {
    return {budget: await get(where, {}, {signal})};
  } catch (error) {
    if (error.code === "not_found") return {budget: null};
    throw error;
  }
}

function Spent({budget}) {
  const warns = budget.warnAt === null ? "" : ` A warning is logged at ${Math.round(budget.warnAt * 100)} %.`;
  const ends = budget.resetsAt ? `It begins anew at ${when(budget.resetsAt)}.` : "It never begins anew.";
  return html`
    ${budget.limitUsd !== null && html`<${Meter} label="US dollars" spent=${budget.spentUsd} reserved=${budget.reservedUsd} limit=${budget.limitUsd} format=${usd} />`}
    ${budget.limitTokens !== null && html`<${Meter} label="Tokens" spent=${budget.spentTokens} reserved=${budget.reservedTokens} limit=${budget.limitTokens} format=${count} />`}
    <p class="muted small">${budget.period === "total" ? "In all." : `Each ${budget.period}.`} ${ends}${warns}${budget.allowUnpriced ? " Models without a price may be asked." : ""}</p>`;
}
