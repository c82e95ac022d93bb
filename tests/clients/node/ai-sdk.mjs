// Vercel's AI SDK with its defaults: openai() is the Responses API; openai.chat() and anthropic() beside it.
import assert from "node:assert/strict";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, Output, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

const openai = createOpenAI({ baseURL: `${process.env.DOOR}/v1`, apiKey: "any" });
const anthropic = createAnthropic({ baseURL: `${process.env.DOOR}/v1`, apiKey: "any" });
const models = {
  "openai()": openai("anthropic:claude-haiku-4-5"),
  "openai.chat()": openai.chat("anthropic:claude-haiku-4-5"),
  "anthropic()": anthropic("openai:suite"),
};
const City = z.object({ name: z.string(), inhabitants: z.number() });

async function text(model) {
  const { text } = await generateText({ model, prompt: "Say hello.", maxRetries: 0 });
  assert.match(text, /^Hello/);
}

async function turns(model) {
  const asked = { role: "user", content: "Say hello." };
  const first = await generateText({ model, messages: [asked], maxRetries: 0 });
  const messages = [asked, ...first.response.messages, { role: "user", content: "Once more." }];
  const { text } = await generateText({ model, messages, maxRetries: 0 });
  assert.match(text, /^Hello/);
}

async function stream(model) {
  const pieces = [];
  for await (const piece of streamText({ model, prompt: "Say hello.", maxRetries: 0 }).textStream) pieces.push(piece);
  assert.match(pieces.join(""), /^Hello/);
}

async function tools(model) {
  const asked = [];
  const weather = tool({
    description: "The weather in a city.",
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => (asked.push(city), `rain in ${city}`),
  });
  const { text, steps } = await generateText({
    model,
    prompt: "What is the weather in Basel?",
    tools: { weather },
    stopWhen: stepCountIs(3),
    maxRetries: 0,
  });
  assert.equal(asked.length, 1);
  assert.equal(steps.length, 2);
  assert.match(text, /^Hello/);
}

async function typed(model) {
  const output = Output.object({ schema: City });
  const result = await generateText({ model, prompt: "Basel has 175000 inhabitants.", output, maxRetries: 0 });
  assert.equal(result.output.inhabitants, 175000);
}

for (const [name, model] of Object.entries(models)) {
  for (const example of [text, turns, stream, tools, typed]) {
    try {
      await example(model);
    } catch (error) {
      console.error(`${name} ${example.name}`);
      throw error;
    }
  }
}
