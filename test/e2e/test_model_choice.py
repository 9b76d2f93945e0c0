"""Which model a request means: left out, by hub id, in another case; and that a server which answers
has its models."""
import contextlib
import threading
import time

import openai
import pytest

from conftest import SLOW, Server, cli, free_port, write_fake

HELLO = [{"role": "user", "content": "say hello"}]


def install(server, name, script, **rest):
    answer = server.post("/models", {"name": name, "source": f"fake:{script}", **rest})
    assert answer.status == 201, answer.text


CHAT, EMBED = "reply = one two; tasks = generate", "tasks = embed; vector_length = 8"


def test_the_only_model_that_can_do_it_answers_a_request_without_model(server):
    install(server, "talker", CHAT, task="chat")
    install(server, "vectors", EMBED, task="embedding")
    for body in ({}, {"model": None}, {"model": ""}):
        answer = server.post("/v1/chat/completions", {"messages": HELLO, **body})
        assert answer.status == 200, answer.text
        assert answer.json()["model"] == "talker"
    assert server.post("/v1/completions", {"prompt": "a"}).json()["model"] == "talker"
    assert server.post("/v1/embeddings", {"input": "a"}).json()["model"] == "vectors"
    assert server.post("/inference", {"prompt": "a"}).json()["model"] == "talker:1"


def test_several_models_without_a_default_are_listed(server):
    install(server, "a", CHAT, task="chat")
    install(server, "b", CHAT, task="chat")
    answer = server.post("/v1/chat/completions", {"messages": HELLO})
    assert answer.status == 400
    error = answer.json()["error"]
    assert (error["param"], error["code"]) == ("model", "missing_required_parameter")
    assert "a, b" in error["message"] and "default_model" in error["message"]


def test_no_model_at_all_is_told_with_what_to_do(server):
    answer = server.post("/v1/chat/completions", {"messages": HELLO})
    assert answer.status == 400 and "hearth install" in answer.json()["error"]["message"]


def test_a_model_that_only_embeds_is_preferred_for_vectors(server):
    install(server, "both", "reply = a; tasks = generate embed; vector_length = 4", task="chat")
    install(server, "vectors", EMBED, task="embedding")
    assert server.post("/v1/embeddings", {"input": "a"}).json()["model"] == "vectors"
    install(server, "more", EMBED, task="embedding")
    error = server.post("/v1/embeddings", {"input": "a"}).json()["error"]
    assert "more, vectors" in error["message"] and "both" not in error["message"]


def test_a_default_model_that_is_not_there_is_told_at_the_start(start):
    server = start("--default-model", "wrong")
    [told] = server.events("default_model.missing")
    assert told["level"] == "warning" and "wrong" in told["reason"]


def test_the_default_model_is_taken_where_it_fits(start):
    server = start("--default-model", "b")
    install(server, "a", CHAT, task="chat")
    install(server, "b", CHAT, task="chat")
    install(server, "vectors", EMBED, task="embedding")
    assert server.post("/v1/chat/completions", {"messages": HELLO}).json()["model"] == "b"
    # It makes no vectors, so the only model that does is taken.
    assert server.post("/v1/embeddings", {"input": "a"}).json()["model"] == "vectors"


@pytest.mark.parametrize("name", ["SmolLM2", "openai/smollm2", "openai/SMOLLM2:1"])
def test_a_model_is_found_in_another_case_and_behind_a_provider(server, name):
    install(server, "smollm2", CHAT, task="chat")
    answer = server.post("/v1/chat/completions", {"model": name, "messages": HELLO})
    assert answer.status == 200, answer.text
    assert answer.json()["model"] == name
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)
    assert client.models.retrieve(name).id == name


@pytest.mark.parametrize("name", ["openai/smollm3", "ORG/REPO", "../x", "a b", "smollm2:x", "/", "\u2603"])
def test_what_is_not_there_is_404_whatever_its_form(server, name):
    install(server, "smollm2", CHAT, task="chat")
    answer = server.post("/v1/chat/completions", {"model": name, "messages": HELLO})
    error = answer.json()["error"]
    assert (answer.status, error["code"], error["param"]) == (404, "model_not_found", "model")
    if name.endswith("smollm3"):
        assert "did you mean 'smollm2'?" in error["message"]


def poll(port, stop, seen):
    """What GET /v1/models and a chat answer until there is an answer."""
    probe = Server.__new__(Server)
    probe.url = f"http://127.0.0.1:{port}"
    while not stop.is_set():
        with contextlib.suppress(OSError):
            answer = probe.get("/v1/models", timeout=10)
            chat = probe.post("/v1/chat/completions", {"model": "fake", "messages": HELLO})
            seen.append((answer.status, [m["id"] for m in answer.json().get("data", [])], chat.status))
            return
        time.sleep(0.0005)


def test_whoever_reaches_a_starting_server_finds_its_models(home, tmp_path):
    script = write_fake(tmp_path / "script.fake", reply="here")
    done = cli("install", f"fake:{script}", "--name", "fake", home=home)
    assert done.returncode == 0, done.stderr
    for _ in range(200 if SLOW == 1 else 20):
        port, stop, seen = free_port(), threading.Event(), []
        poller = threading.Thread(target=poll, args=(port, stop, seen))
        poller.start()
        server = Server(home, port=port)
        poller.join(30 * SLOW)
        stop.set()
        server.end()
        assert seen == [(200, ["fake"], 200)]


def test_a_context_for_all_models_is_capped_by_what_each_can(start, gguf):
    server = start("--context", "16384")
    install(server, "small", "reply = x; context = 512", task="chat")
    assert server.post("/models", {"name": "demo", "source": f"file:{gguf}"}).status == 201
    for name, most in (("small", 512), ("demo", 8192)):
        answer = server.post("/v1/chat/completions",
                             {"model": name, "messages": HELLO, "max_tokens": 1})
        assert answer.status == 200, answer.text
        assert server.get(f"/v1/models/{name}").json()["hearth"]["token_limit"] == most
        [told] = [row for row in server.events("model.context_capped") if row["model"] == f"{name}:1"]
        assert (told["asked"], told["context"]) == (16384, most)


def test_a_context_of_its_own_over_the_trained_one_is_refused_when_it_is_set(server, home, gguf):
    install(server, "small", "reply = x; context = 512", task="chat")
    answer = server.request("PATCH", "/models/small", {"settings": {"context": 513}})
    assert answer.status == 422, answer.text
    assert "513" in answer.json()["detail"] and "512" in answer.json()["detail"]
    assert server.request("PATCH", "/models/small", {"settings": {"context": 512}}).status == 200
    answer = server.post("/models", {"name": "wide", "source": f"file:{gguf}",
                                     "settings": {"context": 16384}})
    assert answer.status == 422 and "8192" in answer.json()["detail"], answer.text
    assert "wide" not in [m["id"] for m in server.get("/v1/models").json()["data"]]
    done = server.cli("install", f"file:{gguf}", "--name", "wide", "--set", "context=16384")
    assert done.returncode != 0 and "8192" in done.stderr
