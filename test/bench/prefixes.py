"""Work that is shared: many clients with one beginning, conversations that go on, one that comes back
after its model was unloaded; and, for comparison, prompts that have nothing in common."""
import concurrent.futures
import itertools
import json
import random
import socket
import subprocess
import time

import servers

WORDS = ("river stone garden window letter market engine summer bridge doctor music paper story "
         "winter forest copper village thunder kitchen planet harvest signal mirror").split()
COUNTER = itertools.count()


def words(count):
    """Never the same twice."""
    chosen = random.Random(time.time_ns() + next(COUNTER))
    return f"{next(COUNTER)} " + " ".join(chosen.choice(WORDS) for _ in range(count))


def turn(port, messages, tokens):
    """(seconds to the first token, gaps, text) of one streamed answer; parsed when it is over."""
    body = json.dumps({"model": "m", "stream": True, "max_tokens": tokens, "temperature": 0,
                       "ignore_eos": True, "messages": messages}).encode()
    head = (f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode()
    times, came = [], b""
    with socket.create_connection(("127.0.0.1", port), timeout=600) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        started = time.monotonic()
        connection.sendall(head + body)
        while b"data: [DONE]" not in came[-64:]:
            more = connection.recv(1 << 16)
            if not more:
                break
            came += more
            times += [time.monotonic()] * (servers.deltas_in(came) - len(times))
    if not came.startswith(b"HTTP/1.1 200") or not times:
        raise RuntimeError(came[:2000])
    text = "".join(choice["delta"].get("content") or ""
                   for line in came.split(b"\n") if line.startswith(b"data: {")
                   for choice in json.loads(line[6:])["choices"])
    return times[0] - started, [b - a for a, b in zip(times, times[1:])], text, len(times)


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def clients(port, prompts, tokens):
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda text: turn(port, [{"role": "user", "content": text}], tokens),
                                prompts))
    seconds = time.monotonic() - started
    gaps = [gap for answer in answers for gap in answer[1]]
    return {"rate": sum(answer[3] for answer in answers) / seconds,
            "ttft_p99": quantile([answer[0] for answer in answers], .99) * 1000,
            "ttft_p50": quantile([answer[0] for answer in answers], .5) * 1000,
            "gap_p99": quantile(gaps, .99) * 1000}


def conversations(port, count, turns, at_once):
    """Each of `at_once` clients goes round its share of the conversations, a turn of each at a time,
    so that every slot sees many between two turns of one."""
    def one_client(number):
        mine = [[] for _ in range(count // at_once)]
        firsts = []
        for _ in range(turns):
            for messages in mine:
                messages.append({"role": "user", "content": words(30)})
                first, _, text, _ = turn(port, messages, 16)
                messages.append({"role": "assistant", "content": text})
                firsts.append(first)
        return firsts
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        return [first for firsts in pool.map(one_client, range(at_once)) for first in firsts]


class Prefixes:
    def __init__(self, rounds, gguf, llama_server, threads, median, report):
        self.rounds, self.gguf, self.llama_server, self.threads = rounds, gguf, llama_server, threads
        self.median, self.report = median, report

    def pair(self, slots, context, **settings):
        hearth = servers.Hearth([("m", f"file:{self.gguf}", settings)], threads=self.threads,
                                slots=slots, context=context)
        peer = servers.LlamaServer(self.llama_server, self.gguf, self.threads, slots, context)
        return hearth, peer

    def rows(self, name, runs, keys):
        for key, unit, bar in keys:
            ours, theirs, again = ([run[key] for run in runs[side]] for side in ("ours", "peer", "again"))
            ratio = self.median([a / b for a, b in zip(ours, theirs)])
            noise = self.median([a / b for a, b in zip(again, theirs)])
            self.report(f"{name}, {unit}", bar, f"{self.median(ours):.1f}", f"{self.median(theirs):.1f}",
                        f"{ratio:.3f} ×", f"(llama-server/itself {noise:.3f})")

    def load(self, name, make_prompts, keys):
        hearth, peer = self.pair(8, 1536)
        with hearth, peer:
            for port in (hearth.port, peer.port):
                turn(port, [{"role": "user", "content": "Hi"}], 4)
            runs = {"ours": [], "peer": [], "again": []}
            for _ in range(self.rounds):
                for side, port in (("ours", hearth.port), ("peer", peer.port), ("again", peer.port)):
                    runs[side].append(clients(port, make_prompts(), 32))
        self.rows(name, runs, keys)

    def shared(self):
        def prompts():
            common = words(512)
            return [f"{common} Question {words(4)}" for _ in range(8)]
        self.load("8 clients, one shared 512-word prefix", prompts,
                  (("rate", "tokens/s", "≥ 4 ×"), ("ttft_p99", "ms TTFT p99", "≤ 0.2 ×")))

    def distinct(self):
        self.load("8 clients, distinct 512-word prompts", lambda: [words(512) for _ in range(8)],
                  (("rate", "tokens/s", "≥ 1.1 ×"), ("gap_p99", "ms gap p99", "≤ 0.1 ×"),
                   ("ttft_p50", "ms TTFT p50", "–")))

    def conversations(self):
        hearth, peer = self.pair(4, 2048)
        with hearth, peer:
            runs = {"ours": [], "peer": [], "again": []}
            for side, port in (("ours", hearth.port), ("peer", peer.port), ("again", peer.port)):
                turn(port, [{"role": "user", "content": "Hi"}], 4)
                firsts = conversations(port, 16, 10, 4)
                runs[side].append({"ttft_p50": quantile(firsts, .5) * 1000})
        self.rows("16 conversations of 10 turns on 4 slots", runs,
                  (("ttft_p50", "ms TTFT p50", "≤ 0.3 ×"),))

    def resumed(self):
        """The model is loaded again before either is asked: only the prompt counts."""
        resumed, fresh = [], []
        with servers.Hearth([("m", f"file:{self.gguf}")], threads=self.threads, slots=2, context=2048,
                            prefix_disk="512MiB") as hearth:
            for _ in range(self.rounds):
                messages = []
                for _ in range(20):
                    messages.append({"role": "user", "content": words(20)})
                    messages.append({"role": "assistant",
                                     "content": turn(hearth.port, messages, 8)[2]})
                messages.append({"role": "user", "content": words(20)})
                subprocess.run([servers.BUILD / "bin/hearth", "stop", "m", "--url",
                                f"http://127.0.0.1:{hearth.port}"], check=True, capture_output=True)
                turn(hearth.port, [{"role": "user", "content": "Hi"}], 2)
                resumed.append(turn(hearth.port, messages, 2)[0])
                other = [{"role": "user", "content": words(1)}] + messages[1:]
                other[0]["content"] += " " + messages[0]["content"]
                fresh.append(turn(hearth.port, other, 2)[0])
        ratio = self.median([a / b for a, b in zip(resumed, fresh)])
        self.report("20 turns resumed after unload and reload, ms TTFT", "≤ 0.2 × of a fresh prefill",
                    f"{self.median(resumed) * 1000:.1f}", f"{self.median(fresh) * 1000:.1f} fresh",
                    f"{ratio:.3f} ×")

    def all(self):
        self.shared()
        self.distinct()
        self.conversations()
        self.resumed()
