"""What a form costs: a chat whose answer keeps to a JSON schema against one whose answer is free, of
the same server, in turn. Both write as many tokens: the schema wants more than there is room for.

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


if __name__ == "__main__":
    bench(int(sys.argv[2]) if len(sys.argv) > 2 else 3, sys.argv[1], os.cpu_count(),
          lambda *row: print(" | ".join(row), flush=True))
