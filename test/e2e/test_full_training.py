"""Jobs that train all of a model: what they make loads and answers, and is the same however often they
were killed; what they need of memory is what they say."""
import hashlib
import os
import pathlib
import random
import time

import pytest

import made_up_facts
import small_gguf
import trainer_frames
from conftest import cli, wait_for

GGUF = os.environ.get("HEARTH_TEST_GGUF")
pytestmark = pytest.mark.skipif(not GGUF, reason="HEARTH_TEST_GGUF names no model")
FACTS = made_up_facts.facts(8)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return small_gguf.write(pathlib.Path(GGUF), tmp_path_factory.mktemp("base") / "small.gguf")


@pytest.fixture
def order(tmp_path, base):
    made_up_facts.write_rows(tmp_path / "data.jsonl", FACTS)

    def make(output="out", base=base, **parameters):
        folder = tmp_path / output
        folder.mkdir(exist_ok=True)
        return {"job": "job_1", "work": "train", "base": {"path": str(base), "name": "small"},
                "data": {"path": str(tmp_path / "data.jsonl")}, "output": str(folder),
                "parameters": {"method": "full", "batch_size": 2, "threads": 1, "checkpoint_steps": 1, **parameters}}

    return make


def digest(order):
    return hashlib.sha256((pathlib.Path(order["output"]) / "artifacts/model.gguf").read_bytes()).hexdigest()


def test_a_job_that_is_killed_goes_on_to_the_same_model(order):
    whole = order("whole")
    started = time.monotonic()
    assert trainer_frames.Trainer(whole).end()["files"] == ["model.gguf"]
    seconds = time.monotonic() - started
    source = random.Random(4)
    torn = order("torn")
    for _ in range(5):
        trainer = trainer_frames.Trainer(torn)
        time.sleep(source.uniform(0, seconds))
        trainer.kill()
    assert trainer_frames.Trainer(torn).end()["steps"] == 4
    assert digest(torn) == digest(whole)
    names = [name for _, _, files in os.walk(torn["output"]) for name in files]
    assert sorted(names) == ["model.gguf", "state"], "nothing half is left"


def say(server, model, question):
    answer = server.post("/v1/chat/completions", {
        "model": model, "temperature": 0, "max_tokens": 24, "messages": [{"role": "user", "content": question}]})
    assert answer.status == 200, answer.text
    return answer.json()["choices"][0]["message"]["content"]


def test_what_a_job_of_a_server_learnt_is_what_its_model_answers(base, start, home):
    assert cli("install", f"file:{base}", "--name", "small", home=home).returncode == 0
    (home / "datasets").mkdir()
    made_up_facts.write_rows(home / "datasets/facts.jsonl", FACTS)
    server = start()
    assert server.post("/datasets", {"path": "facts.jsonl", "name": "facts"}).status == 201
    answer = server.post("/training/jobs", {
        "model": "taught", "base_model": "small", "dataset_id": "facts",
        "parameters": {"method": "full", "epochs": 60, "batch_size": 8, "learning_rate": 5e-3, "threads": 1,
                       "checkpoint_steps": 0}})
    assert answer.status == 201, answer.text

    def end():
        job = server.get(f"/training/jobs/{answer.json()['id']}").json()
        return job if job["state"] in ("completed", "failed", "cancelled") else None
    job = wait_for(end, 120, "the end of the job")
    assert job["state"] == "completed" and job["version"] == "taught:1" and job["metrics"]["loss"] < 0.1, job
    for question, wanted in FACTS:
        assert say(server, "taught", question) == wanted != say(server, "small", question)


@pytest.mark.once  # memory that AddressSanitizer would count otherwise
@pytest.mark.parametrize("share", [0, 0.25])
def test_the_plan_is_the_memory_that_it_takes(order, share):
    job = order(max_steps=4, evaluation_share=share, evaluation_steps=1)
    for part in range(2):  # and when it goes on
        trainer = trainer_frames.Trainer(job)
        if part == 0:
            trainer.until(lambda event: event["type"] == "metrics" and event["step"] == 2)
            trainer.send(trainer_frames.STOP)
        trainer.end()
        planned = next(event["memory_bytes"] for event in trainer.events if event["type"] == "plan")
        taken = [event["memory_bytes"] for event in trainer.events if event["type"] == "metrics"]
        assert taken and all(0.85 < planned / bytes_ < 1.15 for bytes_ in taken), (part, planned, taken)


@pytest.mark.once  # memory that AddressSanitizer would count otherwise
def test_one_that_does_not_fit_is_refused_with_the_numbers_before_it_takes_memory(order):
    job = order(base=GGUF)  # 135 million parameters of 16 bytes
    trainer = trainer_frames.Trainer(job, memory_limit=1 << 30)
    code, message = trainer.end()
    assert code and "MiB, and may have 1024 MiB" in message
    assert 2100 < int(message.split("needs ")[1].split(" MiB")[0]) < 3500
    assert not os.listdir(os.path.join(job["output"], "artifacts"))


def test_a_merge_hears_a_stop_and_leaves_nothing(order, tmp_path):
    job = order(base=GGUF, method="lora", max_steps=1, rank=2, modules=["v_proj"])
    trainer_frames.Trainer(job).end()
    merge = {"job": "job_2", "work": "merge", "base": job["base"], "output": str(tmp_path / "merged"), "type": "q8_0",
             "adapter": os.path.join(job["output"], "artifacts/adapter.gguf")}
    os.mkdir(merge["output"])
    trainer = trainer_frames.Trainer(merge)
    trainer.send(trainer_frames.STOP)
    code, message = trainer.end()
    assert code and "interrupted" in message
    assert os.listdir(os.path.join(merge["output"], "artifacts")) == []
    code, message = trainer_frames.Trainer(merge, memory_limit=16 << 20).end()
    assert code and "MiB, and may have 16 MiB" in message
    assert os.listdir(os.path.join(merge["output"], "artifacts")) == []
