"""/v1/files and /v1/batches, with the `openai` package and over plain HTTP."""
import io
import json
import os
import resource
import signal
import socket
import sqlite3

import openai
import pytest

from conftest import Server, make_home, wait_for


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = Server(make_home(tmp_path_factory.mktemp("files")), ["--file-bytes-max", "2MiB"])
    yield running
    running.end()


def client_of(server, key="none"):
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0)


@pytest.fixture(scope="module")
def client(server):
    return client_of(server)


def upload(server, body, boundary="xyz", content_type=None):
    kind = content_type or f"multipart/form-data; boundary={boundary}"
    return server.request("POST", "/v1/files", body, headers={"Content-Type": kind})


def form(*parts, boundary="xyz"):
    """Parts are (name, filename or None, bytes)."""
    out = b""
    for name, filename, content in parts:
        more = f'; filename="{filename}"' if filename else ""
        out += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode()
        out += content + b"\r\n"
    return out + f"--{boundary}--\r\n".encode()


# Files
def test_a_file_comes_back_byte_for_byte(client):
    content = os.urandom(1_500_000)
    made = client.files.create(file=("data.bin", io.BytesIO(content)), purpose="user_data")
    assert (made.object, made.bytes, made.filename, made.purpose) == ("file", len(content), "data.bin", "user_data")
    assert client.files.retrieve(made.id).bytes == len(content)
    assert client.files.content(made.id).read() == content
    empty = client.files.create(file=("empty", io.BytesIO(b"")), purpose="evals")
    assert empty.bytes == 0 and client.files.content(empty.id).read() == b""
    for one in (made, empty):
        assert client.files.delete(one.id).deleted
        with pytest.raises(openai.NotFoundError):
            client.files.content(one.id)


def test_files_are_listed_by_purpose_and_page(client):
    made = [client.files.create(file=(f"{n}.txt", b"x"), purpose="assistants").id for n in range(3)]
    first = client.files.list(purpose="assistants", limit=2)
    assert [one.id for one in first.data] == [made[2], made[1]] and first.has_more
    assert [one.id for one in client.files.list(purpose="assistants", limit=2)] == made[::-1]
    assert [one.id for one in client.files.list(purpose="assistants", order="asc")] == made
    for key in made:
        client.files.delete(key)


def test_a_file_expires_when_it_was_told_to(client):
    made = client.files.create(file=("a", b"x"), purpose="batch",
                               expires_after={"anchor": "created_at", "seconds": 3600})
    assert made.expires_at and 3590 <= made.expires_at - made.created_at <= 3610
    client.files.delete(made.id)


def test_a_file_over_its_bound_is_refused_and_leaves_nothing(server, client):
    for size in (2 << 20, (2 << 20) + 1, 3 << 20):
        try:
            made = client.files.create(file=("big", io.BytesIO(bytes(size))), purpose="batch")
            assert size == 2 << 20
            client.files.delete(made.id)
        except openai.APIStatusError as fault:
            assert fault.status_code == 413 and size > 2 << 20
        except openai.APIConnectionError:
            assert size > 2 << 20  # told and closed before all was sent
    wait_for(lambda: not list((server.home / "files").iterdir()), 10, "an empty folder")


@pytest.mark.parametrize("body, content_type, status", [
    (form(("purpose", None, b"batch")), None, 400),
    (form(("file", "a", b"x")), None, 400),
    (form(("file", "a", b"x"), ("purpose", None, b"fun")), None, 400),
    (form(("purpose", None, b"batch"), ("file", "a", b"x"), ("file", "b", b"x")), None, 400),
    (form(("purpose", None, b"b" * 500), ("file", "a", b"x")), None, 400),
    (form(("purpose", None, b"batch"), ("file", "a", b"x"), ("expires_after[anchor]", None, b"now")), None, 400),
    (form(("purpose", None, b"batch"), ("file", "a", b"x"))[:-8], None, 400),
    (b"{}", "application/json", 415),
    (b"", "multipart/form-data", 415),
])
def test_a_form_that_is_none_is_refused_and_leaves_nothing(server, body, content_type, status):
    got = upload(server, body, content_type=content_type)
    assert got.status == status and got.json()["error"]["message"], got.text
    wait_for(lambda: not list((server.home / "files").iterdir()), 10, "an empty folder")


def test_the_same_key_uploads_a_file_once(server, client):
    def send(content, boundary, key="u1", filename="a"):
        body = form(("purpose", None, b"batch"), ("file", filename, content), boundary=boundary)
        return server.request("POST", "/v1/files", body, headers={
            "Content-Type": f"multipart/form-data; boundary={boundary}", "Idempotency-Key": key})
    content = os.urandom(300_000)
    first, again = send(content, "one"), send(content, "another")
    assert first.status == again.status == 200 and first.json() == again.json()
    assert "Idempotent-Replayed" not in first.headers and again.headers["Idempotent-Replayed"] == "true"
    for other in (send(content[:-1], "one"), send(content, "one", filename="b")):
        assert other.status == 422 and "another body" in other.json()["error"]["message"], other.text
    assert send(content, "one", key="k" * 256).status == 400
    wait_for(lambda: [path.name for path in (server.home / "files").iterdir()] == [first.json()["id"]], 10,
             "one file only")
    assert client.files.content(first.json()["id"]).read() == content
    other = send(content, "one", key="u2").json()
    assert other["id"] != first.json()["id"]
    for key in (first.json()["id"], other["id"]):
        client.files.delete(key)


def test_a_client_that_leaves_an_upload_leaves_nothing(server):
    body = form(("purpose", None, b"batch"), ("file", "a", b"x" * 500_000))
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        raw.sendall(b"POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; "
                    b"boundary=xyz\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:300_000])
        wait_for(lambda: list((server.home / "files").iterdir()), 10, "the part")
    wait_for(lambda: not list((server.home / "files").iterdir()), 10, "an empty folder")


# Batches
def line(key, body=None, url="/v1/chat/completions", method="POST", **more):
    body = {"model": "fake", "messages": [{"role": "user", "content": f"word {key}"}]} if body is None else body
    return json.dumps({"custom_id": key, "method": method, "url": url, "body": body, **more})


def upload_lines(client, lines):
    text = "\n".join(lines) + "\n"
    return client.files.create(file=("in.jsonl", text.encode()), purpose="batch").id


def begin(client, lines, endpoint="/v1/chat/completions", **more):
    return client.batches.create(input_file_id=upload_lines(client, lines), endpoint=endpoint,
                                 completion_window="24h", **more)


def over(client, key, seconds=40):
    def look():
        batch = client.batches.retrieve(key)
        return batch if batch.status in ("completed", "failed", "expired", "cancelled") else None
    return wait_for(look, seconds, f"the end of {key}")


def rows(client, key):
    return [json.loads(text) for text in client.files.content(key).text.splitlines()]


def test_a_batch_answers_every_line_as_the_route_would(client):
    lines = [line(f"c{n}") for n in range(30)]
    begun = begin(client, lines, metadata={"who": "me"})
    assert begun.object == "batch" and begun.status == "validating" and begun.metadata == {"who": "me"}
    done = over(client, begun.id)
    assert done.status == "completed" and done.error_file_id is None
    assert (done.request_counts.total, done.request_counts.completed, done.request_counts.failed) == (30, 30, 0)
    assert done.in_progress_at and done.finalizing_at and done.completed_at
    results = {row["custom_id"]: row for row in rows(client, done.output_file_id)}
    assert len(results) == 30
    for n in range(30):
        row = results[f"c{n}"]
        assert row["error"] is None and row["response"]["status_code"] == 200
        assert row["response"]["body"]["choices"][0]["message"]["content"] == f"word c{n}"
    assert client.files.retrieve(done.output_file_id).purpose == "batch_output"
    assert begun.id in [one.id for one in client.batches.list(limit=5).data]


def test_a_byte_order_mark_at_the_begin_of_a_file_is_no_fault(client):
    done = over(client, begin(client, ["\ufeff" + line("a"), line("b")]).id)
    assert done.status == "completed" and done.request_counts.completed == 2


@pytest.mark.parametrize("endpoint, body", [
    ("/v1/completions", {"model": "fake", "prompt": "a b"}),
    ("/v1/embeddings", {"model": "fake", "input": ["a", "b"]}),
    ("/v1/responses", {"model": "fake", "input": "a b"}),
])
def test_batches_are_for_every_endpoint(client, endpoint, body):
    done = over(client, begin(client, [line("a", body, endpoint)], endpoint=endpoint).id)
    assert done.status == "completed" and done.request_counts.completed == 1
    assert rows(client, done.output_file_id)[0]["response"]["body"]["model"] == "fake"


def test_lines_that_fail_stand_in_the_file_of_errors(client):
    lines = [line("good"), line("none", {"model": "none", "messages": [{"role": "user", "content": "x"}]}),
             line("bad", {"model": "fake"})]
    done = over(client, begin(client, lines).id)
    assert done.status == "completed"
    assert (done.request_counts.completed, done.request_counts.failed) == (1, 2)
    failed = {row["custom_id"]: row["response"] for row in rows(client, done.error_file_id)}
    assert failed["none"]["status_code"] == 404 and failed["bad"]["status_code"] == 400
    assert failed["none"]["body"]["error"]["code"] == "model_not_found"
    assert [row["custom_id"] for row in rows(client, done.output_file_id)] == ["good"]


FAULTS = [
    ("not json", [line("a"), "{nope"], 2, "invalid_json_line"),
    ("no object", [line("a"), "[1]"], 2, "invalid_json_line"),
    ("no id", [json.dumps({"method": "POST", "url": "/v1/chat/completions", "body": {}})], 1, "missing_required_parameter"),
    ("an empty id", [line("")], 1, "invalid_custom_id"),
    ("a number for an id", [line("a", custom_id=7)], 1, "invalid_custom_id"),
    ("twice the same id", [line("a"), line("b"), "", line("a")], 4, "duplicate_custom_id"),
    ("another url", [line("a", url="/v1/embeddings")], 1, "invalid_url"),
    ("another method", [line("a", method="GET")], 1, "invalid_method"),
    ("a body that is none", [line("a", [])], 1, "invalid_request"),
    ("a stream", [line("a", {"model": "fake", "messages": [], "stream": True})], 1, "invalid_request"),
]


@pytest.mark.parametrize("lines, number, code", [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_a_file_that_is_faulty_fails_its_batch_and_names_the_line(client, lines, number, code):
    done = over(client, begin(client, lines).id)
    assert done.status == "failed" and done.failed_at and done.output_file_id is None
    assert [(row.line, row.code) for row in done.errors.data] == [(number, code)]
    assert done.errors.data[0].message


def test_a_faulty_batch_does_not_hold_up_another(client):
    bad, good = begin(client, ["{nope"]), begin(client, [line("a")])
    assert over(client, bad.id).status == "failed" and over(client, good.id).status == "completed"
    empty = over(client, begin(client, [""]).id)
    assert empty.errors.data[0].code == "empty_file" and empty.errors.data[0].line is None


def test_what_a_batch_is_made_of_is_checked(client):
    data = client.files.create(file=("a", b"x"), purpose="user_data").id
    with pytest.raises(openai.NotFoundError):
        client.batches.create(input_file_id="file-none", endpoint="/v1/embeddings", completion_window="24h")
    for fields in ({"input_file_id": data, "endpoint": "/v1/embeddings", "completion_window": "24h"},
                   {"input_file_id": data, "endpoint": "/v1/models", "completion_window": "24h"},
                   {"input_file_id": data, "endpoint": "/v1/embeddings", "completion_window": "1h"}):
        with pytest.raises(openai.BadRequestError):
            client.batches.create(**fields)
    with pytest.raises(openai.NotFoundError):
        client.batches.retrieve("batch_none")


def slow(n, words=20):
    return line(f"s{n}", {"model": "slow", "messages": [{"role": "user", "content": f"w{n} " * words}]})


def test_a_cancelled_batch_keeps_what_is_done(client):
    begun = begin(client, [line("first")] + [slow(n) for n in range(40)])
    wait_for(lambda: client.batches.retrieve(begun.id).request_counts.completed >= 1, 20, "a result")
    assert client.batches.cancel(begun.id).status == "cancelling"
    done = over(client, begun.id)
    assert done.status == "cancelled" and done.cancelled_at
    kept = rows(client, done.output_file_id)
    assert 1 <= len(kept) < 41 and len(kept) == done.request_counts.completed
    with pytest.raises(openai.ConflictError):
        client.batches.cancel(begun.id)


def test_a_batch_goes_on_after_the_server_was_killed_and_runs_no_line_twice(tmp_path):
    home = make_home(tmp_path)
    first = Server(home)
    client = client_of(first)
    begun = begin(client, [slow(n, words=5) for n in range(24)])
    wait_for(lambda: client.batches.retrieve(begun.id).request_counts.completed >= 4, 20, "some results")
    before = {row["custom_id"]: row["id"] for row in map(json.loads, (
        home / "files" / f"{begun.id}.output.part").read_text().splitlines())}
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    with open(home / "files" / f"{begun.id}.output.part", "a") as torn:
        torn.write('{"id":"batch_req_torn')
    second = Server(home)
    try:
        client = client_of(second)
        done = over(client, begun.id)
        assert done.status == "completed" and done.request_counts.completed == 24
        results = rows(client, done.output_file_id)
        assert sorted(row["custom_id"] for row in results) == sorted(f"s{n}" for n in range(24))
        assert before.items() <= {row["custom_id"]: row["id"] for row in results}.items()
        ran = second.metric("hearth_http_requests_total", route="chat_completions")
        assert len(before) >= 4 and 0 < ran <= 24 - len(before)
    finally:
        second.end()


def test_lines_that_found_the_model_busy_are_asked_again(tmp_path):
    server = Server(make_home(tmp_path), ["--queue-max", "1", "--slots", "1", "--batch-parallel", "8"])
    try:
        client = client_of(server)
        done = over(client, begin(client, [slow(n, words=2) for n in range(10)]).id)
        counts = done.request_counts
        assert (done.status, counts.completed, counts.failed) == ("completed", 10, 0)
        assert len(rows(client, done.output_file_id)) == 10
        assert server.metric("hearth_http_requests_total", route="chat_completions", status="503") > 0
    finally:
        server.end()


def large_lines(count, size=50_000):
    return [line(f"l{n}", {"model": "fake", "messages": [{"role": "user", "content": f"{n}" * (size // len(f"{n}"))}]})
            for n in range(count)]


def test_a_full_disk_fails_an_upload_and_a_batch_and_nothing_else(tmp_path):
    """A limit on the size of files is to the server what a full disk is: half of what it writes fits."""
    server = Server(make_home(tmp_path))
    try:
        client = client_of(server)
        whole = upload_lines(client, large_lines(60))
        small = upload_lines(client, [line("a")])
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (1_200_000, resource.RLIM_INFINITY))
        with pytest.raises(openai.APIStatusError) as fault:
            client.files.create(file=("big", io.BytesIO(bytes(1_500_000))), purpose="user_data")
        assert fault.value.status_code >= 500 and "File too large" in fault.value.message
        large, other = (client.batches.create(input_file_id=file, endpoint="/v1/chat/completions",
                                              completion_window="24h") for file in (whole, small))
        done = over(client, large.id)
        assert done.status == "failed" and [row.code for row in done.errors.data] == ["results_not_written"]
        assert "File too large" in done.errors.data[0].message
        kept = rows(client, done.output_file_id)
        assert 5 < len(kept) == done.request_counts.completed < 60
        assert len({row["custom_id"] for row in kept}) == len(kept)
        assert over(client, other.id).status == "completed"
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        assert over(client, begin(client, large_lines(3)).id).status == "completed"
    finally:
        server.end()


def test_a_batch_whose_window_is_over_expires_and_keeps_what_is_done(tmp_path):
    home = make_home(tmp_path)
    first = Server(home)
    client = client_of(first)
    begun = begin(client, [line("quick")] + [slow(n, words=100) for n in range(6)])
    wait_for(lambda: client.batches.retrieve(begun.id).request_counts.completed, 20, "a result")
    assert first.stop() == 0
    with sqlite3.connect(home / "hearth.db") as database:
        database.execute("UPDATE record SET created_ms = created_ms - 90000000 WHERE id = ?", (begun.id,))
    database.close()
    second = Server(home)
    try:
        client = client_of(second)
        done = over(client, begun.id)
        assert done.status == "expired" and done.expired_at and done.request_counts.failed == 6
        assert [row["custom_id"] for row in rows(client, done.output_file_id)] == ["quick"]
        expired = rows(client, done.error_file_id)
        assert {row["error"]["code"] for row in expired} == {"batch_expired"} and len(expired) == 6
    finally:
        second.end()


def test_what_is_kept_goes_when_its_time_is_over(tmp_path):
    home = make_home(tmp_path)
    first = Server(home)
    client = client_of(first)
    done = over(client, begin(client, [line("a")]).id)
    stays = client.files.create(file=("a", b"x"), purpose="user_data").id
    response = client.responses.create(model="fake", input="a").id
    request = first.post("/v1/completions?async=true", {"model": "fake", "prompt": "a"}).json()["id"]
    wait_for(lambda: first.get(f"/requests/{request}/result").status == 200, 20, "the answer")
    paths = [f"/v1/batches/{done.id}", f"/v1/files/{done.output_file_id}", f"/v1/responses/{response}", f"/requests/{request}"]
    assert [first.get(path).status for path in paths] == [200] * 4
    assert first.stop() == 0

    def ask(sql):
        with sqlite3.connect(home / "hearth.db") as database:
            row = database.execute(sql).fetchone()
        database.close()
        return row
    assert ask("SELECT count(*) FROM record WHERE expires_ms > 0") == (4,)
    ask("UPDATE record SET expires_ms = 1 WHERE expires_ms > 0")
    second = Server(home)
    try:
        wait_for(lambda: [second.get(path).status for path in paths] == [404] * 4, 10, "the end of all")
        wait_for(lambda: ask("SELECT count(*) FROM record WHERE expires_ms = 1") == (0,), 10, "their rows to go")
        assert sorted(path.name for path in (home / "files").iterdir()) == sorted([done.input_file_id, stays])
    finally:
        second.end()


def test_the_part_of_an_upload_that_a_killed_server_left_is_cleared_away(tmp_path):
    home = make_home(tmp_path)
    (home / "files").mkdir()
    (home / "files" / "file-0123.part").write_text("half")
    (home / "files" / "file-0123").write_text("whole")
    second = Server(home)
    try:
        assert [path.name for path in (home / "files").iterdir()] == ["file-0123"]
    finally:
        second.end()


def test_files_and_batches_of_another_principal_are_not_there(tmp_path):
    home = make_home(tmp_path)
    first = Server(home)
    client = client_of(first)
    begun = begin(client, [line("a")])
    done = over(client, begun.id)
    assert first.stop() == 0
    second = Server(home, env={"HEARTH_API_KEY": "key-1"})
    try:
        client = client_of(second, "key-1")
        for look in (lambda: client.files.retrieve(done.output_file_id), lambda: client.batches.retrieve(done.id),
                     lambda: client.files.content(done.input_file_id), lambda: client.files.delete(done.input_file_id),
                     lambda: client.batches.cancel(done.id),
                     lambda: client.batches.create(input_file_id=done.input_file_id, completion_window="24h",
                                                   endpoint="/v1/chat/completions")):
            with pytest.raises(openai.NotFoundError):
                look()
        assert client.files.list().data == [] and client.batches.list().data == []
    finally:
        second.end()


def test_batches_that_are_over_give_way_to_new_ones(tmp_path_factory):
    server = Server(make_home(tmp_path_factory.mktemp("bounded")), ["--batches-max", "2"])
    try:
        client = openai.OpenAI(base_url=server.url + "/v1", api_key="none", max_retries=0)
        ids = []
        for _ in range(3):
            ids.append(begin(client, [line("one")]).id)
            assert over(client, ids[-1]).status == "completed"
        assert [one.id for one in client.batches.list().data] == [ids[2], ids[1]]
    finally:
        server.end()
