"""llama-server's own routes, beside a real llama-server: the same bodies, the same answers."""
import json

import pytest

import change_gguf
from conftest import Server, cli, strict_json
from test_real_models import llama_server

GREEDY = {"temperature": 0, "n_predict": 6, "seed": 1}


@pytest.fixture(scope="module")
def model(tmp_path_factory, gguf):
    """The demo model, whose vocabulary is told to have tokens for a gap: those of three others."""
    gap = {f"tokenizer.ggml.fim_{part}_token_id": ("u32", number)
           for part, number in (("pre", 8), ("suf", 9), ("mid", 10))}
    return change_gguf.change(gguf, tmp_path_factory.mktemp("native") / "gap.gguf", gap)


@pytest.fixture(scope="module")
def server(tmp_path_factory, model, gguf):
    home = tmp_path_factory.mktemp("hearth") / "home"
    home.mkdir()
    for path, name, batch in ((model, "gap", "512"), (gguf, "smollm2", "64")):
        done = cli("install", f"file:{path}", "--name", name, "--set", "compute=libllama", "--set", f"batch={batch}",
                   "--set", "threads=1", home=home)  # as the peer's, whose threads spin where others compute
        assert done.returncode == 0, done.stderr
    running = Server(home, env={"HEARTH_DEFAULT_MODEL": "gap", "HEARTH_CONTEXT": "512"})
    yield running
    running.end()


class Peer:
    """llama-server, asked as our own is."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"

    request, post, get = Server.request, Server.post, Server.get


@pytest.fixture(scope="module")
def peer(model):
    with llama_server(model, "-t", "1", "-c", "512") as port:
        yield Peer(port)


def both(server, peer, path, body):
    ours, theirs = server.post(path, body), peer.post(path, body)
    assert ours.status == theirs.status == 200, (ours.text, theirs.text)
    return ours.json(), theirs.json()


@pytest.mark.parametrize("prompt", [
    "The capital of France is", [504, 3575, 282, 4649, 314], ["The capital of", 4649, " is"]],
    ids=["text", "tokens", "mixed"])
def test_a_completion_has_the_peers_text_tokens_and_counts(server, peer, prompt):
    ours, theirs = both(server, peer, "/completion", {**GREEDY, "prompt": prompt, "return_tokens": True, "n_probs": 3})
    for key in ("content", "tokens", "stop", "stop_type", "stopping_word", "tokens_predicted", "tokens_evaluated",
                "truncated", "has_new_line", "index"):
        assert ours[key] == theirs[key], key
    assert set(theirs["timings"]) <= set(ours["timings"]) and ours["timings"]["predicted_n"] == 6
    assert set(theirs) <= set(ours)
    for mine, other in zip(ours["completion_probabilities"], theirs["completion_probabilities"], strict=True):
        assert (mine["id"], mine["token"], mine["bytes"]) == (other["id"], other["token"], other["bytes"])
        assert [one["id"] for one in mine["top_logprobs"]] == [one["id"] for one in other["top_logprobs"]]
        assert mine["logprob"] == pytest.approx(other["logprob"], abs=0.05)


def test_a_stop_text_is_named_and_an_end_told_from_a_limit(server, peer):
    body = {**GREEDY, "prompt": "1 2 3 4 5", "stop": ["nothing", "8"], "n_predict": 20}
    ours, theirs = both(server, peer, "/completion", body)
    assert ours["stop_type"] == theirs["stop_type"] == "word"
    assert ours["stopping_word"] == theirs["stopping_word"] == "8" and ours["content"] == theirs["content"]
    assert both(server, peer, "/completion", {**GREEDY, "prompt": "x"})[0]["stop_type"] == "limit"


def events(answer):
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    lines = [line for line in answer.text.splitlines() if line and not line.startswith(":")]
    assert all(line.startswith("data: ") for line in lines)
    return [strict_json(line[6:]) for line in lines]


def test_a_stream_has_pieces_and_a_last_event_with_timings(server, peer):
    body = {**GREEDY, "prompt": "The capital of France is", "stream": True, "timings_per_token": True}
    ours, theirs = events(server.post("/completion", body)), events(peer.post("/completion", body))
    assert "".join(one["content"] for one in ours) == "".join(one["content"] for one in theirs)
    assert [one["stop"] for one in ours] == [False] * (len(ours) - 1) + [True]
    assert all("predicted_per_second" in one["timings"] for one in ours)
    assert [one["tokens_predicted"] for one in ours][-2:] == [6, 6]
    assert ours[-1]["content"] == "" and ours[-1]["stop_type"] == "limit"


LONG = "One two three four five six seven eight nine ten. " * 20  # more than two batches of 64 tokens


@pytest.mark.parametrize("path,body", [
    ("/completion", {"prompt": LONG}), ("/v1/chat/completions", {"messages": [{"role": "user", "content": LONG}]}),
    ("/v1/responses", {"input": LONG})])
def test_a_stream_tells_how_far_a_prompt_is_read_where_it_is_asked_to(server, path, body):
    body = {**body, "model": "smollm2", "stream": True, "seed": 1, "temperature": 0, "n_predict": 2, "max_tokens": 2}
    if "input" in body:
        body["max_output_tokens"] = 16

    def parts(answer):
        lines = [line[6:] for line in answer.text.splitlines() if line.startswith("data: {")]
        return [strict_json(line) for line in lines]

    def told(answer):
        return [one["prompt_progress"] for one in parts(answer) if "prompt_progress" in one]
    assert told(server.post(path, body)) == []
    fresh = json.loads(json.dumps(body).replace("One two", f"{path} Two one"))  # none of it is in the cache
    progress = told(server.post(path, {**fresh, "return_progress": True}))
    assert len(progress) >= 4, progress
    total, cache = progress[0]["total"], progress[0]["cache"]
    assert all((one["total"], one["cache"]) == (total, cache) for one in progress)
    read = [one["processed"] for one in progress]
    assert read[0] == cache and read[-1] == total and read == sorted(set(read))
    again = told(server.post(path, {**fresh, "return_progress": True}))
    assert again[0]["processed"] == again[0]["cache"] > cache and again[-1]["processed"] == total
    assert told(server.post(path, {**fresh, "return_progress": True, "stream": False})) == []


def test_several_prompts_have_a_list_of_answers(server, peer):
    ours, theirs = both(server, peer, "/completion", {**GREEDY, "prompt": ["1 2 3", [504, 3575]]})
    assert [one["content"] for one in ours] == [one["content"] for one in theirs]
    assert [one["index"] for one in ours] == [0, 1]


def test_a_prompt_stands_in_an_object_too_and_completions_without_v1_are_the_peers(server, peer):
    body = {**GREEDY, "prompt": {"prompt_string": "The capital of France is"}}
    ours, theirs = both(server, peer, "/completions", body)
    assert ours["content"] == theirs["content"] and ours["prompt"] == "The capital of France is"
    ours, theirs = both(server, peer, "/completions", {**body, "prompt": [[504, 3575], body["prompt"]]})
    assert [one["content"] for one in ours] == [one["content"] for one in theirs]


def test_only_the_fields_that_are_asked_for_come(server, peer):
    fields = ["content", "generation_settings/n_predict", "stop", "nothing", "content/inside"]
    body = {**GREEDY, "prompt": "The capital of France is", "response_fields": fields}
    ours, theirs = both(server, peer, "/completion", body)
    assert ours == theirs and ours["generation_settings/n_predict"] == 6 and len(ours) == 3
    last = events(server.post("/completion", {**body, "stream": True}))[-1]
    assert last == {"content": "", "generation_settings/n_predict": 6, "stop": True}


def test_rules_that_samplers_does_not_name_are_off(server):
    def text(**body):
        return server.post("/completion", {"prompt": "Once upon a time", "n_predict": 8, "seed": 7, **body}).json()
    off = {"top_k": 0, "top_p": 1, "min_p": 0, "temperature": 1}
    assert text(samplers=[])["content"] == text(**off)["content"] == text(samplers="")["content"]
    assert text(samplers=["top_k"], top_k=1)["content"] == text(temperature=0)["content"]
    assert text(samplers=["top_k", "top_p", "infill"], top_k=1)["content"] == text(temperature=0)["content"]
    assert text(samplers="kt", top_k=1)["content"] == text(temperature=0)["content"]
    assert text(samplers=["min_p", "temp"], temperature=0.5)["generation_settings"]["top_k"] == 0


@pytest.mark.parametrize("body,word", [
    ({"samplers": ["temperature", "top_k"]}, "order"), ({"samplers": ["magic"]}, "samplers[0]"),
    ({"mirostat": 2}, "mirostat"), ({"prompt": [1, [2]]}, "prompt[1]"), ({"prompt": [999999]}, "vocabulary"),
    ({"prompt": {"prompt_string": "a", "multimodal_data": ["iVBORw0KGgo="]}}, "prompt"), ({"prompt": {}}, "prompt"),
    ({"prompt": ["a", 999999]}, "vocabulary"), ({"n_probs": 21}, "n_probs"),
    ({"logit_bias": [["a", 1]]}, "logit_bias[0]"), ({"grammar": "root ::= ("}, "grammar")])
def test_what_cannot_be_done_is_refused_in_words(server, body, word):
    answer = server.post("/completion", {"prompt": "x", "n_predict": 1, **body})
    assert answer.status == 400 and word in answer.json()["error"]["message"], answer.text


def test_biases_come_as_a_list_too_and_a_grammar_holds(server):
    body = {**GREEDY, "prompt": "The capital of France is", "n_predict": 1, "return_tokens": True}
    first = server.post("/completion", body).json()["tokens"]
    other = server.post("/completion", {**body, "logit_bias": [[first[0], False]]}).json()["tokens"]
    assert other != first
    assert server.post("/completion", {**body, "logit_bias": {str(first[0]): -100}}).json()["tokens"] == other
    answer = server.post("/completion", {**body, "grammar": 'root ::= "yes" | "no"', "n_predict": 5}).json()
    assert answer["content"] in ("yes", "no") and answer["stop_type"] == "eos"
    schema = {"type": "object", "properties": {"a": {"enum": [1, 2]}}, "required": ["a"], "additionalProperties": False}
    answer = server.post("/completion", {**body, "json_schema": schema, "n_predict": 20, "return_tokens": False}).json()
    assert strict_json(answer["content"]) in ({"a": 1}, {"a": 2})


def test_n_predict_0_only_reads_the_prompt(server):
    answer = server.post("/completion", {**GREEDY, "prompt": "The capital of France is", "n_predict": 0}).json()
    assert answer["content"] == "" and answer["tokens_predicted"] == 0 and answer["tokens_evaluated"] == 5


def test_a_gap_is_filled_with_the_peers_prompt(server, peer):
    plain = {"input_prefix": "def add(a, b):\n    ", "input_suffix": "\n\nprint(add(1, 2))\n"}
    extra = {"input_extra": [{"filename": "b.py", "text": "x = 1\n"}, {"text": "y = 2\n"}]}
    for body in (plain, {**plain, "prompt": "return "}, {**plain, **extra}):
        ours, theirs = both(server, peer, "/infill", {**GREEDY, **body})
        assert ours["tokens_evaluated"] == theirs["tokens_evaluated"], body
        assert ours["content"] == theirs["content"]
    long = server.post("/infill", {**GREEDY, "input_prefix": "a = 1\n" * 200, "input_suffix": "b = 2\n" * 200})
    assert long.status == 200 and 400 < long.json()["tokens_evaluated"] < 512  # the peer refuses it
    refused = server.post("/infill", {**plain, "model": "smollm2"})
    assert refused.status == 501 and "gap" in refused.json()["error"]["message"]
    answer = server.post("/api/generate", {"model": "gap", "prompt": plain["input_prefix"], "stream": False,
                                           "suffix": plain["input_suffix"], "options": {"num_predict": 4}})
    assert answer.status == 200 and answer.json()["prompt_eval_count"] > 10


def test_a_suffix_of_openais_completions_is_that_of_a_gap(server):
    gap = {"input_prefix": "def add(a, b):\n    ", "input_suffix": "\n\nprint(add(1, 2))\n"}
    native = server.post("/infill", {**GREEDY, **gap}).json()
    body = {"model": "gap", "prompt": gap["input_prefix"], "suffix": gap["input_suffix"], "temperature": 0,
            "max_tokens": GREEDY["n_predict"]}
    answer = server.post("/v1/completions", {**body, "echo": True}).json()
    assert answer["choices"][0]["text"] == gap["input_prefix"] + native["content"]
    assert answer["usage"]["prompt_tokens"] == native["tokens_evaluated"]
    several = server.post("/v1/completions", {**body, "prompt": [gap["input_prefix"], "x = "]}).json()
    assert several["choices"][0]["text"] == native["content"] and len(several["choices"]) == 2
    for wrong in ({"prompt": [1, 2]}, {"echo": True, "logprobs": 1}):
        refused = server.post("/v1/completions", {**body, **wrong})
        assert refused.status == 400 and refused.json()["error"]["param"] == "suffix", refused.text


def test_tokens_come_with_their_pieces_and_special_ones_as_text_where_asked(server, peer):
    text = "Hello <|im_start|> wörld 🦙"
    for extra in ({}, {"with_pieces": True}, {"parse_special": False}, {"with_pieces": True, "parse_special": False}):
        ours, theirs = both(server, peer, "/tokenize", {"content": text, **extra})
        assert ours["tokens"] == theirs["tokens"], extra
    ids = server.post("/tokenize", {"content": text}).json()["tokens"]
    ours, theirs = both(server, peer, "/detokenize", {"tokens": ids})
    assert ours["content"] == theirs["content"] == text
    long = server.post("/tokenize", {"content": "word " * 3000, "with_pieces": True}).json()
    assert long["count"] == len(long["tokens"]) >= 3000
    assert "".join(one["piece"] for one in long["tokens"]) == "word " * 3000


def test_a_template_is_applied_as_the_peer_applies_it(server, peer):
    conversation = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    for extra in ({}, {"add_generation_prompt": False}):
        ours, theirs = both(server, peer, "/apply-template", {"messages": conversation, **extra})
        assert ours["prompt"] == theirs["prompt"], extra
    refused = server.post("/apply-template", {"messages": [{"role": "judge"}]})
    assert refused.status == 400


def test_the_tokens_of_a_conversation_are_counted_as_its_answer_counts_them(server):
    body = {"messages": [{"role": "system", "content": "Book"}, {"role": "user", "content": "What is the best book"}]}
    counted = server.post("/chat/completions/input_tokens", body)
    answer = server.post("/v1/chat/completions", {**body, "max_tokens": 1}).json()
    assert counted.json() == {"input_tokens": answer["usage"]["prompt_tokens"]}, counted.text
    fault = server.post("/v1/chat/completions/input_tokens", {"messages": []})
    assert fault.status == 400 and fault.json()["error"]["param"] == "messages"


def test_props_slots_and_adapters_have_what_clients_read(server, peer):
    server.post("/completion", {"prompt": "x", "n_predict": 1})
    ours, theirs = server.get("/props").json(), peer.get("/props").json()
    assert ours["default_generation_settings"]["n_ctx"] == theirs["default_generation_settings"]["n_ctx"] == 512
    mine, other = (one["default_generation_settings"]["params"] for one in (ours, theirs))
    for key in set(mine) & set(other) - {"seed", "samplers", "n_predict", "n_probs"}:
        assert mine[key] == pytest.approx(other[key]), key
    assert ours["total_slots"] >= 1 and ours["model_alias"] == "gap:1" and ours["build_info"]
    slots = server.get("/slots?model=gap").json()
    assert len(slots) == ours["total_slots"] and slots[0]["is_processing"] is False
    assert server.get("/lora-adapters").json() == peer.get("/lora-adapters").json() == []
    assert server.get("/health").json()["status"] == "ok"
    assert server.get("/props?model=absent").status == 404


@pytest.mark.parametrize("path,body", [("/v1/chat/completions", {"messages": [{"role": "user", "content": "Hi"}]}),
                                       ("/v1/completions", {"prompt": "Hi"})])
def test_timings_come_with_openais_answers_where_they_are_asked_for(server, path, body):
    body = {**body, "model": "gap", "max_tokens": 3, "timings_per_token": True}
    whole = server.post(path, body).json()
    assert whole["timings"]["predicted_n"] == 3 and whole["timings"]["prompt_ms"] >= 0
    chunks = [json.loads(line[6:]) for line in server.post(path, {**body, "stream": True}).text.splitlines()
              if line.startswith("data: {")]
    told = [chunk["timings"] for chunk in chunks if "timings" in chunk]
    counts = [one["predicted_n"] for one in told]
    assert told[-1]["predicted_per_second"] == pytest.approx(2000 / told[-1]["predicted_ms"])  # the first is the prompt's
    assert counts[-1] == 3 and counts == sorted(counts) and len(counts) > 1
    assert all(one["cache_n"] + one["prompt_n"] == whole["timings"]["cache_n"] + whole["timings"]["prompt_n"] for one in told)
    assert "timings" not in server.post(path, {**body, "timings_per_token": False}).json()


def test_the_deltas_and_the_end_of_a_response_have_timings_where_they_are_asked_for(server):
    body = {"model": "gap", "input": "Hello", "max_output_tokens": 16, "stream": True, "timings_per_token": True}
    parts = [json.loads(line[6:]) for line in server.post("/v1/responses", body).text.splitlines()
             if line.startswith("data: {")]
    deltas = [one for one in parts if one["type"] == "response.output_text.delta"]
    assert deltas and all(one["timings"]["predicted_n"] > 0 for one in deltas)
    assert parts[-1]["timings"]["predicted_n"] == parts[-1]["response"]["usage"]["output_tokens"]
    assert not any("timings" in one for one in parts if one["type"].endswith((".added", ".done", ".created")))
