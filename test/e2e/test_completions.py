"""/v1/completions whole: the logprobs of a prompt, token ids, lists, best_of, many choices."""
import math

import pytest

from conftest import Server, cli, write_fake

TEXT = "The capital of France is Paris, and the capital of Italy is Rome."


@pytest.fixture(scope="module")
def server(tmp_path_factory, gguf):
    """The demo model twice, as each of the two that compute it has it, and a scripted one."""
    folder = tmp_path_factory.mktemp("completions")
    home = folder / "home"
    home.mkdir()
    for name, source, *rest in ("own", f"file:{gguf}"), ("library", f"file:{gguf}", "--set", "compute=libllama"), \
            ("fake", f"fake:{write_fake(folder / 'fake', reply='one two three four')}"):
        done = cli("install", source, "--name", name, *rest, home=home)
        assert done.returncode == 0, done.stderr
    running = Server(home)
    yield running
    running.end()


def complete(server, **body):
    answer = server.post("/v1/completions", {"model": "own", "temperature": 0, **body})
    assert answer.status == 200, answer.text
    return answer.json()


def tokenize(server, text):
    return server.post("/tokenize", {"model": "own", "content": text, "add_special": False}).json()["tokens"]


def events(server, **body):
    answer = server.post("/v1/completions", {"model": "own", "temperature": 0, "stream": True, **body})
    assert answer.status == 200, answer.text
    lines = [line[6:] for line in answer.text.splitlines() if line.startswith("data: {")]
    import json
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("model", ["own", "library"])
def test_a_prompts_logprobs_are_those_that_generating_it_would_have_had(server, model):
    made = complete(server, model=model, prompt=TEXT, max_tokens=12, logprobs=3)["choices"][0]
    scored = complete(server, model=model, prompt=TEXT + made["text"], max_tokens=0, logprobs=3, echo=True)["choices"][0]
    assert scored["text"] == TEXT + made["text"] and scored["finish_reason"] == "length"
    lists = scored["logprobs"]
    assert len({len(value) for value in lists.values()}) == 1
    assert lists["token_logprobs"][0] is None and lists["top_logprobs"][0] is None
    assert "".join(lists["tokens"]) == scored["text"]
    count = len(made["logprobs"]["tokens"])
    assert lists["tokens"][-count:] == made["logprobs"]["tokens"]
    for got, want in zip(lists["token_logprobs"][-count:], made["logprobs"]["token_logprobs"]):
        # Ours computes a row the same way whatever is beside it; libllama nearly.
        assert got == want if model == "own" else math.isclose(got, want, abs_tol=0.02), (got, want)
    # Greedy: the token that was made is the likeliest.
    for token, logprob, top in zip(lists["tokens"][-count:], lists["token_logprobs"][-count:], lists["top_logprobs"][-count:]):
        assert max(top.values()) == logprob and token in top and len(top) >= 3
    for offset, token in zip(lists["text_offset"], lists["tokens"]):
        assert scored["text"][offset:].startswith(token)


def test_long_prompts_are_scored_in_parts_alike(server):
    """More tokens than a step has, beside a request that only generates."""
    text = " ".join(f"{i} is a number." for i in range(130))
    whole = complete(server, prompt=text, max_tokens=0, logprobs=0, echo=True)["choices"][0]["logprobs"]
    assert len(whole["tokens"]) > 600 and all(value is not None and value <= 0 for value in whole["token_logprobs"][1:])
    start = complete(server, prompt=text[:400], max_tokens=0, logprobs=0, echo=True)["choices"][0]["logprobs"]
    same = len(start["tokens"]) - 2
    assert whole["token_logprobs"][:same] == start["token_logprobs"][:same]


def test_lm_evals_requests_are_answered_as_it_reads_them(server):
    """What lm_eval's local-completions sends for a multiple-choice task: a list of lists of token
    ids, one token generated, and the sums of what lies between."""
    contexts, endings = ["The sky is", "Two and two are"], [" blue", " four"]
    ids = [tokenize(server, context + ending) for context, ending in zip(contexts, endings)]
    answer = complete(server, prompt=ids, max_tokens=1, logprobs=1, echo=True, seed=1234)
    assert [choice["index"] for choice in answer["choices"]] == [0, 1]
    for choice, context, ending, prompt in zip(answer["choices"], contexts, endings, ids):
        lists, before = choice["logprobs"], len(tokenize(server, context))
        assert len(lists["tokens"]) == len(prompt) + 1
        assert "".join(lists["tokens"][before:-1]) == ending
        assert sum(lists["token_logprobs"][before:-1]) < 0
        assert choice["text"].startswith(context + ending)
        for logprob, top in zip(lists["token_logprobs"][1:], lists["top_logprobs"][1:]):
            assert logprob in top.values()
    # A sensible ending is likelier than a strange one.
    pair = complete(server, prompt=[tokenize(server, "Two and two are" + ending) for ending in (" four", " purple")],
                    max_tokens=1, logprobs=1, echo=True)["choices"]
    assert pair[0]["logprobs"]["token_logprobs"][-2] > pair[1]["logprobs"]["token_logprobs"][-2]


def test_a_token_that_ends_the_answer_is_among_those_of_an_echo(server):
    """lm_eval takes the last token away, whatever it is."""
    end = server.post("/tokenize", {"model": "own", "content": "<|im_end|>", "add_special": False}).json()["tokens"]
    body = dict(prompt="Hello", max_tokens=1, logprobs=1, echo=True, logit_bias={str(end[0]): 100})
    choice = complete(server, **body)["choices"][0]
    assert choice["finish_reason"] == "stop" and choice["text"] == "Hello"
    assert choice["logprobs"]["tokens"] == ["Hello", "<|im_end|>"]
    plain = complete(server, **{**body, "logprobs": None, "prompt": tokenize(server, "Hello")})["choices"][0]
    assert plain["text"] == "Hello" and plain["logprobs"] is None and plain["finish_reason"] == "stop"


def test_an_echo_of_token_ids_is_their_text(server):
    ids = tokenize(server, "Caf\u00e9 \U0001f600 one")
    plain = complete(server, prompt=ids, max_tokens=3, echo=True)["choices"][0]
    assert plain["text"].startswith("Caf\u00e9 \U0001f600 one") and plain["logprobs"] is None
    text = complete(server, prompt="Caf\u00e9 \U0001f600 one", max_tokens=3, echo=True)["choices"][0]
    assert plain["text"] == text["text"]
    nothing = complete(server, prompt=ids, max_tokens=0)["choices"][0]
    assert nothing["text"] == "" and nothing["finish_reason"] == "length"


@pytest.mark.parametrize("prompt", ["text", "ids"])
def test_a_stream_has_the_echo_and_the_logprobs_of_the_answer(server, prompt):
    text = "Caf\u00e9 \U0001f600 " + "and so on " * 50
    given = tokenize(server, text) if prompt == "ids" else text
    for logprobs in None, 2:
        body = dict(prompt=given, max_tokens=4, echo=True, logprobs=logprobs)
        whole = complete(server, **body)["choices"][0]
        chunks = [chunk["choices"][0] for chunk in events(server, **body)]
        assert "".join(chunk["text"] for chunk in chunks) == whole["text"]
        assert chunks[-1]["finish_reason"] == whole["finish_reason"]
        for key in ("tokens", "token_logprobs", "text_offset") if logprobs else ():
            joined = [item for chunk in chunks if chunk["logprobs"] for item in chunk["logprobs"][key]]
            assert joined == whole["logprobs"][key], key


def test_the_best_are_given_of_many(server):
    answer = complete(server, prompt="Once", max_tokens=6, temperature=1.5, seed=1, n=2, best_of=6, logprobs=0)
    assert [choice["index"] for choice in answer["choices"]] == [0, 1]
    assert answer["usage"]["completion_tokens"] >= 6
    made = complete(server, prompt="Once", max_tokens=6, temperature=1.5, seed=1, n=6, logprobs=0)["choices"]
    means = sorted((sum(c["logprobs"]["token_logprobs"]) / len(c["logprobs"]["tokens"]), c["text"]) for c in made)
    assert [choice["text"] for choice in answer["choices"]] == [text for _, text in means[:-3:-1]]
    hidden = complete(server, prompt=["Once", "Twice"], max_tokens=2, temperature=1, seed=1, n=1, best_of=2)
    assert [choice["index"] for choice in hidden["choices"]] == [0, 1] and hidden["choices"][0]["logprobs"] is None


@pytest.mark.parametrize("change,param", [
    (dict(n=3, best_of=2), "best_of"), (dict(best_of=2, stream=True), "best_of"), (dict(n=129), "n"),
    (dict(best_of=129), "best_of"), (dict(logprobs=21), "logprobs"), (dict(max_tokens=-2), "max_tokens"),
    (dict(prompt=["a"] * 64, n=128), "prompt")])
def test_what_cannot_be_made_is_refused(server, change, param):
    answer = server.post("/v1/completions", {"model": "fake", "prompt": "a", **change})
    assert answer.status == 400 and answer.json()["error"]["param"] == param, answer.text


def test_more_choices_than_sequences_wait_for_their_turn(server):
    answer = complete(server, model="fake", prompt="a", n=128)
    assert [choice["index"] for choice in answer["choices"]] == list(range(128))
    assert {choice["text"] for choice in answer["choices"]} == {"one two three four"}
    prompts = complete(server, model="fake", prompt=[f"p{i}" for i in range(300)], max_tokens=1)
    assert len(prompts["choices"]) == 300 and prompts["usage"]["completion_tokens"] == 300
    chat = server.post("/v1/chat/completions", {"model": "fake", "n": 128, "messages": [{"role": "user", "content": "a"}]})
    assert chat.status == 200 and len(chat.json()["choices"]) == 128, chat.text
