// The `@anthropic-ai/sdk` client for Node against a server with the models `fake` and `frail`: node anthropic.mjs URL MODULES
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const [url, modules] = process.argv.slice(2);
const Anthropic = createRequire(modules + "/")("@anthropic-ai/sdk").default;
const client = new Anthropic({ baseURL: url, apiKey: "none", maxRetries: 0 });
const messages = [{ role: "user", content: "say hello" }];
const body = { model: "fake", max_tokens: 50, messages };

const answer = await client.messages.create(body);
assert.equal(answer.content[0].text.trim(), "one two three four");
assert.equal(answer.stop_reason, "end_turn");
assert.ok(answer.usage.input_tokens > 0);

const stream = client.messages.stream({ ...body, stop_sequences: ["three"] });
let text = "";
stream.on("text", piece => { text += piece; });
const whole = await stream.finalMessage();
assert.equal(text.trim(), "one two");
assert.equal(whole.stop_reason, "stop_sequence");
assert.equal(whole.stop_sequence, "three");

const types = [];
for await (const event of await client.messages.create({ ...body, stream: true })) types.push(event.type);
assert.equal(types[0], "message_start");
assert.equal(types.at(-1), "message_stop");

const counted = await client.messages.countTokens({ model: "fake", messages });
assert.ok(counted.input_tokens > 0);

await assert.rejects(client.messages.create({ ...body, model: "absent" }),
  fault => fault instanceof Anthropic.NotFoundError && fault.error.error.type === "not_found_error" && !!fault.requestID);
await assert.rejects(client.messages.create({ ...body, messages: [{ role: "robot", content: "x" }] }),
  fault => fault instanceof Anthropic.BadRequestError && /role/.test(fault.message));

// A stream whose worker ends under it is an error, not silence.
await assert.rejects(async () => {
  for await (const event of await client.messages.create({ ...body, model: "frail", stream: true })) assert.ok(event.type);
}, Anthropic.APIError);
console.log("ok");
