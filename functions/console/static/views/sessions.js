// The view "Sessions": those of an agent (#/sessions/<agentId>), and one of them (#/sessions/<agentId>/<sessionId>).

import {html} from "../html.js";
import {useShared} from "../state.js";
import {SessionList} from "./sessions/list.js";
import {SessionPage} from "./sessions/page.js";

export function Sessions() {
  const [agentId, sessionId] = useShared().place.parts;
  if (sessionId) return html`<${SessionPage} key=${sessionId} agentId=${agentId} sessionId=${sessionId} />`;
  return html`<${SessionList} agentId=${agentId ?? ""} />`;
}
