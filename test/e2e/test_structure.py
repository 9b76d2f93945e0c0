"""Answers keep to schemas, patterns, choices and grammars, with the demo model over both decoders."""
import concurrent.futures
import json
import re
import time

import jsonschema
import pytest

from conftest import SLOW, Server, cli
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


@pytest.mark.parametrize("word, schema", unsupported(), ids=[f"{i}-{word}" for i, (word, _) in enumerate(unsupported())])
def test_what_no_grammar_can_hold_is_refused_by_its_name(server, word, schema):
    answer = ask(server, response_format=by_schema(schema))
    assert answer.status == 400, answer.text
    fault = answer.json()["error"]
    assert word in fault["message"], fault
    assert fault["message"].startswith("response_format.json_schema.schema.properties.a.items"), fault
    assert fault["param"].startswith("response_format.json_schema.schema.properties.a.items"), fault


BAD = [
    ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
    ({"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}}, "response_format.json_schema.schema"),
    ({"response_format": {"type": "json_schema", "json_schema": {"schema": 3}}}, "response_format.json_schema.schema"),
    ({"response_format": by_schema({"$ref": "#"})}, "response_format.json_schema.schema"),
    ({"response_format": by_schema({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]})},
     "response_format"), ({"grammar": 'root ::= "a" root'}, "grammar"), ({"grammar": 'root ::= "a" |\nb ::= ('}, "grammar"),
    ({"grammar": "root ::= x"}, "grammar"), ({"grammar": "not a grammar"}, "grammar"),
    ({"grammar": 'root ::= "a"? root | "b"'}, "grammar"),
    ({"regex": "("}, "regex"), ({"guided_regex": "(a|b"}, "guided_regex"), ({"guided_json": "{"}, "guided_json"),
    ({"guided_json": {"not": {}}}, "guided_json"), ({"structured_outputs": {"regex": "["}}, "structured_outputs.regex"),
    ({"structured_outputs": {"json": {"type": "integer"}, "regex": "a"}}, "structured_outputs"),
    ({"structured_outputs": {}}, "structured_outputs"), ({"json_schema": {"type": 3}}, "json_schema"),
    ({"choice": ["a"], "regex": "a"}, "choice"),
]


@pytest.mark.parametrize("members, place", BAD, ids=range(len(BAD)))
@pytest.mark.parametrize("route", ["chat", "completion"])
def test_a_bad_structure_is_refused_before_anything_runs(server, route, members, place):
    answer = ask(server, **members) if route == "chat" else complete(server, **members)
    assert answer.status == 400, answer.text
    fault = answer.json()["error"]
    assert place is None or (fault["param"] == place and fault["message"].startswith(place + ": ")), fault


def complete(server, model="own", max_tokens=64, **members):
    return server.post("/v1/completions", {"model": model, "prompt": "Say it:", "max_tokens": max_tokens,
                                           "temperature": 1, "seed": 5, **members})


WAYS = [
    ({"guided_regex": r"[a-c]{3}-\d{1,3}!"}, r"[a-c]{3}-[0-9]{1,3}!"), ({"regex": "(foo|bar)baz"}, "(foo|bar)baz"),
    ({"guided_choice": ["left", "right", 'o"k\\']}, r'left|right|o"k\\'), ({"choice": ["größe", "名前"]}, "größe|名前"),
    ({"grammar": 'root ::= "<" [a-d]{2} ">"'}, "<[a-d]{2}>"), ({"guided_grammar": 'root ::= "x" | "y"'}, "x|y"),
    ({"structured_outputs": {"regex": "a{2,3}"}}, "a{2,3}"), ({"structured_outputs": {"choice": ["p", "q"]}}, "p|q"),
    ({"structured_outputs": {"grammar": 'root ::= "z"'}}, "z"), ({"guided_json": {"enum": [1, 2]}}, "1|2"),
    ({"guided_json": '{"enum": [3]}'}, "3"), ({"json_schema": {"const": "k"}}, '"k"'),
    ({"structured_outputs": {"json": {"const": [1]}}}, r"\[1\]"),
    ({"response_format": {"type": "json_object", "schema": {"const": None}}}, "null"),
    ({"response_format": by_schema({"const": True}, strict=True)}, "true"),
]


@pytest.mark.parametrize("members, pattern", WAYS, ids=range(len(WAYS)))
def test_every_spelling_of_a_structure_holds_in_chats_and_completions(server, members, pattern):
    for answer in (ask(server, **members), complete(server, **members), ask(server, "library", **members)):
        text, ended = told(answer)
        assert ended and re.fullmatch(pattern, text), text


def test_any_object_is_an_object_and_text_is_anything(server):
    for number in range(4):
        text, ended = told(ask(server, seed=number, max_tokens=200, response_format={"type": "json_object"}))
        assert text.startswith("{")
        if ended:
            assert isinstance(json.loads(text), dict)
    free, _ = told(ask(server, response_format={"type": "text"}))
    assert free == told(ask(server))[0]


def test_an_answer_that_is_cut_says_so_and_one_that_is_whole_ends(server):
    schema = {"type": "array", "items": {"const": 7}, "minItems": 30, "maxItems": 30}
    text, ended = told(ask(server, max_tokens=10, response_format=by_schema(schema)))
    assert not ended and text.startswith("[")
    text, ended = told(ask(server, max_tokens=300, response_format=by_schema(schema)))
    assert ended and json.loads(text) == [7] * 30


def test_a_stream_keeps_to_its_schema(server):
    answer = ask(server, stream=True, response_format=by_schema({"enum": [{"größe": "名前"}]}))
    pieces = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    text = "".join(piece["choices"][0]["delta"].get("content") or "" for piece in pieces if piece["choices"])
    assert json.loads(text) == {"größe": "名前"}


def test_what_blows_up_is_refused_in_bounded_time_and_disturbs_nobody(server):
    deep = {"const": 1}
    for _ in range(300):
        deep = {"type": "array", "items": deep}
    doubled = {"$defs": {f"d{i}": {"anyOf": [{"type": "array", "items": {"$ref": f"#/$defs/d{i + 1}", "minItems": 1}},
                                            {"type": "object", "properties": {"x": {"$ref": f"#/$defs/d{i + 1}", "minItems": 2}}}]}
                         for i in range(40)} | {"d40": {"const": 1}}, "$ref": "#/$defs/d0"}
    hostile = [by_schema(deep), by_schema(doubled),
               by_schema({"enum": ["x" * 1000 + str(i) for i in range(3000)]}),
               by_schema({"type": "string", "pattern": "^" + "(a?" * 90 + ")" * 90 + "{9000}$"}),
               by_schema({"type": "string", "pattern": "^(" + "|".join("a" * 40 for _ in range(300)) + "){50000}$"}),
               by_schema({"title": "x" * (10 << 20), "not": {}}),
               by_schema({"allOf": [{"$ref": "#"}, {"type": "object"}]})]
    others = concurrent.futures.ThreadPoolExecutor(1).submit(
        lambda: [told(ask(server, max_tokens=8))[0] for _ in range(10)])
    for number, wanted in enumerate(hostile):
        began = time.monotonic()
        answer = ask(server, response_format=wanted)
        assert answer.status in (400, 413), (number, answer.status, answer.text[:300])
        assert time.monotonic() - began < 20, number
    assert len(set(others.result())) == 1
    assert "crash" not in server.log


def test_hostile_grammars_end_by_a_bound(server):
    for text in ("root ::= " + "(" * 500 + '"a"' + ")" * 500, 'root ::= "a"{1000000000}',
                 "root ::= " + "a " * 200000):
        answer = ask(server, grammar=text)
        assert answer.status == 400, (text[:40], answer.text[:300])
    ambiguous = 'root ::= x{40}\nx ::= y | y y | y y y\ny ::= [a-z]? [a-z ]? | [a-z]*'
    for text in (ambiguous, 'root ::= (("a"{1000}){1000}){1000}'):
        assert ask(server, max_tokens=20, grammar=text).status in (200, 400)
    assert told(ask(server, max_tokens=4))[0]


TOO_MUCH = [
    ("response_format", by_schema({"$defs": {f"d{i}": {"anyOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(40)}
                                   | {"d40": {"type": "string"}}, "$ref": "#/$defs/d0"})),
    ("grammar", "root ::= " + '"a"? ' * 2000),
    ("grammar", "root ::= " + "a " * 8 + "\n" + "".join(f"{of} ::= " + f"{to}? " * 8 + "\n" for of, to in ("ab", "bc", "cd"))
     + 'd ::= "x"?'),
    ("regex", "a?" * 2000 + "b"),
]


@pytest.mark.parametrize("key, wanted", TOO_MUCH, ids=range(len(TOO_MUCH)))
def test_what_can_be_read_in_too_many_ways_says_so_and_holds_nobody_up(server, key, wanted):
    ask(server, max_tokens=1)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        hostile = [pool.submit(ask, server, **{key: wanted}) for _ in range(2)]
        others = []
        while not all(one.done() for one in hostile) or not others:
            began = time.monotonic()
            assert ask(server, max_tokens=1).status == 200
            others.append(time.monotonic() - began)
    for one in hostile:
        assert one.result().status == 400
        assert "too many ways" in one.result().json()["error"]["message"]
    assert max(others) < 10, others


def forced(server, parameters, seed=1, **members):
    tool = {"type": "function", "function": {"name": "set_it up", "parameters": parameters}}
    return ask(server, **{**dict(seed=seed, max_tokens=200, tools=[tool], tool_choice="required", parallel_tool_calls=False),
                          **members})


def members(**properties):
    return {"type": "object", "required": list(properties), "additionalProperties": False, "properties": properties}


ARGUMENTS = [
    members(part={"type": "number", "minimum": 0.25, "maximum": 0.5}),
    members(part={"type": "number", "exclusiveMinimum": -2, "exclusiveMaximum": -1.5}),
    members(code={"type": "string", "pattern": "^\\d{2}$"}),
    members(code={"type": "string", "pattern": "^(x|y[0-9])$"}),
    members(many={"allOf": [{"type": "integer", "minimum": 3}, {"maximum": 4}]}),
    members(day={"type": "string", "format": "date"}, at={"type": "string", "format": "ipv4"}),
    members(pair={"type": "array", "prefixItems": [{"const": 1}, {"enum": ["a", "b"]}], "minItems": 2, "maxItems": 2}),
    members(it={"oneOf": [{"type": "integer", "maximum": 3, "minimum": 2}, {"const": "k"}]}),
    members(word={"$ref": "#/$defs/a b"}, other={"$ref": "#/$defs/a-b"}) | {
        "$defs": {"a b": {"enum": ["p"]}, "a-b": {"enum": ["q"]}}},
    members(**{"grö]ße": {"type": "boolean"}}),
    {"required": ["a"], "properties": {"a": {"const": None}}},
    {"type": "object", "anyOf": [members(a={"const": 1}), members(b={"const": 2})]},
]


def test_arguments_of_a_forced_call_satisfy_every_keyword_that_a_grammar_holds(server):
    checker = jsonschema.Draft202012Validator
    # A sanitizer's build computes fifteen times slower.
    rows = ARGUMENTS if SLOW == 1 else ARGUMENTS[::4]
    for parameters, answer in zip(rows, at_once(server, rows, lambda row: forced(server, row))):
        assert answer.status == 200, (parameters, answer.text)
        choice = answer.json()["choices"][0]
        assert choice["finish_reason"] == "tool_calls", (parameters, choice)
        value = json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"])
        assert isinstance(value, dict)
        checker(parameters, format_checker=checker.FORMAT_CHECKER).validate(value)


@pytest.mark.parametrize("word, schema", unsupported()[::3], ids=lambda value: value if isinstance(value, str) else "")
def test_a_forced_tool_that_no_grammar_holds_is_refused_by_the_keyword(server, word, schema):
    absent = {"type": "function", "function": {"name": "first", "parameters": {"type": "object"}}}
    tool = {"type": "function", "function": {"name": "it", "parameters": schema}}
    for choice in ("required", {"type": "function", "function": {"name": "it"}}):
        answer = ask(server, tools=[absent, tool], tool_choice=choice)
        assert answer.status == 400, answer.text
        fault = answer.json()["error"]
        assert fault["param"].startswith("tools[1].function.parameters.properties.a.items") and word in fault["message"], fault
    assert ask(server, tools=[absent], tool_choice="required", max_tokens=1).status == 200


def test_what_cannot_be_held_of_a_tool_that_may_be_called_is_no_reason_to_refuse_it(server):
    for schema in ({"type": "string", "pattern": "o"}, {"type": "string", "pattern": "^(?=a)"}, {"not": {"const": 1}},
                   {"type": "array", "uniqueItems": True}, {"type": "integer", "multipleOf": 3}):
        answer = forced(server, members(a=schema), tool_choice="auto", max_tokens=2)
        assert answer.status == 200, (schema, answer.text)


def test_a_grammar_whose_rules_have_names_of_the_rules_of_calls_stands_beside_tools(server):
    grammar = 'root ::= tool-calls ["r\\]#] r1 # root "\ntool-calls ::= "<" string{1,2}\nstring ::= [a-b]\nr1 ::= ">"'
    for seed in range(3):
        choice = forced(server, members(a={"const": 1}), seed, tool_choice="auto", grammar=grammar).json()["choices"][0]
        if "tool_calls" not in choice["message"]:
            assert re.fullmatch(r'<[ab]{1,2}["r\]#]>', choice["message"]["content"]), choice


@pytest.mark.parametrize("path, members, place", [
    ("/v1/responses", {"input": "x", "text": {"format": {"type": "json_schema", "name": "it", "schema": {"not": {}}}}}, "text.format.schema"),
    ("/v1/responses", {"input": "x", "tool_choice": "required", "tools": [
        {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {"a": {"not": {}}}}}]},
     "tools[0].parameters.properties.a"),
    ("/v1/messages", {"messages": [{"role": "user", "content": "x"}], "tool_choice": {"type": "any"}, "tools": [
        {"name": "f", "input_schema": {"type": "object", "properties": {"a": {"not": {}}}}}]}, "tools[0].input_schema.properties.a"),
    ("/api/chat", {"messages": [{"role": "user", "content": "x"}], "format": {"not": {}}}, "format"),
    ("/api/generate", {"prompt": "x", "format": {"not": {}}}, "format"),
])
def test_a_fault_is_named_where_the_client_put_it(server, path, members, place):
    answer = server.post(path, {"model": "own", "max_tokens": 1, "max_output_tokens": 16, **members})
    assert answer.status == 400, answer.text
    error = answer.json()["error"]
    message = error if isinstance(error, str) else error["message"]
    assert message.startswith(place + ":") and "not" in message, message
    if isinstance(error, dict) and "param" in error:
        assert error["param"] == place
