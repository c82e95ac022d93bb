// What sessions are searched by: as texts of the form and the address, and as the API's query.

/** The form's texts from the address's query. */
export function filterOf(query) {
  return Object.fromEntries(["userId", "sessionId", "metadata"].map(name => [name, query.get(name) ?? ""]));
}

const pairs = metadata => metadata.split(",").map(text => text.trim()).filter(Boolean);

/** What is wrong with the text for metadata, or "". */
export function faultOf(metadata) {
  return pairs(metadata).every(pair => /^[^=]+=\s*\S/.test(pair)) ? "" : "Write name=value, several of them with commas.";
}

/** The query of the API. Metadata is written "tier=gold, region=eu": all of it must hold. */
export function queryOf({userId, sessionId, metadata}) {
  const texts = {userId: userId.trim(), sessionId: sessionId.trim()};
  for (const pair of faultOf(metadata) ? [] : pairs(metadata)) {
    const at = pair.indexOf("=");
    texts[`metadata.${pair.slice(0, at).trim()}`] = pair.slice(at + 1).trim();
  }
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text));
}
