#!/usr/bin/env python3
"""`make bench-embeddings`: the encoder against onnxruntime, openvino, torch and llama.cpp, in one run.

Interleaved, medians, new texts in each round, every engine at its best batch size, all cores,
tokenising included for all, padding left to those that pad. Fidelity is the cosine to torch's f32
vectors (which are sentence-transformers'). Needs the packages of test/bench/requirements.txt; a peer
that cannot be had is named and left out.

On a CPU that has more than AVX2 our encoder also runs as it would on one that has not ("hearth f32
avx2"): instruction_set narrows what its kernels may use.
"""
import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

import numpy

from bench import instruction_set
from embeddings_texts import sentences
from servers import BUILD

HERE = pathlib.Path(__file__).resolve().parent
OURS = ["f32", "bf16", "int16", "int8"]
F32_PEERS = ["torch", "ort", "openvino", "llama.cpp f16"]
INT8_PEERS = ["ort-int8", "ort-int8-channel"]
ABSENT = {"text-embeddings-inference": "its binary is in no package registry",
          "fastembed": "it fetches its model from a hub, and computes with onnxruntime"}
BATCHES = [1, 2, 4, 8, 16, 32, 64]
LENGTHS = [(6, 2), (28, 1), (230, 1 / 8)]  # words of a text, share of --count


class Engine:
    """A child that embeds files of texts; see embedding_child.h for the protocol."""

    def __init__(self, name, argv):
        self.name, self.best, self.singles, self.rates = name, {}, [], {}
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        if self.process.stdout.readline().strip() != "ready":
            self.process.kill()
            self.process.wait()
            raise RuntimeError(f"{name} cannot be had here")

    def run(self, texts, batch, vectors=None):
        """Seconds, tokenising included."""
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("\n".join(texts) + "\n")
            file.flush()
            self.process.stdin.write(f"{batch} {file.name} {vectors or '-'}\n")
            self.process.stdin.flush()
            return float(self.process.stdout.readline())

    def settle(self):
        """Waits until the process stands still. A peer's idle threads spin on the cores for a while
        (onnxruntime's for 60 ms) and would slow down whoever has the next turn."""
        end = time.monotonic() + 2
        before = None
        while time.monotonic() < end:
            fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks = int(fields[11]) + int(fields[12])  # of 10 ms, of all its threads
            if ticks == before:
                return
            before = ticks
            time.sleep(0.03)

    def stop(self):
        self.process.stdin.close()
        self.process.wait(30)


def bench_encoder(model, precision, threads, isa="best"):
    """The command of our own encoder, without a gateway."""
    return [BUILD / "test/bench_encoder", BUILD / "lib/hearth/engines", model, precision, str(threads),
            isa]


def commands(options, target):
    """Name and command of every engine."""
    for precision in OURS:
        yield f"hearth {precision}", bench_encoder(options.model, precision, options.threads)
    for isa in options.isa:
        for precision in ("f32", "int16", "int8"):
            yield (f"hearth {precision} {isa}",
                   bench_encoder(options.model, precision, options.threads, isa))
    for peer in F32_PEERS + INT8_PEERS:
        if peer.startswith("llama.cpp"):
            yield peer, [BUILD / "test/bench_peer_llama", options.gguf or "none", str(options.threads)]
        else:
            yield peer, [sys.executable, HERE / "peer_encoder.py", peer, options.model,
                         str(options.threads), target]


def start(options, target):
    engines = {}
    for name, argv in commands(options, target):
        if options.only and not re.search(options.only, name):
            continue
        try:
            engines[name] = Engine(name, argv)
        except (RuntimeError, OSError):
            print(f"  {name}: cannot be had here")
    for name, reason in ABSENT.items():
        print(f"  {name}: {reason}")
    return engines


def fidelity(engines, texts):
    """Cosines of every engine's vectors to torch's: (worst, mean) by name."""
    out = {}
    for engine in engines.values():
        with tempfile.NamedTemporaryFile() as file:
            engine.run(texts, 8, file.name)
            vectors = numpy.fromfile(file.name, dtype=numpy.float32).reshape(len(texts), -1)
        out[engine.name] = vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)
        engine.settle()
    if "torch" not in out:
        return {}
    cosines = {name: (vectors * out["torch"]).sum(1) for name, vectors in out.items()}
    return {name: (row.min(), row.mean()) for name, row in cosines.items()}


def measure(engines, words, count, rounds):
    """Texts a second at each engine's best batch size, interleaved."""
    for engine in engines.values():
        trials = {batch: engine.run(sentences(max(16, count // 8), words, batch), batch)
                  for batch in BATCHES}
        engine.best[words] = min(trials, key=trials.get)
        engine.rates[words] = []
        engine.settle()
    for number in range(rounds):
        texts = sentences(count, words, 1000 * words + number)
        for engine in engines.values():
            engine.rates[words].append(count / engine.run(texts, engine.best[words]))
            engine.settle()


def latency(engines, turns, in_a_row=5):
    """Milliseconds of one text at a time. In its turn an engine computes several in a row, as it
    would for a client that asks again and again; the first of them, which finds cold caches and
    sleeping threads, does not count."""
    for number in range(turns):
        texts = sentences(in_a_row, 28, 5000 + number)
        for engine in engines.values():
            times = [engine.run([text], 1) * 1000 for text in texts]
            engine.singles += times[1:]
            engine.settle()


def median_ratio(ours, theirs):
    return statistics.median(a / b for a, b in zip(ours, theirs))


def print_table(engines, cosines):
    print("\n| engine | p50 of one, ms | 8 tokens /s | 35 tokens /s | 256 tokens /s | best batches |"
          " cosine worst | mean |\n|---|---|---|---|---|---|---|---|")
    for engine in engines.values():
        rates = [f"{statistics.median(rates):.0f}" for rates in engine.rates.values()]
        worst, mean = cosines.get(engine.name, (float("nan"),) * 2)
        print(f"| {engine.name} | {statistics.median(engine.singles):.2f} | {' | '.join(rates)} | "
              f"{', '.join(map(str, engine.best.values()))} | {worst:.6f} | {mean:.6f} |")
    print()


def compare(engines, name, against, bar, one_bar=None):
    """The ratios of one engine to the best of others, length by length, with their bars."""
    there = [peer for peer in against if peer in engines]
    if name not in engines or not there:
        return
    ours = engines[name]
    for words, rates in ours.rates.items():
        best = max((engines[p] for p in there), key=lambda e: statistics.median(e.rates[words]))
        ratio = median_ratio(rates, best.rates[words])
        print(f"{name}, {words} words: {ratio:.2f} × {best.name} (bar {bar})")
    if one_bar:
        best = min((engines[p] for p in there), key=lambda e: statistics.median(e.singles))
        ratio = statistics.median(ours.singles) / statistics.median(best.singles)
        print(f"{name}, one text: {ratio:.2f} × {best.name} (bar {one_bar})")


def narrower():
    """AVX2, where the CPU has it and more; our encoder would not use it there by itself."""
    flags = pathlib.Path("/proc/cpuinfo").read_text()
    return ["avx2"] if re.search(r"\bavx2\b", flags) and re.search(r"\bavx(512f|_vnni)\b", flags) else []


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=os.environ.get("HEARTH_TEST_MINILM"))
    parser.add_argument("--gguf", default=os.environ.get("HEARTH_MINILM_GGUF"))
    parser.add_argument("--onnx", default=os.environ.get("HEARTH_ONNX"),
                        help="folder that keeps exported models")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--turns", type=int, default=50, help="of one text at a time")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--isa", nargs="*", default=narrower(), help="instruction sets to run ours "
                        "with, besides the best; none by default on a CPU without more than AVX2")
    parser.add_argument("--only", help="engines whose name has this (a regular expression)")
    options = parser.parse_args()
    print(f"machine: {instruction_set()}", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        engines = start(options, options.onnx or scratch)
        cosines = fidelity(engines, sentences(200, 25, 1) + sentences(20, 200, 2))
        latency(engines, options.turns)
        for words, share in LENGTHS:
            measure(engines, words, round(options.count * share), options.rounds)
        print_table(engines, cosines)
        compare(engines, "hearth f32", F32_PEERS, "≥ 1.25", "≤ 0.8")
        compare(engines, "hearth int8", INT8_PEERS, "≥ 1.5", "≤ 0.65")
        for isa in ["", *(f" {isa}" for isa in options.isa)]:
            name = f"hearth int16{isa}"
            compare(engines, name, [f"hearth f32{isa}"], "≥ 1.25 on an AVX2 machine")
            if name in cosines:
                print(f"{name}: worst cosine {cosines[name][0]:.6f} (bar ≥ 0.9995)")
        for engine in engines.values():
            engine.stop()


if __name__ == "__main__":
    main()
