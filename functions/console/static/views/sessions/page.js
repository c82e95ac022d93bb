// One session: what it is, what was said, and what can be done with it.

import {del, get, path, post} from "../../api.js";
import {Button} from "../../components/button.js";
import {Copy} from "../../components/copy.js";
import {Confirm} from "../../components/dialog.js";
import {Empty, ErrorBanner, Loading} from "../../components/feedback.js";
import {Page} from "../../components/page.js";
import {More} from "../../components/table.js";
import {count, usd, when} from "../../format.js";
import {html, useState} from "../../html.js";
import {useLoad, usePages} from "../../load.js";
import {go, href} from "../../router.js";
import {notify} from "../../state.js";
import {exported} from "./export.js";
import {Message} from "./message.js";

export function SessionPage({agentId, sessionId}) {
  const where = path`agents/${agentId}/sessions/${sessionId}`;
  const {data: session, error, reload} = useLoad(signal => get(where, {}, {signal}), [where]);
  const [removing, setRemoving] = useState(false), [failed, setFailed] = useState(null), [busy, setBusy] = useState("");
  async function during(what, work) {
    setBusy(what);
    setFailed(null);
    await work().catch(setFailed);
    setBusy("");
  }
  const fork = message => during(message?.messageId ?? "fork", async () => {
    const made = await post(path`agents/${agentId}/sessions`, forkOf(session, message));
    notify("Forked. This is the new session.");
    go("sessions", agentId, made.sessionId);
  });
  async function remove() {
    await del(where);
    notify("The session was deleted.");
    go("sessions", agentId);
  }
  const actions = html`<a class="button quiet" href=${href("sessions", agentId)}>All sessions</a>
    ${session && html`
      <a class="button" href=${href("chat", agentId, sessionId)}>Open in chat</a>
      <a class="button" href=${href("what-if", agentId, sessionId)}>What if</a>
      <${Button} icon="download" busy=${busy === "export"} disabled=${Boolean(busy)} onClick=${() => during("export", () => exported(where, session))}>Export<//>
      <${Button} icon="fork" busy=${busy === "fork"} disabled=${Boolean(busy)} onClick=${() => fork()}>Fork<//>
      <${Button} kind="danger" icon="trash" onClick=${() => setRemoving(true)}>Delete<//>`}`;
  return html`<${Page} title="Session" about=${html`<span class="mono small anywhere">${sessionId}</span> <${Copy} text=${sessionId} label="Copy the session's id" />`} actions=${actions}>
    <${ErrorBanner} error=${error} onRetry=${reload} />
    <${ErrorBanner} error=${failed} />
    ${!session && !error && html`<${Loading} what="the session" />`}
    ${session && html`<${Facts} session=${session} /><${History} where=${where} fork=${fork} busy=${busy} />`}
    ${removing && html`<${Confirm} title="Delete this session?" action="Delete the session" onConfirm=${remove} onClose=${() => setRemoving(false)}>
      Its ${count(session.messageCount)} messages are deleted as well. There is no way back. What it cost stays in the usage.<//>`}
  <//>`;
}

/** The body that opens a copy, up to and including the message if there is one. It has the same user and metadata. */
function forkOf(session, message) {
  return {
    forkFrom: {sessionId: session.sessionId, ...(message ? {upToMessageId: message.messageId} : {})},
    ...(session.userId ? {userId: session.userId} : {}),
    ...(Object.keys(session.metadata).length ? {metadata: session.metadata} : {}),
  };
}

function Facts({session}) {
  const {usage} = session;
  const facts = [
    ["User", session.userId ?? "–"], ["Agent's version", session.agentVersion ?? "the latest"], ["State", session.state],
    ["Messages", count(session.messageCount)], ["Tokens", count(usage.totalTokens)],
    ["Cost", usage.costUsd === null ? `not known (${count(usage.unpriced)} turns without a price)` : usd(usage.costUsd)],
    ["Opened", when(session.createdAt)], ["Last activity", when(session.lastActivityAt)],
    ["Expires", session.expiresAt ? when(session.expiresAt) : "never"],
    ...Object.entries(session.metadata).map(([name, value]) => [`Metadata: ${name}`, typeof value === "string" ? value : JSON.stringify(value)]),
  ];
  return html`<dl class="values">${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function History({where, fork, busy}) {
  const {rows, page, more, error, busy: loading, loaded, reload} = usePages(after => get(`${where}/messages`, {limit: 50, after}), [where]);
  return html`<section class="stack" aria-label="History">
    <h2>History</h2>
    <${ErrorBanner} error=${error} onRetry=${reload} />
    ${!loaded && loading && html`<${Loading} what="messages" />`}
    ${loaded && !rows.length && html`<${Empty} icon="chat" title="Nothing was said yet">Open it in the chat to send a message.<//>`}
    <ol class="stack">${rows.map(message => html`<li key=${message.messageId}>
      <${Message} message=${message} fork=${() => fork(message)} busy=${busy === message.messageId} disabled=${Boolean(busy)} />
    </li>`)}</ol>
    <${More} page=${page} busy=${loading} onMore=${more} />
  </section>`;
}
