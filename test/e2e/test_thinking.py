"""A model that thinks before it answers: its thoughts stand apart in each API, whole and streamed, and are
counted. The demo model keeps to the examples of a chat template with marks for thoughts."""
import json

import anthropic
import openai
import pytest

import thinking_model
from conftest import SLOW, Server

QUESTION = [{"role": "user", "content": "What colour is snow?"}]
THINKING = {"type": "enabled", "budget_tokens": 1024}
COLOUR = {"type": "object", "properties": {"colour": {"enum": ["white", "black"]}}, "required": ["colour"],
          "additionalProperties": False}


@pytest.fixture(scope="module")
def thinker(tmp_path_factory, gguf):
    home = tmp_path_factory.mktemp("thinking") / "home"
    home.mkdir()
    thinking_model.install(home, gguf)
    running = Server(home)
    yield running
    running.end()


@pytest.fixture
def chat(thinker):
    client = openai.OpenAI(base_url=f"{thinker.url}/v1", api_key="none", max_retries=0, timeout=60 * SLOW)
    return lambda **more: client.chat.completions.create(**{
        "model": "thinker", "messages": QUESTION, "temperature": 0, "max_tokens": 60, **more})


@pytest.fixture
def responses(thinker):
    return openai.OpenAI(base_url=f"{thinker.url}/v1", api_key="none", max_retries=0, timeout=60 * SLOW).responses


@pytest.fixture
def messages(thinker):
    return anthropic.Anthropic(base_url=thinker.url, api_key="none", max_retries=0, timeout=60 * SLOW).messages


ASK_RESPONSE = {"model": "thinker", "input": "What colour is snow?", "temperature": 0}
ASK_MESSAGE = {"model": "thinker", "messages": QUESTION, "max_tokens": 60, "thinking": THINKING,
               "extra_body": {"temperature": 0}}


def is_apart(thought, said):
    return thought.strip() and said.strip() and "think>" not in thought + said


def test_chat_keeps_the_thought_apart_and_counts_it(chat):
    answer = chat()
    message, usage = answer.choices[0].message, answer.usage
    assert is_apart(message.reasoning_content, message.content)
    assert 0 < usage.completion_tokens_details.reasoning_tokens < usage.completion_tokens
    chunks = list(chat(stream=True, stream_options={"include_usage": True}))
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    thought = [getattr(delta, "reasoning_content", None) or "" for delta in deltas]
    said = [delta.content or "" for delta in deltas]
    assert ("".join(thought), "".join(said)) == (message.reasoning_content, message.content)
    assert max(i for i, text in enumerate(thought) if text) < min(i for i, text in enumerate(said) if text)
    assert chunks[-1].usage.completion_tokens_details == usage.completion_tokens_details


def test_a_thought_that_was_cut_is_no_answer(chat, responses, messages):
    cut = chat(max_tokens=3)
    assert cut.choices[0].finish_reason == "length" and cut.choices[0].message.content == ""
    assert cut.choices[0].message.reasoning_content.strip()
    assert cut.usage.completion_tokens_details.reasoning_tokens == cut.usage.completion_tokens == 3
    cut = responses.create(**ASK_RESPONSE, max_output_tokens=3)
    assert cut.status == "incomplete" and cut.incomplete_details.reason == "max_output_tokens"
    assert [(item.type, item.status) for item in cut.output] == [("reasoning", "incomplete")]
    assert cut.output_text == "" and cut.usage.output_tokens_details.reasoning_tokens == 3
    cut = messages.create(**{**ASK_MESSAGE, "max_tokens": 3})
    assert cut.stop_reason == "max_tokens" and [block.type for block in cut.content] == ["thinking"]


def test_who_does_not_want_thoughts_gets_none(chat, responses, messages):
    for asked in ({"extra_body": {"enable_thinking": False}}, {"reasoning_effort": "none"}):
        answer = chat(**asked)
        assert not getattr(answer.choices[0].message, "reasoning_content", None)
        assert answer.usage.completion_tokens_details.reasoning_tokens == 0
    assert {item.type for item in responses.create(**ASK_RESPONSE, reasoning={"effort": "none"}).output} == {"message"}
    unasked = {key: value for key, value in ASK_MESSAGE.items() if key != "thinking"}
    for asked in (unasked, {**unasked, "thinking": {"type": "disabled"}}):
        assert {block.type for block in messages.create(**asked).content} == {"text"}
    within = chat(extra_body={"reasoning_format": "none"}).choices[0].message
    assert "</think>" in within.content and not getattr(within, "reasoning_content", None)


def test_effort_and_budget_reach_a_template_that_knows_them(chat, messages):
    def prompt(**more):
        return chat(max_tokens=1, **more).usage.prompt_tokens

    bare = prompt()
    assert prompt(reasoning_effort="low") > bare
    assert prompt(extra_body={"chat_template_kwargs": {"thinking_budget": 100}}) > bare

    def count(**more):
        return messages.count_tokens(model="thinker", messages=QUESTION, **more).input_tokens

    assert count(thinking=THINKING) > count(thinking={"type": "adaptive"})
    assert count(thinking={"type": "adaptive"}, extra_body={"output_config": {"effort": "high"}}) > \
        count(thinking={"type": "adaptive"})


@pytest.mark.parametrize("summary", [None, "auto"])
def test_responses_have_the_thought_as_an_item_before_the_message(responses, summary):
    asked = {**ASK_RESPONSE, "reasoning": {"summary": summary}} if summary else ASK_RESPONSE
    answer = responses.create(**asked)
    thought, said = answer.output
    assert (thought.type, said.type) == ("reasoning", "message") and thought.status == "completed"
    shown = thought.summary if summary else thought.content
    assert is_apart(shown[0].text, answer.output_text)
    details = answer.usage.output_tokens_details
    assert 0 < details.reasoning_tokens < answer.usage.output_tokens
    with responses.stream(**asked) as stream:
        events = list(stream)
        whole = stream.get_final_response()
    names = [event.type for event in events]
    kind = "reasoning_summary" if summary else "reasoning"
    part = "response.reasoning_summary_part" if summary else "response.content_part"
    deltas = names.count(f"response.{kind}_text.delta")
    assert deltas > 1 and names[2:7 + deltas] == [
        "response.output_item.added", f"{part}.added", *[f"response.{kind}_text.delta"] * deltas,
        f"response.{kind}_text.done", f"{part}.done", "response.output_item.done"]
    told = "".join(event.delta for event in events if event.type == f"response.{kind}_text.delta")
    again = whole.output[0].summary if summary else whole.output[0].content
    assert told == again[0].text == shown[0].text and whole.output_text == answer.output_text
    assert whole.usage.output_tokens_details == details
    assert responses.retrieve(whole.id).output[0].to_dict() == whole.output[0].to_dict()


def test_messages_have_the_thought_as_a_block_before_the_text(messages):
    answer = messages.create(**ASK_MESSAGE)
    thought, said = answer.content
    assert (thought.type, said.type, answer.stop_reason) == ("thinking", "text", "end_turn")
    assert is_apart(thought.thinking, said.text) and thought.signature
    with messages.stream(**ASK_MESSAGE) as stream:
        events = list(stream)
        whole = stream.get_final_message()
    assert whole.content[0].thinking == thought.thinking and whole.content[0].signature
    assert whole.content[1].text == said.text
    raw = [event for event in events if event.type.startswith("content_block")]
    kinds = [event.delta.type if event.type == "content_block_delta" else f"{event.type} {event.index}" for event in raw]
    ends = kinds.index("content_block_stop 0")
    assert kinds[0] == "content_block_start 0" and kinds[ends - 1] == "signature_delta"
    assert set(kinds[1:ends - 1]) == {"thinking_delta"} and kinds[ends + 1] == "content_block_start 1"
    assert set(kinds[ends + 2:-1]) == {"text_delta"} and kinds[-1] == "content_block_stop 1"


def test_thoughts_of_before_reach_the_template(responses, messages):
    answer = messages.create(**ASK_MESSAGE)
    more = [{"role": "user", "content": "And coal?"}]
    with_thought = [*QUESTION, {"role": "assistant", "content": [block.to_dict() for block in answer.content]}, *more]
    without = [*QUESTION, {"role": "assistant", "content": [answer.content[1].to_dict()]}, *more]
    count = [messages.count_tokens(model="thinker", messages=talk).input_tokens for talk in (with_thought, without)]
    assert count[0] > count[1]
    first = responses.create(**ASK_RESPONSE)
    on = {"model": "thinker", "temperature": 0, "max_output_tokens": 8}
    kept = responses.create(**on, input="And coal?", previous_response_id=first.id)
    said = {"role": "assistant", "content": first.output_text}
    sent = responses.create(**on, input=[*QUESTION, said, *more])
    assert kept.usage.input_tokens > sent.usage.input_tokens


def test_the_form_of_the_answer_holds_behind_the_thought(chat, responses, messages):
    schema = {"type": "json_schema", "json_schema": {"name": "colour", "schema": COLOUR}}
    message = chat(response_format=schema).choices[0].message
    assert message.reasoning_content.strip() and json.loads(message.content)["colour"] in ("white", "black")
    said = responses.create(**ASK_RESPONSE, max_output_tokens=60,
                            text={"format": {"type": "json_schema", "name": "colour", "schema": COLOUR}})
    assert said.output[0].type == "reasoning" and json.loads(said.output_text)["colour"] in ("white", "black")
    block = messages.create(**{**ASK_MESSAGE, "extra_body": {
        "temperature": 0, "output_config": {"format": {"type": "json_schema", "schema": COLOUR}}}}).content
    assert block[0].type == "thinking" and json.loads(block[1].text)["colour"] in ("white", "black")


def test_a_forced_tool_is_called_behind_the_thought(chat):
    tool = {"type": "function", "function": {"name": "paint", "parameters": COLOUR}}
    forced = {"tools": [tool], "tool_choice": "required", "parallel_tool_calls": False}
    answer = chat(**forced).choices[0]
    assert answer.finish_reason == "tool_calls", answer
    assert json.loads(answer.message.tool_calls[0].function.arguments)["colour"] in ("white", "black")
    assert "think>" not in (answer.message.content or "")


def test_the_oldest_turns_of_a_conversation_that_is_too_long_are_left_out(thinker, responses):
    """The thinker's context is 1,024 tokens; some twenty of these turns fit into it."""
    def talk(count):
        turn = [{"role": "user", "content": "What colour is grass? " * 5}, {"role": "assistant", "content": "It is green."}]
        return [*turn * count, *QUESTION]

    asked = {"model": "thinker", "temperature": 0, "max_output_tokens": 4, "instructions": "Answer in English."}
    with pytest.raises(openai.BadRequestError, match="maximum context length is 1024"):
        responses.create(**asked, input=talk(200))
    cut = responses.create(**asked, input=talk(200), truncation="auto")
    assert cut.truncation == "auto" and cut.output and cut.usage.input_tokens < 1024
    # As many as fit: the turn that was left out last would not have.
    fitting = [responses.create(**asked, input=talk(count)).usage.input_tokens for count in (1, 2)]
    assert cut.usage.input_tokens + fitting[1] - fitting[0] > 1023
    assert (cut.usage.input_tokens - fitting[0]) % (fitting[1] - fitting[0]) == 0  # whole turns, and all that stays
    assert responses.create(**asked, input=talk(1), truncation="auto").usage.input_tokens == fitting[0]
    last = [*talk(3), {"role": "user", "content": "What colour is snow? " * 400}]
    with pytest.raises(openai.BadRequestError, match="maximum context length is 1024"):
        responses.create(**asked, input=last, truncation="auto")
    assert len(responses.input_items.list(cut.id, limit=100, order="asc").data) == 100  # kept whole
