// Asks for the key of the API, or for credentials that sign requests: when the API refuses, or somebody wants to change it.

import {learnAccess} from "../access.js";
import {html, useState} from "../html.js";
import {regionOf} from "../signing.js";
import {share, shared, takeCredentials, takeKey} from "../state.js";
import {Button} from "./button.js";
import {Dialog, DialogFoot} from "./dialog.js";
import {Field} from "./field.js";

const WHY = {
  missing: "This API asks for a key.",
  refused: "The API refuses this key. It may have expired, or have been revoked. Enter another one.",
  unsigned: "This API takes requests that are signed with AWS credentials which may call it, and no key.",
};
const KINDS = [["key", "A key or a token"], ["credentials", "AWS credentials that sign requests"]];
const STAYS = "It stays in this tab";

export function KeyDialog({why, onClose}) {
  const [kind, setKind] = useState(why === "unsigned" || shared.credentials ? "credentials" : "key");
  function close() {
    share({asksKey: null});
    onClose();
  }
  function taken() {
    onClose();
    learnAccess();
  }
  const Form = kind === "key" ? KeyForm : CredentialsForm;
  return html`<${Dialog} title=${why === "refused" ? "The key is not valid" : "Enter a key"} onClose=${close}>
    ${why && html`<p>${WHY[why]}</p>`}
    <div class="stack">
      <${Field} label="Show who you are by" as="select" options=${KINDS} value=${kind} onInput=${setKind} />
      <${Form} onTaken=${taken} onCancel=${close} />
    </div>
  <//>`;
}

function KeyForm({onTaken, onCancel}) {
  const [text, setText] = useState("");
  const key = text.trim(), fault = key && !/^[\x21-\x7e]+$/.test(key) ? "A key has no blanks and no letters beyond ASCII." : "";
  function take() {
    takeKey(key);
    onTaken();
  }
  return html`<${Form} ready=${key && !fault} onTake=${take} onCancel=${onCancel} label="Use this key">
    <${Field} label="Key" type="password" autocomplete="off" spellcheck="false" value=${text} onInput=${setText} fault=${fault}
      placeholder="agos_…" hint="A key of this API, or a token of your issuer. ${STAYS}, and goes to this API alone." />
  <//>`;
}

function CredentialsForm({onTaken, onCancel}) {
  const [given, setGiven] = useState({accessKey: "", secretKey: "", token: "", region: regionOf(location.hostname)});
  const credentials = Object.fromEntries(Object.entries(given).map(([name, text]) => [name, text.trim()]));
  const secure = Boolean(crypto.subtle);
  const field = (name, label, more = {}) => html`<${Field} label=${label} autocomplete="off" spellcheck="false"
    value=${given[name]} onInput=${text => setGiven(old => ({...old, [name]: text}))} ...${more} />`;
  function take() {
    takeCredentials(credentials);
    onTaken();
  }
  const ready = secure && credentials.accessKey && credentials.secretKey && credentials.region;
  return html`<${Form} ready=${ready} onTake=${take} onCancel=${onCancel} label="Sign with these">
    ${field("accessKey", "Access key ID", {fault: secure ? "" : "A browser signs only on pages that it loaded over HTTPS."})}
    ${field("secretKey", "Secret access key", {type: "password", hint: `${STAYS}, and is sent nowhere.`})}
    ${field("token", "Session token", {type: "password", hint: "Of temporary credentials, which are the better choice here."})}
    ${field("region", "Region", {placeholder: "eu-west-1"})}
  <//>`;
}

function Form({ready, onTake, onCancel, label, children}) {
  const submit = event => { event.preventDefault(); if (ready) onTake(); };
  return html`<form class="stack" onSubmit=${submit}>
    ${children}
    <${DialogFoot}>
      <${Button} onClick=${onCancel}>Cancel<//>
      <${Button} kind="primary" type="submit" disabled=${!ready}>${label}<//>
    <//>
  </form>`;
}
