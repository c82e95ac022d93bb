// OpenAI's official SDK: chat completions, Responses, models; whole, streamed, with tools and typed answers.
import assert from "node:assert/strict";
import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";

const client = new OpenAI({ baseURL: `${process.env.DOOR}/v1`, apiKey: "any", maxRetries: 0 });
const model = "anthropic:claude-haiku-4-5";
const City = z.object({ name: z.string(), inhabitants: z.number() });
const parameters = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};

async function chat() {
  const question = { role: "user", content: "What is the weather in Basel?" };
  const answer = await client.chat.completions.create({ model, messages: [question] });
  assert.match(answer.choices[0].message.content, /^Hello/);

  const pieces = [];
  const stream = await client.chat.completions.create({ model, messages: [question], stream: true });
  for await (const chunk of stream) pieces.push(chunk.choices[0]?.delta?.content ?? "");
  assert.match(pieces.join(""), /^Hello/);

  const tools = [{ type: "function", function: { name: "weather", parameters } }];
  const called = await client.chat.completions.create({ model, messages: [question], tools });
  const [call] = called.choices[0].message.tool_calls;
  assert.equal(call.function.name, "weather");
  const result = { role: "tool", tool_call_id: call.id, content: "rain" };
  const told = await client.chat.completions.create({
    model,
    messages: [question, called.choices[0].message, result],
    tools,
  });
  assert.match(told.choices[0].message.content, /^Hello/);

  const typed = await client.chat.completions.parse({
    model,
    messages: [{ role: "user", content: "Basel has 175000 inhabitants." }],
    response_format: zodResponseFormat(City, "city"),
  });
  assert.equal(typed.choices[0].message.parsed.inhabitants, 175000);
}

async function responses() {
  const input = "What is the weather in Basel?";
  const answer = await client.responses.create({ model, input, store: false });
  assert.match(answer.output_text, /^Hello/);
  assert.equal(answer.status, "completed");

  const types = [];
  const stream = client.responses.stream({ model, input, store: false });
  for await (const event of stream) types.push(event.type);
  assert.match((await stream.finalResponse()).output_text, /^Hello/);
  assert.equal(types[0], "response.created");
  assert.equal(types.at(-1), "response.completed");

  const tools = [{ type: "function", name: "weather", parameters, strict: true }];
  const called = await client.responses.create({ model, input, tools, store: false });
  const call = called.output.find((item) => item.type === "function_call");
  assert.equal(call.name, "weather");
  const told = await client.responses.create({
    model,
    input: [
      { role: "user", content: input },
      ...called.output,
      { type: "function_call_output", call_id: call.call_id, output: "rain" },
    ],
    tools,
    store: false,
  });
  assert.match(told.output_text, /^Hello/);

  const typed = await client.responses.parse({
    model,
    input: "Basel has 175000 inhabitants.",
    text: { format: zodTextFormat(City, "city") },
    store: false,
  });
  assert.equal(typed.output_parsed.inhabitants, 175000);
}

async function models() {
  const ids = [];
  for await (const one of client.models.list()) ids.push(one.id);
  assert.ok(ids.includes("openai:gpt-4o-mini"));
  assert.equal((await client.models.retrieve("openai:gpt-4o-mini")).id, "openai:gpt-4o-mini");
}

async function errors() {
  const asked = client.chat.completions.create({ model: "nobody:any", messages: [{ role: "user", content: "Hi" }] });
  await assert.rejects(asked, OpenAI.NotFoundError);
  const wrong = client.responses.create({ model, input: "Hi", temperature: 9, store: false });
  await assert.rejects(wrong, OpenAI.BadRequestError);
}

for (const example of [chat, responses, models, errors]) await example();
