// One stored message: who wrote it, what it says, what can be done with it, and the route of an answer.

import {Button} from "../../components/button.js";
import {Copy} from "../../components/copy.js";
import {Markdown} from "../../components/markdown.js";
import {when} from "../../format.js";
import {html} from "../../html.js";
import {Route} from "../route.js";
import {Thoughts} from "./thoughts.js";
import {ToolCalls} from "./tool_calls.js";

const WHO = {user: "You", system: "System", tool: "Tool result"};

export function Message({message, actions, onResults}) {
  const answer = message.role === "assistant";
  return html`<article class="turn ${message.role}">
    <div class="bubble">
      <header class="row small muted">
        <strong>${WHO[message.role] ?? "Answer"}</strong>
        ${message.toolCallId && html`<span class="mono anywhere">${message.toolCallId}</span>`}
        ${message.state === "incomplete" && html`<span class="tag warn">broken off</span>`}
        ${message.finishReason === "length" && html`<span class="tag warn">cut at the limit of tokens</span>`}
        <time class="push" datetime=${message.createdAt}>${when(message.createdAt)}</time>
      </header>
      ${message.reasoning && html`<${Thoughts} text=${message.reasoning} />`}
      <${Content} content=${message.content} plain=${!answer} />
      ${message.toolCalls?.length > 0 && html`<${ToolCalls} calls=${message.toolCalls} onResults=${onResults} />`}
      <${Actions} text=${textOf(message.content)} ...${actions} />
    </div>
    ${answer && message.route && html`<${Route} message=${message} />`}
  </article>`;
}

function Actions({text, onFork, onRetry, onEdit, onCopyAs}) {
  return html`<footer class="row actions">
    ${text && html`<${Copy} text=${text} label="Copy the text" />`}
    ${onRetry && html`<${Button} kind="quiet" small icon="retry" label="Answer again, in a new session" onClick=${onRetry} />`}
    ${onEdit && html`<${Button} kind="quiet" small icon="edit" label="Change it, in a new session" onClick=${onEdit} />`}
    ${onFork && html`<${Button} kind="quiet" small icon="fork" label="Fork a new session from here" onClick=${onFork} />`}
    ${onCopyAs && html`<${Button} kind="quiet" small icon="code" label="Copy as a request" onClick=${onCopyAs} />`}
  </footer>`;
}

/** A message's content: a text, or parts of which images are named but never loaded. */
export function Content({content, plain}) {
  const text = textOf(content);
  if (!text) return null;
  return plain ? html`<p class="plain">${text}</p>` : html`<${Markdown} text=${text} />`;
}

export function textOf(content) {
  if (typeof content === "string") return content;
  return (content ?? []).map(part => (part.type === "text" ? part.text : `[${part.type}]`)).join("\n");
}
