// What a conversation holds and does: its stored messages, and the turn that is under way.
//
// `live` is the turn that is under way or has just failed: {sent, content, reasoning, toolCalls, model, state, error, key}.
// Its `state` is "running", "stopped" or "failed". A turn that ended well is among `messages`.

import {get, idempotencyKey, path, post, stream} from "../../api.js";
import {useEffect, useRef, useState} from "../../html.js";
import {replace} from "../../router.js";

const PAGE = 50;
const EMPTY = {messages: [], earlier: null, loading: false, error: null, live: null};

export function useConversation(agentId, sessionId) {
  const [state, setState] = useState(EMPTY), session = useRef(sessionId), stopper = useRef(null);
  const change = changes => setState(old => ({...old, ...(typeof changes === "function" ? changes(old) : changes)}));
  /** The same for what was asked of a session, unless another one is shown by now. */
  const changeIn = (asked, changes) => asked === session.current && change(changes);
  const place = () => path`agents/${agentId}/sessions/${session.current}`;

  useEffect(() => {
    if (sessionId === session.current && sessionId && state.live) return undefined; // it was opened for this turn
    stopper.current?.abort();
    session.current = sessionId;
    setState({...EMPTY, loading: Boolean(sessionId)});
    if (sessionId) load().catch(error => changeIn(sessionId, {error, loading: false}));
    return undefined;
  }, [agentId, sessionId]);
  useEffect(() => () => stopper.current?.abort(), []);

  /** The newest messages anew; the turn that is under way becomes one of them, unless `keep` holds on to it. */
  async function load(keep = {live: null}) {
    const mine = session.current, page = await get(`${place()}/messages`, {order: "desc", limit: PAGE});
    changeIn(mine, {messages: page.data.reverse(), earlier: page.nextCursor, loading: false, error: null, ...keep});
  }

  async function loadEarlier() {
    const mine = session.current, after = state.earlier;
    try {
      const page = await get(`${place()}/messages`, {order: "desc", limit: PAGE, after});
      // After two clicks they come twice.
      changeIn(mine, old => old.earlier === after ? {messages: [...page.data.reverse(), ...old.messages], earlier: page.nextCursor} : {});
    } catch (error) {
      changeIn(mine, {error});
    }
  }

  /**
   * Sends a body, opening a session first where there is none. The same `key` never stores it twice: it goes on with the
   * answer of a turn that still runs or has ended, and runs one that failed again.
   */
  async function send(body, key = idempotencyKey()) {
    const controller = new AbortController();
    stopper.current = controller;
    const live = changes => change(old => old.live?.key === key ? {live: {...old.live, ...changes(old.live)}} : {});
    const shown = state.live?.key === key ? state.live : {content: "", reasoning: "", toolCalls: [], model: null};
    change({live: {...shown, sent: body, state: "running", error: null, key}, error: null});
    try {
      if (!session.current) await open(key, controller.signal);
      for await (const {event, data} of stream(`${place()}/messages`, body, {key, signal: controller.signal})) {
        if (event === "message.start") live(() => ({model: data.model, content: "", reasoning: "", toolCalls: []}));
        if (event === "message.delta") live(old => ({content: old.content + data.delta}));
        if (event === "reasoning.delta") live(old => ({reasoning: old.reasoning + data.delta}));
        if (event === "tool_call.delta") live(old => ({toolCalls: [...old.toolCalls, data]}));
        if (event === "error") throw Object.assign(new Error(data.message), data);
      }
      await load();
    } catch (error) {
      if (controller.signal.aborted) return live(() => ({state: "stopped"}));
      live(() => ({state: "failed", error}));
      if (session.current) await load({}).catch(() => {}); // what came of a broken answer is stored
    }
    return undefined;
  }

  async function open(key, signal) {
    const made = await post(path`agents/${agentId}/sessions`, {metadata: {source: "console"}}, {signal, headers: {"idempotency-key": `${key}-session`}});
    signal.throwIfAborted(); // somebody has gone elsewhere
    session.current = made.sessionId;
    replace("chat", agentId, made.sessionId);
  }

  return {
    ...state, send, loadEarlier,
    stop: () => stopper.current?.abort(),
    again: () => send(state.live.sent, state.live.key),
    forget: () => change({live: null}),
    reload: () => load().catch(error => changeIn(sessionId, {error})),
  };
}

/** A session that begins with a copy of the messages up to one; without one, it is empty. Its id. */
export async function fork(agentId, sessionId, upToMessageId) {
  const body = upToMessageId ? {forkFrom: {sessionId, upToMessageId}} : {};
  return (await post(path`agents/${agentId}/sessions`, {...body, metadata: {source: "console", forkedFrom: sessionId}})).sessionId;
}
