"""hearth-trainer, spoken to as the gateway does: what it makes, and what becomes of its work when it
is stopped, killed or given something wrong."""
import hashlib
import json
import os
import pathlib
import random
import resource
import struct
import time

import pytest

import decoder_folders
import made_up_facts
import trainer_frames

GGUF = os.environ.get("HEARTH_TEST_GGUF")
pytestmark = pytest.mark.skipif(not GGUF, reason="HEARTH_TEST_GGUF names no model")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return decoder_folders.demo_folder(pathlib.Path(GGUF), tmp_path_factory.mktemp("base"), layers=2)


@pytest.fixture
def order(tmp_path, base):
    data = tmp_path / "data.jsonl"
    made_up_facts.write_rows(data, made_up_facts.facts(8))

    def make(output="out", **parameters):
        folder = tmp_path / output
        folder.mkdir(exist_ok=True)
        return {"job": "job_1", "work": "train", "base": {"path": str(base), "name": "smollm2"}, "data": {"path": str(data)},
                "output": str(folder), "parameters": {
                    "epochs": 1, "batch_size": 4, "rank": 4, "modules": ["q_proj", "v_proj"],
                    "checkpoint_steps": 1, "threads": 1, **parameters}}

    return make


def digests(order, result):
    folder = os.path.join(order["output"], "artifacts")
    return {name: hashlib.sha256(open(os.path.join(folder, name), "rb").read()).hexdigest()
            for name in result["files"]}


def test_a_job_that_is_killed_goes_on_to_the_same_bytes(order):
    whole = order("whole", batch_size=2)
    started = time.monotonic()
    wanted = digests(whole, trainer_frames.Trainer(whole).end())
    seconds = time.monotonic() - started
    source = random.Random(4)
    for job in range(5):
        torn = order(f"torn{job}", batch_size=2)
        for _ in range(4):
            trainer = trainer_frames.Trainer(torn)
            time.sleep(source.uniform(0, seconds))
            trainer.kill()
        assert digests(torn, trainer_frames.Trainer(torn).end()) == wanted
        # Nothing half was left under a whole name, and nothing partial afterwards.
        names = [name for _, _, files in os.walk(torn["output"]) for name in files]
        assert sorted(names) == sorted(["state", *map(os.path.basename, wanted)])


def test_stop_saves_and_the_job_goes_on(order):
    job = order("stopped", epochs=2)
    trainer = trainer_frames.Trainer(job)
    trainer.until(lambda event: event["type"] == "metrics" and event["step"] == 2)
    trainer.send(trainer_frames.STOP)
    code, message = trainer.end()
    assert "interrupted" in message
    result = trainer_frames.Trainer(job).end()
    assert result["resumed_from"] >= 2 and result["steps"] == 4


def test_a_job_rests_while_it_is_paused_and_answers(order):
    trainer = trainer_frames.Trainer(order(epochs=30))
    trainer.until(lambda event: event["type"] == "metrics")
    trainer.send(trainer_frames.PAUSE)
    trainer.send(trainer_frames.PING)
    assert trainer.until(None)[0] == trainer_frames.PONG
    trainer.socket.settimeout(3)  # a batch may end that was under way
    with pytest.raises(TimeoutError):
        while True:
            trainer.until(lambda event: False)
    trainer.socket.settimeout(300)
    trainer.send(trainer_frames.RESUME)
    trainer.until(lambda event: event["type"] == "metrics")
    trainer.kill()


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "other"])
def test_a_damaged_checkpoint_is_never_trusted(order, damage):
    job = order(max_steps=1)
    wanted = digests(job, trainer_frames.Trainer(job).end())
    state = os.path.join(job["output"], "checkpoint/state")
    data = bytearray(open(state, "rb").read())
    if damage == "other":
        job["parameters"]["alpha"] = 8
    data[len(data) // 2] ^= damage == "changed"
    open(state, "wb").write({"cut": data[:-100], "empty": b""}.get(damage, data))
    trainer = trainer_frames.Trainer(job)
    result = trainer.end()
    assert result["resumed_from"] == 0
    assert any("begins anew" in event.get("message", "") for event in trainer.events)
    if damage != "other":
        assert digests(job, result) == wanted


def test_loss_falls_and_is_told(order):
    trainer = trainer_frames.Trainer(order(epochs=5, learning_rate=5e-3, evaluation_share=0.25))
    result = trainer.end()
    steps = [event for event in trainer.events if event["type"] == "metrics"]
    assert [event["step"] for event in steps] == list(range(1, len(steps) + 1))
    assert steps[-1]["loss"] < 0.7 * steps[0]["loss"]
    measured = [event["evaluation_loss"] for event in steps if "evaluation_loss" in event]
    assert len(measured) == 5 and result["metrics"]["evaluation_loss"] == min(measured)
    plan = next(event for event in trainer.events if event["type"] == "plan")
    assert plan["rows"] == 6 and plan["evaluation_rows"] == 2


def test_a_preview_shows_what_is_learnt(order):
    job = order()
    job["work"] = "preview"
    del job["output"]
    shown = trainer_frames.Trainer(job).end()
    pieces = shown["rows"][0]["pieces"]
    question, answer = made_up_facts.facts(1)[0]
    assert [piece["text"] for piece in pieces if piece["counts"]] == [answer + "<|im_end|>"]
    assert question in pieces[0]["text"] and shown["shape"] == "messages"


@pytest.mark.parametrize("change,said", [
    ({"parameters": {"rank": 4096}}, "parameters.rank"),
    ({"parameters": {"rank": 600}}, "rank must be"),
    ({"parameters": {"modules": ["lm_head"]}}, "parameters.modules"),
    ({"parameters": {"long_rows": "refuse", "context": 16}}, "line 1 has"),
    ({"parameters": {"long_rows": "drop", "context": 16}}, "no row that fits"),
    ({"base": {"path": "/nowhere/model.gguf", "name": "x"}}, "/nowhere/model.gguf"),
    ({"data": {"path": "/nowhere/data"}}, "/nowhere/data"),
    ({"data": {"path": "data"}}, "absolute"),
    ({"other": 1}, "there is no 'other'"),
    ({"work": "dance"}, "work must be"),
])
def test_what_cannot_be_is_said(order, change, said):
    code, message = trainer_frames.Trainer({**order(), **change}).end()
    assert code and said in message


def test_other_bytes_than_were_registered_are_refused(order):
    job = order()
    job["data"]["sha256"] = "0" * 64
    code, message = trainer_frames.Trainer(job).end()
    assert "has changed since it was registered" in message


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"\xff", b'{"job":1}' + b" " * 1000])
def test_an_order_that_is_none_is_refused(text):
    code, _ = trainer_frames.Trainer(text).end()
    assert code


def test_a_broken_protocol_ends_it(order):
    trainer = trainer_frames.Trainer(order(epochs=100))
    trainer.socket.sendall(struct.pack("<IBBHI", 0, 99, 0, 0, 0))
    assert trainer.process.wait(60) == 65
    trainer.close()


def test_it_takes_the_cores_that_serving_leaves(order):
    """Also where Linux shares the cores among sessions: the trainer's is its own."""
    trainer = trainer_frames.Trainer(order(epochs=100))
    trainer.until(lambda event: event["type"] == "metrics")
    assert os.getpriority(os.PRIO_PROCESS, trainer.process.pid) >= 5
    session = pathlib.Path(f"/proc/{trainer.process.pid}/autogroup")
    assert not session.exists() or session.read_text().split()[-1] == "5"
    trainer.close()


def test_it_ends_with_its_gateway(order):
    trainer = trainer_frames.Trainer(order(epochs=100))
    trainer.until(lambda event: event["type"] == "metrics")
    trainer.close()
    assert trainer.process.returncode == 0


def test_a_full_disk_leaves_no_half_adapter(order):
    job = order(max_steps=1)
    trainer = trainer_frames.Trainer(job)
    resource.prlimit(trainer.process.pid, resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
    try:
        code, message = trainer.end()
        assert code and "cannot be written" in message
    except EOFError:  # the kernel's signal for it ended the process
        trainer.close()
    assert not os.path.exists(os.path.join(job["output"], "artifacts/adapter.gguf"))


@pytest.mark.once  # memory that AddressSanitizer would count otherwise
def test_the_plan_is_the_memory_that_it_takes(order):
    trainer = trainer_frames.Trainer(order(max_steps=2, context=128, train_on="all"))
    trainer.end()
    planned = next(event["memory_bytes"] for event in trainer.events if event["type"] == "plan")
    taken = max(event["memory_bytes"] for event in trainer.events if event["type"] == "metrics")
    assert 0.9 < planned / taken < 1.12


@pytest.mark.once  # memory that AddressSanitizer would count otherwise
def test_a_plan_over_the_limit_is_refused_with_the_numbers(order):
    job = order()
    code, message = trainer_frames.Trainer(job, memory_limit=64 << 20).end()
    assert code and "MiB, and may have 64 MiB" in message
    assert "steps" in trainer_frames.Trainer({**job, "work": "preview"}, memory_limit=8 << 30).plan()


def test_an_adapter_is_merged_into_its_base(order, base, tmp_path):
    job = order(max_steps=1)
    trainer_frames.Trainer(job).end()
    for adapter in ("adapter.gguf", "peft"):
        merge = {"job": "job_2", "work": "merge", "base": job["base"], "output": str(tmp_path / f"to-{adapter}"),
                 "adapter": os.path.join(job["output"], "artifacts", adapter)}
        os.mkdir(merge["output"])
        result = trainer_frames.Trainer(merge).end()
        made = pathlib.Path(merge["output"], "artifacts")
        assert sorted(os.listdir(made)) == result["files"]
        assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(result["files"])
        assert (made / "model.safetensors").read_bytes() != (base / "model.safetensors").read_bytes()
    code, message = trainer_frames.Trainer({**merge, "adapter": "/nowhere/adapter"}).end()
    assert code and "/nowhere/adapter" in message
