// Answers the chosen turns once more, one after the other, and shows each beside the stored answer.

import {get, path} from "../../api.js";
import {Button} from "../../components/button.js";
import {ErrorBanner, Loading} from "../../components/feedback.js";
import {html, useState} from "../../html.js";
import {useLoad} from "../../load.js";
import {may} from "../../state.js";
import {canonical, editable, mergePatch} from "../agents/draft.js";
import {Change} from "./change.js";
import {Compared, Sums} from "./compared.js";
import {useRuns} from "./runs.js";
import {allOf} from "./turns.js";

const UNKNOWN = {model: undefined, config: {}}; // what a key that may not read agents begins with

export function Trial({agentId, where, turns}) {
  const {data, error, busy} = useLoad(signal => (may("agents:read") ? get(path`agents/${agentId}`, {}, {signal}) : Promise.resolve(null)), [agentId]);
  if (busy && !data) return html`<${Loading} what="the agent" />`;
  return html`<${ErrorBanner} error=${error} /><${Bench} key=${agentId} agent=${data} where=${where} turns=${turns} />`;
}

function Bench({agent, where, turns}) {
  const before = agent ? editable(agent) : UNKNOWN, [draft, setDraft] = useState(before);
  const {results, running, run, stop} = useRuns(where), patch = mergePatch(before, draft);
  const changed = canonical(before) !== canonical(draft), mistake = results.find(one => one.error?.details?.errors)?.error;
  const errorAt = path => (mistake?.details.errors ?? []).filter(one => `${one.field}.`.startsWith(`agent.${path}`)).map(one => one.message).join(" ");
  return html`
    <form class="card stack" onSubmit=${event => { event.preventDefault(); run(turns, changed ? patch : undefined); }}>
      <h2>What is different</h2>
      <${Change} draft=${draft} change=${setDraft} errorAt=${errorAt} />
      <div class="row">
        <${Button} kind="primary" type="submit" icon="compare" disabled=${running}>${turns.length === 1 ? "Answer it again" : `Answer ${allOf(turns.length)} again`}<//>
        ${changed && html`<${Button} disabled=${running} onClick=${() => setDraft(before)}>Drop my changes<//>`}
        <p class="muted small what-if-note">Nothing is stored in the session. ${turns.length === 1 ? "The call costs" : "The calls cost"} money, and usage and budgets count ${turns.length === 1 ? "it" : "them"}.</p>
      </div>
    </form>
    <${Progress} results=${results} running=${running} stop=${stop} />
    ${results.length > 1 && html`<${Sums} results=${results} />`}
    <ol class="stack">${results.map((one, index) => html`<li key=${one.turn.stored.messageId}><${Compared} number=${index + 1} result=${one} /></li>`)}</ol>`;
}

function Progress({results, running, stop}) {
  if (!results.length) return null;
  const done = results.filter(one => one.whatIf || one.error).length;
  return html`<div class="row" role="status">
    ${running && html`<span class="spinner" />`}
    <span>${running ? `Answering ${done + 1} of ${results.length} …` : `${done} of ${results.length} answered`}</span>
    ${results.length > 1 && html`<progress class="what-if-progress" max=${results.length} value=${done} aria-label="Answered" />`}
    ${running && html`<${Button} small icon="stop" onClick=${stop}>Stop<//>`}
  </div>`;
}
