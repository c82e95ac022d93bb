// Looks at the providers again and again while the page is seen, and remembers what their calls were like.

import {get} from "../../api.js";
import {useCallback, useEffect, useRef, useState} from "../../html.js";
import {may, useShared} from "../../state.js";
import {belongTo, queryOf, remember, windowsToRead} from "./history.js";

export const POLL_SECONDS = 15;

/** {matrix, windows, error, at, reload}. `windows` are the last hour's sums; null where the key may not read usage. */
export function useProviders(paused) {
  const {caller} = useShared(), busy = useRef(null); // the caller for whom it looks now
  const [state, setState] = useState({matrix: null, windows: [], error: null, at: null});
  const look = useCallback(async () => {
    if (busy.current === caller) return;
    busy.current = caller;
    const isCurrent = () => busy.current === caller; // what is answered to another caller is dropped
    const change = changes => isCurrent() && setState(old => ({...old, ...changes}));
    try {
      const now = Date.now();
      change({matrix: await get("providers"), at: now, error: null});
      await readUsage(now, isCurrent, windows => change({windows}));
    } catch (error) {
      change({error});
    } finally {
      if (isCurrent()) busy.current = null;
    }
  }, [caller]);
  useEffect(() => { belongTo(caller); look(); }, [caller]);
  useEffect(() => {
    if (paused) return undefined;
    const timer = setInterval(() => document.visibilityState === "visible" && look(), POLL_SECONDS * 1000);
    return () => clearInterval(timer);
  }, [paused, look]);
  return {...state, reload: look};
}

/** Reads the windows that are not known yet; `show` gets the last hour after each, or null where it is not allowed. */
async function readUsage(now, isCurrent, show) {
  for (const begin of may("usage") ? windowsToRead(now) : []) {
    try {
      const {data} = await get("usage", queryOf(begin));
      if (!isCurrent()) return;
      show(remember(begin, data, now));
    } catch (error) {
      if (error.code !== "forbidden") throw error;
    }
  }
  if (!may("usage")) show(null);
}
