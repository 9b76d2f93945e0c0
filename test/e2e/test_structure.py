"""Answers keep to schemas, patterns, choices and grammars, with the demo model over both decoders."""
import concurrent.futures
import json
import re
import time

import jsonschema
import pytest

from conftest import Server, cli
from structure_schemas import schemas, unsupported

ALL = schemas()


@pytest.fixture(scope="module")
def server(tmp_path_factory, gguf):
    folder = tmp_path_factory.mktemp("structure") / "home"
    folder.mkdir()
    for name, compute in (("own", "own"), ("library", "libllama")):
        done = cli("install", f"file:{gguf}", "--name", name, "--set", f"compute={compute}",
                   "--set", "context=1024", home=folder)
        assert done.returncode == 0, done.stderr
    running = Server(folder)
    yield running
    running.end()


def ask(server, model="own", max_tokens=64, **members):
    body = {"model": model, "max_tokens": max_tokens, "temperature": 1, "seed": 3,
            "messages": [{"role": "user", "content": "Answer with JSON."}], **members}
    return server.post("/v1/chat/completions", body)


def by_schema(schema, **rest):
    return {"type": "json_schema", "json_schema": {"name": "it", "schema": schema, **rest}}


def told(answer):
    """The text of an answer, and whether it is whole."""
    assert answer.status == 200, answer.text
    choice = answer.json()["choices"][0]
    text = choice["message"]["content"] if "message" in choice else choice["text"]
    return text, choice["finish_reason"] == "stop"


def at_once(server, rows, call):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(call, rows))


def check_rows(server, rows, model):
    checker = jsonschema.Draft202012Validator
    answers = at_once(server, rows, lambda row: ask(server, model, response_format=by_schema(row[1])))
    whole = 0
    for (name, schema), answer in zip(rows, answers):
        assert answer.status == 200, (name, schema, answer.text)
        text, ended = told(answer)
        if ended:
            whole += 1
            value = json.loads(text)
            faults = list(checker(schema, format_checker=checker.FORMAT_CHECKER).iter_errors(value))
            assert not faults, (name, schema, text, faults)
        else:
            assert answer.json()["usage"]["completion_tokens"] == 64, (name, text)
    return whole


@pytest.mark.once
def test_every_whole_answer_to_300_schemas_validates(server):
    assert len(ALL) >= 300
    whole = check_rows(server, ALL, "own")
    assert whole >= len(ALL) * 0.8, f"{whole} of {len(ALL)} answers came to their end"


def test_libllama_keeps_to_schemas_as_well(server):
    rows = ALL[::12]
    assert check_rows(server, rows, "library") >= len(rows) // 2
