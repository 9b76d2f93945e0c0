"""Models are told to a real MLflow server: there, away and back, killed between the two, with wrong
credentials, behind a proxy that answers nonsense, and by two gateways on one database."""
import contextlib
import itertools
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import time

import pytest

import made_up_facts
from conftest import HEARTH, SLOW, cli, wait_for, write_fake
from mlflow_server import FOLDER, Mlflow, Proxy
from test_postgres import database, no_password  # noqa: F401: a fixture
from test_training_jobs import SMALL, base, ended, serve, submit  # noqa: F401: fixtures

ROOT = pathlib.Path(__file__).parent
MADE = ("experiments/create", "registered-models/create", "model-versions/create")


@pytest.fixture(scope="module")
def server_to_be(tmp_path_factory):
    """MLflow, which has an address but does not run yet."""
    mlflow = Mlflow(tmp_path_factory.mktemp("mlflow"))
    yield mlflow
    mlflow.end()


@pytest.fixture
def mlflow(server_to_be):
    server_to_be.begin()
    return server_to_be


@pytest.fixture
def proxy(mlflow):
    running = Proxy(mlflow)
    yield running
    running.end()


def create(server, name, **more):
    return server.post("/models", {"name": name, "source": "fake:reply = ok", **more})


def tracked(server, name):
    return server.get(f"/models/{name}").json()["tracked"]


def wait_told(server, name, seconds=60):
    wait_for(lambda: tracked(server, name)["state"] == "told", seconds, f"the news of {name}")
    return tracked(server, name)["experiment_id"]


def check_untold(answer, name, *words):
    """A 503 that says what is there and what is not."""
    body = answer.json()
    assert answer.status == 503, answer.text
    assert body["code"] == "tracking_pending" and body["name"] == name and body["id"] > 0
    assert body["tracked"]["state"] == "pending" and body["tracked"]["pending"] >= 1
    for word in words:
        assert word in body["detail"] and word in body["tracked"]["reason"], body
    assert "Retry-After" not in answer.headers, "asked again it would be a conflict"
    return body


def test_a_model_is_kept_while_mlflow_is_away_and_told_once_after_a_kill(start, home, server_to_be, tmp_path):
    env = {"MLFLOW_TRACKING_URI": server_to_be.url}
    server = start(env=env)
    body = check_untold(create(server, "away"), "away", "cannot connect to")
    assert server.get(f"/models/{body['id']}").json()["name"] == "away"
    assert create(server, "away").status == 409
    assert "cannot connect" in tracked(server, "away")["reason"]
    check_untold(server.post("/models/away/versions", {"source": "fake:reply = two"}), "away")
    script = write_fake(tmp_path / "more.fake")
    done = server.cli("install", f"fake:{script}", "--name", "typed")
    assert done.returncode == 0 and "installed typed:1" in done.stdout, done
    assert "warning: 'typed' is registered" in done.stderr
    health = server.get("/health")
    assert health.status == 200 and health.json()["status"] == "degraded"
    assert health.json()["tracking"]["state"] == "away" and health.json()["tracking"]["pending"] >= 3
    assert server.metric("hearth_tracking_pending") >= 3 and server.metric("hearth_tracking_away") == 1
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    # One that comes while no server runs.
    done = cli("install", f"fake:{script}", "--name", "alone", home=home)
    assert done.returncode == 0, done.stderr
    server_to_be.begin()
    server = start(env=env)
    for name in ("away", "typed", "alone"):
        experiment = wait_told(server, name)
        assert server_to_be.experiments(name) == [experiment]
    assert sorted(server_to_be.versions("away")) == [1, 2]
    assert server.metric("hearth_tracking_pending") == 0 and server.metric("hearth_tracking_lost_total") == 0
    assert server.get("/health").json()["tracking"] == {"state": "ok", "pending": 0, "refused": 0}


@pytest.mark.once
def test_mlflows_client_reads_what_was_told(start, mlflow):
    server = start(env={"MLFLOW_TRACKING_URI": mlflow.url + "/"})
    answer = create(server, "told", description="says ok")
    assert answer.status == 201, answer.text
    assert answer.json()["tracked"]["experiment_id"] == mlflow.experiments("told")[0]
    assert server.post("/models/told/versions", {"source": "fake:reply = two"}).status == 201
    assert server.request("PUT", "/models/told/aliases/champion", {"version": 1}).status == 200
    assert server.request("PUT", "/models/told/aliases/champion", {"version": 2}).status == 200
    assert server.request("PUT", "/models/told/aliases/old", {"version": 1}).status == 200
    assert server.delete("/models/told/aliases/old").status == 200
    assert server.post("/models/told/versions/1/promote").status == 200
    experiment = wait_told(server, "told")
    done = subprocess.run([FOLDER / "bin/python", ROOT / "mlflow/read_model.py", mlflow.url, "told"],
                          capture_output=True, text=True, timeout=120,
                          env={key: value for key, value in os.environ.items() if "proxy" not in key.lower()})
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout)
    assert read["experiment"]["id"] == experiment and read["experiment"]["tags"]["hearth.model"] == "told"
    assert read["model"]["description"] == "says ok"
    versions = {each["tags"]["hearth.version"]: each for each in read["versions"]}
    assert sorted(versions) == ["1", "2"] and versions["2"]["source"] == "hearth:/told/2"
    assert versions["1"]["tags"]["hearth.source"] == "fake:reply = ok"
    assert read["model"]["aliases"] == {"champion": versions["2"]["version"], "default": versions["1"]["version"]}
    assert server.metric("hearth_tracking_refused") == 0


def test_a_model_made_anew_does_not_meet_its_old_versions(start, mlflow):
    server = start(env={"MLFLOW_TRACKING_URI": mlflow.url})
    for text in ("one", "two"):
        assert server.post("/models", {"name": "anew", "source": f"fake:reply = {text}"}).status == 201
        assert server.request("PUT", "/models/anew/aliases/mine", {"version": 1}).status == 200
        wait_told(server, "anew")
        wait_for(lambda: server.metric("hearth_tracking_pending") == 0, 60, "the versions")
        assert server.delete("/models/anew").status == 200
    tags = [{tag["key"]: tag["value"] for tag in each["tags"]} for each in mlflow.all_versions("anew")]
    assert [each["hearth.version"] for each in tags] == ["1", "1"]
    assert {each["hearth.source"] for each in tags} == {"fake:reply = one", "fake:reply = two"}
    assert tags[0]["hearth.installed"] != tags[1]["hearth.installed"]
    model = mlflow.ask("GET", "registered-models/get?name=anew")["registered_model"]
    newest = max(mlflow.all_versions("anew"), key=lambda each: int(each["version"]))
    assert model["aliases"] == [{"alias": "mine", "version": newest["version"]}]


def test_mlflow_comes_back_by_itself(start, proxy, mlflow):
    proxy.mode = "down"
    server = start(env=proxy.env())
    for i in range(3):
        check_untold(create(server, f"back{i}"), f"back{i}")
    proxy.mode = "pass"
    for i in range(3):
        wait_told(server, f"back{i}")
    assert create(server, "back3").status == 201
    wait_told(server, "back3")
    for path in MADE:
        assert sorted(proxy.made(path)) == [f"back{i}" for i in range(4)], path


@pytest.mark.once
def test_killed_before_it_hears_the_answer_it_makes_nothing_twice(start, proxy, mlflow):
    """Names of models are unique there, but a version could be made again."""
    proxy.hangs = "model-versions/create"
    server = start(env=proxy.env(HEARTH_MLFLOW_WAIT="500ms"))
    assert create(server, "cut").status in (201, 503)
    wait_for(lambda: proxy.held, 20, "what the server has done")
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    proxy.hangs = None
    server = start(env=proxy.env())
    experiment = wait_told(server, "cut")
    assert mlflow.experiments("cut") == [experiment] and list(mlflow.versions("cut")) == [1]
    for each in MADE:
        assert proxy.made(each) == ["cut"], each


@pytest.mark.parametrize("mode,right,wrong", [
    ("basic", {"MLFLOW_TRACKING_USERNAME": "ann", "MLFLOW_TRACKING_PASSWORD": "s3cret/w@rd"},
     {"MLFLOW_TRACKING_USERNAME": "ann", "MLFLOW_TRACKING_PASSWORD": "s3cret/other"}),
    ("bearer", {"MLFLOW_TRACKING_TOKEN": "s3cret/token"}, {"MLFLOW_TRACKING_TOKEN": "s3cret/none"})])
def test_wrong_credentials_are_told_and_right_ones_deliver(mode, right, wrong, start, home, proxy):
    proxy.mode, proxy.secret = mode, "ann:s3cret/w@rd" if mode == "basic" else "s3cret/token"
    server = start(env=proxy.env(**wrong))
    answer = create(server, mode)
    check_untold(answer, mode, "does not accept the credentials (401)", "MLFLOW_TRACKING_PASSWORD")
    assert "s3cret" not in answer.text + server.get("/health").text + server.log
    shown = cli("config", "show", home=home, env=proxy.env(**wrong))
    assert shown.returncode == 0 and "s3cret" not in shown.stdout, shown
    server.stop()
    server = start(env=proxy.env(**right))
    wait_told(server, mode)
    assert "s3cret" not in server.log


def peak_kib(server):
    status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


def test_what_answers_like_no_mlflow_is_bounded_and_told(start, proxy):
    server = start(env=proxy.env(HEARTH_MLFLOW_WAIT="1500ms"))
    assert create(server, "first").status == 201
    wait_told(server, "first")
    before, words = peak_kib(server), {
        "nonsense": "is no MLflow tracking server (status 200)", "empty": "is no MLflow", "list": "is no MLflow",
        "page": "is no MLflow", "wrong": "has no experiment_id", "redirect": "redirects elsewhere (302)",
        "fault": "answered 500", "huge": "MLflow: ", "slow": "has not answered yet"}
    for mode, word in words.items():
        proxy.mode = mode
        begin = time.monotonic()
        check_untold(create(server, mode), mode, word)
        assert time.monotonic() - begin < 10 * SLOW
        assert server.get("/health").json()["tracking"]["pending"] >= 1
    # A sanitizer keeps memory that was freed.
    assert peak_kib(server) - before < (64 << 10 if SLOW == 1 else 512 << 10)
    proxy.mode = "pass"
    # A client who waits is worth a try, however long the next one by itself is away; but the slow one
    # may not be over.
    numbers = itertools.count()
    wait_for(lambda: create(server, f"again{next(numbers)}").status == 201, 30, "MLflow")
    for mode in words:
        wait_told(server, mode)
        assert proxy.mlflow.experiments(mode) == [tracked(server, mode)["experiment_id"]]
    begin = time.monotonic()
    proxy.mode = "slow"
    create(server, "last")
    assert server.stop() == 0 and time.monotonic() - begin < 10, "a server that stops waits for no MLflow"


@pytest.mark.once
def test_two_gateways_on_one_database_tell_each_model_once(start, database, proxy, tmp_path):  # noqa: F811
    env = {**database.fresh(), **proxy.env()}
    homes = [tmp_path / "a", tmp_path / "b"]
    for each in homes:
        each.mkdir()
    pair = [start(home=each, env=env) for each in homes]
    proxy.mode = "down"
    names = [f"pair{i}" for i in range(4)]
    for i, name in enumerate(names):
        check_untold(create(pair[i % 2], name), name)
    proxy.mode = "pass"
    for name in names:
        wait_told(pair[0], name)
        assert tracked(pair[1], name)["state"] == "told"
    assert create(pair[1], "pair4").status == 201
    wait_told(pair[1], "pair4")
    for path in MADE:
        assert sorted(proxy.made(path)) == [*names, "pair4"], path
    no_password(*pair)


@pytest.mark.skipif(not os.environ.get("HEARTH_TEST_GGUF"), reason="HEARTH_TEST_GGUF names no model")
def test_a_training_job_is_told_whole_and_once_when_mlflow_is_back(serve, start, proxy, mlflow):  # noqa: F811
    proxy.mode = "down"
    server = serve(**proxy.env())
    made_up_facts.write_rows(server.home / "datasets/apart.jsonl", made_up_facts.facts(3))
    assert server.post("/datasets", {"path": "apart.jsonl"}).status == 201
    shown = ended(server, submit(server, "learnt", evaluation_dataset_id="apart"))
    assert shown["version_number"] == 1
    # As if it had been killed between the job's row and those of the outbox.
    server.stop(signal.SIGKILL)
    with contextlib.closing(sqlite3.connect(server.home / "hearth.db")) as rows, rows:
        assert rows.execute("DELETE FROM record WHERE kind = 'outbox' AND json_extract(facts_json, '$.verb') IN "
                            "('end', 'version', 'artifacts')").rowcount == 3
    proxy.mode = "pass"
    server = start(env=proxy.env())
    experiment = wait_told(server, "learnt")
    wait_for(lambda: server.metric("hearth_tracking_pending") == 0, 60, "the run")
    assert server.metric("hearth_tracking_refused") == 0 and server.metric("hearth_tracking_lost_total") == 0
    runs = mlflow.ask("POST", "runs/search", {"experiment_ids": [experiment]})["runs"]
    assert len(runs) == 1
    info, data = runs[0]["info"], runs[0]["data"]
    tags = {tag["key"]: tag["value"] for tag in data["tags"]}
    assert info["status"] == "FINISHED" and tags["hearth.job"] == shown["id"] and tags["hearth.model"] == "learnt"
    assert tags["hearth.base_sha256"] == shown["base_sha256"]
    params = {each["key"]: each["value"] for each in data["params"]}
    assert params["rank"] == str(SMALL["rank"]) and params["seed"] == str(shown["parameters"]["seed"])
    steps = mlflow.ask("GET", f"metrics/get-history?run_id={info['run_id']}&metric_key=loss")["metrics"]
    assert [each["step"] for each in steps] == list(range(1, shown["steps"] + 1))
    inputs = {each["tags"][0]["value"]: each["dataset"] for each in runs[0]["inputs"]["dataset_inputs"]}
    assert {use: each["name"] for use, each in inputs.items()} == \
        {"training": shown["dataset_id"], "evaluation": shown["evaluation_dataset_id"]}
    assert shown["dataset_sha256"].startswith(inputs["training"]["digest"])
    files = mlflow.ask("GET", f"artifacts/list?run_id={info['run_id']}&path=model").get("files", [])
    assert files and sum(int(each.get("file_size", 0)) for each in files) > 0
    version = mlflow.versions("learnt")[1]
    assert version["run_id"] == info["run_id"] and version["source"].startswith("mlflow-artifacts:")
    assert len(proxy.made("runs/create")) == len(proxy.made("model-versions/create")) == 1


@pytest.mark.parametrize("uri", ["sqlite:///mlruns.db", "databricks", "http://ann:s3cret@127.0.0.1:5000", "http:///x"])
def test_an_address_that_is_none_is_told_at_the_start(uri, home):
    done = cli("serve", "--port", "0", home=home, env={"MLFLOW_TRACKING_URI": uri})
    assert done.returncode == 2 and "mlflow_tracking_uri" in done.stderr, done
    assert "s3cret" not in done.stdout + done.stderr


def test_without_an_address_nothing_is_tracked(server):
    answer = create(server, "alone")
    assert answer.status == 201 and "tracked" not in answer.json()
    assert "tracked" not in server.get("/models/alone").json() and "tracking" not in server.get("/health").json()
    assert "hearth_tracking" not in server.get("/metrics").text


@pytest.mark.once
def test_the_trackers_own_test_passes_at_this_server(mlflow):
    program = HEARTH.parent.parent / "test/integration_test_track"
    if not program.exists():
        pytest.skip("only the plain build has it")
    done = subprocess.run([program], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "HEARTH_TEST_MLFLOW": mlflow.url})
    assert done.returncode == 0 and "SKIPPED" not in done.stdout + done.stderr, done.stdout + done.stderr
