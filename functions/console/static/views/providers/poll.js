// Looks at the providers again and again while the page is seen, and remembers what their calls were like.

import {get} from "../../api.js";
import {useCallback, useEffect, useRef, useState} from "../../html.js";
import {may, useShared} from "../../state.js";
import {belongTo, queryOf, remember, windowsToRead} from "./history.js";

export const POLL_SECONDS = 15;

/** {matrix, windows, error, at, reload}. `windows` are the last hour's sums; null where the key may not read usage. */
export function useProviders(paused) {
  const {key} = useShared(), busy = useRef(false);
  const [state, setState] = useState({matrix: null, windows: [], error: null, at: null});
  const look = useCallback(async () => {
    if (busy.current) return;
    busy.current = true;
    const change = changes => setState(old => ({...old, ...changes}));
    try {
      const now = Date.now();
      change({matrix: await get("providers"), at: now, error: null});
      await readUsage(now, windows => change({windows}));
    } catch (error) {
      change({error});
    } finally {
      busy.current = false;
    }
  }, []);
  useEffect(() => { belongTo(key); look(); }, [key]);
  useEffect(() => {
    if (paused) return undefined;
    const timer = setInterval(() => document.visibilityState === "visible" && look(), POLL_SECONDS * 1000);
    return () => clearInterval(timer);
  }, [paused]);
  return {...state, reload: look};
}

/** Reads the windows that are not known yet; `show` gets the last hour after each, or null where it is not allowed. */
async function readUsage(now, show) {
  for (const begin of may("usage") ? windowsToRead(now) : []) {
    try {
      show(remember(begin, (await get("usage", queryOf(begin))).data, now));
    } catch (error) {
      if (error.code !== "forbidden") throw error;
    }
  }
  if (!may("usage")) show(null);
}
