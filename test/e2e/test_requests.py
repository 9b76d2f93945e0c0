"""Asynchronous requests, idempotency keys and callbacks, over the real binary."""
import hashlib
import hmac
import http.client
import http.server
import json
import signal
import threading
import time

import pytest

from conftest import Server, make_home, wait_for

CHAT = {"model": "fake", "messages": [{"role": "user", "content": "a b c"}]}
SECRET = "s3cret"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The home of those that start and end servers of their own."""
    return make_home(tmp_path_factory.mktemp("restarts"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = Server(make_home(tmp_path_factory.mktemp("requests")), ["--async-parallel", "2", "--callback-retries", "1"],
                     env={"HEARTH_CALLBACK_SECRET": SECRET, "HEARTH_CALLBACK_HOSTS": "hooks.invalid,10.1.2.3,167838211"})
    yield running
    running.end()


def chat(model="fake", words="a b c", **more):
    return {"model": model, "messages": [{"role": "user", "content": words}], **more}


def ended(server, key, **rest):
    def over():
        shown = server.get(f"/requests/{key}", **rest).json()
        return shown if shown["status"] in ("succeeded", "failed", "canceled") else None
    return wait_for(over, 30, f"the end of {key}")


def add(server, body, path="/v1/chat/completions", query="async=true", **rest):
    kept = server.post(f"{path}?{query}", body, **rest)
    assert kept.status == 202, kept.text
    assert kept.headers["Location"] == f"/requests/{kept.json()['id']}"
    return kept.json()["id"]


def test_an_asynchronous_request_ends_with_the_answer_that_it_would_have_had(server):
    direct = server.post("/v1/chat/completions", CHAT).json()
    key = add(server, CHAT)
    shown = ended(server, key)
    assert (shown["status"], shown["answer_status"], shown["attempts"]) == ("succeeded", 200, 1)
    assert shown["started_at"] and shown["ended_at"] and shown["expires_at"]
    result = server.get(f"/requests/{key}/result")
    assert result.status == 200 and result.headers["Hearth-Model"] == "fake:1"
    assert result.json()["choices"] == direct["choices"]


@pytest.mark.parametrize("path, body", [
    ("/v1/completions", {"model": "fake", "prompt": "a b"}),
    ("/infer/fake", {"input": "a b"}),
    ("/inference", {"model_id": "fake", "prompt": "a b"}),
    ("/tokenize", {"model": "fake", "content": "a b"}),
])
def test_every_route_that_computes_can_be_answered_later(server, path, body):
    direct = server.post(path, body)
    key = add(server, body, path=path)
    assert ended(server, key)["status"] == "succeeded"
    result = server.get(f"/requests/{key}/result")
    assert (result.status, result.json().keys()) == (direct.status, direct.json().keys())


def test_a_stream_is_kept_as_the_events_that_it_had(server):
    key = add(server, chat(stream=True))
    assert ended(server, key)["status"] == "succeeded"
    result = server.get(f"/requests/{key}/result")
    assert result.headers["Content-Type"].startswith("text/event-stream")
    assert result.text.endswith("data: [DONE]\n\n")


def test_faults_of_a_body_are_told_at_once_and_those_of_a_model_later(server):
    assert server.post("/v1/chat/completions?async=true", {"model": "fake"}).status == 400
    assert server.post("/v1/chat/completions?async=perhaps", CHAT).status == 400
    key = add(server, chat(model="none"))
    shown = ended(server, key)
    assert (shown["status"], shown["answer_status"]) == ("failed", 404)
    result = server.get(f"/requests/{key}/result")
    assert (result.status, result.json()["error"]["code"]) == (404, "model_not_found")


def test_those_that_wait_have_a_place_and_can_be_canceled(server):
    keys = [add(server, chat("slow", "w " * 60)) for _ in range(4)]
    try:
        wait_for(lambda: server.get(f"/requests/{keys[3]}").json()["position"] == 2, 20, "its place")
        early = server.get(f"/requests/{keys[3]}/result")
        assert early.status == 409 and early.headers["Retry-After"]
        for key in (keys[3], keys[0]):
            gone = server.delete(f"/requests/{key}").json()
            assert (gone["status"], gone["deleted"]) == ("canceled", False)
            assert server.get(f"/requests/{key}").json()["status"] == "canceled"
            assert server.get(f"/requests/{key}/result").status == 409
        wait_for(lambda: server.get(f"/requests/{keys[2]}").json()["status"] == "running", 20, "its turn")
    finally:
        for key in keys:
            server.delete(f"/requests/{key}")


@pytest.mark.parametrize("stream", [False, True])
def test_progress_counts_the_tokens_that_were_generated(server, stream):
    key = add(server, chat("slow", "w " * 60, max_tokens=50, stream=stream))
    seen = []

    def look():
        shown = server.get(f"/requests/{key}").json()["progress"]
        if shown and shown["tokens"] is not None:
            seen.append(shown)
        return len({row["tokens"] for row in seen}) > 3
    try:
        wait_for(look, 20, "tokens")
        counts = [row["tokens"] for row in seen]
        assert counts == sorted(counts) and counts[-1] < 50
        assert {row["tokens_max"] for row in seen} == {50}
    finally:
        server.delete(f"/requests/{key}")


def test_progress_is_unbounded_without_max_tokens_and_has_no_tokens_where_none_are_made(server):
    def once(body, path):
        key = add(server, body, path=path)
        try:
            shown = wait_for(lambda: (lambda row: row if row["progress"] or row["status"] == "succeeded" else None)(
                server.get(f"/requests/{key}").json()), 20, "its progress or its end")
            return shown["progress"]
        finally:
            server.delete(f"/requests/{key}")

    def vectors_once():
        """Of texts that nobody had before; they may still come before anybody looks."""
        texts = [f"{time.monotonic_ns()} {n}" for n in range(1000)]
        return once({"model": "slow", "input": texts}, "/v1/embeddings")
    assert once(chat("slow", "w " * 60), "/v1/chat/completions")["tokens_max"] is None
    vectors = wait_for(vectors_once, 20, "the progress of vectors")
    assert (vectors["tokens"], vectors["tokens_max"]) == (None, None)


def test_what_is_over_is_listed_and_deleted(server):
    keys = [add(server, CHAT) for _ in range(3)]
    for key in keys:
        ended(server, key)
    page = server.get("/requests?limit=2").json()
    assert [row["id"] for row in page["data"]] == [keys[2], keys[1]] and page["has_more"]
    rest = server.get(f"/requests?limit=1&after={page['last_id']}").json()
    assert [row["id"] for row in rest["data"]] == [keys[0]]
    assert all(row["status"] == "succeeded" for row in server.get("/requests?status=succeeded").json()["data"])
    assert server.get("/requests?status=done").status == 400
    assert server.get("/requests?limit=0").status == 400
    assert server.delete(f"/requests/{keys[0]}").json()["deleted"] is True
    assert server.get(f"/requests/{keys[0]}").status == 404
    assert server.delete(f"/requests/{keys[0]}").status == 404


# Idempotency keys
def with_key(key):
    return {"headers": {"Idempotency-Key": key}}


def test_the_same_key_and_body_get_the_first_answer_again(server):
    first = server.post("/v1/chat/completions", CHAT, **with_key("k1"))
    again = server.post("/v1/chat/completions", CHAT, **with_key("k1"))
    assert first.status == again.status == 200
    assert again.json() == first.json() and again.json()["id"] == first.json()["id"]
    assert again.headers["Idempotent-Replayed"] == "true" and not first.headers["Idempotent-Replayed"]
    assert again.headers["Hearth-Model"] == first.headers["Hearth-Model"]
    assert server.post("/v1/chat/completions", CHAT, **with_key("k2")).json()["id"] != first.json()["id"]


def test_the_same_key_with_another_body_is_refused(server):
    assert server.post("/v1/chat/completions", CHAT, **with_key("k3")).status == 200
    other = server.post("/v1/chat/completions", chat(words="other"), **with_key("k3"))
    assert other.status == 422 and "another body" in other.json()["error"]["message"]
    assert server.post("/v1/completions", {"model": "fake", "prompt": "x"}, **with_key("k3")).status == 200


def test_a_second_request_while_the_first_is_under_way_is_told_to_wait(server):
    body = chat("slow", "w " * 25, stream=True)
    first = http.client.HTTPConnection("127.0.0.1", server.port)
    first.request("POST", "/v1/chat/completions", json.dumps(body), {"Idempotency-Key": "k4"})
    answer = first.getresponse()
    begun = answer.readline()
    busy = server.post("/v1/chat/completions", body, **with_key("k4"))
    assert busy.status == 409 and busy.headers["Retry-After"]
    whole = begun + answer.read()
    first.close()
    again = wait_for(lambda: (lambda got: got if got.status == 200 else None)(
        server.post("/v1/chat/completions", body, **with_key("k4"))), 10, "the answer")
    assert again.body == whole and again.headers["Idempotent-Replayed"] == "true"


def test_a_key_is_free_again_when_its_client_has_left(server):
    body = chat("slow", "w " * 100, stream=True)
    first = http.client.HTTPConnection("127.0.0.1", server.port)
    first.request("POST", "/v1/chat/completions", json.dumps(body), {"Idempotency-Key": "k8"})
    answer = first.getresponse()
    answer.readline()
    assert server.post("/v1/chat/completions", body, **with_key("k8")).status == 409
    answer.close()
    first.close()
    short = chat("slow", "w", stream=True)
    wait_for(lambda: server.post("/v1/chat/completions", short, **with_key("k8")).status == 200, 10, "a free key")


def test_a_stream_is_replayed_as_the_same_events(server):
    body = chat(stream=True)
    first = server.post("/v1/chat/completions", body, **with_key("k5"))
    again = server.post("/v1/chat/completions", body, **with_key("k5"))
    assert again.body == first.body and again.headers["Idempotent-Replayed"] == "true"


def test_an_error_of_the_client_is_replayed_and_a_key_has_bounds(server):
    body = chat(model="none")
    assert server.post("/v1/chat/completions", body, **with_key("k6")).status == 404
    again = server.post("/v1/chat/completions", body, **with_key("k6"))
    assert again.status == 404 and again.headers["Idempotent-Replayed"] == "true"
    assert server.post("/v1/chat/completions", CHAT, **with_key("k" * 256)).status == 400


def test_the_same_key_keeps_one_asynchronous_request(server):
    first = server.post("/v1/chat/completions?async=true", CHAT, **with_key("k7"))
    again = server.post("/v1/chat/completions?async=true", CHAT, **with_key("k7"))
    assert first.status == again.status == 202 and again.json()["id"] == first.json()["id"]


# Callbacks
class Receiver:
    """Answers the first `refusals` callbacks with 503, or sends them elsewhere."""

    def __init__(self, refusals=0, elsewhere=None):
        self.got, self.refusals = [], refusals
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                owner.got.append((self.path, dict(self.headers), body))
                refused = len(owner.got) <= owner.refusals
                self.send_response(200 if not refused else 307 if elsewhere else 503)
                if refused and elsewhere:
                    self.send_header("Location", elsewhere)
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver():
    made = Receiver(refusals=1)
    yield made
    made.close()


def check_signature(headers, body):
    parts = dict(part.split("=", 1) for part in headers["Hearth-Signature"].split(","))
    wanted = hmac.new(SECRET.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(parts["v1"], wanted)


def test_the_end_is_told_to_the_callback_signed_and_once_more_when_it_was_refused(server, receiver):
    key = add(server, CHAT, query=f"async=true&callback_url={receiver.url}?x%3D1")
    wait_for(lambda: len(receiver.got) >= 2, 20, "two callbacks")
    for path, headers, body in receiver.got:
        assert path == "/hook?x=1" and headers["Hearth-Request"] == key
        check_signature(headers, body)
        told = json.loads(body)
        assert (told["id"], told["status"], told["answer_status"]) == (key, "succeeded", 200)


def test_a_callback_that_is_never_taken_is_given_up_after_its_retries(server):
    refusing = Receiver(refusals=100)
    try:
        key = add(server, CHAT, query=f"async=true&callback_url={refusing.url}")
        given_up = wait_for(lambda: [row for row in server.events("callback.given_up") if row["request"] == key],
                            20, "the end of the tries")
        assert given_up[0]["status"] == 503
        assert [headers["Hearth-Request"] for _, headers, _ in refusing.got] == [key, key]
    finally:
        refusing.close()


def test_a_callback_that_is_sent_elsewhere_does_not_go_there_and_was_not_taken(server):
    private = Receiver()
    public = Receiver(refusals=1, elsewhere=private.url)
    try:
        add(server, CHAT, query=f"async=true&callback_url={public.url}")
        wait_for(lambda: len(public.got) >= 2, 20, "the second try")
        assert not private.got
    finally:
        public.close()
        private.close()


@pytest.mark.parametrize("url, word", [
    ("http://10.0.0.1/", "callback_hosts"), ("http://example.com/", "callback_hosts"),
    ("http://10.1.2.3/", "private"), ("http://169.254.169.254/", "callback_hosts"),
    ("http://167838211/", "private"),  # 10.1.2.3, for whoever looks up names
    ("ftp://127.0.0.1/", "http"), ("http://user@127.0.0.1/", "user"), ("", "http"),
])
def test_a_callback_to_where_the_server_may_not_go_is_refused(server, url, word):
    refused = server.post(f"/v1/chat/completions?async=true&callback_url={url}", CHAT)
    assert refused.status == 422 and word in refused.json()["error"]["message"], refused.text


def test_a_callback_needs_a_request_that_is_answered_later(server):
    assert server.post("/v1/chat/completions?callback_url=http://127.0.0.1/", CHAT).status == 400


# Restarts
def test_requests_outlive_the_server_and_what_ran_is_run_once_more(folder):
    first = Server(folder, ["--async-parallel", "1"])
    long = chat("slow", "w " * 120)
    running, waiting = add(first, long), add(first, CHAT)
    wait_for(lambda: first.get(f"/requests/{running}").json()["progress"], 20, "the first to run")
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    second = Server(folder, ["--async-parallel", "1"])
    wait_for(lambda: second.get(f"/requests/{running}").json()["progress"], 20, "it to run again")
    assert second.get(f"/requests/{running}").json()["attempts"] == 2
    second.process.send_signal(signal.SIGKILL)
    second.process.wait()
    third = Server(folder, ["--async-parallel", "1"])
    try:
        shown = ended(third, running)
        assert shown["status"] == "failed" and "twice" in shown["error"]["message"]
        result = third.get(f"/requests/{running}/result")
        assert result.status == 502 and result.json()["code"] == shown["error"]["code"] == "worker_crashed"
        assert ended(third, waiting)["status"] == "succeeded"
    finally:
        third.end()


def test_a_server_that_is_stopped_in_order_costs_a_request_no_attempt(folder):
    first = Server(folder, ["--async-parallel", "1"])
    running = add(first, chat("slow", "w " * 40))
    wait_for(lambda: first.get(f"/requests/{running}").json()["progress"], 20, "it to run")
    assert first.stop() == 0
    second = Server(folder, ["--async-parallel", "1"])
    try:
        shown = ended(second, running)
        assert (shown["status"], shown["attempts"]) == ("succeeded", 1)
    finally:
        second.end()


def test_requests_of_another_principal_are_not_there(folder):
    with_key = {"Authorization": "Bearer key-1"}
    open_server = Server(folder)
    mine = add(open_server, CHAT)
    ended(open_server, mine)
    assert open_server.stop() == 0
    keyed = Server(folder, env={"HEARTH_API_KEY": "key-1"})
    try:
        for method, path in (("GET", ""), ("GET", "/result"), ("DELETE", "")):
            got = keyed.request(method, f"/requests/{mine}{path}", headers=with_key)
            assert got.status == 404
        none = keyed.get("/requests/areq_000000000000000000000000", headers=with_key)
        assert none.status == 404
        assert mine not in keyed.get("/requests", headers=with_key).text
        assert keyed.get("/requests").status == 401
        theirs = keyed.post("/v1/chat/completions?async=true", CHAT, headers=with_key).json()["id"]
        assert ended(keyed, theirs, headers=with_key)["status"] == "succeeded"
    finally:
        keyed.end()


def test_what_is_over_expires(folder):
    first = Server(folder, ["--async-keep", "1ms", "--idempotency-keep", "1ms"])
    key = add(first, CHAT)
    answered = first.post("/v1/chat/completions", CHAT, **with_key("k9")).json()["id"]
    ended(first, key)
    again = wait_for(lambda: (lambda got: got if got["id"] != answered else None)(
        first.post("/v1/chat/completions", CHAT, **with_key("k9")).json()), 10, "a new answer")
    assert again["id"] != answered
    assert first.stop() == 0
    second = Server(folder)
    try:
        wait_for(lambda: second.get(f"/requests/{key}").status == 404, 10, "its end")
    finally:
        second.end()


def test_what_is_kept_is_bounded(folder):
    server = Server(folder, ["--async-requests-max", "1"], env={"HEARTH_API_KEY": "key-2"})
    try:
        refused = server.post("/v1/chat/completions?async=true", CHAT,
                              headers={"Authorization": "Bearer key-2"})
        assert refused.status == 503 and "kept" in refused.json()["error"]["message"]
    finally:
        server.end()


def test_the_oldest_answers_of_keys_give_way_to_new_ones(tmp_path_factory):
    server = Server(make_home(tmp_path_factory.mktemp("keys")), ["--idempotency-keys-max", "2"])
    try:
        ids = [server.post("/v1/chat/completions", CHAT, **with_key(f"o{n}")).json()["id"] for n in range(4)]
        assert server.post("/v1/chat/completions", CHAT, **with_key("o3")).json()["id"] == ids[3]
        assert server.post("/v1/chat/completions", CHAT, **with_key("o0")).json()["id"] != ids[0]
    finally:
        server.end()
