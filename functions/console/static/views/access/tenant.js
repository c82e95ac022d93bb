// Chooses a tenant: those of the listed keys are offered, and any other can be typed.

import {get} from "../../api.js";
import {Button} from "../../components/button.js";
import {Field} from "../../components/field.js";
import {html, useId, useState} from "../../html.js";
import {useLoad} from "../../load.js";

export function ChooseTenant({show}) {
  const [text, setText] = useState(""), list = useId();
  const {data} = useLoad(signal => get("keys", {limit: 100}, {signal}), []);
  const known = [...new Set((data?.data ?? []).map(one => one.tenant))].sort();
  function choose(event) {
    event.preventDefault();
    if (text.trim()) show(text.trim());
  }
  return html`<form class="filters" onSubmit=${choose}>
    <${Field} label="Tenant" value=${text} onInput=${setText} list=${list} autocomplete="off" spellcheck="false" />
    <${Button} type="submit">Show<//>
    <datalist id=${list}>${known.map(name => html`<option key=${name} value=${name} />`)}</datalist>
  </form>`;
}
