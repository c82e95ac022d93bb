// Finds out what the key may do. What the API does not tell is learnt from its refusals (403), one scope at a time.
//
// API Gateway answers an unsigned request as it does one for a path that does not exist. So where this route does not, the
// API takes signatures alone. It refuses those that it cannot check with a 403 that names no scope.

import {get} from "./api.js";
import {share, shared} from "./state.js";

const PAUSE_MS = 1000, LONGEST_PAUSE_MS = 30_000;

/**
 * Asks for the key's own scopes. Until there is an answer they are unknown, and every view is offered. An API that cannot
 * answer now is asked again later, for as long as the page has the same caller.
 */
export async function learnAccess() {
  const {caller, credentials} = shared, isSame = () => shared.caller === caller;
  for (let pause = PAUSE_MS; isSame(); pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      const {scopes} = await get("keys/current");
      if (Array.isArray(scopes) && isSame()) share({scopes});
      return;
    } catch (error) { // a 401 has asked for a key already
      const refused = credentials ? error.status === 403 && !error.details?.scope : error.status === 404;
      if (refused && isSame()) share({asksKey: "unsigned"});
      const passes = error.status === 0 || error.status === 429 || error.status >= 500; // 0: nothing answered
      if (!passes) return;
    }
    await new Promise(resolve => setTimeout(resolve, pause));
  }
}
