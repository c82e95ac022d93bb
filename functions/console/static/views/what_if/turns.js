// A session's answers with what they answered, and sums over several of them.

/** What the messages (oldest first) hold: [{asked: [message], stored: answer}]. */
export function turnsOf(messages) {
  const turns = [];
  let asked = [];
  for (const message of messages) {
    if (message.role !== "assistant") {
      asked.push(message);
      continue;
    }
    if (message.route && asked.length) turns.push({asked, stored: message});
    asked = [];
  }
  return turns;
}

/** "all 5", "both", "the only": in front of what there are so many of. */
export function allOf(number) {
  return number === 1 ? "the only" : number === 2 ? "both" : `all ${number.toLocaleString("en")}`;
}

/** The text of a message. Parts that are not text are named. */
export function textOf({content}) {
  if (typeof content === "string") return content;
  return (content ?? []).map(part => (part.type === "text" ? part.text : `[${part.type}]`)).join("\n");
}

const MOST = 60;

/** The begin of what was asked, in one line. */
export function summary({asked}) {
  const text = asked.map(textOf).join(" ").replace(/\s+/g, " ").trim();
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text || "(no text)";
}

/** Tokens, cost and time of several answers. A sum of which one part is unknown is unknown (null). */
export function sumsOf(replies) {
  const sum = name => replies.reduce((total, one) => (total === null || one.usage[name] === null ? null : total + one.usage[name]), 0);
  return {promptTokens: sum("promptTokens"), completionTokens: sum("completionTokens"), costUsd: sum("costUsd"), latencyMs: sum("latencyMs")};
}
