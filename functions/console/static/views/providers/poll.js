// Looks at the providers again and again while the page is seen, and remembers what their calls were like.

import {get} from "../../api.js";
import {useCallback, useEffect, useRef, useState} from "../../html.js";
import {may, useShared} from "../../state.js";
import {forget, queryOf, remember, remembered, windowsToRead} from "./history.js";

const POLL_SECONDS = 10;

/** {matrix, samples, error, at, reload}. `samples` is null where the key may not read usage. */
export function useProviders(paused) {
  const {key} = useShared(), busy = useRef(false);
  const [state, setState] = useState({matrix: null, samples: remembered(), error: null, at: null});
  const look = useCallback(async () => {
    if (busy.current) return;
    busy.current = true;
    const change = changes => setState(old => ({...old, ...changes}));
    try {
      const now = Date.now();
      change({matrix: await get("providers"), at: now, error: null});
      await readUsage(now, samples => change({samples}));
    } catch (error) {
      change({error});
    } finally {
      busy.current = false;
    }
  }, []);
  useEffect(() => { forget(); look(); }, [key]);
  useEffect(() => {
    if (paused) return undefined;
    const timer = setInterval(() => document.visibilityState === "visible" && look(), POLL_SECONDS * 1000);
    return () => clearInterval(timer);
  }, [paused]);
  return {...state, reload: look};
}

/** Reads the windows that are not known yet; `show` gets all samples after each, or null where it is not allowed. */
async function readUsage(now, show) {
  for (const at of may("usage") ? windowsToRead(now) : []) {
    try {
      show(remember(at, (await get("usage", queryOf(at))).data));
    } catch (error) {
      if (error.code !== "forbidden") throw error;
    }
  }
  if (!may("usage")) show(null);
}
