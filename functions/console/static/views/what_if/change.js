// What is to be different: the model, the instructions, the temperature, or the rules. The stored agent stays as it is.

import {get} from "../../api.js";
import {html, useMemo} from "../../html.js";
import {useLoad} from "../../load.js";
import {valueAt, withValue} from "../agents/draft.js";
import {ListField, NumberField, TextField} from "../agents/fields.js";
import {RulesEditor} from "../agents/rules.js";

/** `draft` is the agent as it is edited, `change(draft)` gets the next one; `errorAt(path)` is the API's message for a setting. */
export function Change({draft, change, errorAt}) {
  const {data} = useLoad(signal => get("providers", {}, {signal}), []);
  const models = useMemo(() => (data?.data ?? []).flatMap(one => one.models.filter(model => model.chat).map(model => model.model)), [data]);
  const bound = path => ({value: valueAt(draft, path), set: value => change(withValue(draft, path, value)), error: errorAt(path)});
  const rules = valueAt(draft, "config.routing.rules")?.length ?? 0;
  return html`<div class="stack">
    <div class="agents-grid">
      <${TextField} ...${bound("model")} label="Model" hint="provider:model" models=${models} keepEmpty />
      <${ListField} ...${bound("config.fallbackModels")} label="Fallbacks" hint="One a line, in the order of trying." />
      <${NumberField} ...${bound("config.temperature")} label="Temperature" hint="0 to 2" />
      <${TextField} ...${bound("config.instructions")} label="Instructions" hint="The system prompt." rows="4" wide />
    </div>
    <details class="what-if-rules" open=${Boolean(errorAt("config.routing.rules"))}>
      <summary>Rules of the agent${rules ? ` (${rules})` : ""}</summary>
      <${RulesEditor} ...${{draft, change, errorAt}} />
    </details>
  </div>`;
}
