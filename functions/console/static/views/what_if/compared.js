// A stored answer and another one side by side, and the sums over several.

import {ErrorBanner} from "../../components/feedback.js";
import {Markdown} from "../../components/markdown.js";
import {Table} from "../../components/table.js";
import {count, duration, usd} from "../../format.js";
import {html} from "../../html.js";
import {Skipped} from "../route/skipped.js";
import {Waterfall} from "../route/waterfall.js";
import {summary, sumsOf, textOf} from "./turns.js";

export function Compared({number, result: {turn, whatIf, error}}) {
  return html`<section class="stack" aria-label=${`Answer ${number}`}>
    <details class="what-if-asked"><summary><strong>${number}.</strong> ${summary(turn)}</summary>
      ${turn.asked.map(one => html`<p key=${one.messageId} class="sessions-text">${textOf(one)}</p>`)}</details>
    <div class="what-if-pair">
      <${Reply} title="Stored" reply=${turn.stored} />
      ${whatIf && html`<${Reply} title="What if" reply=${whatIf} beside=${turn.stored} />`}
      ${!whatIf && html`<article class="card stack" aria-label="What if">
        <h3>What if</h3>
        ${error ? html`<${ErrorBanner} error=${error} />` : html`<p class="muted">Not answered yet.</p>`}
        ${error?.details?.attempts?.length > 0 && html`<${Waterfall} attempts=${error.details.attempts} />`}
        <${Skipped} skipped=${error?.details?.skipped ?? []} />
      </article>`}
    </div>
  </section>`;
}

function Reply({title, reply, beside}) {
  const {content, toolCalls = [], model, usage, route, finishReason} = reply;
  const facts = [
    ["Tokens", `${count(usage.promptTokens)} in, ${count(usage.completionTokens)} out`, null],
    ["Cost", usage.costUsd === null ? "unknown" : usd(usage.costUsd), change(usage.costUsd, beside?.usage.costUsd)],
    ["Time", duration(usage.latencyMs), change(usage.latencyMs, beside?.usage.latencyMs)],
  ];
  return html`<article class="card stack" aria-label=${title}>
    <header class="row">
      <h3>${title}</h3><span class="tag accent mono anywhere">${model}</span>
      ${route?.fallbackUsed && html`<span class="tag warn">fallback</span>`}
      ${route?.rule && html`<span class="tag anywhere">rule ${route.rule}</span>`}
      ${finishReason === "length" && html`<span class="tag warn">cut at the limit of tokens</span>`}
    </header>
    <dl class="values what-if-facts">${facts.map(([name, text, more]) => html`<div key=${name}><dt>${name}</dt><dd>${text}${more && html` <span class="muted">${more}</span>`}</dd></div>`)}</dl>
    ${content ? html`<${Markdown} text=${content} />` : html`<p class="muted small">No text.</p>`}
    ${toolCalls.map(call => html`<p key=${call.id} class="small anywhere">Calls <code>${call.name}(${JSON.stringify(call.arguments)})</code></p>`)}
    ${route && html`<details class="small"><summary>Calls</summary><div class="stack sessions-route">
      <${Waterfall} attempts=${route.attempts} total=${usage.latencyMs} firstToken=${usage.firstTokenMs} /><${Skipped} skipped=${route.skipped} />
    </div></details>`}
  </article>`;
}

/** How much more or less, in percent; "" where it cannot be said. */
function change(amount, than) {
  if (amount === null || !than) return "";
  const percent = Math.round((amount / than - 1) * 100);
  return `(${percent > 0 ? "+" : percent < 0 ? "−" : "±"}${Math.abs(percent)} %)`;
}

/** Of the turns that both have answered. */
export function Sums({results}) {
  const both = results.filter(one => one.whatIf);
  if (!both.length) return null;
  const rows = [["Stored", sumsOf(both.map(one => one.turn.stored))], ["What if", sumsOf(both.map(one => one.whatIf))]];
  const stored = rows[0][1];
  const columns = [
    {title: "Answers", cell: ([name]) => html`<strong>${name}</strong>`},
    {title: "Tokens in", number: true, cell: ([, sums]) => count(sums.promptTokens)},
    {title: "Tokens out", number: true, cell: ([, sums]) => count(sums.completionTokens)},
    {title: "Cost", number: true, cell: ([name, sums]) => withChange(sums.costUsd === null ? "unknown" : usd(sums.costUsd), name, sums.costUsd, stored.costUsd)},
    {title: "Time", number: true, cell: ([name, sums]) => withChange(duration(sums.latencyMs), name, sums.latencyMs, stored.latencyMs)},
  ];
  return html`<div class="stack-small"><h2>${count(both.length)} ${both.length === 1 ? "answer" : "answers"} in all</h2>
    <${Table} caption="Sums of both" columns=${columns} rows=${rows} rowKey=${([name]) => name} /></div>`;
}

function withChange(text, name, amount, than) {
  return name === "Stored" ? text : html`${text} <span class="muted">${change(amount, than)}</span>`;
}
