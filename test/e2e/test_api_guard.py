"""Who may ask, and what bad input gets: keys, hosts, origins, methods, bodies."""
import gzip
import http.client
import json
import socket

import openai
import pytest

from conftest import SLOW, Server

CHAT = "/v1/chat/completions"


def shape(answer):
    """Checks the hub's shape of an error, and returns it."""
    body = answer.json()
    assert {"error", "detail", "code", "request_id"} <= set(body)
    assert body["request_id"] == answer.headers["X-Request-Id"]
    return body


def test_every_answer_names_request_and_version(server):
    for path in ("/health", "/nothing", "/v1/models"):
        answer = server.get(path)
        assert answer.headers["X-Request-Id"].startswith("req_")
        assert answer.headers["Hearth-Version"]
    assert server.get("/health", headers={"X-Request-Id": "mine-1"}).headers["X-Request-Id"] == "mine-1"


def test_a_key_is_asked_for_everywhere_but_at_health_and_ready(start):
    server = start(env={"HEARTH_API_KEY": "secret"})
    assert server.get("/health").status == 200 and server.get("/ready").status == 200
    for path in ("/models", "/v1/models", "/metrics", "/admin/ps", "/nothing"):
        assert server.get(path).status == 401, path
        assert server.get(path, headers={"x-api-key": "wrong"}).status == 401, path
    assert server.get("/models").headers["WWW-Authenticate"] == "Bearer"
    assert shape(server.get("/models"))["code"] == "unauthorized"
    assert server.get("/v1/models").json()["error"]["code"] == "invalid_api_key"
    for headers in ({"x-api-key": "secret"}, {"Authorization": "Bearer secret"},
                    {"Authorization": "bearer  secret"}):
        assert server.get("/models", headers=headers).status == 200, headers
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="other", max_retries=0).models.list()
    assert openai.OpenAI(base_url=f"{server.url}/v1", api_key="secret").models.list().data == []


@pytest.mark.parametrize("host, status", [
    ("127.0.0.1:1", 200), ("localhost", 200), ("a.localhost:80", 200), ("[::1]:9", 200),
    ("10.1.2.3", 200), ("evil.example", 403), ("localhost.evil.example", 403), ("localhostx", 403),
    ("127.0.0.1.evil.example", 403), ("known.example:8080", 200), ("KNOWN.example", 200)])
def test_the_host_header_must_be_ours(start, host, status):
    server = start("--allowed-hosts", "known.example")
    answer = server.get("/health", headers={"Host": host})
    assert answer.status == status
    if status == 403:
        assert shape(answer)["code"] == "forbidden"


def test_pages_of_other_sites_may_not_call(server):
    evil = {"Origin": "https://evil.example"}
    answer = server.post("/models", {"source": "fake:"}, headers={**evil, "Content-Type": "text/plain"})
    assert answer.status == 403
    answer = server.get("/models", headers=evil)
    assert "Access-Control-Allow-Origin" not in answer.headers
    preflight = {**evil, "Access-Control-Request-Method": "POST"}
    assert server.request("OPTIONS", CHAT, headers=preflight).status == 403
    assert server.post("/tokenize", {}, headers={"Origin": server.url}).status == 400  # its own page


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1:5173", "http://[::1]:80",
                                    "app://obsidian.md", "tauri://localhost", "http://tauri.localhost",
                                    "vscode-webview://1a2b3c", "vscode-file://vscode-app"])
def test_pages_and_apps_of_this_machine_may_call(server, origin):
    answer = server.request("OPTIONS", CHAT, headers={
        "Origin": origin, "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type"})
    assert answer.status == 204 and answer.headers["Access-Control-Allow-Origin"] == origin
    answer = server.post(CHAT, {}, headers={"Origin": origin})
    assert answer.status == 400 and answer.headers["Access-Control-Allow-Origin"] == origin


def test_a_frame_of_any_site_does_not_count_as_local(server):
    assert server.post("/models", {"source": "fake:"}, headers={"Origin": "null"}).status == 403
    # A page of another site that had its own name point here: the Host gives it away.
    answer = server.get("/models", headers={"Host": "evil.example", "Origin": "http://localhost"})
    assert answer.status == 403


def test_local_is_a_choice(start):
    server = start("--cors-origins", "https://good.example")
    assert server.post(CHAT, {}, headers={"Origin": "http://localhost:3000"}).status == 403
    assert server.post(CHAT, {}, headers={"Origin": "https://good.example"}).status == 400


def test_named_origins_may_call(start):
    server = start("--cors-origins", "https://good.example")
    good = {"Origin": "https://good.example"}
    answer = server.request("OPTIONS", CHAT, headers={
        **good, "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type"})
    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "https://good.example"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "content-type" in answer.headers["Access-Control-Allow-Headers"]
    answer = server.get("/models", headers=good)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://good.example"
    assert "Origin" in answer.headers["Vary"]
    assert server.post("/models", {"source": "fake:"}, headers={"Origin": "https://evil.example"}).status == 403


def test_other_addresses_need_a_key_or_a_word(home, start):
    server = Server(home, ["--host", "0.0.0.0"], wait=False)
    assert server.process.wait(30 * SLOW) != 0
    assert "HEARTH_API_KEY" in server.log and "--insecure" in server.log
    assert start("--host", "0.0.0.0", "--insecure").get("/health").status == 200


def test_slashes_too_many_do_not_matter(server):
    assert server.post("/models", {"name": "fake", "source": "fake:reply = ok", "task": "chat"}).status == 201
    for path in ("/v1/models//fake", "/v1/models/fake/", "//v1///models/fake//"):
        answer = server.get(path)
        assert answer.status == 200 and answer.json()["id"] == "fake", path
    assert server.get("/health/").status == 200
    assert server.get("/v1/models/").json()["object"] == "list"
    message = {"model": "fake", "messages": [{"role": "user", "content": "x"}]}
    assert server.post("/v1//chat/completions/", message).status == 200


@pytest.mark.parametrize("path, alias", [
    (CHAT, "/chat/completions"), ("/completion", "/completions"),
    ("/v1/embeddings", "/embeddings"), ("/v1/rerank", "/rerank"), ("/v1/rerank", "/v2/rerank"),
    ("/v1/rerank", "/v1/reranking")])
def test_an_alias_answers_as_its_route_does(server, path, alias):
    answer, other = server.post(path, {}), server.post(alias, {})
    assert answer.status == other.status == 400
    assert answer.json() == other.json() and "message" in other.json()["error"]
    assert server.get(alias).json()["error"]["type"] == "invalid_request_error"


def test_health_is_also_where_others_have_it(server):
    assert server.get("/v1/health").json()["status"] == "ok"
    document = server.get("/openapi.json").json()
    assert "`/v1/health`" in document["paths"]["/health"]["get"]["description"]


def test_who_opens_the_server_is_led_to_its_page(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20 * SLOW)
    connection.request("GET", "/", headers={"Accept": "text/html"})
    answer = connection.getresponse()
    assert answer.status == 302 and answer.headers["Location"] == "docs"
    assert server.get("/").headers["Content-Type"].startswith("text/html")  # followed


def test_wrong_paths_and_methods(server):
    assert shape(server.get("/nothing"))["code"] == "not_found"
    answer = server.request("PUT", "/models")
    assert answer.status == 405 and answer.headers["Allow"] == "GET, HEAD, POST"
    assert shape(answer)["code"] == "method_not_allowed"
    assert answer.json()["detail"] == "PUT is not allowed at /models; allowed: GET, HEAD, POST"
    assert server.request("HEAD", "/health").status == 200
    assert server.get("/v1/nothing").json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"nul", b"\xff\xfe{}", b'{"a":1,"a":2}',
                                  b"[" * 100000, b'{"model":"m","messages":"hi"}',
                                  b'{"model":1,"messages":[]}', b'{"model":"\\u0000"}'])
def test_bad_bodies_get_400_in_openais_shape(server, body):
    answer = server.request("POST", CHAT, body)
    assert answer.status == 400, answer.text
    error = answer.json()["error"]
    assert error["message"] and error["type"] == "invalid_request_error"
    assert server.get("/health").status == 200


def test_422_lists_every_faulty_field(server):
    answer = server.post("/models", {
        "name": "../x", "source": "what", "task": "dance", "device": "gpu", "tags": {"a": 1},
        "settings": {"contxt": 1, "slots": "many"}, "colour": "red"})
    assert answer.status == 422
    fields = {row["field"]: row for row in shape(answer)["fields"]}
    assert set(fields) == {"name", "source", "task", "device", "tags.a", "settings.contxt",
                           "settings.slots", "colour"}
    assert fields["settings.contxt"]["suggestion"] == "context"
    assert all(row["expected"] and row["got"] for row in fields.values())


def test_a_large_body_is_parsed_and_a_larger_one_refused(start):
    server = start("--body-bytes-max", "1MB")
    assert server.post("/models", {"name": "fake", "source": "fake:reply = ok", "task": "chat"}).status == 201
    message = {"model": "fake", "messages": [{"role": "user", "content": "x" * 600_000}]}
    answer = server.post(CHAT, message)
    assert answer.status in (200, 400), answer.text  # parsed; the context may be too small for it
    if answer.status == 400:
        assert answer.json()["error"]["code"] == "context_length_exceeded"
    message["messages"][0]["content"] *= 2
    answer = server.post(CHAT, message)
    assert answer.status == 413


def test_what_cannot_be_json_is_415(server):
    answer = server.request("POST", "/models", b"x", headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.status == 415
    answer = server.request("POST", "/models", gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"})
    assert answer.status == 415


def test_traversal_in_names_is_refused(server):
    for path in ("/models/..%2f..%2fetc", "/models/%2e%2e", "/v1/models/..%2fx", "/infer/..%2fx",
                 "/models/a%00b"):
        answer = server.request("GET" if "infer" not in path else "POST", path,
                                None if "infer" not in path else {"input": "x"})
        assert answer.status in (400, 404), (path, answer.status)
    answer = server.post(CHAT, {"model": "../../etc/passwd", "messages": [{"role": "user", "content": "x"}]})
    assert answer.status in (400, 404)


def test_a_taken_port_is_one_clear_line(home, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = Server(home, wait=False, port=taken.getsockname()[1])
        assert server.process.wait(30 * SLOW) != 0
    lines = [line for line in server.log.splitlines() if not line.startswith("{")]
    assert len(lines) == 1 and "taken" in lines[0]


def test_the_unix_socket_serves_too(start, tmp_path):
    path = tmp_path / "hearth.sock"
    start("--unix-socket", path)
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10 * SLOW)
        client.connect(str(path))
        client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b""
        while got := client.recv(65536):
            answer += got
    assert answer.startswith(b"HTTP/1.1 200")
    assert json.loads(answer.split(b"\r\n\r\n", 1)[1])["status"] == "ok"


def test_the_description_is_valid_and_served(server):
    from openapi_spec_validator import validate
    document = server.get("/openapi.json").json()
    validate(document)
    assert "/v1/chat/completions" in document["paths"]
    page = server.get("/docs")
    assert page.status == 200 and "text/html" in page.headers["Content-Type"]
    assert "http://" not in page.text and "https://" not in page.text  # nothing from elsewhere
