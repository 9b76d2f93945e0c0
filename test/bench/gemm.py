#!/usr/bin/env python3
"""What independent processes gain over one on this machine: f32 GEMMs of an encoder's shape, one
thread each, for test/bench/embeddings_http.py. As a program it is one such process: it says "ready",
waits for a line, and prints how many products a second it made."""
import os
import pathlib
import subprocess
import sys
import time

ROWS, INNER, COLUMNS, SECONDS = 512, 384, 1536, 3


def rate(processes):
    """Products a second of so many processes side by side."""
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    children = [subprocess.Popen([sys.executable, pathlib.Path(__file__)], env=env, text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                for _ in range(processes)]
    for child in children:
        child.stdout.readline()
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    return sum(float(child.communicate()[0]) for child in children)


def main():
    import numpy
    chosen = numpy.random.default_rng(1)
    a = chosen.random((ROWS, INNER), dtype=numpy.float32)
    b = chosen.random((INNER, COLUMNS), dtype=numpy.float32)
    out = numpy.empty((ROWS, COLUMNS), dtype=numpy.float32)
    for _ in range(20):
        numpy.matmul(a, b, out=out)
    print("ready", flush=True)
    sys.stdin.readline()
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < SECONDS:
        numpy.matmul(a, b, out=out)
        count += 1
    print(count / (time.perf_counter() - started))


if __name__ == "__main__":
    main()
