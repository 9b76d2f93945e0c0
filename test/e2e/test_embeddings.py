"""Embeddings and reranking: OpenAI's clients, what sentence-transformers computes (as reference data
in test/golden), limits, time, partial answers, caching."""
import asyncio
import base64
import concurrent.futures
import gzip
import json
import math
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import threading
import time

import openai
import pytest

from conftest import ROOT, SLOW, Server, cli, wait_for

GOLDEN = json.loads((ROOT / "test/golden/vectors.json").read_text())
ENCODERS = ROOT / "test/golden/encoder"
PROMPTS = {"query": "query: ", "passage": "passage: "}
LONG = "word " * 400


@pytest.fixture(scope="session")
def vectors(tmp_path_factory, minilm):
    """A server with minilm, small models with prompts and a cross-encoder: leave it as it was."""
    folder = tmp_path_factory.mktemp("vectors")
    prompted = folder / "prompted"
    shutil.copytree(ENCODERS / "bert", prompted)
    (prompted / "config_sentence_transformers.json").write_text(json.dumps({"prompts": PROMPTS}))
    defaulted = folder / "defaulted"
    shutil.copytree(ENCODERS / "bert", defaulted)
    (defaulted / "config_sentence_transformers.json").write_text(
        json.dumps({"prompts": PROMPTS, "default_prompt_name": "query"}))
    home = folder / "home"
    home.mkdir()
    for name, path in (("minilm", minilm), ("prompted", prompted), ("defaulted", defaulted),
                       ("cross", ENCODERS / "bert-classifier"),
                       ("labels", ENCODERS / "xlm-roberta-classifier")):
        done = cli("install", f"file:{path}", "--name", name, home=home)
        assert done.returncode == 0, done.stderr
    running = Server(home)
    yield running
    if running.process.poll() is None:
        running.stop()


def client_of(server, kind=openai.OpenAI):
    return kind(base_url=f"{server.url}/v1", api_key="none", max_retries=0, timeout=60 * SLOW)


def embed(server, input, model="minilm", headers=None, **rest):
    return server.post("/v1/embeddings", {"model": model, "input": input, **rest}, headers=headers)


def fake(server, name, script):
    answer = server.post("/models", {"name": name, "source": f"fake:{script}", "task": "embedding"})
    assert answer.status == 201, answer.text
    return name


def decoded(text):
    raw = base64.b64decode(text)
    return list(struct.unpack(f"<{len(raw) // 4}f", raw))


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b)) / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))


def error_of(answer):
    return answer.json()["error"]


# Fidelity
def test_vectors_are_those_of_sentence_transformers(vectors):
    texts = [row["text"] for row in GOLDEN["minilm"]]
    rows = embed(vectors, texts, truncate=True).json()["data"]
    for row, golden in zip(rows, GOLDEN["minilm"], strict=True):
        wanted = decoded(golden["vector"])
        assert cosine(row["embedding"], wanted) >= 0.99999, golden["text"]
        assert row["embedding"] == pytest.approx(wanted, abs=2e-5)
    assert [("truncated_tokens" in row) for row in rows] == [False] * 11 + [True]


def test_a_vector_is_the_same_to_the_last_bit_in_any_company(vectors):
    texts = [row["text"] for row in GOLDEN["minilm"]][:11]
    company = [f"{text} {i}" for i, text in enumerate(texts * 8)]
    assert vectors.delete("/admin/cache").status == 200
    many = embed(vectors, company[:40] + texts + company[40:]).json()["data"][40:51]
    for row, text in zip(many, texts, strict=True):
        assert vectors.delete("/admin/cache").status == 200  # or it would only be remembered
        assert embed(vectors, text).json()["data"][0]["embedding"] == row["embedding"]


def test_rerank_scores_are_those_of_the_cross_encoder(vectors):
    golden = GOLDEN["cross"]
    answer = vectors.post("/v1/rerank", {"model": "cross", "query": golden["query"],
                                         "documents": golden["documents"]}).json()
    assert sorted(row["index"] for row in answer["results"]) == list(range(len(golden["documents"])))
    for row in answer["results"]:
        assert row["relevance_score"] == pytest.approx(golden["scores"][row["index"]], abs=1e-5)
    scores = [row["relevance_score"] for row in answer["results"]]
    assert scores == sorted(scores, reverse=True)


# Forms of input and output
def test_floats_and_base64_are_the_same_bits(vectors):
    text = "the same bits"
    floats = embed(vectors, text, encoding_format="float").json()["data"][0]["embedding"]
    coded = embed(vectors, text, encoding_format="base64").json()["data"][0]["embedding"]
    assert struct.pack("<384f", *floats) == base64.b64decode(coded)
    assert math.isclose(sum(x * x for x in floats), 1, abs_tol=1e-5)


def test_token_ids_are_taken_as_they_are(vectors):
    text = "token ids are taken as they are"
    ids = vectors.post("/tokenize", {"model": "minilm", "content": text}).json()["tokens"]
    by_text = embed(vectors, text).json()
    by_ids = embed(vectors, ids).json()
    assert by_ids["data"] == by_text["data"]
    assert by_ids["usage"] == by_text["usage"] == {"prompt_tokens": len(ids), "total_tokens": len(ids)}
    both = embed(vectors, [ids, [ids[0], ids[-1]]]).json()
    assert both["data"][0]["embedding"] == by_text["data"][0]["embedding"]
    assert both["usage"]["prompt_tokens"] == len(ids) + 2
    assert error_of(embed(vectors, [[30522]]))["param"] == "input[0][0]"


def test_a_text_may_stand_in_an_object_and_texts_beside_token_ids(vectors):
    text = "token ids are taken as they are"
    ids = vectors.post("/tokenize", {"model": "minilm", "content": text}).json()["tokens"]
    parts = {"content": [{"type": "text", "text": text[:9]}, {"type": "text", "text": text[9:]}]}
    forms = [text, ids, {"prompt_string": text}, parts]
    single = [embed(vectors, form).json()["data"][0]["embedding"] for form in forms]
    assert single[1:] == single[:1] * 3
    assert [row["embedding"] for row in embed(vectors, forms).json()["data"]] == single
    assert error_of(embed(vectors, forms, prompt_name="query"))["param"] == "prompt_name"


def test_token_ids_of_another_model_are_refused_with_the_remedy(vectors):
    """LangChain's OpenAIEmbeddings sends ids of cl100k_base; as MiniLM's they would be other words."""
    hello, over = [9906, 11, 1917], [15339, 100256]
    bare = vectors.post("/tokenize", {"model": "minilm", "content": "a text", "add_special": False})
    for given, param in (([hello], "input[0]"), (hello, "input"), ([over], "input[0][1]"),
                         ([[101, 2054, 102], hello], "input[1]"), (bare.json()["tokens"], "input"),
                         ([101, 2054], "input"), ([2054, 102], "input"), ([101], "input")):
        answer = embed(vectors, given, encoding_format="base64")
        fault = error_of(answer)
        assert answer.status == 400 and fault["param"] == param and fault["code"] == "invalid_value", fault
        assert "check_embedding_ctx_length=False" in fault["message"]


def test_dimensions_cut_and_renormalise(vectors):
    whole = embed(vectors, "cut me").json()["data"][0]["embedding"]
    cut = embed(vectors, "cut me", dimensions=16).json()["data"][0]["embedding"]
    length = math.sqrt(sum(x * x for x in whole[:16]))
    assert cut == pytest.approx([x / length for x in whole[:16]], abs=1e-6)
    assert embed(vectors, "cut me", dimensions=384).json()["data"][0]["embedding"] == whole


def test_vectors_are_not_cut_where_the_model_s_owner_says_so(server):
    answer = server.post("/models", {"name": "whole", "source": "fake:tasks = embed; vector_length = 8",
                                     "task": "embedding", "settings": {"matryoshka": False}})
    assert answer.status == 201, answer.text
    assert embed(server, "a", model="whole").status == 200
    assert embed(server, "a", model="whole", dimensions=8).status == 200
    answer = embed(server, "a", model="whole", dimensions=4)
    assert answer.status == 400 and error_of(answer)["param"] == "dimensions"
    assert "matryoshka" in error_of(answer)["message"]


def test_two_thousand_texts_come_back_in_order(vectors):
    texts = [f"{i}" for i in range(2048)]
    answer = embed(vectors, texts, model="prompted", encoding_format="base64").json()
    assert [row["index"] for row in answer["data"]] == list(range(2048))
    for i in (0, 1, 77, 2047):
        alone = embed(vectors, texts[i], model="prompted", encoding_format="base64").json()
        assert alone["data"][0]["embedding"] == answer["data"][i]["embedding"]


def test_an_answer_without_a_cut_has_openais_members_only(vectors):
    body = embed(vectors, ["a", "b"]).json()
    assert sorted(body) == ["data", "model", "object", "usage"]
    assert all(sorted(row) == ["embedding", "index", "object"] for row in body["data"])
    assert sorted(body["usage"]) == ["prompt_tokens", "total_tokens"]


# Limits
def test_over_long_input_is_refused_with_both_numbers(vectors):
    answer = embed(vectors, ["short", LONG])
    assert answer.status == 400
    fault = error_of(answer)
    assert (fault["type"], fault["code"], fault["param"]) == \
        ("invalid_request_error", "context_length_exceeded", "input[1]")
    assert "402" in fault["message"] and "256" in fault["message"]
    assert error_of(embed(vectors, LONG))["param"] == "input"
    for value in (False, "never", None):
        assert embed(vectors, LONG, truncate=value).status == 400


def test_truncate_drops_the_end_or_the_start_and_says_so(vectors):
    text = "first " + "middle " * 300 + "last"
    for value, kept in ((True, "first " + "middle " * 253), ("end", "first " + "middle " * 253),
                        ("start", "middle " * 253 + "last")):
        body = embed(vectors, ["short", text], truncate=value).json()
        assert "truncated_tokens" not in body["data"][0]
        assert body["data"][1]["truncated_tokens"] == 48
        assert body["usage"]["truncated_tokens"] == 48
        assert body["usage"]["prompt_tokens"] == 3 + 256
        wanted = embed(vectors, kept).json()["data"][0]["embedding"]
        assert body["data"][1]["embedding"] == pytest.approx(wanted, abs=1e-6), value


@pytest.mark.parametrize("change, param, code, words", [
    (dict(input=""), "input", "invalid_value", "not empty"),
    (dict(input=["a", ""]), "input[1]", "invalid_value", "not empty"),
    (dict(input=[]), "input", "invalid_value", "0 items"),
    (dict(input=[[]]), "input[0]", "invalid_value", "0 items"),
    (dict(input=[[5], []]), "input[1]", "invalid_value", "0 items"),
    (dict(input=["a"] * 2049), "input", "invalid_value", "2,048"),
    (dict(input=[[5]] * 2049), "input", "invalid_value", "2,048"),
    (dict(input=[101] + [5] * 2046 + [102]), "input", "context_length_exceeded", "requested 2048 tokens"),
    (dict(input="word " * 60_000), "input", "context_length_exceeded", "60002"),
    (dict(input=["a", 1]), "input[1]", "invalid_type", "a string"),
    (dict(input=[1, "a"]), "input[1]", "invalid_type", "an integer"),
    (dict(input=[[1], 1]), "input[1]", "invalid_type", "token ids"),
    (dict(input=[1, [2]]), "input[1]", "invalid_type", "an integer"),
    (dict(input=[[[1]]]), "input[0][0]", "invalid_type", "an integer"),
    (dict(input=[["a"]]), "input[0][0]", "invalid_type", "an integer"),
    (dict(input=None), "input", "invalid_type", "null"),
    (dict(input=[None]), "input[0]", "invalid_type", "null"),
    (dict(input=[5, None]), "input[1]", "invalid_type", "null"),
    (dict(input=[True]), "input[0]", "invalid_type", "true"),
    (dict(input=5), "input", "invalid_type", "a text"),
    (dict(input={"text": "a"}), "input", "invalid_type", "an object"),
    (dict(input=[{"text": "a"}]), "input[0]", "invalid_type", "an object"),
    (dict(input=[1.5]), "input[0]", "invalid_type", "1.5"),
    (dict(input={"prompt_string": ""}), "input", None, ""), (dict(input={}), "input", None, ""),
    (dict(input={"content": [{"type": "image_url", "image_url": {"url": "data:"}}]}), "input", None, "text"),
    (dict(input=[[5], [1.5]]), "input[1][0]", "invalid_type", "an integer"),
    (dict(input=[-1]), "input[0]", "invalid_value", "from 0"),
    (dict(input=[[5], [6, -1]]), "input[1][1]", "invalid_value", "from 0"),
    (dict(input=[2 ** 31]), "input[0]", "invalid_value", "2,147,483,647"),
    (dict(input=[5, 6, 30522, 30523]), "input[2]", "invalid_value", "vocabulary of 30522"),
    (dict(input=[[101, 102], [6, 30522]]), "input[1][1]", "invalid_value", "vocabulary of 30522"),
    (dict(dimensions=0), "dimensions", "invalid_value", "from 1"),
    (dict(dimensions=-1), "dimensions", "invalid_value", "from 1"),
    (dict(dimensions=385), "dimensions", "invalid_value", "384"),
    (dict(dimensions=10 ** 9), "dimensions", "invalid_value", "1000000000"),
    (dict(dimensions=8.5), "dimensions", "invalid_type", "8.5"),
    (dict(dimensions="8"), "dimensions", "invalid_type", "a string"),
    (dict(encoding_format="int8"), "encoding_format", "invalid_value", '"base64"'),
    (dict(encoding_format=1), "encoding_format", "invalid_type", '"base64"'),
    (dict(truncate="middle"), "truncate", None, '"start"'),
    (dict(prompt_name="query"), "prompt_name", "invalid_value", "has none"),
    (dict(prompt_name=1), "prompt_name", "invalid_type", "a string"),
    (dict(user=1), "user", "invalid_type", "a string"),
    (dict(timeout=0), "timeout", "invalid_value", "over 0"),
    (dict(model=None), "model", "missing_required_parameter", "several models here"),
    (dict(model=""), "model", "missing_required_parameter", "several models here"),
])
def test_faults_have_openais_shape(vectors, change, param, code, words):
    answer = vectors.post("/v1/embeddings", {"model": "minilm", "input": "a", **change})
    assert answer.status == 400, answer.text
    fault = error_of(answer)
    assert sorted(fault) == ["code", "message", "param", "type"]
    assert fault["type"] == "invalid_request_error" and fault["param"] == param, fault
    assert code in (None, fault["code"]) and words in fault["message"], fault


@pytest.mark.parametrize("body", [
    b'{"model":"minilm","input":[NaN]}', b'{"model":"minilm","input":"\xff"}',
    b'{"model":"minilm","input":"\xed\xa0\x80"}', b'{"model":"minilm","input":"\\ud800"}',
    b'{"model":"minilm","input":"a\\udc00"}', b'{"model":"minilm\\u0000","input":"a"}',
    b'{"model":"minilm","input":"a","user":"\\u0000"}', b'{"model":"minilm","input":"a","prompt_name":"\\u0000x"}',
    b'{"model":"minilm","in\\u0000put":"a"}', b'"\\u0000"', b'["\\u0000"]',
    b'{"model":"minilm","input":"a","input":"b"}', b'{"model":"minilm","input":"a"} x',
    b'{"model":"minilm","input":' + b"[" * 5000 + b"]" * 5000 + b"}",
    b'{"model":"minilm","input":[1180591620717411303424]}', b'[1]', b'null', b""])
def test_what_is_no_object_of_utf8_texts_is_refused(vectors, body):
    answer = vectors.post("/v1/embeddings", body)
    assert answer.status == 400, answer.text
    fault = error_of(answer)
    assert sorted(fault) == ["code", "message", "param", "type"]
    assert fault["type"] == "invalid_request_error" and fault["message"] and "''" not in fault["message"]


def test_a_text_with_a_null_character_is_what_the_reference_makes_of_it(vectors):
    """BertNormalizer takes it away."""
    whole, without = embed(vectors, "a\0 b\0c").json(), embed(vectors, "a bc").json()
    assert whole["data"] == without["data"] and whole["usage"] == without["usage"]
    assert embed(vectors, ["\\u0000", "x\0"]).status == 200
    ids = [vectors.post("/tokenize", {"model": "minilm", "content": text}).json()["tokens"]
           for text in ("a\0 b\0c", "a bc")]
    assert ids[0] == ids[1]
    ranked = vectors.post("/v1/rerank", {"model": "cross", "query": "q\0", "return_documents": True,
                                         "documents": ["a\0b", {"text": "\0c"}]})
    assert ranked.status == 200, ranked.text
    shown = {row["index"]: row["document"]["text"] for row in ranked.json()["results"]}
    assert shown == {0: "a\0b", 1: "\0c"}


def test_an_unknown_model_is_404(vectors):
    answer = embed(vectors, "a", model="absent")
    assert answer.status == 404 and error_of(answer)["code"] == "model_not_found"
    assert error_of(embed(vectors, "a", model="cross"))["param"] == "model"


# What a model is
def test_a_model_says_what_it_is_before_it_is_loaded_and_after(start, home, minilm):
    done = cli("install", f"file:{minilm}", "--name", "minilm", home=home)
    assert done.returncode == 0, done.stderr
    server = start()
    before = server.get("/v1/models/minilm").json()["hearth"]
    assert not before["loaded"]
    assert (before["token_limit"], before["dimensions"], before["pooling"], before["normalized"],
            before["precision"], before["tasks"]) == \
        (256, 384, "mean", True, "f32", ["embed", "tokenize"])
    assert embed(server, "load it").status == 200
    after = server.get("/v1/models/minilm").json()["hearth"]
    told = {"loaded": True, "adapters": [], "system_fingerprint": after["system_fingerprint"]}
    assert after == {**before, **told}
    assert after["system_fingerprint"].startswith("fp_")
    assert "hearth" not in server.get("/v1/models").json()["data"][0]


def test_a_model_s_own_truncate_dim_is_the_default_that_a_request_may_overrule(start, home, tmp_path):
    folder = tmp_path / "short"
    shutil.copytree(ENCODERS / "bert", folder)
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"truncate_dim": 16}))
    done = cli("install", f"file:{folder}", "--name", "short", home=home)
    assert done.returncode == 0, done.stderr
    server = start()
    for _ in range(2):  # not loaded, loaded
        told = server.get("/v1/models/short").json()["hearth"]
        assert (told["dimensions"], told["max_dimensions"]) == (16, 48)
        default = embed(server, "abc", model="short").json()["data"][0]["embedding"]
        assert default == embed(server, "abc", model="short",
                                dimensions=16).json()["data"][0]["embedding"]
        assert len(default) == 16 and sum(x * x for x in default) == pytest.approx(1, abs=1e-5)
        for asked in (48, 20, 8):
            row = embed(server, "abc", model="short", dimensions=asked).json()["data"][0]
            assert len(row["embedding"]) == asked
        assert len(decoded(embed(server, "abc", model="short", encoding_format="base64")
                           .json()["data"][0]["embedding"])) == 16
        answer = server.post("/infer/short", {"input": ["abc"]}).json()
        assert answer["result"] == [default] and answer["metadata"]["dimensions"] == 16
    server.post("/admin/models/short/unload", {})
    assert embed(server, "abc", model="short").json()["data"][0]["embedding"] == default


def patched(folder, base, file, patch):
    shutil.copytree(ENCODERS / base, folder)
    (folder / file).write_text(json.dumps({**json.loads((folder / file).read_text()), **patch}))
    return folder


def test_what_no_engine_serves_is_told_at_its_install_and_to_who_asks_it(start, home, tmp_path):
    folder = patched(tmp_path / "other", "bert", "config.json", {"model_type": "gpt2"})
    done = cli("install", f"file:{folder}", "--name", "other", home=home)
    assert done.returncode == 0 and "installed other:1" in done.stdout
    assert "warning: other:1 cannot be served" in done.stderr and '"gpt2"' in done.stderr
    server = start()
    done = cli("install", f"file:{folder}", "--name", "more", "--json", home=home)
    assert '"gpt2"' in json.loads(done.stdout)["installed"][0]["warning"]
    for name in ("other", "more"):
        assert '"gpt2"' in server.get(f"/v1/models/{name}").json()["hearth"]["reason"]
        answer = embed(server, "a", model=name)
        assert answer.status == 501 and '"gpt2"' in error_of(answer)["message"]


def test_a_broken_folder_is_not_installed(server, tmp_path):
    broken = patched(tmp_path / "broken", "bert", "tokenizer.json",
                     {"post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 96],
                                         "cls": ["[CLS]", 2]}})
    lacking = tmp_path / "lacking"
    shutil.copytree(ENCODERS / "bert", lacking)
    (lacking / "model.safetensors.index.json").write_text(
        json.dumps({"weight_map": {"a": "model-00001-of-00002.safetensors"}}))
    shapeless = patched(tmp_path / "shapeless", "bert", "config.json", {"intermediate_size": 81})
    for folder, says in ((broken, "token ids up to 96"), (shapeless, "its shape is not"),
                         (lacking, "model-00001-of-00002.safetensors")):
        answer = server.post("/models", {"name": folder.name, "source": f"file:{folder}"})
        assert answer.status == 422, answer.text
        [field] = answer.json()["fields"]
        assert field["field"] == "source" and says in field["message"], field
        assert not field["message"].startswith("1:")
        assert server.get(f"/models/{folder.name}").status == 404


def test_faults_of_a_model_s_settings_are_its_owner_s(server):
    answer = server.post("/models", {"name": "bound", "source": "fake:tasks = embed",
                                     "task": "embedding"})
    assert answer.status == 201, answer.text
    answer = server.request("PATCH", "/models/bound", {"settings": {"affinity": "zzz"}})
    assert answer.status == 422, answer.text
    [field] = answer.json()["fields"]
    assert "affinity" in field["field"] and "0-3;4-7" in field["expected"]
    answer = server.request("PATCH", "/models/bound", {"settings": {"affinity": "1022-1023"}})
    assert answer.status == 200, answer.text
    answer = embed(server, "a", model="bound")
    assert answer.status == 500 and error_of(answer)["code"] == "model_broken"
    assert "may not use" in error_of(answer)["message"]


def test_prompts_are_told_and_applied(vectors):
    assert vectors.get("/v1/models/prompted").json()["hearth"]["prompts"] == PROMPTS
    named = embed(vectors, "abc", model="prompted", prompt_name="query").json()
    spelt = embed(vectors, "query: abc", model="prompted").json()
    assert named["data"] == spelt["data"] and named["usage"] == spelt["usage"]
    assert named["data"] != embed(vectors, "abc", model="prompted").json()["data"]
    fault = error_of(embed(vectors, [[5, 6]], model="prompted", prompt_name="query"))
    assert fault["param"] == "prompt_name"
    fault = error_of(embed(vectors, "abc", model="prompted", prompt_name="document"))
    assert "query" in fault["message"] and "passage" in fault["message"]


def test_a_default_prompt_is_told_and_applied(vectors):
    assert vectors.get("/v1/models/prompted").json()["hearth"]["default_prompt"] is None
    assert vectors.get("/v1/models/defaulted").json()["hearth"]["default_prompt"] == "query"
    named = embed(vectors, "abc", model="defaulted", prompt_name="query").json()
    plain = embed(vectors, "abc", model="prompted").json()
    assert named["data"] != plain["data"]
    for ask in ({}, {"prompt_name": None}):
        body = embed(vectors, ["abc"], model="defaulted", **ask).json()
        assert body["data"] == named["data"] and body["usage"] == named["usage"]
    none = embed(vectors, "abc", model="defaulted", prompt_name="").json()
    assert none["data"] == plain["data"] and none["usage"] == plain["usage"]
    assert none["data"] == embed(vectors, "abc", model="prompted", prompt_name="").json()["data"]
    ids = vectors.post("/tokenize", {"model": "defaulted", "content": "abc"}).json()["tokens"]
    assert embed(vectors, ids, model="defaulted").json()["data"] == plain["data"]
    assert vectors.post("/infer/defaulted", {"input": "abc"}).json()["result"] == \
        named["data"][0]["embedding"]


def test_a_prompt_stays_when_the_start_is_cut(vectors):
    letters = " ".join("abcdefghij" * 10)
    body = embed(vectors, letters, model="prompted", prompt_name="query", truncate="start").json()
    cut = body["data"][0]["truncated_tokens"]
    assert body["usage"] == {"prompt_tokens": 80, "total_tokens": 80, "truncated_tokens": cut}
    rest = "query: " + letters[2 * cut:]
    assert body["data"][0]["embedding"] == pytest.approx(
        embed(vectors, rest, model="prompted").json()["data"][0]["embedding"], abs=1e-6)


def test_token_ids_that_are_cut_keep_their_special_tokens(vectors):
    ids = vectors.post("/tokenize", {"model": "minilm", "content": LONG}).json()["tokens"]
    for side in ("end", "start"):
        body = embed(vectors, [ids], truncate=side).json()
        assert [row["truncated_tokens"] for row in body["data"]] == [146]
        text = embed(vectors, LONG, truncate=side).json()
        assert body["data"][0]["embedding"] == text["data"][0]["embedding"], side


# Reranking
def test_rerank_takes_objects_and_gives_the_best(vectors):
    documents = ["z", {"text": "how do cats land"}, "dogs", "z"]
    ask = {"model": "cross", "query": "how do cats land", "documents": documents}
    whole = vectors.post("/v1/rerank", ask).json()
    assert whole["id"].startswith("rerank-") and len(whole["results"]) == 4
    assert whole["usage"]["total_tokens"] > 0 and "document" not in whole["results"][0]
    order = [row["index"] for row in whole["results"]]
    assert order.index(0) < order.index(3)  # equal scores: by place
    best = vectors.post("/v1/rerank", {**ask, "top_n": 2, "return_documents": True}).json()
    assert [row["index"] for row in best["results"]] == order[:2]
    for row in best["results"]:
        text = documents[row["index"]]
        assert row["document"] == (text if isinstance(text, dict) else {"text": text})
    raw = vectors.post("/v1/rerank", {**ask, "raw_scores": True}).json()
    for a, b in zip(whole["results"], raw["results"], strict=True):
        assert a["relevance_score"] == pytest.approx(1 / (1 + math.exp(-b["relevance_score"])), abs=1e-6)


def test_rerank_refuses_what_is_no_reranker(vectors):
    ask = {"query": "a", "documents": ["b"]}
    for model, word in (("minilm", "embeddings"), ("labels", "3 scores")):
        answer = vectors.post("/v1/rerank", {"model": model, **ask})
        assert answer.status == 400 and error_of(answer)["param"] == "model"
        assert word in error_of(answer)["message"]
    for change, param in (({"documents": []}, "documents"), ({"query": ""}, "query"),
                          ({"top_n": 0}, "top_n"), ({"documents": [{"txt": "a"}]}, "documents[0].text")):
        answer = vectors.post("/v1/rerank", {"model": "cross", **ask, **change})
        assert answer.status == 400 and error_of(answer)["param"] == param, answer.text


def test_rerank_names_the_document_that_is_too_long(vectors):
    ask = {"model": "cross", "query": "a", "documents": ["b", "c " * 200]}
    fault = error_of(vectors.post("/v1/rerank", ask))
    assert fault["param"] == "documents[1]" and "80" in fault["message"]
    cut = vectors.post("/v1/rerank", {**ask, "truncate": True}).json()
    [row] = [row for row in cut["results"] if row["index"] == 1]
    assert row["truncated_tokens"] == cut["usage"]["truncated_tokens"] > 100
    shorter = vectors.post("/v1/rerank", {**ask, "documents": ["b", "c " * (200 - row["truncated_tokens"])]})
    [same] = [row for row in shorter.json()["results"] if row["index"] == 1]
    assert same["relevance_score"] == pytest.approx(row["relevance_score"], abs=1e-6)
    fault = error_of(vectors.post("/v1/rerank", {**ask, "query": "q " * 100, "truncate": True}))
    assert fault["code"] == "context_length_exceeded" and fault["param"] == "documents[0]"


# Classification
def test_a_classifier_tells_labels_with_probabilities(vectors):
    answer = vectors.post("/infer/labels", {"input": ["a", "b c d e"]})
    assert answer.status == 200, answer.text
    body = answer.json()
    assert body["metadata"]["task"] == "classify" and body["metadata"]["labels"] == 3
    assert len(body["result"]) == 2
    for rows in body["result"]:
        assert {row["label"] for row in rows} == {"LABEL_0", "LABEL_1", "LABEL_2"}
        scores = [row["score"] for row in rows]
        assert scores == sorted(scores, reverse=True) and math.isclose(sum(scores), 1, abs_tol=1e-6)
    alone = vectors.post("/infer/labels", {"input": "a"}).json()["result"]
    assert alone == body["result"][0] != body["result"][1]
    assert vectors.get("/v1/models/labels").json()["hearth"]["tasks"] == ["classify", "tokenize"]
    assert vectors.post("/infer/labels", {"input": {"messages": [{"role": "user", "content": "x"}]}}).status == 400


# Time
def test_a_time_limit_is_504_and_frees_the_work(server):
    fake(server, "slow", "tasks = embed; prefill_us = 100000")
    assert embed(server, "x", model="slow").status == 200
    for headers, body in (({"X-Request-Timeout": "300ms"}, {}), ({"X-Request-Timeout": "0.3"}, {}),
                          ({}, {"timeout": 0.3}), ({"X-Request-Timeout": "60"}, {"timeout": 0.3})):
        started = time.monotonic()
        texts = [f"many {i} {started} " * 20 for i in range(50)]
        answer = embed(server, texts, model="slow", headers=headers, **body)
        assert answer.status == 504 and error_of(answer)["code"] == "timeout", answer.text
        assert time.monotonic() - started < 10 * SLOW
        wait_for(lambda: server.metric("hearth_requests_running", model="slow:1") == 0, 30, "the end")
        wait_for(lambda: server.metric("hearth_slots_busy", model="slow:1") == 0, 30, "free slots")
    answer = embed(server, "x", model="slow", headers={"X-Request-Timeout": "soon"})
    assert answer.status == 400 and error_of(answer)["param"] == "X-Request-Timeout"


def test_the_header_counts_for_chats_too(server):
    fake(server, "talks", "reply = " + "w " * 500 + "; token_us = 20000")
    answer = server.post("/v1/chat/completions", {"model": "talks", "messages": [
        {"role": "user", "content": "x"}]}, headers={"X-Request-Timeout": "500ms"})
    assert answer.status == 504, answer.text


def test_a_partial_answer_has_what_was_done_by_then(server):
    fake(server, "slow", "tasks = embed; prefill_us = 20000; vector_length = 4")
    assert embed(server, "warm", model="slow").status == 200
    answer = embed(server, [f"text {i}" for i in range(400)], model="slow", partial=True, timeout=1.5)
    assert answer.status == 200, answer.text
    body = answer.json()
    assert [row["index"] for row in body["data"]] == list(range(400))
    done = [row for row in body["data"] if row["embedding"]]
    missing = [row for row in body["data"] if row["embedding"] is None]
    assert done and missing and body["missing"] == len(missing)
    assert all(row["error"]["code"] == "timeout" for row in missing)
    assert not any("error" in row for row in done)
    assert "Etag" not in answer.headers
    wait_for(lambda: server.metric("hearth_requests_running", model="slow:1") == 0, 30, "the end")


@pytest.mark.parametrize("rest", ({}, {"dimensions": 2}, {"encoding_format": "base64"}))
def test_a_partial_answer_may_lack_every_vector(server, rest):
    fake(server, "slow", "tasks = embed; prefill_us = 20000; vector_length = 4")
    assert embed(server, "warm", model="slow").status == 200
    for input, count in (("words " * 200, 1), (["words " * 200, "words " * 201], 2)):
        answer = embed(server, input, model="slow", partial=True, timeout=0.2, **rest)
        assert answer.status == 200, answer.text
        body = answer.json()
        assert body["missing"] == len(body["data"]) == count
        assert [row["index"] for row in body["data"]] == list(range(count))
        assert all(row["embedding"] is None and row["error"]["code"] == "timeout"
                   for row in body["data"])
        assert body["usage"] == {"prompt_tokens": 0, "total_tokens": 0}
        assert "Etag" not in answer.headers
        assert embed(server, input, model="slow", timeout=0.2, **rest).status == 504


def test_what_keeps_the_model_from_serving_is_the_answer_also_with_partial(server):
    fake(server, "broken", "tasks = embed; load_fails = yes")
    for partial in (False, True):
        answer = embed(server, ["a", "b"], model="broken", partial=partial)
        assert answer.status >= 500 and error_of(answer)["message"], answer.text


def test_a_partial_answer_marks_the_faulty_input(vectors):
    body = embed(vectors, ["a", LONG, "b"], partial=True).json()
    assert [row["embedding"] is None for row in body["data"]] == [False, True, False]
    assert body["data"][1]["error"]["code"] == "context_length_exceeded" and body["missing"] == 1
    body = embed(vectors, [LONG, LONG], partial=True).json()
    assert [row["error"]["code"] for row in body["data"]] == ["context_length_exceeded"] * 2
    client = client_of(vectors)
    answer = client.embeddings.create(model="minilm", input=[LONG, "a"], extra_body={"partial": True})
    assert answer.data[0].embedding is None and len(answer.data[1].embedding) == 384


# Fairness
@pytest.mark.once
@pytest.mark.alone
def test_a_single_text_does_not_wait_for_a_long_list(server):
    fake(server, "slow", "tasks = embed; prefill_us = 1000; vector_length = 4")
    assert embed(server, "warm", model="slow").status == 200
    ended = threading.Event()
    queued = []

    def list_of_2048():
        answer = embed(server, [f"one two {i}" for i in range(2048)], model="slow")
        ended.set()
        return answer.status

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        work = pool.submit(list_of_2048)
        wait_for(lambda: server.metric("hearth_requests_running", model="slow:1") > 0, 30, "the list")
        waits = []
        for i in range(10):
            started = time.monotonic()
            assert embed(server, f"single {i}", model="slow").status == 200
            waits.append(time.monotonic() - started)
            queued.append(server.metric("hearth_queue_depth", model="slow:1"))
        assert not ended.is_set(), "the list was too short to tell"
        assert max(waits) < 2 * SLOW, waits
        assert max(queued) <= 64
        assert work.result() == 200


def test_many_lists_keep_nobody_out(server):
    fake(server, "slow", "tasks = embed; prefill_us = 100; vector_length = 4")
    assert embed(server, "warm", model="slow").status == 200
    start = threading.Barrier(24)

    def ask(number):
        start.wait(30)
        texts = [f"text {number} {i}" for i in range(256)] if number < 12 else f"single {number}"
        return embed(server, texts, model="slow").status

    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        assert list(pool.map(ask, range(24))) == [200] * 24


def test_a_model_s_queue_follows_its_settings(server):
    fake(server, "slow", "tasks = embed; prefill_us = 100000; vector_length = 4")
    assert embed(server, "warm", model="slow").status == 200

    def statuses(count):
        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            answers = pool.map(lambda i: embed(server, f"text {count} {i}", model="slow"), range(count))
            return sorted(answer.status for answer in answers)

    assert statuses(8) == [200] * 8
    changed = server.request("PATCH", "/models/slow", {"settings": {"queue_max": 1, "slots": 1}})
    assert changed.status == 200, changed.text
    assert server.post("/admin/models/slow/unload").status == 200
    assert statuses(16)[-1] == 503


# Caching and compression
def test_the_same_request_has_the_same_tag_and_is_304(vectors):
    first = embed(vectors, "tag me")
    tag = first.headers["ETag"]
    assert tag.startswith('"') and first.headers["Cache-Control"] == "private, no-cache"
    assert embed(vectors, "tag me", user="somebody").headers["ETag"] == tag
    for other in (dict(dimensions=8), dict(encoding_format="base64"), dict(truncate="end")):
        assert embed(vectors, "tag me", **other).headers["ETag"] != tag
    assert embed(vectors, ["tag me"]).headers["ETag"] != tag
    assert embed(vectors, "tag  me").headers["ETag"] != tag
    for given in (tag, f"W/{tag}", f'"x", {tag}'):
        answer = embed(vectors, "tag me", headers={"If-None-Match": given})
        assert answer.status == 304 and answer.body == b"" and answer.headers["ETag"] == tag
    for given in ('"x"', "*"):
        assert embed(vectors, "tag me", headers={"If-None-Match": given}).status == 200
    assert embed(vectors, LONG, headers={"If-None-Match": "*"}).status == 400
    assert "ETag" not in embed(vectors, "").headers


def test_a_tag_is_that_of_the_settings_that_computed_not_of_those_that_were_set_since(start, home, minilm):
    done = cli("install", f"file:{minilm}", "--name", "minilm", home=home)
    assert done.returncode == 0, done.stderr
    server = start()

    def get(tag="none"):
        return embed(server, "tag me", headers={"If-None-Match": f'"{tag}"'})

    first = get()
    changed = server.request("PATCH", "/models/minilm", {"settings": {"precision": "int8"}})
    assert changed.status == 200, changed.text
    same = get()  # the worker is the old one still
    assert same.body == first.body and same.headers["ETag"] == first.headers["ETag"]
    assert get(first.headers["ETag"][1:-1]).status == 304
    assert server.post("/admin/models/minilm/unload").status == 200
    other = get(first.headers["ETag"][1:-1])
    assert other.status == 200 and other.body != first.body
    assert other.headers["ETag"] != first.headers["ETag"]
    assert get(other.headers["ETag"][1:-1]).status == 304
    assert server.post("/admin/models/minilm/unload").status == 200
    assert get(other.headers["ETag"][1:-1]).status == 304  # it would be the same again
    assert get(first.headers["ETag"][1:-1]).status == 200


def test_answers_of_any_size_are_gzip_for_who_takes_it(vectors):
    for count in (2, 300):
        texts = [f"number {i}" for i in range(count)]
        plain = embed(vectors, texts)
        packed = embed(vectors, texts, headers={"Accept-Encoding": "gzip"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert gzip.decompress(packed.body) == plain.body and len(packed.body) < len(plain.body)
        tag = packed.headers["ETag"]
        assert tag == plain.headers["ETag"][:-1] + '-gzip"'
        assert embed(vectors, texts, headers={"If-None-Match": tag}).status == 304
        dense = embed(vectors, texts, encoding_format="base64", headers={"Accept-Encoding": "gzip"})
        assert "Content-Encoding" not in dense.headers


# Clients
def test_the_openai_client_sync(vectors):
    client = client_of(vectors)
    answer = client.embeddings.create(model="minilm", input=["one", "two"])
    assert [row.index for row in answer.data] == [0, 1] and len(answer.data[0].embedding) == 384
    floats = client.embeddings.create(model="minilm", input="one", encoding_format="float", user="u")
    assert floats.data[0].embedding == pytest.approx(answer.data[0].embedding, abs=1e-7)
    assert floats.usage.prompt_tokens == 3
    with pytest.raises(openai.BadRequestError) as caught:
        client.embeddings.create(model="minilm", input=LONG)
    assert caught.value.code == "context_length_exceeded" and caught.value.param == "input"
    cut = client.embeddings.create(model="minilm", input=LONG, extra_body={"truncate": "end"})
    assert cut.usage.prompt_tokens == 256


def test_the_openai_client_async(vectors):
    async def run():
        async with client_of(vectors, openai.AsyncOpenAI) as client:
            return await asyncio.gather(*(client.embeddings.create(model="minilm", input=f"text {i}")
                                          for i in range(32)))
    answers = asyncio.run(run())
    assert len({tuple(answer.data[0].embedding) for answer in answers}) == 32


def test_the_node_client(vectors):
    modules = pathlib.Path(os.environ.get("HEARTH_NODE_MODULES",
                                          os.environ.get("NODE_PATH", ROOT / "build/node/node_modules")))
    if not (modules / "openai").exists():
        pytest.skip("the openai package for Node is not installed (scripts/test does that)")
    done = subprocess.run(["node", ROOT / "test/e2e/node/embeddings.mjs", vectors.url, str(modules)],
                          capture_output=True, text=True, timeout=120 * SLOW)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip() == "ok"


def test_langchain(vectors):
    langchain = pytest.importorskip("langchain_openai")
    embeddings = langchain.OpenAIEmbeddings(model="minilm", base_url=f"{vectors.url}/v1",
                                            api_key="none", check_embedding_ctx_length=False)
    rows = embeddings.embed_documents(["a cat on a mat", "stock markets fell"])
    query = embeddings.embed_query("a kitten on a rug")
    assert cosine(query, rows[0]) > cosine(query, rows[1]) + 0.2


def test_llama_index(vectors):
    llama_index = pytest.importorskip("llama_index.embeddings.openai")
    embeddings = llama_index.OpenAIEmbedding(model_name="minilm", api_base=f"{vectors.url}/v1",
                                             api_key="none")
    rows = embeddings.get_text_embedding_batch(["a cat on a mat", "stock markets fell"])
    query = embeddings.get_query_embedding("a kitten on a rug")
    assert cosine(query, rows[0]) > cosine(query, rows[1]) + 0.2


# Examples
def run_example(server, name, *arguments):
    done = subprocess.run([sys.executable, ROOT / "examples" / name, "--url", f"{server.url}/v1",
                           *arguments], capture_output=True, text=True, timeout=300 * SLOW)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.mark.once
def test_the_semantic_search_example_finds_what_is_meant(vectors):
    for query, word in (("a feline rests", "cat"), ("monetary policy", "interest rates"),
                        ("how long dough stays in the oven", "bread")):
        first = run_example(vectors, "semantic_search.py", "--query", query).stdout.splitlines()[0]
        assert first.startswith("1. ") and word in first


@pytest.mark.once
def test_the_rag_example_indexes_finds_and_reranks(vectors):
    count = 2000 if SLOW == 1 else 300  # a sanitizer's build computes ten times slower
    done = run_example(vectors, "rag.py", "--passages", str(count), "--question",
                       "Which setting changes the TCP port?")
    assert f"{count} passages indexed" in done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 5 and any("port" in line.lower() for line in lines[:3]), done.stdout
    again = run_example(vectors, "rag.py", "--passages", "300", "--reranker", "cross", "--question",
                        "Which setting changes the TCP port?").stdout
    scores = [float(line.split()[1]) for line in again.splitlines()]
    assert len(scores) == 5 and scores != sorted(scores, reverse=True), "the reranker has an order of its own"
