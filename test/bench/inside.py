"""Inside a worker, each against itself: short chats beside a long prompt, prompt lookup on text that
repeats itself, two adapters in one batch. No peer is needed: the ratio is of one server."""
import concurrent.futures
import pathlib
import statistics
import sys
import tempfile
import threading
import time

import servers

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import adapter_files

CODE = """class Account:
    def __init__(self, owner, balance):
        self.owner = owner
        self.balance = balance
        self.history = []

    def deposit(self, amount):
        if amount <= 0:
            raise ValueError("the amount must be positive")
        self.balance = self.balance + amount
        self.history.append(("deposit", amount))
        return self.balance

    def withdraw(self, amount):
        if amount <= 0:
            raise ValueError("the amount must be positive")
        if amount > self.balance:
            raise ValueError("the balance is too low")
        self.balance = self.balance - amount
        self.history.append(("withdraw", amount))
        return self.balance
"""


def percentile(values, share):
    return sorted(values)[int(len(values) * share)]


def chats(port, model, clients, tokens, prompt_of):
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        return list(pool.map(lambda i: servers.chat(port, model[i % len(model)], prompt_of(i), tokens),
                             range(clients)))


def rate(port, model, clients, tokens, prompt_of):
    """Tokens a second behind the first ones."""
    started = time.monotonic()
    answers = chats(port, model, clients, tokens, prompt_of)
    return sum(a[3] for a in answers) / (time.monotonic() - started)


def gaps_of_chats(port, prompt_of, beside=None):
    """Gaps of 7 chats: all of them, or those that end while `beside` runs."""
    times, spans, stop = [], [], threading.Event()

    def talk(i):
        while not stop.is_set():
            started = time.monotonic()
            first, _, gaps, _ = servers.chat(port, "m", prompt_of(i), 64)
            at = started + first
            for gap in gaps:
                at += gap
                times.append((at, gap))

    with concurrent.futures.ThreadPoolExecutor(7) as pool:
        talking = [pool.submit(talk, i) for i in range(7)]
        time.sleep(1)
        started = time.monotonic()
        if beside:
            beside()
        else:
            time.sleep(5)
        spans.append((started, time.monotonic()))
        stop.set()
        for one in talking:
            one.result()
    return [gap for at, gap in times if spans[0][0] <= at <= spans[0][1]]


def bench_gap(rounds, gguf, fresh_prompt, report):
    with servers.Hearth([("m", f"file:{gguf}")], slots=8, context=4608) as hearth:
        def prompt(_):
            return fresh_prompt(8)
        servers.chat(hearth.port, "m", prompt(0), 8)
        alone, beside, took = [], [], []
        for _ in range(rounds):
            alone.append(percentile(gaps_of_chats(hearth.port, prompt), 0.99) * 1000)
            long_prompt = fresh_prompt(3000)  # over 4,000 tokens
            started = time.monotonic()
            beside.append(percentile(gaps_of_chats(
                hearth.port, prompt, lambda: servers.chat(hearth.port, "m", long_prompt, 1)), 0.99) * 1000)
            took.append(time.monotonic() - started)
    report("7 short chats beside a 4,000-token prompt, gap p99", "≤ 3 ×",
           f"{statistics.median(beside):.1f} ms", f"{statistics.median(alone):.1f} ms without it",
           f"{statistics.median([b / a for a, b in zip(alone, beside)]):.2f} ×",
           f"(the prompt took {statistics.median(took):.1f} s)")


def bench_lookup(rounds, gguf, fresh_prompt, report):
    models = [("with", f"file:{gguf}", {"speculation": "lookup"}),
              ("without", f"file:{gguf}", {"speculation": "off"})]
    with servers.Hearth(models, context=2048) as hearth:
        def prompt(_):
            return (f"{fresh_prompt(4)}\nWrite this code again, with `balance` renamed to `total`:\n"
                    f"```python\n{CODE}```")
        for name, *_ in models:
            servers.chat(hearth.port, name, prompt(0), 8)
        runs = [[rate(hearth.port, [name], 1, 256, prompt) for name in ("with", "without")]
                for _ in range(rounds)]
        drafted, accepted = (hearth.metric(f"hearth_draft_{what}_total") for what in ("tokens", "accepted"))
    report("a code edit, 1 client, prompt lookup, tokens/s", "≥ 1.5 ×",
           f"{statistics.median([r[0] for r in runs]):.1f}",
           f"{statistics.median([r[1] for r in runs]):.1f} without",
           f"{statistics.median([r[0] / r[1] for r in runs]):.2f} ×",
           f"({accepted:.0f} of {drafted:.0f} drafted tokens were right)")


def bench_adapters(rounds, gguf, fresh_prompt, report):
    with tempfile.TemporaryDirectory() as folder:
        paths = [adapter_files.write_gguf(pathlib.Path(gguf), pathlib.Path(folder) / f"{seed}.gguf",
                                          seed=seed, rank=8) for seed in (1, 2)]
        with servers.Hearth([("m", f"file:{gguf}", {"speculation": "off"})], slots=8,
                            context=1024) as hearth:
            for number, path in enumerate(paths):
                hearth.install(f"file:{path}", f"a{number}", base="m")
            def prompt(_):
                return fresh_prompt(32)
            for name in ("m", "a0", "a1"):
                servers.chat(hearth.port, name, prompt(0), 8)
            runs = [[rate(hearth.port, names, 8, 64, prompt) for names in (["a0", "a1"], ["m"])]
                    for _ in range(rounds)]
    report("two adapters in one batch of 8, tokens/s", "≥ 0.8 ×",
           f"{statistics.median([r[0] for r in runs]):.1f}",
           f"{statistics.median([r[1] for r in runs]):.1f} of the base alone",
           f"{statistics.median([r[0] / r[1] for r in runs]):.2f} ×")


def bench(rounds, gguf, fresh_prompt, report):
    bench_gap(rounds, gguf, fresh_prompt, report)
    bench_lookup(rounds, gguf, fresh_prompt, report)
    bench_adapters(rounds, gguf, fresh_prompt, report)
