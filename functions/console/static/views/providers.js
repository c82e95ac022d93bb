// The view "Providers": which can answer now, why others cannot, and how they have answered in the last hour.

import {Button} from "../components/button.js";
import {Empty, ErrorBanner, Loading} from "../components/feedback.js";
import {Field} from "../components/field.js";
import {Page} from "../components/page.js";
import {html, useState} from "../html.js";
import {Provider} from "./providers/provider.js";
import {POLL_SECONDS, useProviders} from "./providers/poll.js";

const FILTERS = [["all", "all"], ["usable", "those that can answer"], ["missing", "those that cannot"]];
const USABLE = new Set(["available", "cooling-down"]);

const SERIES = "The lines show your tenant's calls of the last hour, in windows of five minutes. The API keeps no series of them: this page reads them from the usage records.";
const NO_SERIES = "Your key may not read usage, so there are no latencies and failures here.";

export function Providers() {
  const [paused, setPaused] = useState(false), [filter, setFilter] = useState("all");
  const {matrix, windows, error, at, reload} = useProviders(paused);
  const all = matrix?.data ?? [];
  const shown = all.filter(one => filter === "all" || USABLE.has(one.status) === (filter === "usable"))
    .sort((left, right) => USABLE.has(right.status) - USABLE.has(left.status));
  const about = at ? `Looked at ${new Date(at).toLocaleTimeString("en-GB")}${paused ? ", paused" : `, every ${POLL_SECONDS} seconds`}.` : "";
  const actions = html`<${Button} icon="retry" onClick=${reload}>Look now<//>
    <${Button} aria-pressed=${paused ? "true" : "false"} onClick=${() => setPaused(!paused)}>${paused ? "Go on" : "Pause"}<//>`;
  return html`<${Page} title="Providers" about=${about} actions=${actions}>
    <${ErrorBanner} error=${error} onRetry=${reload} />
    ${matrix?.warnings.map(text => html`<p key=${text} class="banner warn">${text}</p>`)}
    ${!matrix && !error && html`<${Loading} what="providers" />`}
    ${matrix && html`<div class="filters"><${Field} label="Show" as="select" options=${FILTERS} value=${filter} onInput=${setFilter} /></div>
      <p class="muted small">${windows ? SERIES : NO_SERIES}</p>`}
    ${matrix && !shown.length && html`<${Empty} icon="providers" title="No such provider">${filter === "usable" ? "None can answer now. Show all to see what each lacks." : "All can answer."}<//>`}
    <ul class="stack">${shown.map(one => html`<li key=${one.provider}><${Provider} provider=${one} windows=${windows} /></li>`)}</ul>
  <//>`;
}
