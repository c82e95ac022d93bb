// What a view shows while it loads, when it failed, and when there is nothing.
//
//   html`<${Loading} what="agents" />`
//   html`<${ErrorBanner} error=${error} onRetry=${reload} />`          error: an ApiError, or null for nothing
//   html`<${Empty} icon="agents" title="No agents yet" action=${button}>What an agent is for.<//>`

import {html} from "../html.js";
import {Button} from "./button.js";
import {Icon} from "./icons.js";

export function Loading({what}) {
  return html`<p class="loading" role="status"><span class="spinner" /> Loading ${what} …</p>`;
}

export function ErrorBanner({error, onRetry}) {
  if (!error) return null;
  return html`<div class="banner error" role="alert">
    <${Icon} name="warn" />
    <div class="grow">
      <p>${error.message}</p>
      <p class="detail">${[error.status || null, error.code, error.requestId && `request ${error.requestId}`].filter(Boolean).join(" · ")}</p>
    </div>
    ${onRetry && html`<${Button} small onClick=${onRetry}>Try again<//>`}
  </div>`;
}

export function Empty({icon, title, children, action}) {
  return html`<div class="empty">
    ${icon && html`<${Icon} name=${icon} />`}
    <h2>${title}</h2>
    ${children && html`<p>${children}</p>`}
    ${action}
  </div>`;
}
