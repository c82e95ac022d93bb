// A block of code that can be copied: html`<${Code} text=${text} language="json" />`.

import {html} from "../html.js";
import {Copy} from "./copy.js";

export function Code({text, language = ""}) {
  return html`<div class="code">
    <div class="code-head"><span class="ellipsis">${language || "text"}</span><${Copy} text=${text} label="Copy the code" /></div>
    <pre tabindex="0"><code>${text}</code></pre>
  </div>`;
}

/** A value as JSON. */
export function Json({value}) {
  return html`<${Code} text=${JSON.stringify(value, null, 2)} language="json" />`;
}
