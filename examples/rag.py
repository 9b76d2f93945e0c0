#!/usr/bin/env python3
"""Retrieval for a question about this repository: index its documents, find, rerank, answer.

    pip install openai
    python3 examples/rag.py --question "How do I change the port?"
    python3 examples/rag.py --question … --reranker CROSS_ENCODER --chat smollm2

The passages are paragraphs and table rows of the documents and header comments that lie here; every
step is one call of OpenAI's client (the reranker's through its `post`). Without --reranker the order
is that of the vectors, without --chat the passages are only shown.
"""
import argparse
import os
import pathlib
import re
import sys
import time

from openai import OpenAI

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIST_MAX = 256  # texts in a request
FOUND = 20      # passages that the reranker sees


def passages_of(path):
    """Paragraphs and table rows, with the document's name in front; long ones in sentences."""
    text = path.read_text(errors="replace")
    if path.suffix == ".h":
        text = "\n\n".join(re.sub(r"\n \* ?", "\n", part) for part in re.findall(r"/\*(.*?)\*/", text, re.S))
    for block in re.split(r"\n\s*\n|\n(?=\|)", text):
        block = " ".join(re.sub(r"[|`*#]+", " ", block).split())
        for piece in re.split(r"(?<=[.;]) (?=[A-Z])", block) if len(block) > 600 else [block]:
            if len(piece) > 30:
                yield f"{path.stem}: {piece[:600]}"


def collect(count):
    paths = sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/**/*.md")) + \
        sorted(ROOT.glob("include/**/*.h")) + sorted(ROOT.glob("src/**/*.h"))
    passages = list(dict.fromkeys(passage for path in paths if ".gen." not in path.name
                                  for passage in passages_of(path)))
    for i in range(len(passages), count):  # a small repository: the rest is made up
        passages.append(f"note {i}: item {i * 7919 % 1000} lies on shelf {i % 41} in room {i % 17}.")
    return passages[:count]


def embed(client, model, texts):
    vectors = []
    for start in range(0, len(texts), LIST_MAX):
        answer = client.embeddings.create(model=model, input=texts[start:start + LIST_MAX],
                                          extra_body={"truncate": "end"})
        vectors += [row.embedding for row in answer.data]
    return vectors


def rerank(client, model, question, documents):
    answer = client.post("/rerank", cast_to=object, body={
        "model": model, "query": question, "documents": documents, "truncate": "end"})
    return [row["index"] for row in answer["results"]]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--url", default=os.environ.get("HEARTH_URL", "http://127.0.0.1:8080") + "/v1")
    arguments.add_argument("--model", default="minilm", help="makes the vectors")
    arguments.add_argument("--reranker", help="a cross-encoder")
    arguments.add_argument("--chat", help="answers from what was found")
    arguments.add_argument("--passages", type=int, default=2000)
    arguments.add_argument("--question", default="How do I change the port?")
    given = arguments.parse_args()
    client = OpenAI(base_url=given.url, api_key=os.environ.get("HEARTH_API_KEY", "none"))

    started = time.monotonic()
    passages = collect(given.passages)
    vectors = embed(client, given.model, passages)
    took = time.monotonic() - started
    print(f"{len(passages)} passages indexed in {took:.1f} s", file=sys.stderr)

    [query] = embed(client, given.model, [given.question])
    scores = [sum(x * y for x, y in zip(query, vector)) for vector in vectors]
    best = sorted(range(len(passages)), key=lambda i: -scores[i])[:FOUND]
    if given.reranker:
        order = rerank(client, given.reranker, given.question, [passages[i] for i in best])
        best = [best[i] for i in order]
    for place, i in enumerate(best[:5], 1):
        print(f"{place}. {scores[i]:.3f}  {passages[i]}")
    if given.chat:
        context = "\n".join(passages[i] for i in best[:3])
        answer = client.chat.completions.create(model=given.chat, max_tokens=120, messages=[
            {"role": "system", "content": f"Answer from this text only:\n{context}"},
            {"role": "user", "content": given.question}])
        print(answer.choices[0].message.content)


main()
