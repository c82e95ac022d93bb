// One conversation: its messages with their routes, and what is sent next.

import {Button} from "../../components/button.js";
import {ErrorBanner, Loading} from "../../components/feedback.js";
import {html, useEffect, useLayoutEffect, useRef, useState} from "../../html.js";
import {go, href} from "../../router.js";
import {notify} from "../../state.js";
import {Composer} from "./composer.js";
import {CopyAs} from "./copy_as.js";
import {Live} from "./live.js";
import {Message} from "./message.js";
import {SessionList} from "./session_list.js";
import {fork, useConversation} from "./turns.js";

export function Conversation({agent, sessionId}) {
  const {agentId} = agent, talk = useConversation(agentId, sessionId);
  const [listing, setListing] = useState(false), [copied, setCopied] = useState(null), [draft, setDraft] = useState("");
  const pending = useRef(null), log = useScroll(talk);
  const running = talk.live?.state === "running", last = talk.messages.at(-1);
  const open = !talk.live && last?.state === "requires_action" ? last : null;

  useEffect(() => { // what a fork was made for
    if (!pending.current || talk.loading || pending.current.sessionId !== sessionId) return;
    const {body, text} = pending.current;
    pending.current = null;
    if (text) setDraft(text);
    if (body) talk.send(body);
  }, [sessionId, talk.loading]);

  /** A fork up to a message, in which `body` is sent or `text` is ready to be changed. */
  async function branch(upTo, then = {}) {
    try {
      const made = await fork(agentId, sessionId, upTo);
      pending.current = {...then, sessionId: made};
      notify("A new session begins here. The old one stays as it was.");
      go("chat", agentId, made);
    } catch (error) {
      notify(error.message, "error");
    }
  }
  /** The question behind the message at an index, and the message before it. */
  function question(index) {
    let at = index;
    while (at > 0 && talk.messages[at].role !== "user") at--;
    return {asked: talk.messages[at], before: talk.messages[at - 1]?.messageId};
  }
  function actionsOf(message, index) {
    const {asked, before} = question(index), known = index > 0 || !talk.earlier;
    return {
      onFork: () => branch(message.messageId),
      onCopyAs: () => setCopied(asked ?? message),
      onRetry: message.role === "assistant" && asked?.role === "user" && known ? () => branch(before, {body: bodyOf(asked)}) : null,
      onEdit: message.role === "user" && known && typeof message.content === "string" ? () => branch(before, {text: message.content}) : null,
    };
  }

  return html`<div class="chat">
    <header class="chat-head">
      <div class="grow">
        <h1 class="ellipsis" title=${agent.name}>${agent.name}</h1>
        <p class="small muted ellipsis"><span class="mono">${agent.model}</span> · <a href="#/chat">another agent</a></p>
      </div>
      <${Button} small icon="sessions" onClick=${() => setListing(true)}>Sessions<//>
      ${sessionId && html`<a class="button small" href=${href("chat", agentId)}><span>New<span class="wide-only"> session</span></span></a>`}
    </header>
    <div class="chat-log" ref=${log} tabindex="0" role="log" aria-label="Messages" aria-busy=${running ? "true" : "false"}>
      ${talk.loading && html`<${Loading} what="messages" />`}
      <${ErrorBanner} error=${talk.error} onRetry=${talk.reload} />
      ${talk.earlier && html`<div class="row"><${Button} small onClick=${talk.loadEarlier}>Show earlier messages<//></div>`}
      ${!talk.loading && !talk.live && !talk.error && talk.messages.length === 0 && html`<div class="chat-welcome">
        <h2>Say something to ${agent.name}</h2>
        <p class="muted">The answer appears as it is written, and beside it why this model gave it. “Explain” below shows the plan before anything is sent.</p>
      </div>`}
      ${talk.messages.map((message, index) => html`<${Message} key=${message.messageId} message=${message}
        actions=${running ? {} : actionsOf(message, index)} onResults=${open === message ? talk.send : null} />`)}
      ${talk.live && html`<${Live} live=${talk.live} onAgain=${talk.again} onForget=${talk.forget} />`}
    </div>
    <${Composer} agent=${agent} sessionId=${sessionId} draft=${draft} setDraft=${setDraft} running=${running} waiting=${Boolean(open)}
      onSend=${talk.send} onStop=${talk.stop} onCopyAs=${body => setCopied(body)} />
    ${listing && html`<${SessionList} agentId=${agentId} current=${sessionId} onClose=${() => setListing(false)} />`}
    ${copied && html`<${CopyAs} agent=${agent} sessionId=${sessionId} message=${copied} onClose=${() => setCopied(null)} />`}
  </div>`;
}

/** What was sent, as it can be sent again. */
function bodyOf({content, taskType, priority}) {
  return {content, ...(taskType && {taskType}), ...(priority && {priority})};
}

/** Keeps the end of the log in sight while it grows, unless the reader has scrolled up. */
function useScroll({messages, live}) {
  const log = useRef(null), follows = useRef(true);
  useEffect(() => {
    const element = log.current, note = () => { follows.current = element.scrollHeight - element.scrollTop - element.clientHeight < 80; };
    element.addEventListener("scroll", note, {passive: true});
    return () => element.removeEventListener("scroll", note);
  }, []);
  useLayoutEffect(() => { follows.current = true; }, [live?.key]);
  useLayoutEffect(() => { if (follows.current) log.current.scrollTop = log.current.scrollHeight; }, [messages, live]);
  return log;
}
