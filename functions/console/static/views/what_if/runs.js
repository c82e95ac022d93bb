// Runs what-ifs one after the other. What is stopped keeps the answers that have come.
//
//   const {results, running, run, stop} = useRuns(where);      run(turns, patch)
//
// A result is {turn, whatIf} or {turn, error}; {turn} alone waits.

import {post} from "../../api.js";
import {useEffect, useRef, useState} from "../../html.js";

/** Errors after which no further turn would go better. */
const FINAL = ["invalid_request", "budget_exceeded", "unauthorized", "forbidden", "offline", "not_found"];

export function useRuns(where) {
  const [results, setResults] = useState([]), [running, setRunning] = useState(false), controller = useRef(null);
  useEffect(() => () => controller.current?.abort(), []);
  async function run(turns, patch) {
    const mine = new AbortController(), {signal} = mine;
    controller.current?.abort();
    controller.current = mine;
    setRunning(true);
    setResults(turns.map(turn => ({turn})));
    for (const turn of turns) {
      const result = await answered(where, turn, patch, signal);
      if (signal.aborted) break;
      setResults(old => old.map(one => (one.turn === turn ? result : one)));
      if (FINAL.includes(result.error?.code)) break;
    }
    if (controller.current === mine) setRunning(false);
  }
  return {results, running, run, stop: () => controller.current?.abort()};
}

async function answered(where, turn, patch, signal) {
  try {
    const body = {messageId: turn.stored.messageId, ...(patch ? {agent: patch} : {})};
    const {whatIf} = await post(`${where}/what-if`, body, {signal});
    return {turn, whatIf};
  } catch (error) {
    return {turn, error};
  }
}
