#!/usr/bin/env python3
"""A conversation through OpenAI's client: streamed, with its history.

    pip install openai
    python3 examples/chat.py "What language is spoken in Brazil?" "And in Argentina?"

HEARTH_URL names another server than http://127.0.0.1:8080, HEARTH_MODEL another model than smollm2.
"""
import os
import sys

from openai import OpenAI

client = OpenAI(base_url=os.environ.get("HEARTH_URL", "http://127.0.0.1:8080") + "/v1",
                api_key=os.environ.get("HEARTH_API_KEY", "none"))
messages = []
for question in sys.argv[1:] or ["What language is spoken in Brazil?"]:
    print(f"> {question}")
    messages.append({"role": "user", "content": question})
    answer = ""
    stream = client.chat.completions.create(model=os.environ.get("HEARTH_MODEL", "smollm2"),
                                            messages=messages, temperature=0, max_tokens=100,
                                            stream=True)
    for chunk in stream:
        piece = chunk.choices[0].delta.content or ""
        answer += piece
        print(piece, end="", flush=True)
    print("\n")
    messages.append({"role": "assistant", "content": answer})
