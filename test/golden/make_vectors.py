#!/usr/bin/env python3
"""Makes test/golden/vectors.json: what sentence-transformers makes of some texts with
all-MiniLM-L6-v2 (base64 of little-endian floats), and what transformers makes of pairs with the
random cross-encoder of test/golden/encoder.

    make_vectors.py MINILM_FOLDER OUTPUT        (needs sentence-transformers; `make golden` runs it)
"""
import base64
import json
import pathlib
import sys

import numpy
import torch
import transformers
from sentence_transformers import SentenceTransformer

HERE = pathlib.Path(__file__).resolve().parent
TEXTS = [
    "The cat sits on the mat.",
    "a",
    "HELLO, World!",
    "Ein Satz auf Deutsch: Äpfel, Öl und Übermut kosten 3,50 €.",
    "自然言語処理は面白い。",
    "안녕하세요, 임베딩 서버입니다.",
    "Привет, как дела?",
    "emoji 👩‍👩‍👧‍👦 and e\u0301 combining",
    "tabs\tand\nnew  lines",
    "def mean(values):\n    return sum(values) / len(values)",
    "antidisestablishmentarianism " * 5,
    "The quick brown fox jumps over the lazy dog. " * 40,
]
QUERY = "how do cats land"
DOCUMENTS = ["cats land on feet", "dogs", "a cat falls and turns", "how do cats land",
             "the moon is far from here and very cold at night", "z"]


def main():
    minilm, output = sys.argv[1:]
    model = SentenceTransformer(minilm, device="cpu")
    vectors = model.encode(TEXTS, batch_size=1, normalize_embeddings=False)
    folder = HERE / "encoder/bert-classifier"
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    cross = transformers.BertForSequenceClassification.from_pretrained(folder).eval()
    scores = []
    for document in DOCUMENTS:
        coded = tokenizer(QUERY, document, return_token_type_ids=True, return_tensors="pt")
        with torch.no_grad():
            scores.append(torch.sigmoid(cross(**coded).logits)[0, 0].item())
    golden = {
        "minilm": [{"text": text, "vector": base64.b64encode(
            vector.astype(numpy.dtype("<f4")).tobytes()).decode()}
            for text, vector in zip(TEXTS, vectors)],
        "cross": {"query": QUERY, "documents": DOCUMENTS, "scores": scores},
    }
    pathlib.Path(output).write_text(json.dumps(golden, ensure_ascii=True, indent=0) + "\n")


main()
