// One rule of an agent: its name, its conditions, and the models that it puts first.

import {Button} from "../../components/button.js";
import {Field} from "../../components/field.js";
import {html, useId} from "../../html.js";
import {COMPARISONS, conditionRows, FACTS, STRATEGIES, useForm, useOf, whenOf} from "./conditions.js";
import {useTyped} from "./fields.js";

const NEW_CONDITION = {fact: "taskType", comparison: "is", text: ""};
const FIELDS = ["name", "when", "use"];

/** The rule with another field, in the usual order of fields; without one that is undefined. */
function changed(rule, changes) {
  const all = {...rule, ...changes};
  return Object.fromEntries([...FIELDS, ...Object.keys(all).filter(name => !FIELDS.includes(name))]
    .filter(name => all[name] !== undefined).map(name => [name, all[name]]));
}

export function Rule({rule, number, last, change, move, remove, error}) {
  const title = `rule ${number}`;
  return html`<section class="card stack" aria-label=${`Rule ${number}`}>
    <div class="row">
      <h2 class="grow anywhere">${number}. ${rule.name ?? "without a name"}</h2>
      <${Button} small kind="quiet" disabled=${number === 1} onClick=${() => move(-1)} aria-label=${`Move ${title} up`}>Up<//>
      <${Button} small kind="quiet" disabled=${last} onClick=${() => move(1)} aria-label=${`Move ${title} down`}>Down<//>
      <${Button} small kind="quiet" icon="trash" label=${`Remove ${title}`} onClick=${remove} />
    </div>
    ${error && html`<p class="agents-fault">${error}</p>`}
    <${Field} label="Name of the rule" value=${rule.name ?? ""} onInput=${name => change(changed(rule, {name: name || undefined}))} />
    <${Conditions} when=${rule.when} change=${when => change(changed(rule, {when}))} />
    <${Use} use=${rule.use} change=${use => change(changed(rule, {use}))} />
  </section>`;
}

function Conditions({when, change}) {
  const [rows, setRows] = useTyped(when, conditionRows, whenOf), facts = useId();
  function set(next) {
    setRows(next);
    change(whenOf(next));
  }
  return html`<fieldset class="agents-conditions">
    <legend class="label">When all of this holds</legend>
    ${rows.length === 0 && html`<p class="muted small">No condition: the rule matches every message.</p>`}
    ${rows.map((row, index) => html`<${Condition} key=${index} row=${row} number=${index + 1} facts=${facts}
      change=${next => set(rows.with(index, next))} remove=${() => set(rows.toSpliced(index, 1))} />`)}
    <div class="row"><${Button} small icon="plus" onClick=${() => set([...rows, NEW_CONDITION])}>Add a condition<//></div>
    <datalist id=${facts}>${[...FACTS, "metadata."].map(fact => html`<option key=${fact} value=${fact} />`)}</datalist>
  </fieldset>`;
}

function Condition({row, number, facts, change, remove}) {
  return html`<div class="agents-condition">
    <${Field} label=${`Fact of condition ${number}`} hideLabel value=${row.fact} list=${facts} autocomplete="off"
      onInput=${fact => change({...row, fact})} />
    <${Field} label=${`Comparison of condition ${number}`} hideLabel as="select" options=${Object.entries(COMPARISONS)}
      value=${row.comparison} onInput=${comparison => change({...row, comparison})} />
    <${Field} label=${`Value of condition ${number}`} hideLabel value=${row.text} autocomplete="off"
      placeholder=${row.comparison === "in" ? "code, summary" : "* stands for any text"} onInput=${text => change({...row, text})} />
    <${Button} kind="quiet" icon="close" label=${`Remove condition ${number}`} onClick=${remove} />
  </div>`;
}

function Use({use, change}) {
  const [form, setForm] = useTyped(use, useForm, useOf);
  function set(next) {
    setForm(next);
    change(useOf(next));
  }
  const hint = form.strategy === "weighted" ? "One a line, with its weight: openai:gpt-4o-mini 95" : "One a line: provider:model";
  return html`<div class="agents-grid">
    <${Field} label="Ask these models" as="select" options=${Object.entries(STRATEGIES)} value=${form.strategy}
      onInput=${strategy => set({...form, strategy})} />
    <${Field} label="Models" as="textarea" rows="3" spellcheck="false" hint=${hint} value=${form.lines}
      onInput=${text => set({...form, lines: text})} />
  </div>`;
}
