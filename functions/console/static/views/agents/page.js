// One agent by its address: loads it, and starts the editor anew with each version that is shown.

import {get, path} from "../../api.js";
import {ErrorBanner, Loading} from "../../components/feedback.js";
import {Page} from "../../components/page.js";
import {html, useMemo, useState} from "../../html.js";
import {useLoad} from "../../load.js";
import {href, replace} from "../../router.js";
import {Editor} from "./editor.js";

export function AgentPage({agentId}) {
  const [shown, setShown] = useState(null), [tab, setTab] = useState("form");
  const {data, error, reload} = useLoad(signal => get(path`agents/${agentId}`, {}, {signal}), [agentId]);
  const models = useModels(), agent = shown ?? data;
  if (agent) return html`<${Editor} key=${agent.version} agent=${agent} models=${models} tab=${tab} setTab=${setTab} show=${setShown} />`;
  if (!error) return html`<${Loading} what="the agent" />`;
  return html`<${Page} title="Agent" actions=${html`<a class="button" href=${href("agents")}>All agents</a>`}>
    <${ErrorBanner} error=${error} onRetry=${reload} />
  <//>`;
}

export function NewAgentPage() {
  const [tab, setTab] = useState("form"), models = useModels();
  return html`<${Editor} agent=${null} models=${models} tab=${tab} setTab=${setTab} show=${made => replace("agents", made.agentId)} />`;
}

/** The names of all models of the configuration, for completion. Without an answer there are none. */
function useModels() {
  const {data} = useLoad(signal => get("providers", {}, {signal}), []);
  return useMemo(() => (data?.data ?? []).flatMap(provider => provider.models.map(one => one.model)), [data]);
}
