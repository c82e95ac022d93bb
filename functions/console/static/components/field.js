// A labelled control with its hint and the API's message for it.
//
//   html`<${Field} label="Name" value=${name} onInput=${setName} fault=${error?.field("name")} hint="…" />`
//   html`<${Field} label="Model" as="select" options=${["a", ["b", "shown as"]]} … />`, as="textarea" rows=4
//   html`<${Check} label="Stream" checked=${on} onChange=${setOn} />`
//
// `onInput` and `onChange` get the value, not the event.

import {html, useId} from "../html.js";

export function Field({label, hint, fault, as = "input", options, onInput, value = "", hideLabel, ...rest}) {
  const id = useId();
  const told = [hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(" ");
  const own = {
    id, value, "aria-invalid": fault ? "true" : undefined, "aria-describedby": told || undefined, ...rest,
    [as === "select" ? "onChange" : "onInput"]: event => onInput?.(event.currentTarget.value),
  };
  return html`<div class="field">
    <label for=${id} class=${hideLabel ? "hidden-text" : ""}>${label}</label>
    ${as === "select"
      ? html`<select ...${own}>${options.map(one => {
          const [given, shown] = Array.isArray(one) ? one : [one, one];
          return html`<option key=${given} value=${given} selected=${given === value}>${shown}</option>`;
        })}</select>`
      : html`<${as} ...${own} />`}
    ${hint && html`<p class="hint" id="${id}-hint">${hint}</p>`}
    ${fault && html`<p class="fault" id="${id}-fault">${fault}</p>`}
  </div>`;
}

export function Check({label, checked, onChange, ...rest}) {
  const id = useId();
  return html`<div class="check">
    <input type="checkbox" id=${id} checked=${checked} onChange=${event => onChange(event.currentTarget.checked)} ...${rest} />
    <label for=${id}>${label}</label>
  </div>`;
}
