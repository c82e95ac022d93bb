// The view "Usage": what a tenant's turns used and cost, day by day, and its budgets.

import {get} from "../api.js";
import {Empty, ErrorBanner, Loading} from "../components/feedback.js";
import {Field} from "../components/field.js";
import {Page} from "../components/page.js";
import {html, useMemo, useState} from "../html.js";
import {useLoad} from "../load.js";
import {may} from "../state.js";
import {OwnBudgets} from "./usage/own_budgets.js";
import {Plots} from "./usage/plots.js";
import {daysBetween, lastDays} from "./usage/sums.js";
import {Rows, Total} from "./usage/tables.js";

const TIMES = [["7", "the last 7 days"], ["30", "the last 30 days"], ["90", "the last 90 days"]];
const SPLITS = [["provider", "provider"], ["model", "model"], ["", "nothing"]];

export function Usage() {
  const [days, setDays] = useState("30"), [split, setSplit] = useState("provider"), [tenant, setTenant] = useState("");
  const [from, to] = useMemo(() => lastDays(Number(days)), [days]);
  const {data, error, busy, reload} = useLoad(signal => get("usage", {from, to, tenant, groupBy: "day,provider,model"}, {signal}), [from, to, tenant]);
  const dates = useMemo(() => daysBetween(from, to), [from, to]);
  return html`<${Page} title="Usage" about="Days are those of UTC. A turn counts a few seconds after it has ended.">
    <div class="filters">
      <${Field} label="Time" as="select" options=${TIMES} value=${days} onInput=${setDays} />
      <${Field} label="Split by" as="select" options=${SPLITS} value=${split} onInput=${setSplit} />
      ${may("admin") && html`<${Tenant} tenant=${tenant} show=${setTenant} />`}
    </div>
    <${ErrorBanner} error=${error} onRetry=${reload} />
    ${!data && busy && html`<${Loading} what="usage" />`}
    ${data && !data.data.length && html`<${Empty} icon="usage" title="Nothing was used in this time">Each message and each completion for which a provider was asked counts here.<//>`}
    ${data?.data.length > 0 && html`
      <${Total} total=${data.total} />
      <${Plots} rows=${data.data} days=${dates} split=${split} />
      <${Rows} rows=${data.data} split=${split} />`}
    <${OwnBudgets} tenant=${tenant} />
  <//>`;
}

/** Another tenant's usage, for the scope admin. Its name counts when the field is left or Enter is pressed. */
function Tenant({tenant, show}) {
  const [text, setText] = useState(tenant);
  return html`<form onSubmit=${event => { event.preventDefault(); show(text.trim()); }}>
    <${Field} label="Tenant" value=${text} onInput=${setText} onBlur=${() => show(text.trim())} placeholder="your own" autocomplete="off" />
  </form>`;
}
