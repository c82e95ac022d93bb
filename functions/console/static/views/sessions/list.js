// The sessions of an agent, newest first, of all users or of one; and the search over them.

import {get, path} from "../../api.js";
import {Button} from "../../components/button.js";
import {Empty, ErrorBanner, Loading} from "../../components/feedback.js";
import {Field} from "../../components/field.js";
import {Page} from "../../components/page.js";
import {More, Table} from "../../components/table.js";
import {ago, count, usd} from "../../format.js";
import {html, useState} from "../../html.js";
import {useLoad, usePages} from "../../load.js";
import {go, href, show} from "../../router.js";
import {may, useShared} from "../../state.js";
import {faultOf, filterOf, queryOf} from "./filter.js";

const COLUMNS = [
  {title: "Session", cell: one => html`<a class="mono nowrap" href=${href("sessions", one.agentId, one.sessionId)}>${one.sessionId}</a>`},
  {title: "User", cell: one => one.userId ?? "–"},
  {title: "Metadata", cell: one => html`<span class="mono small sessions-clamp">${metadataOf(one)}</span>`},
  {title: "Messages", number: true, cell: one => count(one.messageCount)},
  {title: "Cost", number: true, cell: one => usd(one.usage.costUsd)},
  {title: "Last activity", cell: one => html`<span class="nowrap">${ago(one.lastActivityAt)}</span>`},
];

const metadataOf = one => (Object.keys(one.metadata).length ? JSON.stringify(one.metadata) : "–");

export function SessionList({agentId}) {
  const agents = useAgents(agentId), {place} = useShared();
  const chosen = agentId || agents.rows[0]?.agentId || "", filter = filterOf(place.query);
  return html`<${Page} title="Sessions" about="What was said to an agent, and what it answered.">
    <${ErrorBanner} error=${agents.error} onRetry=${agents.reload} />
    ${!agents.loaded && agents.busy && html`<${Loading} what="agents" />`}
    ${agents.loaded && !chosen && html`<${Empty} icon="agents" title="No agents yet">Sessions belong to an agent.<//>`}
    ${chosen && html`<${Filters} key=${`${chosen} ${place.query}`} agents=${agents.rows} agentId=${chosen} filter=${filter} />
      <${Found} agentId=${chosen} filter=${filter} />`}
  <//>`;
}

/** The newest hundred agents, and the one of the address if it is none of these. */
export function useAgents(agentId) {
  const {data, error, busy, reload} = useLoad(signal => (may("agents:read") ? get("agents", {limit: 100}, {signal}) : Promise.resolve({data: []})), []);
  const listed = data?.data ?? [];
  const missing = agentId && !listed.some(one => one.agentId === agentId) ? [{agentId, name: agentId}] : [];
  return {rows: [...missing, ...listed], error, busy, reload, loaded: Boolean(data)};
}

function Filters({agents, agentId, filter}) {
  const [form, setForm] = useState(filter);
  const bound = name => ({value: form[name], onInput: value => setForm({...form, [name]: value}), autocomplete: "off", spellcheck: "false"});
  function search(event) {
    event.preventDefault();
    if (faultOf(form.metadata)) return;
    const given = new URLSearchParams(Object.entries(form).filter(([, text]) => text.trim()));
    show(`${href("sessions", agentId)}${given.size ? `?${given}` : ""}`);
  }
  return html`<form class="filters" role="search" onSubmit=${search}>
    <${Field} label="Agent" as="select" options=${agents.map(one => [one.agentId, one.name])} value=${agentId} onInput=${id => go("sessions", id)} />
    <${Field} label="User" placeholder="all users" ...${bound("userId")} />
    <${Field} label="Id begins with" placeholder="sess_…" ...${bound("sessionId")} />
    <${Field} label="Metadata" placeholder="tier=gold, region=eu" fault=${faultOf(form.metadata)} ...${bound("metadata")} />
    <${Button} type="submit" icon="search">Search<//>
  </form>`;
}

function Found({agentId, filter}) {
  const where = path`agents/${agentId}/sessions`, query = queryOf(filter), searched = Object.keys(query).length > 0;
  const {rows, page, more, error, busy, loaded, reload} = usePages(
    (after, signal) => get(where, {...query, limit: 50, after}, {signal}), [where, JSON.stringify(query)]);
  return html`
    <${ErrorBanner} error=${error} onRetry=${reload} />
    ${!loaded && busy && html`<${Loading} what="sessions" />`}
    ${loaded && !error && !rows.length && html`<${Empty} icon="sessions" title="No sessions">${nothing(searched, page)}<//>`}
    ${rows.length > 0 && html`<${Table} caption="Sessions" columns=${COLUMNS} rows=${rows} rowKey=${one => one.sessionId} />`}
    <${More} page=${page} busy=${busy} onMore=${more} />`;
}

function nothing(searched, page) {
  if (page?.nextCursor) return "None of the sessions that were looked at so far is like that. Go on to look at older ones.";
  return searched ? "None with this agent is like that." : "Nobody has talked to this agent yet.";
}
