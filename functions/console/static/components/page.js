// The frame of a view that is one page: html`<${Page} title="Providers" actions=${buttons}>…<//>`.

import {html} from "../html.js";

export function Page({title, about, actions, children}) {
  return html`<div class="page">
    <header class="page-head">
      <div class="grow"><h1>${title}</h1>${about && html`<p class="muted">${about}</p>`}</div>
      ${actions && html`<div class="row">${actions}</div>`}
    </header>
    ${children}
  </div>`;
}
