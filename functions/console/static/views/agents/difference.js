// Shows the difference of two JSON documents: lines that were removed and added, with a sign as well as a colour.

import {html, useMemo} from "../../html.js";
import {lineDiff, withoutFarLines} from "./diff.js";
import {pretty} from "./draft.js";

const SIGNS = {same: " ", removed: "−", added: "+", gap: "⋯"};
const SPOKEN = {removed: "removed: ", added: "added: "};

export function Difference({before, after, label}) {
  const lines = useMemo(() => lineDiff(pretty(before), pretty(after)), [before, after]);
  if (lines.every(line => line.kind === "same")) return html`<p class="muted">There is no difference.</p>`;
  const count = kind => lines.filter(line => line.kind === kind).length;
  return html`<figure class="stack">
    <figcaption class="small muted">${label}: ${count("added")} added, ${count("removed")} removed</figcaption>
    <div class="agents-diff" tabindex="0" role="region" aria-label=${label}>
      ${withoutFarLines(lines).map((line, index) => html`<div key=${index} class=${`agents-line ${line.kind}`}>
        <span aria-hidden="true">${SIGNS[line.kind]}</span>${SPOKEN[line.kind] && html`<span class="hidden-text">${SPOKEN[line.kind]}</span>`}<code>${line.text}</code>
      </div>`)}
    </div>
  </figure>`;
}
