"""Clients that leave at any moment of any route: what goes on without them, on the pool or in a
worker, owns what it works with. Under AddressSanitizer a fault of that kind ends the server."""
import json
import re
import socket
import time

import pytest

from conftest import ROOT, SLOW, Server, wait_for

ROUTES = json.loads((ROOT / "api/routes.json").read_text())["routes"]

MODELS = {"fake": ("reply = one two three; token_us = 2000", "chat"),
          "vectors": ("tasks = embed; vector_length = 64", "embedding"),
          "labels": ("tasks = score; labels = 64", None),
          "scores": ("tasks = score", None),
          "late": ("reply = here; load_ms = 300", "chat")}
MANY = 1000  # texts: with 64 numbers for each the answer is written on the pool
MESSAGES = [{"role": "user", "content": "say something"}]

# By the name of the route: what is asked for, several where a route has several ways.
BODIES = {
    "chat_completions": [{"model": "fake", "messages": MESSAGES, "stream": True},
                         {"model": "fake", "messages": MESSAGES, "n": 3},
                         {"model": "late", "messages": MESSAGES, "stream": True},
                         {"model": "fake", "messages": [{"role": "user", "content": "x " * 200_000}]}],
    "completions": [{"model": "fake", "prompt": "x", "stream": True}, {"model": "fake", "prompt": ["x", "y"]}],
    "responses": [{"model": "fake", "input": "say something", "stream": True},
                  {"model": "fake", "input": "say something", "previous_response_id": "resp_0"}],
    "response_tokens": [{"model": "fake", "input": "say something"}, {"model": "fake", "input": "x", "previous_response_id": "resp_0"}],
    "messages": [{"model": "fake", "max_tokens": 9, "messages": MESSAGES, "stream": True},
                 {"model": "late", "max_tokens": 9, "messages": MESSAGES}],
    "count_tokens": [{"model": "fake", "messages": MESSAGES}],
    "chat_input_tokens": [{"model": "fake", "messages": MESSAGES}],
    "batches_create": [{"input_file_id": "file-0", "endpoint": "/v1/completions", "completion_window": "24h"}],
    "embeddings": [{"model": "vectors", "input": ["some text"] * MANY}, {"model": "vectors", "input": "x"}],
    "rerank": [{"model": "scores", "query": "x", "documents": ["some text"] * MANY, "return_documents": True}],
    "embed": [{"model": "vectors", "inputs": ["some text"] * MANY}],
    "cohere_embed": [{"model": "vectors", "texts": ["some text"] * MANY}],
    "score": [{"model": "scores", "text_1": "x", "text_2": ["some text"] * MANY}],
    "predict": [{"model": "labels", "inputs": [["some text"]] * MANY}],
    "infer": [{"input": ["some text"] * MANY}],
    "inference": [{"model_id": "fake", "prompt": "x"}],
    "inference_stream": [{"model_id": "fake", "prompt": "x"}],
    "tokenize": [{"model": "fake", "content": "some text"}],
    "detokenize": [{"model": "fake", "tokens": [1, 2]}],
    "models_create": [{"name": "made", "source": "fake:reply = x", "task": "chat"}],
    "models_update": [{"description": "x"}],
    "version_create": [{"source": "fake:reply = y"}],
    "alias_set": [{"version": 1}],
    "datasets_create": [{"path": "none.jsonl"}],
    "jobs_create": [{"model": "learnt", "base_model": "fake", "dataset_id": "none"}],
    "fine_tuning_create": [{"model": "fake", "training_file": "file-0"}],
    "ollama_show": [{"model": "fake"}],
    "ollama_generate": [{"model": "fake", "prompt": "x"}, {"model": "late", "keep_alive": "1m"},
                        {"model": "late", "prompt": "x", "stream": False, "keep_alive": 0}],
    "ollama_chat": [{"model": "fake", "messages": MESSAGES}, {"model": "late", "messages": MESSAGES, "keep_alive": 0}],
    "ollama_embed": [{"model": "vectors", "input": ["some text"] * MANY}],
    "ollama_embeddings": [{"model": "vectors", "prompt": "x"}],
    "ollama_pull": [{"model": "fake:reply = pulled"}, {"model": "fake"}],
    "ollama_copy": [{"source": "fake", "destination": "fake:other"}],
    "native_completion": [{"model": "fake", "prompt": "x", "stream": True}, {"model": "fake", "prompt": ["x", "y"]}],
    "native_infill": [{"model": "fake", "input_prefix": "x", "input_suffix": "y"}],
    "native_template": [{"model": "fake", "messages": MESSAGES}],
    "ollama_delete": [{"model": "fake:other"}, {"model": "kept"}],
}
# What stands for {…} in the paths; a route that takes a model's name is asked for several.
PARAMETERS = {"id": ["kept"], "model": ["fake", "labels", "vectors"], "number": ["1"], "alias": ["best"],
              "digest": ["sha256:00"],
              "response": ["resp_0"]}
# When the client leaves behind its last byte, as parts of the time that the whole answer takes.
PARTS = [0, 0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.96, 1]
LONGEST_S = 2


def paths_of(row):
    paths = [row["path"]]
    for name in re.findall(r"{(\w+)\*?}", row["path"]):
        paths = [re.sub(rf"{{{name}\*?}}", value, path) for path in paths for value in PARAMETERS[name]]
    return paths


def requests_of(row):
    for path in paths_of(row):
        for body in BODIES.get(row["name"], [None]):
            data = b"" if body is None else json.dumps(body).encode()
            head = f"{row['method']} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(data)}\r\n\r\n"
            yield head.encode() + data


def leave(server, data, delay, reset):
    with socket.create_connection(("127.0.0.1", server.port), timeout=20 * SLOW) as client:
        if reset:  # closing sends RST
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        try:
            client.sendall(data)
            time.sleep(delay)
        except OSError:
            pass  # answered and closed before all was sent


def time_whole(server, data):
    """How long it takes when the client stays, to the last byte, in seconds."""
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20 * SLOW) as client:
        client.sendall(data.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        while client.recv(1 << 16):
            pass
    return min(time.monotonic() - started, LONGEST_S * SLOW)


def moments(data, took):
    """Where the request is cut off, and how long behind that the client leaves."""
    head = data.index(b"\r\n\r\n") + 4
    for cut in (1, head - 1, head, (head + len(data)) // 2, len(data) - 1):
        yield data[:cut], 0
    for part in PARTS:
        yield data, part * took


@pytest.fixture(scope="module")
def busy_server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("leaving") / "home"
    folder.mkdir()
    server = Server(folder)
    for name, (script, task) in MODELS.items():
        wanted = {"name": name, "source": f"fake:{script}", **({"task": task} if task else {})}
        answer = server.post("/models", wanted)
        assert answer.status == 201, answer.text
    yield server
    server.end()


def test_every_route_that_reads_a_body_is_asked_for_something():
    assert {row["name"] for row in ROUTES if "request" in row} == set(BODIES)


@pytest.mark.parametrize("row", ROUTES, ids=[row["name"] for row in ROUTES])
def test_a_client_may_leave_at_any_moment_of(busy_server, row):
    busy_server.post("/models", {"name": "kept", "source": "fake:reply = x", "task": "chat"})
    for data in requests_of(row):
        took = time_whole(busy_server, data)
        for number, (part, delay) in enumerate(moments(data, took)):
            leave(busy_server, part, delay, reset=number % 2)
    assert busy_server.process.poll() is None, busy_server.log[-6000:]
    wait_for(lambda: busy_server.metric("hearth_requests_active") == 1, 30, "the end of what was left")
    assert busy_server.get("/health").status == 200


def test_labels_are_written_for_who_stays(busy_server):
    answer = busy_server.post("/infer/labels", {"input": ["some text"] * MANY}).json()
    assert len(answer["result"]) == MANY and len(answer["result"][0]) == 64
    assert {row["label"] for row in answer["result"][-1]} == {f"LABEL_{i}" for i in range(64)}
