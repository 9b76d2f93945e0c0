"""LoRA adapters over HTTP: set by a model's definition, chosen by requests as with llama-server."""
import concurrent.futures
import http.client
import json
import pathlib

import pytest

import adapter_files
from conftest import cli
from test_real_models import llama_server

PROMPTS = ["What language is spoken in Brazil?", "Name three colours.", "Who wrote Hamlet?",
           "Write one sentence about the sea."]


@pytest.fixture(scope="module")
def adapters(tmp_path_factory, gguf):
    """Two adapters, and the second one once more as a folder of PEFT's."""
    folder, base = tmp_path_factory.mktemp("adapters"), pathlib.Path(gguf)
    return (adapter_files.write_gguf(base, folder / "poet.gguf", seed=1),
            adapter_files.write_gguf(base, folder / "coder.gguf", seed=2, rank=8),
            adapter_files.write_peft(base, folder / "coder-peft", seed=2, rank=8))


def install(home, gguf, compute, paths):
    done = cli("install", f"file:{gguf}", "--name", "smollm2", "--set", f"compute={compute}",
               "--set", f"adapters={json.dumps([str(path) for path in paths])}", home=home)
    assert done.returncode == 0, done.stderr


def chat(server, prompt, **more):
    return server.post("/v1/chat/completions", {
        "model": "smollm2", "temperature": 0, "max_tokens": 24,
        "messages": [{"role": "user", "content": prompt}], **more})


def text(server, prompt, lora=None):
    answer = chat(server, prompt, **({} if lora is None else {"lora": lora}))
    assert answer.status == 200, answer.text
    return answer.json()["choices"][0]["message"]["content"]


def scales(*values):
    return [{"id": i, "scale": value} for i, value in enumerate(values)]


@pytest.mark.parametrize("compute", ["own", "libllama"])
def test_requests_choose_their_adapters_alone_and_beside_others(start, home, gguf, adapters, compute):
    install(home, gguf, compute, adapters)
    server = start(env={"HEARTH_CONTEXT": "512"})
    assert server.get("/v1/models/smollm2").json()["hearth"].get("adapters") is None
    wanted = [scales(1, 0, 0), scales(0, 1, 0), [], [{"id": 2, "scale": 1}], scales(0.5, 0.5)]
    texts = [text(server, PROMPTS[0], lora) for lora in wanted]
    assert server.get("/v1/models/smollm2").json()["hearth"]["adapters"] == [
        {"id": 0, "name": "poet"}, {"id": 1, "name": "coder"}, {"id": 2, "name": "coder-peft"}]
    # The PEFT folder has the numbers of the GGUF beside it.
    assert texts[3] == texts[1]
    assert len({*texts}) == 4
    if compute == "own":  # libllama's text depends on how much of a prompt it holds already
        # All of them at 1 where a request does not say.
        assert text(server, PROMPTS[1]) == text(server, PROMPTS[1], scales(1, 1, 1))
        with concurrent.futures.ThreadPoolExecutor(len(wanted)) as pool:
            beside = list(pool.map(lambda lora: text(server, PROMPTS[0], lora), wanted))
        assert beside == texts


def test_a_prefix_is_taken_over_from_the_same_adapters_only(start, home, gguf, adapters):
    install(home, gguf, "own", adapters)
    server = start(env={"HEARTH_CONTEXT": "512", "HEARTH_SLOTS": "1"})

    def cached(lora):
        usage = chat(server, PROMPTS[0], lora=lora).json()["usage"]
        return usage["prompt_tokens_details"]["cached_tokens"]

    assert cached(scales(1)) == 0
    assert cached(scales(1)) > 10
    assert cached(scales(0.5)) == 0
    assert cached([]) == 0
    assert cached([]) > 10


def test_what_cannot_be_chosen_is_an_error_of_the_request(start, home, gguf, adapters):
    install(home, gguf, "own", adapters[:1])
    server = start(env={"HEARTH_CONTEXT": "512"})
    answer = chat(server, PROMPTS[0], lora=[{"id": 1, "scale": 1}])
    assert answer.status == 400
    assert "there is no adapter 1; this model has 1" in answer.json()["error"]["message"]
    for wrong in ({"id": 0}, {"id": -1, "scale": 1}, {"id": 0, "scale": "x"}, {"id": 0.5, "scale": 1},
                  {"id": 0, "scale": 1e300}):
        answer = chat(server, PROMPTS[0], lora=[wrong])
        assert answer.status == 400, answer.text
        assert "lora" in answer.json()["error"]["message"], answer.text
    answer = chat(server, PROMPTS[0], lora=[{"id": 0, "scale": 1}, {"id": 0, "scale": 2}])
    assert answer.status == 400 and "named twice" in answer.text
    # The model goes on.
    assert text(server, PROMPTS[0], [])


def test_completions_and_infer_take_adapters_too(start, home, gguf, adapters):
    install(home, gguf, "own", adapters[:2])
    server = start(env={"HEARTH_CONTEXT": "512"})

    def completion(lora):
        answer = server.post("/v1/completions", {"model": "smollm2", "prompt": "Once upon a time",
                                                 "temperature": 0, "max_tokens": 16, "lora": lora})
        assert answer.status == 200, answer.text
        return answer.json()["choices"][0]["text"]

    def infer(lora):
        answer = server.post("/infer/smollm2", {"input": "Once upon a time", "parameters": {
            "temperature": 0, "max_tokens": 16, "lora": lora}})
        assert answer.status == 200, answer.text
        return json.dumps(answer.json()["result"])

    for ask in (completion, infer):
        assert len({ask([]), ask(scales(1)), ask(scales(0, 1))}) == 3


def test_an_adapter_for_another_base_is_refused_with_both_names(start, home, gguf, adapters, tmp_path):
    other = adapter_files.write_gguf(pathlib.Path(gguf), tmp_path / "other.gguf",
                                     changes={"general.architecture": "qwen2"})
    for compute in ("own", "libllama", "auto"):
        install(home, gguf, compute, [adapters[0], other])
        server = start(env={"HEARTH_CONTEXT": "512"})
        answer = chat(server, PROMPTS[0])
        assert answer.status >= 400
        assert "'other' is for another base: for 'qwen2', and this is 'llama'" in answer.text
        server.stop()


def test_a_definition_lists_adapters_as_yaml_does(start, home, gguf, adapters, tmp_path):
    models = tmp_path / "project/models"
    models.mkdir(parents=True)
    (models.parent / "hearth.yml").write_text("log_level: info\n")
    (models / "smollm2.yml").write_text(
        f"name: smollm2\nsource: file:{gguf}\nsettings:\n  compute: own\n  adapters:\n"
        f"    - {adapters[0]}\n    - {adapters[2]}\n")
    assert cli("install", home=home, directory=models.parent).returncode == 0
    server = start(env={"HEARTH_CONTEXT": "512"})
    assert text(server, PROMPTS[0], scales(1)) != text(server, PROMPTS[0], scales(0, 1))
    (models / "smollm2.yml").write_text(
        f"name: smollm2\nsource: file:{gguf}\nsettings:\n  adapters: [poet.gguf]\n")
    done = cli("install", home=home, directory=models.parent)
    assert done.returncode != 0
    assert "a list of at most 32 absolute paths" in done.stderr


def test_adapted_text_begins_as_the_peers(start, home, gguf, adapters):
    """Random adapters bring near ties, at which two computations part ways; so the beginnings are
    compared, and of weak adapters."""
    install(home, gguf, "libllama", adapters[:2])
    server = start(env={"HEARTH_CONTEXT": "512"})
    wanted = [(prompt, lora) for prompt in PROMPTS for lora in (scales(0.3, 0), scales(0, 0.3))]
    with llama_server(gguf, "--lora", str(adapters[0]), "--lora", str(adapters[1])) as port:
        def peer(prompt, lora):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
            connection.request("POST", "/v1/chat/completions", json.dumps(
                {"temperature": 0, "max_tokens": 8, "lora": lora,
                 "messages": [{"role": "user", "content": prompt}]}),
                {"Content-Type": "application/json"})
            return json.loads(connection.getresponse().read())["choices"][0]["message"]["content"]

        pairs = [(peer(*one), text(server, *one)) for one in wanted]
    assert sum(ours.startswith(theirs) for theirs, ours in pairs) >= 6, pairs
