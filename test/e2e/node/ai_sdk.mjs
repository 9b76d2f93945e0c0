// The Vercel AI SDK against a server with the model `smollm2`: node ai_sdk.mjs URL MODULES
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const [url, modules] = process.argv.slice(2);
const load = createRequire(modules + "/");
const { generateText, streamText, embed, cosineSimilarity } = load("ai");
const { createOpenAICompatible } = load("@ai-sdk/openai-compatible");

const hearth = createOpenAICompatible({ name: "hearth", baseURL: url + "/v1", apiKey: "none", includeUsage: true });
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

const vector = async (value) =>
  (await embed({ model: hearth.textEmbeddingModel("smollm2"), value, maxRetries })).embedding;
const cat = await vector("a cat sleeps");
assert.ok(cosineSimilarity(cat, await vector("a cat sleeps")) > 0.999);

await assert.rejects(generateText({ model: hearth("absent"), prompt, maxRetries }),
  (fault) => fault.statusCode === 404 && /absent/.test(fault.message));
console.log("ok");
