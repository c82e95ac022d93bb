// What is sent next: the text, facts for routing, simulated failures, and the plan before it is sent.

import {path, post} from "../../api.js";
import {Button} from "../../components/button.js";
import {Dialog} from "../../components/dialog.js";
import {ErrorBanner} from "../../components/feedback.js";
import {Check, Field} from "../../components/field.js";
import {html, useEffect, useRef, useState} from "../../html.js";
import {Failures} from "../route/failures.js";
import {Plan} from "../route/plan.js";

const PRIORITIES = [["", "None"], ["cost", "Cost"], ["latency", "Latency"], ["quality", "Quality"]];
const NO_OPTIONS = {taskType: "", priority: "", thoughts: false, failures: {}};

export function Composer({agent, sessionId, draft, setDraft, running, waiting, onSend, onStop, onCopyAs}) {
  const [options, setOptions] = useState(NO_OPTIONS), [plan, setPlan] = useState(null), [opened, setOpened] = useState(false), box = useRef(null);
  const set = name => value => setOptions(old => ({...old, [name]: value}));
  const chosen = [options.taskType, options.priority, options.thoughts, ...Object.keys(options.failures)].filter(Boolean).length;
  const ready = Boolean(draft.trim()) && !running && !waiting;

  useEffect(() => { // the box grows with its text
    box.current.style.height = "auto";
    box.current.style.height = `${Math.min(box.current.scrollHeight + 2, 240)}px`;
  }, [draft]);

  function send(event) {
    event?.preventDefault();
    if (!ready) return;
    onSend(bodyOf(draft, options));
    setDraft("");
  }
  async function explain() {
    const asking = {};
    const answered = answer => setPlan(now => (now === asking ? answer : now)); // not if it was closed meanwhile
    setPlan(asking);
    try {
      const asked = {...bodyOf(draft.trim() || "Hello", options), ...(sessionId && {sessionId})};
      delete asked.parameters;
      answered({data: await post(path`agents/${agent.agentId}/route`, asked)});
    } catch (error) {
      answered({error});
    }
  }
  return html`<form class="composer" onSubmit=${send}>
    <div class="composer-row">
      <label class="hidden-text" for="message">Message</label>
      <textarea id="message" ref=${box} rows="1" placeholder=${waiting ? "Answer the tool calls above first" : "Write a message"} value=${draft}
        onInput=${event => setDraft(event.currentTarget.value)} onKeyDown=${event => event.key === "Enter" && !event.shiftKey && !event.isComposing && send(event)} />
      ${running
        ? html`<${Button} icon="stop" onClick=${onStop}>Stop<//>`
        : html`<${Button} kind="primary" type="submit" icon="send" disabled=${!ready}>Send<//>`}
    </div>
    <div class="row">
      <${Button} small kind="quiet" icon="down" aria-expanded=${opened ? "true" : "false"} onClick=${() => setOpened(!opened)}>
        Options${chosen > 0 && html` <span class="tag accent">${chosen}</span>`}<//>
      <${Button} small kind="quiet" icon="route" onClick=${explain}>Explain<//>
      <${Button} small kind="quiet" icon="code" onClick=${() => onCopyAs(bodyOf(draft.trim() || "Hello", options))}>Copy as<//>
      <span class="small muted push wide-only">Enter sends, Shift + Enter begins a line</span>
    </div>
    ${opened && html`<div class="stack composer-options">
      <div class="composer-fields">
        <${Field} label="Task type" value=${options.taskType} onInput=${set("taskType")} placeholder="found out from the text" />
        <${Field} label="Priority" as="select" options=${PRIORITIES} value=${options.priority} onInput=${set("priority")} />
        <${Check} label="Show the model's thoughts" checked=${options.thoughts} onChange=${set("thoughts")} />
      </div>
      <${Failures} failures=${options.failures} onChange=${set("failures")} />
    </div>`}
    ${plan && html`<${Dialog} title="Who would be asked" onClose=${() => setPlan(null)}>
      <${ErrorBanner} error=${plan.error} />
      ${plan.data && html`<${Plan} plan=${plan.data} />`}
      ${!plan.data && !plan.error && html`<p class="loading"><span class="spinner" /> Planning …</p>`}
    <//>`}
  </form>`;
}

function bodyOf(content, {taskType, priority, thoughts, failures}) {
  return {
    content, ...(taskType.trim() && {taskType: taskType.trim()}), ...(priority && {priority}),
    ...(thoughts && {parameters: {includeReasoning: true}}),
    ...(Object.keys(failures).length > 0 && {simulateFailures: failures}),
  };
}
