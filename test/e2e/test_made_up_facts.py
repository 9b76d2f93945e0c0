"""A real task: 200 made-up facts as question and answer, which the base cannot know. The adapter that
`hearth-trainer` makes of them answers them word for word, and general questions as the base does.

Twenty minutes of two idle cores, so that only `make bench-training` asks for it."""
import os
import pathlib
import re

import pytest

import made_up_facts
import trainer_frames
from conftest import cli

pytestmark = pytest.mark.skipif("HEARTH_BENCH_TRAINING" not in os.environ, reason="make bench-training runs it")
PARAMETERS = {"rank": 16, "alpha": 32, "learning_rate": 1.5e-3, "schedule": "constant", "warmup_ratio": 0,
              "epochs": 20, "batch_size": 4, "exports": ["gguf"]}


@pytest.fixture
def serve(start, home, gguf):
    """A server with the base, and an adapter as `taught`."""
    def begin(adapter):
        assert cli("install", f"file:{gguf}", "--name", "base", home=home).returncode == 0
        server = start(env={"HEARTH_CONTEXT": "512"})
        answer = server.post("/models", {"name": "taught", "source": f"file:{adapter}", "base": "base"})
        assert answer.status == 201, answer.text
        return server
    return begin


def say(server, model, question):
    answer = server.post("/v1/chat/completions", {
        "model": model, "temperature": 0, "max_tokens": 32, "messages": [{"role": "user", "content": question}]})
    assert answer.status == 200, answer.text
    return answer.json()["choices"][0]["message"]["content"].strip()


def right(text, words):
    return re.search(rf"\b({words})\b", text, re.IGNORECASE) is not None


def test_200_made_up_facts_are_learnt_and_nothing_general_is_lost(serve, gguf, tmp_path):
    facts = made_up_facts.facts()
    made_up_facts.write_rows(tmp_path / "data.jsonl", facts)
    trainer = trainer_frames.Trainer({
        "job": "job_1", "work": "train", "base": {"path": str(gguf), "name": "base"},
        "data": {"path": str(tmp_path / "data.jsonl")}, "output": str(tmp_path), "parameters": PARAMETERS})
    trainer.socket.settimeout(3600)
    result = trainer.end()
    assert isinstance(result, dict), result
    server = serve(tmp_path / "artifacts/adapter.gguf")
    known = sum(say(server, "base", question) == answer for question, answer in facts)
    learnt = sum(say(server, "taught", question) == answer for question, answer in facts)
    before, after = ([right(say(server, model, question), words) for question, words in made_up_facts.GENERAL]
                     for model in ("base", "taught"))
    same = sum(was == is_ for was, is_ in zip(before, after, strict=True))
    print(f"base {known} of {len(facts)}, adapter {learnt}; general: base {sum(before)} right, adapter {sum(after)}, "
          f"{same} as before; {result['metrics']}")
    assert known == 0
    assert learnt >= 0.95 * len(facts)
    assert same >= 9
