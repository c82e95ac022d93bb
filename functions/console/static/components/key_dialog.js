// Asks for the key of the API: when it answers 401, or when somebody wants to change it.

import {learnAccess} from "../access.js";
import {html, useState} from "../html.js";
import {share, takeKey} from "../state.js";
import {Button} from "./button.js";
import {Dialog, DialogFoot} from "./dialog.js";
import {Field} from "./field.js";

const WHY = {
  missing: "This API asks for a key.",
  refused: "The API refuses this key. It may have expired, or have been revoked. Enter another one.",
};

export function KeyDialog({why, onClose}) {
  const [text, setText] = useState("");
  const key = text.trim(), fault = key && !/^[\x21-\x7e]+$/.test(key) ? "A key has no blanks and no letters beyond ASCII." : "";
  function close() {
    share({asksKey: null});
    onClose();
  }
  function take(event) {
    event.preventDefault();
    if (!key || fault) return;
    takeKey(key);
    onClose();
    learnAccess();
    share({agentsChanged: Date.now()});
  }
  return html`<${Dialog} title=${why === "refused" ? "The key is not valid" : "Enter a key"} onClose=${close}>
    ${why && html`<p>${WHY[why]}</p>`}
    <form class="stack" onSubmit=${take}>
      <${Field} label="Key" type="password" autocomplete="off" spellcheck="false" value=${text} onInput=${setText} fault=${fault}
        placeholder="agos_…" hint="A key of this API, or a token of your issuer. It stays in this tab, and goes to this API alone." />
      <${DialogFoot}>
        <${Button} onClick=${close}>Cancel<//>
        <${Button} kind="primary" type="submit" disabled=${!key || Boolean(fault)}>Use this key<//>
      <//>
    </form>
  <//>`;
}
