"""Many models on one machine: a hundred that are known, twenty that are used at once, and one file
behind several names."""
import concurrent.futures
import pathlib

from conftest import cli, wait_for

HUNDRED, USED = 100, 20


def say(server, model, text="hi", **rest):
    answer = server.post("/v1/chat/completions", {
        "model": model, "messages": [{"role": "user", "content": text}], "max_tokens": 8, **rest})
    assert answer.status == 200, answer.text
    return answer.json()


def workers(server):
    """The processes below the server that compute."""
    found, todo = 0, [server.pid]
    while todo:
        pid = todo.pop()
        found += b"hearth-worker" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        todo += map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return found


def test_twenty_models_are_used_at_once_of_a_hundred(server):
    for i in range(HUNDRED):
        answer = server.post("/models", {"name": f"m{i}", "source": f"fake:reply = I am number {i}"})
        assert answer.status in (201, 202), answer.text
    wait_for(lambda: len(server.get("/v1/models").json()["data"]) == HUNDRED, 30, "all models")
    with concurrent.futures.ThreadPoolExecutor(USED) as pool:
        for _ in range(2):
            said = list(pool.map(lambda i: say(server, f"m{i}"), range(0, HUNDRED, 5)))
            for i, answer in zip(range(0, HUNDRED, 5), said):
                assert answer["choices"][0]["message"]["content"] == f"I am number {i}"
    wait_for(lambda: workers(server) == USED, 20, "the processes of those that are used")
    assert server.metric("hearth_model_loads_total") == USED
    assert server.metric("hearth_model_crashes_total") == 0


def test_one_file_behind_several_names_is_loaded_once(start, home, gguf):
    for name in ("red", "green", "blue"):
        assert cli("install", f"file:{gguf}", "--name", name, home=home).returncode == 0
    assert cli("install", f"file:{gguf}", "--name", "other", home=home).returncode == 0
    server = start()
    # with other settings it is loaded in another way
    assert server.request("PATCH", "/models/other", {"settings": {"context": 512}}).status == 200
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda name: say(server, name, "Say hello", temperature=0),
                             ("red", "green", "blue", "other")))
    assert len({answer["choices"][0]["message"]["content"] for answer in said}) == 1
    assert [answer["model"].split(":")[0] for answer in said] == ["red", "green", "blue", "other"]
    wait_for(lambda: workers(server) == 2, 20, "two processes")
    for name in ("red", "green", "blue"):
        assert server.metric("hearth_model_requests_total", model=f"{name}:1") == 1
    # Whichever of them the process was loaded for may go: the others come back by themselves.
    for name in ("red", "green", "blue"):
        assert server.post(f"/admin/models/{name}/unload").status == 200
        for other in {"red", "green", "blue"} - {name}:
            say(server, other)
        wait_for(lambda: workers(server) == 2, 20, "two processes")


def test_a_name_that_is_deleted_ends_nothing_that_runs_under_another(server):
    """The process was loaded for the one that goes."""
    for name in ("red", "green"):
        answer = server.post("/models", {"name": name, "source": "fake:token_us = 50000; reply = a b"})
        assert answer.status in (201, 202), answer.text
    wait_for(lambda: len(server.get("/v1/models").json()["data"]) == 2, 30, "both")
    say(server, "red")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        running = pool.submit(say, server, "green", max_tokens=40, ignore_eos=True)
        wait_for(lambda: any(row["name"] == "green" and row["running"]
                             for row in server.get("/admin/ps").json()["models"]), 20, "that it runs")
        assert workers(server) == 1
        assert server.delete("/models/red?force=true").status in (200, 204)
        assert running.result()["usage"]["completion_tokens"] == 40
    say(server, "green")
