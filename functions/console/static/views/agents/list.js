// The list of agents.

import {get} from "../../api.js";
import {Empty, ErrorBanner, Loading} from "../../components/feedback.js";
import {Icon} from "../../components/icons.js";
import {Page} from "../../components/page.js";
import {More, Table} from "../../components/table.js";
import {when} from "../../format.js";
import {html} from "../../html.js";
import {usePages} from "../../load.js";
import {href} from "../../router.js";
import {may, useShared} from "../../state.js";

const COLUMNS = [
  {title: "Name", cell: agent => html`<a href=${href("agents", agent.agentId)}>${agent.name}</a>
    ${agent.description && html`<p class="muted small agents-clamp">${agent.description}</p>`}`},
  {title: "Model", cell: agent => html`<span class="mono wide-cell">${agent.model}</span>`},
  {title: "Version", number: true, cell: agent => agent.version},
  {title: "Changed", cell: agent => html`<span class="nowrap">${when(agent.updatedAt)}</span>`},
];

export function AgentList() {
  const {agentsChanged} = useShared();
  const {rows, page, more, error, busy, loaded, reload} = usePages(after => get("agents", {limit: 50, after}), [agentsChanged]);
  const make = may("agents:write") && html`<a class="button primary" href=${href("agents", "new")}><${Icon} name="plus" />New agent</a>`;
  return html`<${Page} title="Agents" about="Each is a model, its fallbacks, its rules and how to answer." actions=${make}>
    <${ErrorBanner} error=${error} onRetry=${reload} />
    ${!loaded && busy && html`<${Loading} what="agents" />`}
    ${loaded && !rows.length && html`<${Empty} icon="agents" title="No agents yet" action=${make}>An agent says which models answer, and how.<//>`}
    ${rows.length > 0 && html`<${Table} caption="Agents" columns=${COLUMNS} rows=${rows} rowKey=${agent => agent.agentId} />`}
    <${More} page=${page} busy=${busy} onMore=${more} />
  <//>`;
}
