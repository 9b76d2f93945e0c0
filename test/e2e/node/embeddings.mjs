// The `openai` client for Node against a server with the model `minilm`: node embeddings.mjs URL MODULES
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const [url, modules] = process.argv.slice(2);
const { OpenAI } = createRequire(modules + "/")("openai");
const client = new OpenAI({ baseURL: url + "/v1", apiKey: "none", maxRetries: 0 });

const both = await client.embeddings.create({ model: "minilm", input: ["one", "two"] });
assert.deepEqual(both.data.map((row) => row.index), [0, 1]);
assert.equal(both.data[0].embedding.length, 384);
const floats = await client.embeddings.create({
  model: "minilm", input: "one", encoding_format: "float", dimensions: 384 });
floats.data[0].embedding.forEach((value, i) =>
  assert.ok(Math.abs(value - both.data[0].embedding[i]) < 1e-6));
assert.equal(floats.usage.prompt_tokens, 3);
await assert.rejects(client.embeddings.create({ model: "minilm", input: "" }),
  (fault) => fault instanceof OpenAI.BadRequestError && fault.param === "input");
console.log("ok");
