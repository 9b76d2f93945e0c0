"""Training jobs of a server: asked for, run in turn, seen, cancelled, refused, and gone on with after
kills; what they make is served at once."""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import signal
import time

import pytest

import decoder_folders
import made_up_facts
from conftest import SLOW, cli, wait_for

pytestmark = [pytest.mark.one_core,  # see SMALL
              pytest.mark.skipif(not os.environ.get("HEARTH_TEST_GGUF"),
                                 reason="HEARTH_TEST_GGUF names no model")]

SMALL = {"epochs": 1, "batch_size": 2, "rank": 4, "modules": ["q_proj", "v_proj"], "context": 128,
         "checkpoint_steps": 1, "threads": 1}


@pytest.fixture(scope="module")
def base(tmp_path_factory, gguf):
    return decoder_folders.demo_folder(pathlib.Path(gguf), tmp_path_factory.mktemp("base"), layers=2)


@pytest.fixture
def serve(start, home, base):
    def begin(**env):
        done = cli("install", f"file:{base}", "--name", "base", home=home)
        assert done.returncode == 0, done.stderr
        folder = pathlib.Path(home) / "datasets"
        folder.mkdir(exist_ok=True)
        made_up_facts.write_rows(folder / "facts.jsonl", made_up_facts.facts(8))
        server = start(env=env)
        answer = server.post("/datasets", {"path": "facts.jsonl", "name": "facts"})
        assert answer.status == 201, answer.text
        return server
    return begin


def ask(server, model="learnt", dataset="facts", **more):
    parameters = {**SMALL, **more.pop("parameters", {})}
    return server.post("/training/jobs", {"model": model, "base_model": "base",
                                          "dataset_id": dataset, "parameters": parameters, **more})


def submit(server, *arguments, **more):
    answer = ask(server, *arguments, **more)
    assert answer.status == 201, answer.text
    return answer.json()["id"]


def look(server, job):
    answer = server.get(f"/training/jobs/{job}")
    assert answer.status == 200, answer.text
    return answer.json()


def ended(server, job, state="completed"):
    def over():
        shown = look(server, job)
        return shown if shown["state"] in ("completed", "failed", "cancelled") else None
    shown = wait_for(over, 300, f"the end of {job}")
    assert shown["state"] == state, shown
    return shown


def until(server, job, condition, what):
    return wait_for(lambda: condition(look(server, job)), 300, what)


def events(text):
    blocks = [block for block in text.split("\n\n") if block.startswith("id:")]
    return [json.loads(block.split("data: ", 1)[1]) for block in blocks]


def digests(server, job):
    """Of the files of the version that the job has made."""
    version = server.get(f"/models/{job['model']}/versions/{job['version_number']}").json()
    return {file["path"]: file["sha256"] for file in version["files"]}


def trainer_of(server, job):
    begun = [one for one in server.events("process.started")
             if one.get("kind") == "trainer" and one["model"] == job]
    return begun[-1]["pid"]


def test_from_data_to_an_answer(serve):
    server = serve()
    dry = ask(server, dry_run=True)
    assert dry.status == 200, dry.text
    shown = dry.json()
    assert shown["plan"]["rows"] == 8 and shown["plan"]["learnt_tokens"] > 0
    counted = "".join(piece["text"] for piece in shown["preview"]["rows"][0]["pieces"] if piece["counts"])
    assert counted and made_up_facts.facts(8)[0][1] in counted
    assert server.get("/training/jobs").json()["total"] == 0
    job = ended(server, submit(server, parameters={"epochs": 4, "learning_rate": 0.01}))
    assert job["version"] == "learnt:1" and job["step"] == job["steps"] == 16
    assert job["metrics"]["loss"] > 0 and job["attempts"] == 1 and job["error"] is None
    version = server.get("/models/learnt/versions/1").json()
    lineage = version["lineage"]
    assert lineage["job"] == job["id"] and lineage["seed"] == 42 and lineage["base_model"] == "base:1"
    assert len(lineage["environment"]["trainer_sha256"]) == 64 and lineage["parameters"]["rank"] == 4
    assert version["metrics"]["steps"] == 16
    assert job["artifact_path"] == "artifacts/active/learnt/1"
    folder = server.home / job["artifact_path"]
    assert all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha
               for name, sha in digests(server, job).items())
    assert not list((pathlib.Path(server.home) / "jobs").glob("ftjob-*/"))
    question = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 8, "temperature": 0}
    said = {name: server.post("/v1/chat/completions", {"model": name, **question}).json()
            for name in ("base", "learnt")}
    assert said["learnt"]["choices"][0]["message"] != said["base"]["choices"][0]["message"]


def test_how_long_rows_are_in_a_bases_tokens_is_counted_once_and_kept(serve):
    server = serve()
    planned = ask(server, dry_run=True, parameters={"context": 0}).json()
    counted = server.get("/datasets/facts/tokens?base=base")
    assert counted.status == 200, counted.text
    told = counted.json()
    tokens = told["tokens"]
    assert told["base"] == "base:1" and told["faulty"] == told["over_context"] == 0 < told["context"]
    assert tokens["rows"] == planned["plan"]["rows"] == 8
    assert tokens["total"] == planned["plan"]["tokens"] and tokens["mean"] == tokens["total"] / 8
    assert told["learnt_tokens"] == planned["plan"]["learnt_tokens"]
    assert tokens["min"] <= tokens["median"] <= tokens["p95"] <= tokens["max"]
    trainers = len([one for one in server.events("process.started") if one.get("kind") == "trainer"])
    assert server.get("/datasets/facts/tokens?base=base:1").json() == told
    assert server.get("/datasets/facts").json()["measured"] == [
        {key: told[key] for key in told if key not in ("id", "name")}]
    shown = server.cli("datasets", "show", "facts", "--base", "base")
    assert f"{tokens['total']} in 8 rows, {told['learnt_tokens']} are learnt" in shown.stdout, shown
    assert trainers == len([one for one in server.events("process.started") if one.get("kind") == "trainer"])
    assert server.get("/datasets/facts/tokens").status == 422
    assert server.get("/datasets/facts/tokens?base=nothing").status == 404
    assert server.get("/datasets/nothing/tokens?base=base").status == 404
    made = server.post("/datasets", {"path": "facts.jsonl", "name": "again", "base": "base"})
    assert made.status == 201 and made.json()["measured"][0]["tokens"] == tokens, made.text
    assert server.post("/datasets", {"path": "facts.jsonl", "name": "third", "base": "no"}).status == 404
    assert server.get("/datasets/third").status == 404
    turns = [{"role": role, "content": "x"} for _ in range(200) for role in ("user", "assistant")]
    (pathlib.Path(server.home) / "datasets" / "long.jsonl").write_text(json.dumps({"messages": turns}))
    long = server.post("/datasets", {"path": "long.jsonl", "base": "base"}).json()["measured"][0]
    assert long["learnt_tokens"] == 400 and long["faulty"] == 0, "each answer and its end, in time"


def test_jobs_go_before_counts_of_tokens_of_which_few_may_wait(serve):
    server = serve(HEARTH_TRAINING_CHECK_TIMEOUT="4s")
    turns = [{"role": role, "content": "x"} for _ in range(150) for role in ("user", "assistant")]
    (pathlib.Path(server.home) / "datasets" / "slow.jsonl").write_text(
        (json.dumps({"messages": turns}) + "\n") * 500)
    assert server.post("/datasets", {"path": "slow.jsonl"}).status == 201
    with concurrent.futures.ThreadPoolExecutor(18) as pool:
        counts = [pool.submit(server.get, "/datasets/slow/tokens?base=base", timeout=120) for _ in range(18)]
        wait_for(lambda: any(count.done() for count in counts), 20, "one that has no room to wait")
        assert ask(server, dry_run=True).status in (200, 504)
        ended = [count.result().status for count in counts if count.done()]
        assert ended.count(503) == 2 and len(ended) < 9, ended
        server.stop()


def test_events_and_logs_tell_the_whole(serve):
    server = serve()
    job = submit(server)
    whole = events(server.get(f"/training/jobs/{job}/events", timeout=60).text)
    assert [one["n"] for one in whole] == list(range(1, len(whole) + 1))
    assert whole[-1]["type"] == "state" and whole[-1]["state"] == "completed"
    assert whole[-1]["version"] == "learnt:1"
    kinds = {one["type"] for one in whole}
    assert {"plan", "metrics", "checkpoint", "state"} <= kinds
    assert [one["step"] for one in whole if one["type"] == "metrics"] == [1, 2, 3, 4]
    rest = server.get(f"/training/jobs/{job}/events", headers={"Last-Event-ID": "3"}).text
    assert events(rest) == whole[3:]
    assert server.get(f"/training/jobs/{job}/events", headers={"Last-Event-ID": "x"}).status == 400
    lines = server.get(f"/training/jobs/{job}/logs").text.splitlines()
    assert len(lines) == len(whole) and "state completed" in lines[-1]
    objects = [json.loads(line) for line in
               server.get(f"/training/jobs/{job}/logs?format=json&follow=true").text.splitlines()]
    assert objects == whole
    assert server.get("/training/jobs/ftjob-none/events").status == 404
    assert server.get("/training/jobs/ftjob-none/logs").status == 404


def test_jobs_have_their_turn_and_can_be_cancelled(serve):
    server = serve()
    first = submit(server, parameters={"epochs": 2000})
    second = submit(server, "other", parameters={"epochs": 2000})
    third = submit(server, "third")
    until(server, first, lambda job: job["step"] > 1, "the first to run")
    assert look(server, second)["state"] == "queued" and look(server, second)["queue_position"] == 1
    assert look(server, third)["queue_position"] == 2
    assert [job["id"] for job in server.get("/training/jobs?state=queued").json()["jobs"]] == [third, second]
    assert server.get("/training/jobs?model=third").json()["total"] == 1
    assert server.get("/training/jobs?state=dancing").status == 422
    again = ask(server, parameters={"epochs": 2000})
    assert again.status == 409 and first in again.text
    for held in ("/datasets/facts", "/models/base", "/models/base/versions/1", "/models/learnt"):
        answer = server.delete(held)
        assert answer.status == 409 and "ftjob-" in answer.text, answer.text
    assert server.metric("hearth_training_jobs", state="queued") == 2
    assert server.metric("hearth_training_step", job=first) > 1
    assert server.post(f"/training/jobs/{second}/cancel", {}).json()["state"] == "cancelled"
    assert server.post(f"/training/jobs/{first}/cancel", {}).status == 200
    ended(server, first, "cancelled")
    ended(server, third)
    for verb in ("cancel", "resume"):
        refused = server.post(f"/training/jobs/{first}/{verb}", {})
        assert refused.status == 409 and "cancelled" in refused.text
    assert server.post("/training/jobs/ftjob-none/cancel", {}).status == 404
    assert server.get("/models/learnt").json()["versions"] == []


def test_labels_are_versions(serve):
    server = serve()
    job = ended(server, submit(server, label="spring"))
    assert server.get("/models/learnt/versions/1").json()["label"] == "spring"
    again = ask(server, label="spring", parameters={"seed": 2})
    assert again.status == 409 and "spring" in again.text
    ended(server, submit(server, label="summer", parameters={"seed": 2}))
    # The same order again gives the same bytes.
    twin = ended(server, submit(server, label="twin"))
    assert digests(server, twin) == digests(server, job)


def test_what_cannot_be_is_refused_at_once(serve):
    server = serve()
    body = {"model": "learnt", "base_model": "base", "dataset_id": "facts", "parameters": SMALL}
    for change, status, words in [
            ({"dataset_id": "nowhere"}, 404, "nowhere"),
            ({"base_model": "nobody"}, 404, "nobody"),
            ({"base_model": "base:7"}, 404, "base"),
            ({"parameters": {"rang": 4}}, 422, "rank"),
            ({"parameters": {"rank": 4000}}, 422, "rank"),
            ({"parameters": {"rank": 1024}}, 422, "rank"),
            ({"parameters": {"modules": ["z_proj"]}}, 422, "q_proj"),
            ({"model": "no/name"}, 422, "name"),
            ({"model": None, "model_id": 99}, 404, "there is no model '99'"),
            ({"evaluation_dataset_id": "nowhere"}, 404, "nowhere"),
            ({"surprise": 1}, 422, "surprise")]:
        asked = {key: value for key, value in {**body, **change}.items() if value is not None}
        answer = server.post("/training/jobs", asked)
        assert answer.status == status and words in answer.text, answer.text
    assert server.get("/training/jobs").json()["total"] == 0


def test_the_memory_is_asked_for_first(serve):
    server = serve(HEARTH_TRAINING_MEMORY="refuse", HEARTH_MEMORY_HEADROOM="100TiB")
    answer = ask(server)
    assert answer.status == 507 and "MiB" in answer.text, answer.text


@pytest.mark.once
def test_what_a_job_is_still_to_take_is_no_room_for_a_model(serve, home, gguf):
    free_mib = int(re.search(r"MemAvailable: +(\d+)", pathlib.Path("/proc/meminfo").read_text())[1]) // 1024
    if free_mib < 5000:
        pytest.skip("needs 5 GB of free memory")
    assert cli("install", f"file:{gguf}", "--name", "whole", home=home).returncode == 0
    assert cli("install", "fake:plan_bytes = 1800MB", "--name", "large", home=home).returncode == 0
    server = serve(HEARTH_MEMORY_HEADROOM=f"{free_mib - 3300}MiB")
    assert server.post("/admin/models/large/load").status == 200
    assert server.post("/admin/models/large/unload").status == 200
    order = {"base_model": "whole", "parameters": {"method": "full", "epochs": 500}}
    job = submit(server, **order)
    pid = wait_for(lambda: (lambda begun: begun[1]["pid"] if len(begun) > 1 else None)(
        [one for one in server.events("process.started") if one["model"] == job]), 60, "the second trainer")
    os.kill(pid, signal.SIGSTOP)  # before it has taken what it has planned
    refused = server.post("/admin/models/large/load")
    assert refused.status == 507 and "of training jobs that run" in refused.text, refused.text
    other = ask(server, "other", **order)
    assert other.status == 201, other.text  # it waits for its turn
    assert server.post(f"/training/jobs/{other.json()['id']}/cancel", {}).status == 200
    assert server.post(f"/training/jobs/{job}/cancel", {}).status == 200
    os.kill(pid, signal.SIGKILL)
    ended(server, job, "cancelled")
    assert server.post("/admin/models/large/load").status == 200


def test_a_changed_file_is_refused(serve):
    server = serve()
    path = pathlib.Path(server.home) / "datasets/facts.jsonl"
    path.write_text(path.read_text() + "\n" + path.read_text().splitlines()[0] + "\n")
    answer = ask(server)
    assert answer.status in (409, 422) and "sha256" in answer.text.lower() or "changed" in answer.text, answer.text


# A sanitizer's build takes ten times as long for a step.
LONG = {"parameters": {"epochs": 4 if SLOW == 1 else 2, "batch_size": 1}}


def begun(server, model):
    """A job that has made some of its steps."""
    job = submit(server, model, **LONG)
    until(server, job, lambda shown: shown["step"] > 3, "some steps")
    return job


@pytest.mark.once  # as test_trainer_process.py has it, with the server around it
def test_what_is_killed_goes_on_to_the_same_bytes(serve, start):
    server = serve()
    wanted = digests(server, ended(server, submit(server, "whole", **LONG)))
    job = begun(server, "torn")
    os.kill(trainer_of(server, job), signal.SIGKILL)
    shown = ended(server, job)
    assert shown["attempts"] == 2 and digests(server, shown) == wanted
    job = begun(server, "orphan")
    server.stop(signal.SIGKILL)
    server = start()
    shown = ended(server, job)
    assert shown["attempts"] == 2 and digests(server, shown) == wanted
    job = begun(server, "paused")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        heard = pool.submit(server.get, f"/training/jobs/{job}/events")
        wait_for(lambda: server.metric("hearth_requests_active") == 2, 20, "the follower")
        started = time.monotonic()
        server.stop()
        # Who follows is let go, and keeps no server from its end.
        assert time.monotonic() - started < 25 and '"interrupted"' in heard.result().text
    server = start()
    shown = ended(server, job)
    assert shown["attempts"] == 1 and digests(server, shown) == wanted


def test_what_is_paused_waits_until_it_is_resumed(serve, start):
    server = serve()
    wanted = digests(server, ended(server, submit(server, "whole", **LONG)))
    job = begun(server, "aside")
    assert server.post(f"/training/jobs/{job}/pause", {}).status == 200
    until(server, job, lambda shown: shown["state"] == "paused", "the pause")
    assert not pathlib.Path(f"/proc/{trainer_of(server, job)}").exists()
    assert server.metric("hearth_training_jobs", state="paused") == 1
    again = ask(server, "aside", **LONG)
    assert again.status == 409 and job in again.text and server.delete("/datasets/facts").status == 409
    server.stop(signal.SIGKILL)
    server = start()
    # It is still paused, and nobody waits for it.
    ended(server, submit(server, "between"))
    shown = look(server, job)
    assert shown["state"] == "paused" and shown["finished_at"] is None and shown["eta_seconds"] is None
    done = cli("resume", job, home=server.home)
    assert done.returncode == 0 and done.stdout.startswith(f"{job} is "), done.stderr
    shown = ended(server, job)
    assert shown["attempts"] == 1 and digests(server, shown) == wanted
    refused = cli("pause", job, home=server.home)
    assert refused.returncode != 0 and "is completed: it cannot be paused" in refused.stderr


def test_a_pause_of_what_ends_or_waits(serve, start):
    server = serve()
    job = submit(server, parameters={"epochs": 5000})
    waiting = submit(server, "other")
    until(server, job, lambda shown: shown["step"] > 1, "some steps")
    assert server.post(f"/training/jobs/{waiting}/pause", {}).json()["state"] == "paused"
    assert server.post(f"/training/jobs/{waiting}/cancel", {}).json()["state"] == "cancelled"
    # Taken back while its process is still ending: it goes on by itself.
    before = trainer_of(server, job)
    os.kill(before, signal.SIGSTOP)
    for verb in ("pause", "pause", "resume"):
        assert server.post(f"/training/jobs/{job}/{verb}", {}).json()["state"] == "running"
    os.kill(before, signal.SIGCONT)
    wait_for(lambda: trainer_of(server, job) != before, 60, "it to go on")
    assert '"paused"' in server.get(f"/training/jobs/{job}/logs?format=json").text
    # A kill while its process is still ending: it is paused at the next start.
    os.kill(trainer_of(server, job), signal.SIGSTOP)
    assert server.post(f"/training/jobs/{job}/pause", {}).json()["state"] == "running"
    time.sleep(0.5)
    server.stop(signal.SIGKILL)
    server = start()
    until(server, job, lambda shown: shown["state"] == "paused", "the pause")
    assert server.post(f"/training/jobs/{job}/cancel", {}).json()["state"] == "cancelled"
    for verb in ("cancel", "pause", "resume"):
        refused = server.post(f"/training/jobs/{job}/{verb}", {})
        assert refused.status == 409 and "cancelled" in refused.text


def test_attempts_and_time_have_an_end(serve):
    server = serve(HEARTH_TRAINING_ATTEMPTS_MAX="1", HEARTH_TRAINING_TIME_LIMIT=f"{int(6 * min(SLOW, 3))}s")
    job = submit(server, parameters={"epochs": 5000})
    until(server, job, lambda shown: shown["step"] > 1, "some steps")
    os.kill(trainer_of(server, job), signal.SIGKILL)
    assert ended(server, job, "failed")["error"]["code"]
    # It is checked as a new one would be.
    twin = submit(server, parameters={"epochs": 5000})
    refused = server.post(f"/training/jobs/{job}/resume", {})
    assert refused.status == 409 and twin in refused.text
    assert server.post(f"/training/jobs/{twin}/cancel", {}).status == 200
    ended(server, twin, "cancelled")
    assert server.post(f"/training/jobs/{job}/resume", {}).status == 200
    shown = ended(server, job, "failed")
    assert "training_time_limit" in shown["error"]["message"] and shown["step"] > 1


def test_a_server_killed_at_any_moment_leaves_one_version_or_none(serve, start):
    server = serve(HEARTH_TRAINING_ATTEMPTS_MAX="100")
    for turn in range(4):
        job = submit(server, f"m{turn}", parameters={"epochs": 1, "batch_size": 8, "seed": turn})
        time.sleep(0.1 + 0.2 * turn)
        server.stop(signal.SIGKILL)
        server = start(env={"HEARTH_TRAINING_ATTEMPTS_MAX": "100"})
        shown = ended(server, job)
        versions = server.get(f"/models/m{turn}").json()["versions"]
        assert [one["state"] for one in versions] == ["ready"] and shown["version"] == f"m{turn}:1"


def test_a_version_that_is_superseded_is_put_away_and_can_be_merged(serve, tmp_path):
    server = serve()
    first = ended(server, submit(server, parameters={"seed": 1}))
    assert server.request("PUT", "/models/learnt/aliases/kept", {"version": 1}).status == 200
    second = ended(server, submit(server, parameters={"seed": 2}))
    assert (server.home / first["artifact_path"]).exists()  # somebody has chosen it
    third = ended(server, submit(server, parameters={"seed": 3}))
    place = server.home / second["artifact_path"]
    archived = pathlib.Path(server.home) / "artifacts/archive/learnt/2"
    assert not place.exists() and (server.home / third["artifact_path"]).exists()
    assert {str(path.relative_to(archived)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in archived.rglob("*") if path.is_file()} == digests(server, second)
    told = {number: server.get(f"/models/learnt/versions/{number}").json()["artifact_path"] for number in (1, 2, 3)}
    assert told[2] == "artifacts/archive/learnt/2" and told[1] == first["artifact_path"] and (server.home / told[3]).is_dir()
    for shown in (server.get("/models/learnt/history").json(), server.get("/models/learnt").json()):
        assert {one["version"]: one["artifact_path"] for one in shown["versions"]} == told
    body = {"model": "learnt:2", "max_tokens": 4, "messages": [{"role": "user", "content": "Hello"}]}
    assert server.post("/v1/chat/completions", body).status == 200
    assert place.exists() and not archived.exists()
    again = cli("reproduce", "learnt:2", home=server.home)
    assert again.returncode == 0 and "byte for byte" in again.stdout, again.stderr
    assert server.get("/models/learnt.reproduced").status == 404
    was = server.get("/datasets/facts").json()["sha256"]
    assert server.delete("/datasets/facts").status == 200
    with open(pathlib.Path(server.home) / "datasets/facts.jsonl", "a", encoding="utf-8") as data:
        data.write('{"text": "One more."}\n')
    assert server.post("/datasets", {"path": "facts.jsonl", "name": "facts"}).status == 201
    jobs = server.get("/training/jobs").json()["total"]
    other = cli("reproduce", "learnt:2", home=server.home)
    assert other.returncode != 0 and "data set facts is not the one" in other.stderr and was in other.stderr
    assert server.get("/training/jobs").json()["total"] == jobs
    out = tmp_path / "whole"
    done = cli("merge", "learnt:2", out, home=server.home)
    assert done.returncode == 0, done.stderr
    assert cli("merge", "learnt:2", out, home=server.home).returncode != 0  # it is there
    assert "adapter" in cli("merge", "base:1", tmp_path / "x", home=server.home).stderr
    done = cli("install", f"file:{out}", "--name", "whole", home=server.home)
    assert done.returncode == 0, done.stderr
    assert server.post("/v1/chat/completions", {**body, "model": "whole"}).status == 200


def test_a_cancel_outlives_a_kill(serve, start):
    server = serve()
    job = submit(server, parameters={"epochs": 5000})
    until(server, job, lambda shown: shown["step"] > 1, "some steps")
    os.kill(trainer_of(server, job), signal.SIGSTOP)  # it cannot end in time
    assert server.post(f"/training/jobs/{job}/cancel", {}).status == 200
    time.sleep(0.5)
    server.stop(signal.SIGKILL)
    folder = pathlib.Path(server.home) / "jobs"
    (folder / "ftjob-000000000000000000000000").mkdir()  # a job that nobody knows any more
    server = start()
    assert ended(server, job, "cancelled")["attempts"] == 1
    wait_for(lambda: {path.name for path in folder.iterdir()} == {f"{job}.events.jsonl", "owner"}, 10,
             "what the job has left to be gone")
