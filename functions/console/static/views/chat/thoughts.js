// What a model thought before its answer, folded.

import {Icon} from "../../components/icons.js";
import {html} from "../../html.js";

export function Thoughts({text, arriving}) {
  return html`<details class="thoughts">
    <summary><${Icon} name="thought" /> ${arriving ? "Thinking …" : "Thoughts"}</summary>
    <p class="plain muted">${text}</p>
  </details>`;
}
