"""What Continue and Open WebUI send, replayed from the records in test/e2e/records, and read as they
read it: neither runs without a screen."""
import json

import pytest

from conftest import ROOT

pytestmark = pytest.mark.once

RECORDS = [(name, row) for name in ("continue", "open_webui")
           for row in json.loads((ROOT / f"test/e2e/records/{name}.json").read_text())["requests"]]


def events(answer):
    """The JSON of each event, but for the last word of OpenAI's streams."""
    lines = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def lines(answer):
    assert answer.headers["Content-Type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


def read_chat_stream(answer):
    deltas = [event["choices"][0]["delta"] for event in events(answer) if event["choices"]]
    assert answer.text.rstrip().endswith("data: [DONE]")
    return [delta.get("content") or delta.get("tool_calls") or "" for delta in deltas]


def read_responses_stream(answer):
    """Its kind of connection for Responses shows the pieces, and ends at the whole answer."""
    *_, last = told = events(answer)
    assert last["type"] in ("response.completed", "response.incomplete") and last["response"]["usage"]
    return "".join(event["delta"] for event in told if event["type"] == "response.output_text.delta")


def read_ollama(answer, text_of):
    *_, last = rows = lines(answer)
    assert last["done"] is True and last["eval_count"] > 0
    return "".join(text_of(row) for row in rows)


READERS = {
    "models": lambda answer: [row["id"] for row in answer.json()["data"]],
    "chat": lambda answer: answer.json()["choices"][0]["message"]["content"],
    "chat stream": lambda answer: "".join(map(str, read_chat_stream(answer))),
    "completion stream": lambda answer: "".join(event["choices"][0]["text"] for event in events(answer)
                                                if event["choices"]),
    "vectors": lambda answer: [row["embedding"] for row in answer.json()["data"]],
    "tags": lambda answer: [row["name"] for row in answer.json()["models"]],
    "version": lambda answer: answer.json()["version"],
    "shown": lambda answer: answer.json()["details"],
    "ollama chat": lambda answer: read_ollama(answer, lambda row: row["message"]["content"]),
    "ollama whole chat": lambda answer: json.loads(answer.json()["message"]["content"]),
    "ollama vector": lambda answer: answer.json()["embedding"],
    "unloaded": lambda answer: answer.json()["done_reason"] == "unload",
    "responses stream": read_responses_stream,
    "ollama text": lambda answer: read_ollama(answer, lambda row: row["response"]),
    "ollama vectors": lambda answer: answer.json()["embeddings"],
    "native stream": lambda answer: "".join(event["content"] for event in events(answer)),
}


@pytest.mark.parametrize("name, row", RECORDS, ids=[f"{name}: {row['what']}" for name, row in RECORDS])
def test_what_a_client_sends_is_answered_as_it_reads_it(demo_server, name, row):
    method = "POST" if "body" in row else "GET"
    answer = demo_server.request(method, row["path"], row.get("body"), headers=row.get("headers"))
    assert answer.status == 200, answer.text
    assert READERS[row["read"]](answer), answer.text
