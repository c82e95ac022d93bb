// Exports a session: the session as the API shows it, and all pages of its messages, in one JSON file.

import {get} from "../../api.js";
import {download} from "../../download.js";
import {notify} from "../../state.js";

/** Reads all messages of the session at `where`, and saves {session, messages} as a file. */
export async function exported(where, session) {
  const messages = [];
  let after;
  do {
    const page = await get(`${where}/messages`, {limit: 100, after});
    messages.push(...page.data);
    after = page.hasMore ? page.nextCursor : null;
  } while (after);
  download(`${session.sessionId}.json`, JSON.stringify({session, messages}, null, 2));
  notify(`Exported ${messages.length} messages.`);
}
