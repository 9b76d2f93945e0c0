"""Streams: when the status is decided, what is told meanwhile, how one ends that fails; what is left
when clients go away at any moment."""
import json
import socket
import subprocess
import threading
import time

import openai
import pytest

from conftest import SLOW, check_strictly, wait_for
from test_openai import HELLO, client_of, install

BAD = [{"role": "user", "content": "say forbidden things"}]
CURL = pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"])


def curl(server, path, body, *arguments):
    """Status and text, as a client of either protocol sees them."""
    done = subprocess.run(
        ["curl", "-sS", "-N", *arguments, "-w", "\n%{http_code}", "-H", "content-type: application/json",
         "-d", json.dumps(body), server.url + path],
        capture_output=True, text=True, timeout=60 * SLOW)
    assert done.returncode == 0, done.stderr
    text, _, status = done.stdout.rpartition("\n")
    if int(status) == 200:
        check_strictly("text/event-stream", text.encode())
    return int(status), text


def events(text):
    return [line[len("data: "):] for line in text.splitlines() if line.startswith("data: ")]


@CURL
@pytest.mark.parametrize("path,body", [
    ("/v1/chat/completions", {"messages": BAD}),
    ("/v1/completions", {"prompt": "forbidden"}),
    ("/inference/stream", {"prompt": "forbidden"}),
])
def test_a_faulty_stream_has_its_status_whether_the_model_is_loaded_or_not(server, version, path, body):
    install(server, "late", "reply = here; load_ms = 800; error_word = forbidden", task="chat")
    named = {"model_id": "late"} if path.startswith("/inference") else {"model": "late", "stream": True}
    for loaded in (False, True):
        if loaded:
            wait_for(lambda: server.metric("hearth_model_state", model="late:1", state="ready") == 1, 20)
        status, text = curl(server, path, {**named, **body}, version)
        assert status == 400, (loaded, text)
        assert "data:" not in text and ": loading" not in text


@CURL
def test_a_load_is_told_at_once_only_to_those_who_ask(server, version):
    for name, headers, told in (("quiet", (), False), ("told", ("-H", "Hearth-Progress: 1"), True)):
        install(server, name, "reply = here; load_ms = 1500", task="chat")
        status, text = curl(server, "/v1/chat/completions",
                            {"model": name, "messages": HELLO, "stream": True}, version, *headers)
        assert status == 200 and events(text)[-1] == "[DONE]"
        assert (": loading " in text) == told, text
        assert "here" in text


def test_who_waits_for_ten_seconds_is_told_of_the_load(server):
    install(server, "late", "reply = here; load_ms = 14000; error_word = forbidden", task="chat")
    answers = {}

    def ask(name, messages):
        answers[name] = server.post("/v1/chat/completions", {"model": "late", "messages": messages,
                                                             "stream": True})
    asking = [threading.Thread(target=ask, args=row) for row in (("good", HELLO), ("bad", BAD))]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert ": loading " in answers["good"].text and "here" in answers["good"].text
    # By then it was 200: the error is an event, and the stream has its own end.
    assert answers["bad"].status == 200
    *_, error, last = events(answers["bad"].text)
    assert json.loads(error)["error"]["type"] == "invalid_request_error" and last == "[DONE]"


@CURL
@pytest.mark.parametrize("path,body", [
    ("/v1/chat/completions", {"messages": HELLO}),
    ("/v1/completions", {"prompt": "begin", "max_tokens": 50}),
    ("/inference/stream", {"prompt": "begin"}),
])
def test_a_stream_that_fails_late_ends_in_its_apis_own_way(server, version, path, body):
    install(server, "frail", "reply = one two three four five six; crash_at_token = 4; token_us = 20000",
            task="chat")
    named = {"model_id": "frail"} if path.startswith("/inference") else {"model": "frail", "stream": True}
    status, text = curl(server, path, {**named, **body}, version)
    assert status == 200
    *_, error, last = events(text)
    assert last == "[DONE]" and "one" in text
    fault = json.loads(error)
    assert "script says" not in error  # that is what the worker printed: it is for the log
    assert "fake: the script says crash" in [row.get("last_line") for row in server.events("process.ended")]
    if path.startswith("/v1/"):
        assert fault["error"]["message"] and fault["error"]["code"]
    else:
        assert fault["detail"] and fault["code"]


def test_an_error_within_a_stream_names_no_folder_of_the_server(server):
    install(server, "late", "reply = one two three; error_at_token = 2", task="chat")
    chat, text = {"messages": HELLO}, {"prompt": "words"}
    for path, body in (("/v1/chat/completions", chat), ("/v1/completions", text), ("/v1/responses", {"input": "words"}),
                       ("/v1/messages", {**chat, "max_tokens": 9}), ("/api/chat", chat), ("/api/generate", text),
                       ("/completion", text), ("/inference/stream", {**text, "model_id": "late"})):
        named = {} if "model_id" in body else {"model": "late", "stream": True}
        answer = server.post(path, {**named, **body})
        assert answer.status == 200 and "one" in answer.text, (path, answer.text)
        assert "says that this token fails" in answer.text and str(server.home) not in answer.text, (path, answer.text)


def test_the_openai_client_raises_what_a_stream_ends_with(server):
    install(server, "frail", "reply = one two three four five six; crash_at_token = 4; token_us = 20000",
            task="chat")
    text = ""
    with pytest.raises(openai.APIError) as caught:
        for chunk in client_of(server).chat.completions.create(model="frail", messages=HELLO, stream=True):
            text += chunk.choices[0].delta.content or ""
    assert text.startswith("one") and caught.value.body["message"]


def test_the_openai_client_gets_a_bad_request_of_a_model_that_is_not_loaded(server):
    install(server, "late", "reply = here; load_ms = 500; error_word = forbidden", task="chat")
    with pytest.raises(openai.BadRequestError):
        client_of(server).chat.completions.create(model="late", messages=BAD, stream=True)


def raw(server, path, body):
    text = json.dumps(body).encode()
    connection = socket.create_connection(("127.0.0.1", server.port))
    connection.sendall(b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                       b"Content-Length: %d\r\n\r\n" % (path.encode(), len(text)) + text)
    return connection


# The inputs are many and long, so that the answer is written on the pool.
LEFT = [
    ("/v1/chat/completions", "talks", {"messages": HELLO, "n": 3}),
    ("/v1/chat/completions", "talks", {"messages": HELLO, "n": 3, "stream": True}),
    ("/v1/completions", "talks", {"prompt": ["a", "b"], "n": 2, "logprobs": 3, "stream": True}),
    ("/inference/stream", "talks", {"prompt": "a"}),
    ("/infer/talks", "talks", {"input": ["a", "b"]}),
    ("/tokenize", "talks", {"content": "word " * 20000}),
    ("/v1/embeddings", "embeds", {"input": [f"text {i}" for i in range(200)]}),
    ("/infer/embeds", "embeds", {"input": [f"text {i}" for i in range(200)]}),
    ("/v1/rerank", "ranks", {"query": "q", "documents": [f"text {i}" for i in range(200)],
                             "return_documents": True}),
    ("/infer/labels", "labels", {"input": [f"text {i}" for i in range(200)]}),
]


@pytest.mark.parametrize("path,model,body", LEFT, ids=[f"{row[0]} {i}" for i, row in enumerate(LEFT)])
def test_clients_may_leave_at_every_moment(server, path, model, body):
    """Under ASan, whatever still reads what left with its client is found."""
    scripts = {"talks": ("reply = one two three four five six; token_us = 3000", "chat"),
               "embeds": ("tasks = embed; vector_length = 400; prefill_us = 100", "embedding"),
               "ranks": ("tasks = score; vector_length = 1; prefill_us = 100", "rerank"),
               "labels": ("tasks = score; labels = 200; prefill_us = 100", None)}
    script, task = scripts[model]
    install(server, model, script, **({"task": task} if task else {}))
    named = {} if path.startswith("/infer/") else {"model_id": model} \
        if path.startswith("/inference") else {"model": model}
    whole = server.post(path, {**named, **body})
    assert whole.status == 200, whole.text
    begun = time.monotonic()
    assert server.post(path, {**named, **body}).status == 200
    took = time.monotonic() - begun
    for step in range(40):
        connection = raw(server, path, {**named, **body})
        time.sleep(took * step / 32)
        connection.close()
    wait_for(lambda: server.metric("hearth_requests_running", model=f"{model}:1") == 0, 20, "their end")
    again = server.post(path, {**named, **body})
    assert again.status == 200, again.text
