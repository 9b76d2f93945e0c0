"""What a form costs: a chat whose answer keeps to a JSON schema against one whose answer is free, of
the same server, in turn. Both write as many tokens: the schema wants more than there is room for.
And how long the first token of a forced tool call takes, against one of a free answer to a prompt of
as many tokens: in turn, each with a prompt of its own, that none of them has computed before.

    structure.py GGUF [ROUNDS]
"""
import concurrent.futures
import json
import os
import statistics
import sys
import time
import urllib.request

import servers

PERSON = {"type": "object", "required": ["name", "age", "tags", "score"], "additionalProperties": False,
          "properties": {"name": {"type": "string", "maxLength": 30}, "age": {"type": "integer", "minimum": 0, "maximum": 120},
                         "tags": {"type": "array", "maxItems": 3, "items": {"enum": ["new", "old", "lost"]}},
                         "score": {"type": "number", "minimum": 0, "maximum": 1}}}
SCHEMA = {"type": "array", "minItems": 100, "items": PERSON}


def ask(port, number, form):
    """Tokens of one answer."""
    body = {"model": "m", "max_tokens": 96, "temperature": 0.8, "seed": number,
            "messages": [{"role": "user", "content": f"Tell of some people, number {number} first."}]}
    if form:
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "people", "schema": SCHEMA}}
    else:
        body["ignore_eos"] = True
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/chat/completions", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=600) as answer:
        return json.load(answer)["usage"]["completion_tokens"]


def rate(port, clients, form, first):
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        tokens = sum(pool.map(lambda i: ask(port, first + i, form), range(2 * clients)))
    return tokens / (time.monotonic() - started)


TOOL = {"type": "function", "function": {"name": "note_person", "description": "Notes a person.", "parameters": PERSON}}


def first_token(port, number, choice):
    """Milliseconds to the first token: both are told of the tool, so that their prompts are as long."""
    body = {"model": "m", "max_tokens": 1, "temperature": 0.8, "seed": number, "tools": [TOOL], "tool_choice": choice,
            "parallel_tool_calls": False,
            "messages": [{"role": "system", "content": f"Case {number}."},
                         {"role": "user", "content": "Note a person of your choice. " * 10}]}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/chat/completions", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    started = time.monotonic()
    with urllib.request.urlopen(request, timeout=600) as answer:
        json.load(answer)
    return 1000 * (time.monotonic() - started)


def bench_calls(port, turns, report):
    first_token(port, 1, "auto"), first_token(port, 2, "required")
    rows = [[first_token(port, 10 * turn + side, choice) for side, choice in enumerate(("required", "auto", "auto"))]
            for turn in range(1, turns + 1)]
    forced, free, again = (statistics.median(row[side] for row in rows) for side in range(3))
    report("first token of a forced tool call, ms", "≤ 1.1 ×", f"{forced:.1f}", f"{free:.1f}",
           f"{statistics.median(row[0] / row[1] for row in rows):.3f} ×", f"(free/itself {again / free:.3f})")


def bench(rounds, gguf, threads, report):
    with servers.Hearth([("m", f"file:{gguf}", {})], threads=threads, slots=8, context=1024) as hearth:
        rate(hearth.port, 1, True, 1)
        rate(hearth.port, 1, False, 1)
        for clients in (1, 8):
            pairs = [[rate(hearth.port, clients, form, 1000 * turn) for form in (True, False, False)]
                     for turn in range(rounds)]
            held, free = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
            report(f"chat with a schema, {clients} client{'s' * (clients > 1)}, tokens/s", "≥ 0.9 ×", f"{held:.1f}",
                   f"{free:.1f}", f"{statistics.median(a / b for a, b, _ in pairs):.3f} ×",
                   f"(free/itself {statistics.median(c / b for _, b, c in pairs):.3f})")
        bench_calls(hearth.port, 5 * rounds, report)


if __name__ == "__main__":
    bench(int(sys.argv[2]) if len(sys.argv) > 2 else 3, sys.argv[1], os.cpu_count(),
          lambda *row: print(" | ".join(row), flush=True))
