#!/usr/bin/env python3
"""`make bench-embeddings` under load: rising concurrency, a single text beside lists of 2,048, and
minutes of mixed load with the memory of gateway and worker.

    embeddings_load.py [--only rising,beside,mixed] [--minutes 10]

Judges nothing; what is not 200, 429 or 503 is printed as a fault.
"""
import argparse
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time

import servers
from bench import RESULTS, instruction_set, report
from embeddings_http import PATH, post, run_wrk, server_of
from embeddings_texts import sentences

sys.path.insert(0, str(servers.ROOT / "test/support"))
from mixed_load import MixedLoad, growth

CONNECTIONS = [1, 4, 16, 64, 256, 1024, 4096]


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def probe(hearth, load, seconds):
    """Latency of what is admitted of 50 more texts a second, and how many were refused."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"model": "minilm", "encoding_format": "base64",
                   "input": sentences(1, 28, time.time_ns())[0]}, file)
        file.flush()
        return json.loads(subprocess.run(
            [load, "--port", str(hearth.port), "--path", PATH, "--body", file.name, "--rate", "50",
             "--seconds", str(seconds), "--connections", "128"],
            check=True, capture_output=True).stdout)


def statuses(out):
    """Counts by status, and wrk's socket errors, as post.lua prints them."""
    found = {int(code): int(count) for code, count in re.findall(r"^status (\d+): (\d+)$", out, re.M)}
    errors = re.search(r"^errors: (.*)$", out, re.M)[1]
    return found, errors


def rising(options):
    """wrk with more and more connections, one text each; refused clients come back after a second,
    as they are told to. A probe beside it tells the latency of what is admitted: wrk's own
    percentiles count refusals as answers."""
    with server_of(options.model) as hearth:
        post(hearth.port, {"model": "minilm", "input": "warm"})
        print("\n| connections | 200 /s | refused /s | other | socket errors | admitted p50, ms | p99 | max |"
              "\n|---|---|---|---|---|---|---|---|", flush=True)
        for number, connections in enumerate(options.connections):
            seen = {}
            prober = threading.Thread(target=lambda: seen.update(
                probe(hearth, options.load, options.seconds - 2)))
            prober.start()
            out = run_wrk(hearth.port, "minilm", connections, 1, 28, "base64", number,
                          options.seconds, polite=True)
            prober.join()
            codes, errors = statuses(out)
            good, refused = codes.pop(200, 0), codes.pop(429, 0) + codes.pop(503, 0)
            faults = {**codes, **{k: seen[k] for k in ("failed", "broken") if seen.get(k)}}
            print(f"| {connections} | {good / options.seconds:.0f} | {refused / options.seconds:.0f} | "
                  f"{faults or '–'} | {errors} | {seen['p50_ms']:.0f} | {seen['p99_ms']:.0f} | "
                  f"{seen['max_ms']:.0f} |", flush=True)
        answer = post(hearth.port, {"model": "minilm", "input": "still there"})
        assert len(answer["data"]) == 1


def singles(hearth, seconds, seed):
    """Milliseconds of single texts, one after the other."""
    times, end = [], time.monotonic() + seconds
    for text in sentences(100000, 28, seed):
        started = time.monotonic()
        if started > end:
            return times
        post(hearth.port, {"model": "minilm", "input": text, "encoding_format": "base64"})
        times.append((time.monotonic() - started) * 1000)
        time.sleep(0.01)
    return times


def beside(options):
    """Single texts alone, and while a list of 2,048 is always in flight."""
    with server_of(options.model) as hearth:
        post(hearth.port, {"model": "minilm", "input": "warm"})
        idle = singles(hearth, options.seconds, 1)
        stop, lists = threading.Event(), []

        def always_a_list():
            while not stop.is_set():
                texts = sentences(2048, 28, 100 + len(lists))
                answer = post(hearth.port, {"model": "minilm", "input": texts,
                                            "encoding_format": "base64"})
                lists.append(len(answer["data"]))

        thread = threading.Thread(target=always_a_list)
        thread.start()
        time.sleep(1)
        before = hearth.metric("hearth_worker_busy_seconds_total"), hearth.metric("hearth_steps_total")
        busy = singles(hearth, options.seconds * 3, 2)
        after = hearth.metric("hearth_worker_busy_seconds_total"), hearth.metric("hearth_steps_total")
        stop.set()
        thread.join()
    batch_ms = 1000 * (after[0] - before[0]) / max(1, after[1] - before[1])
    shown = [f"{percentile(times, share):.1f}" for times in (idle, busy) for share in (0.5, 0.99)]
    report("a single text beside a list of 2,048", "≤ 2 batches: one before it, its own",
           f"p50 {shown[2]}, p99 {shown[3]} ms", f"alone p50 {shown[0]}, p99 {shown[1]} ms",
           f"one batch {batch_ms:.1f} ms", f"({len(busy)} texts, {len(lists)} lists)")


def mixed(options):
    cross = servers.ROOT / "test/golden/encoder/bert-classifier"
    seconds = 60 * options.minutes
    with servers.Hearth([("minilm", f"file:{options.model}"), ("cross", f"file:{cross}")],
                        embedding_cache_bytes="2MiB") as hearth:
        load = MixedLoad(hearth.port, hearth.process.pid, "minilm", "cross")
        load.run(seconds, warm_up=max(10, seconds / 10))
    kinds = sorted({kind for kind, _ in load.counts})
    for kind in kinds:
        row = {str(code): n for (name, code), n in sorted(load.counts.items(), key=str) if name == kind}
        print(f"  {kind}: " + ", ".join(f"{n} × {code}" for code, n in row.items()))
    print(f"  faults: {len(load.faults)}", *load.faults[:10], sep="\n    ")
    for who, samples in load.memory.items():
        first, last, slope = growth(samples)
        report(f"memory of the {who}, {options.minutes:g} minutes of mixed load", "flat",
               f"{first:.1f} → {last:.1f} MB RSS", "first and last third",
               f"{slope:+.2f} MB a minute")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=os.environ.get("HEARTH_TEST_MINILM"))
    parser.add_argument("--load", default=str(servers.BUILD / "test/bench_load"))
    parser.add_argument("--only", default="rising,beside,mixed")
    parser.add_argument("--connections", type=int, nargs="+", default=CONNECTIONS)
    parser.add_argument("--seconds", type=int, default=10, help="of each step")
    parser.add_argument("--minutes", type=float, default=10, help="of mixed load")
    options = parser.parse_args()
    # Both ends of 4,096 connections; the children inherit it.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(f"machine: {instruction_set()}", flush=True)
    for part in options.only.split(","):
        {"rising": rising, "beside": beside, "mixed": mixed}[part](options)
    if RESULTS:
        print("\n| | bar | hearth | peer | ratio | noise |\n|---|---|---|---|---|---|")
    for row in RESULTS:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
