"""What a thousand queued lines of a batch do to who waits: the time to the first token of one
interactive request, alone and beside them, and how long a step takes meanwhile."""
import http.client
import json
import random
import time

import servers

LINES, PROMPTS, WORDS, TOKENS = 1000, 8, 24, 24


def call(port, method, path, body=b"", kind="application/json"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request(method, path, body, {"Content-Type": kind})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 300:
        raise RuntimeError(text[:2000])
    return json.loads(text)


def begin(port, fresh_prompt):
    lines = "\n".join(json.dumps({
        "custom_id": f"l{n}", "method": "POST", "url": "/v1/chat/completions",
        "body": {"model": "m", "max_tokens": 64, "ignore_eos": True,
                 "messages": [{"role": "user", "content": fresh_prompt(WORDS)}]}}) for n in range(LINES))
    form = "".join(f'--xyz\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{content}\r\n'
                   for name, more, content in (("purpose", "", "batch"), ("file", '; filename="a"', lines)))
    made = call(port, "POST", "/v1/files", (form + "--xyz--\r\n").encode(),
                "multipart/form-data; boundary=xyz")
    return call(port, "POST", "/v1/batches", json.dumps({
        "input_file_id": made["id"], "endpoint": "/v1/chat/completions", "completion_window": "24h"}))["id"]


def ask(port, fresh_prompt):
    """People ask at any moment. Right behind an answer it would always be when a step has just begun,
    and the wait for its end the longest that there is."""
    time.sleep(random.uniform(0, 0.1))
    return servers.chat(port, "m", fresh_prompt(WORDS), TOKENS)


def bench(rounds, gguf, fresh_prompt, median, report):
    """One server; the batch is begun and cancelled in each round, so that both measures alternate."""
    alone, beside, steps = [], [], []
    with servers.Hearth([("m", f"file:{gguf}")]) as hearth:
        servers.chat(hearth.port, "m", fresh_prompt(WORDS), 4)
        for _ in range(rounds):
            alone += [ask(hearth.port, fresh_prompt)[0] for _ in range(PROMPTS)]
            key = begin(hearth.port, fresh_prompt)
            while not call(hearth.port, "GET", f"/v1/batches/{key}")["request_counts"]["completed"]:
                time.sleep(0.05)
            answers = [ask(hearth.port, fresh_prompt) for _ in range(PROMPTS)]
            beside += [answer[0] for answer in answers]
            steps += [gap for answer in answers for gap in answer[2]]
            call(hearth.port, "POST", f"/v1/batches/{key}/cancel")
            while call(hearth.port, "GET", f"/v1/batches/{key}")["status"] == "cancelling":
                time.sleep(0.05)
    more, step = median(beside) - median(alone), median(steps)
    report(f"TTFT beside {LINES} batch lines", "≤ 1 step more", f"{median(beside) * 1000:.1f} ms",
           f"alone {median(alone) * 1000:.1f} ms", f"{more / step:.2f} steps more",
           f"(a step {step * 1000:.1f} ms)")
