// A bar of what is spent and what is reserved of a limit.

import {html} from "../../html.js";

const WIDTH = 400, HEIGHT = 10;

export function Meter({label, spent, reserved, limit, format}) {
  const whole = Math.max(limit, spent + reserved, 1e-9);
  const x = amount => (amount / whole) * WIDTH;
  const text = `${format(spent)} spent, ${format(reserved)} reserved, of ${format(limit)}`;
  return html`<div class="budget-meter">
    <p class="small"><strong>${label}</strong> ${text}</p>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${`${label}: ${text}`}>
      <rect class="limit" width=${WIDTH} height=${HEIGHT} />
      <rect class=${spent >= limit ? "spent full" : "spent"} width=${x(spent)} height=${HEIGHT} />
      <rect class="reserved" x=${x(spent)} width=${x(reserved)} height=${HEIGHT} />
    </svg>
  </div>`;
}
