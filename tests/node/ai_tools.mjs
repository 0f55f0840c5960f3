// What the AI SDK sends each provider for tools: one line of JSON, by provider. The tools come as a file of JSON:
// [{name, description, parameters}, …]. Nothing goes over the network.
import { readFileSync } from "node:fs";

import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, jsonSchema, tool } from "ai";

const given = JSON.parse(readFileSync(process.argv[2], "utf8"));
const tools = Object.fromEntries(
  given.map(({ name, description, parameters }) => [name, tool({ description, inputSchema: jsonSchema(parameters) })]),
);
const sent = {};

const settings = (provider) => ({
  apiKey: "none",
  fetch: (_url, init) => {
    sent[provider] = JSON.parse(init.body).tools;
    throw new Error("not sent");
  },
});
const models = {
  "openai": createOpenAI(settings("openai")).responses("gpt-5"),
  "openai-chat": createOpenAI(settings("openai-chat")).chat("gpt-5"),
  "anthropic": createAnthropic(settings("anthropic"))("claude-sonnet-4-5"),
  "gemini": createGoogleGenerativeAI(settings("gemini"))("gemini-2.5-pro"),
};

for (const model of Object.values(models)) {
  await generateText({ model, tools, prompt: "Hello", maxRetries: 0 }).catch((error) => {
    if (!String(error.message).includes("not sent")) throw error;
  });
}
console.log(JSON.stringify(sent));
