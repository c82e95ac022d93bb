// Rules as rows of a form and back: a condition is a fact, a comparison and a text; models are lines.

export const FACTS = ["model", "taskType", "priority", "userId", "hasTools", "hasImages", "promptTokens"];
export const COMPARISONS = {is: "is", in: "is one of", gte: "is at least", gt: "is above", lte: "is at most", lt: "is below"};
export const STRATEGIES = {
  order: "in this order",
  cheapest: "the cheapest first",
  fastest: "the fastest first",
  weighted: "by chance, by weight",
};

const isObject = value => value !== null && typeof value === "object" && !Array.isArray(value);

/** The rows of a rule's `when`: [{fact, comparison, text}]. A range with two bounds has two rows. */
export function conditionRows(when) {
  return Object.entries(when ?? {}).flatMap(([fact, condition]) => {
    if (Array.isArray(condition)) return [{fact, comparison: "in", text: condition.map(asText).join(", ")}];
    if (!isObject(condition)) return [{fact, comparison: "is", text: asText(condition)}];
    return Object.entries(condition).map(([comparison, bound]) => ({fact, comparison, text: asText(bound)}));
  });
}

/** A rule's `when` from its rows; undefined where there are none. */
export function whenOf(rows) {
  const when = {};
  for (const {fact, comparison, text} of rows) {
    if (comparison === "is") when[fact] = scalar(fact, text);
    else if (comparison === "in") when[fact] = text.split(",").map(one => scalar(fact, one.trim()));
    else when[fact] = {...(isObject(when[fact]) ? when[fact] : {}), [comparison]: scalar("promptTokens", text)};
  }
  return rows.length ? when : undefined;
}

/** A text as it is shown. Metadata that is a number or true as a text keeps its quotes, so that it stays a text. */
function asText(value) {
  return typeof value === "string" && typeof literal(value) === "string" ? value : JSON.stringify(value);
}

/** What a text means: for facts that are texts the text itself, else true, false or a number where it is one. */
function scalar(fact, text) {
  const isText = ["model", "taskType", "priority", "userId"].includes(fact);
  const value = literal(text);
  return isText && typeof value !== "string" ? text : value;
}

function literal(text) {
  if (!/^(true|false|-?\d+(\.\d+)?([eE][-+]?\d+)?|".*")$/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** {strategy, lines} of a rule's `use`. Lines are models, with their weight behind a blank where they have one. */
export function useForm(use) {
  if (!isObject(use)) return {strategy: "order", lines: [use ?? []].flat().join("\n")};
  const lines = (use.among ?? []).map(one => (isObject(one) ? `${one.model} ${one.weight}` : one));
  return {strategy: use.strategy, lines: lines.join("\n")};
}

/** A rule's `use` from the form. One model alone is written as a text. */
export function useOf({strategy, lines}) {
  const models = lines.split("\n").map(line => line.trim()).filter(Boolean);
  if (strategy === "order") return models.length === 1 ? models[0] : models;
  if (strategy !== "weighted") return {strategy, among: models.map(line => line.split(/\s+/)[0])};
  const among = models.map(line => {
    const [model, weight] = line.split(/\s+/);
    return {model, weight: weight === undefined ? 1 : literal(weight)};
  });
  return {strategy, among};
}
