"""LangChain's own suites of what a chat model and a vectorizer must do, over the demo model.

A case that asks for more wit than 135M parameters have stands in LEFT_OUT with the reason; every
other one is run as its authors wrote it.
"""
import inspect

import langchain_anthropic
import langchain_ollama
import langchain_openai
import pytest
from langchain_tests.integration_tests import ChatModelIntegrationTests, EmbeddingsIntegrationTests

from conftest import SLOW

pytestmark = pytest.mark.once

for suite in (ChatModelIntegrationTests, EmbeddingsIntegrationTests):
    for member in vars(suite).values():
        if inspect.iscoroutinefunction(member):
            # One loop for all: LangChain keeps its connections from one case to the next.
            pytest.mark.asyncio(loop_scope="module")(member)


# What only a larger model can do, and why: cases by name, those of one kind of parameter with it.
LEFT_OUT = {
    "test_agent_loop": "asks for a call with tool_choice auto; this model answers in words",
    "test_unicode_tool_call_integration": "the model repeats the description without an end, and is cut",
    "test_json_mode": "JSON comes, but not with the keys that the prompt asks for in words",
    "test_structured_output_optional_param": "the model makes a joke without an end, and is cut",
}
# Of ChatAnthropic, which asks by a tool where ChatOpenAI asks by response_format.
LEFT_OUT_BY_TOOL = {name: "told this form of the tool, the model makes a joke without an end, and is cut"
                    for name in ("test_structured_output[typeddict]", "test_structured_output_async[typeddict]",
                                 "test_structured_output_pydantic_2_v1")}
# Of ChatOllama: Ollama's API has no tool_choice, so that nothing makes this model call.
LEFT_OUT_FREE = {name: "Ollama's API cannot force a call; left free, this model answers in words"
                 for name in ("test_tool_calling", "test_tool_calling_async", "test_bind_runnables_as_tools",
                              "test_tool_choice", "test_tool_calling_with_no_arguments")}


class ChatModel(ChatModelIntegrationTests):
    """What is the same for every class of chat model; `url` is the demo server's."""
    left_out = {}

    @pytest.fixture(autouse=True)
    def at_the_demo_server(self, demo_server, request):
        self.url = demo_server.url
        left_out = {**LEFT_OUT, **self.left_out}
        for name in (request.node.name, request.function.__name__):
            if name in left_out:
                pytest.skip(left_out[name])

    @property
    def standard_chat_model_params(self):
        return {"temperature": 0, "max_tokens": 160, "timeout": 60 * SLOW, "max_retries": 0}

    @property
    def model_override_value(self):
        return "smollm2:1"


class TestChatOpenAI(ChatModel):
    @property
    def chat_model_class(self):
        return langchain_openai.ChatOpenAI

    @property
    def chat_model_params(self):
        return {"model": "smollm2", "base_url": f"{self.url}/v1", "api_key": "none",
                "stream_usage": True}


class TestOpenAIEmbeddings(EmbeddingsIntegrationTests):
    @pytest.fixture(autouse=True)
    def at_the_demo_server(self, demo_server):
        self.url = demo_server.url

    @property
    def embeddings_class(self):
        return langchain_openai.OpenAIEmbeddings

    @property
    def embedding_model_params(self):
        return {"model": "smollm2", "base_url": f"{self.url}/v1", "api_key": "none",
                "check_embedding_ctx_length": False}


class TestChatOpenAIResponses(TestChatOpenAI):
    """The same class over /v1/responses."""
    left_out = {"test_stop_sequence": "Responses knows no stop: the model writes until its context is full"}

    @property
    def chat_model_params(self):
        return {**super().chat_model_params, "use_responses_api": True}


class TestChatAnthropic(ChatModel):
    left_out = LEFT_OUT_BY_TOOL

    @property
    def chat_model_class(self):
        return langchain_anthropic.ChatAnthropic

    @property
    def chat_model_params(self):
        return {"model": "smollm2", "base_url": self.url, "api_key": "none"}


class TestChatOllama(ChatModel):
    left_out = LEFT_OUT_FREE

    @property
    def chat_model_class(self):
        return langchain_ollama.ChatOllama

    @property
    def standard_chat_model_params(self):
        return {"temperature": 0, "num_predict": 64}

    @property
    def chat_model_params(self):
        return {"model": "smollm2", "base_url": self.url}


class TestOllamaEmbeddings(EmbeddingsIntegrationTests):
    @pytest.fixture(autouse=True)
    def at_the_demo_server(self, demo_server):
        self.url = demo_server.url

    @property
    def embeddings_class(self):
        return langchain_ollama.OllamaEmbeddings

    @property
    def embedding_model_params(self):
        return {"model": "smollm2", "base_url": self.url}
