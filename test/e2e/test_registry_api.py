"""The hub's own routes: models, versions, aliases, what is loaded, metrics."""
import contextlib
import http.client
import json
import pathlib
import re
import signal
import struct
import subprocess
import threading

from prometheus_client.parser import text_string_to_metric_families

from conftest import ROOT, cli, wait_for


def create(server, name, script="reply = ok", **rest):
    return server.post("/models", {"name": name, "source": f"fake:{script}", **rest})


def chat(server, model, **rest):
    return server.post("/v1/chat/completions", {
        "model": model, "messages": [{"role": "user", "content": "hi"}], **rest})


def test_a_model_is_created_shown_changed_and_removed(server):
    answer = create(server, "one", task="chat", description="first", tags={"a": "b"},
                    settings={"slots": 2})
    assert answer.status == 201, answer.text
    model = answer.json()
    assert (model["name"], model["task"], model["task_type"], model["state"]) == \
        ("one", "chat", "chat", "ready")
    assert model["latest_version"] == 1 and model["settings"] == {"slots": 2}
    [version] = model["versions"]
    assert version["state"] == version["status"] == "ready" and version["engine"] == "fake"
    assert version["files"] and re.fullmatch("[0-9a-f]{64}", version["files"][0]["sha256"])
    assert version["artifact_path"] == "artifacts/active/one/1"
    assert server.get("/models/one").json() == model
    assert server.get(f"/models/{model['id']}").json() == model
    answer = server.request("PATCH", "/models/one", {"description": "changed", "revision": model["revision"]})
    assert answer.status == 200 and answer.json()["description"] == "changed"
    answer = server.request("PATCH", "/models/one", {"description": "late", "revision": model["revision"]})
    assert answer.status == 409 and answer.json()["code"] == "conflict"
    assert server.delete("/models/one").status == 200
    assert server.get("/models/one").status == 404
    assert server.delete("/models/one").status == 404


def test_a_name_that_is_taken_is_a_conflict(server):
    assert create(server, "one").status == 201
    answer = create(server, "one", "reply = other")
    assert answer.status == 409 and "/models/one/versions" in answer.json()["detail"]


def test_a_second_request_for_a_version_that_is_being_installed_leaves_the_first_alone(server, tmp_path):
    assert create(server, "one").status == 201
    path = tmp_path / "large.gguf"
    with open(path, "wb") as file:
        key, value = b"general.architecture", b"none"
        file.write(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", len(key)) + key +
                   struct.pack("<IQ", 8, len(value)) + value)
        file.truncate(128 << 20)
    answers = []

    def add():
        answers.append(server.post("/models/one/versions", {"source": f"file:{path}"}))

    first = threading.Thread(target=add)
    first.start()
    wait_for(lambda: len(server.get("/models/one").json()["versions"]) == 2, 30, "the new version")
    second = server.post("/models/one/versions", {"source": f"file:{path}"})
    first.join()
    assert second.status in (201, 409), second.text  # 201: the first was done already
    assert answers[0].status == 201, answers[0].text
    versions = server.get("/models/one").json()["versions"]
    assert [version["state"] for version in versions if version["version"] == 2] == ["ready"]


def test_models_are_filtered_sorted_and_paged(server):
    for name, task, tag in (("alpha", "chat", "x"), ("beta", "embedding", "y"), ("gamma", "chat", "y")):
        assert create(server, name, f"reply = {name}", task=task, tags={"kind": tag}).status == 201

    def names(query):
        answer = server.get("/models" + query)
        assert answer.status == 200, answer.text
        return [model["name"] for model in answer.json()["models"]]

    assert names("") == ["alpha", "beta", "gamma"]
    assert names("?sort=-name") == ["gamma", "beta", "alpha"]
    assert names("?task=chat") == ["alpha", "gamma"]
    assert names("?tag=kind%3Dy") == ["beta", "gamma"]
    assert names("?tag=kind") == ["alpha", "beta", "gamma"]
    assert names("?name=et") == ["beta"]
    assert names("?state=ready") == ["alpha", "beta", "gamma"] and names("?state=failed") == []
    assert names("?limit=2") == ["alpha", "beta"] and names("?limit=2&page=2") == ["gamma"]
    page = server.get("/models?limit=2&page=2").json()
    assert (page["total"], page["page"], page["limit"], page["pages"]) == (3, 2, 2, 2)
    for query in ("?limit=0", "?limit=many", "?page=0", "?state=odd", "?sort=size"):
        answer = server.get("/models" + query)
        assert answer.status == 422 and len(answer.json()["fields"]) == 1, (query, answer.text)
    answer = server.get("/models?limit=0&sort=size&state=odd&page=x&tsak=chat&%ff=1")
    assert answer.status == 422 and answer.json()["code"] == "invalid_fields"
    fields = {field["field"]: field for field in answer.json()["fields"]}
    assert set(fields) == {"limit", "sort", "state", "page", "tsak", "?"}
    assert fields["tsak"]["suggestion"] == "task" and fields["limit"]["got"] == '"0"'
    assert "1 to 500" in fields["limit"]["expected"] and "ready" in fields["state"]["expected"]


def test_versions_are_promoted_deprecated_and_aliased(server):
    assert create(server, "one", "reply = first", task="chat").status == 201
    answer = server.post("/models/one/versions", {"source": "fake:reply = second", "label": "b"})
    assert answer.status == 201, answer.text

    def says(model):
        return chat(server, model).json()["choices"][0]["message"]["content"].strip()

    assert says("one") == "second" and says("one:1") == "first"
    assert server.post("/models/one/versions/1/promote").json()["default_version"] == 1
    assert says("one") == "first"
    answer = server.request("PUT", "/models/one/aliases/best", {"version": 2})
    assert answer.status == 200 and answer.json()["version"] == 2
    assert says("one@best") == "second"
    revision = answer.json()["revision"]
    assert server.request("PUT", "/models/one/aliases/best",
                          {"version": 1, "revision": revision + 5}).status == 409
    assert {a["alias"] for a in server.get("/models/one/aliases").json()["aliases"]} == {"best", "default"}
    assert server.request("PUT", "/models/one/aliases/latest", {"version": 1}).status == 400
    assert server.request("PUT", "/models/one/aliases/best", {"version": 9}).status == 404
    assert server.delete("/models/one/aliases/best").status == 200
    assert chat(server, "one@best").status == 404
    assert server.delete("/models/one/aliases/default").status == 200
    assert server.post("/models/one/versions/2/deprecate").json()["state"] == "deprecated"
    assert says("one") == "first"
    assert server.post("/models/one/versions/2/promote").status == 409
    assert server.post("/models/one/versions/2/restore").json()["state"] == "ready"
    assert says("one") == "second"
    history = server.get("/models/one/history").json()["versions"]
    assert [v["version"] for v in history] == [2, 1] and history[0]["label"] == "b"
    assert server.get("/models/one/versions/7").status == 404
    assert server.get("/models/one/versions/x").status == 400


def test_a_loaded_model_is_not_removed_unless_forced(server):
    assert create(server, "one", task="chat").status == 201
    assert chat(server, "one").status == 200
    answer = server.delete("/models/one")
    assert answer.status == 409 and answer.json()["code"] == "in_use"
    assert server.delete("/models/one?force=true").status == 200
    assert server.get("/models/one").status == 404
    assert [row for row in server.get("/admin/ps").json()["models"] if row["pid"]] == []


def test_nothing_of_a_removed_model_answers_for_the_next_one_of_its_name(server):
    def says(model):
        answer = chat(server, model)
        assert answer.status == 200, answer.text
        return answer.json()["choices"][0]["message"]["content"].strip()

    def pids():
        return [row["pid"] for row in server.get("/admin/ps").json()["models"] if row["pid"]]

    for _ in range(2):
        assert create(server, "one", "reply = first", task="chat").status == 201
        assert says("one") == "first"
        answer = server.post("/models/one/versions", {"source": "fake:reply = second"})
        assert answer.status == 201, answer.text
        assert says("one") == "second" and says("one:1") == "first" and len(pids()) == 2
        assert server.delete("/models/one?force=true").status == 200
        assert pids() == []
        assert create(server, "one", "reply = third", task="chat").status == 201
        assert says("one") == says("one:1") == "third"
        assert server.delete("/models/one?force=true").status == 200


def test_what_was_removed_leaves_reports_and_metrics(server):
    def names():
        return sorted(row["model"] for row in server.get("/admin/ps").json()["models"])

    def rows_of(model):
        return server.get("/metrics").text.count(f'model="{model}"')

    assert create(server, "kept", task="chat").status == 201
    assert chat(server, "kept").status == 200
    assert server.post("/admin/models/kept/unload").status == 200
    assert create(server, "broken", "load_fails = yes", task="chat").status == 201
    assert chat(server, "broken").status >= 400
    assert names() == ["broken:1", "kept:1"]
    assert server.delete("/models/broken").status == 200
    sizes = []
    for number in range(12):
        name = f"passing-{number}"
        assert create(server, name, task="chat").status == 201
        assert chat(server, name).status == 200
        assert rows_of(f"{name}:1") > 50
        assert server.delete(f"/models/{name}?force=true").status == 200
        assert names() == ["kept:1"] and rows_of(f"{name}:1") == 0
        sizes.append(len(server.get("/metrics").body))
    assert sizes[-1] < sizes[0] + 500
    assert rows_of("broken:1") == 0 and rows_of("kept:1") > 50
    assert create(server, "passing-1", "reply = another", task="chat").status == 201
    assert chat(server, "passing-1").status == 200
    assert server.metric("hearth_inferences_total", model="passing-1:1") == 1


def test_a_request_that_runs_while_its_model_is_removed_ends_and_leaves_nothing(server):
    assert create(server, "slow", "reply = " + "w " * 200 + "; token_us = 50000", task="chat").status == 201
    answers = []
    client = threading.Thread(target=lambda: answers.append(chat(server, "slow")))
    client.start()
    wait_for(lambda: server.metric("hearth_requests_running") == 1, 30, "the request's start")
    assert server.delete("/models/slow?force=true").status == 200
    client.join()
    assert answers[0].status >= 500
    wait_for(lambda: "slow:1" not in server.get("/metrics").text, 10, "the end of its figures")
    assert server.get("/admin/ps").json()["models"] == []


def test_a_version_that_is_not_loaded_is_removed_beside_one_that_is(server):
    assert create(server, "one", "reply = first", task="chat").status == 201
    assert server.post("/models/one/versions", {"source": "fake:reply = second"}).status == 201
    assert chat(server, "one:1").status == 200
    assert server.delete("/models/one/versions/1").status == 409
    assert server.delete("/models/one/versions/2").status == 200
    assert chat(server, "one").status == 200


def test_a_source_that_is_no_model_is_a_faulty_field(server, tmp_path):
    corrupt = tmp_path / "corrupt.gguf"
    corrupt.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 1 << 60))
    (tmp_path / "page.gguf").write_text("<!DOCTYPE html><html>")
    (tmp_path / "empty").mkdir()
    assert create(server, "there").status == 201
    for source, says in (("file:/etc/passwd", "/etc/passwd is a file of an unknown kind, not a model"), (f"file:{corrupt}", "corrupt.gguf"),
                         (f"file:{tmp_path}/page.gguf", "a web page"),
                         (f"file:{tmp_path}/empty", "empty"), ("file:/dev/null", "/dev/null"),
                         (f"file:{corrupt}/below", "below"), ("file:/no/such.gguf", "/no/such.gguf"),
                         ("fake:reply", "line 1"), ("fake:no_such_key = 1", "no_such_key"),
                         ("fake:@/no/such.fake", "/no/such.fake")):
        for path, body in (("/models", {"name": "m", "source": source}),
                           ("/models/there/versions", {"source": source})):
            answer = server.post(path, body)
            assert answer.status == 422, (source, answer.text)
            assert answer.json()["code"] == "invalid_fields" and says in answer.json()["detail"]
            [field] = answer.json()["fields"]
            assert field["field"] == "source" and says in field["message"] and field["got"] == source
        assert server.get("/models/m").status == 404
    assert len(server.get("/models/there").json()["versions"]) == 1


def test_a_path_over_http_is_absolute_and_does_not_climb(start, tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "script.fake").write_text("reply = secret\n")
    server = start(directory=tmp_path / "below")
    assert create(server, "there").status == 201
    for source in ("file:../script.fake", "file:script.fake", f"file:{tmp_path}/below/../script.fake",
                   f"file:{tmp_path}/..", "fake:@../script.fake", "fake:@script.fake",
                   f"fake:{tmp_path}/below/../script.fake"):
        for path in ("/models", "/models/there/versions"):
            answer = server.post(path, {"source": source})
            assert answer.status == 422, (source, answer.text)
            [field] = answer.json()["fields"]
            assert field["field"] == "source" and "unsafe path" in field["message"]
    # Without an @ it is a script, whatever files lie about.
    assert server.post("/models", {"source": "fake:../script.fake"}).status == 422
    assert server.post("/models", {"name": "ok", "source": f"fake:@{tmp_path}/script.fake"}).status == 201
    server.stop()


def test_a_relative_path_in_a_definition_is_relative_to_the_definition(start, home, tmp_path):
    (home / "models").mkdir()
    (home / "script.fake").write_text("reply = near\n")
    (home / "models/one.yml").write_text("name: one\nsource: fake:@../script.fake\n")
    (home / "models/two.yml").write_text("name: two\nsource: file:small.gguf\n")
    key, value = b"general.architecture", b"none"
    (home / "models/small.gguf").write_bytes(
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", len(key)) + key +
        struct.pack("<IQ", 8, len(value)) + value)
    server = start()
    for name in ("one", "two"):
        wait_for(lambda: server.get(f"/models/{name}").status == 200 and
                 server.get(f"/models/{name}").json()["state"] == "ready", 30, "the definition's model")
    assert server.post("/infer/one", {"input": "x"}).json()["result"] == "near"
    server.stop()


def test_a_source_that_is_not_there_leaves_nothing(server):
    answer = server.post("/models", {"name": "gone", "source": "file:/nowhere/at/all.gguf"})
    assert 400 <= answer.status < 500, answer.text
    assert "/nowhere/at/all.gguf" in answer.json()["detail"]
    assert server.get("/models/gone").status == 404


def test_a_remote_source_is_accepted_and_its_failure_shown(start):
    server = start(env={"HF_ENDPOINT": "http://127.0.0.1:9", "HEARTH_DOWNLOAD_RETRIES": "0"})
    answer = server.post("/models", {"name": "far", "source": "hf:org/repo"})
    assert answer.status == 202, answer.text
    assert answer.json()["versions"][0]["state"] in ("registered", "installing")

    def failed():
        version = server.get("/models/far/versions/1").json()
        return version if version["state"] == "failed" else None
    assert wait_for(failed, 60, "the failure")["reason"]


def test_models_are_loaded_and_unloaded_on_request(server):
    assert create(server, "one", task="chat").status == 201
    answer = server.post("/admin/models/one/load")
    assert answer.status == 200 and answer.json()["state"] == "ready", answer.text
    [row] = server.get("/admin/ps").json()["models"]
    assert row["model"] == "one:1" and row["state"] == "ready" and row["pid"] > 0
    assert row["memory_bytes"] > 0 and row["engine"] == "fake"
    assert server.post("/admin/models/one/unload").status == 200
    [row] = server.get("/admin/ps").json()["models"]
    assert row["state"] == "unloaded" and row["pid"] == 0
    assert server.post("/admin/models/none/load").status == 404
    answer = create(server, "broken", "load_fails = yes")
    assert answer.status in (201, 422), answer.text


def test_pinned_models_load_at_start(start, home):
    server = start()
    assert create(server, "one", settings={"pin": True}, task="chat").status == 201
    assert server.stop() == 0
    server = start()
    wait_for(lambda: [m for m in server.get("/admin/ps").json()["models"] if m["state"] == "ready"],
             30, "the pinned model")


def test_definitions_are_imported_at_start(start, home, tmp_path):
    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    (project / "hearth.yml").write_text("{}\n")
    (project / "models/one.yml").write_text(
        "name: one\nsource: 'fake:reply = defined'\ntask: chat\ndescription: from a file\n")
    server = start(directory=project)
    wait_for(lambda: chat(server, "one").status == 200, 30, "the defined model")
    assert server.get("/models/one").json()["description"] == "from a file"
    server.stop()
    (project / "models/one.yml").write_text(
        "name: one\nsource: 'fake:reply = defined'\ntask: chat\ndescription: changed\n")
    server = start(directory=project)
    model = server.get("/models/one").json()
    assert model["description"] == "changed" and len(model["versions"]) == 1


def test_metrics_can_be_parsed_and_wake_nothing(server):
    assert create(server, "one", "reply = a b c", task="chat").status == 201
    assert create(server, "two", "reply = d", task="chat").status == 201
    for _ in range(3):
        assert chat(server, "one").status == 200
    list(server.post("/v1/chat/completions", {"model": "one", "stream": True, "messages": [
        {"role": "user", "content": "hi"}]}).text)
    families = {f.name: f for f in text_string_to_metric_families(server.get("/metrics").text)}
    for name in ("hearth_http_requests", "hearth_http_request_duration_seconds",
                 "hearth_time_to_first_token_seconds", "hearth_time_between_tokens_seconds",
                 "hearth_queue_wait_seconds", "hearth_queue_depth", "hearth_model_state",
                 "hearth_tokens_in", "hearth_tokens_out", "hearth_model_loads",
                 "hearth_model_unloads", "hearth_model_crashes", "hearth_model_memory_bytes",
                 "hearth_model_cpu_seconds", "process_resident_memory_bytes"):
        assert name in families, name
    assert server.metric("hearth_http_requests_total", route="chat_completions", model="one:1",
                         status="200") == 4
    assert server.metric("hearth_model_loads_total", model="one:1") == 1
    assert server.metric("hearth_tokens_out_total", model="one:1") >= 4
    assert server.metric("hearth_time_to_first_token_seconds_count", model="one:1") == 4
    pids = {row["name"]: row["pid"] for row in server.get("/admin/ps").json()["models"]}
    assert pids["one"] > 0 and pids.get("two", 0) == 0


def test_health_and_ready_tell_the_state(server):
    health = server.get("/health").json()
    assert health["status"] == "ok" and health["store"] == "ok" and health["workers"] == []
    assert server.get("/ready").json() == {"ready": True, "loading": [], "failed": []}
    assert create(server, "one", task="chat").status == 201
    assert chat(server, "one").status == 200
    [worker] = server.get("/health").json()["workers"]
    assert worker["model"] == "one:1" and worker["state"] == "ready"


def test_sigterm_tells_open_streams_why(start):
    server = start("--drain-timeout", "500ms")
    assert create(server, "slow", "reply = " + "w " * 1900 + "; token_us = 20000", task="chat").status == 201
    got = {}

    def ask():
        got["text"] = chat(server, "slow", stream=True).text

    asking = threading.Thread(target=ask)
    asking.start()
    wait_for(lambda: server.metric("hearth_requests_running", model="slow:1") == 1, 20, "the stream")
    assert server.stop() == 0
    asking.join(30)
    error, last = got["text"].rstrip().split("\n\n")[-2:]
    assert error.startswith("data: {") and "draining" in error
    assert last == "data: [DONE]"


def test_sigterm_lets_what_runs_finish(start):
    server = start("--drain-timeout", "30s")
    assert create(server, "slow", "reply = " + "word " * 50 + "; token_us = 20000", task="chat").status == 201
    got = {}

    def ask():
        got["answer"] = chat(server, "slow")

    asking = threading.Thread(target=ask)
    asking.start()
    wait_for(lambda: server.metric("hearth_requests_running", model="slow:1") == 1, 20, "the request")
    assert server.stop() == 0
    asking.join(30)
    assert got["answer"].status == 200
    assert got["answer"].json()["choices"][0]["message"]["content"].split() == ["word"] * 50


def test_the_run_file_lives_as_long_as_the_server(start, home):
    server = start()
    run_file = home / "run/server.json"
    assert str(server.port) in run_file.read_text()
    assert cli("ps", "--json", home=home).returncode == 0
    assert server.stop() == 0
    assert not run_file.exists()


def test_gpus_are_in_the_metrics_where_there_is_a_driver(start, tmp_path):
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "libnvidia-ml.so.1",
                    ROOT / "test/stand_in/nvml.c"], check=True)
    server = start(env={"LD_LIBRARY_PATH": tmp_path})
    assert server.metric("hearth_gpu_memory_used_bytes", gpu="0") == 1 << 30
    assert server.metric("hearth_gpu_memory_bytes", gpu="0") == 4 << 30
    assert server.metric("hearth_gpu_busy_ratio", gpu="0") == 0.5
    assert 'name="Stand-in \\"GPU\\""' in server.get("/metrics").text


def test_inference_takes_an_id_or_a_name_and_streams(server):
    model = create(server, "one", "reply = a b c", task="completion").json()
    for reference in (model["id"], "one", "one:1"):
        answer = server.post("/inference", {"model_id": reference, "prompt": "x", "max_tokens": 2})
        assert answer.status == 200, answer.text
        body = answer.json()
        assert body["text"].split() == ["a", "b"] and body["tokens"] == 2 and body["latency_ms"] > 0
        assert body["model"] == "one:1" and body["finish_reason"] == "length"
    assert server.post("/inference", {"model_id": 999, "prompt": "x"}).status == 404
    assert server.post("/inference", {"prompt": 1}).status == 422
    text = server.post("/inference/stream", {"model_id": "one", "prompt": "x"}).text
    events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
    assert "".join(event["text"] for event in events).split() == ["a", "b", "c"]
    assert events[-1]["done"] and events[-1]["tokens"] >= 3


def test_a_second_signal_ends_at_once(start):
    server = start("--drain-timeout", "10m")
    assert create(server, "slow", "reply = " + "w " * 1900 + "; token_us = 50000", task="chat").status == 201
    asking = threading.Thread(target=lambda: chat_until_cut(server))
    asking.start()
    wait_for(lambda: server.metric("hearth_requests_running", model="slow:1") == 1, 20, "the request")
    [row] = server.get("/admin/ps").json()["models"]
    server.process.send_signal(signal.SIGTERM)
    wait_for(lambda: server.events("server.draining"), 20, "the drain")
    assert server.process.poll() is None
    assert server.stop() != 0
    asking.join(30)
    assert not (server.home / "run/server.json").exists()
    wait_for(lambda: not pathlib.Path(f"/proc/{row['pid']}/cmdline").exists()
             or not pathlib.Path(f"/proc/{row['pid']}/cmdline").read_bytes(), 20, "the worker's end")


def chat_until_cut(server):
    with contextlib.suppress(OSError, http.client.HTTPException):
        chat(server, "slow")
