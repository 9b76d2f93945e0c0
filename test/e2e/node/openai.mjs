// The `openai` client for Node against a server with the models `fake` and `frail`: node openai.mjs URL MODULES
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const [url, modules] = process.argv.slice(2);
const { OpenAI } = createRequire(modules + "/")("openai");
const client = new OpenAI({ baseURL: url + "/v1", apiKey: "none", maxRetries: 0 });
const messages = [{ role: "user", content: "say hello" }];

const answer = await client.chat.completions.create({ model: "fake", messages });
assert.equal(answer.choices[0].message.content.trim(), "one two three four");
assert.equal(answer.choices[0].finish_reason, "stop");

let text = "", role, reason, usage;
const stream = await client.chat.completions.create({
  model: "fake", messages, stream: true, stream_options: { include_usage: true } });
for await (const chunk of stream) {
  const choice = chunk.choices[0];
  role ??= choice?.delta.role;
  text += choice?.delta.content ?? "";
  reason = choice?.finish_reason ?? reason;
  usage = chunk.usage ?? usage;
}
assert.equal(role, "assistant");
assert.equal(text.trim(), "one two three four");
assert.equal(reason, "stop");
assert.ok(usage.total_tokens > 0);

const list = [];
for await (const model of client.models.list()) list.push(model.id);
assert.deepEqual(list.sort(), ["fake", "frail"]);

await assert.rejects(client.chat.completions.create({ model: "absent", messages }),
  fault => fault instanceof OpenAI.NotFoundError && fault.code === "model_not_found");
await assert.rejects(client.chat.completions.create({ model: "fake", messages, temperature: 9 }),
  fault => fault instanceof OpenAI.BadRequestError && fault.param === "temperature");

// A stream whose worker ends under it: what came is kept, and the end is an error, not silence.
let half = "";
await assert.rejects(async () => {
  const frail = await client.chat.completions.create({ model: "frail", messages, stream: true });
  for await (const chunk of frail) half += chunk.choices[0]?.delta.content ?? "";
}, fault => fault instanceof OpenAI.APIError);
assert.ok(half.startsWith("one"));
console.log("ok");
