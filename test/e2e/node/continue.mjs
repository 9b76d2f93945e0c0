// Continue's adapters, by which its command line and its editor extensions reach a server, against one with the
// model `smollm2`: node continue.mjs URL MODULES
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [url, modules] = process.argv.slice(2);
// Continue writes a line for each answer that is an error; only "ok" may stand on the standard output.
const say = console.log;
console.log = console.error;
// Only for `import`: the package has no entry for `require`.
const { constructLlmApi } = await import(
  pathToFileURL(`${modules}/@continuedev/openai-adapters/dist/index.js`).href);
// A provider's name decides the path of the API: `ollama` is told the server's root.
const adapters = {
  openai: constructLlmApi({ provider: "openai", apiBase: url + "/v1/", apiKey: "none" }),
  vllm: constructLlmApi({ provider: "vllm", apiBase: url + "/v1/", apiKey: "none" }),
  ollama: constructLlmApi({ provider: "ollama", apiBase: url, apiKey: "none" }),
  "llama.cpp": constructLlmApi({ provider: "llama.cpp", apiBase: url + "/v1/", apiKey: "none" }),
  anthropic: constructLlmApi({ provider: "anthropic", apiBase: url + "/v1/", apiKey: "none" }),
};
const { openai, anthropic } = adapters;
// Every call wants one, and hangs a listener to it.
const fresh = () => new AbortController().signal;
const messages = [{ role: "system", content: "You are brief." },
  { role: "user", content: "What language is spoken in Brazil?" }];
const ask = { model: "smollm2", messages, temperature: 0, max_tokens: 24 };

const collect = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
};
const textOf = (chunks) => chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");

const whole = await openai.chatCompletionNonStream({ ...ask, stream: false }, fresh());
const text = whole.choices[0].message.content;
assert.match(text, /Portuguese/);
for (const name of ["openai", "vllm", "ollama", "llama.cpp"]) {
  const chunks = await collect(adapters[name].chatCompletionStream({ ...ask, stream: true }, fresh()));
  assert.equal(textOf(chunks), text, name);
  assert.deepEqual(chunks.at(-1).usage?.completion_tokens, whole.usage.completion_tokens, name);
}
const said = await collect(anthropic.chatCompletionStream({ ...ask, stream: true }, fresh()));
assert.match(textOf(said), /Portuguese/, "anthropic");

const tools = [{ type: "function", function: { name: "read_file", description: "Reads a file", parameters: {
  type: "object", required: ["filepath"], additionalProperties: false,
  properties: { filepath: { enum: ["a.txt", "b.txt"] } } } } }];
const forced = { ...ask, max_tokens: 64, tools, tool_choice: { type: "function", function: { name: "read_file" } } };
const called = await openai.chatCompletionNonStream({ ...forced, stream: false }, fresh());
const [call] = called.choices[0].message.tool_calls;
assert.ok(["a.txt", "b.txt"].includes(JSON.parse(call.function.arguments).filepath));
const pieces = (await collect(openai.chatCompletionStream({ ...forced, stream: true }, fresh())))
  .flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? []);
assert.equal(pieces[0].function.name, "read_file");
assert.equal(pieces.map((piece) => piece.function.arguments ?? "").join(""), call.function.arguments);
const after = await openai.chatCompletionNonStream({ ...ask, tools, messages: [...messages,
  { role: "assistant", content: " ", tool_calls: [call] },
  { role: "tool", tool_call_id: call.id, content: "hello" }] }, fresh());
assert.ok(after.usage.prompt_tokens > whole.usage.prompt_tokens);

const typed = { model: "smollm2", prompt: "def add(a, b):\n    return", max_tokens: 8, temperature: 0, stop: ["\n\n"] };
const line = (await openai.completionNonStream({ ...typed, stream: false }, fresh())).choices[0].text;
const grown = await collect(openai.completionStream({ ...typed, stream: true }, fresh()));
assert.equal(grown.map((chunk) => chunk.choices[0]?.text ?? "").join(""), line);

const vectors = (await openai.embed({ model: "smollm2", input: ["a cat", "a dog"] })).data;
assert.ok(vectors.length === 2 && vectors[0].embedding.length > 100);
assert.ok((await openai.list()).some((model) => model.id.startsWith("smollm2")));
await assert.rejects(openai.chatCompletionNonStream({ ...ask, model: "absent", stream: false }, fresh()),
  (fault) => fault.status === 404 && /absent/.test(fault.message));
say("ok");
