// The view "Providers": which can answer now, why others cannot, and how they have answered in the last hour.

import {Button} from "../components/button.js";
import {Empty, ErrorBanner, Loading} from "../components/feedback.js";
import {Field} from "../components/field.js";
import {Page} from "../components/page.js";
import {html, useState} from "../html.js";
import {Provider} from "./providers/provider.js";
import {useProviders} from "./providers/poll.js";

const FILTERS = [["all", "all"], ["usable", "those that can answer"], ["missing", "those that cannot"]];
const USABLE = new Set(["available", "cooling-down"]);

export function Providers() {
  const [paused, setPaused] = useState(false), [filter, setFilter] = useState("all");
  const {matrix, samples, error, at, reload} = useProviders(paused);
  const all = matrix?.data ?? [];
  const shown = all.filter(one => filter === "all" || USABLE.has(one.status) === (filter === "usable"));
  const about = at ? `Looked at ${new Date(at).toLocaleTimeString("en-GB")}${paused ? ", paused" : ", every 10 seconds"}.` : "";
  const actions = html`<${Button} icon="retry" onClick=${reload}>Look now<//>
    <${Button} aria-pressed=${paused ? "true" : "false"} onClick=${() => setPaused(!paused)}>${paused ? "Go on" : "Pause"}<//>`;
  return html`<${Page} title="Providers" about=${about} actions=${actions}>
    <${ErrorBanner} error=${error} onRetry=${reload} />
    ${matrix?.warnings.map(text => html`<p key=${text} class="banner warn">${text}</p>`)}
    ${!matrix && !error && html`<${Loading} what="providers" />`}
    ${matrix && html`<div class="row"><div class="providers-filter"><${Field} label="Show" as="select" options=${FILTERS} value=${filter} onInput=${setFilter} /></div>
      <p class="muted small grow">${samples ? "The lines show the last hour, in windows of five minutes, of your tenant's calls. The API keeps no such series: this page reads them from the usage records." : "Your key may not read usage, so that there are no latencies and error rates here."}</p></div>`}
    ${matrix && !shown.length && html`<${Empty} icon="providers" title="No such provider">${filter === "usable" ? "None can answer now. Each says below what it lacks." : "All can answer."}<//>`}
    <ul class="stack">${shown.map(one => html`<li key=${one.provider}><${Provider} provider=${one} samples=${samples} /></li>`)}</ul>
  <//>`;
}
