"""Ollama's API through its own client for Python, and its lines as they stand on the wire."""
import datetime

import ollama
import pytest

import change_gguf
import test_install
from conftest import Server, cli, strict_json, wait_for, write_fake
from node_clients import run_node_client


@pytest.fixture(scope="module")
def server(tmp_path_factory, gguf, minilm):
    """One server for the file: a scripted model, an embedding model, and the demo model."""
    folder = tmp_path_factory.mktemp("ollama")
    home = folder / "home"
    home.mkdir()
    script = write_fake(folder / "script.fake", reply="one two three four")
    for source, name in ((f"fake:{script}", "fake"), (f"file:{gguf}", "smollm2"), (f"file:{minilm}", "minilm")):
        done = cli("install", source, "--name", name, home=home)
        assert done.returncode == 0, done.stderr
    hub = test_install.stand_in.serve({"repos": {"o/many": test_install.SPEC["repos"]["o/many"]}})
    running = Server(home, env={"HF_ENDPOINT": hub.address})
    yield running
    running.end()


@pytest.fixture
def client(server):
    return ollama.Client(host=server.url)


HELLO = [{"role": "user", "content": "say hello"}]


def lines(answer):
    assert answer.headers["Content-Type"].startswith("application/x-ndjson")
    assert answer.text.endswith("\n")
    return [strict_json(line) for line in answer.text.splitlines()]


def test_a_chat_is_answered_whole_with_counts_and_nanoseconds(client):
    answer = client.chat("fake", HELLO)
    assert answer.message.role == "assistant" and answer.message.content.strip() == "one two three four"
    assert answer.done and answer.done_reason == "stop" and answer.model == "fake"
    assert answer.prompt_eval_count > 0 and answer.eval_count == 4
    assert answer.total_duration > answer.eval_duration >= 0


def test_a_stream_is_lines_whose_last_one_is_done(server):
    got = lines(server.post("/api/chat", {"model": "fake:latest", "messages": HELLO}))
    *middle, last = got
    assert "".join(line["message"]["content"] for line in middle).strip() == "one two three four"
    assert all(line["done"] is False and line["model"] == "fake:latest" for line in middle)
    assert last["done"] is True and last["done_reason"] == "stop" and last["eval_count"] == 4
    assert last["message"] == {"role": "assistant", "content": ""}


def test_generate_answers_a_prompt_and_ends_at_num_predict(client, server):
    answer = client.generate("fake", "begin", options={"num_predict": 2})
    assert answer.response.split() == ["one", "two"] and answer.done_reason == "length"
    text = "".join(part.response for part in client.generate("fake", "begin", stream=True))
    assert text.strip() == "one two three four"
    got = lines(server.post("/api/generate", {"model": "fake", "prompt": "begin", "options": {"stop": ["three"]}}))
    assert "".join(line["response"] for line in got).strip() == "one two"


def test_a_seed_and_a_temperature_of_0_give_the_same_text_on_every_api(server, client):
    options = {"temperature": 0, "num_predict": 12, "repeat_penalty": 1.0}
    question = [{"role": "user", "content": "What is the capital of France?"}]
    text = client.chat("smollm2", question, options=options).message.content
    openai = server.post("/v1/chat/completions", {
        "model": "smollm2", "messages": question, "temperature": 0, "max_tokens": 12}).json()
    assert text == openai["choices"][0]["message"]["content"] and text
    assert client.generate("smollm2", question[0]["content"], options=options).response == text


def test_a_raw_prompt_is_continued_and_a_system_text_goes_first(server, client):
    options = {"temperature": 0, "num_predict": 8, "repeat_penalty": 1.0}
    raw = client.generate("smollm2", "The capital of France is", raw=True, options=options).response
    plain = server.post("/v1/completions", {"model": "smollm2", "prompt": "The capital of France is",
                                            "temperature": 0, "max_tokens": 8}).json()
    assert raw == plain["choices"][0]["text"]
    short = client.generate("smollm2", "Hello", options=options)
    long = client.generate("smollm2", "Hello", system="You are a pirate. " * 5, options=options)
    assert long.prompt_eval_count > short.prompt_eval_count + 5


def test_logprobs_are_given_where_they_are_asked_for(server):
    body = {"model": "smollm2", "messages": HELLO, "logprobs": True, "top_logprobs": 2,
            "options": {"num_predict": 3, "temperature": 0}}
    whole = server.post("/api/chat", {**body, "stream": False}).json()
    assert len(whole["logprobs"]) == 3
    assert all(len(one["top_logprobs"]) == 2 and one["logprob"] <= 0 for one in whole["logprobs"])
    got = lines(server.post("/api/chat", body))
    assert [one["token"] for line in got for one in line.get("logprobs", [])] == \
        [one["token"] for one in whole["logprobs"]]
    refused = server.post("/api/chat", {**body, "logprobs": False})
    assert refused.status == 400 and "top_logprobs" in refused.json()["error"]


def loaded(client):
    return {model.model: model for model in client.ps().models}


def test_without_a_prompt_the_model_is_loaded_and_keep_alive_says_for_how_long(client):
    assert client.generate("fake", keep_alive="10m").done_reason == "load"
    model = loaded(client)["fake:latest"]
    assert model.context_length > 0
    (listed,) = [row for row in client.list().models if row.model == model.model]
    assert listed.digest == model.digest  # Open WebUI looks for what is loaded in the list of tags
    left = (model.expires_at - datetime.datetime.now(model.expires_at.tzinfo)).total_seconds()
    assert 9 * 60 < left < 11 * 60
    assert client.chat("fake", [], keep_alive=-1).done_reason == "load"
    assert loaded(client)["fake:latest"].expires_at > model.expires_at
    assert client.generate("fake", keep_alive=0).done_reason == "unload"
    wait_for(lambda: "fake:latest" not in loaded(client), what="the end of the model's process")


def test_keep_alive_0_unloads_behind_the_answer_and_not_before(client):
    answer = client.chat("fake", HELLO, keep_alive=0)
    assert answer.message.content.strip() == "one two three four"
    wait_for(lambda: "fake:latest" not in loaded(client), what="the end of the model's process")


MESSAGES = {"messages": HELLO, "max_tokens": 4}
OTHER_ROUTES = {  # of other APIs, which have no such member themselves
    "/v1/chat/completions": {"model": "fake", **MESSAGES},
    "/v1/completions": {"model": "fake", "prompt": "begin"},
    "/v1/responses": {"model": "fake", "input": "begin"},
    "/v1/messages": {"model": "fake", **MESSAGES},
    "/completion": {"model": "fake", "prompt": "begin"},
    "/infer/fake": {"input": "begin"},
    "/v1/embeddings": {"model": "minilm", "input": "a text"},
}


def test_keep_alive_is_taken_by_the_routes_of_other_apis_too(server, client):
    def minutes_left(name):
        until = loaded(client)[name].expires_at
        return (until - datetime.datetime.now(until.tzinfo)).total_seconds() / 60
    for minutes, (path, body) in enumerate(OTHER_ROUTES.items(), 20):
        answer = server.post(path, {**body, "keep_alive": f"{minutes}m"})
        assert answer.status == 200 and "Hearth-Ignored" not in answer.headers, (path, answer.text)
        name = body.get("model", "fake") + ":latest"
        wait_for(lambda: minutes - 1 < minutes_left(name) <= minutes, what=f"the time that {path} asked for")
        refused = server.post(path, {**body, "keep_alive": "soon"})
        assert refused.status == 400 and "keep_alive" in refused.text, (path, refused.text)
    assert server.post("/v1/chat/completions", {**OTHER_ROUTES["/v1/chat/completions"], "keep_alive": 0}).status == 200
    wait_for(lambda: "fake:latest" not in loaded(client), what="the end of the model's process")


@pytest.mark.parametrize("keep", ["soon", "5 minutes", "-", "1h2"])
def test_a_keep_alive_that_is_no_duration_is_refused(server, keep):
    answer = server.post("/api/generate", {"model": "fake", "prompt": "x", "keep_alive": keep})
    assert answer.status == 400 and "keep_alive" in answer.json()["error"]


def test_tags_show_and_version_tell_what_there_is(server, client):
    models = {model.model: model for model in client.list().models}
    assert {"fake:latest", "smollm2:latest", "minilm:latest"} <= set(models)
    assert models["smollm2:latest"].details.format == "gguf" and models["smollm2:latest"].size > 1e6
    assert len(models["smollm2:latest"].digest) == 64
    shown = client.show("smollm2")
    assert shown.details.family == "llama" and shown.details.quantization_level
    assert shown.modelinfo["general.architecture"] == "llama"
    assert shown.modelinfo["llama.context_length"] == 8192
    assert "completion" in shown.capabilities and "tools" in shown.capabilities
    assert client.show("minilm").capabilities == ["embedding"]
    assert server.get("/api/version").json()["version"].count(".") == 2
    assert server.request("HEAD", "/").status == 200  # how Ollama's own programs look for a server


THINKS = """{% for m in messages %}<|im_start|>{{ m.role }}
{% if m.role == 'assistant' and m.reasoning_content %}<think>
{{ m.reasoning_content }}
</think>
{% endif %}{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% if enable_thinking is defined and enable_thinking is false %}<think>

</think>

{% endif %}{% endif %}"""


def test_show_tells_of_thoughts_by_the_template_and_of_gaps_by_the_vocabulary(server, client, tmp_path, gguf):
    gap = {f"tokenizer.ggml.fim_{part}_token_id": ("u32", number)
           for part, number in (("pre", 8), ("suf", 9), ("mid", 10))}
    able = change_gguf.change(gguf, tmp_path / "able.gguf", {**gap, "tokenizer.chat_template": THINKS})
    assert server.post("/models", {"name": "able", "source": f"file:{able}"}).status == 201
    try:
        assert client.show("able").capabilities == ["completion", "tools", "thinking", "insert"]
        filled = client.generate("able", "def add(a, b):", suffix="\n", options={"num_predict": 2, "temperature": 0})
        assert filled.prompt_eval_count > 3 and filled.eval_count == 2
    finally:
        server.delete("/models/able?force=true")
    assert client.show("smollm2").capabilities == ["completion", "tools"]


def test_vectors_are_those_of_the_openai_api_and_cut_unless_that_is_refused(server, client):
    texts = ["a sentence", "another one"]
    answer = client.embed("minilm", texts)
    openai = server.post("/v1/embeddings", {"model": "minilm", "input": texts}).json()
    assert [list(row) for row in answer.embeddings] == [row["embedding"] for row in openai["data"]]
    assert answer.prompt_eval_count == openai["usage"]["prompt_tokens"] and answer.total_duration > 0
    assert len(client.embed("minilm", "one").embeddings) == 1
    assert client.embed("minilm", []).embeddings == []
    assert list(client.embeddings("minilm", texts[0]).embedding) == openai["data"][0]["embedding"]
    assert len(client.embed("minilm", "one", dimensions=8).embeddings[0]) == 8
    long = "word " * 2000
    assert client.embed("minilm", long).prompt_eval_count == 256
    with pytest.raises(ollama.ResponseError) as caught:
        client.embed("minilm", long, truncate=False)
    assert caught.value.status_code == 400 and "256" in caught.value.error


def test_what_is_not_there_is_404_in_ollamas_shape(server, client):
    for ask in (lambda: client.chat("absent", HELLO), lambda: client.show("absent:7b"),
                lambda: client.delete("absent"), lambda: client.copy("absent", "other"),
                lambda: client.generate("fake:9", "x"), lambda: client.pull("absent")):
        with pytest.raises(ollama.ResponseError) as caught:
            ask()
        assert caught.value.status_code == 404 and caught.value.error
    answer = server.post("/api/chat", {"model": "absent", "messages": HELLO})
    assert list(answer.json()) == ["error"] and "not found" in answer.json()["error"]


def test_what_cannot_be_done_is_refused_in_words(server, client):
    table = [
        ("/api/chat", {"messages": [{"role": "judge", "content": "x"}]}, "role"),
        ("/api/chat", {"messages": [{"role": "user", "content": "x", "images": ["aGk="]}]}, "images"),
        ("/api/generate", {"prompt": "x", "images": ["aGk="]}, "images"),
        ("/api/generate", {"prompt": "x", "template": "{{ .Prompt }}"}, "template"),
        ("/api/generate", {"prompt": "x", "context": [1, 2]}, "context"),
        ("/api/generate", {"prompt": "x", "options": {"mirostat": 2}}, "mirostat"),
        ("/api/generate", {"prompt": "x", "options": {"temperature": "hot"}}, "temperature"),
    ]
    for path, body, word in table:
        answer = server.post(path, {"model": "fake", **body})
        assert answer.status == 400 and word in answer.json()["error"], (path, body, answer.text)
        assert list(answer.json()) == ["error"]
    for method, path in (("POST", "/api/create"), ("POST", "/api/push"),
                         ("POST", "/api/blobs/sha256:00"), ("HEAD", "/api/blobs/sha256:00")):
        answer = server.request(method, path, b"" if method == "HEAD" else {"model": "x"})
        assert answer.status == 501, path


def test_an_error_within_a_stream_is_a_line(server, tmp_path):
    script = write_fake(tmp_path / "cut.fake", reply="one two three four", crash_at_token=3, token_us=50000)
    assert server.post("/models", {"name": "cut", "source": f"fake:{script}"}).status == 201
    try:
        got = lines(server.post("/api/chat", {"model": "cut", "messages": HELLO}))
        assert list(got[-1]) == ["error"] and got[0]["done"] is False
    finally:
        server.delete("/models/cut?force=true")


def test_a_copy_is_an_alias_that_is_asked_for_and_removed_by_its_name(server, client):
    client.copy("fake", "fake:best")
    client.copy("fake:1", "mine")
    names = {model.model for model in client.list().models}
    assert {"fake:best", "fake:mine", "fake:latest"} <= names
    for name in ("fake:best", "mine", "mine:latest", "fake@best", "fake:1"):
        answer = client.chat(name, HELLO)
        assert answer.message.content.strip() == "one two three four" and answer.model == name
    for taken in ("smollm2", "other:tag", "a b"):
        with pytest.raises(ollama.ResponseError):
            client.copy("fake", taken)
    client.delete("fake:best")
    client.delete("mine")
    assert {"fake:best", "fake:mine"}.isdisjoint({model.model for model in client.list().models})
    assert client.chat("fake", HELLO).done


def test_delete_removes_the_version_that_a_name_means_and_the_model_with_its_last_one(server, client, tmp_path):
    for reply in ("first", "second"):
        script = write_fake(tmp_path / f"{reply}.fake", reply=reply)
        path = "/models" if reply == "first" else "/models/gone/versions"
        assert server.post(path, {"name": "gone", "source": f"fake:{script}"} if reply == "first" else
                           {"source": f"fake:{script}"}).status == 201
    assert client.generate("gone", "x").response.strip() == "second"
    client.delete("gone")
    assert client.generate("gone", "x").response.strip() == "first"
    client.delete("gone:latest")
    assert server.get("/models/gone").status == 404


def test_a_pull_installs_tells_how_far_it_is_and_knows_what_is_there(server, client, tmp_path):
    script = write_fake(tmp_path / "pulled", reply="fetched")
    states = [part.status for part in client.pull(f"fake:{script}", stream=True)]
    assert states[0] == "pulling manifest" and states[-1] == "success"
    assert client.generate("pulled", "x").response.strip() == "fetched"
    assert client.pull("pulled").status == "success"
    assert [part.status for part in client.pull("pulled", stream=True)][-1] == "success"
    client.delete("pulled")
    with pytest.raises(ollama.ResponseError) as caught:
        list(client.pull("file:/nowhere/at/all.gguf", stream=True))
    assert "nowhere" in caught.value.error


CITY = {"type": "object", "properties": {"name": {"type": "string", "maxLength": 20}, "people": {"type": "integer"}},
        "required": ["name", "people"], "additionalProperties": False}


@pytest.mark.parametrize("way", ["chat", "generate", "raw"])
def test_an_answer_keeps_to_a_format(client, way):
    options = {"temperature": 0, "num_predict": 60}
    if way == "chat":
        text = client.chat("smollm2", [{"role": "user", "content": "Tell of Paris."}], format=CITY,
                           options=options).message.content
    else:
        text = client.generate("smollm2", "Tell of Paris: ", format=CITY, raw=way == "raw", options=options).response
    city = strict_json(text)
    assert set(city) == {"name", "people"} and isinstance(city["people"], int)


def test_a_format_that_is_no_schema_is_refused(server):
    for path, body in (("/api/chat", {"messages": HELLO}), ("/api/generate", {"prompt": "x", "raw": True})):
        answer = server.post(path, {"model": "smollm2", **body, "format": {"type": "nonsense"}})
        assert answer.status == 400 and answer.json()["error"], answer.text


def test_a_key_that_only_other_servers_know_is_named_and_passed_over(server):
    answer = server.post("/api/chat", {"model": "fake", "messages": HELLO, "stream": False, "images": [],
                                       "novelty": 1, "options": {"num_gqa": 8}})
    assert answer.status == 200, answer.text
    assert "novelty" in answer.headers["Hearth-Ignored"] and "num_gqa" in answer.headers["Hearth-Ignored"]


WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": "Tells the weather of a city.",
    "parameters": {"type": "object", "required": ["city"], "additionalProperties": False,
                   "properties": {"city": {"type": "string", "enum": ["Paris", "Rome"]}}}}}


def test_a_tool_call_comes_whole_with_its_arguments_as_an_object(server, client):
    body = {"model": "smollm2", "messages": [{"role": "user", "content": "What is the weather in Paris?"}],
            "tools": [WEATHER], "tool_choice": "required", "options": {"temperature": 0, "num_predict": 80}}
    whole = server.post("/api/chat", {**body, "stream": False}).json()
    calls = [call["function"] for call in whole["message"]["tool_calls"]]
    assert [call["index"] for call in calls] == list(range(len(calls)))
    assert calls and all(call["name"] == "get_weather" and call["arguments"]["city"] in ("Paris", "Rome")
                         for call in calls)
    got = lines(server.post("/api/chat", body))
    assert [one["function"] for line in got for one in line["message"].get("tool_calls", [])] == calls
    assert "tool_calls" not in got[-1]["message"]
    cut = lines(server.post("/api/chat", {**body, "options": {"temperature": 0, "num_predict": 8}}))
    assert not any("tool_calls" in line["message"] for line in cut) and cut[-1]["done_reason"] == "length"
    asked = [*body["messages"], {"role": "assistant", "content": "", "tool_calls": [{"function": calls[0]}]},
             {"role": "tool", "tool_name": "get_weather", "content": "sunny"}]
    answer = client.chat("smollm2", asked, tools=[WEATHER], options={"num_predict": 8})
    assert answer.prompt_eval_count > whole["prompt_eval_count"]


def test_a_pull_of_what_is_no_model_is_a_fault_of_the_request(server):
    for source in ("file:/etc/passwd", "file:/etc"):
        answer = server.post("/api/pull", {"model": source, "stream": False})
        assert answer.status == 400 and "cannot be installed" in answer.json()["error"], answer.text
    assert server.post("/api/pull", {"model": "file:/nowhere/at/all.gguf", "stream": False}).status == 404


def test_a_pull_from_the_hub_takes_the_quantization_that_is_asked_for(server, client):
    parts = list(client.pull("hf.co/o/many:q8", stream=True))
    assert parts[0].status == "pulling manifest" and parts[-1].status == "success"
    (model,) = [row for row in server.get("/models").json()["models"] if row["name"] == "many"]
    assert [version["source"] for version in model["versions"]] == ["hf:o/many:q8"]
    assert client.show("hf.co/o/many:Q8").details.format is not None
    with pytest.raises(ollama.ResponseError) as caught:
        list(client.pull("hf.co/o/many:Q2", stream=True))
    assert "no file" in caught.value.error
    client.delete("hf.co/o/many:q8")
    assert server.get("/models/many").status == 404


def test_the_client_for_javascript_works(server):
    run_node_client("ollama.mjs", server.url, "ollama")
