#!/usr/bin/env python3
"""`make bench` of embeddings over HTTP, against our own in-process rate and llama-server.

Interleaved in one run; every request has new texts; cache off. Prints the rows of a table.
"""
import argparse
import base64
import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
import urllib.request

import gemm
import servers
from bench import RESULTS, instruction_set, median, report
from embeddings import Engine, bench_encoder
from embeddings_texts import WORDS_FILE, sentences

PATH = "/v1/embeddings"


def run_wrk(port, model, clients, texts, words, encoding, seed, seconds, polite=False):
    """What it prints."""
    return subprocess.run(
        ["wrk", "-c", str(clients), "-t", "1", "-d", f"{seconds}s", "--timeout", "60s", "-s",
         pathlib.Path(__file__).parent / "post.lua", f"http://127.0.0.1:{port}{PATH}", "--", model,
         str(texts), str(words), encoding, str(seed), WORDS_FILE, "polite" if polite else "eager"],
        capture_output=True, text=True, check=True).stdout


def wrk(port, model, clients, texts, words, encoding, seed, seconds=5):
    """Texts a second."""
    out = run_wrk(port, model, clients, texts, words, encoding, seed, seconds)
    if "Non-2xx" in out or "Socket errors" in out:
        raise RuntimeError(out)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)) * texts


class InProcess(Engine):
    """Our encoder without a gateway, in batches of 64."""

    def __init__(self, model, precision, threads):
        super().__init__("in process", bench_encoder(model, precision, threads))

    def rate(self, words, seed, count=600):
        return count / self.run(sentences(count, words, seed), 64)


def server_of(model, **settings):
    """A server with the model, that computes every text."""
    return servers.Hearth([("minilm", f"file:{model}")], embedding_cache_bytes=0,
                          embedding_dedup="false", **settings)


def post(port, body):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{PATH}", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.loads(answer.read())


def llama_server(options, slots):
    """As fair as it can be set: a batch for all slots, and a thread for each connection, without
    which its connections wait for each other."""
    return servers.LlamaServer(
        options.llama_server, options.gguf, os.cpu_count(), slots, 512,
        ["--embeddings", "--pooling", "mean", "-b", "4096", "-ub", "4096", "--threads-http", "72"])


def best_llama_server(options):
    """With the number of slots that gives most here: its attention costs more than the texts of a
    batch, so that 64 slots for 64 clients are not its best."""
    rates = {}
    for slots in (8, 16, 32, 64):
        with llama_server(options, slots) as server:
            rates[slots] = wrk(server.port, "minilm", 64, 1, 28, "base64", slots, 3)
    best = max(rates, key=rates.get)
    print(f"  llama-server --embeddings: {best} slots of {({k: round(v) for k, v in rates.items()})}")
    return llama_server(options, best)


def lists_rate(port, seed, lists=12, texts=256, connections=2):
    """Texts a second of lists of 256, two at a time, from the first request's start to the last
    answer's end. wrk would not count the lists that are under way when its time is over: with some
    ten lists in all that is a tenth."""
    bodies = [json.dumps({"model": "minilm", "encoding_format": "base64",
                          "input": sentences(texts, 28, 1000 * seed + number)}).encode()
              for number in range(lists)]

    def ask(own):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        for body in own:
            connection.request("POST", PATH, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            if answer.status != 200 or len(answer.read()) < texts * 2048:
                raise RuntimeError(f"a list was answered with {answer.status}")
        connection.close()

    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(connections) as pool:
        list(pool.map(ask, [bodies[first::connections] for first in range(connections)]))
    return lists * texts / (time.monotonic() - started)


def throughput(hearth, peer, inside, rounds):
    runs = {"one": [], "lists": [], "inside": [], "peer": []}
    for number in range(rounds):
        runs["inside"].append(inside.rate(28, number))
        inside.settle()
        runs["one"].append(wrk(hearth.port, "minilm", 64, 1, 28, "base64", 10 + number))
        runs["lists"].append(lists_rate(hearth.port, 20 + number))
        if peer:
            runs["peer"].append(wrk(peer.port, "minilm", 64, 1, 28, "base64", 30 + number))
            time.sleep(0.2)  # its threads spin for a while
    ratio = lambda a, b: f"{median([x / y for x, y in zip(runs[a], runs[b])]):.2f} ×"
    shown = {key: f"{median(rates):.0f}/s" for key, rates in runs.items() if rates}
    report("HTTP, 64 clients, one text each", "≥ 0.9 × in process", shown["one"], shown["inside"],
           ratio("one", "inside"))
    report("HTTP, lists of 256, base64", "≥ 0.95 × in process", shown["lists"], shown["inside"],
           ratio("lists", "inside"))
    if peer:
        report("HTTP, 64 clients, against llama-server --embeddings", "≥ 2 ×", shown["one"],
               shown["peer"], ratio("one", "peer"))
    else:
        print("  llama-server --embeddings cannot be had here: no GGUF of the model")


def first_vector(model, rounds):
    """From the start of the server to the first vector of a model that is not loaded."""
    times = []
    for _ in range(rounds):
        with server_of(model) as hearth:
            asked = time.monotonic()
            answer = post(hearth.port, {"model": "minilm", "input": "first",
                                        "encoding_format": "base64"})
            times.append(hearth.ready_ms + (time.monotonic() - asked) * 1000)
        assert len(base64.b64decode(answer["data"][0]["embedding"])) == 4 * 384
    report("start to first vector", "≤ 1 s", f"{median(times):.0f} ms", "–", "–")


def open_loop(hearth, load):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"model": "minilm", "encoding_format": "base64", "input": sentences(1, 28, 99)[0]},
                  file)
        file.flush()
        out = json.loads(subprocess.run(
            [load, "--port", str(hearth.port), "--path", PATH, "--body", file.name, "--rate", "50",
             "--seconds", "10", "--connections", "32"], check=True, capture_output=True).stdout)
    report("single texts at 50/s, open loop", "p99 ≤ 100 ms", f"p99 {out['p99_ms']:.1f} ms",
           "–", f"p50 {out['p50_ms']:.1f} ms")


def worker_memory(hearth, weights):
    pss = sum(servers.memory_mb(pid, "Pss") for pid in hearth.workers())
    report("memory of a worker", "≤ 1.5 × weights + 60 MB", f"{pss:.0f} MB",
           f"{1.5 * weights + 60:.0f} MB allowed", "–")


def replicas(model, rounds):
    """Two workers of one thread against one of one, beside what two GEMM processes gain over one,
    and beside what two of our own encoders gain without a gateway and a client on the same cores."""
    pairs = {"served": [], "gemm": [], "inside": []}
    inside = [InProcess(model, "f32", 1) for _ in range(2)]
    with server_of(model, replicas=1, threads=1) as one, \
            server_of(model, replicas=2, threads=1) as two, \
            concurrent.futures.ThreadPoolExecutor(2) as pool:
        rate = {"served": lambda n, seed: wrk((one, two)[n - 1].port, "minilm", 64, 1, 28, "base64",
                                              seed),
                "gemm": lambda n, seed: gemm.rate(n),
                "inside": lambda n, seed: sum(pool.map(lambda e: e.rate(28, seed), inside[:n]))}
        for number in range(-1, rounds):
            for name, of in rate.items():
                pair = of(1, 50 + number), of(2, 60 + number)
                if number >= 0:  # the first only warms up: all workers are loaded after it
                    pairs[name].append(pair)
    for engine in inside:
        engine.stop()
    gain = {name: median([two / one for one, two in rows]) for name, rows in pairs.items()}
    report("2 replicas × 1 thread against 1 × 1", "≥ 0.9 × of two GEMM processes",
           f"{gain['served']:.2f} ×", f"{gain['gemm']:.2f} ×", f"{gain['served'] / gain['gemm']:.2f}",
           f"(two encoders in process {gain['inside']:.2f} ×)")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=os.environ.get("HEARTH_TEST_MINILM"))
    parser.add_argument("--gguf", default=os.environ.get("HEARTH_MINILM_GGUF"))
    parser.add_argument("--llama-server", default=os.environ.get("HEARTH_LLAMA_SERVER"))
    parser.add_argument("--load", default=str(servers.BUILD / "test/bench_load"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="start,http,replicas")
    options = parser.parse_args()
    print(f"machine: {instruction_set()}", flush=True)
    weights = (pathlib.Path(options.model) / "model.safetensors").stat().st_size / 2**20
    chosen = options.only.split(",")
    if "start" in chosen:
        first_vector(options.model, options.rounds)
    if "http" in chosen:
        with server_of(options.model) as hearth, contextlib.ExitStack() as stack:
            post(hearth.port, {"model": "minilm", "input": "warm"})
            inside = InProcess(options.model, "f32", os.cpu_count())
            stack.callback(inside.stop)
            peer = options.gguf and stack.enter_context(best_llama_server(options))
            throughput(hearth, peer, inside, options.rounds)
            worker_memory(hearth, weights)
            open_loop(hearth, options.load)
    if "replicas" in chosen:
        replicas(options.model, options.rounds)
    print("\n| | bar | hearth | peer | ratio | noise |\n|---|---|---|---|---|---|")
    for row in RESULTS:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
