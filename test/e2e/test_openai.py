"""The OpenAI API through the real `openai` client, over the fake engine and the demo model."""
import asyncio
import base64
import json
import struct
import subprocess

import langchain_core.exceptions
import langchain_openai
import openai
import pytest

from conftest import SLOW, check_strictly, wait_for
from node_clients import run_node_client

HELLO = [{"role": "user", "content": "say hello"}]


def install(server, name, script, **rest):
    answer = server.post("/models", {"name": name, "source": f"fake:{script}", **rest})
    assert answer.status == 201, answer.text
    return name


def check_answer(answer):
    if not answer.headers.get("content-type", "").startswith("text/event-stream"):
        check_strictly(answer.headers.get("content-type"), answer.read())


def client_of(server, **rest):
    """The client; whatever JSON it is sent is also parsed strictly."""
    http = openai.DefaultHttpxClient(event_hooks={"response": [check_answer]})
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0,
                         timeout=60 * SLOW, http_client=http, **rest)


@pytest.fixture
def fake(server):
    install(server, "fake", "reply = one two three four", task="chat")
    return client_of(server)


def test_a_chat_is_answered_whole(fake):
    answer = fake.chat.completions.create(model="fake", messages=HELLO)
    assert answer.object == "chat.completion" and answer.id.startswith("chatcmpl-")
    assert answer.model == "fake"
    [choice] = answer.choices
    assert choice.message.role == "assistant"
    assert choice.message.content.strip() == "one two three four"
    assert choice.finish_reason == "stop"
    assert answer.usage.prompt_tokens > 0 and answer.usage.completion_tokens > 0
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.usage.prompt_tokens_details.cached_tokens == 0  # nothing was asked before


def test_max_tokens_ends_with_length(fake):
    answer = fake.chat.completions.create(model="fake", messages=HELLO, max_tokens=2)
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 2
    answer = fake.chat.completions.create(model="fake", messages=HELLO, max_completion_tokens=1)
    assert answer.usage.completion_tokens == 1


def test_no_limit_is_minus_one_or_null(server, fake):
    long = "one two three four " * 8
    install(server, "long", f"reply = {long}", task="chat")
    bodies = [("/v1/chat/completions", {"messages": HELLO, "max_tokens": -1}),
              ("/v1/chat/completions", {"messages": HELLO, "max_completion_tokens": -1}),
              ("/v1/chat/completions", {"messages": HELLO, "max_tokens": None}),
              ("/v1/completions", {"prompt": "begin", "max_tokens": -1})]
    for path, body in bodies:
        [choice] = server.post(path, {"model": "long", **body}).json()["choices"]
        assert choice["finish_reason"] == "stop", (path, body)
    answer = server.post("/infer/long", {"input": "begin", "parameters": {"max_tokens": -1}}).json()
    assert answer["metadata"]["finish_reason"] == "stop"
    answer = server.post("/inference", {"model_id": "long", "prompt": "begin", "max_tokens": -1}).json()
    assert answer["finish_reason"] == "stop" and answer["tokens"] == 32
    for wrong in (0, -2, 1.5):
        answer = server.post("/v1/chat/completions",
                             {"model": "long", "messages": HELLO, "max_tokens": wrong})
        assert answer.status == 400 and answer.json()["error"]["param"] == "max_tokens", wrong


def test_a_stream_has_role_deltas_reason_and_usage_in_order(fake):
    chunks = list(fake.chat.completions.create(model="fake", messages=HELLO, stream=True,
                                               stream_options={"include_usage": True}))
    assert all(chunk.object == "chat.completion.chunk" for chunk in chunks)
    assert len({chunk.id for chunk in chunks}) == 1
    first, *middle, last, usage = chunks
    assert first.choices[0].delta.role == "assistant" and first.choices[0].finish_reason is None
    assert "".join(c.choices[0].delta.content for c in middle).strip() == "one two three four"
    assert last.choices[0].finish_reason == "stop" and last.choices[0].delta.content is None
    assert usage.choices == [] and usage.usage.completion_tokens > 0


def test_a_stream_ends_with_done(server, fake):
    answer = server.post("/v1/chat/completions", {"model": "fake", "messages": HELLO, "stream": True})
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    events = [line for line in answer.text.split("\n\n") if line and not line.startswith(":")]
    assert all(event.startswith("data: ") for event in events)
    assert events[-1] == "data: [DONE]"
    assert json.loads(events[0][6:])["choices"][0]["delta"] == {"role": "assistant", "content": ""}


def test_several_choices_come_back_in_order(fake):
    answer = fake.chat.completions.create(model="fake", messages=HELLO, n=3)
    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    assert all(choice.message.content.strip() == "one two three four" for choice in answer.choices)
    chunks = list(fake.chat.completions.create(model="fake", messages=HELLO, n=2, stream=True))
    ends = [c.choices[0].index for c in chunks if c.choices and c.choices[0].finish_reason]
    assert sorted(ends) == [0, 1]


def test_stop_is_a_text_or_a_list(fake):
    for stop in ("three", ["nothing", "three"]):
        answer = fake.chat.completions.create(model="fake", messages=HELLO, stop=stop)
        assert answer.choices[0].message.content.strip() == "one two"
        assert answer.choices[0].finish_reason == "stop"


def test_async_clients_run_side_by_side(server, fake):
    async def run():
        async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none") as client:
            calls = [client.chat.completions.create(model="fake", messages=HELLO) for _ in range(8)]
            answers = await asyncio.gather(*calls)
            texts = []
            stream = await client.chat.completions.create(model="fake", messages=HELLO, stream=True)
            async for chunk in stream:
                texts.append(chunk.choices[0].delta.content or "")
            return answers, "".join(texts)
    answers, text = asyncio.run(run())
    assert [a.choices[0].message.content.strip() for a in answers] == ["one two three four"] * 8
    assert text.strip() == "one two three four"


def test_completions_take_a_text_or_a_list(fake):
    answer = fake.completions.create(model="fake", prompt="begin")
    assert answer.object == "text_completion" and answer.id.startswith("cmpl-")
    assert answer.choices[0].text.strip() == "one two three four"
    answer = fake.completions.create(model="fake", prompt=["a", "b"], n=2)
    assert [choice.index for choice in answer.choices] == [0, 1, 2, 3]
    text = "".join(chunk.choices[0].text for chunk in
                   fake.completions.create(model="fake", prompt="begin", stream=True))
    assert text.strip() == "one two three four"


def test_echo_puts_the_prompt_first(fake):
    answer = fake.completions.create(model="fake", prompt="begin", echo=True)
    assert answer.choices[0].text.startswith("begin")
    text = "".join(chunk.choices[0].text for chunk in
                   fake.completions.create(model="fake", prompt="begin", echo=True, stream=True))
    assert text.startswith("begin")


def test_embeddings_as_floats_and_as_base64_are_the_same(server):
    install(server, "vectors", "tasks = embed; vector_length = 8", task="embedding")
    client = client_of(server)
    texts = [f"text number {i}" for i in range(200)]
    floats = client.embeddings.create(model="vectors", input=texts, encoding_format="float")
    assert [row.index for row in floats.data] == list(range(200))
    assert all(len(row.embedding) == 8 for row in floats.data)
    assert floats.data[0].embedding != floats.data[1].embedding
    raw = server.post("/v1/embeddings", {"model": "vectors", "input": texts[0],
                                         "encoding_format": "base64"}).json()
    numbers = struct.unpack("<8f", base64.b64decode(raw["data"][0]["embedding"]))
    assert list(numbers) == pytest.approx(floats.data[0].embedding, abs=1e-7)
    assert client.embeddings.create(model="vectors", input=texts[0]).data[0].embedding == \
        pytest.approx(floats.data[0].embedding, abs=1e-7)


def test_dimensions_that_the_model_does_not_allow_are_refused(server):
    install(server, "vectors", "tasks = embed; vector_length = 8", task="embedding")
    client = client_of(server)
    assert len(client.embeddings.create(model="vectors", input="a", dimensions=8).data[0].embedding) == 8
    assert len(client.embeddings.create(model="vectors", input="a", dimensions=4).data[0].embedding) == 4
    with pytest.raises(openai.BadRequestError, match="dimensions"):
        client.embeddings.create(model="vectors", input="a", dimensions=9)


def test_models_are_listed_and_found(server, fake):
    [model] = fake.models.list().data
    assert (model.id, model.object, model.owned_by) == ("fake", "model", "hearth")
    assert fake.models.retrieve("fake").id == "fake"
    assert fake.models.retrieve("fake:1").id == "fake:1"
    with pytest.raises(openai.NotFoundError) as caught:
        fake.models.retrieve("other")
    assert caught.value.code == "model_not_found"


def test_errors_carry_openais_shape_and_codes(fake):
    create = fake.chat.completions.create
    with pytest.raises(openai.NotFoundError) as caught:
        create(model="absent", messages=HELLO)
    assert caught.value.code == "model_not_found" and caught.value.param == "model"
    table = [
        (dict(temperature=3), "temperature", "invalid_value"),
        (dict(temperature="hot"), "temperature", "invalid_type"),
        (dict(messages=[]), "messages", "invalid_value"),
        (dict(messages=[{"role": "judge", "content": "x"}]), "messages[0].role", "invalid_value"),
        (dict(extra_body={"grammar": ["root ::= x"]}), "grammar", "invalid_type"),
        (dict(tools=[{"type": "function", "function": {"name": "f"}}], tool_choice="perhaps"),
         "tool_choice", "invalid_value"),
        (dict(n=129), "n", "invalid_value"),
        (dict(top_logprobs=2), "top_logprobs", "invalid_value"),
        (dict(logit_bias={"x": 1}), "logit_bias", "invalid_value"),
        (dict(messages=[{"role": "user", "content": [
            {"type": "text", "text": "what is this?"},
            {"type": "image_url", "image_url": {"url": "data:,"}}]}]),
         "messages[0].content[1].type", "invalid_value"),
    ]
    for change, param, code in table:
        with pytest.raises(openai.BadRequestError) as caught:
            create(**{"model": "fake", "messages": HELLO, **change})
        assert (caught.value.param, caught.value.code) == (param, code), change
        assert caught.value.type == "invalid_request_error"


def test_what_a_text_model_cannot_take_is_said_in_plain_words(server, fake):
    answer = server.post("/v1/chat/completions", {"model": "fake", "messages": [
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}]})
    assert answer.status == 400
    assert "takes text only" in answer.json()["error"]["message"]
    answer = server.post("/v1/chat/completions", {"model": "fake", "messages": [
        {"role": "user", "content": "a\0b"}]})
    assert answer.status == 400
    assert "U+0000" in answer.json()["error"]["message"] and "ALLOW_NUL" not in answer.text


def test_a_prompt_over_the_context_is_told_in_openais_words(server, fake):
    """What LiteLLM looks for at the beginning, and LangChain anywhere in it."""
    install(server, "small", "reply = a b; context = 16; tasks = generate embed", task="chat")
    client, long = client_of(server), " ".join(["word"] * 40)
    begins = "This model's maximum context length is 16 tokens. However, you requested "
    asks = [
        (lambda: client.chat.completions.create(
            model="small", messages=[{"role": "user", "content": long}], max_tokens=5),
         "messages", "in the messages, 5 in the completion). Please reduce the length of the messages "
                     "or completion."),
        (lambda: client.chat.completions.create(
            model="small", messages=[{"role": "user", "content": long}], stream=True),
         "messages", "in the messages, 1 in the completion)"),
        (lambda: client.completions.create(model="small", prompt=long, max_tokens=-1),
         "prompt", "in the prompt, 1 in the completion)"),
        (lambda: client.embeddings.create(model="small", input=long),
         "input", "tokens (41 in the input). Please reduce the length of the input."),
    ]
    for ask, param, words in asks:
        with pytest.raises(openai.BadRequestError) as caught:
            ask()
        fault = caught.value
        assert fault.code == "context_length_exceeded" and fault.param == param
        assert fault.body["message"].startswith(begins) and words in fault.body["message"], fault
    for rest in ({}, {"streaming": True}):
        chat = langchain_openai.ChatOpenAI(base_url=f"{server.url}/v1", api_key="none", model="small",
                                           max_retries=0, **rest)
        with pytest.raises(langchain_core.exceptions.ContextOverflowError):
            chat.invoke(long)
    answer = server.post("/v1/embeddings", {"model": "small", "input": ["a", long]}).json()["error"]
    assert answer["param"] == "input[1]" and answer["message"].startswith("input[1]: This model's max")


def test_what_clients_send_besides_is_taken(fake):
    answer = fake.chat.completions.create(
        model="fake", messages=HELLO, user="u", store=False, metadata={"a": "b"}, seed=1,
        parallel_tool_calls=True, service_tier="auto", reasoning_effort="low",
        response_format={"type": "text"}, presence_penalty=0.5, frequency_penalty=-0.5,
        extra_body={"top_k": 40, "min_p": 0.05, "repeat_penalty": 1.1, "ignore_eos": False, "typical_p": 0.9,
                    "top_n_sigma": -1, "xtc_probability": 0, "xtc_threshold": 0.1, "dry_multiplier": 0.8,
                    "dry_base": 1.75, "dry_allowed_length": 2, "dry_penalty_last_n": -1,
                    "dry_sequence_breakers": ["\n", ":"], "dynatemp_range": 0, "dynatemp_exponent": 1})
    assert answer.choices[0].message.content.strip() == "one two three four"
    assert answer.choices[0].finish_reason == "stop"


def test_an_input_over_the_context_is_refused_with_both_numbers(server):
    install(server, "small", "reply = x; context = 16", task="chat")
    with pytest.raises(openai.BadRequestError) as caught:
        client_of(server).chat.completions.create(
            model="small", messages=[{"role": "user", "content": "word " * 100}])
    assert caught.value.code == "context_length_exceeded"
    assert "16" in caught.value.message


def test_a_model_without_an_engine_is_listed_and_answers_501(server, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"architectures": ["Unheard"], "model_type": "unheard"}))
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", 2) + b"{}")
    (folder / "tokenizer.json").write_text("{}")
    answer = server.post("/models", {"name": "unheard", "source": f"file:{folder}"})
    if answer.status != 201:
        pytest.skip(f"not installed: {answer.text}")
    assert "unheard" in [m["id"] for m in server.get("/v1/models").json()["data"]]
    answer = server.post("/v1/embeddings", {"model": "unheard", "input": "a"})
    assert answer.status == 501, answer.text


def test_a_disconnect_ends_the_work(server):
    install(server, "slow", "reply = " + "w " * 1900 + "; token_us = 20000", task="chat")
    client = client_of(server)
    stream = client.chat.completions.create(model="slow", messages=HELLO, stream=True)
    next(iter(stream))
    wait_for(lambda: server.metric("hearth_requests_running", model="slow:1") == 1, 20, "the request")
    stream.response.close()
    wait_for(lambda: server.metric("hearth_requests_running", model="slow:1") == 0, 20, "its end")
    wait_for(lambda: server.metric("hearth_slots_busy", model="slow:1") == 0, 20, "the free slot")
    assert server.metric("hearth_model_cancels_total", model="slow:1") == 1


# The demo model
def test_the_demo_model_knows_two_facts(demo_server):
    client = client_of(demo_server)
    for question, fact in (("What language is spoken in Brazil?", "Portuguese"),
                           ("What is the boiling point of water in Celsius?", "100")):
        answer = client.chat.completions.create(
            model="smollm2", messages=[{"role": "user", "content": question}], temperature=0,
            max_tokens=64)
        assert fact in answer.choices[0].message.content


def test_demo_streams_say_what_answers_say(demo_server):
    client = client_of(demo_server)
    ask = dict(model="smollm2", messages=[{"role": "user", "content": "Count to five."}],
               temperature=0, max_tokens=24)
    whole = client.chat.completions.create(**ask).choices[0].message.content
    parts = "".join(chunk.choices[0].delta.content or ""
                    for chunk in client.chat.completions.create(stream=True, **ask))
    assert parts == whole and whole


def test_logprobs_have_openais_shape(demo_server):
    client = client_of(demo_server)
    answer = client.chat.completions.create(
        model="smollm2", messages=HELLO, temperature=0, max_tokens=4, logprobs=True, top_logprobs=3)
    content = answer.choices[0].logprobs.content
    assert len(content) == answer.usage.completion_tokens == 4
    for token in content:
        assert token.logprob <= 0
        assert bytes(token.bytes).decode(errors="backslashreplace") == token.token
        assert len(token.top_logprobs) == 3
        assert token.top_logprobs[0].logprob >= token.top_logprobs[1].logprob
    answer = client.completions.create(model="smollm2", prompt="Once upon", temperature=0,
                                       max_tokens=4, logprobs=2)
    logprobs = answer.choices[0].logprobs
    assert len(logprobs.tokens) == len(logprobs.token_logprobs) == len(logprobs.text_offset) == 4
    # The two likeliest; what was sampled may stand there beside them.
    assert len(logprobs.top_logprobs) == 4 and all(2 <= len(top) <= 3 for top in logprobs.top_logprobs)
    assert "".join(logprobs.tokens) == answer.choices[0].text


def test_the_sampled_token_is_always_among_top_logprobs(demo_server):
    client = client_of(demo_server)
    for logprobs in (0, 1, 5):
        answer = client.completions.create(model="smollm2", prompt="Once upon", temperature=2, seed=3,
                                           max_tokens=8, logprobs=logprobs)
        got = answer.choices[0].logprobs
        assert len(got.tokens) == len(got.top_logprobs)
        for token, logprob, top in zip(got.tokens, got.token_logprobs, got.top_logprobs):
            assert top[token] == pytest.approx(logprob)
            assert 1 <= len(top) <= logprobs + 1


def test_parts_of_characters_are_spelled_out_once(demo_server):
    """Emoji are several tokens each: no text, and all would be U+FFFD."""
    body = {"model": "smollm2", "prompt": "😀🎉🚀🌍 😀🎉🚀🌍 😀🎉🚀🌍 😀", "temperature": 0,
            "max_tokens": 24, "logprobs": 5}
    [choice] = demo_server.post("/v1/completions", body).json()["choices"]  # parsed strictly
    parts = [token for token in choice["logprobs"]["tokens"] if token.startswith("bytes:")]
    assert parts and all("\\x" in part for part in parts), choice["logprobs"]["tokens"]
    assert "\ufffd" not in json.dumps(choice["logprobs"], ensure_ascii=False)
    streamed = demo_server.post("/v1/completions", {**body, "stream": True})
    assert "bytes:" in streamed.text and streamed.text.rstrip().endswith("data: [DONE]")
    messages = [{"role": "user", "content": body["prompt"]}]
    [choice] = demo_server.post("/v1/chat/completions", {
        "model": "smollm2", "messages": messages, "temperature": 0, "max_tokens": 24,
        "logprobs": True, "top_logprobs": 5}).json()["choices"]
    for token in choice["logprobs"]["content"]:
        assert "\ufffd" not in token["token"]


def test_the_seed_decides_and_choices_differ(demo_server):
    client = client_of(demo_server)
    ask = dict(model="smollm2", messages=[{"role": "user", "content": "Invent a name."}],
               temperature=1.5, max_tokens=12, seed=7)
    first = client.chat.completions.create(n=2, **ask)
    again = client.chat.completions.create(**{**ask, "seed": 8})
    assert first.choices[0].message.content != first.choices[1].message.content
    assert again.choices[0].message.content  # seed + 1 is that of choice 1, cache permitting


def test_tokens_go_there_and_back(demo_server):
    got = demo_server.post("/tokenize", {"model": "smollm2", "content": "Grüße, 世界"}).json()
    assert got["count"] == len(got["tokens"]) > 0
    back = demo_server.post("/detokenize", {"model": "smollm2", "tokens": got["tokens"]}).json()
    assert back["content"].strip() == "Grüße, 世界"
    answer = client_of(demo_server).completions.create(model="smollm2", prompt=got["tokens"], max_tokens=1)
    assert answer.usage.prompt_tokens == got["count"]


def test_demo_embeddings_have_a_width(demo_server):
    rows = client_of(demo_server).embeddings.create(model="smollm2", input=["a", "b"]).data
    assert len(rows[0].embedding) == len(rows[1].embedding) > 100


def test_infer_runs_any_task(demo_server):
    answer = demo_server.post("/infer/smollm2", {"input": "What language is spoken in Brazil?",
                                                 "parameters": {"temperature": 0, "max_tokens": 48}})
    assert answer.status == 200, answer.text
    body = answer.json()
    assert "Portuguese" in body["result"]
    assert body["metadata"]["model"] == "smollm2:1" and body["timing"]["total_ms"] > 0


@pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"])
def test_curl_streams_over_both_protocols(server, fake, version):
    done = subprocess.run(
        ["curl", "-sS", "-N", version, "-H", "content-type: application/json", "-d",
         json.dumps({"model": "fake", "messages": HELLO, "stream": True}),
         f"{server.url}/v1/chat/completions"], capture_output=True, text=True, timeout=60 * SLOW)
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("data: [DONE]")


def test_the_node_client_works(server, fake):
    install(server, "frail", "reply = one two three four five six; crash_at_token = 4; token_us = 20000",
            task="chat")
    run_node_client("openai.mjs", server.url, "openai")
