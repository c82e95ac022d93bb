// The form of an agent: the settings that most agents have. All others are edited as JSON.

import {html} from "../../html.js";
import {valueAt, withValue} from "./draft.js";
import {JsonField, ListField, NumberField, SelectField, TextField} from "./fields.js";

const EFFORTS = ["", "none", "minimal", "low", "medium", "high", "xhigh", "max"];
const NUMBERS = [
  ["config.temperature", "Temperature", "0 to 2"],
  ["config.topP", "Top P", "0 to 1"],
  ["config.maxTokens", "Most tokens of an answer", "without it, the model's own bound"],
  ["config.timeoutSeconds", "Seconds for a turn", "without it, the server's bound"],
  ["config.historyTokens", "Tokens of history", "without it, as many as fit"],
  ["config.budgetUsd", "Budget of a session (USD)", "without it, none"],
];

/** The paths of the settings that the form shows: messages of the API are placed there. */
export const FORM_PATHS = [
  "name", "description", "model", "tools", "config.instructions", "config.fallbackModel", "config.fallbackModels",
  "config.reasoningEffort", "config.onBusy", ...NUMBERS.map(([path]) => path),
];

/** `change(draft)` gets the whole edited agent; `errorAt(path)` is the API's message for a setting, or "". */
export function AgentForm({draft, change, errorAt, models, onFault}) {
  const bound = path => ({
    value: valueAt(draft, path), set: value => change(withValue(draft, path, value)), error: errorAt(path),
  });
  return html`<div class="stack">
    <div class="agents-grid pairs">
      <${TextField} ...${bound("name")} label="Name" keepEmpty />
      <${TextField} ...${bound("model")} label="Model" hint="provider:model" keepEmpty models=${models} />
      <${TextField} ...${bound("description")} label="Description" keepEmpty wide />
      <${TextField} ...${bound("config.instructions")} label="Instructions" hint="The system prompt." rows="5" wide />
      <${TextField} ...${bound("config.fallbackModel")} label="First fallback" hint="provider:model" models=${models} />
      <${ListField} ...${bound("config.fallbackModels")} label="Further fallbacks" hint="One a line, in the order of trying." />
    </div>
    <h2>Answers</h2>
    <div class="agents-grid">
      ${NUMBERS.map(([path, label, hint]) => html`<${NumberField} key=${path} ...${bound(path)} label=${label} hint=${hint} />`)}
      <${SelectField} ...${bound("config.reasoningEffort")} label="Reasoning effort" options=${EFFORTS} />
      <${SelectField} ...${bound("config.onBusy")} label="A message while another is answered" options=${["", "reject", "queue"]} />
    </div>
    <h2>Tools</h2>
    <${JsonField} label="Functions as JSON" hint="A list in OpenAI's form." rows="6" value=${draft.tools ?? []} onFault=${onFault}
      set=${tools => change({...draft, tools})} error=${errorAt("tools")} />
    <${OtherSettings} config=${draft.config ?? {}} />
  </div>`;
}

/** Names what the agent has set beyond the form, so that nobody takes the form for all of it. */
function OtherSettings({config}) {
  const shown = new Set(FORM_PATHS.map(path => path.replace("config.", "")));
  const others = Object.keys(config).filter(name => !shown.has(name));
  if (!others.length) return null;
  return html`<p class="muted small anywhere">Also set, and shown under Rules or JSON: ${others.join(", ")}.</p>`;
}
