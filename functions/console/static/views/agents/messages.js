// Places the API's messages at the settings that they are about; what has no place in the form is listed above it.

import {Icon} from "../../components/icons.js";
import {html} from "../../html.js";

const within = (field, place) => field === place || field.startsWith(`${place}.`) || field.startsWith(`${place}[`);

const told = error => error?.details?.errors ?? [];

/** A function that gives the API's messages for a setting and for what is in it, or "". */
export function errorsAt(error) {
  return place => told(error).filter(one => within(one.field, place)).map(one => {
    const inner = one.field.slice(place.length).replace(/^\./, "");
    return inner ? `${inner}: ${one.message}` : one.message;
  }).join(" ");
}

/** The messages that the shown tab has no place for. */
export function Unplaced({error, places}) {
  const left = told(error).filter(one => !places.some(place => within(one.field, place)));
  if (!left.length) return null;
  return html`<div class="banner error" role="alert"><${Icon} name="warn" />
    <ul class="grow">${left.map(one => html`<li key=${one.field + one.message}><code>${one.field}</code>: ${one.message}</li>`)}</ul>
  </div>`;
}
