// The view "Agents": the list, and one agent by its address (#/agents/<agentId>, or #/agents/new).

import {html} from "../html.js";
import {useShared} from "../state.js";
import {AgentList} from "./agents/list.js";
import {AgentPage, NewAgentPage} from "./agents/page.js";

export function Agents() {
  const [agentId] = useShared().place.parts;
  if (!agentId) return html`<${AgentList} />`;
  return agentId === "new" ? html`<${NewAgentPage} />` : html`<${AgentPage} key=${agentId} agentId=${agentId} />`;
}
