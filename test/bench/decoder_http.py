#!/usr/bin/env python3
"""Hearth's own decoder against llama-server over HTTP, on the same file, threads, slots, context and
type of KV cache (f16), in turns: streamed chats of 8 clients and of one, memory, and the time from
nothing to the first token. llama-server runs with the OpenMP setting at which it is fastest here.

    decoder_http.py [--rounds 3] [--gguf Q4_1.gguf]     alone; `make bench` runs it as `decoder`
"""
import argparse
import contextlib
import os
import pathlib
import statistics
import subprocess

import servers

SLOTS, CONTEXT, WORDS, TOKENS = 8, 1024, 64, 64
# What a server that computes with OpenMP may be told of how its threads wait.
OPENMP = {"default": {}, "passive": {"OMP_WAIT_POLICY": "passive"}}
# By type of file and number of clients: the bars of rate, TTFT and the gap's 99th percentile.
BARS = {("Q4_1", 8): ("≥ 3.5 ×", "≤ 0.3 ×", "≤ 0.6 ×"), ("Q4_0", 8): ("≥ 2.8 ×", "–", "–"),
        ("Q4_1", 1): ("≥ 1.6 ×", "≤ 0.3 ×", "–"), ("Q4_0", 1): ("–", "–", "–")}
KEYS = (("rate", "tokens/s"), ("ttft", "ms TTFT p50"), ("gap_p99", "ms gap p99"))


def median(values):
    return statistics.median(values)


def model_of(gguf, kind):
    """The demo model in another type, beside the one that there is; made where it is not."""
    path = pathlib.Path(str(gguf).replace("Q4_1", kind))
    maker = servers.BUILD / "test/bench_models"
    if not path.exists() and maker.exists():
        subprocess.run([maker, kind.lower(), gguf, path], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    return path if path.exists() else None


def hearth(gguf, threads):
    return servers.Hearth([("m", f"file:{gguf}", {"compute": "own"})], threads=threads, slots=SLOTS,
                          context=CONTEXT)


def peer(gguf, threads, llama_server, how="default"):
    return servers.LlamaServer(llama_server, gguf, threads, SLOTS, CONTEXT, env=OPENMP[how])


def best_of(peers, load_of, clients):
    """The peer that is fastest at this load, by one round of each."""
    rates = {how: load_of(server.port, "m", clients, 2 * clients, TOKENS, WORDS)["rate"]
             for how, server in peers.items()}
    return max(rates, key=rates.get)


def bench_load(kind, clients, ours, peers, rounds, load_of, report):
    requests = 16 if clients > 1 else 6
    best = best_of(peers, load_of, clients)
    runs = {"ours": [], "peer": [], "again": []}
    for _ in range(rounds):
        for name, port in (("ours", ours.port), ("peer", peers[best].port),
                           ("again", peers[best].port)):
            runs[name].append(load_of(port, "m", clients, requests, TOKENS, WORDS))
    for (key, unit), bar in zip(KEYS, BARS[kind, clients]):
        ratio = median([a[key] / b[key] for a, b in zip(runs["ours"], runs["peer"])])
        noise = median([a[key] / b[key] for a, b in zip(runs["again"], runs["peer"])])
        report(f"{kind}, {clients} client{'s' * (clients > 1)}, {unit}", bar,
               f"{median([r[key] for r in runs['ours']]):.1f}",
               f"{median([r[key] for r in runs['peer']]):.1f}", f"{ratio:.2f} ×",
               f"(llama-server, OpenMP {best}, to itself {noise:.2f})")


def bench_memory(kind, ours, theirs, report):
    """After the load: the worker with its gateway, and the peer."""
    held = sum(map(servers.memory_mb, (ours.process.pid, *ours.workers())))
    report(f"{kind}, memory, {SLOTS} × {CONTEXT}, MB RSS", "≤ 0.95 ×", f"{held:.0f}",
           f"{theirs.rss_mb():.0f}", f"{held / theirs.rss_mb():.2f} ×")


def bench_start(kind, gguf, threads, llama_server, rounds, report):
    """Hearth loads at the first request; the peer when it starts, so that its start counts."""
    ours, theirs = [], []
    for _ in range(rounds):
        with hearth(gguf, threads) as server:
            ours.append(servers.chat(server.port, "m", "Hello", 4)[0] * 1000)
        with servers.LlamaServer(llama_server, gguf, threads, SLOTS, CONTEXT,
                                 extra=["--no-warmup"]) as server:
            theirs.append(server.ready_ms + servers.chat(server.port, "m", "Hello", 4)[0] * 1000)
    report(f"{kind}, from no process to the first token, ms", "≤ 300 ms", f"{median(ours):.0f}",
           f"{median(theirs):.0f}", f"{median(ours) / median(theirs):.2f} ×")


def bench(rounds, gguf, llama_server, threads, load_of, report):
    for kind in ("Q4_1", "Q4_0"):
        path = model_of(gguf, kind)
        if path is None:
            print(f"  {kind}: there is no such file, and no build/test/bench_models to make it")
            continue
        with contextlib.ExitStack() as stack:
            ours = stack.enter_context(hearth(path, threads))
            peers = {how: stack.enter_context(peer(path, threads, llama_server, how))
                     for how in OPENMP}
            for server in (ours, *peers.values()):
                load_of(server.port, "m", 1, 1, 8, 16)
            for clients in (8, 1):
                bench_load(kind, clients, ours, peers, rounds, load_of, report)
            bench_memory(kind, ours, peers["default"], report)
        bench_start(kind, path, threads, llama_server, rounds, report)


def main():
    import bench as whole  # it imports this file for its own table
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--gguf", default=os.environ.get("HEARTH_TEST_GGUF"))
    parser.add_argument("--llama-server", default=os.environ.get("HEARTH_LLAMA_SERVER"))
    options = parser.parse_args()
    print(f"machine: {whole.instruction_set()}", flush=True)
    bench(options.rounds, options.gguf, options.llama_server, os.cpu_count(), whole.load_of,
          whole.report)


if __name__ == "__main__":
    main()
