"""/datasets over plain HTTP: what is registered, what is refused, and that nothing of that stays."""
import csv
import hashlib
import http.client
import io
import json
import os
import pathlib
import random
import re
import resource
import signal
import socket
import threading
import time

import pytest

from conftest import SLOW, Server, wait_for

DOCS = pathlib.Path(__file__).resolve().parent.parent.parent / "docs/datasets.md"
CHAT = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    base = tmp_path_factory.mktemp("datasets")
    (base / "home").mkdir()
    (base / "data").mkdir()
    (base / "more").mkdir()
    running = Server(base / "home", ["--dataset-roots", f"{base / 'data'},{base / 'more'}", "--file-bytes-max", "2MiB"])
    yield running
    running.end()


@pytest.fixture
def data(server):
    return server.home.parent / "data"


def rows_text(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def register(server, path, name=None, **rest):
    return server.post("/datasets", {"path": str(path), **({"name": name} if name else {})}, **rest)


def form(content, name=None, filename="up.jsonl", boundary="xyz", field="file"):
    parts = [(f'name="{field}"; filename="{filename}"', content)] + ([('name="name"', name.encode())] if name else [])
    out = b"".join(f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + body + b"\r\n"
                   for head, body in parts)
    return out + f"--{boundary}--\r\n".encode()


def upload(server, content, name=None, headers=None, **rest):
    return server.request("POST", "/datasets", form(content, name, **rest),
                          headers={"Content-Type": "multipart/form-data; boundary=xyz", **(headers or {})})


def uploads(server):
    folder = server.home / "files"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def documented():
    """Each example of docs/datasets.md: its format, its shape, its text."""
    return re.findall(r"^```(jsonl|json|csv) (\w+)\n(.*?)^```$", DOCS.read_text(), re.M | re.S)


# What is registered
@pytest.mark.parametrize("number", range(len(documented())))
def test_every_shape_and_format_of_the_documentation(server, data, number):
    form_, shape, text = documented()[number]
    path = data / f"doc{number}.txt"
    path.write_text(text)
    made = register(server, path)
    assert made.status == 201, made.text
    row = made.json()
    assert (row["format"], row["shape"], row["name"]) == (form_, shape, f"doc{number}.txt")
    assert row["sha256"] == row["checksum"] == hashlib.sha256(text.encode()).hexdigest()
    assert row["bytes"] == len(text.encode()) and row["rows"] > 0 and row["faults"] == {"count": 0, "first": []}
    assert row["path"] == str(path.resolve()) and row["origin"] == "path" and row["created_at"]
    assert re.fullmatch("ds-[0-9a-f]{24}", row["id"])
    assert server.get(f"/datasets/{row['id']}").json() == server.get(f"/datasets/{row['name']}").json() == row
    preview = server.get(f"/datasets/{row['id']}/preview?rows=100").json()
    assert len(preview["rows"]) == row["rows"] and not preview["more"]
    assert server.delete(f"/datasets/{row['name']}").json() == {"deleted": True, "id": row["id"], "name": row["name"]}
    assert path.exists() and server.get(f"/datasets/{row['id']}").status == 404


def test_faults_are_told_by_line_and_the_columns_are_counted(server, data):
    lines = [json.dumps(CHAT), "{nope", json.dumps({"messages": []}), json.dumps({**CHAT, "id": 7}), "[1]"]
    (data / "faulty.jsonl").write_text("\n".join(lines) + "\n" + "{\n" * 40)
    row = register(server, "faulty.jsonl").json()
    assert row["rows"] == 2 and row["faults"]["count"] == 43 and len(row["faults"]["first"]) == 20
    assert [(f["line"], f["column"] is None) for f in row["faults"]["first"][:3]] == [(2, False), (3, True), (5, True)]
    assert row["schema"] == {"columns": [{"name": "messages", "types": ["array"], "rows": 2},
                                         {"name": "id", "types": ["integer"], "rows": 1}], "more": False}
    shown = server.get("/datasets/faulty/preview?rows=1").json()
    assert shown["rows"] == [{"line": 1, "form": "messages", "row": CHAT}] and shown["more"]


def test_a_file_without_a_usable_row_is_refused_with_its_lines(server, data):
    (data / "none.jsonl").write_text('{"a": 1}\n{"b": 2}\n{\n')
    got = register(server, "none.jsonl")
    assert got.status == 422 and "no usable row" in got.json()["detail"], got.text
    assert [field["field"] for field in got.json()["fields"]] == ["line 1", "line 2", "line 3, column 1"]
    assert server.get("/datasets/none").status == 404
    for text in ("", "\n \n", "[]", "a,b\n"):
        (data / "none.jsonl").write_text(text)
        assert register(server, "none.jsonl").status == 422, text


def test_parquet_is_refused_with_what_to_do(server):
    got = upload(server, b"PAR1\x15\x04" + bytes(range(256)) * 20 + b"PAR1", "table", filename="table.parquet")
    assert got.status == 422 and "Parquet, which is not read; write it as JSONL first" in got.json()["detail"], got.text
    assert server.get("/datasets/table").status == 404 and not uploads(server)


def test_a_changed_file_is_refused_by_its_digest(server, data):
    path = data / "changing.jsonl"
    path.write_text(rows_text([{"text": "one"}]))
    row = register(server, path).json()
    os.utime(path, ns=(1, 1))  # touched, and the same
    assert server.get("/datasets/changing/preview").status == 200
    path.write_text(rows_text([{"text": "another"}]))
    got = server.get("/datasets/changing/preview")
    assert got.status == 409 and row["sha256"] in got.text
    assert hashlib.sha256(path.read_bytes()).hexdigest() in got.text
    path.unlink()
    assert server.get("/datasets/changing/preview").status == 409
    path.mkdir()
    assert server.get("/datasets/changing/preview").status in (400, 409)


def test_a_list_has_pages_and_filters(server, data):
    for number in range(5):
        (data / f"page{number}").write_text(rows_text([{"text": "a"}] if number % 2 else [CHAT]))
        assert register(server, f"page{number}").status == 201
    whole = server.get("/datasets?name=page").json()
    assert [row["name"] for row in whole["datasets"]] == [f"page{n}" for n in (4, 3, 2, 1, 0)]
    assert (whole["total"], whole["page"], whole["pages"]) == (5, 1, 1)
    second = server.get("/datasets?name=page&limit=2&page=2").json()
    assert [row["name"] for row in second["datasets"]] == ["page2", "page1"] and second["pages"] == 3
    assert server.get("/datasets?name=page&page=900").json()["datasets"] == []
    assert server.get("/datasets?name=page&shape=text").json()["total"] == 2
    assert server.get("/datasets?name=page&shape=text&format=csv").json()["total"] == 0
    for query in ("shape=none", "format=xml", "limit=0", "limit=501", "page=x", "nme=a", "rows=1"):
        assert server.get(f"/datasets?{query}").status == 422, query
    for query in ("rows=0", "rows=101", "rows=x", "row=1"):
        assert server.get(f"/datasets/page0/preview?{query}").status == 422, query


def test_names_are_unique_also_when_two_come_at_once(server, data):
    (data / "twice").write_text(rows_text([{"text": f"{n}" * 50} for n in range(2000)]))
    got = []
    threads = [threading.Thread(target=lambda: got.append(register(server, "twice", "the-one"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status for answer in got) == [201] + [409] * 5
    again = [register(server, "twice", "another", headers={"Idempotency-Key": "t1"}) for _ in range(2)]
    assert [answer.status for answer in again] == [201, 201] and again[0].json() == again[1].json()
    for name in ("a b", "-a", "12", "a" * 97, "../a", "ds-0123456789abcdef01234567"):
        assert register(server, "twice", name).status == 422, name
    assert upload(server, b'{"text": "a"}', "the-one").status == 409
    wait_for(lambda: not uploads(server), 10, "an empty folder")


# What lies elsewhere
def test_only_regular_files_under_the_roots_are_read(server, data, tmp_path):
    outside = tmp_path / "outside.jsonl"
    outside.write_text(rows_text([{"text": "secret"}]))
    (data / "link").symlink_to(outside)
    (data / "link_folder").symlink_to(tmp_path)
    (data / "link_proc").symlink_to("/proc/self/environ")
    (data / "zero").symlink_to("/dev/zero")
    os.mkfifo(data / "pipe")
    (data / "folder").mkdir()
    (data / "good.jsonl").write_text(rows_text([{"text": "a"}]))
    (data / "within").symlink_to("good.jsonl")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(data / "socket"))
        for path in (outside, "../outside.jsonl", f"{data}/../data/good.jsonl", "link", "link_folder/outside.jsonl",
                     "link_proc", "zero", "pipe", "folder", "socket", "/dev/zero", "/proc/self/environ",
                     f"/proc/{server.pid}/cwd/data/good.jsonl", "/etc/passwd", "/", ".", "a\nb",
                     f"{data}x/good.jsonl", server.home / "hearth.db"):
            got = register(server, path, "escaped")
            assert got.status == 400 and got.json()["code"] == "unsafe_path", (path, got.text)
            assert "secret" not in got.text and str(server.home.parent / "more") not in got.text
    assert register(server, "absent").status == 404 and register(server, data / "absent").status == 404
    assert register(server, "within").json()["path"] == str(data / "good.jsonl")
    (server.home.parent / "more/second.jsonl").write_text(rows_text([{"text": "a"}]))
    assert register(server, "second.jsonl").status == 201  # of the second root
    for body in ({}, {"path": ""}, {"path": 7}, {"path": "a", "nmae": "b"}, {"path": "a" * 5000}, []):
        assert server.post("/datasets", body).status == 422, body
    assert server.post("/datasets", {"path": "a\0b"}).status == 400
    assert server.request("POST", "/datasets", b"{", headers={"Content-Type": "application/json"}).status == 400


def test_without_roots_data_comes_from_the_home(tmp_path):
    (tmp_path / "home").mkdir()
    server = Server(tmp_path / "home", ["--datasets-max", "2"], env={"HEARTH_API_KEY": "k"})
    key = {"Authorization": "Bearer k"}
    try:
        assert server.get("/datasets").status == server.post("/datasets", {"path": "a"}).status == 401
        (tmp_path / "home/datasets/a.csv").write_text("text\nx\n")
        assert register(server, "a.csv", headers=key).json()["format"] == "csv"
        assert upload(server, b'{"text": "x"}', "b", headers=key).status == 201
        assert register(server, "a.csv", "c", headers=key).status == 503  # datasets_max
        held = server.get("/datasets/b", headers=key).json()
        assert server.stop(signal.SIGKILL) == -signal.SIGKILL
        for name in ("data-0123456789abcdef01234567", "data-0123456789abcdef01234567.part"):
            (server.home / "files" / name).write_text("of an upload that the server was killed under")
        again = Server(tmp_path / "home", env={"HEARTH_API_KEY": "k"})
        assert again.get(f"/datasets/{held['id']}", headers=key).json() == held
        assert uploads(again) == [pathlib.Path(held["path"]).name]
        assert again.delete("/datasets/b", headers=key).status == 200 and uploads(again) == []
        again.end()
    finally:
        server.end()


# Uploads
def test_an_upload_is_kept_and_goes_with_its_data_set(server):
    content = rows_text([CHAT] * 2000).encode()
    made = upload(server, content, "sent")
    row = made.json()
    assert made.status == 201 and (row["name"], row["origin"], row["rows"]) == ("sent", "upload", 2000), made.text
    assert row["path"].startswith("files/") and (server.home / row["path"]).read_bytes() == content and row["sha256"] == hashlib.sha256(content).hexdigest()
    assert upload(server, content, filename="C:\\my files\\chat täglich.jsonl").json()["name"] == "chat-t--glich"
    assert server.delete("/datasets/chat-t--glich").status == 200
    made = upload(server, content, "lost").json()
    (server.home / made["path"]).unlink()
    lost = server.get("/datasets/lost/preview")
    assert lost.status == 409 and "lost is not there any more" in lost.text and str(server.home) not in lost.text
    again = [upload(server, content, "keyed", headers={"Idempotency-Key": "d1"}) for _ in range(2)]
    assert again[0].json() == again[1].json() and again[1].headers["Idempotent-Replayed"] == "true"
    for name in ("sent", "keyed", "lost"):
        assert server.delete(f"/datasets/{name}").status == 200
    wait_for(lambda: not uploads(server), 10, "an empty folder")


@pytest.mark.parametrize("send, status", [
    (lambda s: upload(s, b"{}"), 422),
    (lambda s: upload(s, b""), 422),
    (lambda s: upload(s, b'{"text": "a"}', "a b"), 422),
    (lambda s: upload(s, b'{"text": "a"}', "a" * 300), 400),
    (lambda s: upload(s, b'{"text": "a"}', field="data"), 400),
    (lambda s: s.request("POST", "/datasets", form(b'{"text": "a"}')[:-9],
                         headers={"Content-Type": "multipart/form-data; boundary=xyz"}), 400),
    (lambda s: s.request("POST", "/datasets", b"x", headers={"Content-Type": "multipart/form-data"}), 415),
    (lambda s: s.request("POST", "/datasets", b'{"text": 1}', headers={"Content-Type": "text/plain"}), 422),
])
def test_an_upload_that_is_refused_leaves_nothing(server, send, status):
    got = send(server)
    assert got.status == status and str(server.home) not in got.text, got.text
    wait_for(lambda: not uploads(server), 10, "an empty folder")


def test_an_upload_over_its_bound_or_cut_off_leaves_nothing(server):
    try:
        assert upload(server, b'{"text": "' + b"a" * (3 << 20) + b'"}').status == 413
    except OSError:
        pass  # told and closed before all was sent
    body = form(rows_text([CHAT] * 5000).encode())
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        raw.sendall(b"POST /datasets HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; "
                    b"boundary=xyz\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:300_000])
        wait_for(lambda: uploads(server), 10, "the part")
    wait_for(lambda: not uploads(server), 10, "an empty folder")
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
    try:
        got = upload(server, rows_text([CHAT] * 5000).encode())
        assert got.status >= 500 and "File too large" in got.text
    finally:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    wait_for(lambda: not uploads(server), 10, "an empty folder")


# Large and hostile files
@pytest.mark.once  # sanitizers keep what is freed
def test_a_large_file_is_read_beside_others_in_little_memory_and_given_up_when_nobody_waits(server, data):
    line = rows_text([{"text": "x" * 4000}]).encode()
    with open(data / "large.jsonl", "wb") as file:
        file.write(line * 1000)
        file.seek(1 << 28, os.SEEK_CUR)  # a hole: a quarter of a gigabyte of one line, which is none
        file.write(b"\n" + line * 1000)

    def resident():
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{server.pid}/status").read_text())[1])
    before, got = resident(), []
    reading = threading.Thread(target=lambda: got.append(register(server, "large.jsonl")))
    reading.start()
    slowest = most = 0
    while reading.is_alive():
        begun = time.monotonic()
        assert server.get("/health").status == 200
        slowest, most = max(slowest, time.monotonic() - begun), max(most, resident())
        time.sleep(0.01)
    row = got[0].json()
    assert got[0].status == 201 and (row["rows"], row["faults"]["count"]) == (2000, 1) and row["bytes"] > 1 << 28
    assert slowest < 2 * SLOW and most - before < 30_000, (slowest, before, most)
    link = http.client.HTTPConnection("127.0.0.1", server.port)
    link.request("POST", "/datasets", json.dumps({"path": "large.jsonl", "name": "given-up"}),
                 {"Content-Type": "application/json"})
    time.sleep(0.05)
    link.sock.close()
    (data / "small.jsonl").write_bytes(line)
    assert register(server, "small.jsonl").status == 201
    time.sleep(1)
    assert server.get("/datasets/given-up").status == 404
    (data / "large.jsonl").unlink()


def test_hostile_files_are_told_and_never_taken(server, data):
    rng = random.Random(7)
    deep = "[" * 100_000
    wide = "{" + ",".join(f'"k{n}":1' for n in range(50_000)) + "}"
    fine = json.dumps({"text": "fine"})
    files = {
        "deep": deep, "deep row": f'{{"text": {deep}\n{fine}\n', "wide": f"{wide}\n{fine}\n",
        "huge row": json.dumps({"text": "x" * (5 << 20)}) + f"\n{fine}\n", "no end": "[" + fine + ",",
        "nul": '{"text": "a\\u0000b"}\n' + fine + "\n", "raw nul": b'{"text": "a\0b"}\n' + fine.encode(),
        "latin": '{"text": "é"}\n'.encode("latin-1"), "twice": '{"text": "a", "text": "b"}\n',
        "number": '{"text": 1e999}\n', "csv quote": 'text\n"open\n' + "x\n" * 1000, "csv wide": ",".join("a" * 300) + "\n1\n",
        "binary": rng.randbytes(200_000), "gguf": b"GGUF" + rng.randbytes(1000), "bom": "\ufeff" + fine,
        "utf-16": fine.encode("utf-16"), "one line": b"x" * 6_000_000,
    }
    for name, content in files.items():
        (data / "hostile").write_bytes(content if isinstance(content, bytes) else content.encode())
        got = register(server, "hostile", "hostile")
        assert got.status in (201, 422), (name, got.text)
        if got.status == 201:
            assert server.get("/datasets/hostile/preview?rows=100").status == 200, name
            assert server.delete("/datasets/hostile").status == 200
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["prompt", "completion"])
    for number in range(500):
        writer.writerow([f'a "{number}"\n, ;', "b\r\nc"])
    (data / "made.csv").write_text(text.getvalue(), newline="")
    assert register(server, "made.csv").json()["rows"] == 500
    row = server.get("/datasets/made/preview?rows=1").json()["rows"][0]["row"]
    assert row == {"prompt": 'a "0"\n, ;', "completion": "b\r\nc"}
    assert server.get("/health").status == 200
