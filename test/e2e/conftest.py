"""Fixtures for tests over the real binary: a server of one's own, models, the command line.

Environment: HEARTH_BIN is the program (default build/bin/hearth), HEARTH_TEST_GGUF the demo model,
HEARTH_TEST_MINILM the embedding model (a folder),
HEARTH_LLAMA_SERVER the peer, HEARTH_TEST_SLOW a factor on every deadline (sanitizers).
"""
import contextlib
import gzip
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HEARTH = pathlib.Path(os.environ.get("HEARTH_BIN", ROOT / "build/bin/hearth"))
SLOW = float(os.environ.get("HEARTH_TEST_SLOW", "1"))
# What the machine has set must not reach the programs under test.
FOREIGN = ("HEARTH_", "HF_", "DATABASE_URL", "MLFLOW_", "ARTIFACT_ROOT", "STORAGE_", "LOG_LEVEL",
           "OPENAI_")
KEPT = ("HEARTH_SANDBOX",)


# Crashes are what some scripts of the fake engine ask for; these faults nobody asks for.
SANITIZER_FAULT = re.compile(
    r"(Leak|Thread)Sanitizer: |runtime error: |AddressSanitizer: (?!SEGV|ABRT|BUS|ILL|FPE)")


def free_port():
    """Below those that Linux gives to clients: whoever connects meanwhile does not take it."""
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            port = random.SystemRandom().randrange(20000, 32000)
            probe.bind(("127.0.0.1", port))
            return port


def clean_environment(extra=None):
    env = {key: value for key, value in os.environ.items()
           if key in KEPT or not key.startswith(FOREIGN)}
    env.update({key: str(value) for key, value in (extra or {}).items()})
    return env


def wait_for(condition, seconds=30, what="condition"):
    """Polls until it holds and returns its value; the deadline has the slack of the machine."""
    end = time.monotonic() + seconds * SLOW
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come within {seconds * SLOW:.0f} s")
        time.sleep(0.02)


def strict_json(text):
    """Parses JSON as nobody may read it in two ways: a key that comes twice is a fault, and so is
    what only Python takes for a number."""
    def once(pairs):
        keys = [key for key, _ in pairs]
        assert len(keys) == len(set(keys)), f"a key comes twice: {text[:400]}"
        return dict(pairs)

    def refuse(word):
        raise AssertionError(f"{word} is no JSON: {text[:400]}")
    return json.loads(text, object_pairs_hook=once, parse_constant=refuse)


def check_strictly(content_type, body, coding=None):
    """All JSON in an answer: the whole, or each event of a stream."""
    if coding == "gzip":
        body = gzip.decompress(body)
    kind = (content_type or "").split(";")[0].strip()
    if kind in ("application/json", "application/problem+json") and body:
        strict_json(body)
    elif kind == "text/event-stream":
        for line in body.decode(errors="replace").splitlines():
            if line.startswith("data: {"):
                strict_json(line[len("data: "):])


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        check_strictly(headers["Content-Type"], body, headers["Content-Encoding"])

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)


class Server:
    """A running `hearth serve` on a home and a port of its own."""

    def __init__(self, home, arguments=(), env=None, wait=True, directory=None, port=None):
        self.home, self.port = pathlib.Path(home), port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_path = self.home.parent / f"{self.home.name}-{self.port}.log"
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [HEARTH, "serve", "--home", self.home, "--port", str(self.port), *map(str, arguments)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory or self.home.parent,
                env=clean_environment(env))
        if wait:
            self.wait_ready()

    @property
    def pid(self):
        return self.process.pid

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    def events(self, name=None):
        """The log's JSON lines, all or those of one event."""
        rows = []
        for line in self.log.splitlines():
            with contextlib.suppress(ValueError):
                row = json.loads(line)
                if isinstance(row, dict) and name in (None, row.get("event")):
                    rows.append(row)
        return rows

    def wait_ready(self, seconds=60):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"serve ended with {self.process.returncode}:\n{self.log}")
            with contextlib.suppress(OSError):
                return self.get("/ready").status == 200
            return False
        wait_for(ready, seconds, "the server")

    def request(self, method, path, body=None, headers=None, timeout=120):
        bytes_ = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=bytes_, method=method)
        if bytes_ is not None:
            request.add_header("Content-Type", "application/json")
        for key, value in (headers or {}).items():
            request.add_header(key, value)
        # No proxy: a test never leaves the machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=timeout * SLOW) as got:
                return Answer(got.status, got.headers, got.read())
        except urllib.error.HTTPError as fault:
            return Answer(fault.code, fault.headers, fault.read())

    def get(self, path, **rest):
        return self.request("GET", path, **rest)

    def post(self, path, body=None, **rest):
        return self.request("POST", path, {} if body is None else body, **rest)

    def delete(self, path, **rest):
        return self.request("DELETE", path, **rest)

    def metric(self, name, **labels):
        """The sum of a metric over the rows that carry these labels; 0 when there is none."""
        total = 0.0
        for line in self.get("/metrics").text.splitlines():
            head, _, value = line.rpartition(" ")
            if head.split("{")[0] == name and \
                    all(f'{key}="{label}"' in head for key, label in labels.items()):
                total += float(value)
        return total

    def cli(self, *arguments, **rest):
        return cli(*arguments, home=self.home, **rest)

    def stop(self, number=signal.SIGTERM, seconds=60):
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(seconds * SLOW)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"serve did not end after signal {number}:\n{self.log}") from None

    def end(self):
        """At the end of a test: in order where it can, so that sanitizers and coverage have their
        say; a second signal ends what still drains."""
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is not None:
                break
            self.process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(3 * SLOW)
        self.process.wait()
        found = SANITIZER_FAULT.search(self.log)
        assert not found, self.log[found.start():found.start() + 6000]


def cli(*arguments, home=None, stdin=None, env=None, directory=None, timeout=120):
    """Runs the program to its end: returncode, stdout, stderr."""
    argv = [str(HEARTH), *map(str, arguments)]
    where = {"HEARTH_HOME": home} if home else {}
    return subprocess.run(argv, input=stdin, text=True, capture_output=True, cwd=directory,
                          timeout=timeout * SLOW, env=clean_environment({**where, **(env or {})}),
                          **({} if stdin is not None else {"stdin": subprocess.DEVNULL}))


def write_fake(path, **script):
    """A scripted model for the fake engine; docs/fake-engine.md says what a script may hold."""
    path = pathlib.Path(path)
    path.write_text("".join(f"{key} = {value}\n" for key, value in script.items()) or "# echo\n")
    return path


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def start(home):
    """start(*arguments, env={…}, home=…) runs a server; all are stopped at the end."""
    servers = []

    def begin(*arguments, home=home, **rest):
        servers.append(Server(home, arguments, **rest))
        return servers[-1]

    yield begin
    for server in servers:
        server.end()


@pytest.fixture
def server(start):
    """A server with nothing installed."""
    return start()


@pytest.fixture(scope="session")
def gguf():
    """The demo model's file."""
    path = os.environ.get("HEARTH_TEST_GGUF") or subprocess.run(
        [ROOT / "scripts/models", "smollm2"], check=True, capture_output=True, text=True).stdout.strip()
    return pathlib.Path(path)


@pytest.fixture(scope="session")
def minilm():
    """The embedding model's folder."""
    path = os.environ.get("HEARTH_TEST_MINILM") or subprocess.run(
        [ROOT / "scripts/models", "minilm"], check=True, capture_output=True, text=True).stdout.strip()
    return pathlib.Path(path)


@pytest.fixture
def fake_server(start, home, tmp_path):
    """A server with a model `fake` of the fake engine."""
    script = write_fake(tmp_path / "script.fake")
    done = cli("install", f"fake:{script}", "--name", "fake", home=home)
    assert done.returncode == 0, done.stderr
    return start()


@pytest.fixture(scope="session")
def demo_server(tmp_path_factory, gguf):
    """One server with the demo model `smollm2` for the whole session: leave it as it was."""
    folder = tmp_path_factory.mktemp("demo") / "home"
    folder.mkdir()
    done = cli("install", f"file:{gguf}", "--name", "smollm2", home=folder)
    assert done.returncode == 0, done.stderr
    running = Server(folder)
    yield running
    running.end()


def make_home(base):
    """A home with a model that answers at once and one that takes its time."""
    home = base / "home"
    home.mkdir()
    for name, script in (("fake", {}), ("slow", {"token_us": 40000})):
        path = write_fake(base / f"{name}.fake", **script)
        done = cli("install", f"fake:{path}", "--name", name, home=home)
        assert done.returncode == 0, done.stderr
    return home


def pytest_configure(config):
    config.addinivalue_line("markers", "once: takes long, and shows nothing more of a server with "
                            "sanitizers or counters: only the plain one is asked")
    config.addinivalue_line("markers", "computes: takes all cores: not beside another that does; who "
                            "asks for a real model's fixture has it by itself")
    config.addinivalue_line("markers", "one_core: computes, but on one core: where computing takes "
                            "longer than waiting, it runs beside what takes all of them")
    config.addinivalue_line("markers", "alone: measures time or memory: beside no other test")


# Who asks these computes, with all cores.
REAL_MODELS = {"gguf", "minilm", "demo_server"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """scripts/test_suites.py runs what computes beside what does not."""
    for item in items:
        if REAL_MODELS & set(item.fixturenames):
            item.add_marker("computes")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A failure shows the end of the server's log."""
    report = (yield).get_result()
    if not report.failed:
        return
    for value in item.funcargs.values():
        if isinstance(value, Server):
            report.sections.append((f"log of {value.url}", value.log[-6000:]))
