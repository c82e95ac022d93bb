// The chat: an agent is picked here, then conversation.js talks with it. Its address is #/chat/<agentId>/<sessionId>.

import {get, path} from "../api.js";
import {ErrorBanner, Loading} from "../components/feedback.js";
import {html} from "../html.js";
import {useLoad} from "../load.js";
import {useShared} from "../state.js";
import {AgentPicker} from "./chat/agent_picker.js";
import {Conversation} from "./chat/conversation.js";

export function Chat() {
  const [agentId, sessionId] = useShared().place.parts;
  return agentId ? html`<${WithAgent} key=${agentId} agentId=${agentId} sessionId=${sessionId ?? null} />` : html`<${AgentPicker} />`;
}

function WithAgent({agentId, sessionId}) {
  const {agentsChanged} = useShared();
  const {data: agent, error, reload} = useLoad(signal => get(path`agents/${agentId}`, {}, {signal}), [agentId, agentsChanged]);
  if (error && !agent) return html`<div class="page"><${ErrorBanner} error=${error} onRetry=${reload} /><p><a href="#/chat">Pick another agent</a></p></div>`;
  if (!agent) return html`<${Loading} what="the agent" />`;
  return html`<${Conversation} agent=${agent} sessionId=${sessionId} />`;
}
