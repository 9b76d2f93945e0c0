"""/v1/files and /v1/batches, with the `openai` package and over plain HTTP."""
import io
import json
import os
import signal

import openai
import pytest

from conftest import Server, cli, wait_for, write_fake


def make_home(base):
    home = base / "home"
    home.mkdir()
    for name, script in (("fake", {}), ("slow", {"token_us": 40000})):
        path = write_fake(base / f"{name}.fake", **script)
        done = cli("install", f"fake:{path}", "--name", name, home=home)
        assert done.returncode == 0, done.stderr
    return home


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


def test_a_client_that_leaves_an_upload_leaves_nothing(server):
    import socket
    body = form(("purpose", None, b"batch"), ("file", "a", b"x" * 500_000))
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        raw.sendall(b"POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; "
                    b"boundary=xyz\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:300_000])
        wait_for(lambda: list((server.home / "files").iterdir()), 10, "the part")
    wait_for(lambda: not list((server.home / "files").iterdir()), 10, "an empty folder")
