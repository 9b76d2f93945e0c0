"""Mixed load on a server with an embedding model, while the memory of its processes is watched:
`make bench-embeddings` runs it for ten minutes, test/e2e for one. Standard library only."""
import base64
import collections
import contextlib
import http.client
import json
import os
import pathlib
import random
import socket
import statistics
import threading
import time

WORDS = ("river stone garden window letter market engine summer bridge doctor music paper story "
         "winter forest copper village thunder kitchen planet harvest signal mirror pilot").split()
REFUSED = (429, 503)


def rss_mb(pid):
    """0 when the process has ended."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * \
            os.sysconf("SC_PAGE_SIZE") / 2**20
    return 0.0


def children(pid):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return []


class Faults(Exception):
    pass


class Client:
    """One connection that asks for this and that; what it gets is checked and counted."""

    def __init__(self, load, seed):
        self.load, self.dice = load, random.Random(seed)
        self.connection = None
        self.kinds = {self.single: 30, self.list_of_8: 15, self.list_of_256: 3, self.list_of_2048: 1,
                      self.token_ids: 10, self.canceled: 15, self.bad: 15, self.same_text: 5}
        if load.reranker:
            self.kinds[self.reranked] = 10

    def run(self, end):
        while time.monotonic() < end:
            [kind] = self.dice.choices(list(self.kinds), self.kinds.values())
            try:
                self.load.count(kind.__name__, kind())
            except (OSError, http.client.HTTPException, Faults) as fault:
                self.load.faults.append(f"{kind.__name__}: {fault!r}")
                self.close()
            time.sleep(self.dice.random() * 0.02)
        self.close()

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def text(self):
        return " ".join(self.dice.choices(WORDS, k=self.dice.randint(1, 60)))

    def post(self, path, body):
        if not self.connection:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.load.port,
                                                         timeout=self.load.patience_s)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.connection.request("POST", path, raw, {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.will_close:
            self.close()
        if answer.status in REFUSED and not answer.headers["Retry-After"]:
            raise Faults("refused without Retry-After")
        return answer.status, text

    def vectors(self, input):
        """The status; a good answer has a vector for each input, in order."""
        status, text = self.post("/v1/embeddings", {"model": self.load.model, "input": input,
                                                    "encoding_format": "base64"})
        if status == 200:
            rows = json.loads(text)["data"]
            count = len(input) if isinstance(input, list) and not isinstance(input[0], int) else 1
            if [row["index"] for row in rows] != list(range(count)):
                raise Faults(f"{len(rows)} vectors for {count} inputs")
            self.last = rows[-1]["embedding"]
            if len(base64.b64decode(self.last)) % 4:
                raise Faults("half a number")
        elif status not in REFUSED:
            raise Faults(f"{status} {text[:200]}")
        return status

    def single(self):
        return self.vectors(self.text())

    def same_text(self):
        """Computed or from the cache, alone or in company: always the same bits."""
        status = self.vectors("the same text every time")
        if status == 200 and self.load.known.setdefault("vector", self.last) != self.last:
            raise Faults("a text has two vectors")
        return status

    def list_of_8(self):
        return self.vectors([self.text() for _ in range(8)])

    def list_of_256(self):
        return self.vectors([self.text() for _ in range(256)])

    def list_of_2048(self):
        """One at a time: memory has its peak soon, not whenever several happen to meet."""
        if not self.load.long_list.acquire(blocking=False):
            return "skipped"
        try:
            return self.vectors([self.text()[:40] for _ in range(2048)])
        finally:
            self.load.long_list.release()

    def token_ids(self):
        """Between [CLS] and [SEP] of MiniLM, as its own tokenizer puts them."""
        words = [self.dice.randint(1000, 1500) for _ in range(self.dice.randint(1, 40))]
        return self.vectors([101, *words, 102])

    def reranked(self):
        documents = [self.text() for _ in range(self.dice.randint(1, 20))]
        status, text = self.post("/v1/rerank", {"model": self.load.reranker, "query": "a river",
                                                "documents": documents})
        if status == 200 and len(json.loads(text)["results"]) != len(documents):
            raise Faults("results are missing")
        if status not in (200, *REFUSED):
            raise Faults(f"{status} {text[:200]}")
        return status

    def canceled(self):
        """Goes away before the answer, at any moment."""
        body = json.dumps({"model": self.load.model,
                           "input": [self.text() for _ in range(self.dice.choice([1, 64, 512]))]})
        with socket.create_connection(("127.0.0.1", self.load.port), 10) as leaver:
            leaver.sendall(f"POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\n"
                           f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
            time.sleep(self.dice.random() * 0.1)
        return "left"

    def bad(self):
        good = {"model": self.load.model, "input": "text"}
        body, expected = self.dice.choice([
            (b'{"model": ', 400), (b'{"model": "\xff\xfe"}', 400), ({**good, "input": []}, 400),
            ({**good, "model": "absent"}, 404), ({**good, "dimensions": 100000}, 400),
            ({**good, "input": "word " * 5000}, 400), ({**good, "input": [1 << 30]}, 400),
            ({**good, "encoding_format": "hex"}, 400)])
        status, text = self.post("/v1/embeddings", body)
        if status not in (expected, *REFUSED):
            raise Faults(f"{status} in place of {expected}: {text[:200]}")
        return status


class MixedLoad:
    """run() loads the server; then `counts` says what was answered, `faults` what should not have
    been, and `memory` has samples of (seconds, MB) of the gateway and of its workers."""

    def __init__(self, port, pid, model, reranker=None, patience_s=120):
        self.port, self.pid, self.model, self.reranker = port, pid, model, reranker
        self.patience_s, self.known = patience_s, {}
        self.counts = collections.Counter()
        self.faults = []
        self.memory = {"gateway": [], "workers": []}
        self.lock, self.long_list = threading.Lock(), threading.Lock()

    def count(self, kind, outcome):
        with self.lock:
            self.counts[kind, outcome] += 1

    def sample(self, begin):
        now = time.monotonic() - begin
        self.memory["gateway"].append((now, rss_mb(self.pid)))
        self.memory["workers"].append((now, sum(rss_mb(pid) for pid in children(self.pid))))

    def run(self, seconds, warm_up=10, clients=6):
        """Memory is watched after the warm-up, once a second."""
        begin = time.monotonic() + warm_up
        threads = [threading.Thread(target=Client(self, seed).run, args=(begin + seconds,))
                   for seed in range(clients)]
        for thread in threads:
            thread.start()
        time.sleep(warm_up)
        while time.monotonic() < begin + seconds:
            self.sample(begin)
            time.sleep(1)
        for thread in threads:
            thread.join()


def growth(samples):
    """Medians of the first and the last third in MB, and MB a minute by least squares."""
    third = max(1, len(samples) // 3)
    first, last = (statistics.median(mb for _, mb in part)
                   for part in (samples[:third], samples[-third:]))
    slope = statistics.linear_regression(*zip(*samples)).slope if len(samples) > 1 else 0.0
    return first, last, slope * 60
