// A message as a request to copy, in one of three languages.

import {Button} from "../../components/button.js";
import {Code} from "../../components/code.js";
import {Dialog} from "../../components/dialog.js";
import {html, useState} from "../../html.js";
import {shared} from "../../state.js";
import {bodyOf, snippets} from "./snippets.js";

export function CopyAs({agent, sessionId, message, onClose}) {
  const [shown, setShown] = useState(0), all = snippets(agent, sessionId, bodyOf(message));
  return html`<${Dialog} title="Copy as a request" wide onClose=${onClose}>
    <div class="row" role="group" aria-label="Language">${all.map(([title], index) => html`<${Button} key=${title} small
      aria-pressed=${index === shown ? "true" : "false"} onClick=${() => setShown(index)}>${title}<//>`)}</div>
    <${Code} text=${all[shown][1]} language=${all[shown][0]} />
    ${shared.key && html`<p class="small muted">Your key is not in it: set AGENTOS_KEY before you run it.</p>`}
    ${shared.credentials && html`<p class="small muted">Your credentials are not in it: set AWS's environment variables before you run it.</p>`}
    ${shown === 2 && html`<p class="small muted">This API keeps no session: the call knows this message alone.</p>`}
  <//>`;
}
