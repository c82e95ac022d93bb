// Tabs that the arrow keys move between (https://www.w3.org/WAI/ARIA/apg/patterns/tabs/).
//
//   html`<${Tabs} label="Agent" tabs=${{form: "Form", json: "JSON"}} shown=${tab} show=${setTab}>${panel}<//>`

import {html, useId, useRef} from "../html.js";

export function Tabs({label, tabs, shown, show, children}) {
  const id = useId(), list = useRef(null), names = Object.keys(tabs);
  function move(event) {
    const steps = {ArrowRight: 1, ArrowLeft: -1, Home: -names.indexOf(shown), End: names.length - 1 - names.indexOf(shown)};
    if (!(event.key in steps)) return;
    event.preventDefault();
    const next = (names.indexOf(shown) + steps[event.key] + names.length) % names.length;
    show(names[next]);
    list.current.children[next].focus();
  }
  return html`<div class="stack">
    <div class="tabs" role="tablist" aria-label=${label} ref=${list} onKeyDown=${move}>
      ${names.map(name => html`<button key=${name} type="button" role="tab" id="${id}-${name}" aria-selected=${name === shown ? "true" : "false"}
        aria-controls=${name === shown ? `${id}-panel` : undefined} tabindex=${name === shown ? 0 : -1} onClick=${() => show(name)}>${tabs[name]}</button>`)}
    </div>
    <div role="tabpanel" id="${id}-panel" aria-labelledby="${id}-${shown}">${children}</div>
  </div>`;
}
