// The rules of an agent as cards: which models come first for which messages.

import {Button} from "../../components/button.js";
import {Empty} from "../../components/feedback.js";
import {html} from "../../html.js";
import {valueAt, withValue} from "./draft.js";
import {Rule} from "./rule.js";

const NEW_RULE = {name: "new rule", use: []};

export function RulesEditor({draft, change, errorAt}) {
  const rules = valueAt(draft, "config.routing.rules") ?? [];
  function set(next) {
    const routing = {...valueAt(draft, "config.routing"), rules: next};
    if (!next.length) delete routing.rules;
    change(withValue(draft, "config.routing", Object.keys(routing).length ? routing : undefined));
  }
  function move(index, by) {
    const next = [...rules];
    [next[index], next[index + by]] = [next[index + by], next[index]];
    set(next);
  }
  return html`<div class="stack">
    <p class="muted">The first rule that matches a message decides which models come first. The agent's own model and its fallbacks follow.</p>
    ${rules.length === 0 && html`<${Empty} icon="route" title="No rules">Every message goes to the agent's model, unless a rule of the server matches.<//>`}
    <ol class="stack">${rules.map((rule, index) => html`<li key=${index}>
      <${Rule} rule=${rule} number=${index + 1} last=${index === rules.length - 1}
        error=${errorAt(`config.routing.rules[${index}]`)} move=${by => move(index, by)}
        change=${next => set(rules.with(index, next))} remove=${() => set(rules.toSpliced(index, 1))} />
    </li>`)}</ol>
    <div class="row"><${Button} icon="plus" onClick=${() => set([...rules, NEW_RULE])}>Add a rule<//></div>
    ${valueAt(draft, "config.routing.experiment") && html`<p class="muted small">The agent also has an experiment. It is edited under JSON.</p>`}
  </div>`;
}
