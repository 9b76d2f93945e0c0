#!/usr/bin/env python3
"""`make bench`: hearth against its peers in one run, interleaved, medians, fresh prompts.

Prints a table of ratios with the bar of each, the peer against itself as the noise, and the
machine's instruction set. Exits 0 whatever the figures are: it measures, it does not judge.

    bench.py [--only queue,health,rest,idle,gateway,chat,inside,structure,batch,prefixes,decoder,decoder-http,parting,hub,soak] [--rounds 3]
"""
import argparse
import concurrent.futures
import contextlib
import itertools
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

import batch_lines
import decoder_http
import decoders
import hub
import inside
import parting
import prefixes
import servers
import structure

sys.path.insert(0, str(servers.ROOT / "test/support"))
import soak  # noqa: E402

WORDS = ("river stone garden window letter market engine summer bridge doctor music paper story "
         "winter forest copper village thunder kitchen planet harvest signal mirror pilot candle "
         "machine teacher ocean valley ticket ladder captain silver journey").split()
COUNTER = itertools.count()
RESULTS = []


def fresh_prompt(words):
    """Never the same twice, so that no server answers from a cache."""
    chosen = random.Random(time.time_ns() + next(COUNTER))
    return f"Story {next(COUNTER)}: " + " ".join(chosen.choice(WORDS) for _ in range(words))


def median(values):
    return statistics.median(values)


def report(name, bar, ours, peer, ratio, noise=""):
    RESULTS.append((name, bar, ours, peer, ratio, noise))
    print(f"  {name}: {ours} | peer {peer} | {ratio} (bar {bar}) {noise}", flush=True)


def wrk(port, path, seconds=4):
    out = subprocess.run(["wrk", "-c", "64", "-t", "1", "-d", f"{seconds}s",
                          f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True,
                         check=True).stdout
    if "Non-2xx" in out:
        raise RuntimeError(out)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))


def bench_health(rounds):
    with servers.Hearth() as hearth, servers.Nginx() as nginx:
        ours, theirs, again = [], [], []
        for _ in range(rounds):
            ours.append(wrk(hearth.port, "/health"))
            theirs.append(wrk(nginx.port, "/"))
            again.append(wrk(nginx.port, "/"))
    ratios = [a / b for a, b in zip(ours, theirs)]
    noise = [a / b for a, b in zip(again, theirs)]
    report("/health, wrk -c 64", "≥ 0.5 × nginx", f"{median(ours):.0f}/s", f"{median(theirs):.0f}/s",
           f"{median(ratios):.2f} ×", f"(nginx/nginx {median(noise):.2f})")


def load_of(port, model, clients, requests, tokens, words):
    """Tokens a second, median time to first token, all gaps, with so many clients at once."""
    prompts = [fresh_prompt(words) for _ in range(requests)]
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        answers = list(pool.map(lambda p: servers.chat(port, model, p, tokens), prompts))
    seconds = time.monotonic() - started
    gaps = sorted(g for a in answers for g in a[2])
    return {"rate": sum(a[3] for a in answers) / seconds,
            "ttft": median([a[0] for a in answers]) * 1000,
            "gap_p50": gaps[len(gaps) // 2] * 1000, "gap_p99": gaps[len(gaps) * 99 // 100] * 1000}


def bench_chat(rounds, gguf, llama_server, threads):
    """What serving costs: libllama computes on both sides."""
    slots, context = 8, 1024
    with servers.Hearth([("m", f"file:{gguf}", {"compute": "libllama"})], threads=threads, slots=slots,
                        context=context) as hearth, \
            servers.LlamaServer(llama_server, gguf, threads, slots, context) as peer:
        for port, model in ((hearth.port, "m"), (peer.port, "m")):
            load_of(port, model, 1, 1, 8, 16)
        for clients, requests in ((1, 6), (8, 16)):
            runs = {"ours": [], "peer": [], "again": []}
            for _ in range(rounds):
                runs["ours"].append(load_of(hearth.port, "m", clients, requests, 64, 64))
                runs["peer"].append(load_of(peer.port, "m", clients, requests, 64, 64))
                runs["again"].append(load_of(peer.port, "m", clients, requests, 64, 64))
            for key, unit, bar in (("rate", "tokens/s", {1: "≥ 0.97 ×", 8: "≥ 1.0 ×"}[clients]),
                                   ("ttft", "ms TTFT", {1: "≤ 1.05 ×", 8: "–"}[clients]),
                                   ("gap_p50", "ms gap p50", "–"), ("gap_p99", "ms gap p99", "–")):
                ratio = median([a[key] / b[key] for a, b in zip(runs["ours"], runs["peer"])])
                noise = median([a[key] / b[key] for a, b in zip(runs["again"], runs["peer"])])
                report(f"chat, {clients} client{'s' * (clients > 1)}, {unit}", bar,
                       f"{median([r[key] for r in runs['ours']]):.1f}",
                       f"{median([r[key] for r in runs['peer']]):.1f}", f"{ratio:.3f} ×",
                       f"(llama-server/itself {noise:.3f})")


def bench_gateway(rounds, load):
    body = json.dumps({"model": "fake", "max_tokens": 1,
                       "messages": [{"role": "user", "content": "hello"}]})
    with servers.Hearth([("fake", "fake:echo")]) as hearth, \
            tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(body)
        file.flush()
        argv = [load, "--port", str(hearth.port), "--path", "/v1/chat/completions", "--body",
                file.name, "--connections", "64"]
        subprocess.run([*argv, "--rate", "50", "--seconds", "1"], check=True, capture_output=True)
        runs = [json.loads(subprocess.run([*argv, "--rate", "500", "--seconds", "6"], check=True,
                                          capture_output=True).stdout) for _ in range(rounds)]
    if any(run["failed"] or run["broken"] or run["refused"] for run in runs):
        raise RuntimeError(runs)
    for key, bar in (("p50_ms", "≤ 0.5 ms"), ("p99_ms", "≤ 2 ms")):
        report(f"gateway's own cost, 500/s, {key[:3]}", bar,
               f"{median([run[key] for run in runs]):.2f} ms", "–", "–")


def bench_rest(rounds, load):
    ready = []
    for _ in range(rounds):
        with servers.Hearth() as hearth:
            ready.append(hearth.ready_ms)
    report("ready with nothing pinned", "≤ 300 ms", f"{median(ready):.0f} ms", "–", "–")
    with servers.Hearth([(f"slow{i}", "fake:reply = tick tock; token_us = 1000000") for i in range(4)],
                        slots=250) as hearth:
        time.sleep(1)
        rest = hearth.rss_mb()
        report("at rest", "≤ 30 MB RSS", f"{rest:.1f} MB", "–", "–")
        with contextlib.ExitStack() as stack:
            held = sum(stack.enter_context(holding(hearth.port, f"slow{i}", load))
                       for i in range(4))
            time.sleep(3)
            more = hearth.rss_mb() - rest
        report(f"{held} streams held open", "≤ 30 MB more", f"{more:.1f} MB more", "–", "–")


@contextlib.contextmanager
def holding(port, model, load):
    """250 streams of a model, open until the block ends; their number."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"model": model, "stream": True, "ignore_eos": True, "max_tokens": 1000,
                   "messages": [{"role": "user", "content": "hello"}]}, file)
        file.flush()
        holder = subprocess.Popen([load, "--port", str(port), "--path", "/v1/chat/completions",
                                   "--body", file.name, "--connections", "250", "--hold"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            yield json.loads(holder.stdout.readline())["held"]
        finally:
            holder.stdin.close()
            holder.wait(30)


def bench_idle(rounds, gguf, load):
    """Streams that are open and say nothing, beside 8 clients that get tokens; before and after it
    without them, since a machine that is shared gives more or less from one minute to the next."""
    quiet = [(f"slow{i}", "fake:reply = tick tock; token_us = 10000000") for i in range(4)]
    before, beside, after, held = [], [], [], 0
    with servers.Hearth([("m", f"file:{gguf}", {"slots": 8}), *quiet], slots=250, context=1024) as hearth:
        def rate():
            return load_of(hearth.port, "m", 8, 32, 64, 64)["rate"]
        load_of(hearth.port, "m", 8, 8, 64, 64)
        for _ in range(rounds):
            before.append(rate())
            with contextlib.ExitStack() as stack:
                held = sum(stack.enter_context(holding(hearth.port, name, load)) for name, _ in quiet)
                beside.append(rate())
            after.append(rate())
    ratio = median([2 * b / (x + y) for x, b, y in zip(before, beside, after)])
    noise = median([y / x for x, y in zip(before, after)])
    report(f"{held} idle streams beside 8 busy ones, tokens/s", "≥ 0.97 ×", f"{median(beside):.1f}",
           f"{median(before + after):.1f} without", f"{ratio:.3f} ×", f"(without/itself {noise:.3f})")


def bench_queue():
    """The admission queue by itself; no peer has one that can be measured alone."""
    out = subprocess.run([str(servers.BUILD / "test/bench_queue")], capture_output=True, text=True,
                         check=True).stdout
    for line in map(json.loads, out.splitlines()):
        rate = line["operations_per_s"] / 1e6
        report(f"queue: {line['queued']} waiting, {line['clients']} clients", "≥ 2 M/s, ≤ 1 µs",
               f"{rate:.2f} M/s", "—", f"{rate / 2:.2f} ×",
               f"({line['ns_per_operation']} ns, p99 {line['ns_per_operation_p99']} ns)")


def bench_retry_after():
    """How far Retry-After comes true, under a fake clock."""
    out = subprocess.run([str(servers.BUILD / "test/sim_test_retry_after")], capture_output=True,
                         text=True, check=True)
    for row in re.findall(r"^(service .*?): (.*)$", out.stdout + out.stderr, re.M):
        report("Retry-After: " + row[0], "told is true", row[1], "—", "—")


def bench_soak(seconds):
    """Three models on memory for two, with everything that goes wrong at once; no peer does this."""
    models = ("red", "green", "blue")
    scripts = [(name, f"fake:load_bytes = 60MB; load_ms = 200; token_us = 3000; context = {8192 + i}")
               for i, name in enumerate(models)]  # the same file thrice would be loaded once
    with servers.Hearth(scripts, memory_limit="190MB", shortest_residency="1s", longest_wait="3s",
                        queue_max=10, request_timeout="60s", breaker_failures=1000) as hearth:
        load = soak.Soak(hearth.port, hearth.process.pid, models)
        load.run(seconds)
        end = time.monotonic() + 120
        while not load.is_quiet() and time.monotonic() < end:
            time.sleep(1)
        wrong = load.books() if load.is_quiet() else ["requests still run"]
    for fault in load.faults[:5]:
        print(f"    {fault}", flush=True)
    report(f"soak of {seconds / 60:.0f} minutes", "0 faults, books that add up", load.tell(), "—",
           f"{len(load.faults)} faults", f"({wrong or 'the books add up'})")


def instruction_set():
    flags = re.search(r"flags\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text()).group(1).split()
    model = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text()).group(1)
    known = [f for f in ("avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16",
                         "amx_int8") if f in flags]
    return f"{model}, {os.cpu_count()} cores, {' '.join(known)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="queue,health,rest,idle,gateway,chat,inside,structure,batch,prefixes,decoder,decoder-http,parting,hub,soak")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--soak-seconds", type=int, default=1800)
    parser.add_argument("--gguf", default=os.environ.get("HEARTH_TEST_GGUF"))
    parser.add_argument("--llama-server", default=os.environ.get("HEARTH_LLAMA_SERVER"))
    parser.add_argument("--load", default=str(servers.BUILD / "test/bench_load"))
    options = parser.parse_args()
    chosen = options.only.split(",")
    print(f"machine: {instruction_set()}", flush=True)
    if "queue" in chosen:
        bench_queue()
        bench_retry_after()
    if "health" in chosen:
        bench_health(options.rounds)
    if "rest" in chosen:
        bench_rest(options.rounds, options.load)
    if "idle" in chosen:
        bench_idle(options.rounds, options.gguf, options.load)
    if "gateway" in chosen:
        bench_gateway(options.rounds, options.load)
    if "decoder" in chosen:
        decoders.Decoders(pathlib.Path(options.gguf).parent, options.rounds, report).all()
    if "chat" in chosen:
        bench_chat(options.rounds, options.gguf, options.llama_server, os.cpu_count())
    if "inside" in chosen:
        inside.bench(options.rounds, options.gguf, fresh_prompt, report)
    if "structure" in chosen:
        structure.bench(options.rounds, options.gguf, os.cpu_count(), report)
    if "prefixes" in chosen:
        prefixes.Prefixes(options.rounds, options.gguf, options.llama_server, os.cpu_count(), median,
                          report).all()
    if "batch" in chosen:
        batch_lines.bench(options.rounds, options.gguf, fresh_prompt, median, report)
    if "decoder-http" in chosen:
        decoder_http.bench(options.rounds, options.gguf, options.llama_server, os.cpu_count(),
                           load_of, report)
    if "parting" in chosen:
        parting.bench(options.gguf, report)
    if "hub" in chosen:
        hub.bench(options.gguf, report)
    if "soak" in chosen:
        bench_soak(options.soak_seconds)
    print("\n| | bar | hearth | peer | ratio | noise |\n|---|---|---|---|---|---|")
    for row in RESULTS:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
