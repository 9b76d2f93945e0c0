"""Anthropic's Messages API through the real `anthropic` clients, over the fake engine and the demo model."""
import json

import anthropic
import pytest

from conftest import SLOW, Server, strict_json
from node_clients import run_node_client

HELLO = [{"role": "user", "content": "say hello"}]
TOOL = {"name": "weather", "description": "The weather of a city.",
        "input_schema": {"type": "object", "properties": {"city": {"type": "string", "enum": ["Oslo", "Rome"]}}, "required": ["city"]}}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Oslo"}}


@pytest.fixture(scope="module")
def messages_server(tmp_path_factory):
    """One server for the file, with models of the fake engine: one that says its words, and an echo."""
    home = tmp_path_factory.mktemp("messages") / "home"
    home.mkdir()
    running = Server(home)
    for name, script in (("fake", "reply = one two three four"), ("echo", "echo"),
                         ("frail", "reply = one two three four five six; crash_at_token = 4; token_us = 20000")):
        answer = running.post("/models", {"name": name, "source": f"fake:{script}", "task": "chat"})
        assert answer.status == 201, answer.text
    yield running
    running.end()


@pytest.fixture
def client(messages_server):
    return anthropic.Anthropic(base_url=messages_server.url, api_key="none", max_retries=0, timeout=60 * SLOW)


def ask(server, **body):
    return server.post("/v1/messages", {"model": "fake", "max_tokens": 50, "messages": HELLO, **body})


def fault(answer, status, kind, *words):
    assert answer.status == status, answer.text
    body = answer.json()
    assert body["type"] == "error" and body["error"]["type"] == kind, body
    assert body["request_id"] == answer.headers["request-id"]
    for word in words:
        assert word in body["error"]["message"], body
    return body


def events_of(text):
    """Name and body of each event; every event is named as its type."""
    events = []
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if line and not line.startswith(":")]
        if not lines:
            continue
        assert [line.split(":")[0] for line in lines] == ["event", "data"], block
        name, body = lines[0][7:], strict_json(lines[1][6:])
        assert body["type"] == name
        events.append(body)
    return events


def test_an_answer_is_a_message_of_blocks(client):
    answer = client.messages.create(model="fake", max_tokens=50, messages=HELLO)
    assert answer.type == "message" and answer.role == "assistant" and answer.id.startswith("msg_")
    assert [block.type for block in answer.content] == ["text"]
    assert answer.content[0].text.strip() == "one two three four"
    assert answer.stop_reason == "end_turn" and answer.stop_sequence is None
    assert answer.usage.output_tokens == 4 and answer.usage.input_tokens > 0
    assert answer._request_id


def test_the_reason_of_the_end_is_told(client):
    cut = client.messages.create(model="fake", max_tokens=2, messages=HELLO)
    assert cut.stop_reason == "max_tokens" and cut.content[0].text.strip() == "one two"
    stopped = client.messages.create(model="fake", max_tokens=50, messages=HELLO,
                                     stop_sequences=["never", "three"])
    assert stopped.stop_reason == "stop_sequence" and stopped.stop_sequence == "three"
    assert stopped.content[0].text.strip() == "one two"


def test_the_stream_helper_gathers_the_same_message(client):
    with client.messages.stream(model="fake", max_tokens=50, messages=HELLO, stop_sequences=["four"]) as stream:
        text = "".join(stream.text_stream)
        whole = stream.get_final_message()
    assert text.strip() == "one two three" and whole.content[0].text == text
    assert whole.stop_reason == "stop_sequence" and whole.stop_sequence == "four"
    assert whole.usage.output_tokens == 4 and whole.usage.input_tokens > 0


def test_a_stream_has_every_event_in_its_order(messages_server):
    answer = ask(messages_server, stream=True)
    assert answer.headers["Content-Type"].startswith("text/event-stream") and answer.headers["request-id"]
    events = events_of(answer.text)
    names = [event["type"] for event in events]
    assert names[:3] == ["message_start", "ping", "content_block_start"]
    assert names[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert set(names[3:-3]) == {"content_block_delta"}
    start = events[0]["message"]
    assert start["usage"]["input_tokens"] == events[-2]["usage"]["input_tokens"] > 0
    assert start["content"] == [] and start["stop_reason"] is None and start["model"] == "fake"
    assert events[2]["content_block"] == {"type": "text", "text": ""}
    assert "".join(event["delta"]["text"] for event in events[3:-3]).strip() == "one two three four"
    assert events[-2]["delta"] == {"stop_reason": "end_turn", "stop_sequence": None}
    assert events[-2]["usage"]["output_tokens"] == 4


def test_what_is_told_is_what_the_clients_types_declare(messages_server):
    """The client itself takes what lacks a member or has another; programs that validate by its types do not."""
    events = events_of(ask(messages_server, stream=True).text)
    delta = anthropic.types.MessageDeltaUsage.model_validate(events[-2]["usage"])
    assert delta.output_tokens == 4 and not delta.model_extra
    assert not anthropic.types.Usage.model_validate(events[0]["message"]["usage"]).model_extra
    for model in messages_server.get("/v1/models", headers={"anthropic-version": "2023-06-01"}).json()["data"]:
        told = anthropic.types.ModelInfo.model_validate(model)
        assert told.lifecycle == "active" and not told.model_extra


def test_a_stream_that_breaks_off_ends_with_an_error_event(messages_server, client):
    events = events_of(ask(messages_server, model="frail", stream=True).text)
    assert events[-1]["type"] == "error" and events[-1]["error"]["type"] in ("api_error", "overloaded_error")
    with pytest.raises(anthropic.APIStatusError):
        with client.messages.stream(model="frail", max_tokens=50, messages=HELLO) as stream:
            list(stream.text_stream)


def test_what_a_conversation_may_hold_reaches_the_model(messages_server):
    talk = [{"role": "user", "content": [{"type": "text", "text": "look", "cache_control": {"type": "ephemeral"}}]},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": "s"},
                                              {"type": "redacted_thinking", "data": "x"},
                                              {"type": "text", "text": "I look"}, CALL]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1",
                                          "content": [{"type": "text", "text": "rain"}], "is_error": False}]},
            {"role": "user", "content": "and the last word is"},
            {"role": "user", "content": [{"type": "document", "source": {
                "type": "text", "media_type": "text/plain", "data": "finis"}}]}]
    answer = ask(messages_server, model="echo", messages=talk, tools=[TOOL], tool_choice={"type": "auto"},
                 system=[{"type": "text", "text": "be brief"}], metadata={"user_id": "u"}, top_k=5, top_p=0.9,
                 temperature=0, thinking={"type": "enabled", "budget_tokens": 1024}, service_tier="auto")
    assert answer.status == 200, answer.text
    assert "finis" in answer.json()["content"][0]["text"]


@pytest.mark.parametrize("body, words", [
    ({"max_tokens": None}, ["max_tokens"]),
    ({"max_tokens": 0}, ["max_tokens"]),
    ({"messages": []}, ["messages"]),
    ({"messages": [{"role": "system", "content": "x"}]}, ["messages[0].role", "user"]),
    ({"messages": [{"role": "user"}]}, ["messages[0].content"]),
    ({"messages": [{"role": "user", "content": [{"type": "image", "source": {}}]}]}, ["content[0].type", "images"]),
    ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, ["messages[0].content[0].text"]),
    ({"messages": [{"role": "user", "content": [{"type": "smell"}]}]}, ["content[0].type", "expected"]),
    ({"messages": [{"role": "user", "content": [CALL]}]}, ["content[0].type", "role"]),
    ({"messages": [*HELLO, {"role": "assistant", "content": [{**CALL, "input": "x"}]}]}, ["content[0].input", "object"]),
    ({"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "no"}]}]}, ["tool_use_id"]),
    ({"tools": [TOOL, TOOL]}, ["tools[1].name", "weather"]),
    ({"tools": [{"name": "weather"}]}, ["tools[0].input_schema"]),
    ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, ["tools[0].type", "web_search_20250305"]),
    ({"tools": [TOOL], "tool_choice": {"type": "tool", "name": "other"}}, ["tool_choice.name", "other"]),
    ({"tool_choice": {"type": "any"}}, ["tool_choice"]),
    ({"temperature": "hot"}, ["temperature"]),
    ({"thinking": {"type": "wild"}}, ["thinking.type"]),
    ({"output_format": {"type": "json_schema"}}, ["output_format"]),
    ({"mcp_servers": [{"url": "x"}]}, ["mcp_servers"]),
])
def test_a_faulty_body_is_told_in_anthropics_shape(messages_server, body, words):
    whole = {"model": "fake", "max_tokens": 50, "messages": HELLO, **body}
    if body.get("max_tokens", 1) is None:
        del whole["max_tokens"]
    fault(messages_server.post("/v1/messages", whole), 400, "invalid_request_error", *words)


def test_a_key_that_is_not_known_is_passed_over_and_named(messages_server):
    answer = ask(messages_server, colour="red")
    assert answer.status == 200 and "colour" in answer.headers["Hearth-Ignored"]


def test_errors_before_a_route_have_anthropics_shape_too(start, client, messages_server):
    fault(messages_server.post("/v1/messages", b"{"), 400, "invalid_request_error")
    fault(messages_server.get("/v1/messages"), 405, "invalid_request_error")
    fault(messages_server.post("/v1/messages/batches", {}), 404, "not_found_error")
    fault(ask(messages_server, model="absent"), 404, "not_found_error", "absent")
    with pytest.raises(anthropic.NotFoundError):
        client.messages.create(model="absent", max_tokens=5, messages=HELLO)
    with pytest.raises(anthropic.BadRequestError, match="tool_use_id"):
        client.messages.create(model="fake", max_tokens=5, messages=[
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "no", "content": "x"}]}])
    guarded = start(env={"HEARTH_API_KEY": "secret", "HEARTH_BODY_BYTES_MAX": "2000"})
    fault(ask(guarded), 401, "authentication_error")
    fault(guarded.post("/v1/messages", {"max_tokens": 5, "messages": [{"role": "user", "content": "x" * 3000}]},
                       headers={"x-api-key": "secret", "anthropic-version": "2023-06-01"}),
          413, "request_too_large")
    good = anthropic.Anthropic(base_url=guarded.url, api_key="secret", max_retries=0)
    with pytest.raises(anthropic.NotFoundError):
        good.messages.create(model="absent", max_tokens=5, messages=HELLO)


def test_tokens_are_counted_as_an_answer_counts_them(demo_server):
    client = anthropic.Anthropic(base_url=demo_server.url, api_key="none", max_retries=0, timeout=60 * SLOW)
    talk = {"model": "smollm2", "system": "You are terse.", "messages": [{"role": "user", "content": "Name a colour."}]}
    counted = client.messages.count_tokens(**talk)
    answer = client.messages.create(max_tokens=8, extra_body={"temperature": 0}, **talk)
    usage = answer.usage
    assert counted.input_tokens == usage.input_tokens + usage.cache_read_input_tokens > 5
    assert answer.content[0].text
    fault(demo_server.post("/v1/messages/count_tokens", {"model": "smollm2"}), 400, "invalid_request_error", "messages")


def test_a_forced_tool_is_called_whole_and_streamed(demo_server):
    client = anthropic.Anthropic(base_url=demo_server.url, api_key="none", max_retries=0, timeout=60 * SLOW)
    ask_tool = {"model": "smollm2", "max_tokens": 60, "messages": [{"role": "user", "content": "Weather in Oslo?"}],
                "tools": [TOOL], "tool_choice": {"type": "tool", "name": "weather", "disable_parallel_tool_use": True},
                "extra_body": {"temperature": 0}}
    answer = client.messages.create(**ask_tool)
    call = answer.content[-1]
    assert answer.stop_reason == "tool_use" and call.type == "tool_use" and call.name == "weather"
    assert isinstance(call.input["city"], str)
    with client.messages.stream(**ask_tool) as stream:
        names = [event.type for event in stream]
        streamed = stream.get_final_message()
    assert streamed.content[-1].input == call.input and streamed.stop_reason == "tool_use"
    assert "input_json" in names
    talk = [*ask_tool["messages"], {"role": "assistant", "content": [call.to_dict()]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "rain"}]}]
    told = client.messages.create(model="smollm2", max_tokens=8, messages=talk, tools=[TOOL])
    assert told.stop_reason in ("end_turn", "max_tokens", "tool_use")


def test_an_answer_keeps_to_a_schema(demo_server):
    schema = {"type": "object", "properties": {"colour": {"enum": ["red", "blue"]}}, "required": ["colour"],
              "additionalProperties": False}
    said = ask(demo_server, model="smollm2", max_tokens=40, temperature=0, messages=[{"role": "user", "content": "A colour?"}],
               output_format={"type": "json_schema", "schema": schema})
    assert said.status == 200, said.text
    assert json.loads(said.json()["content"][0]["text"])["colour"] in ("red", "blue")
    fault(ask(demo_server, model="smollm2", output_format={"type": "json_schema", "schema": {"type": "wrong"}}),
          400, "invalid_request_error", "schema")


def test_the_answer_is_that_of_chat(demo_server):
    """One conversation, two APIs: the same prompt, so the same words."""
    talk = [{"role": "user", "content": "Say three words."}]
    chat = demo_server.post("/v1/chat/completions", {
        "model": "smollm2", "max_tokens": 12, "temperature": 0,
        "messages": [{"role": "system", "content": "You are terse."}, *talk]}).json()
    said = ask(demo_server, model="smollm2", max_tokens=12, temperature=0, system="You are terse.", messages=talk).json()
    assert said["content"][0]["text"] == chat["choices"][0]["message"]["content"]
    assert said["usage"]["output_tokens"] == chat["usage"]["completion_tokens"]


def test_the_typescript_client_works(messages_server):
    run_node_client("anthropic.mjs", messages_server.url, "@anthropic-ai/sdk")
