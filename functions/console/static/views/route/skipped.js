// The candidates that were left out, each with its reason: html`<${Skipped} skipped=${route.skipped} />`.

import {html} from "../../html.js";

export function Skipped({skipped}) {
  if (skipped.length === 0) return null;
  return html`<details class="small"><summary>${skipped.length} skipped</summary>
    <ul class="skipped">${skipped.map((one, index) => {
      const [, code, text] = /^([a-z_]+): ?(.*)$/s.exec(one.reason) ?? [null, one.reason, ""];
      return html`<li key=${index}><span class="mono anywhere">${one.model}</span> <span class="tag">${code.replaceAll("_", " ")}</span>
        <span class="muted anywhere">${text}</span></li>`;
    })}</ul>
  </details>`;
}
