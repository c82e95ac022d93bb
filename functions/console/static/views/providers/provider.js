// One provider: its status, what it lacks, its circuits, its recent calls and its models.

import {Sparkline} from "../../components/sparkline.js";
import {count, duration, percent} from "../../format.js";
import {html} from "../../html.js";
import {seriesOf} from "./history.js";
import {Models} from "./models.js";

const STATUS = {
  available: ["ok", "available"], "cooling-down": ["warn", "cooling down"], "not-configured": ["", "not configured"], disabled: ["", "disabled"],
};
const CAN = {chat: "chat", streaming: "streaming", tools: "tools", images: "images", structuredOutput: "structured output"};

export function Provider({provider, windows}) {
  const [kind, status] = STATUS[provider.status] ?? ["", provider.status];
  const can = Object.keys(CAN).filter(name => provider[name]).map(name => CAN[name]);
  return html`<article class="card stack" aria-label=${provider.provider}>
    <div class="providers-row">
      <div class="stack-small">
        <div class="row"><h2 class="anywhere">${provider.provider}</h2><span class=${`tag ${kind}`}>${status}</span></div>
        <p class="muted small">${can.join(", ")}</p>
      </div>
      ${windows && html`<${Recent} provider=${provider.provider} windows=${windows} />`}
    </div>
    <${Lacks} provider=${provider} />
    ${provider.circuits.length > 0 && html`<ul class="banner warn" aria-label="Circuits">${provider.circuits.map(one => html`<li key=${one.model}>
      <span class="mono anywhere">${one.model}</span> ${one.state === "open" ? `is left alone for ${one.retryInSeconds} s` : "is being tried by one call"}</li>`)}</ul>`}
    <${Models} models=${provider.models} />
  </article>`;
}

/** Why a provider cannot be asked. The names are those of environment variables, and of parameters of a deployed stack. */
function Lacks({provider}) {
  if (provider.status !== "not-configured" && provider.status !== "disabled") return null;
  const missing = provider.environment.filter(name => provider.reason?.split(/\s/).includes(name));
  const others = provider.environment.filter(name => !missing.includes(name));
  return html`<p class="small anywhere">${missing.length
    ? html`Missing: ${names(missing)}${others.length > 0 && html`. Also read: ${names(others)}`}. Set it in the environment or .env, or as a parameter of the stack.`
    : provider.reason}</p>`;
}

const names = all => all.map((name, index) => html`${index > 0 && ", "}<code key=${name}>${name}</code>`);

function Recent({provider, windows}) {
  const {latency, errors, calls} = seriesOf(provider, windows);
  if (!calls) return html`<p class="muted small providers-none">No calls in the last hour.</p>`;
  return html`
    <${Measure} title="Latency" values=${latency} format=${duration} />
    <${Measure} title="Failed calls" values=${errors} format=${percent} kind="bad" />
    <p class="small"><span class="muted">Calls</span><br />${count(calls)}</p>`;
}

function Measure({title, values, format, kind}) {
  const known = values.filter(value => value !== null), latest = known.at(-1) ?? null;
  const range = known.length ? `${format(Math.min(...known))} to ${format(Math.max(...known))}, latest ${format(latest)}` : "no calls";
  return html`<div class="small providers-measure"><span class="muted">${title}</span>
    <div class="row"><${Sparkline} values=${values} label=${`${title} in the last hour: ${range}`} kind=${kind} /><span>${format(latest)}</span></div></div>`;
}
