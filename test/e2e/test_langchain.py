"""LangChain's own suites of what a chat model and a vectorizer must do, over the demo model.

A case that asks for more wit than 135M parameters have stands in LEFT_OUT with the reason; every
other one is run as its authors wrote it.
"""
import inspect

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


class ChatModel(ChatModelIntegrationTests):
    """What is the same for every class of chat model; `url` is the demo server's."""

    @pytest.fixture(autouse=True)
    def at_the_demo_server(self, demo_server):
        self.url = demo_server.url

    @property
    def standard_chat_model_params(self):
        return {"temperature": 0, "max_tokens": 64, "timeout": 60 * SLOW, "max_retries": 0}

    @property
    def model_override_value(self):
        return "smollm2:1"

    @property
    def has_tool_calling(self):
        return False

    @property
    def has_structured_output(self):
        return False

    @property
    def supports_json_mode(self):
        return False


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
