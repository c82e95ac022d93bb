// A message as a request that somebody can run: curl, Python with httpx, and OpenAI's SDK. The key is never in it: it is
// read from AGENTOS_KEY. Where requests are signed, it is curl alone, which signs with AWS's own environment variables.

import {API} from "../../api.js";
import {shared} from "../../state.js";

/** The same request in each language, as [title, text]. `sessionId` null opens a session first. */
export function snippets(agent, sessionId, body) {
  if (shared.credentials) return [["curl", curl(agent, sessionId, body)]];
  return [["curl", curl(agent, sessionId, body)], ["Python", python(agent, sessionId, body)], ["OpenAI SDK", openai(agent, body)]];
}

/** The body that a stored or new message is sent with. */
export function bodyOf({role, content, toolCallId, taskType, priority, parameters, simulateFailures, messages}) {
  if (messages) return {messages};
  return {
    ...(role && role !== "user" && role !== "assistant" && {role}), content: content ?? "", ...(toolCallId && {toolCallId}),
    ...(taskType && {taskType}), ...(priority && {priority}), ...(parameters && {parameters}), ...(simulateFailures && {simulateFailures}),
  };
}

function curl(agent, sessionId, body) {
  const key = proof(), quoted = text => `'${text.replaceAll("'", "'\\''")}'`;
  const sessions = `${API}agents/${encodeURIComponent(agent.agentId)}/sessions`;
  const opened = sessionId ? "" : `# sessionId of the answer is the <session-id> below\ncurl -X POST "${sessions}"${key}\n\n`;
  return `${opened}curl -N -X POST "${sessions}/${sessionId ?? "<session-id>"}/messages?stream=true"${key} \\
  -H "Content-Type: application/json" -H "Idempotency-Key: $(uuidgen)" \\
  -d ${quoted(JSON.stringify(body, null, 2))}`;
}

/** curl's arguments that say who asks. */
function proof() {
  if (!shared.credentials) return shared.key ? ' -H "Authorization: Bearer $AGENTOS_KEY"' : "";
  const {region, token} = shared.credentials, temporary = token ? ' -H "x-amz-security-token: $AWS_SESSION_TOKEN"' : "";
  return ` --aws-sigv4 "aws:amz:${region}:execute-api" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"${temporary}`;
}

function python(agent, sessionId, body) {
  const headers = shared.key ? ', headers={"Authorization": f"Bearer {os.environ[\'AGENTOS_KEY\']}"}' : "";
  const session = sessionId
    ? `session = ${literal(sessionId)}`
    : `session = api.post(f"agents/{agent}/sessions").raise_for_status().json()["sessionId"]`;
  return `${shared.key ? "import os\n" : ""}import uuid

import httpx

agent = ${literal(agent.agentId)}
with httpx.Client(base_url=${literal(String(API))}${headers}, timeout=60) as api:
    ${session}
    answer = api.post(
        f"agents/{agent}/sessions/{session}/messages",
        json=${literal(body, 8)},
        headers={"Idempotency-Key": str(uuid.uuid4())},
    ).raise_for_status().json()
    print(answer["content"], answer["route"]["served"], answer["usage"]["costUsd"])`;
}

function openai(agent, body) {
  const messages = (body.messages ?? [body]).map(one => ({
    role: one.role ?? "user", content: one.content, ...(one.toolCallId && {tool_call_id: one.toolCallId}),
  }));
  return `${shared.key ? "import os\n\n" : ""}from openai import OpenAI

client = OpenAI(base_url=${literal(`${API}v1`)}, api_key=${shared.key ? "os.environ[\"AGENTOS_KEY\"]" : "\"any\""})
stream = client.chat.completions.create(
    model=${literal(`agent:${agent.agentId}`)},
    messages=${literal(messages, 4)},
    stream=True,
)
for chunk in stream:
    if chunk.choices and chunk.choices[0].delta.content:
        print(chunk.choices[0].delta.content, end="", flush=True)`;
}

/** A JSON value as Python writes it, its further lines indented by so many blanks. */
export function literal(value, indent = 0) {
  const pad = " ".repeat(indent + 4), end = " ".repeat(indent);
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const list = Array.isArray(value), items = list ? value : Object.entries(value);
  if (items.length === 0) return list ? "[]" : "{}";
  const lines = items.map(one => list ? literal(one, indent + 4) : `${JSON.stringify(one[0])}: ${literal(one[1], indent + 4)}`);
  const [open, close] = list ? "[]" : "{}";
  const short = `${open}${lines.join(", ")}${close}`;
  return short.length < 80 && !short.includes("\n") ? short : `${open}\n${lines.map(line => pad + line).join(",\n")},\n${end}${close}`;
}
