// Picks what is answered once more: an agent, one of its sessions, and one answer in it or all of them.

import {get, path} from "../../api.js";
import {Empty, ErrorBanner, Loading} from "../../components/feedback.js";
import {Field} from "../../components/field.js";
import {ago, count} from "../../format.js";
import {html} from "../../html.js";
import {useLoad} from "../../load.js";
import {go} from "../../router.js";
import {useShared} from "../../state.js";
import {useAgents} from "../sessions/list.js";
import {Trial} from "./trial.js";
import {allOf, summary, turnsOf} from "./turns.js";

const PAGE = 100, MOST = 2000; // the API looks for an answer among the newest 2,000 messages

export function Stored() {
  const [agentId = "", sessionId = "", messageId = ""] = useShared().place.parts, agents = useAgents(agentId);
  const chosen = agentId || agents.rows[0]?.agentId || "";
  return html`<div class="stack">
    <${ErrorBanner} error=${agents.error} onRetry=${agents.reload} />
    ${!agents.loaded && agents.busy && html`<${Loading} what="agents" />`}
    ${agents.loaded && !chosen && html`<${Empty} icon="agents" title="No agents yet">There is nothing that could be answered in another way.<//>`}
    ${chosen && html`<${Sessions} key=${chosen} agents=${agents.rows} agentId=${chosen} sessionId=${sessionId} messageId=${messageId} />`}
  </div>`;
}

function Sessions({agents, agentId, sessionId, messageId}) {
  const {data, error, busy, reload} = useLoad(signal => get(path`agents/${agentId}/sessions`, {limit: PAGE}, {signal}), [agentId]);
  const used = (data?.data ?? []).filter(one => one.messageCount > 0);
  const listed = used.map(one => [one.sessionId, `${ago(one.lastActivityAt)}, ${count(one.messageCount)} messages${one.userId ? `, ${one.userId}` : ""}`]);
  const options = sessionId && !listed.some(([id]) => id === sessionId) ? [[sessionId, sessionId], ...listed] : listed;
  const chosen = sessionId || options[0]?.[0] || "";
  return html`
    <div class="filters">
      <${Field} label="Agent" as="select" options=${agents.map(one => [one.agentId, one.name])} value=${agentId} onInput=${id => go("what-if", id)} />
      ${options.length > 0 && html`<${Field} label="Session" as="select" options=${options} value=${chosen} onInput=${id => go("what-if", agentId, id)} />`}
      ${chosen && html`<${Answers} key=${chosen} agentId=${agentId} sessionId=${chosen} messageId=${messageId} />`}
    </div>
    <${ErrorBanner} error=${error} onRetry=${reload} />
    ${!data && busy && html`<${Loading} what="sessions" />`}
    ${data && !chosen && html`<${Empty} icon="sessions" title="No sessions">Nobody has talked to this agent yet.<//>`}`;
}

/** The newest messages of the session, oldest first. */
async function messagesOf(where, signal) {
  const messages = [];
  for (let after; messages.length < MOST; ) {
    const page = await get(`${where}/messages`, {limit: PAGE, order: "desc", after}, {signal});
    messages.push(...page.data);
    if (!page.hasMore) break;
    after = page.nextCursor;
  }
  return messages.reverse();
}

function Answers({agentId, sessionId, messageId}) {
  const where = path`agents/${agentId}/sessions/${sessionId}`;
  const {data, error, busy, reload} = useLoad(signal => messagesOf(where, signal), [where]), turns = turnsOf(data ?? []);
  const options = [["", `${allOf(turns.length)} ${turns.length === 1 ? "answer" : "answers"}`], ...turns.map((turn, index) => [turn.stored.messageId, `${index + 1}. ${summary(turn)}`])];
  const chosen = turns.filter(turn => !messageId || turn.stored.messageId === messageId);
  return html`
    ${turns.length > 0 && html`<${Field} label="Answers" as="select" options=${options} value=${messageId} onInput=${id => go("what-if", agentId, sessionId, id)} />`}
    <div class="what-if-rest stack">
      <${ErrorBanner} error=${error} onRetry=${reload} />
      ${!data && busy && html`<${Loading} what="messages" />`}
      ${data && !chosen.length && html`<${Empty} icon="chat" title="No answer">This session has no answer that could be given in another way.<//>`}
      ${chosen.length > 0 && html`<${Trial} agentId=${agentId} where=${where} turns=${chosen} />`}
    </div>`;
}
