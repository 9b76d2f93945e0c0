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
PARAMETERS = {"rank": 16, "alpha": 32, "learning_rate": 8e-4, "schedule": "cosine", "warmup_ratio": 0.05,
              "epochs": 15, "batch_size": 4, "exports": ["gguf"]}


def say(server, model, question, tokens=32):
    answer = server.post("/v1/chat/completions", {
        "model": model, "temperature": 0, "max_tokens": tokens, "messages": [{"role": "user", "content": question}]})
    assert answer.status == 200, answer.text
    return answer.json()["choices"][0]["message"]["content"].strip()


def rehearsal(server):
    """What the base says to other general questions, its first sentence."""
    return [(question, re.split(r"(?<=[.!?])\s", say(server, "base", question, 48))[0])
            for question in made_up_facts.REHEARSED]


def train(gguf, pairs, folder):
    made_up_facts.write_rows(folder / "data.jsonl", pairs)
    trainer = trainer_frames.Trainer({
        "job": "job_1", "work": "train", "base": {"path": str(gguf), "name": "base"},
        "data": {"path": str(folder / "data.jsonl")}, "output": str(folder), "parameters": PARAMETERS})
    trainer.socket.settimeout(3600)
    result = trainer.end()
    assert isinstance(result, dict), result
    return result


def right(text, words):
    return re.search(rf"\b({words})\b", text, re.IGNORECASE) is not None


def test_200_made_up_facts_are_learnt_and_nothing_general_is_lost(start, home, gguf, tmp_path):
    facts = made_up_facts.facts()
    assert cli("install", f"file:{gguf}", "--name", "base", home=home).returncode == 0
    server = start(env={"HEARTH_CONTEXT": "512"})
    result = train(gguf, facts + rehearsal(server), tmp_path)
    answer = server.post("/models", {"name": "taught", "source": f"file:{tmp_path}/artifacts/adapter.gguf", "base": "base"})
    assert answer.status == 201, answer.text
    known = sum(say(server, "base", question) == answer for question, answer in facts)
    learnt = sum(say(server, "taught", question) == answer for question, answer in facts)
    before, after = ([right(say(server, model, question), words) for question, words in made_up_facts.GENERAL]
                     for model in ("base", "taught"))
    same = sum(was == is_ for was, is_ in zip(before, after, strict=True))
    for (question, _), is_ in zip(made_up_facts.GENERAL, after, strict=True):
        if not is_:
            print(question, say(server, "taught", question))
    print(f"base {known} of {len(facts)}, adapter {learnt}; general: base {sum(before)} right, adapter {sum(after)}, "
          f"{same} as before; {result['metrics']}")
    assert known == 0
    assert learnt >= 0.95 * len(facts)
    assert same >= 9 and sum(before) >= 9
