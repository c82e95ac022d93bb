// Adds up the pages of a report. A day may be on two of them.

/** Why turns are not compared, by the API's word. */
export const REASONS = {
  no_answer: "they ended without an answer that a provider counted",
  unknown_tokens: "their provider did not count the tokens",
  unknown_cost: "their own cost is not known",
  unknown_price: "the model's price at their time is not known",
  other_kind: "they made embeddings, or the model does",
  trial: "they were what-ifs themselves",
};

const NOTHING = {turns: 0, compared: 0, costUsd: null, whatIfCostUsd: null, leftOut: {}};

/** A report {model, days: Map, total} with one page more. `report` is null before the first. */
export function added(report, page) {
  const days = new Map(report?.days);
  for (const row of page.data) days.set(row.day, sum(days.get(row.day) ?? NOTHING, row));
  return {model: page.model, days, total: sum(report?.total ?? NOTHING, page.total)};
}

function sum(one, other) {
  const reasons = new Set([...Object.keys(one.leftOut), ...Object.keys(other.leftOut)]);
  return {
    turns: one.turns + other.turns, compared: one.compared + other.compared,
    costUsd: known(one.costUsd, other.costUsd), whatIfCostUsd: known(one.whatIfCostUsd, other.whatIfCostUsd),
    leftOut: Object.fromEntries([...reasons].map(reason => [reason, (one.leftOut[reason] ?? 0) + (other.leftOut[reason] ?? 0)])),
  };
}

/** Null is a sum of no turn, so it adds nothing. */
function known(one, other) {
  return one === null ? other : other === null ? one : one + other;
}
