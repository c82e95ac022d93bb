// A switch for each provider that makes it fail for the next messages, so that fallback can be watched.

import {get} from "../../api.js";
import {ErrorBanner} from "../../components/feedback.js";
import {html} from "../../html.js";
import {useLoad} from "../../load.js";

const CLASSES = [
  "server", "rate_limited", "timeout", "connect", "auth", "quota", "bad_response", "model_not_found", "context_length", "content_filter", "rejected",
];

/** `failures` is {provider: error class}, as `simulateFailures` takes it. */
export function Failures({failures, onChange}) {
  const {data, error} = useLoad(signal => get("providers", {}, {signal}), []);
  const usable = (data?.data ?? []).filter(one => one.status === "available" || one.status === "cooling-down" || failures[one.provider]);
  function set(provider, errorClass) {
    const {[provider]: _, ...others} = failures;
    onChange(errorClass ? {...others, [provider]: errorClass} : others);
  }
  return html`<fieldset class="failures">
    <legend class="label">Simulate failures</legend>
    <p class="small muted">A provider that is switched on here fails for your messages alone, and is not called.</p>
    <${ErrorBanner} error=${error} />
    ${data && usable.length === 0 && html`<p class="small muted">No provider can be called.</p>`}
    <ul>${usable.map(({provider}) => html`<li key=${provider} class="row">
      <label class="check grow"><input type="checkbox" role="switch" checked=${provider in failures}
        onChange=${event => set(provider, event.currentTarget.checked ? CLASSES[0] : null)} /><span class="anywhere">${provider}</span></label>
      ${provider in failures && html`<select aria-label="How ${provider} fails" value=${failures[provider]} onChange=${event => set(provider, event.currentTarget.value)}>
        ${CLASSES.map(one => html`<option key=${one} value=${one} selected=${one === failures[provider]}>${one}</option>`)}</select>`}
    </li>`)}</ul>
  </fieldset>`;
}
