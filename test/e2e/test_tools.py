"""Tools and reasoning through the OpenAI client as it is: calls that are forced, left to the model,
streamed, answered, and refused. The demo model's template knows no tools, so they are told to it in
the generic form."""
import concurrent.futures
import enum
import json
import time

import openai
import pydantic
import pytest

from conftest import SLOW

WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": "Tells the weather of a city.",
    "parameters": {"type": "object", "required": ["city", "unit"], "additionalProperties": False,
                   "properties": {"city": {"enum": ["Paris", "Rome", "Oslo"]}, "unit": {"enum": ["c", "f"]}}}}}
CLOCK = {"type": "function", "function": {
    "name": "get_time", "description": "Tells the time.",
    "parameters": {"type": "object", "required": ["utc"], "additionalProperties": False,
                   "properties": {"utc": {"type": "boolean"}}}}}
ASK = [{"role": "user", "content": "What is the weather in Paris?"}]
NAMED = {"type": "function", "function": {"name": "get_weather"}}


@pytest.fixture(scope="module")
def client(demo_server):
    return openai.OpenAI(base_url=f"{demo_server.url}/v1", api_key="none", max_retries=0, timeout=60 * SLOW)


def chat(client, **change):
    body = dict(model="smollm2", messages=ASK, tools=[WEATHER, CLOCK], max_tokens=160, temperature=0)
    return client.chat.completions.create(**{**body, **change})


def check_call(call):
    """A call that a schema of the tests holds to."""
    arguments = json.loads(call.function.arguments)
    if call.function.name == "get_time":
        assert set(arguments) == {"utc"} and isinstance(arguments["utc"], bool)
        return
    assert call.function.name == "get_weather"
    assert set(arguments) == {"city", "unit"} and arguments["unit"] in "cf"
    assert arguments["city"] in ("Paris", "Rome", "Oslo")


@pytest.mark.parametrize("choice", ["required", NAMED, {"type": "allowed_tools", "allowed_tools": {
    "mode": "required", "tools": [{"type": "function", "function": {"name": "get_weather"}}]}}])
def test_a_forced_call_satisfies_its_schema(client, choice):
    answer = chat(client, tool_choice=choice, parallel_tool_calls=False).choices[0]
    assert answer.finish_reason == "tool_calls" and answer.message.content is None
    (call,) = answer.message.tool_calls
    check_call(call)
    assert call.type == "function" and call.id.startswith("call_")
    if choice != "required":
        assert call.function.name == "get_weather"


def test_several_calls_come_in_one_answer_where_they_may(client):
    many = chat(client, tool_choice="required", temperature=1, seed=3, max_tokens=400).choices[0]
    for call in many.message.tool_calls:
        check_call(call)
    assert len({call.id for call in many.message.tool_calls}) == len(many.message.tool_calls)


def test_none_calls_nothing_and_the_model_is_not_told_of_tools(client):
    told = chat(client, tool_choice="auto", max_tokens=1).usage.prompt_tokens
    none = chat(client, tool_choice="none", max_tokens=1)
    assert none.choices[0].message.tool_calls is None
    assert none.usage.prompt_tokens == chat(client, tools=openai.NOT_GIVEN, max_tokens=1).usage.prompt_tokens
    assert told > none.usage.prompt_tokens + 50, "with tools the prompt says so, though the template drops them"


def test_the_pieces_of_a_streamed_call_are_the_call(client):
    whole = chat(client, tool_choice=NAMED, parallel_tool_calls=False).choices[0].message.tool_calls[0]
    chunks = list(chat(client, tool_choice=NAMED, parallel_tool_calls=False, stream=True,
                       stream_options={"include_usage": True}))
    deltas = [delta for chunk in chunks if chunk.choices for delta in chunk.choices[0].delta.tool_calls or []]
    assert deltas[0].id and deltas[0].type == "function" and deltas[0].function.name == "get_weather"
    assert all(delta.index == 0 for delta in deltas)
    assert all(delta.id is None and delta.function.name is None for delta in deltas[1:])
    pieces = [delta.function.arguments for delta in deltas]
    assert len([piece for piece in pieces if piece]) > 3, "arguments come as they are generated"
    assert "".join(pieces) == whole.function.arguments
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "tool_calls"
    assert not any(c.choices[0].delta.content for c in chunks if c.choices)
    assert chunks[-1].usage.completion_tokens > 0


class Unit(str, enum.Enum):
    celsius = "celsius"
    fahrenheit = "fahrenheit"


class GetWeather(pydantic.BaseModel):
    """Tells the weather."""
    unit: Unit
    tomorrow: bool


def test_the_clients_own_helpers_parse_and_stream_a_call(client):
    tools = [openai.pydantic_function_tool(GetWeather)]
    body = dict(model="smollm2", messages=ASK, tools=tools, tool_choice="required", parallel_tool_calls=False,
                temperature=0, max_tokens=160)
    parsed = client.chat.completions.parse(**body).choices[0].message.tool_calls[0].function
    assert isinstance(parsed.parsed_arguments, GetWeather)
    with client.chat.completions.stream(**body) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion().choices[0]
    assert "tool_calls.function.arguments.delta" in kinds and "tool_calls.function.arguments.done" in kinds
    assert final.message.tool_calls[0].function.parsed_arguments == parsed.parsed_arguments


def test_results_are_read_and_the_conversation_goes_on(client):
    first = chat(client, tool_choice="required", parallel_tool_calls=False).choices[0].message
    messages = [*ASK, first, {"role": "tool", "tool_call_id": first.tool_calls[0].id, "content": "sunny, 21 degrees"}]
    second = chat(client, messages=messages, tool_choice="none", max_tokens=40)
    assert second.choices[0].message.content and second.choices[0].finish_reason in ("stop", "length")
    longer = [*messages[:-1], {**messages[-1], "content": "sunny, 21 degrees, with a light wind from the west"}]
    more = chat(client, messages=longer, tool_choice="none", max_tokens=40)
    assert more.usage.prompt_tokens > second.usage.prompt_tokens, "the result is in the prompt"


def test_functions_get_a_function_call(client):
    answer = client.chat.completions.create(
        model="smollm2", messages=ASK, functions=[WEATHER["function"]], function_call={"name": "get_weather"},
        max_tokens=160, temperature=0).choices[0]
    assert answer.finish_reason == "function_call" and answer.message.tool_calls is None
    check_call(type("Call", (), {"function": answer.message.function_call}))
    again = client.chat.completions.create(
        model="smollm2", functions=[WEATHER["function"]], function_call="none", max_tokens=8,
        messages=[*ASK, answer.message, {"role": "function", "name": "get_weather", "content": "sunny"}])
    assert again.choices[0].message.content is not None


def test_a_call_that_is_cut_is_text_and_the_answer_says_so(demo_server):
    body = {"model": "smollm2", "messages": ASK, "tools": [WEATHER], "tool_choice": "required", "max_tokens": 14,
            "temperature": 0}
    answer = demo_server.post("/v1/chat/completions", body)
    choice = answer.json()["choices"][0]
    assert choice["finish_reason"] == "length" and "tool_calls" not in choice["message"]
    assert choice["message"]["content"].startswith("<tool_call>")
    assert answer.headers["Hearth-Tool-Call"] == "unfinished"


def test_logprobs_are_told_of_every_token_of_a_call(client):
    answer = chat(client, tool_choice=NAMED, parallel_tool_calls=False, logprobs=True, top_logprobs=2)
    entries = answer.choices[0].logprobs.content
    text = "".join(entry.token for entry in entries)
    assert answer.choices[0].message.tool_calls[0].function.arguments in text
    assert len(entries) in (answer.usage.completion_tokens, answer.usage.completion_tokens - 1)
    chunks = list(chat(client, tool_choice=NAMED, parallel_tool_calls=False, logprobs=True, stream=True))
    streamed = [entry.token for c in chunks if c.choices and c.choices[0].logprobs
                for entry in c.choices[0].logprobs.content]
    assert streamed == [entry.token for entry in entries]


LAMP = {"type": "function", "function": {"name": "lamp", "parameters": {
    "type": "object", "required": ["on"], "additionalProperties": False, "properties": {"on": {"type": "boolean"}}}}}
DOOR = {"type": "function", "function": {"name": "door", "parameters": {
    "type": "object", "required": ["to"], "additionalProperties": False, "properties": {"to": {"enum": ["in", "out"]}}}}}


@pytest.mark.once
def test_two_hundred_conversations_at_temperature_1_have_no_malformed_call(client):
    def talk(seed):
        choice = ("required", {"type": "function", "function": {"name": "lamp"}}, "auto", "required")[seed % 4]
        raw = client.chat.completions.with_raw_response.create(
            model="smollm2", messages=[{"role": "user", "content": f"Switch lamp {seed} on."}], tools=[LAMP, DOOR],
            temperature=1, seed=seed, max_tokens=24 if choice == "auto" else 160, tool_choice=choice,
            parallel_tool_calls=False)
        answer = raw.parse().choices[0]
        for call in answer.message.tool_calls or []:
            arguments = json.loads(call.function.arguments)
            assert arguments in {"lamp": [{"on": True}, {"on": False}],
                                 "door": [{"to": "in"}, {"to": "out"}]}[call.function.name]
        return raw.headers.get("Hearth-Tool-Call"), answer.finish_reason, choice
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        said = list(pool.map(talk, range(200)))
    assert "malformed" not in [header for header, _, _ in said]
    assert all(finish == "tool_calls" and header is None for header, finish, choice in said if choice != "auto")


BAD = [
    (dict(tools=[WEATHER, WEATHER]), "tools[1].function.name"),
    (dict(tools=[{"type": "function", "function": {"name": "f", "parameters": {"type": "objekt"}}}]),
     "tools[0].function.parameters"),
    (dict(tools=[{"type": "function", "function": {"name": "f", "parameters": {
        "type": "object", "properties": {"a": {"$ref": "#/nowhere"}}}}}]), "tools[0].function.parameters.properties.a"),
    (dict(tool_choice={"type": "function", "function": {"name": "absent"}}), "tool_choice"),
    (dict(tools=[], tool_choice="required"), "tool_choice"),
    (dict(messages=[*ASK, {"role": "tool", "tool_call_id": "x", "content": "5"}]), "messages[1]"),
    (dict(messages=[*ASK, {"role": "assistant", "tool_calls": [
        {"id": "a", "type": "function", "function": {"name": "get_time", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "b", "content": "5"}]), "messages[2].tool_call_id"),
    (dict(messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}]),
     "messages[0].content[0].type"),
]


@pytest.mark.parametrize("change, place", BAD)
def test_what_is_wrong_with_tools_is_400_with_its_place(client, change, place):
    with pytest.raises(openai.BadRequestError) as caught:
        chat(client, **change)
    assert caught.value.param == place, caught.value.message


def called_before(arguments, result):
    return [*ASK, {"role": "assistant", "tool_calls": [
        {"id": "a", "type": "function", "function": {"name": "get_time", "arguments": arguments}}]},
        {"role": "tool", "tool_call_id": "a", "content": result}]


DEEP = "[" * 200_000 + "]" * 200_000


@pytest.mark.parametrize("messages, place", [
    (called_before(DEEP, "5"), "messages[1].tool_calls[0].function.arguments"),
    (called_before('{"a":' * 200_000 + "1" + "}" * 200_000, "5"), "messages[1].tool_calls[0].function.arguments"),
    (called_before("{}", DEEP), "messages[2].content"),
])
def test_json_in_a_text_that_nests_too_deeply_is_400(client, messages, place):
    with pytest.raises(openai.BadRequestError) as caught:
        chat(client, messages=messages, tools=openai.NOT_GIVEN, max_tokens=1)
    assert caught.value.param == place and "256 levels" in caught.value.message


def test_brackets_that_are_no_json_are_a_text(client):
    """256 levels of JSON are taken as well."""
    for arguments, result in (("{}", "[" * 300), ('{"a":' + "[" * 255 + "]" * 255 + "}", "5")):
        assert chat(client, messages=called_before(arguments, result), tools=openai.NOT_GIVEN, max_tokens=1).choices


@pytest.mark.parametrize("values", [{f"k{i}": "x" for i in range(65)}, {"k": "x" * (64 << 10)}], ids=["members", "bytes"])
def test_more_values_for_a_template_than_it_could_know_are_400(client, values):
    with pytest.raises(openai.BadRequestError) as caught:
        chat(client, max_tokens=1, extra_body={"chat_template_kwargs": values})
    assert caught.value.param == "chat_template_kwargs" and "at most 64" in caught.value.message
    assert chat(client, max_tokens=1, extra_body={"chat_template_kwargs": {f"k{i}": "x" for i in range(64)}}).choices


@pytest.mark.parametrize("members", [
    {"chat_template_kwargs": {f"k{i}": "x" for i in range(100_000)}},
    {"tools": [{"type": "function", "function": {"name": "f", "parameters": {
        "type": "object", "properties": {f"k{i}": {} for i in range(100_000)}}}}]},
], ids=["values", "properties"])
def test_an_object_of_very_many_members_is_400_at_once(client, members):
    began = time.monotonic()
    with pytest.raises(openai.BadRequestError) as caught:
        chat(client, tools=members.pop("tools", openai.NOT_GIVEN), max_tokens=1, extra_body=members)
    assert "over 2000 members" in caught.value.message
    assert time.monotonic() - began < 20


STRICT = {"type": "json_schema", "json_schema": {"name": "weather", "strict": True, "schema": {
    "type": "object", "required": ["warm"], "additionalProperties": False,
    "properties": {"warm": {"type": "boolean"}}}}}


def test_with_tools_and_a_form_of_the_answer_it_is_a_call_or_keeps_to_the_form(client):
    for seed in range(4):
        answer = chat(client, response_format=STRICT, temperature=1, seed=seed, parallel_tool_calls=False).choices[0]
        if answer.message.tool_calls:
            check_call(answer.message.tool_calls[0])
        else:
            assert set(json.loads(answer.message.content)) == {"warm"}, answer
    forced = chat(client, response_format=STRICT, tool_choice="required", parallel_tool_calls=False).choices[0]
    check_call(forced.message.tool_calls[0])


def test_show_says_that_tools_are_told_in_the_generic_form(demo_server, client):
    told = demo_server.cli("show", "smollm2")
    assert "generic" in [line.split()[-1] for line in told.stdout.splitlines() if line.split()[:1] == ["tools"]], told
    chat(client, max_tokens=1)
    assert demo_server.get("/v1/models/smollm2").json()["hearth"]["tools"] == "generic"


@pytest.fixture(scope="module")
def scripted(demo_server):
    script = 'thought = It is asked for.; reply = Let me see.; call = get_weather {"city": "Rome", "unit": "c"}'
    assert demo_server.post("/models", {"name": "scripted", "source": f"fake:{script}", "task": "chat"}).status == 201
    yield "scripted"
    assert demo_server.delete("/models/scripted?force=true").status == 200


def test_what_a_model_thinks_stands_apart_from_what_it_says(client, scripted):
    answer = chat(client, model=scripted, tools=openai.NOT_GIVEN).choices[0]
    assert answer.message.model_extra["reasoning_content"] == "It is asked for."
    assert answer.message.content.strip() == "Let me see." and answer.finish_reason == "stop"
    deltas = [c.choices[0].delta for c in chat(client, model=scripted, stream=True) if c.choices]
    assert "".join((d.model_extra or {}).get("reasoning_content") or "" for d in deltas) == "It is asked for."
    assert "It is asked" not in "".join(d.content or "" for d in deltas)
    assert "".join(c.function.arguments for d in deltas for c in d.tool_calls or []) == \
        '{"city": "Rome", "unit": "c"}'


def test_a_call_behind_a_text_has_both_and_each_choice_its_own_id(client, scripted):
    answer = chat(client, model=scripted, n=3)
    ids = {choice.message.tool_calls[0].id for choice in answer.choices}
    assert len(ids) == 3 and all(c.finish_reason == "tool_calls" and c.message.content for c in answer.choices)


def test_run_shows_thoughts_to_nobody_but_a_terminal(demo_server, scripted):
    said = demo_server.cli("run", scripted, "hello")
    assert said.returncode == 0 and "Let me see." in said.stdout and "It is asked" not in said.stdout
