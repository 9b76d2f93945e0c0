"""Texts for the benchmarks of embeddings: random sentences of common English words, never the same."""
import pathlib
import random

WORDS_FILE = pathlib.Path(__file__).resolve().parent / "words.txt"
WORDS = WORDS_FILE.read_text().split()


def sentences(count, words, seed):
    """About so many words each; a word is mostly one token."""
    chosen = random.Random(seed)
    return [" ".join(chosen.choice(WORDS)
                     for _ in range(max(1, round(chosen.gauss(words, words / 4)))))
            for _ in range(count)]
