"""OpenAI's Responses API through the real `openai` client, over the fake engine and the demo model."""
import json
import typing

import openai
import pydantic
import pytest

from conftest import SLOW, Server, strict_json, wait_for

TOOL = {"type": "function", "name": "weather", "description": "The weather of a city.", "strict": True,
        "parameters": {"type": "object", "properties": {"city": {"type": "string", "enum": ["Oslo", "Rome"]}}, "required": ["city"],
                       "additionalProperties": False}}
CALL = {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{\"city\": \"Oslo\"}"}


@pytest.fixture(scope="module")
def responses_server(tmp_path_factory):
    """One server for the file, with models of the fake engine: one that says its words, and an echo."""
    home = tmp_path_factory.mktemp("responses") / "home"
    home.mkdir()
    running = Server(home)
    for name, script in (("fake", "reply = one two three four"), ("echo", "echo"), ("endless", "stall_at = 1"),
                         ("frail", "reply = one two three four five six; crash_at_token = 4; token_us = 20000")):
        answer = running.post("/models", {"name": name, "source": f"fake:{script}", "task": "chat"})
        assert answer.status == 201, answer.text
    yield running
    running.end()


@pytest.fixture
def client(responses_server):
    return openai.OpenAI(base_url=f"{responses_server.url}/v1", api_key="none", max_retries=0, timeout=60 * SLOW)


@pytest.fixture
def demo_client(demo_server):
    return openai.OpenAI(base_url=f"{demo_server.url}/v1", api_key="none", max_retries=0, timeout=60 * SLOW)


def ask(server, **body):
    return server.post("/v1/responses", {"model": "fake", "input": "say hello", **body})


def events_of(text):
    """The body of each event, which is named as its type; their numbers follow each other."""
    events = []
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if line and not line.startswith(":")]
        if not lines:
            continue
        assert [line.split(":")[0] for line in lines] == ["event", "data"], block
        body = strict_json(lines[1][6:])
        assert body["type"] == lines[0][7:] and body["sequence_number"] == len(events)
        events.append(body)
    return events


def test_an_answer_is_a_response_of_items(client):
    answer = client.responses.create(model="fake", input="say hello", instructions="be brief", temperature=0.5,
                                     metadata={"k": "v"}, max_output_tokens=50)
    assert answer.object == "response" and answer.status == "completed" and answer.id.startswith("resp_")
    assert answer.output_text.strip() == "one two three four"
    assert [item.type for item in answer.output] == ["message"]
    assert answer.output[0].role == "assistant" and answer.output[0].status == "completed"
    assert answer.usage.output_tokens == 4 and answer.usage.total_tokens == answer.usage.input_tokens + 4
    assert (answer.instructions, answer.temperature, answer.metadata, answer.max_output_tokens) == \
        ("be brief", 0.5, {"k": "v"}, 50)
    assert answer.error is None and answer.incomplete_details is None and answer.tool_choice == "auto"


def test_an_answer_has_all_that_the_clients_types_require(responses_server):
    """The client itself takes what lacks a member; programs that validate by its types do not."""
    whole = ask(responses_server).json()
    streamed = events_of(ask(responses_server, stream=True).text)[-1]["response"]
    for answer in (whole, streamed):
        usage = openai.types.responses.Response.model_validate(answer).usage
        assert (usage.input_tokens_details.cache_write_tokens, usage.output_tokens) == (0, 4)


def test_an_answer_that_was_cut_is_incomplete(client):
    answer = client.responses.create(model="fake", input="say hello", max_output_tokens=2)
    assert answer.status == "incomplete" and answer.incomplete_details.reason == "max_output_tokens"
    assert answer.output_text.strip() == "one two" and answer.output[0].status == "incomplete"


def test_a_stream_has_every_event_in_its_order(responses_server):
    events = events_of(ask(responses_server, stream=True).text)
    names = [event["type"] for event in events]
    deltas = names.count("response.output_text.delta")
    assert names == ["response.created", "response.in_progress", "response.output_item.added",
                     "response.content_part.added", *["response.output_text.delta"] * deltas,
                     "response.output_text.done", "response.content_part.done", "response.output_item.done",
                     "response.completed"]
    assert deltas == 4
    created, added, part, done, last = events[0], events[2], events[3], events[-4], events[-1]
    assert created["response"]["status"] == "in_progress" and created["response"]["output"] == []
    assert added["item"]["status"] == "in_progress" and added["item"]["content"] == []
    assert part["part"] == {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}
    text = "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")
    assert text == done["text"] and text.strip() == "one two three four"
    item = last["response"]["output"][0]
    assert item == events[-2]["item"] and item["content"][0]["text"] == text
    assert {event["item_id"] for event in events if "item_id" in event} == {item["id"]}
    assert last["response"]["usage"]["output_tokens"] == 4
    cut = events_of(ask(responses_server, stream=True, max_output_tokens=2).text)
    assert cut[-1]["type"] == "response.incomplete" and cut[-1]["response"]["status"] == "incomplete"


def test_the_stream_helper_gathers_the_same_response(client):
    with client.responses.stream(model="fake", input="say hello") as stream:
        for event in stream:
            assert event.type
        whole = stream.get_final_response()
    assert whole.output_text.strip() == "one two three four" and whole.status == "completed"
    assert client.responses.retrieve(whole.id).output_text == whole.output_text


def test_a_stream_that_breaks_off_says_that_it_failed(responses_server):
    events = events_of(ask(responses_server, model="frail", stream=True).text)
    assert [event["type"] for event in events[-2:]] == ["error", "response.failed"]
    assert events[-1]["response"]["status"] == "failed" and events[-1]["response"]["error"]["message"]
    absent = responses_server.get("/v1/responses/" + events[0]["response"]["id"])
    assert absent.status == 404  # nothing of it was kept


def test_an_answer_goes_on_from_the_one_before(client):
    first = client.responses.create(model="echo", input="the first word")
    second = client.responses.create(model="echo", input="the second word", previous_response_id=first.id,
                                     instructions="be brief")
    assert second.previous_response_id == first.id
    items = client.responses.input_items.list(second.id, order="asc").data
    assert [item.type for item in items] == ["message"] * 3
    assert [item.content[0].text for item in items] == ["the first word", first.output_text, "the second word"]
    assert items[1].id == first.output[0].id
    assert second.usage.input_tokens > first.usage.input_tokens
    client.responses.delete(first.id)
    third = client.responses.create(model="echo", input="the third", previous_response_id=second.id)
    assert len(client.responses.input_items.list(third.id).data) == 5


def test_an_item_is_named_instead_of_sent_again(client, responses_server):
    first = client.responses.create(model="echo", input="a word of old")
    again = ask(responses_server, model="echo", input=[{"type": "item_reference", "id": first.output[0].id},
                                                       {"role": "user", "content": "go on"}])
    assert again.status == 200, again.text
    items = client.responses.input_items.list(again.json()["id"], order="asc").data
    assert items[0].content[0].text == first.output_text and items[1].content[0].text == "go on"


def test_input_items_come_in_pages(client, responses_server):
    words = [f"word {n}" for n in range(7)]
    answer = client.responses.create(model="echo", input=[{"role": "user", "content": word} for word in words])
    path = f"/v1/responses/{answer.id}/input_items"
    page = responses_server.get(path + "?limit=3&order=asc").json()
    assert [item["content"][0]["text"] for item in page["data"]] == words[:3] and page["has_more"] is True
    page = responses_server.get(f"{path}?limit=4&order=asc&after={page['last_id']}").json()
    assert [item["content"][0]["text"] for item in page["data"]] == words[3:] and page["has_more"] is False
    assert [item.content[0].text for item in client.responses.input_items.list(answer.id, limit=2)] == words[::-1]
    for query in ("limit=0", "limit=101", "limit=x", "order=up"):
        assert responses_server.get(f"{path}?{query}").status == 400


def test_a_stored_answer_is_fetched_and_forgotten(client, responses_server):
    answer = client.responses.create(model="fake", input="say hello")
    assert client.responses.retrieve(answer.id).to_dict() == answer.to_dict()
    cancelled = responses_server.post(f"/v1/responses/{answer.id}/cancel")
    assert cancelled.status == 400 and "background" in cancelled.json()["error"]["message"]
    assert responses_server.get(f"/v1/responses/{answer.id}?stream=true").status == 400
    assert responses_server.delete(f"/v1/responses/{answer.id}").json() == \
        {"id": answer.id, "object": "response", "deleted": True}
    unstored = client.responses.create(model="fake", input="say hello", store=False)
    assert unstored.store is False
    for gone in (answer.id, unstored.id, "resp_000000000000000000000000", "x"):
        for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/cancel"), ("GET", "/input_items")):
            assert responses_server.request(method, f"/v1/responses/{gone}{path}").status == 404
        with pytest.raises(openai.NotFoundError) as fault:
            client.responses.create(model="fake", input="go on", previous_response_id=gone)
        assert fault.value.param == "previous_response_id"


def test_what_another_has_stored_is_not_there(start, home):
    """Before there was a key everybody was the same one; who has the key now is another."""
    server = start()
    server.post("/models", {"name": "fake", "source": "fake:reply = one", "task": "chat"})
    theirs = ask(server).json()["id"]
    assert server.get(f"/v1/responses/{theirs}").status == 200
    server.stop()
    key = {"Authorization": "Bearer secret"}
    guarded = start(env={"HEARTH_API_KEY": "secret"})
    mine = guarded.post("/v1/responses", {"model": "fake", "input": "x"}, headers=key).json()["id"]
    assert guarded.get(f"/v1/responses/{mine}", headers=key).status == 200
    missing = guarded.get("/v1/responses/resp_0", headers=key).json()
    other = guarded.get(f"/v1/responses/{theirs}", headers=key)
    assert other.status == 404
    assert other.json()["error"]["message"].replace(theirs, "resp_0") == missing["error"]["message"]
    assert guarded.delete(f"/v1/responses/{theirs}", headers=key).status == 404
    went_on = guarded.post("/v1/responses", {"model": "fake", "input": "x", "previous_response_id": theirs}, headers=key)
    assert went_on.status == 404


def test_the_store_of_answers_is_bounded(start):
    server = start(env={"HEARTH_RESPONSES_MAX": "2"})
    server.post("/models", {"name": "fake", "source": "fake:reply = one", "task": "chat"})
    kept = [ask(server).json()["id"] for _ in range(3)]
    assert [server.get(f"/v1/responses/{one}").status for one in kept] == [404, 200, 200]


def test_nothing_is_stored_where_the_settings_say_so(start):
    server = start(env={"HEARTH_RESPONSES_KEEP": "0"})
    server.post("/models", {"name": "fake", "source": "fake:reply = one", "task": "chat"})
    answer = ask(server).json()
    assert answer["store"] is False and server.get(f"/v1/responses/{answer['id']}").status == 404


def status_of(server, id):
    return server.get(f"/v1/responses/{id}").json()["status"]


def running(server):
    return server.metric("hearth_requests_running", model="endless:1")


def test_an_answer_is_made_in_the_background(client, responses_server):
    begun = client.responses.create(model="fake", input="say hello", instructions="be brief", background=True)
    assert begun.status == "queued" and begun.background and begun.output == [] and begun.instructions == "be brief"
    wait_for(lambda: status_of(responses_server, begun.id) == "completed", what="the answer")
    done = client.responses.retrieve(begun.id)
    assert done.id == begun.id and done.background and done.output_text.strip() == "one two three four"
    assert client.responses.cancel(begun.id).status == "completed"  # too late: as it ended
    went_on = client.responses.create(model="fake", input="go on", previous_response_id=begun.id)
    assert len(client.responses.input_items.list(went_on.id).data) == 3
    client.responses.delete(begun.id)
    assert responses_server.get(f"/v1/responses/{begun.id}").status == 404


def test_an_answer_in_the_background_is_cancelled_and_forgotten(client, responses_server):
    for forget in (False, True):
        begun = client.responses.create(model="endless", input="say hello", background=True)
        wait_for(lambda: running(responses_server), what="the begin")
        assert status_of(responses_server, begun.id) == "in_progress"
        if forget:
            client.responses.delete(begun.id)
            assert responses_server.get(f"/v1/responses/{begun.id}").status == 404
        else:
            assert client.responses.cancel(begun.id).status == "cancelled"
            assert status_of(responses_server, begun.id) == "cancelled"
        wait_for(lambda: not running(responses_server), what="the end of what ran")


def test_what_was_asked_in_the_background_is_known_until_it_is_deleted(client, responses_server):
    first = client.responses.create(model="fake", input="before")
    asked = dict(instructions="be brief", metadata={"k": "v"}, tools=[TOOL], temperature=0.5, max_output_tokens=3000)
    begun = client.responses.create(model="endless", input="say hello", previous_response_id=first.id, background=True, **asked)
    wait_for(lambda: status_of(responses_server, begun.id) == "in_progress", what="the begin")

    def check(status):
        told = responses_server.get(f"/v1/responses/{begun.id}").json()
        assert (told["status"], told["model"]) == (status, "endless")
        assert {key: told[key] for key in asked} == asked
        items = client.responses.input_items.list(begun.id, order="asc").data
        assert [item.content[0].text.strip() for item in items] == ["before", "one two three four", "say hello"]
        assert all(item.id for item in items)
        with pytest.raises(openai.BadRequestError, match=status) as fault:
            client.responses.create(model="fake", input="go on", previous_response_id=begun.id)
        assert fault.value.param == "previous_response_id"

    check("in_progress")
    client.responses.cancel(begun.id)
    wait_for(lambda: not running(responses_server), what="the end of what ran")
    check("cancelled")
    assert responses_server.get(f"/requests/{begun.id.replace('resp_', 'areq_')}/result").status == 409
    client.responses.delete(begun.id)
    assert responses_server.get(f"/v1/responses/{begun.id}/input_items").status == 404


def test_what_fails_in_the_background_is_told_where_it_is_fetched(client, responses_server):
    begun = client.responses.create(model="absent", input="say hello", background=True)
    wait_for(lambda: status_of(responses_server, begun.id) == "failed", what="the failure")
    assert "absent" in client.responses.retrieve(begun.id).error.message
    # An asynchronous request of another route is no answer of this one.
    other = responses_server.post("/v1/completions?async=true", {"model": "endless", "prompt": "x"}).json()["id"]
    taken = "resp_" + other.removeprefix("areq_")
    assert responses_server.get(f"/v1/responses/{taken}").status == 404
    assert responses_server.delete(f"/v1/responses/{taken}").status == 404
    assert responses_server.delete(f"/requests/{other}").status == 200


def test_what_runs_in_the_background_outlives_the_server(start):
    server = start()
    server.post("/models", {"name": "slow", "source": "fake:reply = one two three; token_us = 300000", "task": "chat"})
    begun = ask(server, model="slow", background=True).json()["id"]
    wait_for(lambda: status_of(server, begun) == "in_progress", what="the begin")
    server.process.kill()
    server.process.wait()
    again = start()
    wait_for(lambda: status_of(again, begun) == "completed", what="the answer")
    assert again.get(f"/v1/responses/{begun}").json()["output"][0]["content"][0]["text"].strip() == "one two three"


def test_what_a_conversation_may_hold_reaches_the_model(responses_server):
    talk = [{"type": "message", "role": "developer", "content": "be brief"},
            {"role": "user", "content": [{"type": "input_text", "text": "look"}]},
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "x"},
            {"type": "message", "role": "assistant", "id": "msg_1", "status": "completed",
             "content": [{"type": "output_text", "text": "I look", "annotations": []}, {"type": "refusal", "refusal": "no"}]},
            CALL, {"type": "function_call_output", "call_id": "call_1", "output": "rain"},
            {"role": "user", "content": "and the last word is finis"}]
    answer = ask(responses_server, model="echo", input=talk, tools=[TOOL], tool_choice="auto", parallel_tool_calls=False,
                 reasoning={"effort": "low", "summary": "auto"}, include=["reasoning.encrypted_content"],
                 truncation="auto", text={"format": {"type": "text"}, "verbosity": "low"}, user="u",
                 prompt_cache_key="k", safety_identifier="s", service_tier="default")
    assert answer.status == 200, answer.text
    assert "finis" in answer.json()["output"][0]["content"][0]["text"]
    assert answer.json()["tools"] == [TOOL]


@pytest.mark.parametrize("body, param, words", [
    ({"input": []}, "input", ["nothing"]),
    ({"input": 5}, "input", []),
    ({"input": [{"role": "robot", "content": "x"}]}, "input", ["input[0].role"]),
    ({"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]}, "input", ["input[0].content", "text"]),
    ({"input": [{"role": "user"}]}, "input", ["input[0].content"]),
    ({"input": [{"type": "computer_call"}]}, "input", ["input[0].type"]),
    ({"input": [{"type": "function_call_output", "call_id": "no", "output": "x"}]}, "input", ["input[0].call_id"]),
    ({"input": [{**CALL, "arguments": {}}]}, "input", ["input[0].arguments"]),
    ({"tools": [{"type": "web_search"}]}, "tools", ["tools[0]", "web_search"]),
    ({"tools": [{"type": "function"}]}, "tools", ["tools[0].name"]),
    ({"tools": [TOOL], "tool_choice": {"type": "file_search"}}, "tool_choice", ["file_search"]),
    ({"text": {"format": {"type": "json_schema", "name": "x"}}}, "text.format", ["schema"]),
    ({"max_output_tokens": 0}, "max_output_tokens", []),
    ({"temperature": 9}, "temperature", []),
    ({"truncation": "middle"}, "truncation", []),
    ({"conversation": "conv_1"}, "conversation", ["previous_response_id"]),
    ({"prompt": {"id": "p"}}, "prompt", []),
    ({"background": True, "stream": True}, "stream", ["background"]),
    ({"background": True, "store": False}, "background", ["stored"]),
    ({"top_logprobs": 2}, "top_logprobs", ["include"]),
    ({"top_logprobs": 21, "include": ["message.output_text.logprobs"]}, "top_logprobs", []),
])
def test_a_faulty_body_names_its_fault(responses_server, body, param, words):
    answer = ask(responses_server, **body)
    assert answer.status == 400, answer.text
    error = answer.json()["error"]
    assert error["param"] == param, error
    for word in words:
        assert word in error["message"], error


def test_an_item_that_is_not_there_is_404(responses_server):
    for id in ("msg_000000000000000000000000_0", "x", ""):
        answer = ask(responses_server, input=[{"type": "item_reference", "id": id}])
        assert answer.status == 404 and answer.json()["error"]["param"] == "input", answer.text


class Colour(pydantic.BaseModel):
    colour: typing.Literal["red", "blue"]


def test_an_answer_is_parsed_by_its_schema(demo_client):
    answer = demo_client.responses.parse(model="smollm2", input="A colour?", text_format=Colour, temperature=0,
                                         max_output_tokens=40)
    assert answer.output_parsed.colour in ("red", "blue")
    with pytest.raises(openai.BadRequestError, match="schema"):
        demo_client.responses.create(model="smollm2", input="x", text={"format": {
            "type": "json_schema", "name": "x", "schema": {"type": "wrong"}}})


def test_a_forced_tool_is_called_whole_and_streamed(demo_client):
    ask_tool = {"model": "smollm2", "max_output_tokens": 60, "input": "Weather in Oslo?", "tools": [TOOL],
                "tool_choice": {"type": "function", "name": "weather"}, "temperature": 0, "parallel_tool_calls": False}
    answer = demo_client.responses.create(**ask_tool)
    call = answer.output[-1]
    assert call.type == "function_call" and call.name == "weather" and call.status == "completed"
    assert isinstance(json.loads(call.arguments)["city"], str)
    with demo_client.responses.stream(**ask_tool) as stream:
        names = [event.type for event in stream]
        streamed = stream.get_final_response().output[-1]
    assert streamed.arguments == call.arguments
    assert names.count("response.function_call_arguments.done") == 1 and "response.function_call_arguments.delta" in names
    told = demo_client.responses.create(model="smollm2", previous_response_id=answer.id, max_output_tokens=8, tools=[TOOL],
                                        input=[{"type": "function_call_output", "call_id": call.call_id, "output": "rain"}])
    assert told.output and told.usage.input_tokens > answer.usage.input_tokens


def test_logprobs_are_those_of_chat_whole_and_streamed(demo_client):
    chat = demo_client.chat.completions.create(model="smollm2", max_tokens=8, temperature=0, logprobs=True, top_logprobs=2,
                                               messages=[{"role": "user", "content": "Say three words."}])
    tokens = [entry.to_dict() for entry in chat.choices[0].logprobs.content]
    asked = {"model": "smollm2", "max_output_tokens": 8, "temperature": 0, "input": "Say three words.", "top_logprobs": 2,
             "include": ["message.output_text.logprobs"]}
    answer = demo_client.responses.create(**asked)
    said = answer.output[0].content[0]
    assert [entry.to_dict() for entry in said.logprobs] == tokens and answer.top_logprobs == 2
    assert "".join(entry.token for entry in said.logprobs) == said.text and len(said.logprobs[0].top_logprobs) == 2
    with demo_client.responses.stream(**asked) as stream:
        events = list(stream)
    whole = events[-1].response
    deltas = [event for event in events if event.type == "response.output_text.delta"]
    assert all("".join(entry.token for entry in event.logprobs) == event.delta for event in deltas)
    assert [entry.to_dict() for entry in whole.output[0].content[0].logprobs] == tokens
    for kind in ("response.output_text.done", "response.content_part.done"):
        done = next(event for event in events if event.type == kind)
        assert len((done if kind.endswith("text.done") else done.part).logprobs) == len(tokens)
    with demo_client.responses.stream(**{**asked, "include": None, "top_logprobs": None}) as stream:
        assert all(event.logprobs == [] for event in stream if event.type == "response.output_text.delta")


def test_tokens_are_counted_as_an_answer_counts_them(demo_client):
    talk = {"model": "smollm2", "input": "Name a colour.", "instructions": "You are terse.", "tools": [TOOL]}
    first = demo_client.responses.create(max_output_tokens=4, **talk)
    assert demo_client.responses.input_tokens.count(**talk).input_tokens == first.usage.input_tokens > 5
    on = {"model": "smollm2", "input": "Another.", "previous_response_id": first.id}
    counted = demo_client.responses.input_tokens.count(**on)
    assert counted.object == "response.input_tokens"
    assert counted.input_tokens == demo_client.responses.create(max_output_tokens=4, **on).usage.input_tokens
    with pytest.raises(openai.NotFoundError):
        demo_client.responses.input_tokens.count(**{**on, "previous_response_id": "resp_none"})
    with pytest.raises(openai.BadRequestError):
        demo_client.responses.input_tokens.count(model="smollm2", input=[])


def test_the_answer_is_that_of_chat(demo_server):
    """One conversation, two APIs: the same prompt, so the same words."""
    chat = demo_server.post("/v1/chat/completions", {
        "model": "smollm2", "max_tokens": 12, "temperature": 0,
        "messages": [{"role": "system", "content": "You are terse."}, {"role": "user", "content": "Say three words."}]}).json()
    said = ask(demo_server, model="smollm2", max_output_tokens=12, temperature=0, instructions="You are terse.",
               input="Say three words.").json()
    assert said["output"][0]["content"][0]["text"] == chat["choices"][0]["message"]["content"]
    assert said["usage"]["input_tokens"] == chat["usage"]["prompt_tokens"]
