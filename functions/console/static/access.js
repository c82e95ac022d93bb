// Finds out what the key may do. What the API does not tell is learnt from its refusals (403), one scope at a time.
//
// API Gateway answers an unsigned request as it does one for a path that does not exist. So where this route does not, the
// API takes signatures alone. It refuses those that it cannot check with a 403 that names no scope.

import {get} from "./api.js";
import {share, shared} from "./state.js";

/** Asks for the key's own scopes. Without an answer they stay unknown, and every view is offered. */
export async function learnAccess() {
  try {
    const {scopes} = await get("keys/current");
    if (Array.isArray(scopes)) share({scopes});
  } catch (error) { // a 401 has asked for a key already
    const refused = shared.credentials ? error.status === 403 && !error.details?.scope : error.status === 404;
    if (refused) share({asksKey: "unsigned"});
  }
}
