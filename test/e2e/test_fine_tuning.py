"""OpenAI's fine-tuning API with the `openai` package: from a file to a model that answers, what it
says on the way, what it refuses."""
import csv
import io
import json
import os
import pathlib

import openai
import pytest
from openai.types import FileObject
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint

import decoder_folders
import made_up_facts
from conftest import Server, check_strictly, cli, make_home, wait_for

pytestmark = pytest.mark.skipif(not os.environ.get("HEARTH_TEST_GGUF"),
                                reason="HEARTH_TEST_GGUF names no model")

# Small enough for a test; a client of OpenAI's leaves them out.
SMALL = {"rank": 4, "modules": ["q_proj", "v_proj"], "context": 128, "checkpoint_steps": 2, "threads": 1}
TURN = {"messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Good day!"}]}
LINE = json.dumps(TURN) + "\n"
NEVER = {"method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 5000}}}}


@pytest.fixture(scope="module")
def server(tmp_path_factory, gguf):
    folder = decoder_folders.demo_folder(pathlib.Path(gguf), tmp_path_factory.mktemp("base"), layers=2)
    home = make_home(tmp_path_factory.mktemp("home"))
    done = cli("install", f"file:{folder}", "--name", "base", home=home)
    assert done.returncode == 0, done.stderr
    running = Server(home)
    yield running
    running.end()


def strictly(answer):
    if answer.headers.get("content-type", "").startswith("application/json"):
        check_strictly("application/json", answer.read())


@pytest.fixture(scope="module")
def client(server):
    http = openai.DefaultHttpxClient(event_hooks={"response": [strictly]})
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0, http_client=http)


def known(shown, kind):
    """By the SDK's own type, strictly, and without a key that it does not know."""
    kind.model_validate(shown.to_dict(), strict=True)
    assert not shown.model_extra, shown.model_extra
    return shown


def upload(client, text, name="rows.jsonl", purpose="fine-tune"):
    return known(client.files.create(file=(name, text.encode()), purpose=purpose), FileObject)


@pytest.fixture(scope="module")
def facts(client, tmp_path_factory):
    path = tmp_path_factory.mktemp("rows") / "facts.jsonl"
    made_up_facts.write_rows(path, made_up_facts.facts(8))
    with open(path, "rb") as file:
        return known(client.files.create(file=file, purpose="fine-tune"), FileObject)


def ask(client, file, **more):
    parameters = {**SMALL, **more.pop("parameters", {})}
    more.setdefault("model", "base")
    job = client.fine_tuning.jobs.create(training_file=file, extra_body={"parameters": parameters}, **more)
    return known(job, FineTuningJob)


def look(client, job):
    return known(client.fine_tuning.jobs.retrieve(job), FineTuningJob)


def ended(client, job, status="succeeded"):
    def over():
        shown = look(client, job)
        return shown if shown.status in ("succeeded", "failed", "cancelled") else None
    shown = wait_for(over, 300, f"the end of {job}")
    assert shown.status == status, shown
    return shown


@pytest.fixture(scope="module")
def learnt(client, facts):
    method = {"type": "supervised", "supervised": {"hyperparameters": {
        "n_epochs": 4, "batch_size": 4, "learning_rate_multiplier": 50}}}
    job = ask(client, facts.id, validation_file=facts.id, suffix="my facts!", seed=7, method=method,
              metadata={"team": "blue"})
    assert job.status in ("queued", "running") and job.fine_tuned_model is None and job.error is None
    assert job.result_files == [] and job.trained_tokens is None and job.finished_at is None
    return ended(client, job.id)


def test_a_file_becomes_a_model_that_answers(client, facts, learnt):
    assert learnt.fine_tuned_model == "ft-base-my-facts:1" and learnt.model == "base:1"
    assert learnt.training_file == learnt.validation_file == facts.id
    assert learnt.seed == 7 and learnt.metadata == {"team": "blue"} and learnt.integrations == []
    asked = learnt.method.supervised.hyperparameters
    for shown in (asked, learnt.hyperparameters):
        assert (shown.n_epochs, shown.batch_size, shown.learning_rate_multiplier) == (4, 4, 50)
    assert learnt.trained_tokens > 0 and learnt.created_at <= learnt.finished_at
    hello = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 8, "temperature": 0}
    said = {name: client.chat.completions.create(model=name, **hello).choices[0].message.content
            for name in ("base", learnt.fine_tuned_model)}
    assert said["base"] != said[learnt.fine_tuned_model]
    assert client.models.retrieve(learnt.fine_tuned_model).id


def test_results_are_a_file_of_metrics_by_step(client, learnt):
    [result] = learnt.result_files
    file = known(client.files.retrieve(result), FileObject)
    assert file.purpose == "fine-tune-results" and file.filename == "step_metrics.csv"
    text = client.files.content(result).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(text) == file.bytes and [int(row["step"]) for row in rows] == list(range(1, 9))
    assert all(float(row["train_loss"]) > 0 for row in rows) and float(rows[-1]["valid_loss"]) > 0
    [listed] = [job for job in client.fine_tuning.jobs.list() if job.id == learnt.id]
    assert listed.result_files == [result]


def test_events_are_paged_and_streamed(client, learnt):
    events = list(client.fine_tuning.jobs.list_events(learnt.id, limit=5))
    assert all(known(event, FineTuningJobEvent) for event in events)
    assert len({event.id for event in events}) == len(events) > 12
    messages = [event.message for event in reversed(events)]
    assert messages[0] == f"Created fine-tuning job: {learnt.id}" and "Fine-tuning job started" in messages
    assert messages[-1].endswith("New fine-tuned model created: ft-base-my-facts:1")
    steps = [event for event in reversed(events) if event.type == "metrics"]
    assert [event.data["step"] for event in steps] == list(range(1, 9))
    assert steps[-1].data["total_steps"] == 8 and steps[-1].data["valid_loss"] > 0
    assert steps[2].message.startswith("Step 3/8: training loss=")
    page = client.fine_tuning.jobs.list_events(learnt.id, limit=3)
    assert [event.id for event in page.data] == [event.id for event in events[:3]] and page.has_more
    stream = client.get(f"/fine_tuning/jobs/{learnt.id}/events", cast_to=FineTuningJobEvent, stream=True,
                        stream_cls=openai.Stream[FineTuningJobEvent], options={"params": {"stream": "true"}})
    assert [event.id for event in stream] == [event.id for event in reversed(events)]


def test_a_stream_goes_on_until_the_end_and_deleted_results_stay_away(client, facts):
    job = ask(client, facts.id, suffix="streamed", hyperparameters={"n_epochs": "auto", "batch_size": 8})
    assert job.hyperparameters.n_epochs == 3 and job.hyperparameters.batch_size == 8
    stream = client.get(f"/fine_tuning/jobs/{job.id}/events", cast_to=FineTuningJobEvent, stream=True,
                        stream_cls=openai.Stream[FineTuningJobEvent], options={"params": {"stream": "true"}})
    events = [known(event, FineTuningJobEvent) for event in stream]
    assert [event.data["step"] for event in events if event.type == "metrics"] == [1, 2, 3]
    shown = look(client, job.id)
    assert shown.status == "succeeded" and shown.fine_tuned_model == "ft-base-streamed:1"
    [result] = shown.result_files
    assert client.files.delete(result).deleted
    assert look(client, job.id).result_files == []
    assert client.fine_tuning.jobs.list(limit=1).data[0].result_files == []


def test_the_checkpoint_is_the_model(client, learnt):
    [checkpoint] = client.fine_tuning.jobs.checkpoints.list(learnt.id)
    known(checkpoint, FineTuningJobCheckpoint)
    assert checkpoint.fine_tuned_model_checkpoint == learnt.fine_tuned_model
    assert checkpoint.step_number == 8 and checkpoint.fine_tuning_job_id == learnt.id
    assert checkpoint.metrics.train_loss > 0 and checkpoint.metrics.full_valid_loss > 0
    assert list(client.fine_tuning.jobs.checkpoints.list(learnt.id, after=checkpoint.id)) == []


def test_jobs_are_listed_by_page_and_metadata(client, server, learnt):
    jobs = [known(job, FineTuningJob) for job in client.fine_tuning.jobs.list(limit=1)]
    assert learnt.id in [job.id for job in jobs]
    assert [job.created_at for job in jobs] == sorted((job.created_at for job in jobs), reverse=True)
    assert [job.id for job in client.fine_tuning.jobs.list(metadata={"team": "blue"})] == [learnt.id]
    assert list(client.fine_tuning.jobs.list(metadata={"team": "red"})) == []
    without = server.get("/v1/fine_tuning/jobs?metadata=null").json()["data"]
    assert learnt.id not in [job["id"] for job in without]
    hub = server.get(f"/training/jobs/{learnt.id}").json()
    assert hub["state"] == "completed" and hub["dataset_id"].startswith("ds-")
    dataset = server.get(f"/datasets/{learnt.training_file}").json()
    assert dataset["id"] == hub["dataset_id"] and dataset["rows"] == 8


def test_cancelling_and_what_a_job_holds(client, server, facts):
    file = upload(client, LINE * 3)
    running = ask(client, file.id, **NEVER)
    waiting = ask(client, file.id, suffix="later", **NEVER)
    shown = wait_for(lambda: (lambda job: job if job.estimated_finish else None)(look(client, running.id)),
                     60, "the job to run")
    assert shown.status == "running" and shown.estimated_finish > shown.created_at
    with pytest.raises(openai.ConflictError) as refused:
        client.files.delete(file.id)
    assert running.id in str(refused.value) or waiting.id in str(refused.value)
    with pytest.raises(openai.ConflictError, match="running"):
        client.fine_tuning.jobs.resume(running.id)
    assert known(client.fine_tuning.jobs.cancel(waiting.id), FineTuningJob).status == "cancelled"
    known(client.fine_tuning.jobs.cancel(running.id), FineTuningJob)
    assert ended(client, running.id, "cancelled").fine_tuned_model is None
    with pytest.raises(openai.ConflictError, match="cancelled"):
        client.fine_tuning.jobs.cancel(running.id)
    assert list(client.fine_tuning.jobs.checkpoints.list(running.id)) == []
    assert server.get(f"/datasets/{file.id}").status == 200
    assert client.files.delete(file.id).deleted
    assert server.get(f"/datasets/{file.id}").status == 404  # it went with its file
    assert server.get(f"/datasets/{facts.id}").status == 200


def test_a_paused_job_lets_others_go_first(client, server, facts):
    def status(job, wanted):
        # The SDK knows `paused` only by its method: the type of a job has no such status.
        return wait_for(lambda: client.fine_tuning.jobs.retrieve(job).status == wanted, 300, f"{job} to be {wanted}")
    first = ask(client, facts.id, suffix="set aside", **NEVER)
    status(first.id, "running")
    assert client.fine_tuning.jobs.pause(first.id).status in ("running", "paused")
    status(first.id, "paused")
    with pytest.raises(openai.ConflictError, match="paused"):
        client.fine_tuning.jobs.pause(first.id)
    ended(client, ask(client, facts.id, suffix="between", hyperparameters={"n_epochs": 1}).id)
    assert server.get("/training/jobs?state=paused").json()["jobs"][0]["id"] == first.id
    assert client.fine_tuning.jobs.resume(first.id).status in ("queued", "running")
    status(first.id, "running")
    messages = [event.message for event in client.fine_tuning.jobs.list_events(first.id)]
    assert "Fine-tuning job paused" in messages
    client.fine_tuning.jobs.cancel(first.id)
    ended(client, first.id, "cancelled")
    with pytest.raises(openai.ConflictError, match="cancelled"):
        client.fine_tuning.jobs.pause(first.id)


def test_files_that_cannot_be_learnt_are_refused_at_once(client, server):
    prompts = json.dumps({"prompt": "2 + 2 =", "completion": " 4"}) + "\n"
    for text, purpose, words in [
            (LINE + "no JSON\n" + LINE, "fine-tune", "line 2"),
            (LINE + json.dumps({"messages": [{"role": "robot", "content": "x"}]}) + "\n", "fine-tune", "line 2"),
            ("no JSON\n", "fine-tune", "row"),
            (json.dumps({"text": "only text"}) + "\n", "fine-tune", "messages"),
            (json.dumps([TURN]), "fine-tune", "each line"),
            ("question,answer\na,b\n", "fine-tune", ""),
            (LINE, "batch", "batch"),
            ("", "fine-tune", "empty")]:
        file = upload(client, text, purpose=purpose)
        for more in ({"training_file": file.id},
                     {"training_file": upload(client, prompts).id, "validation_file": file.id}):
            with pytest.raises(openai.BadRequestError) as refused:
                client.fine_tuning.jobs.create(model="base", **more)
            error = refused.value.body
            param = "validation_file" if "validation_file" in more else "training_file"
            assert error["param"] == param and error["code"] == f"invalid_{param}", error
            assert words in error["message"] and error["type"] == "invalid_request_error", error
            assert str(server.home) not in error["message"], error
        assert client.files.delete(file.id).deleted


def test_what_cannot_be_is_refused_with_its_parameter(client, server, facts, learnt):
    def refused(kind, **change):
        with pytest.raises(kind) as error:
            client.fine_tuning.jobs.create(**{"model": "base", "training_file": facts.id, **change})
        return error.value.body
    assert refused(openai.NotFoundError, model="gpt-4o-mini")["code"] == "model_not_found"
    assert "fine-tuned" in refused(openai.BadRequestError, model=learnt.fine_tuned_model)["message"]
    supervised = lambda **values: {"type": "supervised", "supervised": {"hyperparameters": values}}  # noqa: E731
    for change, param in [
            ({"training_file": "file-none"}, "training_file"),
            ({"validation_file": "../../etc/passwd"}, "validation_file"),
            ({"suffix": "é!"}, "suffix"),
            ({"suffix": "x" * 65}, "suffix"),
            ({"seed": -1}, "seed"),
            ({"method": {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.1}}}}, "method.type"),
            ({"method": {"type": "reinforcement"}}, "method.type"),
            ({"method": {"type": "supervised", "dpo": {"x": 1}}}, "method.dpo"),
            ({"method": supervised(n_epochs=0)}, "method.supervised.hyperparameters.n_epochs"),
            ({"method": supervised(n_epochs="many")}, "method.supervised.hyperparameters.n_epochs"),
            ({"hyperparameters": {"learning_rate_multiplier": 0}}, "hyperparameters.learning_rate_multiplier"),
            ({"hyperparameters": {"batch_size": 1.5}}, "hyperparameters.batch_size"),
            ({"metadata": {"a": "x" * 513}}, "metadata.a"),
            ({"metadata": {str(n): "x" for n in range(17)}}, "metadata"),
            ({"extra_body": {"parameters": {"rang": 4}}}, "parameters"),
            ({"extra_body": {"parameters": {"learning_rate": 7}}}, "parameters")]:
        error = refused(openai.BadRequestError, **change)
        assert error["param"] == param, error
    assert "rank" in refused(openai.BadRequestError, extra_body={"parameters": {"rank": 1024}})["message"]
    for body in (b"{", b"[]", b"null", b'{"model": "base"}', b'{"model": 7, "training_file": "x"}'):
        answer = server.request("POST", "/v1/fine_tuning/jobs", body, headers={"Content-Type": "application/json"})
        assert answer.status == 400 and answer.json()["error"]["message"], answer.text
    for path in ("", "/events", "/events?stream=true", "/checkpoints"):
        assert server.get(f"/v1/fine_tuning/jobs/ftjob-none{path}").status == 404
    for verb in ("cancel", "pause", "resume"):
        assert server.post(f"/v1/fine_tuning/jobs/ftjob-none/{verb}").status == 404
    for query in ("?limit=0", "?limit=101", "?limit=x", "?" + "&".join(f"metadata[{n}]=x" for n in range(17))):
        assert server.get(f"/v1/fine_tuning/jobs{query}").status == 400
    assert server.get(f"/v1/fine_tuning/jobs/{learnt.id}/events?after=ftevent-0-1").status == 400
    assert server.get("/v1/fine_tuning/jobs?after=ftjob-none").status == 404
    assert server.get("/v1/fine_tuning/jobs?metadata[%FF=%00&metadata]=&metadata[=x").status == 200


def test_a_file_that_is_gone_is_named_as_the_client_knows_it(client, server):
    file = upload(client, LINE)
    client.fine_tuning.jobs.cancel(ask(client, file.id, **NEVER).id)
    (server.home / "files" / file.id).unlink()
    with pytest.raises(openai.APIStatusError) as refused:
        ask(client, file.id, **NEVER)
    assert file.id in str(refused.value) and str(server.home) not in str(refused.value), refused.value


def test_integrations_are_passed_over_and_said_to_be(client, facts):
    answer = client.fine_tuning.jobs.with_raw_response.create(
        model="base", training_file=facts.id, integrations=[{"type": "wandb", "wandb": {"project": "p"}}], **NEVER)
    assert answer.headers["hearth-ignored"] == "integrations"
    client.fine_tuning.jobs.cancel(answer.parse().id)
