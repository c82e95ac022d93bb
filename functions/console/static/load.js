// Loads data for a view, and loads it again.
//
//   const {data, error, busy, reload} = useLoad(signal => get("providers", {}, {signal}), []);
//   const {rows, page, error, busy, more, reload} = usePages(after => get("agents", {limit: 50, after}), []);
//
// It loads anew when one of the values in the list changes, and for another caller. An answer that is overtaken is dropped.

import {useCallback, useEffect, useRef, useState} from "./html.js";
import {useShared} from "./state.js";

export function useLoad(load, values) {
  const [state, setState] = useState({data: null, error: null, busy: true}), {caller} = useShared(), turn = useRef(0);
  const reload = useCallback(() => {
    const controller = new AbortController(), mine = ++turn.current;
    setState(old => ({...old, busy: true}));
    load(controller.signal).then(
      data => mine === turn.current && setState({data, error: null, busy: false}),
      error => mine === turn.current && error.code !== "aborted" && setState(old => ({...old, error, busy: false})),
    );
    return () => { turn.current++; controller.abort(); };
  }, [caller, ...values]);
  useEffect(reload, [reload]);
  return {...state, reload};
}

/** The rows of all pages that were loaded so far. `more` loads the next one. */
export function usePages(load, values) {
  const [later, setLater] = useState({rows: [], page: null, busy: false, error: null});
  const first = useLoad(signal => load(undefined, signal), values);
  useEffect(() => setLater({rows: [], page: null, busy: false, error: null}), [first.data]);
  const page = later.page ?? first.data;
  async function more() {
    setLater(old => ({...old, busy: true}));
    try {
      const next = await load(page.nextCursor);
      setLater(old => ({rows: [...old.rows, ...next.data], page: next, busy: false, error: null}));
    } catch (error) {
      setLater(old => ({...old, busy: false, error}));
    }
  }
  return {
    rows: [...(first.data?.data ?? []), ...later.rows], page, more, reload: first.reload,
    error: first.error ?? later.error, busy: first.busy || later.busy, loaded: Boolean(first.data),
  };
}
