// The tools that an answer calls. While their results are missing, they can be given by hand.

import {Button} from "../../components/button.js";
import {Code} from "../../components/code.js";
import {Field} from "../../components/field.js";
import {Icon} from "../../components/icons.js";
import {html, useState} from "../../html.js";

export function ToolCalls({calls, onResults}) {
  const [results, setResults] = useState({});
  const missing = calls.some(call => !(results[call.id] ?? "").trim());
  function send(event) {
    event.preventDefault();
    if (!missing) onResults({messages: calls.map(call => ({role: "tool", toolCallId: call.id, content: results[call.id]}))});
  }
  return html`<form class="stack tool-calls" onSubmit=${send}>
    ${calls.map(call => html`<section key=${call.id} class="card stack">
      <h2 class="row anywhere"><${Icon} name="tool" /><span class="mono">${call.name}</span></h2>
      ${call.invalidArguments != null && html`<p class="tag warn">Its arguments are no JSON object.</p>`}
      <${Code} text=${call.invalidArguments ?? pretty(call.arguments)} language="arguments" />
      ${onResults && html`<${Field} label="Result of ${call.name}" as="textarea" rows="2" value=${results[call.id] ?? ""}
        onInput=${value => setResults(old => ({...old, [call.id]: value}))} hint="What the tool would have answered; the model goes on with it." />`}
    </section>`)}
    ${onResults && html`<div class="row"><${Button} kind="primary" type="submit" icon="send" disabled=${missing}>
      ${calls.length > 1 ? "Send the results" : "Send the result"}<//></div>`}
  </form>`;
}

function pretty(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
