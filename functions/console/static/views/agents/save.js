// Stores what was edited: a new agent whole, a stored one as the change alone, on the version that was seen.

import {call, path, post} from "../../api.js";
import {mergePatch} from "./draft.js";

/** The agent as it is stored afterwards. `base` is the version to change; an ApiError 412 says that it is not the latest. */
export async function saved(base, stored, draft) {
  if (!base) return await post("agents", draft);
  const {body} = await call("PATCH", path`agents/${base.agentId}`, {
    body: mergePatch(stored, draft), headers: {"if-match": `"${base.version}"`},
  });
  return body;
}
