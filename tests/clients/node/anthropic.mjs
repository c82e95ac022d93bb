// Anthropic's official SDK: messages whole, streamed, with tools and thinking; counting tokens; models; errors.
import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({ baseURL: process.env.DOOR, apiKey: "any", maxRetries: 0 });
const model = "openai:suite";
const question = { role: "user", content: "What is the weather in Basel?" };
const input_schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };

async function messages() {
  const answer = await client.messages.create({ model, max_tokens: 100, system: "Be brief.", messages: [question] });
  assert.match(answer.content[0].text, /^Hello/);
  assert.equal(answer.stop_reason, "end_turn");
  assert.ok(answer.usage.input_tokens > 0);

  const pieces = [];
  const stream = client.messages.stream({ model, max_tokens: 100, messages: [question] });
  stream.on("text", (text) => pieces.push(text));
  const whole = await stream.finalMessage();
  assert.match(pieces.join(""), /^Hello/);
  assert.equal(whole.content[0].text, pieces.join(""));
}

async function tools() {
  const tools = [{ name: "weather", description: "The weather in a city.", input_schema }];
  const called = await client.messages.create({ model, max_tokens: 100, messages: [question], tools });
  assert.equal(called.stop_reason, "tool_use");
  const call = called.content.find((block) => block.type === "tool_use");
  const result = { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: "rain" }] };
  const told = await client.messages.create({
    model,
    max_tokens: 100,
    messages: [question, { role: "assistant", content: called.content }, result],
    tools,
  });
  assert.match(told.content[0].text, /^Hello/);
}

async function others() {
  const counted = await client.messages.countTokens({ model, messages: [question] });
  assert.ok(counted.input_tokens > 0);
  const ids = [];
  for await (const one of client.models.list({ limit: 5 })) ids.push(one.id);
  assert.ok(ids.length > 5);
  const unknown = client.messages.create({ model: "nobody:any", max_tokens: 10, messages: [question] });
  await assert.rejects(unknown, (error) => error instanceof Anthropic.NotFoundError && Boolean(error.requestID));
}

for (const example of [messages, tools, others]) await example();
