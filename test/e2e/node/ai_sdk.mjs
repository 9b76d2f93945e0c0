// The Vercel AI SDK against a server with the model `smollm2`: node ai_sdk.mjs URL MODULES
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const [url, modules] = process.argv.slice(2);
const load = createRequire(modules + "/");
const { generateText, streamText, generateObject, tool, jsonSchema, embed, cosineSimilarity } = load("ai");
const { createOpenAICompatible } = load("@ai-sdk/openai-compatible");

const hearth = createOpenAICompatible({
  name: "hearth", baseURL: url + "/v1", apiKey: "none", includeUsage: true, supportsStructuredOutputs: true });
const model = hearth("smollm2"), maxRetries = 0, temperature = 0;
const prompt = "What language is spoken in Brazil?";

const whole = await generateText({ model, system: "You are brief.", prompt, temperature, maxOutputTokens: 32, maxRetries });
assert.match(whole.text, /Portuguese/);
assert.ok(whole.usage.inputTokens > 0 && whole.usage.outputTokens > 0);

const cut = await generateText({ model, prompt, temperature, maxOutputTokens: 2, maxRetries });
assert.equal(cut.finishReason, "length");

let text = "";
const stream = streamText({ model, system: "You are brief.", prompt, temperature, maxOutputTokens: 32, maxRetries });
for await (const piece of stream.textStream) text += piece;
assert.equal(text, whole.text);
assert.equal(await stream.finishReason, whole.finishReason);
assert.equal((await stream.usage).outputTokens, whole.usage.outputTokens);

const schema = jsonSchema({
  type: "object", additionalProperties: false, required: ["language", "certain"],
  properties: { language: { enum: ["Portuguese", "Spanish"] }, certain: { type: "boolean" } } });
const { object } = await generateObject({ model, prompt, schema, temperature, maxOutputTokens: 64, maxRetries });
assert.ok(["Portuguese", "Spanish"].includes(object.language) && typeof object.certain === "boolean");

const tools = { weather: tool({ description: "The weather of a city", inputSchema: jsonSchema({
  type: "object", additionalProperties: false, required: ["city"],
  properties: { city: { enum: ["Lisbon", "Porto"] } } }), execute: ({ city }) => `rain in ${city}` }) };
const calling = { model, prompt: "How is the weather in Lisbon?", tools, temperature, maxOutputTokens: 64, maxRetries,
  toolChoice: { type: "tool", toolName: "weather" } };
const called = await generateText(calling);
assert.equal(called.finishReason, "tool-calls");
assert.ok(called.toolResults[0].output.startsWith("rain in "), JSON.stringify(called.toolResults));
const streamed = streamText(calling);
assert.deepEqual((await streamed.toolCalls).map((call) => call.input), called.toolCalls.map((call) => call.input));

const vector = async (value) =>
  (await embed({ model: hearth.textEmbeddingModel("smollm2"), value, maxRetries })).embedding;
const cat = await vector("a cat sleeps");
assert.ok(cosineSimilarity(cat, await vector("a cat sleeps")) > 0.999);

await assert.rejects(generateText({ model: hearth("absent"), prompt, maxRetries }),
  (fault) => fault.statusCode === 404 && /absent/.test(fault.message));
console.log("ok");
