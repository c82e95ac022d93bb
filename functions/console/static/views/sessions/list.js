// The sessions of an agent, newest first, of all users or of one; and the search over them.

import {get, path} from "../../api.js";
import {Button} from "../../components/button.js";
import {Empty, ErrorBanner, Loading} from "../../components/feedback.js";
import {Field} from "../../components/field.js";
import {Page} from "../../components/page.js";
import {More, Table} from "../../components/table.js";
import {ago, count, usd} from "../../format.js";
import {html, useEffect, useState} from "../../html.js";
import {useLoad, usePages} from "../../load.js";
import {go, href, replace} from "../../router.js";
import {may, useShared} from "../../state.js";

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
  const chosen = agentId || agents.rows[0]?.agentId || "", userId = place.query.get("userId") ?? "";
  return html`<${Page} title="Sessions" about="What was said to an agent, and what it answered.">
    <${ErrorBanner} error=${agents.error} onRetry=${agents.reload} />
    ${!agents.loaded && agents.busy && html`<${Loading} what="agents" />`}
    ${agents.loaded && !chosen && html`<${Empty} icon="agents" title="No agents yet">Sessions belong to an agent.<//>`}
    ${chosen && html`<${Filters} key=${`${chosen} ${userId}`} agents=${agents.rows} agentId=${chosen} userId=${userId} />
      <${Found} agentId=${chosen} userId=${userId} />`}
  <//>`;
}

/** The newest hundred agents, and the one of the address if it is none of these. */
export function useAgents(agentId) {
  const {data, error, busy, reload} = useLoad(signal => (may("agents:read") ? get("agents", {limit: 100}, {signal}) : Promise.resolve({data: []})), []);
  const listed = data?.data ?? [];
  const missing = agentId && !listed.some(one => one.agentId === agentId) ? [{agentId, name: agentId}] : [];
  return {rows: [...missing, ...listed], error, busy, reload, loaded: Boolean(data)};
}

function Filters({agents, agentId, userId}) {
  const [user, setUser] = useState(userId);
  function filter(event) {
    event.preventDefault();
    location.hash = `${href("sessions", agentId)}${user ? `?userId=${encodeURIComponent(user)}` : ""}`;
  }
  return html`<form class="filters" role="search" onSubmit=${filter}>
    <${Field} label="Agent" as="select" options=${agents.map(one => [one.agentId, one.name])} value=${agentId} onInput=${id => go("sessions", id)} />
    <${Field} label="User" value=${user} onInput=${setUser} autocomplete="off" placeholder="all users" />
    <${Button} type="submit">Filter<//>
  </form>`;
}

function Found({agentId, userId}) {
  const where = path`agents/${agentId}/sessions`;
  const {rows, page, more, error, busy, loaded, reload} = usePages(after => get(where, {userId, limit: 50, after}), [where, userId]);
  return html`
    <${ErrorBanner} error=${error} onRetry=${reload} />
    ${!loaded && busy && html`<${Loading} what="sessions" />`}
    ${loaded && !rows.length && html`<${Empty} icon="sessions" title="No sessions">${userId ? "This user has none with this agent." : "Nobody has talked to this agent yet."}<//>`}
    ${rows.length > 0 && html`<${Table} caption="Sessions" columns=${COLUMNS} rows=${rows} rowKey=${one => one.sessionId} />`}
    <${More} page=${page} busy=${busy} onMore=${more} />`;
}
