"""Speculative decoding through the real programs: the text is what it is without, in fewer steps; a
draft model is loaded beside the model, or refused with both names."""
import concurrent.futures
import shutil

import pytest

from conftest import SLOW, cli, wait_for

LIST = "red, green, blue, yellow, black, white, orange, purple, "
TOKENS = 60 if SLOW == 1 else 24  # a sanitizer's build computes ten times slower
BODY = {"prompt": LIST * 3, "max_tokens": TOKENS, "temperature": 0, "ignore_eos": True, "timings_per_token": True}


@pytest.fixture(scope="module")
def other(tmp_path_factory, gguf):
    """The demo model with another word in its vocabulary."""
    path = tmp_path_factory.mktemp("other") / "other.gguf"
    word = "Ġvillage".encode()
    path.write_bytes(gguf.read_bytes().replace(word, word[:-1] + b"x", 1))
    return path


@pytest.fixture
def serve(start, home, gguf, other):
    def begin(**models):
        for name, settings in models.items():
            chosen = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
            source = other if name == "other" else gguf
            done = cli("install", f"file:{source}", "--name", name, *chosen, home=home)
            assert done.returncode == 0, done.stderr
        return start(env={"HEARTH_CONTEXT": "512"})
    return begin


def ask(server, model, path="/v1/completions", **more):
    answer = server.post(path, {**BODY, "model": model, **more})
    assert answer.status == 200, answer.text
    return answer.json()


def words(answer):
    return [choice["text"] for choice in answer["choices"]]


def test_a_lookup_gives_the_same_text_in_fewer_steps(serve):
    server = serve(auto={}, off={"speculation": "off"})
    for more in ({}, {"temperature": 0.9, "seed": 7}, {"n": 2, "temperature": 0.7, "seed": 3},
                 {"stop": ["black, white, orange, purple, red"]}, {"logprobs": 2},
                 {"grammar": 'root ::= ("red, " | "green, " | "blue, " | "yellow, ")+'}):
        assert words(ask(server, "auto", **more)) == words(ask(server, "off", **more)), more
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(lambda i: words(ask(server, "auto", prompt=LIST * (i + 2))), range(4)))
    assert texts == [words(ask(server, "off", prompt=LIST * (i + 2))) for i in range(4)]
    wait_for(lambda: server.metric("hearth_draft_accepted_total", model="auto:1") > 0, 20, "the counters")
    assert server.metric("hearth_draft_tokens_total", model="auto:1") >= \
        server.metric("hearth_draft_accepted_total", model="auto:1")
    assert server.metric("hearth_draft_tokens_total", model="off:1") == 0
    timings = server.post("/completion", {"model": "auto", "prompt": LIST * 3, "n_predict": TOKENS,
                                          "temperature": 0, "ignore_eos": True}).json()["timings"]
    assert 0 < timings["draft_n_accepted"] <= timings["draft_n"]


def test_a_draft_model_gives_the_same_text(serve):
    server = serve(twin={}, main={"speculation": "draft", "draft_model": "twin"}, plain={"speculation": "off"})
    prompt = "The capital of France is"
    assert words(ask(server, "main", prompt=prompt)) == words(ask(server, "plain", prompt=prompt))
    wait_for(lambda: server.metric("hearth_draft_accepted_total", model="main:1") > 0, 20, "the counters")


def test_a_draft_model_that_does_not_fit_is_refused_with_both_names(serve, gguf, tmp_path):
    draft = tmp_path / "draft.gguf"
    server = serve(other={}, main={"draft_model": "other"}, lost={"draft_model": "nobody"})
    answer = server.post("/v1/completions", {**BODY, "model": "main"})
    assert answer.status == 409, answer.text
    assert "other:1 cannot draft for main:1" in answer.text and "vocabulary" in answer.text
    answer = server.post("/v1/completions", {**BODY, "model": "lost"})
    assert answer.status == 409 and "lost:1" in answer.text and "nobody" in answer.text, answer.text
    for path, says in (("/nonexistent", "No such file"), (str(__file__), "test_speculation.py")):
        answer = server.post("/models", {"name": "wrong", "source": f"file:{gguf}", "settings": {"draft_model": path}})
        assert answer.status == 422 and "settings.draft_model" in answer.text, answer.text
        assert path in answer.text and says in answer.text, answer.text
    done = cli("install", f"file:{gguf}", "--name", "wrong", "--set", "draft_model=/nonexistent", home=tmp_path / "other")
    assert done.returncode == 65 and "settings.draft_model: /nonexistent: No such file" in done.stderr, done.stderr
    # What goes after it was set, or is damaged, is told at the load; one that failed is not tried at once.
    shutil.copy(gguf, draft)
    assert server.request("PATCH", "/models/main", {"settings": {"draft_model": str(draft)}}).status == 200
    for spoil, says in ((lambda: draft.write_bytes(gguf.read_bytes()[:100_000]), "GGUF header"),
                        (draft.unlink, "No such file")):
        spoil()
        answer = wait_for(lambda: told if says in (told := server.post("/v1/completions", {**BODY, "model": "main"})).text
                          else None, 60, "the reason")
        assert answer.status == 409 and f"{draft} cannot draft for main:1: setting 'draft_model'" in answer.text, answer.text
    answer = server.post("/models", {"name": "wrong", "source": "fake:x", "settings": {"speculation": "draft"}})
    assert answer.status == 422 and "draft_model" in answer.text, answer.text
