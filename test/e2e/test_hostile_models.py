"""Models whose files were written to do harm: what such a file makes a worker do is bounded in time,
memory and stack, is refused at install where it can be known, and never costs others their answers.
"""
import concurrent.futures
import contextlib
import json
import pathlib
import re
import struct
import time

import pytest

import change_gguf
import split_gguf
from conftest import SLOW, cli, wait_for

TEMPLATE = "tokenizer.chat_template"
PLAIN = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
# A template that does harm when it is told to, so that an install finds nothing.
SLEEPER = """{%- macro again(x) -%}{{ again(x) }}{%- endmacro -%}
{%- set last = messages[-1].content -%}
{%- if last == 'loop' -%}{%- for i in range(1000000000) -%}a{%- endfor -%}
{%- elif last == 'spin' -%}
{%- for i in range(2000) -%}{%- for j in range(2000) -%}{%- if i == j + 5000 -%}a{%- endif -%}{%- endfor -%}{%- endfor -%}
{%- elif last == 'multiply' -%}{{ 'a' * 2000000000 }}
{%- elif last == 'again' -%}{{ again(1) }}
{%- elif last == 'ring' -%}{%- set a = [] -%}{%- set b = a.append(a) -%}{{ a }}
{%- elif last == 'complain' -%}{{ raise_exception('only haiku are taken here') }}
{%- elif last == 'fail' -%}
  {{ none + 1 }}
{%- endif -%}
""" + PLAIN

# What a client never sees: the inside of a library, or where it was compiled.
INSIDE = re.compile(r"std::|jinja|libllama|llama_|ggml_|github\.com|\.cpp|\.c:\d|/root/|/home/|/build|exception|"
                    r"nlohmann|json_error|type_error|parse_error|Failed to parse|Expected '", re.I)


def install(home, gguf, tmp_path, name, changes):
    path = change_gguf.change(gguf, tmp_path / f"{name}.gguf", changes)
    began = time.monotonic()
    done = cli("install", f"file:{path}", "--name", name, home=home)
    path.unlink()
    return done, time.monotonic() - began


@pytest.mark.parametrize("name, template, words", [
    ("loop", "{% for i in range(1000000000) %}a{% endfor %}" + PLAIN, "takes more memory than it may"),
    ("multiply", "{{ 'a' * 2000000000 }}" + PLAIN, "takes more memory than it may"),
    ("spin", "{% for i in range(90000) %}{% for j in range(90000) %}{% if i == j + 100000 %}a{% endif %}"
             "{% endfor %}{% endfor %}", "was stopped"),
    ("macro", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "calls itself without an end"),
    ("ring", "{% set ns = namespace(a=1) %}{% set ns.self = ns %}{{ ns | tojson }}",
     "the model's chat template ended its process (Segmentation fault)"),
    ("list", "{% set a = [] %}{% set _ = a.append(a) %}{{ a }}",
     "the model's chat template ended its process (Segmentation fault)"),
    # Met in a function that may not throw, which ends the process.
    ("hash", "{% for m in messages %}{{ m.content * 50000 }}{% endfor %}",
     "the model's chat template takes longer than it may (2 s) and was stopped"),
    ("product", "{% for m in messages %}{{ m.content * 30000 }}{% endfor %}",
     "the model's chat template takes longer than it may (2 s) and was stopped"),
    ("parentheses", "one\n{{ " + "(" * 20000 + "1" + ")" * 20000 + " }}", "line 2, column 259: it nests more than 256 deep"),
    ("sum", "{{ 1" + " + 1" * 5000 + " }}", "line 1, column 1026: it nests more than 256 deep"),
    ("branches", "{% if a %}" + "{% elif b %}x" * 1000 + "{% endif %}", "it nests more than 256 deep"),
    ("block", "one\n{% if true %}\ntwo", 'line 2, column 1: the block "if" that begins here is not closed'),
    ("bracket", "one\n  {{ messages[0 }}", 'line 2, column 17: "}}" is not expected here'),
    ("character", "one\n{{ a ? b }}", 'line 2, column 6: the character "?" is not expected here'),
    ("text", "one\n{{ 'x", "line 2, column 1: what begins here is not closed"),
    ("statement", "{% frobnicate x %}", 'line 1, column 4: there is no statement "frobnicate"'),
    ("failing", "one\n  {{ none + 1 }}", "it fails at line 2, column "),
])
def test_a_template_that_cannot_serve_is_refused_at_install(home, gguf, tmp_path, name, template, words):
    done, seconds = install(home, gguf, tmp_path, name, {TEMPLATE: template})
    assert done.returncode == 65, done.stderr
    assert words in done.stderr
    assert not INSIDE.search(done.stderr.replace(name + ".gguf", "")), done.stderr
    assert seconds < 40 * SLOW


@pytest.mark.parametrize("key", [TEMPLATE, TEMPLATE + ".tool_use"])
def test_an_empty_template_is_as_good_as_none(home, gguf, tmp_path, key):
    done, _ = install(home, gguf, tmp_path, "empty", {TEMPLATE: None, key: ""})
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("key, value, words", [
    ("llama.attention.head_count", ("u32", 0), "'llama.attention.head_count' is 0"),
    ("llama.attention.head_count", ("u32", 7), "does not divide the number of heads"),
    ("llama.attention.head_count", "nine", "has the type str instead of u32"),
    ("llama.attention.head_count", ("u32", [9, 9, 9]), "should have 30 elements and has 3"),
    ("llama.attention.layer_norm_rms_epsilon", ("f32", -1.0), "must be a number from 0 to 1"),
    ("llama.attention.layer_norm_rms_epsilon", ("f32", float("nan")), "must be a number from 0 to 1"),
    ("llama.attention.layer_norm_rms_epsilon", None, "has no 'llama.attention.layer_norm_rms_epsilon'"),
    ("tokenizer.ggml.token_type", ("u16", [1] * 49152), "'tokenizer.ggml.token_type' has the wrong type"),
    ("llama.feed_forward_length", ("u32", 100), "ask for the shape 576, 100; it has 576, 1536"),
    ("llama.embedding_length", ("u32", 512), "does not"),
    ("llama.block_count", ("u32", 31), "no tensor 'blk.30.attn_norm.weight'"),
    ("llama.block_count", ("u32", 29), "holds 272 tensors, of which its architecture uses 263"),
    ("llama.rope.dimension_count", ("u32", 63), "must be an even number"),
    ("llama.rope.freq_base", ("f32", 0.0), "must be a number above 0"),
    ("tokenizer.ggml.pre", "nonsense", "tokenizer 'nonsense' is not known"),
    ("tokenizer.ggml.model", "nonsense", "tokenizer 'nonsense' is not known"),
])
def test_numbers_that_a_load_or_a_step_would_refuse_are_refused_at_install(home, gguf, tmp_path, key, value, words):
    done, seconds = install(home, gguf, tmp_path, "broken", {key: value})
    assert done.returncode == 65, done.stderr
    assert words in done.stderr
    assert not INSIDE.search(done.stderr.replace("broken.gguf", "").replace("tokenizer.ggml", "")), done.stderr
    assert seconds < 40 * SLOW


@pytest.fixture(scope="module")
def sleeper_home(gguf, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    home = folder / "home"
    home.mkdir()
    done, _ = install(home, gguf, folder, "sleeper", {TEMPLATE: SLEEPER})
    assert done.returncode == 0, done.stderr
    return home


def ask(server, text, **more):
    return server.post("/v1/chat/completions",
                       {"model": "sleeper", "messages": [{"role": "user", "content": text}],
                        "temperature": 0, "max_tokens": 8, **more})


def worker_pids(server):
    ended = {row["pid"] for row in server.events("process.ended")}
    return [row["pid"] for row in server.events("process.started") if row["pid"] not in ended]


def most_memory_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def test_a_template_that_does_harm_costs_its_own_request_only(start, sleeper_home):
    server = start(home=sleeper_home)
    assert ask(server, "hello").status == 200
    pid, = worker_pids(server)
    before = most_memory_mib(pid)
    for text, words in (("loop", "takes more memory than it may"), ("multiply", "takes more memory than it may"),
                        ("spin", "was stopped"), ("again", "calls itself without an end")):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            other = pool.submit(ask, server, "hello", max_tokens=40, ignore_eos=True)
            began = time.monotonic()
            answer = ask(server, text)
            seconds = time.monotonic() - began
            assert other.result().status == 200
        assert answer.status == 500, (text, answer.text)
        error = answer.json()["error"]
        assert error["code"] == "model_broken" and words in error["message"], error
        assert not INSIDE.search(error["message"])
        assert seconds < 40 * SLOW, text
    assert worker_pids(server) == [pid]
    assert SLOW > 1 or most_memory_mib(pid) < before + 400  # a sanitizer keeps what was freed
    assert ask(server, "hello").status == 200


def test_a_template_that_complains_or_fails_is_told_in_its_words_or_by_its_place(start, sleeper_home):
    server = start(home=sleeper_home)
    answer = ask(server, "complain")
    assert answer.status == 400
    assert answer.json()["error"]["message"].endswith("refuses this conversation: only haiku are taken here")
    answer = ask(server, "fail")
    assert answer.status == 400
    message = answer.json()["error"]["message"]
    assert "it fails at line 11, column 11" in message and not INSIDE.search(message), message


def test_a_template_that_ends_its_process_is_blamed_at_once_and_the_others_are_served(start, sleeper_home):
    server = start(home=sleeper_home)
    assert ask(server, "hello").status == 200
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        others = [pool.submit(ask, server, f"hello {i}") for i in range(3)]
        began = time.monotonic()
        answer = ask(server, "ring")
        assert answer.status == 500, answer.text
        error = answer.json()["error"]
        assert error["code"] == "model_broken"
        assert "chat template ended its process" in error["message"], error
        assert "while it prepared this input" in error["message"], error
        assert time.monotonic() - began < 40 * SLOW
        # Those that had sent something are lost with their worker; all others are asked again.
        assert {other.result().status for other in others} <= {200, 502}
    assert ask(server, "hello").status == 200
    ends = [row for row in server.events("process.ended") if row["kind"] == "worker"]
    assert len(ends) == 1, ends


def test_a_client_that_leaves_takes_its_template_with_it(start, sleeper_home):
    server = start(home=sleeper_home)
    assert ask(server, "hello").status == 200
    with contextlib.suppress(OSError):
        server.request("POST", "/v1/chat/completions",
                       {"model": "sleeper", "messages": [{"role": "user", "content": "spin"}]},
                       timeout=0.3 / SLOW)
    began = time.monotonic()
    assert ask(server, "hello").status == 200
    assert time.monotonic() - began < 30 * SLOW


def test_an_input_that_ends_its_worker_is_not_tried_again(start, home, tmp_path):
    (tmp_path / "script.fake").write_text("crash = segv\ncrash_early_word = bang\ntoken_us = 20000\n"
                                          "reply = a b c d e f g h i j\n")
    done = cli("install", f"fake:{tmp_path / 'script.fake'}", "--name", "fragile", home=home)
    assert done.returncode == 0, done.stderr
    server = start()

    def say(text):
        return server.post("/v1/chat/completions",
                           {"model": "fragile", "messages": [{"role": "user", "content": text}]})
    assert say("hello").status == 200
    answer = say("bang")
    assert answer.status == 500 and answer.json()["error"]["code"] == "model_broken", answer.text
    assert say("hello").status == 200
    assert len([row for row in server.events("process.ended") if row["kind"] == "worker"]) == 1
    for _ in range(12):  # a model that breaks each time rests, and is not started again and again
        answer = say("bang")
        if answer.status == 503:
            break
    assert answer.json()["error"]["code"] == "breaker_open", answer.text


NULLS = [
    {"tools": [{"type": "function", "function": {"name": "f", "description": None, "parameters": None, "strict": None}}]},
    {"tools": [{"type": None, "function": {"name": "f"}}]},
    {"messages": [{"role": "user", "content": "hi", "name": None},
                  {"role": "assistant", "content": None, "refusal": None, "reasoning_content": None,
                   "tool_calls": [{"id": None, "type": None, "function": {"name": "f", "arguments": None}}]},
                  {"role": "tool", "content": "1", "tool_call_id": None, "name": None}]},
    {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant"}, {"role": "user", "content": "go on"}]},
    {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None, "tool_calls": None},
                  {"role": "user", "content": None}]},
    {"tools": None, "tool_choice": None, "parallel_tool_calls": None, "chat_template_kwargs": None,
     "add_generation_prompt": None},
]


@pytest.mark.parametrize("change", NULLS)
def test_optional_members_of_a_conversation_may_be_null(demo_server, change):
    body = {"model": "smollm2", "max_tokens": 1, "messages": [{"role": "user", "content": "hi"}], **change}
    answer = demo_server.post("/v1/chat/completions", body)
    assert answer.status == 200, answer.text


@pytest.mark.parametrize("change, place", [
    ({"messages": [{"role": "user", "content": 7}]}, "messages[0].content"),
    ({"messages": [{"role": "user"}, {"role": "assistant", "tool_calls": [{"function": {}}]}]},
     "messages[1].tool_calls[0].function"),
    ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]}, "messages[0].content"),
    ({"tools": [{"type": "function", "function": {"name": "f", "description": 1}}]}, "tools[0].function.description"),
    ({"tools": [{"type": "retrieval", "function": {"name": "f"}}]}, "tools[0].type"),
])
def test_a_fault_of_a_conversation_is_named_by_its_place(demo_server, change, place):
    body = {"model": "smollm2", "messages": [{"role": "user", "content": "hi"}], **change}
    answer = demo_server.post("/v1/chat/completions", body)
    assert answer.status in (400, 422), answer.text
    assert place in answer.text and not INSIDE.search(answer.json()["error"]["message"]), answer.text


def test_a_text_that_is_far_over_the_context_is_refused_for_its_length(demo_server):
    text = "x" * 5_000_000
    for path, body in (("/v1/chat/completions", {"messages": [{"role": "user", "content": text}]}),
                       ("/v1/completions", {"prompt": text})):
        answer = demo_server.post(path, {"model": "smollm2", "max_tokens": 1, **body})
        assert answer.status == 400, answer.text
        error = answer.json()["error"]
        assert error["code"] == "context_length_exceeded"
        assert error["message"].startswith("This model's maximum context length is "), error
    # Counting tokens has no context; what the tokenizer has no memory for is too long all the same.
    answer = demo_server.post("/tokenize", {"model": "smollm2", "content": text})
    assert answer.status in (200, 413), answer.text[:200]


def partial_token(server):
    """A token that is only a part of a character."""
    for token in range(100, 400):
        pieces = server.post("/v1/completions", {"model": "smollm2", "prompt": "a", "max_tokens": 1, "logprobs": 0,
                                                 "temperature": 0, "logit_bias": {str(token): 100}})
        if pieces.status != 200:
            continue
        text = pieces.json()["choices"][0]["text"]
        if text == "":
            return token
    raise AssertionError("this vocabulary has no such token")


def test_what_is_left_of_a_cut_character_is_left_out(demo_server):
    token = partial_token(demo_server)
    body = {"model": "smollm2", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 1, "temperature": 0,
            "logit_bias": {str(token): 100}, "logprobs": True}
    answer = demo_server.post("/v1/chat/completions", body)
    assert answer.status == 200, answer.text
    choice = answer.json()["choices"][0]
    assert choice["message"]["content"] == "" and choice["finish_reason"] == "length"
    one, = choice["logprobs"]["content"]
    with pytest.raises(UnicodeDecodeError):
        bytes(one["bytes"]).decode()
    stream = demo_server.post("/v1/chat/completions", {**body, "stream": True}).text
    assert "\ufffd" not in stream.split('"logprobs":{')[0] and "\\ufffd" not in stream.split('"logprobs":{')[0]
    deltas = [json.loads(line[6:])["choices"][0]["delta"].get("content") or ""
              for line in stream.splitlines() if line.startswith("data: {")]
    assert "".join(deltas) == ""


def test_a_model_that_gives_no_finite_numbers_is_told_broken(start, home, gguf, tmp_path, monkeypatch):
    """A final norm of the largest numbers makes its logits infinite or NaN."""
    count, metadata, tensors = split_gguf.read(gguf)
    broken = [(head, struct.pack("<f", 3e38) * (len(content) // 4) if b"output_norm.weight" in head else content)
              for head, content in tensors]
    monkeypatch.setattr(split_gguf, "read", lambda path: (count, metadata, broken))
    change_gguf.change(gguf, tmp_path / "broken.gguf", {})
    for compute in ("own", "libllama"):
        done = cli("install", f"file:{tmp_path / 'broken.gguf'}", "--name", compute, "--set", f"compute={compute}",
                   home=home)
        assert done.returncode == 0, done.stderr
    server = start(env={"HEARTH_CONTEXT": 256})
    for compute in ("own", "libllama"):
        for path, body in (("chat/completions", {"messages": [{"role": "user", "content": "Hi"}]}),
                           ("completions", {"prompt": "Hi"}), ("completions", {"prompt": "Hi", "logprobs": 2})):
            answer = server.post(f"/v1/{path}", {"model": compute, "max_tokens": 3, **body})
            assert answer.status == 500, answer.text
            error = answer.json()["error"]
            assert error["code"] == "model_broken" and "no finite numbers" in error["message"]
