// Finds out what the key may do. What the API does not tell is learnt from its refusals (403), one scope at a time.

import {get} from "./api.js";
import {share} from "./state.js";

/** Asks for the key's own scopes. Without an answer they stay unknown, and every view is offered. */
export async function learnAccess() {
  try {
    const {scopes} = await get("keys/current");
    if (Array.isArray(scopes)) share({scopes});
  } catch { /* a 401 has asked for a key already; an older API has no such route */ }
}
