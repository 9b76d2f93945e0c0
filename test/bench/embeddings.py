#!/usr/bin/env python3
"""`make bench-embeddings`: the encoder against onnxruntime, openvino and torch, in one run.

Interleaved, medians, new texts in each round, every engine at its best batch size, all cores,
tokenising included for all, padding left to those that pad. Fidelity is the cosine to torch's f32
vectors (which are sentence-transformers'). Needs the packages of test/bench/requirements.txt; a peer
that cannot be had is named and left out.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy

from bench import instruction_set
from embeddings_texts import sentences
from servers import BUILD

HERE = pathlib.Path(__file__).resolve().parent
OURS = ["f32", "bf16", "int16", "int8"]
PEERS = ["torch", "ort", "openvino", "ort-int8", "ort-int8-channel"]
BATCHES = [1, 8, 32, 64]


class Engine:
    """A child that embeds files of texts; see encoder.c for the protocol."""

    def __init__(self, name, argv):
        self.name, self.best, self.rates, self.singles = name, 32, [], []
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        if self.process.stdout.readline().strip() != "ready":
            self.process.kill()
            raise RuntimeError(f"{name} cannot be had here")

    def run(self, texts, batch, vectors=None):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("\n".join(texts) + "\n")
            file.flush()
            self.process.stdin.write(f"{batch} {file.name} {vectors or '-'}\n")
            self.process.stdin.flush()
            return float(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait(30)


def start(model, threads, target):
    engines = []
    commands = [(f"hearth {p}", [BUILD / "test/bench_encoder", BUILD / "lib/hearth/engines", model, p,
                                 str(threads)]) for p in OURS]
    commands += [(p, [sys.executable, HERE / "peer_encoder.py", p, model, str(threads), target])
                 for p in PEERS]
    for name, argv in commands:
        try:
            engines.append(Engine(name, argv))
        except RuntimeError as fault:
            print(f"  {fault}")
    return engines


def fidelity(engines, texts):
    """Cosines of every engine's vectors to torch's, worst and mean."""
    out = {}
    for engine in engines:
        with tempfile.NamedTemporaryFile() as file:
            engine.run(texts, 8, file.name)
            vectors = numpy.fromfile(file.name, dtype=numpy.float32).reshape(len(texts), -1)
        out[engine.name] = vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)
    if "torch" not in out:
        return {}
    return {name: ((v * out["torch"]).sum(1).min(), (v * out["torch"]).sum(1).mean())
            for name, v in out.items()}


def median_ratio(ours, theirs):
    return statistics.median(a / b for a, b in zip(ours, theirs))


def measure(engines, words, count, rounds):
    """Rates at each engine's best batch size, interleaved."""
    for engine in engines:
        engine.rates = []
        engine.best = min(BATCHES, key=lambda b: engine.run(sentences(count // 4, words, b), b))
    for number in range(rounds):
        texts = sentences(count, words, 1000 * words + number)
        for engine in engines:
            engine.rates.append(count / engine.run(texts, engine.best))


def latency(engines, rounds):
    """Median milliseconds of one text at a time."""
    for engine in engines:
        engine.singles = []
    for number in range(rounds * 30):
        text = sentences(1, 30, 5000 + number)
        for engine in engines:
            engine.singles.append(engine.run(text, 1) * 1000)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=os.environ.get("HEARTH_TEST_MINILM"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--onnx", default=None, help="folder that keeps exported models")
    options = parser.parse_args()
    print(f"machine: {instruction_set()}", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        engines = start(options.model, options.threads, options.onnx or scratch)
        cosines = fidelity(engines, sentences(200, 25, 1) + sentences(20, 200, 2))
        latency(engines, options.rounds)
        print("\n| engine | p50 of one, ms | 8 tokens /s | 35 tokens /s | 256 tokens /s | best batch |"
              " cosine worst | mean |\n|---|---|---|---|---|---|---|---|")
        rows = {e.name: [f"{statistics.median(e.singles):.2f}"] for e in engines}
        by_length = {}
        for words, count in ((6, options.count * 2), (28, options.count), (230, options.count // 8)):
            measure(engines, words, count, options.rounds)
            by_length[words] = {e.name: list(e.rates) for e in engines}
            for engine in engines:
                rows[engine.name].append(f"{statistics.median(engine.rates):.0f}")
                engine.middle = engine.best if words == 28 else getattr(engine, "middle", 0)
        for engine in engines:
            worst, mean = cosines.get(engine.name, (float("nan"),) * 2)
            print(f"| {engine.name} | " + " | ".join(rows[engine.name]) +
                  f" | {engine.middle} | {worst:.6f} | {mean:.6f} |")
        print()
        singles = {e.name: e.singles for e in engines}
        for name, peers, bar, one_bar in (
                ("hearth f32", ("torch", "ort", "openvino"), "≥ 1.25", "≤ 0.8"),
                ("hearth int8", ("ort-int8", "ort-int8-channel"), "≥ 1.5", "≤ 0.65")):
            there = [p for p in peers if p in singles]
            if not there:
                continue
            for words in by_length:
                best = max(there, key=lambda p: statistics.median(by_length[words][p]))
                ratio = median_ratio(by_length[words][name], by_length[words][best])
                print(f"{name}, {words} words: {ratio:.2f} × {best} (bar {bar})")
            best = min(there, key=lambda p: statistics.median(singles[p]))
            print(f"{name}, one text: {median_ratio(singles[name], singles[best]):.2f} × {best} "
                  f"(bar {one_bar})")
        ratio = median_ratio(by_length[28]["hearth int16"], by_length[28]["hearth f32"])
        print(f"hearth int16: {ratio:.2f} × hearth f32 (bar ≥ 1.25 on AVX2)")
        for engine in engines:
            engine.stop()


if __name__ == "__main__":
    main()
