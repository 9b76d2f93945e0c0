"""Clients that leave, change their minds and ask for everything at once: the server goes on, and
nothing of theirs stays behind."""
import json
import random
import socket
import threading
import time

from conftest import SLOW, wait_for

MODELS = {"fake": ("reply = one two", "chat"), "vectors": ("tasks = embed; vector_length = 16", "embedding"),
          "slow": ("reply = " + "w " * 30 + "; token_us = 20000", "chat"),
          "late": ("reply = here; load_ms = 500", "chat")}


def some_request(dice):
    model = dice.choice([*MODELS, "absent"])
    text = "hi " * dice.choice([1, 5, 100_000])
    return dice.choice([
        ("POST", "/v1/chat/completions", {"model": model, "stream": dice.random() < 0.7, "n": dice.choice([1, 3]),
                                          "messages": [{"role": "user", "content": text}]}),
        ("POST", "/v1/chat/completions", {"model": "slow", "stream": True,
                                          "messages": [{"role": "user", "content": "x"}]}),
        ("POST", "/v1/embeddings", {"model": "vectors", "input": ["a b"] * dice.choice([1, 500])}),
        ("POST", f"/infer/{model}", {"input": ["x", "y"]}),
        ("POST", "/tokenize", {"model": model, "content": "abc def"}),
        ("POST", f"/admin/models/{model}/{dice.choice(['load', 'unload', 'unload?force=true'])}", {}),
        ("POST", "/models", {"name": f"m{dice.randint(0, 3)}", "source": "fake:reply = x"}),
        ("DELETE", f"/models/m{dice.randint(0, 3)}?force=true", None),
        ("GET", dice.choice(["/metrics", "/models", "/admin/ps", "/v1/models"]), None),
    ])


def ask_and_leave(port, dice):
    method, path, body = some_request(dice)
    data = b"" if body is None else json.dumps(body).encode()
    head = (f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(data)}\r\n"
            f"traceparent: {'0' * dice.choice([55, 300])}\r\nConnection: close\r\n\r\n")
    whole = head.encode() + data
    with socket.socket() as client:
        client.settimeout(5)
        try:
            client.connect(("127.0.0.1", port))
            client.sendall(whole[:dice.randint(1, len(whole))] if dice.random() < 0.15 else whole)
            patience = time.monotonic() + dice.choice([0, 0.01, 0.1, 1])
            while time.monotonic() < patience and client.recv(65536):
                pass
        except OSError:
            pass  # cut off, which is fair


def test_clients_that_leave_at_any_moment_leave_nothing_behind(server):
    for name, (script, task) in MODELS.items():
        answer = server.post("/models", {"name": name, "source": f"fake:{script}", "task": task})
        assert answer.status == 201, answer.text
    end = time.monotonic() + 6

    def abuse(seed):
        dice = random.Random(seed)
        while time.monotonic() < end:
            ask_and_leave(server.port, dice)

    clients = [threading.Thread(target=abuse, args=(seed,)) for seed in range(16)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    wait_for(lambda: server.metric("hearth_requests_active") == 1, 30, "the end of every request")
    for name in ("hearth_requests_running", "hearth_slots_busy", "hearth_queue_depth"):
        wait_for(lambda: server.metric(name) == 0, 30, name)
    answer = server.post("/v1/chat/completions", {
        "model": "fake", "messages": [{"role": "user", "content": "still there?"}]})
    assert answer.status == 200, answer.text
    assert server.metric("hearth_model_crashes_total") == 0
    assert server.stop() == 0


def test_a_client_that_does_not_read_holds_up_nobody(start):
    server = start("--write-timeout", "2s")
    server.post("/models", {"name": "fast", "source": "fake:reply = " + "w" * 900, "task": "chat"})
    server.post("/models", {"name": "long", "task": "chat", "settings": {"slots": 2},
                            "source": "fake:reply = " + "word " * 700})
    body = json.dumps({"model": "long", "stream": True, "ignore_eos": True, "n": 1,
                       "messages": [{"role": "user", "content": "x"}]}).encode()
    sockets = []
    for _ in range(2):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", server.port))
        client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                       + str(len(body)).encode() + b"\r\n\r\n" + body)
        sockets.append(client)
    begun = time.monotonic()
    for _ in range(20):
        assert server.post("/v1/chat/completions", {
            "model": "fast", "messages": [{"role": "user", "content": "x"}]}).status == 200
    assert time.monotonic() - begun < 20 * SLOW
    for client in sockets:
        client.close()


def resident_mb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024


def at_once(count, ask):
    answers = []
    clients = [threading.Thread(target=lambda: answers.append(ask())) for _ in range(count)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert len(answers) == count
    return answers


def test_bodies_of_a_million_little_values_do_not_take_the_memory(server):
    server.post("/models", {"name": "vectors", "task": "embedding",
                            "source": "fake:tasks = embed; vector_length = 16"})
    assert server.post("/v1/embeddings", {"model": "vectors", "input": "warm"}).status == 200
    before, most, watching = resident_mb(server.pid), [0.0], threading.Event()

    def watch():
        while not watching.wait(0.02):
            most[0] = max(most[0], resident_mb(server.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    objects = b"[" + b"{}," * 3_200_000 + b"{}]"
    for path, body in (("/v1/embeddings", b'{"model": "vectors", "input": %s}'),
                       ("/v1/chat/completions", b'{"model": "vectors", "messages": %s}'),
                       ("/v1/rerank", b'{"model": "vectors", "query": "q", "documents": %s}'),
                       ("/tokenize", b'{"model": "vectors", "content": %s}'),
                       ("/infer/vectors", b'{"input": %s}'), ("/models", b'{"tags": %s}')):
        for answer in at_once(3, lambda path=path, body=body: server.post(path, body % objects)):
            assert answer.status == 413 and "values" in answer.text, (path, answer.text[:300])
    ids = b'{"model": "vectors", "input": [' + b"10207," * 1_600_000 + b"1]}"
    for answer in at_once(8, lambda: server.post("/v1/embeddings", ids)):
        assert answer.status == 400 or (answer.status == 503 and answer.headers["Retry-After"]), \
            answer.text[:300]
    watching.set()
    watcher.join()
    assert server.post("/v1/embeddings", {"model": "vectors", "input": "still"}).status == 200
    if SLOW == 1:  # sanitizers keep freed memory for a while
        assert most[0] < before + 600, f"{before} MB became {most[0]} MB"
        wait_for(lambda: resident_mb(server.pid) < before + 64, 10, "the memory's return")


def test_a_file_is_served_without_a_registry_entry(start, gguf):
    server = start("--model", gguf)
    [model] = server.get("/v1/models").json()["data"]
    answer = server.post("/v1/chat/completions", {
        "model": model["id"], "max_tokens": 4, "temperature": 0,
        "messages": [{"role": "user", "content": "Hello"}]})
    assert answer.status == 200, answer.text
    assert answer.json()["usage"]["completion_tokens"] == 4
    assert server.get("/models").json()["models"] == []


def test_the_trace_of_a_caller_reaches_the_log(start):
    server = start("--access-log", env={"LOG_LEVEL": "info"})
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    server.post("/models", {"name": "fake", "source": "fake:reply = x", "task": "chat"})
    answer = server.post("/v1/chat/completions", {
        "model": "fake", "messages": [{"role": "user", "content": "x"}]}, headers={"traceparent": trace})
    assert answer.status == 200
    wait_for(lambda: [row for row in server.events("request") if row.get("traceparent") == trace
                      and row["request_id"] == answer.headers["X-Request-Id"]], 10, "the line")
