// An agent as it is edited: values by path, and the merge patch that a change amounts to.

/** What a client may set of an agent. */
const FIELDS = ["name", "description", "model", "tools", "config"];

export const NEW_AGENT = {name: "", description: "", model: "", tools: [], config: {}};

/** The editable part of an agent, as the API shows it. */
export function editable(agent) {
  return Object.fromEntries(FIELDS.map(field => [field, agent[field]]));
}

/** The value at a path such as "config.temperature"; undefined where there is none. */
export function valueAt(document, path) {
  return path.split(".").reduce((value, name) => value?.[name], document);
}

/** A copy with another value at the path. undefined takes the field away. */
export function withValue(document, path, value) {
  const [name, ...rest] = path.split(".");
  const copy = {...document};
  const next = rest.length ? withValue(copy[name] ?? {}, rest.join("."), value) : value;
  if (next === undefined) delete copy[name];
  else copy[name] = next;
  return copy;
}

const isObject = value => value !== null && typeof value === "object" && !Array.isArray(value);

const isListOr = (value, check = () => true) => value === undefined || (Array.isArray(value) && value.every(check));
const isRule = rule => isObject(rule) && isObject(rule.when ?? {}) && isListOr(rule.use?.among ?? undefined);

/** Whether the form and the rules can show it. JSON that somebody types may have any shape. */
export function wellFormed(draft) {
  const config = draft.config ?? {}, routing = config.routing ?? {};
  return isObject(config) && isObject(routing) && isListOr(config.fallbackModels ?? undefined) && isListOr(routing.rules ?? undefined, isRule);
}

/** The JSON Merge Patch (RFC 7396) that makes `after` of `before`. */
export function mergePatch(before, after) {
  const patch = {};
  for (const name of Object.keys(before)) {
    if (!(name in after)) patch[name] = null;
  }
  for (const [name, value] of Object.entries(after)) {
    const was = before[name];
    if (isObject(was) && isObject(value)) {
      const inner = mergePatch(was, value);
      if (Object.keys(inner).length) patch[name] = inner;
    } else if (canonical(was) !== canonical(value)) {
      patch[name] = value;
    }
  }
  return patch;
}

/** The JSON of a value with sorted names, so that two texts can be compared. */
export function canonical(value) {
  return JSON.stringify(value, (_, one) => (isObject(one)
    ? Object.fromEntries(Object.keys(one).sort().map(name => [name, one[name]]))
    : one));
}

/** The JSON that people read and edit. */
export const pretty = value => JSON.stringify(value, null, 2);
