// Fields of an agent's form over the shared Field: an empty text takes the setting away, so that the default holds.

import {Field} from "../../components/field.js";
import {html, useEffect, useId, useState} from "../../html.js";
import {canonical, pretty} from "./draft.js";

/**
 * [typed, setTyped] of a control: what was typed as long as that means the value, else what the value is as a text.
 * So "1." or a line that is still empty stays as it was typed.
 */
export function useTyped(value, asTyped, meaning) {
  const [typed, setTyped] = useState(() => asTyped(value));
  return [canonical(meaning(typed)) === canonical(value) ? typed : asTyped(value), setTyped];
}

/** A text. `keepEmpty`: an empty one is stored as such. `models` are offered while one types. */
export function TextField({set, value, error, keepEmpty, models, rows, wide, ...rest}) {
  const list = useId();
  return html`<div class=${wide ? "agents-wide" : ""}>
    <${Field} ...${rest} as=${rows ? "textarea" : "input"} rows=${rows} value=${value ?? ""} fault=${error} autocomplete="off"
      list=${models ? list : undefined} onInput=${text => set(text === "" && !keepEmpty ? undefined : text)} />
    ${models && html`<datalist id=${list}>${models.map(name => html`<option key=${name} value=${name} />`)}</datalist>`}
  </div>`;
}

/** What a typed number means. What is no number stays a text, so that the API says what is wrong with it. */
function number(text) {
  if (text.trim() === "") return undefined;
  return Number.isFinite(Number(text)) ? Number(text) : text;
}

export function NumberField({set, value, error, ...rest}) {
  const [typed, setTyped] = useTyped(value, one => String(one ?? ""), number);
  return html`<${Field} ...${rest} inputmode="decimal" autocomplete="off" value=${typed} fault=${error}
    onInput=${text => { setTyped(text); set(number(text)); }} />`;
}

/** One of some texts; "" is the default. */
export function SelectField({set, value, error, options, ...rest}) {
  const shown = options.map(one => [one, one || "default"]);
  return html`<${Field} ...${rest} as="select" options=${shown} value=${value ?? ""} fault=${error}
    onInput=${text => set(text || undefined)} />`;
}

function lines(text) {
  const found = text.split("\n").map(line => line.trim()).filter(Boolean);
  return found.length ? found : undefined;
}

/** A list of texts, one a line. */
export function ListField({set, value, error, ...rest}) {
  const [typed, setTyped] = useTyped(value?.length ? value : undefined, one => (one ?? []).join("\n"), lines);
  return html`<${Field} ...${rest} as="textarea" rows="3" spellcheck="false" value=${typed} fault=${error}
    onInput=${text => { setTyped(text); set(lines(text)); }} />`;
}

/** A value as JSON; `object`: no other value will do. While the text is no JSON, the value stays what it was and `onFault` is told so. */
export function JsonField({set, value, error, onFault, object, ...rest}) {
  const [fault, setFault] = useState("");
  const [typed, setTyped] = useTyped(value, pretty, text => parsed(text, value));
  useEffect(() => () => onFault?.(false), []);
  function changed(text) {
    const wrong = faultOf(text, object);
    setTyped(text);
    setFault(wrong);
    onFault?.(Boolean(wrong));
    if (!wrong) set(JSON.parse(text));
  }
  return html`<div class="agents-json"><${Field} ...${rest} as="textarea" spellcheck="false" value=${typed} fault=${fault || error}
    onInput=${changed} /></div>`;
}

function parsed(text, other) {
  return faultOf(text) ? other : JSON.parse(text);
}

function faultOf(text, object) {
  try {
    const found = JSON.parse(text);
    return object && (found === null || typeof found !== "object" || Array.isArray(found)) ? "This is not a JSON object." : "";
  } catch (wrong) {
    return `This is not JSON: ${wrong.message}`;
  }
}
