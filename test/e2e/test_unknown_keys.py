"""Keys that a route does not know: clients of other servers send dozens, and are served all the same."""
import pytest

from client_bodies import (CHAT_BODIES, COMPLETION_BODIES, EMBEDDING_BODIES, GENERATION_KEYS, HELLO, RERANK_BODIES)
from conftest import Server, cli, write_fake

BASES = {
    "/v1/chat/completions": {"model": "fake", "messages": HELLO, "max_tokens": 2},
    "/v1/completions": {"model": "fake", "prompt": "say hello", "max_tokens": 2},
    "/v1/embeddings": {"model": "fake", "input": "a text"},
    "/v1/rerank": {"model": "ranks", "query": "q", "documents": ["a", "b"]},
}
BODIES = [
    *(("/v1/chat/completions", name, body) for name, body in CHAT_BODIES.items()),
    *(("/v1/completions", name, body) for name, body in COMPLETION_BODIES.items()),
    *(("/v1/embeddings", name, body) for name, body in EMBEDDING_BODIES.items()),
    *(("/v1/rerank", name, body) for name, body in RERANK_BODIES.items()),
    *((route, f"{server}: {key}", {key: value}) for server, keys in GENERATION_KEYS.items()
      for key, value in keys.items() for route in ("/v1/chat/completions", "/v1/completions")),
]


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """One that accepts what it does not know, as it comes, and one that was told to refuse it."""
    running = []
    for setting in (), ("--unknown-fields", "refuse"):
        folder = tmp_path_factory.mktemp("keys")
        home = folder / "home"
        home.mkdir()
        for name, script in ("fake", dict(reply="one two three four")), ("ranks", dict(tasks="score")):
            done = cli("install", f"fake:{write_fake(folder / name, **script)}", "--name", name, home=home)
            assert done.returncode == 0, done.stderr
        running.append(Server(home, setting))
    yield running
    for one in running:
        one.end()


def ignored(answer):
    return [key for key in (answer.headers["Hearth-Ignored"] or "").split(", ") if key]


def test_bodies_of_todays_clients_are_taken(servers):
    assert len(BODIES) >= 262
    refused = {}
    for route, name, body in BODIES:
        answer = servers[0].post(route, {**BASES[route], **body})
        if answer.status != 200:
            refused[f"{route} {name}"] = answer.text
    assert not refused, refused


def test_what_is_passed_over_is_named_in_a_header(servers):
    chat, base = "/v1/chat/completions", BASES["/v1/chat/completions"]
    answer = servers[0].post(chat, {**base, "color": 1, "stream_options": {"color": True}})
    assert answer.status == 200 and ignored(answer) == ["color", "stream_options.color"]
    assert servers[0].post(chat, base).headers["Hearth-Ignored"] is None
    streamed = servers[0].post(chat, {**base, "stream": True, "color": 1})
    assert ignored(streamed) == ["color"] and "[DONE]" in streamed.text
    # A body that is parsed beside the loop.
    large = servers[0].post("/v1/embeddings", {"model": "fake", "input": "a " * 3000, "color": "x" * (300 << 10)})
    assert ignored(large) == ["color"], large.text[:300]


def test_a_header_holds_what_it_may_hold_whatever_keys_are_called(servers):
    base = BASES["/v1/completions"]
    nasty = {"a\r\nSet-Cookie: x=1": 1, "b,c": 1, "\u00e9\u4e2d": 1, "d" * 5000: 1, "\x7f\x01": 1}
    answer = servers[0].post("/v1/completions", {**base, **nasty})
    assert answer.status == 200 and answer.headers["Set-Cookie"] is None
    assert ignored(answer) == ["a??Set-Cookie:?x=1", "b?c", "?????", "d" * 63, "??"], ignored(answer)
    many = servers[0].post("/v1/completions", {**base, **{f"key{i}": i for i in range(5000)}})
    assert many.status == 200 and len(ignored(many)) == 33 and ignored(many)[-1] == "..."
    assert len(many.headers["Hearth-Ignored"]) < 2200


def test_the_log_names_a_key_once_for_each_route(servers):
    for _ in range(3):
        for route in "/v1/chat/completions", "/v1/completions":
            assert servers[0].post(route, {**BASES[route], "logged_once": 1}).status == 200
    rows = [row["route"] for row in servers[0].events("request.key_ignored") if row["key"] == "logged_once"]
    assert sorted(rows) == ["/v1/chat/completions", "/v1/completions"]
    # Clients choose the keys, so the log has a bound for all of them.
    for i in range(70):
        body = {**BASES["/v1/completions"], **{f"key{i}.{j}": 1 for j in range(32)}}
        assert servers[0].post("/v1/completions", body).status == 200
    assert len(servers[0].events("request.key_ignored")) == 2048


def test_what_is_known_is_checked_as_ever(servers):
    for route, change, param in [
            ("/v1/chat/completions", {"color": 1, "temperature": "hot"}, "temperature"),
            ("/v1/chat/completions", {"web_search_options": {}}, "web_search_options"),
            ("/v1/chat/completions", {"audio": {"voice": "a", "format": "wav"}}, "audio"),
            ("/v1/chat/completions", {"messages": [{"role": "judge"}]}, "messages[0].role"),
            ("/v1/embeddings", {"color": 1, "input": []}, "input")]:
        answer = servers[0].post(route, {**BASES[route], **change})
        assert answer.status == 400 and answer.json()["error"]["param"] == param, answer.text


# A server that does these for everybody would answer otherwise: what has no such thing here must
# not look as if it had been done.
@pytest.mark.parametrize("change", [
    {"use_beam_search": True}, {"allowed_token_ids": [1]}, {"bad_words": ["x"]}, {"prompt_embeds": "AAAA"},
    {"logits_processors": ["x"]}])
def test_what_would_make_another_answer_is_refused(servers, change):
    for route in "/v1/chat/completions", "/v1/completions":
        answer = servers[0].post(route, {**BASES[route], **change})
        assert answer.status == 400 and answer.json()["error"]["code"] == "unsupported_parameter", answer.text


def test_the_setting_refuse_brings_the_fault_back(servers):
    for route, base in BASES.items():
        answer = servers[1].post(route, {**base, "color": 1})
        assert answer.status == 400, answer.text
        fault = answer.json()["error"]
        assert fault["param"] == "color" and fault["code"] == "unknown_parameter"
    answer = servers[1].post("/v1/chat/completions", {**BASES["/v1/chat/completions"], "temprature": 1})
    assert "temperature" in answer.json()["error"]["message"]


def test_our_own_routes_refuse_keys_that_they_do_not_know(servers):
    for route, body in ("/infer/fake", {"input": "a"}), ("/inference", {"prompt": "a", "model_id": "fake"}), \
            ("/tokenize", {"content": "a", "model": "fake"}), ("/models", {"source": "fake:echo"}):
        answer = servers[0].post(route, {**body, "color": 1})
        assert answer.status == 422 and answer.headers["Hearth-Ignored"] is None, answer.text


@pytest.mark.parametrize("form", [{"guided_json": {"type": "object"}}, {"guided_choice": ["a", "b"]}, {"grammar": 'root ::= "a"'},
                                  {"response_format": {"type": "json_object"}}])
def test_a_form_is_refused_by_an_engine_that_cannot_keep_to_it(servers, form):
    for path, body in (("/v1/chat/completions", {"messages": [{"role": "user", "content": "x"}]}),
                       ("/v1/completions", {"prompt": "x"})):
        refused = servers[0].post(path, {"model": "fake", **body, **form})
        assert refused.status == 400, refused.text
