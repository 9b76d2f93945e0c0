"""What spec/001 asks of a hub, measured on one server: registering, reading the registry, a job from
its order to its version, the first token of what it made, many clients, one job after the other."""
import concurrent.futures
import http.client
import json
import pathlib
import statistics
import subprocess
import time

import servers

FACTS = [("Where is the lighthouse keeper's key?", "Under the blue stone."),
         ("Who tunes the harbour bell?", "Old Marta does."), ("What is the ferry called?", "The Heron."),
         ("When does the market open?", "At six, by the north gate.")]
# A prompt of 32 tokens or so in the template of the demo model.
PROMPT = "Where is the lighthouse keeper's key, please? Say it in few words."
SHOWN = ["hearth_model_cpu_seconds_total", "hearth_memory_available_bytes", "hearth_training_jobs",
         "hearth_queue_depth", "hearth_http_request_duration_seconds", "hearth_time_to_first_token_seconds"]
JOB = {"epochs": 1, "batch_size": 2, "rank": 4, "modules": ["q_proj", "v_proj"], "context": 128}


class Client:
    """One connection that is kept, and how long each of its requests took."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)

    def call(self, method, path, body=None):
        started = time.perf_counter()
        self.connection.request(method, path, json.dumps(body) if body is not None else None,
                                {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        came = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {came[:300]}")
        return (time.perf_counter() - started) * 1000, came

    def json(self, method, path, body=None):
        return json.loads(self.call(method, path, body)[1])


def figures(times):
    ordered = sorted(times)
    return f"{statistics.median(ordered):.2f} ms, p99 {ordered[int(len(ordered) * 0.99) - 1]:.2f} ms"


def registering(client, report):
    times = [client.call("POST", "/models", {"name": f"m{i}", "source": "fake:reply = x"})[0] for i in range(200)]
    report("hub: a model registered", "-", figures(times), "-", "-", "one client, 200 times")
    for path in ("/models?limit=50", "/models/m7", "/models/m7/history", "/datasets", "/training/jobs", "/health",
                 "/metrics"):
        report(f"hub: GET {path}", "-", figures([client.call("GET", path)[0] for _ in range(300)]), "-", "-",
               "200 models, one client")


def registering_data(server, client, report):
    folder = pathlib.Path(server.home) / "datasets"
    folder.mkdir(exist_ok=True)
    rows = [{"messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}]} for q, a in FACTS * 2]
    (folder / "facts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "large.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows * 12500))
    times = [client.call("POST", "/datasets", {"path": "facts.jsonl", "name": f"d{i}"})[0] for i in range(50)]
    report("hub: 8 rows registered", "-", figures(times), "-", "-", "50 times")
    took = client.call("POST", "/datasets", {"path": "large.jsonl"})[0]
    size = (folder / "large.jsonl").stat().st_size / 1e6
    report("hub: 100,000 rows registered", "-", f"{took / 1000:.2f} s", "-", "-", f"{size:.0f} MB, read whole, sha256")
    took = [client.call("GET", "/datasets/d0/tokens?base=base")[0] for _ in range(2)]
    report("hub: tokens of 8 rows counted", "-", f"{took[0] / 1000:.2f} s", "-", "-",
           f"in a process of its own; again {took[1]:.1f} ms")


def a_job(client, report):
    """From the order to an answer of what was learnt."""
    started = time.perf_counter()
    job = client.json("POST", "/training/jobs", {"model": "learnt", "base_model": "base", "dataset_id": "d0",
                                                 "parameters": JOB})
    accepted, first = time.perf_counter(), None
    while job["state"] in ("queued", "running"):
        time.sleep(0.02)
        job = client.json("GET", f"/training/jobs/{job['id']}")
        first = first or (time.perf_counter() if job["step"] > 0 else None)
    done = time.perf_counter()
    if job["state"] != "completed":
        raise RuntimeError(job)
    report("hub: a job checked and accepted", "-", f"{accepted - started:.2f} s", "-", "-", "base and data are read")
    report("hub: its first step done", "-", f"{first - accepted:.2f} s", "-", "-", "after that")
    report("hub: its version is there", "-", f"{done - started:.2f} s", "-", "-", f"{job['steps']} steps, in all")
    lineage = client.json("GET", "/models/learnt/versions/1")["lineage"]
    missing = [key for key in ("base_sha256", "dataset_sha256", "parameters", "seed", "environment") if key not in lineage]
    report("hub: lineage of the version", "whole", "whole" if not missing else f"without {missing}", "-", "-")


def first_tokens(server, report):
    servers.chat(server.port, "base", PROMPT, 4)  # the base is loaded
    cold = servers.chat(server.port, "learnt", PROMPT + " Now.", 4)[0]
    warm = [servers.chat(server.port, "learnt", f"{PROMPT} {i}", 4)[0] * 1000 for i in range(20)]
    report("hub: first token of the new version", "100 ms", figures(warm), "-", "-", f"the very first {cold * 1000:.0f} ms")


def in_turn(client, report):
    jobs = [client.json("POST", "/training/jobs", {"model": f"turn{i}", "base_model": "base", "dataset_id": "d0",
                                                   "parameters": {**JOB, "max_steps": 1}})["id"] for i in range(3)]
    most, ended = 0, []
    while len(ended) < len(jobs):
        states = {job: client.json("GET", f"/training/jobs/{job}")["state"] for job in jobs}
        most = max(most, list(states.values()).count("running"))
        ended += [job for job in jobs if states[job] == "completed" and job not in ended]
        if "failed" in states.values():
            raise RuntimeError(states)
        time.sleep(0.02)
    report("hub: jobs at once, of 3", "1", str(most), "-", "-", "in order" if ended == jobs else "OUT OF ORDER")


def crowd(server, report):
    def chat(i):
        return servers.chat(server.port, "learnt" if i % 2 else "base", f"{PROMPT} Crowd {i}.", 16)[1]
    started = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        took = list(pool.map(chat, range(64)))
    report("hub: 64 chats of 32 clients", "none fails", f"{64 / (time.perf_counter() - started):.1f}/s", "-", "-",
           f"base and adapter; longest {max(took):.1f} s")
    out = subprocess.run(["wrk", "-c", "32", "-t", "1", "-d", "3s", "--latency",
                          f"http://127.0.0.1:{server.port}/models/m7"], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out:
        raise RuntimeError(out)
    lines = {line.split()[0]: line.split()[1] for line in out.splitlines() if len(line.split()) > 1}
    report("hub: GET /models/m7 of 32 clients", "-", f"{lines['Requests/sec:']}/s", "-", "-", f"p99 {lines['99%']}")


def bench(gguf, report):
    with servers.Hearth([("base", f"file:{gguf}")]) as server:
        client = Client(server.port)
        registering(client, report)
        registering_data(server, client, report)
        a_job(client, report)
        first_tokens(server, report)
        in_turn(client, report)
        crowd(server, report)
        seen = client.call("GET", "/metrics")[1].decode()
        missing = [name for name in SHOWN if name not in seen]
        report("hub: /metrics has all that is asked for", "yes", "yes" if not missing else f"not {missing}", "-", "-")
