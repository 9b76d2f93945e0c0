"""How often a text of a seed parts from what the same seed gave alone and freshly computed, and at
which token: when its prompt was kept, shared, restored from disk, or computed beside seven others."""
import concurrent.futures
import json
import random
import subprocess
import urllib.request

import servers

TEXTS, TOKENS = 24, 48
QUESTIONS = ("What happens next?", "Who is speaking here?")


def prompts():
    words = (servers.ROOT / "test/bench/words.txt").read_text().split()
    chance = random.Random(7)
    return [" ".join(chance.choices(words, k=120)) for _ in range(TEXTS)]


def tokens_of(port, story, seed, question=QUESTIONS[0]):
    """The tokens of an answer, and how many of its prompt's were not computed."""
    body = {"model": "m", "max_tokens": TOKENS, "temperature": 0.8, "seed": seed, "ignore_eos": True,
            "logprobs": True, "messages": [{"role": "user", "content": f"{story}\n{question}"}]}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/chat/completions", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=600) as answer:
        came = json.loads(answer.read())
    return ([token["token"] for token in came["choices"][0]["logprobs"]["content"]],
            came["usage"]["prompt_tokens_details"]["cached_tokens"])


def parted(reference, texts):
    """The place of the first token that differs, of each text that does not stay equal."""
    return [next((i for i, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
            for one, other in zip(reference, texts) if one != other]


def alone(port, stories):
    return [tokens_of(port, story, seed) for seed, story in enumerate(stories)]


def beside_seven(port, stories):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda row: tokens_of(port, row[1], row[0]), enumerate(stories)))


def unload(port):
    subprocess.run([servers.BUILD / "bin/hearth", "stop", "m", "--url", f"http://127.0.0.1:{port}"],
                   check=True, capture_output=True)


def cases(source, engine):
    """Name and answers of each way to come by a prompt; the first is what the others must equal."""
    stories, common = prompts(), {"slots": 8, "context": 1024}

    def server(**more):
        return servers.Hearth([("m", source, {"compute": engine, **more})], **common, prefix_disk="512MiB")
    with server(prefix_cache=0) as hearth:
        yield "computed", alone(hearth.port, stories)
        yield "computed again", alone(hearth.port, stories)
        yield "beside seven", beside_seven(hearth.port, stories)
    with server() as hearth:
        for seed, story in enumerate(stories):
            tokens_of(hearth.port, story, seed, QUESTIONS[1])
        yield "prefix shared", alone(hearth.port, stories)
        yield "kept", alone(hearth.port, stories)
        unload(hearth.port)
        yield "restored from disk", alone(hearth.port, stories)
        yield "kept, beside seven", beside_seven(hearth.port, stories)


def bench(gguf, report):
    for engine in ("own", "libllama"):
        reference = None
        for name, answers in cases(f"file:{gguf}", engine):
            texts = [tokens for tokens, _ in answers]
            reference = reference or texts
            places = sorted(parted(reference, texts))
            report(f"one seed, {engine}, {name}", "0 part" if engine == "own" else "–",
                   f"{len(places)} of {len(texts)} part", "–", "–",
                   f"(at token {places}; {sum(cached for _, cached in answers)} tokens of prompts were not computed)")
