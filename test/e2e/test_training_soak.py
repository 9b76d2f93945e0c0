"""Jobs back to back beside chat traffic: no answer fails, no memory grows, every version is whole.

HEARTH_SOAK_SECONDS says how long: three minutes here, 1800 for half an hour."""
import concurrent.futures
import hashlib
import os
import pathlib
import time

import pytest

import decoder_folders
import made_up_facts
from conftest import SLOW, cli, wait_for

SECONDS = float(os.environ.get("HEARTH_SOAK_SECONDS", "180")) * min(SLOW, 2)
pytestmark = [pytest.mark.once, pytest.mark.skipif(not os.environ.get("HEARTH_TEST_GGUF"),
                                                   reason="HEARTH_TEST_GGUF names no model")]


def resident(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) // 1024


def chat(server, model):
    """Ends of answers until the time is over."""
    answers = []
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        answer = server.post("/v1/chat/completions", {
            "model": model, "max_tokens": 8, "temperature": 0,
            "messages": [{"role": "user", "content": f"Say {len(answers)}."}]})
        answers.append((answer.status, answer.text if answer.status != 200 else ""))
    return answers


def test_jobs_beside_chat_lose_nothing_and_grow_nothing(start, home, gguf, tmp_path):
    base = decoder_folders.demo_folder(pathlib.Path(gguf), tmp_path / "base", layers=2)
    assert cli("install", f"file:{base}", "--name", "base", home=home).returncode == 0
    (pathlib.Path(home) / "datasets").mkdir(exist_ok=True)
    made_up_facts.write_rows(pathlib.Path(home) / "datasets/facts.jsonl", made_up_facts.facts(8))
    server = start()
    assert server.post("/datasets", {"path": "facts.jsonl", "name": "facts"}).status == 201
    made, sizes = [], []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        chats = [pool.submit(chat, server, "base") for _ in range(2)]
        end = time.monotonic() + SECONDS
        while time.monotonic() < end or len(made) < 3:
            answer = server.post("/training/jobs", {
                "model": "soak", "base_model": "base", "dataset_id": "facts",
                "parameters": {"rank": 4, "modules": ["q_proj", "v_proj"], "context": 128,
                               "threads": 1, "seed": len(made)}})
            assert answer.status == 201, answer.text
            job = answer.json()["id"]

            def over():
                shown = server.get(f"/training/jobs/{job}").json()
                return shown if shown["state"] in ("completed", "failed", "cancelled") else None
            shown = wait_for(over, 120, "the end of a job")
            assert shown["state"] == "completed", shown
            made.append(shown)
            sizes.append(resident(server.pid))
        for one in chats:
            answers = one.result()
            assert len(answers) > 3 and all(status == 200 for status, _ in answers), answers[-3:]
    versions = server.get("/models/soak").json()["versions"]
    assert len(versions) == len(made)
    for version in versions:
        for file in version["files"]:
            blob = next(pathlib.Path(home).glob(f"blobs/**/*{file['sha256']}*"))
            assert hashlib.sha256(blob.read_bytes()).hexdigest() == file["sha256"]
    half = len(sizes) // 2
    assert max(sizes[half:]) <= max(sizes[:half + 1]) + 24, sizes  # MiB
    assert not [one for one in server.events("process.ended") if one.get("signal")]
