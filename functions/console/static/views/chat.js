// The chat: an agent, a session, and its answers as they arrive.

import {get} from "../api.js";
import {Empty, ErrorBanner, Loading} from "../components/feedback.js";
import {Page} from "../components/page.js";
import {More, Table} from "../components/table.js";
import {html} from "../html.js";
import {usePages} from "../load.js";
import {href} from "../router.js";
import {useShared} from "../state.js";

const COLUMNS = [
  {title: "Agent", cell: agent => html`<a href=${href("chat", agent.agentId)}>${agent.name}</a>`},
  {title: "Model", cell: agent => html`<span class="mono">${agent.model}</span>`},
  {title: "Description", cell: agent => agent.description},
];

export function Chat() {
  const {agentsChanged} = useShared();
  const {rows, page, error, busy, loaded, more, reload} = usePages(
    (after, signal) => get("agents", {limit: 50, after}, {signal}), [agentsChanged]);
  return html`<${Page} title="Chat" about="Pick the agent that you want to talk to.">
    <${ErrorBanner} error=${error} onRetry=${reload} />
    ${busy && !loaded && html`<${Loading} what="agents" />`}
    ${loaded && (rows.length
      ? html`<${Table} caption="Agents" columns=${COLUMNS} rows=${rows} rowKey=${agent => agent.agentId} />`
      : html`<${Empty} icon="agents" title="No agents yet">An agent has a name, a model and instructions. Make one to begin.<//>`)}
    <${More} page=${page} busy=${busy} onMore=${more} />
  <//>`;
}
