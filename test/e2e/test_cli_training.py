"""hearth datasets, train, jobs, logs, cancel, resume. Data sets are asked of a real server; jobs of one that says what a
job would, at the test's pace."""
import http.server
import json
import os
import pathlib
import re
import signal
import subprocess
import threading

import pytest

import decoder_folders
import made_up_facts
from conftest import HEARTH, SLOW, Server, clean_environment, cli, wait_for
from test_cli import Terminal

ID = "ftjob-0123456789abcdef01234567"
PLAN = {"type": "plan", "steps": 40, "rows": 10, "tokens": 900, "learnt_tokens": 300, "cut": 1, "memory_bytes": 5 << 20}


def metrics(step, **more):
    return {"type": "metrics", "step": step, "epoch": step / 10, "loss": 4 / step, "learning_rate": 2e-4,
            "tokens_per_second": 1234.4, "eta_seconds": 130, "memory_bytes": 829 << 20, **more}


class Jobs(http.server.ThreadingHTTPServer):
    """The routes of one job. Its events come from a script: dicts, or what waits and breaks."""
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.events, self.seen, self.state, self.error = [], [], "running", None
        self.canceled, self.more = threading.Event(), threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def job(self):
        done = self.state == "completed"
        return {"id": ID, "state": self.state, "model": "m", "base_model": "base:1", "dataset_id": "ds-1", "step": 40,
                "steps": 40, "loss": 0.1, "evaluation_loss": 0.25, "eta_seconds": None, "parameters": {"rank": 8, "learning_rate": 2e-4, "modules": ["q_proj", "v_proj"]},
                "version": "m:3" if done else None, "artifact_path": "/a/m" if done else None, "error": self.error}

    def handle_error(self, *_):
        pass  # clients leave


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def read(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.command, self.path, dict(self.headers), body))
        return body

    def do_POST(self):
        body, server = self.read(), self.server
        if self.path.endswith("/cancel"):
            server.canceled.set()
            self.answer(200, server.job())
        elif self.path.endswith("/resume"):
            self.answer(409, {"error": "conflict", "code": "conflict", "detail": f"the job {ID} is completed"})
        elif json.loads(body).get("dry_run"):
            pieces = [{"text": "<user>Hi\n", "counts": False, "tokens": 4}, {"text": "Hello.\x1b[2J", "counts": True, "tokens": 3}]
            self.answer(200, {"plan": PLAN, "preview": {"rows": [{"pieces": pieces, "cut_tokens": 7}], "tokens": {"min": 3, "median": 9, "p95": 20, "max": 31}}})
        else:
            self.answer(201, server.job())

    def do_GET(self):
        self.read()
        if self.path.startswith("/datasets/"):
            self.answer(200, {"id": "ds-1", "name": "facts", "sha256": "0" * 64})
        elif self.path.endswith("/events") or "/logs" in self.path:
            self.stream()
        elif self.path == f"/training/jobs/{ID}":
            self.answer(200, self.server.job())
        elif self.path.startswith("/training/jobs?"):
            self.answer(200, {"jobs": [self.server.job()], "total": 1})
        else:
            self.answer(404, {"error": "not found", "code": "not_found", "detail": "there is no training job"})

    def stream(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        after = int(self.headers.get("Last-Event-ID", 0))
        for number, event in enumerate(self.server.events, 1):
            if number <= after:
                continue
            if event == "break":
                self.server.events[number - 1] = {"type": "log", "level": "warning", "message": "it broke"}
                return
            if isinstance(event, threading.Event):
                self.wfile.flush()
                event.wait(60 * SLOW)
                continue
            if event.get("type") == "state":
                self.server.state = event["state"]
            line = json.dumps(event)
            self.wfile.write((f"{line}\n" if "/logs" in self.path else f"id: {number}\nevent: {event['type']}\ndata: {line}\n\n").encode())
            self.wfile.flush()


@pytest.fixture
def jobs():
    server = Jobs()
    yield server
    server.shutdown()
    server.server_close()


def state(word, **more):
    return {"type": "state", "state": word, **more}


def run(jobs, *arguments, home="/nonexistent", **rest):
    return cli(*arguments, "--url", jobs.url, home=home, **rest)


# Data sets
def test_data_is_registered_listed_shown_used_again_and_removed(tmp_path):
    (tmp_path / "home").mkdir()
    server = Server(tmp_path / "home", ["--file-bytes-max", "2200KiB"])
    try:
        data = tmp_path / "facts.jsonl"
        data.write_text('{"text": "a"}\n{"text": 1}\n' + '{"text": "%s"}\n' % ("b" * 20000) * 100)
        assert "No data set" in server.cli("datasets").stdout
        added = server.cli("datasets", "add", data)
        assert added.returncode == 0 and "facts" in added.stdout and "line 2: " in added.stdout, added.stderr
        assert "100 %" in added.stderr
        row = json.loads(server.cli("datasets", "show", "facts", "--json").stdout)
        assert row["rows"] == 101 and (server.home / row["path"]).read_bytes() == data.read_bytes()
        assert str(server.home / row["path"]) in server.cli("datasets", "show", "facts").stdout
        assert re.search(r"^facts +101 +1 +text +jsonl +1", server.cli("datasets").stdout, re.M)
        again = server.cli("datasets", "add", data)
        assert again.returncode == 73 and "another name" in again.stderr
        assert server.cli("datasets", "add", data, "--name", "other", "--json").returncode == 0
        escaped = server.cli("datasets", "add", data, "--in-place")
        assert escaped.returncode == 2 and "dataset_roots" in escaped.stderr
        (server.home / "datasets/near.jsonl").write_text('{"text": "near"}\n')
        for path, name in (("near.jsonl", "a"), (server.home / "datasets/near.jsonl", "b")):
            made = json.loads(server.cli("datasets", "add", "--in-place", path, "--name", name, "--json").stdout)
            assert made["origin"] == "path" and server.cli("datasets", "rm", name).returncode == 0
        data.write_text('{"text": "changed"}\n')
        other = server.cli("train", "base", data)
        assert other.returncode == 73 and "with other bytes" in other.stderr, other.stderr
        assert server.cli("train", "base", "none").returncode == 66
        assert server.cli("datasets", "add", tmp_path).returncode != 0
        with open(tmp_path / "large", "wb") as file:
            file.truncate(3 << 20)
        large = server.cli("datasets", "add", tmp_path / "large")
        assert large.returncode == 65 and "--in-place" in large.stderr, large.stderr
        assert server.cli("datasets", "add", tmp_path / "none").returncode == 66
        for name in ("facts", "other"):
            assert server.cli("datasets", "rm", name).stdout == f"removed {name}\n"
        assert server.cli("datasets", "rm", "facts").returncode == 66 and not list((server.home / "files").iterdir())
    finally:
        server.end()
    assert "hearth serve" in cli("datasets", home=tmp_path / "home").stderr


# A job of a real server
@pytest.mark.once
@pytest.mark.skipif(not os.environ.get("HEARTH_TEST_GGUF"), reason="HEARTH_TEST_GGUF names no model")
def test_a_file_is_learnt_on_a_terminal_and_what_came_of_it_answers(start, home, gguf, tmp_path):
    base = decoder_folders.demo_folder(pathlib.Path(gguf), tmp_path / "base", layers=1)
    assert cli("install", f"file:{base}", "--name", "base", home=home).returncode == 0
    made_up_facts.write_rows(tmp_path / "facts.jsonl", made_up_facts.facts(8))
    server = start()
    how = ["base", str(tmp_path / "facts.jsonl")]
    for pair in ("rank=2", "modules=q_proj,v_proj", "epochs=1", "batch_size=2", "context=64", "threads=1"):
        how += ["--set", pair]
    shown = server.cli("train", *how, "--dry-run")
    assert shown.returncode == 0 and "plan: 4 steps over 8 rows" in shown.stdout and "«" in shown.stdout, shown.stderr
    assert server.cli("train", *how, "--set", "rank=0").returncode == 65
    terminal = Terminal("train", *how, home=home, columns=100)
    assert terminal.end(120) == 0, terminal.text
    assert re.search(r"\[[#.]+\]\S* step \d of 4, loss", terminal.text), terminal.text
    assert re.search(r"base-facts:1\S* is trained", terminal.text)
    [job] = json.loads(server.cli("jobs", "--json").stdout)["jobs"]
    assert job["state"] == "completed" and job["step"] == 4
    assert server.cli("logs", job["id"], "-f").stdout.splitlines()[-1] == "completed"
    assert server.cli("run", "base-facts", "Hi", "--max-tokens", "2").returncode == 0
    assert server.cli("resume", job["id"]).returncode == 73
    assert server.cli("datasets", "rm", "facts").returncode == 0


# Jobs
def test_a_job_is_followed_in_plain_lines_and_a_connection_that_breaks_is_made_again(jobs):
    jobs.events = [state("queued"), state("running"), PLAN, *(metrics(step) for step in range(1, 21)), "break",
                   metrics(21, evaluation_loss=0.5), *(metrics(step) for step in range(22, 41)), state("completed")]
    done = run(jobs, "train", "base:1", "facts", "--name", "m", "--set", "rank=4", "--set", "train_on=all", "--set",
               "modules=q_proj,v_proj", "--eval", "held")
    assert done.returncode == 0, done.stderr
    body = json.loads(next(seen[3] for seen in jobs.seen if seen[0] == "POST"))
    assert body == {"model": "m", "base_model": "base:1", "dataset_id": "ds-1", "evaluation_dataset_id": "ds-1",
                    "parameters": {"rank": 4, "train_on": "all", "modules": ["q_proj", "v_proj"]}}
    lines = done.stderr.splitlines()
    assert lines[:4] == [f"job {ID}", "queued", "running",
                         "plan: 40 steps over 10 rows of 900 tokens (300 learnt), 5.0 MiB; 1 cut"]
    assert lines[4] == "step 1 of 40, epoch 0.10, loss 4, rate 0.0002, 1234 tokens/s, 2m 10s left, 829.0 MiB"
    assert lines[-1] == "completed" and len(lines) < 30 and "evaluation 0.5" in done.stderr
    assert [seen[2].get("Last-Event-ID") for seen in jobs.seen if seen[1].endswith("/events")] == [None, "23"]
    assert "hearth run m:3" in done.stdout and "\033" not in done.stdout + done.stderr
    quiet = run(jobs, "train", "base:1", "facts", "--json")
    assert json.loads(quiet.stdout)["version"] == "m:3" and quiet.stderr == ""


def test_a_failed_job_fails_the_command_and_says_why(jobs):
    jobs.error = {"code": "insufficient_memory", "message": "it needs 3 GiB"}
    jobs.events = [state("running"), state("failed", error=jobs.error)]
    failed = run(jobs, "train", "base:1", "facts")
    assert failed.returncode == 71 and "the job failed: it needs 3 GiB" in failed.stderr
    jobs.error, jobs.events = None, [state("cancelled")]
    assert run(jobs, "train", "base:1", "facts").returncode == 130


def test_a_dry_run_shows_what_is_learnt_and_detaching_does_not_wait(jobs):
    shown = run(jobs, "train", "base", "facts", "--dry-run")
    assert "«Hello.?[2J»" in shown.stdout and "<user>Hi" in shown.stdout and "3 to 31 tokens" in shown.stdout
    assert "… and 7 tokens more" in shown.stdout
    assert run(jobs, "train", "base", "facts", "--dry-run", "--json").stdout.startswith('{"plan"')
    body = json.loads(jobs.seen[-1][3])
    assert body["model"] == "base-facts" and body["dry_run"] is True
    detached = run(jobs, "train", "base", "facts", "--detach")
    assert detached.stdout.startswith(f"job {ID}\n") and f"hearth cancel {ID}" in detached.stdout
    assert json.loads(run(jobs, "train", "base", "facts", "--detach", "--json").stdout)["id"] == ID
    assert run(jobs, "train", "base", "facts", "--set", "rank").returncode == 2


def test_jobs_are_listed_shown_logged_cancelled_and_resumed(jobs):
    jobs.events = [state("running"), PLAN, metrics(1), {"type": "log", "level": "warning", "message": "a\x1b[2Jb"},
                   {"type": "checkpoint", "step": 1}, state("completed")]
    assert re.search(rf"^{ID} +running +m +base:1 +40/40 +0.1 +-$", run(jobs, "jobs").stdout, re.M)
    shown = run(jobs, "jobs", ID).stdout
    assert "running" in shown and "base:1" in shown and "step 40 of 40" in shown
    assert "rank=8 learning_rate=0.0002 modules=q_proj,v_proj" in shown
    assert run(jobs, "jobs", "--state", "running", "--json").returncode == 0
    assert jobs.seen[-1][1] == "/training/jobs?limit=500&state=running"
    for follow in ([], ["-f"], ["--follow"]):
        lines = run(jobs, "logs", ID, *follow).stdout.splitlines()
        assert lines[0] == "running" and lines[3:] == ["warning: a?[2Jb", "checkpoint at step 1", "completed"], lines
    assert [json.loads(line)["type"] for line in run(jobs, "logs", ID, "--json").stdout.splitlines()][0] == "state"
    assert run(jobs, "cancel", ID).stdout == f"{ID} is completed\n" and jobs.canceled.is_set()
    refused = run(jobs, "resume", ID)
    assert refused.returncode == 73 and "is completed" in refused.stderr
    for command in (("jobs", "none"), ("logs", ID, "-x"), ("logs",)):
        assert run(jobs, *command).returncode in (2, 66)


def terminal_of(jobs, tmp_path, columns=110):
    return Terminal("train", "base:1", "facts", "--url", jobs.url, home=tmp_path, columns=columns)


def test_on_a_terminal_a_bar_is_drawn_anew_and_fits(jobs, tmp_path):
    jobs.events = [state("running"), PLAN, metrics(1), {"type": "log", "level": "warning", "message": "careful"}, metrics(20),
                   jobs.more, metrics(40), state("completed")]
    terminal = terminal_of(jobs, tmp_path, columns=70)
    terminal.expect(r"\r[^\r]*\[#{5}\.{5}\]\033\[0m step 20 of 40, loss 0\.2")
    jobs.more.set()
    assert terminal.end() == 0
    assert "warning: careful\r\n" in terminal.text and "hearth run m:3" in terminal.text
    bars = [re.sub(r"\033\[[0-9;]*[mK]", "", bar) for bar in re.findall(r"\r([^\r\n]*\[[^\r\n]*)", terminal.text)]
    assert any("step 40 of 40" in bar for bar in bars) and max(map(len, bars)) <= 70


@pytest.mark.parametrize("answer, status, said", [
    ("y\r", 130, "Cancelling"), ("n\r", 0, "m:3"), ("d\r", 0, "Detached: the job goes on"), ("\x03", 130, "Detached")])
def test_ctrl_c_asks_whether_to_cancel_or_to_detach(jobs, tmp_path, answer, status, said):
    jobs.events = [state("running"), PLAN, metrics(1), jobs.canceled if answer == "y\r" else jobs.more,
                   state("cancelled" if answer == "y\r" else "completed")]
    terminal = terminal_of(jobs, tmp_path)
    terminal.expect("step 1 of 40")
    terminal.type("\x03")
    terminal.expect(r"Cancel the job\?")
    terminal.type(answer)
    if answer == "n\r":
        wait_for(lambda: sum(seen[1].endswith("/events") for seen in jobs.seen) == 2, what="the next connection")
        jobs.more.set()
    assert terminal.end() == status
    assert said in terminal.text and jobs.canceled.is_set() == (answer == "y\r"), terminal.text
    jobs.more.set()


def test_ctrl_c_without_a_terminal_detaches_with_130(jobs):
    jobs.events = [state("running"), PLAN, metrics(1), jobs.more, state("completed")]
    running = subprocess.Popen([HEARTH, "train", "base:1", "facts", "--url", jobs.url], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                               env=clean_environment({"HEARTH_HOME": "/nonexistent"}))
    for _ in range(4):
        line = running.stderr.readline()
    assert line.startswith("step 1 of 40")
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=30 * SLOW)
    assert running.returncode == 130 and "Detached: the job goes on" in err and not jobs.canceled.is_set()
    jobs.more.set()
