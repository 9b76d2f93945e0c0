"""The pipeline behind the embeddings: workers that are killed, texts that come again, dead letters,
a single text beside a long list."""
import concurrent.futures
import json
import os
import re
import signal
import threading
import time

import pytest

from conftest import SLOW, cli, wait_for, write_fake


def install(home, tmp_path, name="vectors", **script):
    path = write_fake(tmp_path / f"{name}.fake", **script)
    done = cli("install", f"fake:{path}", "--name", name, home=home)
    assert done.returncode == 0, done.stderr


def embed(server, input, model="vectors", **rest):
    return server.post("/v1/embeddings", {"model": model, "input": input, **rest})


def workers(server, model="vectors"):
    for row in server.get("/admin/ps").json()["models"]:
        if row["name"] == model:
            return row
    return None


def pids(server):
    row = workers(server)
    return [one["pid"] for one in row["workers"] if one["pid"]] if row else []


@pytest.mark.parametrize("replicas", [1, 2])
def test_ten_kills_under_load_lose_nothing_and_answer_nothing_twice(home, tmp_path, start, replicas):
    install(home, tmp_path, vector_length=8, tasks="embed", prefill_us=300)
    server = start("--replicas", replicas, "--breaker-failures", 100, "--embedding-cache-bytes", 0)
    assert embed(server, "warm up").status == 200
    stop = threading.Event()
    answers, faults = [], []

    def client(number):
        for turn in range(100000):
            if stop.is_set():
                return turn
            texts = [f"client {number} turn {turn} text {i}" for i in range(1 + turn % 5)]
            got = embed(server, texts)
            if got.status != 200:
                faults.append((got.status, got.text))
                continue
            data = got.json()["data"]
            if [row["index"] for row in data] != list(range(len(texts))):
                faults.append(("indices", got.text))
            answers.append((texts, [row["embedding"] for row in data]))
        return None

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        clients = [pool.submit(client, number) for number in range(6)]
        killed = 0
        while killed < 10:
            time.sleep(0.3)
            alive = pids(server)
            before = len(answers)
            if not alive:
                continue
            os.kill(alive[killed % len(alive)], signal.SIGKILL)
            killed += 1
            wait_for(lambda: len(answers) > before + 6, 60, "work after a kill")
        stop.set()
        for one in clients:
            one.result(60 * SLOW)
    assert not faults, faults[:3]
    assert len(answers) > 60
    row = workers(server)
    assert row["crashes"] == 10
    assert server.get("/admin/dead-letters").json() == {"letters": []}
    # What was computed again is what would have been computed.
    for texts, vectors in answers[:: max(1, len(answers) // 20)]:
        reference = embed(server, texts).json()["data"]
        assert [row["embedding"] for row in reference] == vectors


def test_the_same_text_is_computed_once(home, tmp_path, start):
    install(home, tmp_path, vector_length=8, tasks="embed", prefill_us=10000)
    server = start()
    embed(server, "warm up")
    steps = server.metric("hearth_model_requests_total", model="vectors:1")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: embed(server, "one and the same text").json(), range(8)))
    vectors = [row["data"][0]["embedding"] for row in got]
    assert all(vector == vectors[0] for vector in vectors)
    assert all(row["usage"] == got[0]["usage"] for row in got)
    assert server.metric("hearth_model_requests_total", model="vectors:1") - steps == 8
    reused = server.metric("hearth_embedding_dedup_hits_total") + \
        server.metric("hearth_embedding_cache_hits_total")
    assert reused == 7
    state = server.get("/admin/cache").json()
    assert state["entries"] == 2 and 0 < state["bytes"] < state["bytes_max"]
    assert server.delete("/admin/cache").status == 200
    assert server.get("/admin/cache").json()["entries"] == 0


def test_another_version_answers_for_itself(home, tmp_path, start):
    install(home, tmp_path, vector_length=8, tasks="embed")
    server = start()
    first = embed(server, "text").json()["data"][0]["embedding"]
    path = write_fake(tmp_path / "second.fake", vector_length=4, tasks="embed")
    made = server.post("/models/vectors/versions", {"source": f"fake:{path}"})
    assert made.status in (201, 202), made.text
    wait_for(lambda: embed(server, "text", model="vectors:2").status == 200, 30, "version 2")
    second = embed(server, "text", model="vectors:2").json()["data"][0]["embedding"]
    assert len(first) == 8 and len(second) == 4
    assert embed(server, "text", model="vectors:1").json()["data"][0]["embedding"] == first


def test_a_poisoned_text_becomes_a_dead_letter(home, tmp_path, start):
    install(home, tmp_path, vector_length=8, tasks="embed", crash_word="poison", crash="segv")
    server = start("--breaker-failures", 100)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        poisoned = pool.submit(embed, server, "this is poison")
        good = [pool.submit(embed, server, f"good {i}") for i in range(3)]
        assert [one.result().status for one in good] == [200] * 3
        assert poisoned.result().status == 502
    letters = server.get("/admin/dead-letters").json()["letters"]
    assert len(letters) == 1
    letter = letters[0]
    assert (letter["text"], letter["attempts"], letter["task"], letter["model"]) == \
        ("this is poison", 3, "embed", "vectors:1")
    again = server.post(f"/admin/dead-letters/{letter['id']}/retry")
    assert again.status == 502
    letters = server.get("/admin/dead-letters").json()["letters"]
    assert len(letters) == 1
    assert server.delete(f"/admin/dead-letters/{letters[0]['id']}").json()["deleted"] is True
    assert server.get("/admin/dead-letters").json() == {"letters": []}
    assert server.delete(f"/admin/dead-letters/{letters[0]['id']}").status == 404


def test_a_canceled_list_leaves_queue_and_batch(home, tmp_path, start):
    install(home, tmp_path, vector_length=8, tasks="embed", prefill_us=10000)
    server = start("--slots", 2)
    embed(server, "warm up")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        late = pool.submit(server.post, "/v1/embeddings",
                           {"model": "vectors", "input": [f"text {i}" for i in range(400)]},
                           headers={"X-Request-Timeout": "1"})
        assert late.result().status == 504
    wait_for(lambda: workers(server)["running"] == 0 and workers(server)["queued"] == 0, 20,
             "an empty queue")
    assert server.metric("hearth_model_cancels_total", model="vectors:1") > 0
    began = time.monotonic()
    assert embed(server, "next").status == 200
    assert time.monotonic() - began < 10 * SLOW


def test_texts_whose_time_is_over_make_way_while_they_are_tokenized(home, tmp_path, start):
    install(home, tmp_path, vector_length=8, tasks="embed", prepare_ms=3000)
    server = start("--embedding-cache-bytes", 0)
    assert embed(server, "warm up").status == 200
    began = time.monotonic()
    assert embed(server, ["one", "two", "three"], timeout=0.5).status == 504
    assert embed(server, "four").status == 200
    assert time.monotonic() - began < 9  # three seconds for each would be twelve


def test_a_full_queue_says_when_to_come_back(home, tmp_path, start):
    install(home, tmp_path, vector_length=8, tasks="embed", prefill_us=10000)
    server = start("--slots", 1, "--queue-max", 4)
    embed(server, "warm up")
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        got = list(pool.map(lambda i: embed(server, f"text {i} of many"), range(24)))
    codes = {one.status for one in got}
    assert codes == {200, 503}, codes
    for one in got:
        if one.status == 503:
            assert 1 <= int(one.headers["Retry-After"]) <= 600


def test_the_metrics_tell_where_the_time_goes(home, tmp_path, start):
    install(home, tmp_path, vector_length=8, tasks="embed", prefill_us=1000)
    server = start("--heartbeat-timeout", "300ms", "--replicas", 2)
    assert embed(server, [f"text {i}" for i in range(50)]).status == 200
    for name in ("hearth_tokenize_seconds", "hearth_compute_seconds", "hearth_queue_wait_seconds"):
        assert server.metric(f"{name}_count", model="vectors:1") == 50, name
    assert server.metric("hearth_serialize_seconds_count", model="vectors:1") == 1
    wait_for(lambda: server.metric("hearth_batch_tokens_sum", model="vectors:1") >= 100, 20,
             "the workers' counters")
    steps = server.metric("hearth_steps_total", model="vectors:1")
    assert server.metric("hearth_batch_tokens_count", model="vectors:1") == steps > 0
    assert server.metric("hearth_batch_fill_ratio_count", model="vectors:1") == steps
    assert server.metric("hearth_worker_busy_seconds_total", model="vectors:1") > 0
    assert server.metric("hearth_worker_ready", model="vectors:1") == 2


def test_bench_finds_the_best_shape_and_wants_the_machine_for_itself(home, tmp_path, start):
    install(home, tmp_path, vector_length=8, tasks="embed", prefill_us=20)
    done = cli("bench", "vectors", "--seconds", 1, "--json", home=home)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found["candidates"]) >= 1 and all(row["texts_per_s"] > 0 for row in found["candidates"])
    assert found["best"]["texts_per_s"] == max(row["texts_per_s"] for row in found["candidates"])
    table = cli("bench", "vectors", "--seconds", 1, home=home).stdout
    best = re.search(r"^(\d+) +(\d+) .* best$", table, re.M)
    assert re.search(rf"^settings:\n  replicas: {best[1]}\n  threads: {best[2]}\n", table, re.M)
    assert "must be stopped" in cli("bench", "--help").stdout
    done = cli("bench", "nothing", "--seconds", 1, home=home)
    assert done.returncode == 66 and "nothing" in done.stderr
    done = cli("bench", "vectors", "--seconds", 0, home=home)
    assert done.returncode == 2 and "from 1 to 3600" in done.stderr
    start()
    done = cli("bench", "vectors", "--seconds", 1, home=home)
    assert done.returncode == 75 and "in use" in done.stderr
