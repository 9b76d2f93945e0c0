"""Clients of several models on memory for fewer, for as long as is wished: they come, go, disconnect,
cancel, send garbage, and a worker is killed now and then. Each request must end in an answer or in an
error that names its cause; then the metrics are held against what the clients counted. test/e2e runs
it for a minute, `make bench` for thirty. Standard library only."""
import collections
import contextlib
import http.client
import json
import os
import pathlib
import random
import re
import signal
import socket
import threading
import time

from mixed_load import children, growth, rss_mb

WORDS = "river stone garden window letter market engine summer bridge doctor music paper".split()
# What a request may end in beside an answer: refused, given up with its worker, out of time.
ENDS = {429, 502, 503, 504, 507}
CHAT = "/v1/chat/completions"


class Fault(Exception):
    pass


def descendants(pid):
    found = children(pid)
    return found + [below for child in found for below in descendants(child)]


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


class Client:
    def __init__(self, soak, seed):
        self.soak, self.dice = soak, random.Random(seed)
        self.kinds = {self.whole: 25, self.streamed: 25, self.left: 15, self.gone_early: 10,
                      self.garbage: 10, self.wrong: 10, self.unloaded: 1}

    def run(self, end):
        while time.monotonic() < end:
            [kind] = self.dice.choices(list(self.kinds), self.kinds.values())
            try:
                self.soak.count(kind.__name__, kind())
            except (OSError, http.client.HTTPException, ValueError, Fault) as fault:
                self.soak.faults.append(f"{kind.__name__}: {fault!r}")
            time.sleep(self.dice.random() * 0.1)

    def body(self, **rest):
        text = " ".join(self.dice.choices(WORDS, k=self.dice.randint(1, 60)))
        return {"model": self.dice.choice(self.soak.models),
                "messages": [{"role": "user", "content": text}],
                "max_tokens": self.dice.choice([1, 8, 30, 80]), **rest}

    @contextlib.contextmanager
    def asked(self, path, body, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.soak.port,
                                                timeout=self.soak.patience_s)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            connection.request("POST", path, raw, {"Content-Type": "application/json",
                                                   **(headers or {})})
            if path == CHAT:
                self.soak.count("sent", path)
            yield connection.getresponse()
        finally:
            connection.close()

    def error(self, status, text, allowed=ENDS):
        """It must say what went wrong, and when a client may come again."""
        error = json.loads(text)["error"]
        if status not in allowed or not error["message"] or not error.get("code"):
            raise Fault(f"{status} {text[:300]}")
        return status

    def whole(self):
        with self.asked(CHAT, self.body()) as answer:
            text = answer.read()
            if answer.status != 200:
                if answer.status == 503 and not answer.headers["Retry-After"]:
                    raise Fault("503 without Retry-After")
                return self.error(answer.status, text)
            said = json.loads(text)
            if said["choices"][0]["finish_reason"] not in ("stop", "length"):
                raise Fault(text[:300])
            self.soak.count("tokens", "out", said["usage"]["completion_tokens"])
            return 200

    def streamed(self):
        with self.asked(CHAT, self.body(stream=True)) as answer:
            if answer.status != 200:
                return self.error(answer.status, answer.read())
            last = b""
            for line in answer:
                if line.startswith(b"data: "):
                    last = line[6:].strip()
                    if last.startswith(b"{") and "error" in (said := json.loads(last)):
                        if not said["error"]["message"] or not said["error"].get("code"):
                            raise Fault(last[:300])
                        return "error in stream"
            if last != b"[DONE]":
                raise Fault(f"a stream ends with {last[:200]}")
            return 200

    def left(self):
        """Reads a piece and goes."""
        with self.asked(CHAT, self.body(stream=True)) as answer:
            if answer.status != 200:
                return self.error(answer.status, answer.read())
            answer.readline()
            return "left"

    def gone_early(self):
        """Goes while it waits for its model, its turn, or its first token."""
        raw = json.dumps(self.body(stream=True)).encode()
        with socket.create_connection(("127.0.0.1", self.soak.port), 10) as connection:
            connection.sendall(b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json"
                               b"\r\nContent-Length: %d\r\n\r\n" % (CHAT.encode(), len(raw)) + raw)
            time.sleep(self.dice.random() * 0.3)
        return "gone"

    def garbage(self):
        with socket.create_connection(("127.0.0.1", self.soak.port), 10) as connection:
            connection.settimeout(self.soak.patience_s)
            with contextlib.suppress(OSError):  # it may hang up before it has read all of it
                connection.sendall(self.dice.randbytes(self.dice.choice([1, 50, 5000])) + b"\r\n\r\n")
                connection.shutdown(socket.SHUT_WR)
                connection.recv(100)
        return "sent"

    def wrong(self):
        body, status = self.dice.choice([
            (b'{"model": ', 400), ({**self.body(), "model": "absent"}, 404),
            ({**self.body(), "max_tokens": -5}, 400), ({**self.body(), "messages": 3}, 400),
            ({**self.body(), "messages": [{"role": "user", "content": "word " * 9000}]}, 400)])
        with self.asked(CHAT, body) as answer:
            return self.error(answer.status, answer.read(), ENDS | {status})

    def unloaded(self):
        """A request that wants its model gone behind it."""
        with self.asked("/api/generate", {"model": self.dice.choice(self.soak.models),
                                          "prompt": "", "keep_alive": 0}) as answer:
            answer.read()
            return "unloaded" if answer.status == 200 else f"{answer.status}"


class Soak:
    """run() loads the server; then `counts` says what came of it, `faults` what should not have
    been, `memory` has samples (seconds, MB) of the gateway."""

    def __init__(self, port, pid, models, patience_s=120):
        self.port, self.pid, self.models, self.patience_s = port, pid, models, patience_s
        self.counts, self.faults, self.memory = collections.Counter(), [], []
        self.kills, self.lock = 0, threading.Lock()

    def count(self, kind, outcome, number=1):
        with self.lock:
            self.counts[kind, outcome] += number

    def workers(self):
        return [int(pid) for pid in descendants(self.pid)]

    def kill_one(self, dice):
        for pid in dice.sample(workers := self.workers(), len(workers)):
            with contextlib.suppress(OSError):
                name = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
                if b"hearth-worker" in name:
                    os.kill(pid, signal.SIGKILL)
                    self.kills += 1
                    return

    def run(self, seconds, clients=12, kill_every=20.0, seed=1):
        begin, dice = time.monotonic(), random.Random(seed)
        self.files = open_files(self.pid)
        threads = [threading.Thread(target=Client(self, 1000 * seed + i).run,
                                    args=(begin + seconds,)) for i in range(clients)]
        for thread in threads:
            thread.start()
        next_kill = begin + kill_every
        while time.monotonic() < begin + seconds:
            time.sleep(1)
            self.memory.append((time.monotonic() - begin, rss_mb(self.pid)))
            if time.monotonic() >= next_kill:
                self.kill_one(dice)
                next_kill += kill_every
        for thread in threads:
            thread.join(2 * self.patience_s)
            if thread.is_alive():
                self.faults.append("a client still waits")

    def scrape(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", "/metrics")
        rows = connection.getresponse().read().decode().splitlines()
        connection.close()
        return [(name, dict(re.findall(r'(\w+)="([^"]*)"', labels)), float(value)) for name, labels, value
                in re.findall(r"^(\w+)(?:\{(.*)\})? (\S+)$", "\n".join(rows), re.M)]

    def sum(self, rows, name, **labels):
        return sum(value for key, have, value in rows
                   if key == name and all(have.get(k) == v for k, v in labels.items()))

    def is_quiet(self):
        rows = self.scrape()
        return not any(self.sum(rows, name) for name in
                       ("hearth_requests_running", "hearth_queue_depth", "hearth_slots_busy"))

    def books(self):
        """What does not add up, when all is quiet; empty when all does."""
        rows, wrong = self.scrape(), []

        def hold(what, is_, *figures):
            if not is_:
                wrong.append((what, *figures))
        sent = self.counts["sent", CHAT] + self.counts["gone_early", "gone"]
        told = self.sum(rows, "hearth_http_requests_total", route="chat_completions")
        hold("requests by route", sent - self.counts["gone_early", "gone"] <= told <= sent, told, sent)
        admitted = self.sum(rows, "hearth_model_requests_total")
        ended = self.sum(rows, "hearth_inferences_total")
        hold("each that was admitted has ended", admitted == ended, admitted, ended)
        canceled = self.sum(rows, "hearth_model_cancels_total")
        hold("cancels", canceled == self.sum(rows, "hearth_inferences_total", outcome="canceled"),
             canceled)
        done = self.sum(rows, "hearth_inferences_total", outcome="ok")
        answers = self.counts["whole", 200] + self.counts["streamed", 200]
        hold("answers", done >= answers, done, answers)
        out = self.sum(rows, "hearth_tokens_out_total")
        hold("tokens", out >= self.counts["tokens", "out"], out, self.counts["tokens", "out"])
        files = open_files(self.pid)
        hold("open files", files <= self.files + 3 * len(self.models) + 4, files, self.files)
        return wrong

    def tell(self):
        first, last, per_minute = growth(self.memory)
        outcomes = collections.Counter()
        for (kind, outcome), number in self.counts.items():
            if kind not in ("sent", "tokens"):
                outcomes[str(outcome)] += number
        return (f"{self.counts['sent', CHAT]} requests, {self.kills} workers killed, "
                f"{dict(sorted(outcomes.items()))}, memory {first:.1f} → {last:.1f} MB "
                f"({per_minute:+.2f} MB/min), {len(self.faults)} faults")
