// The `ollama` client for Node against a server with `fake`, `smollm2` and `minilm`: node ollama.mjs URL MODULES
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const [url, modules] = process.argv.slice(2);
const { Ollama } = createRequire(modules + "/")("ollama");
const client = new Ollama({ host: url });
const messages = [{ role: "user", content: "say hello" }];

const whole = await client.chat({ model: "fake", messages });
assert.equal(whole.message.content.trim(), "one two three four");
assert.equal(whole.done_reason, "stop");
assert.equal(whole.eval_count, 4);

let text = "", last;
for await (const part of await client.chat({ model: "fake:latest", messages, stream: true })) {
  text += part.message.content;
  last = part;
}
assert.equal(text, whole.message.content);
assert.equal(last.done, true);

const generated = await client.generate({ model: "fake", prompt: "x", options: { num_predict: 2 }, keep_alive: "5m" });
assert.equal(generated.done_reason, "length");
const { models } = await client.list();
assert.ok(models.some((model) => model.name === "smollm2:latest"));
assert.ok((await client.ps()).models.some((model) => model.name === "fake:latest"));
assert.ok((await client.show({ model: "smollm2" })).capabilities.includes("completion"));
const { embeddings } = await client.embed({ model: "minilm", input: ["one", "two"] });
assert.deepEqual(embeddings.map((row) => row.length), [384, 384]);
await client.copy({ source: "fake", destination: "fake:js" });
await client.delete({ model: "fake:js" });
assert.equal((await client.pull({ model: "fake" })).status, "success");
await assert.rejects(client.chat({ model: "absent", messages }), (fault) => /not found/.test(fault.message));
console.log("ok");
