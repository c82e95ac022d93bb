// One stored message with what it cost and which model wrote it.

import {Button} from "../../components/button.js";
import {Copy} from "../../components/copy.js";
import {Markdown} from "../../components/markdown.js";
import {count, duration, usd, when} from "../../format.js";
import {html} from "../../html.js";
import {Skipped} from "../route/skipped.js";
import {Waterfall} from "../route/waterfall.js";

const ROLES = {user: "accent", assistant: "ok", system: "", tool: "warn"};

export function Message({message, fork, busy, disabled}) {
  const text = textOf(message.content);
  return html`<article class="card stack sessions-message" aria-label=${`Message of ${message.role}`}>
    <div class="row">
      <span class=${`tag ${ROLES[message.role] ?? ""}`}>${message.role}</span>
      ${message.state && message.state !== "completed" && html`<span class="tag warn">${message.state}</span>`}
      <span class="muted small nowrap grow">${when(message.createdAt)}</span>
      <${Copy} text=${text} label="Copy the text" />
      <${Button} small kind="quiet" icon="fork" busy=${busy} disabled=${disabled} onClick=${fork}>Fork from here<//>
    </div>
    ${message.reasoning && html`<details class="small"><summary>Thoughts</summary><p class="sessions-text muted">${message.reasoning}</p></details>`}
    ${text ? html`<${Text} text=${text} role=${message.role} />` : html`<p class="muted small">No text.</p>`}
    ${message.toolCallId && html`<p class="muted small anywhere">Result of the call <code>${message.toolCallId}</code></p>`}
    ${message.toolCalls?.map(call => html`<p key=${call.id} class="small anywhere">Calls <code>${call.name}(${JSON.stringify(call.arguments)})</code></p>`)}
    ${message.usage && html`<${Served} message=${message} />`}
  </article>`;
}

/** The text of a message's content. Parts that are not text are named. */
function textOf(content) {
  if (typeof content === "string") return content;
  return (content ?? []).map(part => {
    if (part.type === "text") return part.text;
    const url = part.image_url?.url ?? "";
    return `[${part.type}${url ? `: ${url.startsWith("data:") ? url.slice(0, url.indexOf(",")) : url}` : ""}]`;
  }).join("\n");
}

/** What a model wrote is Markdown; what others wrote is shown as it is. */
function Text({text, role}) {
  return role === "assistant" ? html`<${Markdown} text=${text} />` : html`<p class="sessions-text">${text}</p>`;
}

function Served({message: {model, usage, route}}) {
  const facts = [
    model, route?.fallbackUsed && `a fallback: ${route.requested} was asked for`, route?.rule && `rule ${route.rule}`,
    `${count(usage.totalTokens)} tokens`, usd(usage.costUsd), duration(usage.latencyMs),
  ];
  return html`<p class="muted small anywhere">${facts.filter(Boolean).join(" · ")}</p>
    ${route && html`<details class="small"><summary>Calls</summary><div class="stack sessions-route">
      <${Waterfall} attempts=${route.attempts} total=${usage.latencyMs} firstToken=${usage.firstTokenMs} />
      <${Skipped} skipped=${route.skipped} />
    </div></details>`}`;
}
