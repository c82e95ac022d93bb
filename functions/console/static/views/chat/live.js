// The turn that is under way: what was sent, what has arrived so far, and what to do when it stopped or failed.

import {Button} from "../../components/button.js";
import {ErrorBanner} from "../../components/feedback.js";
import {Markdown} from "../../components/markdown.js";
import {html} from "../../html.js";
import {Skipped} from "../route/skipped.js";
import {Waterfall} from "../route/waterfall.js";
import {Content} from "./message.js";
import {Thoughts} from "./thoughts.js";
import {ToolCalls} from "./tool_calls.js";

export function Live({live, onAgain, onForget}) {
  const {sent, content, reasoning, toolCalls, model, state, error} = live;
  const nothing = !content && !reasoning && toolCalls.length === 0;
  const failed = error?.details?.attempts;
  return html`<${Sent} body=${sent} />
    <article class="turn assistant">
      <div class="bubble">
        <header class="row small muted"><strong>Answer</strong>${model && html`<span class="tag accent mono">${model}</span>`}
          ${state === "running" && html`<span class="spinner" role="status" aria-label="The answer arrives" />`}</header>
        ${reasoning && html`<${Thoughts} text=${reasoning} arriving=${state === "running" && !content} />`}
        ${content && html`<${Markdown} text=${content} />`}
        ${toolCalls.length > 0 && html`<${ToolCalls} calls=${toolCalls} />`}
        ${state === "running" && nothing && html`<p class="muted">${model ? "The model begins …" : "Looking for a model that answers …"}</p>`}
        ${state === "stopped" && html`<div class="banner warn"><p class="grow">Stopped. The answer is still written and stored.</p>
          <${Button} small onClick=${onAgain}>Go on reading<//></div>`}
        ${state === "failed" && html`<${ErrorBanner} error=${error} />`}
        ${state === "failed" && html`<div class="row"><${Button} small icon="retry" onClick=${onAgain}>Try again<//><${Button} small kind="quiet" onClick=${onForget}>Dismiss<//></div>`}
      </div>
      ${failed && html`<section class="route card stack" aria-label="Route"><h2>What was tried</h2>
        <${Waterfall} attempts=${failed} /><${Skipped} skipped=${error.details.skipped ?? []} /></section>`}
    </article>`;
}

function Sent({body}) {
  const messages = body.messages ?? [body];
  return messages.map((one, index) => html`<article key=${index} class="turn ${one.role ?? "user"}"><div class="bubble">
    <header class="row small muted"><strong>${one.role === "tool" ? "Tool result" : "You"}</strong></header>
    <${Content} content=${one.content} plain />
  </div></article>`);
}
