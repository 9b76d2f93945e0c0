"""The end of a context: conversations that do not fit, and contexts that take what memory allows."""
import json

import pytest

from conftest import cli

TURNS = [{"role": "system", "content": "You are brief."}] + [
    message for i in range(12) for message in (
        {"role": "user", "content": f"Tell me of number {i}, and of all that comes before it, in one sentence."},
        {"role": "assistant", "content": f"Number {i} is what comes behind the number {i - 1}, as you know."})]
ASKED = TURNS + [{"role": "user", "content": "And the last one?"}]


@pytest.fixture
def serve(start, home, gguf):
    def begin(*arguments, **models):
        for name, settings in models.items():
            chosen = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
            done = cli("install", f"file:{gguf}", "--name", name, *chosen, home=home)
            assert done.returncode == 0, done.stderr
        return start(*arguments)
    return begin


def ask(server, model, messages, **more):
    return server.post("/v1/chat/completions", {"model": model, "messages": messages, "max_tokens": 4,
                                                "temperature": 0, **more})


def test_a_long_conversation_is_refused_or_loses_its_oldest_turns_and_says_so(serve):
    server = serve(strict={"context": 256}, drops={"context": 256, "context_end": "drop"})
    refused = ask(server, "strict", ASKED)
    assert refused.status == 400 and "256" in refused.text, refused.text
    answer = ask(server, "drops", ASKED)
    assert answer.status == 200, answer.text
    dropped = int(answer.headers["Hearth-Dropped-Turns"])
    assert 0 < dropped < 13
    # The same as if whole turns had been left out by hand, with the system's text kept.
    kept = ask(server, "drops", ASKED[:1] + ASKED[1 + 2 * dropped:])
    assert "Hearth-Dropped-Turns" not in kept.headers
    assert kept.json()["usage"]["prompt_tokens"] == answer.json()["usage"]["prompt_tokens"]
    assert kept.json()["choices"] == answer.json()["choices"]
    streamed = ask(server, "drops", ASKED, stream=True)
    assert streamed.headers["Hearth-Dropped-Turns"] == str(dropped)
    # A turn goes before an answer has less room than it asked for.
    room = 256 - kept.json()["usage"]["prompt_tokens"]
    for asked, more in ((room, 0), (room + 1, 1)):
        answer = ask(server, "drops", ASKED, max_tokens=asked, ignore_eos=True)
        assert int(answer.headers["Hearth-Dropped-Turns"]) == dropped + more
        assert answer.json()["usage"]["completion_tokens"] == asked
    # The last word is the request's.
    for model, truncation, status in (("strict", "auto", 200), ("strict", None, 400), ("drops", "disabled", 400),
                                      ("drops", "auto", 200), ("drops", None, 200)):
        said = server.post("/v1/responses", {"model": model, "input": ASKED, "max_output_tokens": 4,
                                             "temperature": 0, "store": False, "truncation": truncation})
        assert said.status == status, (model, truncation, said.text)
        assert said.headers.get("Hearth-Dropped-Turns") == (str(dropped) if status == 200 else None)
    for truncate, status in ((False, 400), (True, 200), (None, 200)):
        said = server.post("/api/chat", {"model": "drops", "messages": ASKED, "stream": False, "truncate": truncate,
                                         "options": {"num_predict": 4}})
        assert said.status == status, (truncate, said.text)
    # A last turn that is too long by itself has nothing to leave out.
    alone = ask(server, "drops", [{"role": "user", "content": "word " * 400}])
    assert alone.status == 400, alone.text


def test_a_context_takes_what_memory_allows_or_is_refused_with_what_would_fit(serve):
    server = serve("--memory-limit", "330MiB", roomy={"context": "auto", "slots": 1},
                   large={"context": 8192, "slots": 8})
    refused = ask(server, "large", ASKED[-1:])
    assert refused.status == 507, refused.text
    assert " = " in refused.text and "would fit" in refused.text, refused.text
    answer = ask(server, "roomy", ASKED[-1:])
    assert answer.status == 200, answer.text
    rows = json.loads(server.cli("ps", "--json").stdout)["models"]
    context = next(row["context"] for row in rows if row["name"].startswith("roomy"))
    assert 256 <= context <= 8192 and context % 256 == 0, rows
    # Idle models could go: what would fit is told as if they had.
    again = ask(server, "large", ASKED[-1:])
    assert again.status == 507 and "would fit" in again.text, again.text
