#!/usr/bin/env python3
"""`make bench` of embeddings over HTTP, against our own in-process rate and llama-server.

Interleaved in one run; every request has new texts; cache off. Prints the rows of a table.
"""
import argparse
import base64
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
import urllib.request

import servers
from bench import RESULTS, instruction_set, median, report
from embeddings_texts import WORDS_FILE, sentences

PATH = "/v1/embeddings"


def wrk(port, model, clients, texts, words, encoding, seed, seconds=5):
    """Texts a second."""
    out = subprocess.run(
        ["wrk", "-c", str(clients), "-t", "1", "-d", f"{seconds}s", "--timeout", "60s", "-s",
         pathlib.Path(__file__).parent / "post.lua", f"http://127.0.0.1:{port}{PATH}", "--", model,
         str(texts), str(words), encoding, str(seed), WORDS_FILE],
        capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise RuntimeError(out)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)) * texts


class InProcess:
    """bench_encoder at its best batch size."""

    def __init__(self, model, precision, threads):
        self.process = subprocess.Popen(
            [servers.BUILD / "test/bench_encoder", servers.BUILD / "lib/hearth/engines", model,
             precision, str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline().strip() == "ready"

    def rate(self, words, seed, count=600):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("\n".join(sentences(count, words, seed)) + "\n")
            file.flush()
            self.process.stdin.write(f"64 {file.name} -\n")
            self.process.stdin.flush()
            return count / float(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait(30)


def post(port, body):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{PATH}", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.loads(answer.read())


def throughput(hearth, peer, inside, rounds):
    runs = {"one": [], "lists": [], "inside": [], "peer": []}
    for number in range(rounds):
        runs["inside"].append(inside.rate(28, number))
        runs["one"].append(wrk(hearth.port, "minilm", 64, 1, 28, "base64", 10 + number))
        runs["lists"].append(wrk(hearth.port, "minilm", 2, 256, 28, "base64", 20 + number))
        if peer:
            runs["peer"].append(wrk(peer.port, "minilm", 64, 1, 28, "float", 30 + number))
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
    children = subprocess.run(["pgrep", "-P", str(hearth.process.pid)], capture_output=True,
                              text=True).stdout.split()
    pss = 0
    for pid in children:
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                pss += int(line.split()[1]) / 1024
    report("memory of a worker", "≤ 1.5 × weights + 60 MB", f"{pss:.0f} MB",
           f"{1.5 * weights + 60:.0f} MB allowed", "–")


def replicas(model, rounds):
    """Two workers of one thread against one of one, beside what two GEMM processes gain over one."""
    rates = {1: [], 2: []}
    alone, both = [], []
    for number in range(rounds):
        for count in (1, 2):
            with servers.Hearth([("minilm", f"file:{model}")], replicas=count, threads=1,
                                embedding_cache_bytes=0, embedding_dedup="false") as hearth:
                post(hearth.port, {"model": "minilm", "input": "warm"})
                rates[count].append(wrk(hearth.port, "minilm", 64, 1, 28, "base64", 50 + number))
        one = InProcess(model, "f32", 1)
        alone.append(one.rate(28, number))
        other = InProcess(model, "f32", 1)
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(2) as pool:
            both.append(sum(pool.map(lambda e: e.rate(28, number), (one, other))))
        one.stop()
        other.stop()
    gain = median([b / a for a, b in zip(rates[1], rates[2])])
    limit = median([b / a for a, b in zip(alone, both)])
    report("2 replicas × 1 thread against 1 × 1", "≥ 0.9 × of two processes", f"{gain:.2f} ×",
           f"{limit:.2f} ×", f"{gain / limit:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=os.environ.get("HEARTH_TEST_MINILM"))
    parser.add_argument("--gguf", default=os.environ.get("HEARTH_MINILM_GGUF"))
    parser.add_argument("--llama-server", default=os.environ.get("HEARTH_LLAMA_SERVER"))
    parser.add_argument("--load", default=str(servers.BUILD / "test/bench_load"))
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"machine: {instruction_set()}", flush=True)
    weights = (pathlib.Path(options.model) / "model.safetensors").stat().st_size / 2**20
    with servers.Hearth([("minilm", f"file:{options.model}")], embedding_cache_bytes=0,
                        embedding_dedup="false") as hearth:
        started = time.monotonic()
        vector = post(hearth.port, {"model": "minilm", "input": "first", "encoding_format": "base64"})
        report("start to first vector", "≤ 1 s", f"{(time.monotonic() - started) * 1000:.0f} ms",
               "–", "–")
        assert len(base64.b64decode(vector["data"][0]["embedding"])) == 4 * 384
        inside = InProcess(options.model, "f32", os.cpu_count())
        peer = options.gguf and servers.LlamaServer(
            options.llama_server, options.gguf, os.cpu_count(), 8, 512,
            ["--embeddings", "--pooling", "mean", "-ub", "4096", "-b", "4096"])
        throughput(hearth, peer, inside, options.rounds)
        open_loop(hearth, options.load)
        worker_memory(hearth, weights)
        inside.stop()
        if peer:
            peer.stop()
    replicas(options.model, options.rounds)
    print("\n| | bar | hearth | peer | ratio | noise |\n|---|---|---|---|---|---|")
    for row in RESULTS:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
