"""Prompts that begin alike are computed once, and nobody can tell from the answer."""
import concurrent.futures

import pytest

from conftest import cli, wait_for

WORDS = ("river stone garden window letter market engine summer bridge doctor music paper story winter "
         "forest copper village thunder kitchen planet harvest signal mirror pilot candle").split()
SYSTEM = "You know these words: " + " ".join(WORDS[i * 7 % 25] + " " + WORDS[i * 11 % 25] for i in range(90))


@pytest.fixture
def server(start, home, gguf):
    """One model that shares, and the same one that does not."""
    for name, cache in (("shared", "256MiB"), ("alone", "0")):
        done = cli("install", f"file:{gguf}", "--name", name, "--set", "compute=own",
                   "--set", f"prefix_cache={cache}", home=home)
        assert done.returncode == 0, done.stderr
    return start(env={"HEARTH_SLOTS": 4, "HEARTH_CONTEXT": 1024})


def ask(server, model, question, **more):
    answer = server.post("/v1/chat/completions", {
        "model": model, "temperature": 1, "seed": 3, "max_tokens": 12, "ignore_eos": True,
        "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}],
        **more})
    assert answer.status == 200, answer.text
    body = answer.json()
    texts = [choice["message"]["content"] for choice in body["choices"]]
    return texts, body["usage"]["prompt_tokens_details"]["cached_tokens"], body["usage"]["prompt_tokens"]


def figure(server, name):
    return server.metric(f"hearth_prefix_{name}", model="shared:1")


def test_those_who_come_together_compute_their_beginning_once_and_say_what_they_say_alone(server):
    questions = [f"Say something about number {i}." for i in range(4)]
    alone = [ask(server, "alone", question)[0] for question in questions]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda question: ask(server, "shared", question), questions))
    assert [texts for texts, _, _ in answers] == alone
    spared, prompt = sorted(cached for _, cached, _ in answers), answers[0][2]
    assert spared[0] == 0 and spared[1] > prompt - 30, f"{spared} of {prompt}"
    wait_for(lambda: figure(server, "hits_total") == 3, 20, "the figures of all four")
    assert figure(server, "misses_total") == 1 and figure(server, "bytes") > 0
    assert figure(server, "tokens_total") == sum(spared)
    # What was computed is still there, also the answer; the choices of one request share it.
    texts, cached, _ = ask(server, "shared", questions[2])
    assert texts == alone[2] and cached == prompt - 1
    texts, cached, _ = ask(server, "shared", questions[0], n=3, seed=8)
    assert cached == prompt - 1 and len(set(texts)) == 3
    wait_for(lambda: figure(server, "hits_total") == 7, 20, "the figures of three choices")
    assert ask(server, "shared", questions[0], n=3, seed=8)[0] == texts


@pytest.mark.once
def test_an_only_slot_has_room_for_an_answer_up_to_the_end_of_the_context(start, home, gguf):
    """Neither what is drafted beyond it nor a cell for a copy is counted where there is none."""
    done = cli("install", f"file:{gguf}", "--name", "m", "--set", "compute=libllama", home=home)
    assert done.returncode == 0, done.stderr
    server = start(env={"HEARTH_SLOTS": 1, "HEARTH_CONTEXT": 256})
    answer = server.post("/v1/completions", {"model": "m", "prompt": "word " * 240, "ignore_eos": True},
                         timeout=60)
    assert answer.status == 200, answer.text
    assert answer.json()["usage"]["total_tokens"] == 256
