"""/v1/models as the clients of several servers read it."""
import pytest

from conftest import Server, cli, write_fake

ANTHROPIC = {"anthropic-version": "2023-06-01"}


@pytest.fixture(scope="module")
def server(tmp_path_factory, gguf):
    folder = tmp_path_factory.mktemp("lists")
    home = folder / "home"
    home.mkdir()
    scripts = {"talks": {}, "embeds": dict(tasks="embed", vector_length=16), "ranks": dict(tasks="score"),
               "sorts": dict(tasks="score", labels=3)}
    for name, script in scripts.items():
        done = cli("install", f"fake:{write_fake(folder / name, **script)}", "--name", name, home=home)
        assert done.returncode == 0, done.stderr
    done = cli("install", f"file:{gguf}", "--name", "smollm2", home=home)
    assert done.returncode == 0, done.stderr
    running = Server(home)
    yield running
    running.end()


def test_the_list_tells_kind_and_limit_without_loading(server):
    models = {model["id"]: model for model in server.get("/v1/models").json()["data"]}
    assert {name: models[name]["kind"] for name in models if name != "talks"} == {
        "embeds": "embedding", "ranks": "rerank", "sorts": "classification", "smollm2": "chat"}
    assert {"completion", "embedding"} <= set(models["talks"]["capabilities"])
    smollm2 = models["smollm2"]
    assert smollm2["kind"] == "chat" and {"chat", "completion"} <= set(smollm2["capabilities"])
    assert smollm2["context_length"] == smollm2["max_model_len"] == smollm2["meta"]["n_ctx"] > 0
    assert smollm2["meta"]["n_vocab"] == 49152 and smollm2["meta"]["n_params"] > 10 ** 8
    assert smollm2["meta"]["n_ctx_train"] >= smollm2["meta"]["n_ctx"]
    one = server.get("/v1/models/smollm2").json()
    assert {key: one[key] for key in smollm2} == smollm2
    assert one["hearth"]["token_limit"] == smollm2["context_length"] and not one["hearth"]["loaded"]


def test_anthropics_clients_get_their_shape(server):
    page = server.get("/v1/models", headers=ANTHROPIC).json()
    names = [model["id"] for model in page["data"]]
    assert sorted(names) == ["embeds", "ranks", "smollm2", "sorts", "talks"] and not page["has_more"]
    assert page["first_id"] == names[0] and page["last_id"] == names[-1]
    assert all(sorted(model) == ["created_at", "display_name", "id", "lifecycle", "type"] and model["type"] == "model"
               for model in page["data"])
    one = server.get("/v1/models/talks", headers=ANTHROPIC).json()
    assert one == next(model for model in page["data"] if model["id"] == "talks")


def test_anthropics_pages_follow_each_other_both_ways(server):
    names = [model["id"] for model in server.get("/v1/models", headers=ANTHROPIC).json()["data"]]
    seen, after = [], ""
    while True:
        page = server.get(f"/v1/models?limit=2{after}", headers=ANTHROPIC).json()
        seen += [model["id"] for model in page["data"]]
        if not page["has_more"]:
            break
        after = f"&after_id={page['last_id']}"
    assert seen == names
    back = server.get(f"/v1/models?limit=2&before_id={names[-1]}", headers=ANTHROPIC).json()
    assert [model["id"] for model in back["data"]] == names[-3:-1] and back["has_more"]
    end = server.get(f"/v1/models?after_id={names[-1]}", headers=ANTHROPIC).json()
    assert end == {"data": [], "has_more": False, "first_id": None, "last_id": None}


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=many", "after_id=absent", "before_id=absent"])
def test_pages_that_there_are_not_are_refused(server, query):
    answer = server.get(f"/v1/models?{query}", headers=ANTHROPIC)
    assert answer.status == 400 and query.split("=")[0] in answer.text


def test_any_name_means_the_one_file_that_is_served(start, tmp_path):
    file = write_fake(tmp_path / "only.fake", reply="here")
    server = start("--model", file)
    for name in "gpt-4o", "anthropic/claude", "llama3:latest", "only":
        answer = server.post("/v1/chat/completions", {"model": name, "messages": [{"role": "user", "content": "a"}]})
        assert answer.status == 200 and answer.json()["model"] == name, answer.text
    # What is installed beside it keeps its name, and a version that it has not is still missing.
    assert server.post("/models", {"name": "other", "source": "fake:reply = there"}).status == 201
    other = server.post("/v1/completions", {"model": "other", "prompt": "a"}).json()
    assert other["choices"][0]["text"].strip() == "there"
    assert server.post("/v1/completions", {"model": "other:7", "prompt": "a"}).status == 404
