// The sessions of an agent, to go on with one of them.

import {get, path} from "../../api.js";
import {Dialog} from "../../components/dialog.js";
import {Empty, ErrorBanner, Loading} from "../../components/feedback.js";
import {More} from "../../components/table.js";
import {ago, count, usd} from "../../format.js";
import {html} from "../../html.js";
import {usePages} from "../../load.js";
import {href} from "../../router.js";

export function SessionList({agentId, current, onClose}) {
  const {rows, page, error, busy, loaded, more, reload} = usePages(
    (after, signal) => get(path`agents/${agentId}/sessions`, {limit: 20, after}, {signal}), [agentId]);
  return html`<${Dialog} title="Sessions" onClose=${onClose}>
    <${ErrorBanner} error=${error} onRetry=${reload} />
    ${busy && !loaded && html`<${Loading} what="sessions" />`}
    ${loaded && rows.length === 0 && html`<${Empty} icon="sessions" title="No sessions yet">Send a message, and one begins.<//>`}
    <ul class="session-list">${rows.map(session => html`<li key=${session.sessionId}>
      <a href=${href("chat", agentId, session.sessionId)} aria-current=${session.sessionId === current ? "true" : undefined} onClick=${onClose}>
        <span class="mono small anywhere">${session.sessionId}</span>
        <span class="small muted">${ago(session.lastActivityAt)} · ${count(session.messageCount)} messages · ${usd(session.usage.costUsd)}${session.userId ? ` · ${session.userId}` : ""}</span>
      </a></li>`)}</ul>
    <${More} page=${page} busy=${busy} onMore=${more} />
  <//>`;
}
