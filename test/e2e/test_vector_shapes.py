"""Vectors, ranks, scores and labels in the shapes of other servers: TEI, Cohere, Jina, vLLM."""
import math

import pytest

from conftest import Server, cli, write_fake

DOCUMENTS = ["on their feet", "on the moon", "with grace"]


@pytest.fixture(scope="module")
def server(tmp_path_factory, gguf):
    folder = tmp_path_factory.mktemp("shapes")
    home = folder / "home"
    home.mkdir()
    scripts = {"embeds": (dict(tasks="embed", vector_length=16, context=32), ()),
               "cuts": (dict(tasks="embed", vector_length=16, context=32), ("--set", "truncate=end")),
               "ranks": (dict(tasks="score", context=64), ()),
               "sorts": (dict(tasks="score", labels=3), ())}
    for name, (script, rest) in scripts.items():
        done = cli("install", f"fake:{write_fake(folder / name, **script)}", "--name", name, *rest, home=home)
        assert done.returncode == 0, done.stderr
    done = cli("install", f"file:{gguf}", "--name", "smollm2", "--set", "pooling=last", home=home)
    assert done.returncode == 0, done.stderr
    running = Server(home)
    yield running
    running.end()


def ask(server, path, status=200, **body):
    answer = server.post(path, body)
    assert answer.status == status, answer.text
    return answer.json()


def vectors_of(server, texts, model="embeds", **rest):
    return [row["embedding"] for row in ask(server, "/v1/embeddings", model=model, input=texts, **rest)["data"]]


def test_tei_gets_bare_vectors(server):
    wanted = vectors_of(server, DOCUMENTS)
    assert ask(server, "/embed", model="embeds", inputs=DOCUMENTS) == wanted
    assert ask(server, "/embed", model="embeds", inputs=DOCUMENTS[0], normalize=True, truncate=False) == wanted[:1]
    cut = ask(server, "/embed", model="embeds", inputs=DOCUMENTS[0], dimensions=4)
    assert len(cut[0]) == 4 and math.isclose(sum(x * x for x in cut[0]), 1, abs_tol=1e-5)


def test_teis_truncation_has_a_direction(server):
    long = " ".join(f"w{i}" for i in range(100))
    assert "context" in ask(server, "/embed", 400, model="embeds", inputs=long)["error"]["message"]
    ends = {side: ask(server, "/embed", model="embeds", inputs=long, truncate=True, truncation_direction=side)
            for side in ("Left", "Right")}
    assert ends["Right"] == vectors_of(server, [long], truncate="end")
    assert ends["Left"] == vectors_of(server, [long], truncate="start") != ends["Right"]


def test_cohere_gets_vectors_by_type(server):
    answer = ask(server, "/v2/embed", model="embeds", texts=DOCUMENTS, input_type="search_document", embedding_types=["float"])
    assert answer["embeddings"]["float"] == vectors_of(server, DOCUMENTS)
    assert answer["id"] and answer["response_type"] == "embeddings_by_type"
    assert answer["meta"]["billed_units"]["input_tokens"] > 0
    ask(server, "/v2/embed", 400, model="embeds", texts=DOCUMENTS, embedding_types=["int8"])


def test_a_models_setting_says_what_becomes_of_long_texts(server):
    long = " ".join(f"w{i}" for i in range(100))
    assert vectors_of(server, [long], model="cuts") == vectors_of(server, [long], truncate="end")
    # A request may still want to know.
    ask(server, "/v1/embeddings", 400, model="cuts", input=long, truncate="never")
    assert vectors_of(server, [long], model="cuts", truncate="start") == vectors_of(server, [long], truncate="start")
    assert ask(server, "/embed", model="cuts", inputs=long) == vectors_of(server, [long], truncate="end")
    wrong = server.post("/models", {"name": "wrong", "source": "fake:echo", "settings": {"truncate": "middle"}})
    assert wrong.status == 422 and "truncate" in wrong.text


def test_rerank_speaks_as_it_is_spoken_to(server):
    usual = ask(server, "/v1/rerank", model="ranks", query="cats", documents=DOCUMENTS)
    order = [(row["index"], row["relevance_score"]) for row in usual["results"]]
    assert sorted(index for index, _ in order) == [0, 1, 2] and usual["meta"]["api_version"]["version"] == "2"
    tei = ask(server, "/rerank", model="ranks", query="cats", texts=DOCUMENTS)
    assert [(row["index"], row["score"]) for row in tei] == order and all(sorted(row) == ["index", "score"] for row in tei)
    told = ask(server, "/rerank", model="ranks", query="cats", texts=DOCUMENTS, return_text=True, raw_scores=True)
    assert [row["text"] for row in told] == [DOCUMENTS[index] for index, _ in order]
    assert math.isclose(1 / (1 + math.exp(-told[0]["score"])), order[0][1], rel_tol=1e-5)
    cohere = ask(server, "/v2/rerank", model="ranks", query="cats", documents=DOCUMENTS, top_n=2, max_tokens_per_doc=4096)
    assert [(row["index"], row["relevance_score"]) for row in cohere["results"]] == order[:2]
    jina = ask(server, "/v1/rerank", model="ranks", query="cats", documents=[{"text": text} for text in DOCUMENTS],
               return_documents=True, top_n=3)
    assert [row["document"]["text"] for row in jina["results"]] == [DOCUMENTS[index] for index, _ in order]
    for body in {}, {"documents": []}, {"texts": []}:
        assert server.post("/v1/rerank", {"model": "ranks", "query": "cats", **body}).status == 400


def test_pairs_are_scored_in_their_order(server):
    ranked = {row["index"]: row["relevance_score"]
              for row in ask(server, "/v1/rerank", model="ranks", query="cats", documents=DOCUMENTS)["results"]}
    answer = ask(server, "/v1/score", model="ranks", text_1="cats", text_2=DOCUMENTS)
    assert answer["object"] == "list" and answer["usage"]["total_tokens"] > 0
    assert [(row["index"], row["score"]) for row in answer["data"]] == sorted(ranked.items())
    pairs = ask(server, "/score", model="ranks", queries=["cats", "dogs", "cats"], documents=DOCUMENTS)["data"]
    assert [pairs[0]["score"], pairs[2]["score"]] == [ranked[0], ranked[2]]
    assert ask(server, "/v1/score", model="ranks", text_1="cats", text_2=DOCUMENTS[1])["data"][0]["score"] == ranked[1]


@pytest.mark.parametrize("body,param", [
    (dict(text_1=["a", "b"], text_2=["a", "b", "c"]), "text_2"), (dict(text_1="a"), "text_2"), (dict(text_2="a"), "text_1"),
    (dict(text_1="a", text_2=""), "text_2"), (dict(text_1=7, text_2="a"), "text_1")])
def test_pairs_without_partners_are_refused(server, body, param):
    answer = server.post("/v1/score", {"model": "ranks", **body})
    assert answer.status == 400 and answer.json()["error"]["param"] == param, answer.text


def test_tei_gets_labels(server):
    one = ask(server, "/predict", model="sorts", inputs="a text")
    assert len(one) == 3 and math.isclose(sum(row["score"] for row in one), 1, abs_tol=1e-5)
    assert one == sorted(one, key=lambda row: -row["score"])
    many = ask(server, "/predict", model="sorts", inputs=[["a text"], ["another"]])
    assert many[0] == one and len(many) == 2
    assert len(ask(server, "/predict", model="sorts", inputs=["a text", "its pair"])) == 3
    assert "no classifier" in ask(server, "/predict", 400, model="embeds", inputs="a")["error"]["message"]


def test_models_of_another_task_say_so(server):
    for path, body in ("/embed", {"model": "ranks", "inputs": "a"}), ("/v2/embed", {"model": "ranks", "texts": ["a"]}), \
            ("/v1/score", {"model": "embeds", "text_1": "a", "text_2": "b"}), ("/rerank", {"model": "sorts", "query": "a", "texts": ["b"]}):
        assert ask(server, path, 400, **body)["error"]["param"] == "model"
    # Who has one model for a task, as TEI does, names none.
    assert ask(server, "/predict", inputs="a text") == ask(server, "/predict", model="sorts", inputs="a text")


def test_a_decoder_gives_vectors_of_its_last_token(server):
    texts = ["Instruct: find the answer\nQuery: what do cats eat?", "Cats eat mice.", "The stock market fell today."]
    query, near, far = vectors_of(server, texts, model="smollm2")
    assert len(query) == 576 and math.isclose(sum(x * x for x in query), 1, abs_tol=1e-4)
    cosine = [sum(a * b for a, b in zip(query, other)) for other in (near, far)]
    assert cosine[0] > cosine[1]
    assert ask(server, "/embed", model="smollm2", inputs=texts[1])[0] == near
