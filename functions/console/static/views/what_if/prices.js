// What recorded turns would have cost at another model's prices: no provider is asked.

import {get, post} from "../../api.js";
import {Button} from "../../components/button.js";
import {Chart} from "../../components/chart.js";
import {Empty, ErrorBanner} from "../../components/feedback.js";
import {Field} from "../../components/field.js";
import {Table} from "../../components/table.js";
import {count, usd} from "../../format.js";
import {html, useEffect, useMemo, useRef, useState} from "../../html.js";
import {useLoad} from "../../load.js";
import {TextField} from "../agents/fields.js";
import {useAgents} from "../sessions/list.js";
import {daysBetween, lastDays} from "../usage/sums.js";
import {added, REASONS} from "./days.js";

const TIMES = [["7", "the last 7 days"], ["14", "the last 14 days"], ["30", "the last 30 days"]];

export function Prices() {
  const [form, setForm] = useState({model: "", days: "7", agentId: ""}), {report, error, busy, run, stop} = useReport();
  const agents = useAgents(""), {data} = useLoad(signal => get("providers", {}, {signal}), []);
  const models = useMemo(() => (data?.data ?? []).flatMap(one => one.models.map(model => model.model)), [data]);
  const set = name => value => setForm(old => ({...old, [name]: value}));
  return html`<div class="stack">
    <form class="card stack" onSubmit=${event => { event.preventDefault(); run(form); }}>
      <p class="muted">The counts of recorded turns at another model's prices of their time. That it would write shorter or longer answers is not considered.</p>
      <div class="agents-grid">
        <${TextField} label="Model" hint="provider:model" required models=${models} value=${form.model} set=${text => set("model")(text ?? "")} error=${error?.field?.("model")} />
        <${Field} label="Time" as="select" options=${TIMES} value=${form.days} onInput=${set("days")} />
        <${Field} label="Agent" as="select" options=${[["", "all of them"], ...agents.rows.map(one => [one.agentId, one.name])]} value=${form.agentId} onInput=${set("agentId")} />
      </div>
      <div class="row">
        <${Button} kind="primary" type="submit" icon="usage" busy=${busy} disabled=${busy}>Add up<//>
        ${busy && html`<${Button} icon="stop" onClick=${stop}>Stop<//>`}
        ${busy && report && html`<span role="status" class="muted">${count(report.total.turns)} turns so far …</span>`}
      </div>
    </form>
    <${ErrorBanner} error=${error} />
    ${report && html`<${Report} report=${report} />`}
  </div>`;
}

/** Reads all pages and adds them up. What was read before a stop stays, and says that it is not all. */
function useReport() {
  const [state, setState] = useState({report: null, error: null, busy: false}), controller = useRef(null);
  useEffect(() => () => controller.current?.abort(), []);
  async function run({model, days, agentId}) {
    const mine = controller.current = new AbortController(), {signal} = mine, [from, to] = lastDays(Number(days));
    setState({report: null, error: null, busy: true});
    let report = null, after;
    try {
      do {
        const page = await post("usage/what-if", {model: model.trim(), from, to, ...(agentId ? {agentId} : {}), ...(after ? {after} : {})}, {signal});
        report = {...added(report, page), dates: daysBetween(from, to), whole: !page.hasMore};
        after = page.nextCursor;
        setState({report, error: null, busy: !report.whole});
      } while (after);
    } catch (error) {
      if (controller.current === mine) setState({report, error: signal.aborted ? null : error, busy: false});
    }
  }
  return {...state, run, stop: () => controller.current?.abort()};
}

function Report({report: {model, days, total, dates, whole}}) {
  const times = useMemo(() => dates.map(day => Date.parse(day) / 1000), [dates]);
  const series = useMemo(() => [["Really", "costUsd"], [model, "whatIfCostUsd"]].map(([label, name]) => ({label, values: dates.map(day => days.get(day)?.[name] ?? null)})), [days, dates, model]);
  if (!total.turns) return html`<${Empty} icon="usage" title="No turns in this time">Each message and each completion for which a provider was asked is recorded.<//>`;
  const rows = [...[...days].sort(([one], [other]) => one.localeCompare(other)), ["In all", total]];
  const columns = [
    {title: "Day", cell: ([day]) => html`<span class="nowrap">${day}</span>`},
    {title: "Turns", number: true, cell: ([, sums]) => count(sums.turns)},
    {title: "Compared", number: true, cell: ([, sums]) => count(sums.compared)},
    {title: "Cost", number: true, cell: ([, sums]) => usd(sums.costUsd)},
    {title: "What if", number: true, cell: ([, sums]) => usd(sums.whatIfCostUsd)},
    {title: "Difference", number: true, cell: ([, sums]) => difference(sums)},
  ];
  const left = Object.entries(total.leftOut);
  return html`
    ${!whole && html`<p class="banner warn">Not all turns of this time were read.</p>`}
    <p><strong>${sentence(model, total)}</strong></p>
    <div class="card"><${Chart} title="Cost by day" times=${times} series=${series} format=${usd} daily /></div>
    <${Table} caption="Cost by day, really and what if" columns=${columns} rows=${rows} rowKey=${([day]) => day} />
    ${left.length > 0 && html`<div class="stack-small"><h2>Not compared</h2>
      <ul>${left.map(([reason, turns]) => html`<li key=${reason}>${count(turns)} ${turns === 1 ? "turn" : "turns"}: ${REASONS[reason] ?? reason}</li>`)}</ul></div>`}`;
}

function difference({costUsd, whatIfCostUsd}) {
  if (costUsd === null || whatIfCostUsd === null) return "–";
  const more = whatIfCostUsd - costUsd;
  return `${more < 0 ? "−" : "+"}${usd(Math.abs(more))}`;
}

function sentence(model, {compared, costUsd, whatIfCostUsd}) {
  if (!compared) return "No turn can be compared.";
  return `${count(compared)} ${compared === 1 ? "turn has" : "turns have"} cost ${usd(costUsd)}. At ${model} ${compared === 1 ? "it" : "they"} would have cost ${usd(whatIfCostUsd)}.`;
}
