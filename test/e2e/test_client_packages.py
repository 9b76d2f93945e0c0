"""Other people's clients, unchanged, over the demo model: one changes a base URL and nothing else.

LiteLLM, LlamaIndex, Instructor, the Vercel AI SDK and Continue; test_langchain.py has LangChain,
test_openai.py OpenAI's own.
"""
import json
import os
import subprocess
import sys

import pytest

from conftest import ROOT, SLOW
from node_clients import run_node_client

pytestmark = pytest.mark.once

BRAZIL = [{"role": "user", "content": "What language is spoken in Brazil?"}]


@pytest.fixture(scope="module")
def litellm():
    # Its list of prices is fetched from the network otherwise.
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    package = pytest.importorskip("litellm")
    package.suppress_debug_info = True
    return package


@pytest.fixture
def to_demo(demo_server):
    """What LiteLLM is told of the server, whatever it asks for."""
    return {"model": "openai/smollm2", "api_base": f"{demo_server.url}/v1", "api_key": "none",
            "num_retries": 0, "timeout": 60 * SLOW}


def test_litellm_chats_whole_and_in_a_stream(litellm, to_demo):
    ask = {**to_demo, "messages": BRAZIL, "temperature": 0, "max_tokens": 32}
    answer = litellm.completion(**ask)
    assert "Portuguese" in answer.choices[0].message.content and answer.usage.completion_tokens > 0
    chunks = list(litellm.completion(**ask, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == answer.choices[0].message.content
    assert [c.usage.completion_tokens for c in chunks if getattr(c, "usage", None)] == \
        [answer.usage.completion_tokens]


def test_litellm_completes_and_makes_vectors(litellm, to_demo):
    answer = litellm.text_completion(**{**to_demo, "model": "text-completion-openai/smollm2"},
                                     prompt="The capital of France is", temperature=0, max_tokens=8)
    assert answer.choices[0].text
    vectors = litellm.embedding(**to_demo, input=["a", "b"]).data
    assert len(vectors[0]["embedding"]) == len(vectors[1]["embedding"]) > 100


def test_litellm_knows_our_errors_by_kind(litellm, to_demo):
    with pytest.raises(litellm.NotFoundError):
        litellm.completion(**{**to_demo, "model": "openai/absent"}, messages=BRAZIL)
    with pytest.raises(litellm.ContextWindowExceededError):
        litellm.completion(**to_demo, messages=[{"role": "user", "content": "word " * 6000}])


WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {
    "type": "object", "properties": {"city": {"enum": ["Lisbon", "Porto"]}}, "required": ["city"],
    "additionalProperties": False}}}


def test_litellm_has_tools_called_and_schemas_kept_to(litellm, to_demo):
    ask = {**to_demo, "messages": [{"role": "user", "content": "How is the weather in Lisbon?"}],
           "temperature": 0, "max_tokens": 64}
    forced = {"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "weather"}}}
    [call] = litellm.completion(**ask, **forced).choices[0].message.tool_calls
    assert json.loads(call.function.arguments)["city"] in ("Lisbon", "Porto")
    chunks = list(litellm.completion(**ask, **forced, stream=True))
    [again] = litellm.stream_chunk_builder(chunks).choices[0].message.tool_calls
    assert again.function == call.function
    schema = {"name": "city", "schema": WEATHER["function"]["parameters"]}
    text = litellm.completion(**ask, response_format={"type": "json_schema", "json_schema": schema})
    assert json.loads(text.choices[0].message.content)["city"] in ("Lisbon", "Porto")


def run_older(script, url):
    """Clients that want openai 2 stand in a folder of their own, in front of the other packages."""
    folder = os.environ.get("HEARTH_OLDER_PACKAGES", ROOT / "build/older")
    if not os.path.isdir(folder):
        pytest.skip("test/e2e/older/requirements.txt is not installed (scripts/test does that)")
    done = subprocess.run([sys.executable, ROOT / "test/e2e/older" / script, url], capture_output=True,
                          text=True, timeout=120 * SLOW, env={**os.environ, "PYTHONPATH": str(folder)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip() == "ok"


def test_llama_index_chats_and_completes(demo_server):
    run_older("llama_index_client.py", demo_server.url)


def test_instructor_gets_valid_objects_by_tools_and_by_schema(demo_server):
    run_older("instructor_client.py", demo_server.url)


def test_the_vercel_ai_sdk_chats_calls_tools_keeps_to_schemas_and_makes_vectors(demo_server):
    run_node_client("ai_sdk.mjs", demo_server.url, "@ai-sdk/openai-compatible")


def test_continue_chats_calls_tools_completes_and_makes_vectors_by_each_of_its_providers(demo_server):
    run_node_client("continue.mjs", demo_server.url, "@continuedev/openai-adapters")
