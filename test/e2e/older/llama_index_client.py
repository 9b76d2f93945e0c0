"""LlamaIndex's OpenAILike against a server with the model `smollm2`: llama_index_client.py URL"""
import sys

from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike

url = sys.argv[1]
llm = OpenAILike(model="smollm2", api_base=f"{url}/v1", api_key="none", is_chat_model=True,
                 temperature=0, max_tokens=32, max_retries=0, context_window=2048)
asked = [ChatMessage(role="system", content="You are brief."),
         ChatMessage(role="user", content="What language is spoken in Brazil?")]
whole = llm.chat(asked)
assert "Portuguese" in whole.message.content, whole
assert whole.raw.usage.completion_tokens > 0
*_, last = llm.stream_chat(asked)
assert last.message.content == whole.message.content, last
assert "".join(piece.delta for piece in llm.stream_complete("Say hello.")) == llm.complete("Say hello.").text

plain = OpenAILike(model="smollm2", api_base=f"{url}/v1", api_key="none", is_chat_model=False,
                   temperature=0, max_tokens=8, max_retries=0, context_window=2048)
assert plain.complete("The capital of France is").text
print("ok")
