// The only module that calls the API.
//
//   const page = await get("agents", {limit: 20});              query parameters; undefined and "" are left out
//   const agent = await post("agents", {name, model});          also patch, put, del
//   const {body, headers} = await call("GET", path);            with the response's headers, such as etag
//   for await (const {event, data} of stream(path, body)) …     server-sent events, taken up again where they broke off
//
// Paths are relative to the API, so that they hold behind a stage or a base path too; put ids in with path`agents/${id}`.
// A failure is an ApiError {code, message, status, details}; `offline` where nothing answered, `aborted` after a stop.

import {events} from "./sse.js";
import {encoded, signature} from "./signing.js";
import {share, shared} from "./state.js";

/** The API's URL, with a slash at its end: this module is <API>/console/<digest>/api.js. */
export const API = new URL("../../", import.meta.url);

export class ApiError extends Error {
  constructor({code, message, status = 0, details = {}, requestId = ""}) {
    super(message);
    Object.assign(this, {code, status, details, requestId});
  }

  /** The API's message for one field of a form, or "". */
  field(name) {
    return this.details?.errors?.find(error => error.field === name)?.message ?? "";
  }
}

/** A path with its parts encoded: path`agents/${agentId}/sessions`. */
export function path(texts, ...parts) {
  return texts.reduce((whole, text, index) => whole + encodeURIComponent(parts[index - 1]) + text);
}

/** A new key for a request that may be sent twice. */
export const idempotencyKey = () =>
  crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint32Array(4)), one => one.toString(16)).join("-");

export const get = async (where, query, options) => (await call("GET", where, {query, ...options})).body;
export const post = async (where, body, options) => (await call("POST", where, {body, ...options})).body;
export const put = async (where, body, options) => (await call("PUT", where, {body, ...options})).body;
export const patch = async (where, body, options) => (await call("PATCH", where, {body, ...options})).body;
export const del = async (where, options) => (await call("DELETE", where, options)).body;

/** Any call: {body, headers, status}. `body` null where there is none. Options: query, body, headers, signal. */
export async function call(method, where, options = {}) {
  const response = await send(method, where, options);
  const text = await read(response);
  return {body: text ? JSON.parse(text) : null, headers: response.headers, status: response.status};
}

const TRIES = 3, IN_FLIGHT_TRIES = 300; // a turn may take five minutes
const PAUSE_MS = 1000;

/**
 * The events of a streamed POST as {event, data}. Options: signal, key (its Idempotency-Key), headers.
 * A stream that breaks off is asked for again from the last event on, with the same Idempotency-Key. While the turn still
 * runs, that is refused (idempotency_in_flight), and asked again.
 */
export async function* stream(where, body, {signal, key = idempotencyKey(), headers = {}} = {}) {
  let last = null;
  for (let tries = 1, waits = 1; ; ) {
    const resumed = last === null ? {} : {"last-event-id": last};
    try {
      const response = await send("POST", where, {
        query: {stream: "true"}, body, signal, headers: {...headers, "idempotency-key": key, ...resumed},
      });
      for await (const one of events(response.body)) {
        last = one.id ?? last;
        yield {event: one.event, data: JSON.parse(one.data)};
        if (one.event === "message.end" || one.event === "error") return;
      }
      throw new ApiError({code: "offline", message: "The connection broke off."});
    } catch (error) {
      const known = failure(error, signal);
      const again = known.code === "offline" ? tries++ < TRIES : known.code === "idempotency_in_flight" && waits++ < IN_FLIGHT_TRIES;
      if (!again) throw known;
      await pause(PAUSE_MS, signal);
    }
  }
}

/** Waits, or throws as soon as the signal stops it. */
function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => { clearTimeout(timer); reject(failure(null, signal)); }, {once: true});
  });
}

/** The response of a call that succeeded. Raises ApiError. */
async function send(method, where, {query = {}, body, headers = {}, signal} = {}) {
  const url = new URL(where, API), text = body === undefined ? undefined : JSON.stringify(body);
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  url.search = given.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join("&");
  let response;
  try {
    const own = {...(await proof(method, url, text)), ...(text === undefined ? {} : {"content-type": "application/json"})};
    response = await fetched(url, {
      method, signal, headers: {...own, ...headers}, body: text, cache: "no-store", credentials: "omit", redirect: "error",
    });
  } catch (error) {
    throw failure(error, signal);
  }
  if (shared.offline) share({offline: false});
  if (!response.ok) throw refusal(response.status, await read(response));
  return response;
}

/** The headers that say who asks: by a key, or by a signature. */
async function proof(method, url, text = "") {
  if (shared.credentials) return await signature(shared.credentials, method, url, text);
  return shared.key ? {authorization: `Bearer ${shared.key}`} : {};
}

/** A browser breaks its requests off when its network changes, several times in a row. What only reads is asked again. */
async function fetched(url, options) {
  for (let tries = 1; ; tries++) {
    try {
      const response = await fetch(url, options);
      if (options.method === "GET") await response.clone().arrayBuffer(); // all of it is there
      return response;
    } catch (error) {
      if (options.method !== "GET" || options.signal?.aborted || tries === TRIES) throw error;
      await pause(PAUSE_MS, options.signal);
    }
  }
}

async function read(response) {
  try {
    return await response.text();
  } catch (error) {
    throw failure(error);
  }
}

/** The API's own error, with what follows from it for the whole console. */
function refusal(status, text) {
  let told = {};
  try {
    told = JSON.parse(text);
  } catch { /* a proxy's page */ }
  const error = new ApiError({
    ...told, status, code: told.code ?? "unknown", message: told.message ?? `The API answered with status ${status}.`,
  });
  if (status === 401) share({asksKey: shared.key ? "refused" : "missing"});
  if (status === 403 && error.details?.scope) share({denied: new Set([...shared.denied, error.details.scope])});
  return error;
}

/** What went wrong without an answer. */
function failure(error, signal) {
  if (error instanceof ApiError) return error;
  if (signal?.aborted) return new ApiError({code: "aborted", message: "Stopped."});
  if (!(error instanceof TypeError)) return new ApiError({code: "unknown", message: String(error?.message ?? error)});
  share({offline: true});
  return new ApiError({code: "offline", message: "The API cannot be reached."});
}
