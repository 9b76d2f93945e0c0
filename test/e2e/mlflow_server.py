"""A real MLflow tracking server of the packages in build/mlflow, and a proxy before it that can be away,
want credentials, or answer as no server should."""
import base64
import contextlib
import http.server
import json
import os
import pathlib
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request

import pytest

from conftest import ROOT, clean_environment, free_port, wait_for

FOLDER = ROOT / "build/mlflow"
PREFIX = "/api/2.0/mlflow/"
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Mlflow:
    def __init__(self, folder):
        if not (FOLDER / "bin/mlflow").exists() and not os.environ.get("CI"):
            pytest.skip("MLflow is not installed in build/mlflow (scripts/test makes it)")
        self.folder, self.port, self.process = pathlib.Path(folder), free_port(), None
        self.url = f"http://127.0.0.1:{self.port}"

    def begin(self):
        if self.process:
            return
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                [FOLDER / "bin/mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1",
                 "--backend-store-uri", f"sqlite:///{self.folder}/mlflow.db", "--serve-artifacts",
                 "--artifacts-destination", self.folder / "artifacts"],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env=clean_environment({"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}))

        def answers():
            assert self.process.poll() is None, (self.folder / "server.log").read_text()
            with contextlib.suppress(OSError):
                return OPENER.open(self.url + "/health", timeout=5).status == 200
        wait_for(answers, 120, "MLflow")

    def end(self):
        """With its workers, which are of its group."""
        if self.process:
            os.killpg(self.process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(2)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.url + PREFIX + path, method=method,
                                         data=None if body is None else json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        with OPENER.open(request, timeout=60) as got:
            return json.loads(got.read())

    def experiments(self, name):
        found = self.ask("POST", "experiments/search", {"max_results": 1000, "view_type": "ALL"})["experiments"]
        return [each["experiment_id"] for each in found if each["name"] == name]

    def all_versions(self, name):
        return self.ask("GET", f"model-versions/search?filter=name%3D%27{name}%27").get("model_versions", [])

    def versions(self, name):
        """{our number: MLflow's version}, each once."""
        found = self.all_versions(name)
        numbers = [{tag["key"]: tag["value"] for tag in each["tags"]}["hearth.version"] for each in found]
        assert len(numbers) == len(set(numbers)), found
        return dict(zip(map(int, numbers), found))


class Proxy:
    """`mode`: pass, down (connections are closed), basic or bearer (401 without it), huge, slow (neither
    ends), nonsense, empty, list, page, wrong, redirect, fault. What comes for the path `hangs` is done and
    never answered."""

    def __init__(self, mlflow, mode="pass"):
        self.mlflow, self.mode, self.secret, self.seen, self.lock = mlflow, mode, "", [], threading.Lock()
        self.hangs, self.held = None, 0
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with contextlib.suppress(OSError):
                    proxy.answer(self, body)

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_any

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def env(self, **more):
        return {"MLFLOW_TRACKING_URI": self.url, **more}

    def made(self, path):
        """Names of what was made there, from answers of 200."""
        with self.lock:
            return [json.loads(body).get("name") for method, where, body, status in self.seen
                    if method == "POST" and where.endswith(path) and status == 200]

    def forward(self, handler, body):
        request = urllib.request.Request(self.mlflow.url + handler.path, data=body or None, method=handler.command)
        request.add_header("Content-Type", handler.headers.get("Content-Type", "application/json"))
        try:
            with OPENER.open(request, timeout=60) as got:
                status, answer = got.status, got.read()
        except urllib.error.HTTPError as fault:
            status, answer = fault.code, fault.read()
        with self.lock:
            self.seen.append((handler.command, handler.path, body, status))
        return status, answer

    def answer(self, handler, body):
        mode = self.mode
        wanted = {"basic": "Basic " + base64.b64encode(self.secret.encode()).decode(),
                  "bearer": "Bearer " + self.secret}.get(mode)
        if mode == "down":
            handler.close_connection = True
            return
        if wanted and handler.headers.get("Authorization") != wanted:
            self.send(handler, 401, b"You are not authenticated.")
        elif mode in ("pass", "basic", "bearer"):
            got = self.forward(handler, body)
            if self.hangs and handler.path.endswith(self.hangs):
                self.held += 1
                while self.hangs:
                    time.sleep(0.02)
                handler.close_connection = True
            else:
                self.send(handler, *got)
        elif mode in ("huge", "slow"):
            self.send_on(handler, mode)
        else:
            self.send(handler, {"redirect": 302, "fault": 500}.get(mode, 200), {
                "nonsense": b'{"experiment": {"experiment_id": ' + b"[" * 100000,
                "empty": b"", "list": b"[1, 2]", "page": b"<html>hello</html>", "redirect": b"",
                "fault": b"Internal Server Error",
                "wrong": b'{"experiment": {"experiment_id": "../../1", "lifecycle_stage": 7}}'}[mode],
                      location=self.mlflow.url + handler.path if mode == "redirect" else None)

    def send(self, handler, status, body, location=None):
        handler.send_response(status)
        if location:
            handler.send_header("Location", location)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def send_on(self, handler, mode):
        """Without an end: as fast as it is read, or drop by drop."""
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        while self.mode == mode:
            piece = b'{"a": "' + b"x" * (1 << 16) if mode == "huge" else b" "
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            if mode == "slow":
                time.sleep(0.1)
        handler.close_connection = True

    def end(self):
        self.mode = "down"
        self.server.shutdown()
        self.server.server_close()
