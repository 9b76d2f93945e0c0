"""How long a long prompt may keep others from their next token: the setting `gap_max`."""
import json
import threading
import urllib.request

import pytest

from conftest import SLOW, cli, wait_for, write_fake

WORDS = 800
LONG = "word " * WORDS


@pytest.fixture
def server(start, home, tmp_path):
    """Two models of the same speed: a step of 40 ms where something decodes, 1 ms for a prompt's token."""
    script = write_fake(tmp_path / "script.fake", token_us=40000, prefill_us=1000, reply="a b c")
    for name, gap in (("near", "50ms"), ("far", "1s")):
        done = cli("install", f"fake:{script}", "--name", name, "--set", f"gap_max={gap}", home=home)
        assert done.returncode == 0, done.stderr
    return start()


def steps(server, name):
    """Counters come with a heartbeat: those of a model that rests are whole after a while."""
    wait_for(lambda: server.metric("hearth_slots_busy", model=f"{name}:1") == 0, 30, "rest")
    return server.metric("hearth_steps_total", model=f"{name}:1")


def ask(server, name, prompt, tokens):
    body = {"model": name, "prompt": prompt, "max_tokens": tokens, "ignore_eos": True}
    answer = server.post("/v1/completions", body)
    assert answer.status == 200, answer.text
    return answer.json()["usage"]


def tokens_while_a_prompt_is_read(server, name):
    """Of a stream beside it."""
    chunks, stop = [], threading.Event()

    def read():
        body = {"model": name, "prompt": "hello", "max_tokens": 2000, "ignore_eos": True, "stream": True}
        request = urllib.request.Request(server.url + "/v1/completions", json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60 * SLOW) as answer:
            for line in answer:
                if line.startswith(b"data: {") and json.loads(line[6:])["choices"][0]["text"]:
                    chunks.append(line)
                if stop.is_set():
                    break

    reader = threading.Thread(target=read)
    reader.start()
    wait_for(lambda: len(chunks) > 5, 30, "the stream")
    before = len(chunks)
    ask(server, name, LONG + LONG, 1)  # the first piece is a whole batch, as nothing is known yet
    during = len(chunks) - before
    stop.set()
    reader.join()
    return during


def test_a_prompt_beside_a_stream_comes_in_pieces_that_keep_the_gap(server):
    near, far = (tokens_while_a_prompt_is_read(server, name) for name in ("near", "far"))
    # Near: half of a step's 40 ms, hence 20 tokens or some 54 steps. Far: as much as a step, 27 steps.
    # A busy machine makes fewer of both.
    assert near > 1.5 * far, (near, far)
    assert far >= 3


def test_a_prompt_that_is_alone_is_read_at_full_width(server):
    ask(server, "near", "hello", 1)
    before = steps(server, "near")
    ask(server, "near", LONG, 1)
    wait_for(lambda: steps(server, "near") > before, 30, "the counters")
    assert steps(server, "near") - before <= 4
