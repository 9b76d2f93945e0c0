#!/usr/bin/env python3
"""Semantic search: the sentences that mean what the query says, whatever their words.

    pip install openai
    python3 examples/semantic_search.py --query "a feline rests"

Vectors of this model have length 1, so a dot product is the cosine. HEARTH_URL names another server
than http://127.0.0.1:8080.
"""
import argparse
import os

from openai import OpenAI

SENTENCES = [
    "The cat is asleep on the windowsill.",
    "A dog chases a ball across the park.",
    "The central bank raised interest rates by half a point.",
    "Shares fell after the company cut its forecast.",
    "Stir the sauce until it thickens, then add the basil.",
    "Bake the bread for forty minutes in a hot oven.",
    "The rocket reached orbit nine minutes after launch.",
    "Astronomers found a planet around a nearby star.",
    "He tuned the guitar before the concert began.",
    "The orchestra played the symphony without a conductor.",
    "Restart the server after changing its configuration.",
    "The patch fixes a memory leak in the parser.",
]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--url", default=os.environ.get("HEARTH_URL", "http://127.0.0.1:8080") + "/v1")
    arguments.add_argument("--model", default="minilm")
    arguments.add_argument("--query", default="a feline rests")
    arguments.add_argument("--top", type=int, default=3)
    given = arguments.parse_args()

    client = OpenAI(base_url=given.url, api_key=os.environ.get("HEARTH_API_KEY", "none"))
    answer = client.embeddings.create(model=given.model, input=SENTENCES + [given.query])
    *vectors, query = (row.embedding for row in answer.data)
    scores = [sum(x * y for x, y in zip(query, vector)) for vector in vectors]
    best = sorted(range(len(SENTENCES)), key=lambda i: -scores[i])[:given.top]
    for place, i in enumerate(best, 1):
        print(f"{place}. {scores[i]:.3f}  {SENTENCES[i]}")


main()
