// A button: html`<${Button} kind="primary" icon="plus" onClick=${make}>New agent<//>`.
// Kinds: primary, danger, quiet. `label` instead of children makes a button that shows its icon alone.

import {html} from "../html.js";
import {Icon} from "./icons.js";

export function Button({kind = "", icon, label, small, busy, type = "button", children, ...rest}) {
  const shown = label && !children;
  const classes = ["button", kind, small && "small", shown && "icon"].filter(Boolean).join(" ");
  return html`<button type=${type} class=${classes} aria-label=${label} title=${label} aria-busy=${busy || undefined} ...${rest}>
    ${busy ? html`<span class="spinner" />` : icon && html`<${Icon} name=${icon} />`}${children}
  </button>`;
}
