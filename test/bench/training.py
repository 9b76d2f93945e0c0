#!/usr/bin/env python3
"""`make bench-training`: one step of LoRA on SmolLM2-135M (rank 8, all linear modules, 4 rows of
256 tokens, all labeled) here, from f32 and from the quantized file, and with torch and PEFT;
interleaved, so many rounds, medians. Beside them what OpenBLAS's sgemm needs for the products with
frozen matrices alone, in the same rounds, and the peak memory of each.

    training.py --gguf FILE --folder FOLDER [--rounds 5] [--threads N] [--no-peer]

FOLDER is made of FILE by transformers where it is missing. Figures of one run are comparable with
each other only; with "cpu" they are those of all threads' time, which other programs on the machine
disturb less. Exits 0 whatever they are: it measures, it does not judge.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
PROGRAM = HERE.parents[1] / "build/test/bench_training"
DOCUMENTS, TOKENS = 4, 256


class Child:
    """A process that makes a step for each line, and says how long it took."""

    def __init__(self, *command):
        env = {**os.environ, "TOKENIZERS_PARALLELISM": "false"}
        self.process = subprocess.Popen([str(word) for word in command], env=env, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{command[0]} did not start")

    def ask(self, verb):
        self.process.stdin.write(verb + "\n")
        self.process.stdin.flush()
        return [float(word) for word in self.process.stdout.readline().split()]

    def stop(self):
        self.process.stdin.close()
        self.process.wait(30)


def make_folder(gguf, folder):
    import torch
    import transformers
    print(f"making {folder} of {gguf}", flush=True)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        str(gguf.parent), gguf_file=gguf.name, dtype=torch.float32)
    config = transformers.AutoConfig.from_pretrained(str(gguf.parent), gguf_file=gguf.name)
    plain = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    plain.load_state_dict(model.state_dict())
    plain.save_pretrained(folder)  # the other one is "quantized", which transformers does not save


def start(options):
    sizes = [options.threads, DOCUMENTS, TOKENS]
    children = {"f32": Child(PROGRAM, options.folder, *sizes),
                "file": Child(PROGRAM, options.gguf, *sizes),
                "sgemm": Child(PROGRAM, options.folder, *sizes)}
    if not options.no_peer:
        children["torch"] = Child(sys.executable, HERE / "peer_training.py", options.folder, *sizes)
    return children


def measure(options):
    """By child: [seconds, seconds of all threads, loss, KiB] of each round but the first."""
    children = start(options)
    rows = {name: [] for name in children}
    for number in range(options.rounds + 1):
        for name, child in children.items():
            row = child.ask("sgemm" if name == "sgemm" else "step")
            if number > 0:
                rows[name].append(row)
    for child in children.values():
        child.stop()
    return rows


def checkpointed(options):
    """Peak MiB of one row of 512 tokens."""
    child = Child(PROGRAM, options.folder, options.threads, 1, 512, "checkpoint")
    child.ask("step")
    peak = child.ask("step")[3]
    child.stop()
    return peak / 1024


def ratios(rows, one, other, column):
    """The median of round by round."""
    return statistics.median(b[column] / a[column] for a, b in zip(rows[one], rows[other]))


def report(options, rows):
    tokens = DOCUMENTS * TOKENS
    print(f"{options.threads} threads, {DOCUMENTS} rows of {TOKENS} tokens, {options.rounds} rounds")
    for name, of in rows.items():
        seconds = statistics.median(row[0] for row in of)
        cpu = statistics.median(row[1] for row in of)
        peak = "" if name == "sgemm" else f", peak {max(row[3] for row in of) / 1024:.0f} MiB"
        print(f"  {name}: {tokens / seconds:.0f} tokens/s ({tokens / cpu:.0f} a cpu second){peak}")
    lines = [("rate over that of sgemm", "≥ 0.75", "f32", "sgemm"),
             ("quantized file over f32", "≥ 0.85", "file", "f32")]
    if "torch" in rows:
        lines.append(("f32 over torch and PEFT", "≥ 1.0; ≥ 1.5 where torch is slow", "f32", "torch"))
    for what, bar, one, other in lines:
        wall, cpu = ratios(rows, one, other, 0), ratios(rows, one, other, 1)
        print(f"  {what}: {wall:.2f} × (cpu {cpu:.2f}; bar {bar})")
    if "torch" in rows:
        share = max(r[3] for r in rows["f32"]) / max(r[3] for r in rows["torch"])
        print(f"  peak memory over torch and PEFT: {share:.2f} × (bar ≤ 0.3)")
    print(f"  checkpointed, 512 tokens: peak {checkpointed(options):.0f} MiB (bar ≤ 715)")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gguf", type=pathlib.Path, required=True)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--no-peer", action="store_true")
    options = parser.parse_args()
    if not (options.folder / "model.safetensors").exists():
        make_folder(options.gguf, options.folder)
    report(options, measure(options))


if __name__ == "__main__":
    main()
