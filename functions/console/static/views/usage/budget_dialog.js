// Sets the budget of a tenant or a key.

import {put} from "../../api.js";
import {Button} from "../../components/button.js";
import {Dialog, DialogFoot} from "../../components/dialog.js";
import {ErrorBanner} from "../../components/feedback.js";
import {Check, Field} from "../../components/field.js";
import {html, useState} from "../../html.js";
import {notify} from "../../state.js";

const PERIODS = [["day", "each day"], ["week", "each week"], ["month", "each month"], ["total", "in all"]];

export function BudgetDialog({of, id, where, budget, onClose, onSaved}) {
  const [form, setForm] = useState(formOf(budget)), [error, setError] = useState(null), [busy, setBusy] = useState(false);
  const bound = name => ({value: form[name], onInput: value => setForm({...form, [name]: value}), fault: error?.field(name)});
  async function save(event) {
    event.preventDefault();
    setBusy(true);
    try {
      await put(where, bodyOf(form));
      notify("The budget was set.");
      onSaved();
      onClose();
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  }
  const general = error && !["period", "usd", "tokens", "warnAt"].some(name => error.field(name)) ? error : null;
  return html`<${Dialog} title=${`Budget of the ${of} ${id}`} busy=${busy} onClose=${onClose}>
    <form class="stack" onSubmit=${save}>
      <${ErrorBanner} error=${general} />
      <${Field} label="Period" as="select" options=${PERIODS} ...${bound("period")} />
      <${Field} label="Limit in USD" inputmode="decimal" autocomplete="off" ...${bound("usd")} />
      <${Field} label="Limit in tokens" inputmode="numeric" autocomplete="off" hint="One of the two limits, or both." ...${bound("tokens")} />
      <${Field} label="Warn at" inputmode="decimal" autocomplete="off" hint="A share of the limits, such as 0.8." ...${bound("warnAt")} />
      <${Check} label="Models without a price may be asked" checked=${form.allowUnpriced} onChange=${on => setForm({...form, allowUnpriced: on})} />
      <${DialogFoot}>
        <${Button} disabled=${busy} onClick=${onClose}>Cancel<//>
        <${Button} kind="primary" type="submit" busy=${busy} disabled=${busy}>Set the budget<//>
      <//>
    </form>
  <//>`;
}

function formOf(budget) {
  const text = value => (value === null || value === undefined ? "" : String(value));
  return {
    period: budget?.period ?? "month", usd: text(budget?.limitUsd), tokens: text(budget?.limitTokens), warnAt: text(budget?.warnAt),
    allowUnpriced: budget?.allowUnpriced ?? false,
  };
}

/** What was typed as a number where it is one; the API says what is wrong with the rest. */
function bodyOf({period, allowUnpriced, ...numbers}) {
  const given = Object.entries(numbers).filter(([, text]) => text.trim());
  const typed = text => (Number.isFinite(Number(text)) ? Number(text) : text);
  return {period, allowUnpriced, ...Object.fromEntries(given.map(([name, text]) => [name, typed(text)]))};
}
