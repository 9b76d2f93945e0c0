"""What Hearth's own decoder promises over HTTP: the same bits whatever else is served, a fingerprint
that says what computed, no thread and no page of memory that nobody uses."""
import concurrent.futures
import contextlib
import json
import pathlib
import random
import re

import pytest

from conftest import SLOW, cli, wait_for

WORDS = ("river stone garden window letter market engine summer bridge doctor music paper story winter "
         "forest copper village thunder kitchen planet harvest signal mirror pilot candle").split()
SLOTS = 32


def prompt_of(number, words):
    chosen = random.Random(number)
    return "Write about: " + " ".join(chosen.choice(WORDS) for _ in range(words)) + "."


def ask(server, number, words=90, tokens=20, seed=None):
    """The tokens of an answer with their logprobs as they are written, and what of it was cached."""
    answer = server.post("/v1/chat/completions", {
        "model": "m", "temperature": 1, "seed": number if seed is None else seed,
        "max_tokens": tokens, "ignore_eos": True, "logprobs": True, "top_logprobs": 5,
        "messages": [{"role": "user", "content": prompt_of(number, words)}]})
    assert answer.status == 200, answer.text
    body = answer.json()
    raw = answer.text[answer.text.index('"choices":'):answer.text.index('"usage":')]
    return raw, body["usage"]["prompt_tokens_details"]["cached_tokens"]


def serve(start, threads, batch, **rest):
    return start(env={"HEARTH_SLOTS": SLOTS, "HEARTH_CONTEXT": 512, "HEARTH_THREADS": threads,
                      "HEARTH_BATCH": batch, **rest})


@pytest.fixture
def own_home(home, gguf):
    done = cli("install", f"file:{gguf}", "--name", "m", "--set", "compute=own", home=home)
    assert done.returncode == 0, done.stderr
    return home


@pytest.mark.once
def test_a_seed_gives_the_same_bits_at_any_load_threads_and_steps_and_after_a_restart(start, own_home):
    seeds = range(100, 104)
    server = serve(start, threads=1, batch=512)
    alone = {seed: ask(server, seed)[0] for seed in seeds}
    assert len(set(alone.values())) == len(seeds)
    assert ask(server, 100, seed=7)[0] != alone[100], "the seed counts"
    server.stop()
    # Prompts in pieces of at most 32 tokens, by two threads, in another process.
    server = serve(start, threads=2, batch=SLOTS)
    again, cached = ask(server, 100)
    assert (again, cached) == (alone[100], 0)
    again, cached = ask(server, 100)
    assert again == alone[100] and cached > 50, "the prefix was computed before"
    with concurrent.futures.ThreadPoolExecutor(SLOTS) as pool:
        others = [pool.submit(ask, server, 1000 + i, words=5 + 3 * i, tokens=150)
                  for i in range(SLOTS - len(seeds))]
        wait_for(lambda: server.metric("hearth_slots_busy", model="m:1") >= SLOTS / 2, 60, "a full batch")
        beside = list(pool.map(lambda seed: ask(server, seed)[0], seeds))
        assert any(not other.done() for other in others), "the others were served at the same time"
        [other.result() for other in others]
    assert beside == [alone[seed] for seed in seeds]


def fingerprints_of(server):
    """Of an answer, of every chunk of a stream, of a completion, and as the model shows it."""
    body = {"model": "m", "max_tokens": 3, "messages": [{"role": "user", "content": "Hi"}]}
    found = [server.post("/v1/chat/completions", body).json()["system_fingerprint"],
             server.post("/v1/completions", {"model": "m", "max_tokens": 2, "prompt": "Hi"}
                         ).json()["system_fingerprint"],
             server.get("/v1/models/m").json()["hearth"]["system_fingerprint"]]
    stream = server.post("/v1/chat/completions",
                         {**body, "stream": True, "stream_options": {"include_usage": True}})
    chunks = [json.loads(line[6:]) for line in stream.text.splitlines() if line.startswith("data: {")]
    assert len(chunks) >= 4
    return found + [chunk["system_fingerprint"] for chunk in chunks]


def test_a_fingerprint_is_of_files_settings_kernels_and_cache(start, own_home, gguf):
    server = serve(start, threads=1, batch=64)
    facts = server.get("/v1/models/m").json()["hearth"]
    assert (facts["system_fingerprint"], facts["compute"]) == (None, "own"), "not loaded"
    assert re.search(r"computes\s+own\n", server.cli("show", "m").stdout)
    first, = set(fingerprints_of(server))
    facts = server.get("/v1/models/m").json()["hearth"]
    assert facts["cache_type"] == "f16"
    words = "_".join(re.findall(r"\w+", facts["compute"]))
    assert re.fullmatch(rf"fp_[0-9a-f]{{12}}_{words}_f16", first)
    # The same file under another name is the same, also after a restart with other threads and steps.
    assert cli("install", f"file:{gguf}", "--name", "twin", "--set", "compute=own",
               home=own_home).returncode == 0
    server.stop()
    server = serve(start, threads=2, batch=SLOTS)
    assert set(fingerprints_of(server)) == {first}
    twin = {"model": "twin", "max_tokens": 1, "messages": [{"role": "user", "content": "Hi"}]}
    assert server.post("/v1/chat/completions", twin).json()["system_fingerprint"] == first
    assert cli("install", f"file:{gguf}", "--name", "small", "--set", "compute=own", "--set",
               "cache_type_k=q8_0", "--set", "cache_type_v=q8_0", home=own_home).returncode == 0
    other = server.post("/v1/chat/completions", {**twin, "model": "small"}).json()["system_fingerprint"]
    assert other.endswith("_q8_0") and other[:15] != first[:15]


def shown(server, name):
    """What computes it as the command, the hub and OpenAI's API say."""
    words = re.search(r"computes +(.*)", server.cli("show", name).stdout).group(1)
    [version] = server.get(f"/models/{name}").json()["versions"]
    facts = server.get(f"/v1/models/{name}").json()["hearth"]
    assert words == version["compute"] == facts["compute"]
    return words


def test_what_computes_is_told_as_settings_decide_it(start, home, gguf):
    """Before it is loaded the answer is of a rule, afterwards of the worker: they are the same."""
    cases = {"plain": ({}, "own"),
             "small": ({"cache_type_k": "q8_0", "cache_type_v": "q8_0"}, "own"),
             "brief": ({"cache_type_k": "bf16", "cache_type_v": "bf16"}, "own"),
             "wide": ({"cache_type_k": "f32", "cache_type_v": "f32"}, "own"),
             "mixed": ({"cache_type_k": "q8_0"}, "libllama"),
             "five": ({"cache_type_k": "q5_0", "cache_type_v": "q5_0"}, "libllama"),
             "shared": ({"cache_shared": "true"}, "libllama"),
             "asked": ({"compute": "libllama"}, "libllama")}
    for name, (settings, _) in cases.items():
        sets = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
        done = cli("install", f"file:{gguf}", "--name", name, *sets, home=home)
        assert done.returncode == 0, done.stderr
    assert re.search(r"computes +libllama\n", cli("show", "mixed", home=home).stdout), "no server runs"
    server = start(env={"HEARTH_CONTEXT": 256})
    for name, (_, expected) in cases.items():
        assert shown(server, name) == expected
        answer = server.post("/v1/completions", {"model": name, "max_tokens": 1, "prompt": "Hi"})
        assert answer.status == 200, answer.text
        assert answer.json()["system_fingerprint"].split("_")[2] == expected
        assert shown(server, name).split(",")[0] == expected
        [process] = [row for row in server.get("/admin/ps").json()["models"] if row["name"] == name]
        assert process["compute"] == shown(server, name)
    log = server.log
    assert log.count("libllama computes this model") == 3, "not where it was asked for"
    assert "our own decoder does not have one KV cache for all sequences" in log
    assert log.count("does not have a KV cache of another type") == 2


def test_vectors_of_a_decoder_have_the_prompts_of_its_definition(start, home, gguf):
    prompts = {"query": "Instruct: find what answers.\nQuery: ", "passage": "Passage: "}
    done = cli("install", f"file:{gguf}", "--name", "m", "--set", "pooling=last", "--set",
               "prompts=" + json.dumps(prompts), "--set", "default_prompt=passage", "--set",
               "context=128", home=home)
    assert done.returncode == 0, done.stderr
    server = start()

    def vector(text, status=200, **rest):
        answer = server.post("/v1/embeddings", {"model": "m", "input": text, **rest})
        assert answer.status == status, answer.text
        return answer.json()["data"][0]["embedding"] if status == 200 else answer.text
    facts = server.get("/v1/models/m").json()["hearth"]
    assert (facts["prompts"], facts["default_prompt"], facts["loaded"]) == (prompts, "passage", False)
    for name, prompt in prompts.items():
        assert vector("a cat", prompt_name=name) == vector(prompt + "a cat", prompt_name="")
    assert vector("a cat") == vector("a cat", prompt_name="passage") != vector("a cat", prompt_name="")
    assert "it has query, passage" in vector("a cat", 400, prompt_name="document")
    facts = server.get("/v1/models/m").json()["hearth"]
    assert (facts["prompts"], facts["default_prompt"], facts["loaded"]) == (prompts, "passage", True)
    # A running server takes them as the command without one does.
    done = server.cli("install", f"file:{gguf}", "--name", "n", "--set", "prompts=" + json.dumps(prompts))
    assert done.returncode == 0, done.stderr
    assert server.get("/v1/models/n").json()["hearth"]["prompts"] == prompts
    # What is cut away is of the text.
    start_cut = vector("a cat " * 200 + "sat", prompt_name="query", truncate="start")
    assert start_cut != vector("a cat " * 200 + "sat", prompt_name="", truncate="start")


def children(pid):
    text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def threads_of(pid):
    return sorted(path.joinpath("comm").read_text().strip()
                  for path in pathlib.Path(f"/proc/{pid}/task").iterdir())


def rss_mb(pid):
    found = re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
    return int(found.group(1)) / 1024


@pytest.mark.parametrize("threads", [1, 3])
def test_a_worker_has_the_threads_that_it_was_given_and_no_others(start, own_home, threads):
    server = serve(start, threads=threads, batch=64)
    ask(server, 1)
    worker, = children(server.pid)
    named = threads_of(worker)
    # The loop's, the lane that prepares, and those that compute, of which one is the engine's own.
    assert len(named) == 2 + threads, named


def test_a_context_takes_memory_only_where_it_is_used(start, own_home):
    if SLOW > 1:
        pytest.skip("a sanitizer has memory of its own")
    server = serve(start, threads=2, batch=512, HEARTH_CONTEXT=8192, HEARTH_SLOTS=8)
    ask(server, 1, words=5, tokens=2)
    worker, = children(server.pid)
    before = rss_mb(worker)
    planned = sum(server.get("/admin/ps").json()["models"][0]["memory_plan"].values()) / 2**20
    assert before < 350 < planned, (before, planned)
    # 23 KB for each token (30 layers, 3 heads of 64, keys and values in f16), in pages of 32.
    ask(server, 2, words=2500, tokens=2)
    grown = rss_mb(worker) - before
    assert 2500 * 0.0225 < grown < 2500 * 0.0225 * 2 + 60, grown
