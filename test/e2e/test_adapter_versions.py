"""Adapters as versions of their own: installed beside their base, held against it, and served."""
import pathlib
import shutil

import pytest

import adapter_files
from conftest import cli

PROMPT = "Write one sentence about the sea."


@pytest.fixture(scope="module")
def files(tmp_path_factory, gguf):
    folder, base = tmp_path_factory.mktemp("adapters"), pathlib.Path(gguf)
    adapter_files.write_gguf(base, folder / "poet.gguf", seed=1)
    adapter_files.write_gguf(base, folder / "coder.gguf", seed=2, rank=8)
    adapter_files.write_peft(base, folder / "coder-peft", seed=2, rank=8)
    adapter_files.write_gguf(base, folder / "other.gguf", changes={"general.architecture": "qwen2"})
    whole = (folder / "poet.gguf").read_bytes()
    (folder / "cut.gguf").write_bytes(whole[:len(whole) // 2])
    return folder


@pytest.fixture
def base(home, gguf):
    done = cli("install", f"file:{gguf}", "--name", "smollm2", "--set", "compute=own", home=home)
    assert done.returncode == 0, done.stderr
    return "smollm2"


def text(server, model, **more):
    answer = server.post("/v1/chat/completions", {
        "model": model, "temperature": 0, "max_tokens": 20,
        "messages": [{"role": "user", "content": PROMPT}], **more})
    assert answer.status == 200, answer.text
    return answer.json()["choices"][0]["message"]["content"]


def add(server, source, base="smollm2", name=None, label=None):
    body = {"source": f"file:{source}", **({"base": base} if base else {})}
    if name:
        return server.post("/models", {**body, "name": name})
    return server.post("/models/smollm2/versions", {**body, **({"label": label} if label else {})})


def test_an_adapter_is_installed_and_served_as_what_the_base_says_with_it(start, home, base, files):
    done = cli("install", str(files / "poet.gguf"), "--name", "poet", "--base", "smollm2:1",
               "--set", "compute=own", home=home)
    assert done.returncode == 0, done.stderr
    server = start(env={"HEARTH_CONTEXT": "512"})
    assert add(server, files / "coder.gguf", name="coder").status == 201
    peft = add(server, files / "coder-peft", base="smollm2:1")
    assert peft.status == 201, peft.text
    version = max(peft.json()["versions"], key=lambda one: one["version"])
    first = min(peft.json()["versions"], key=lambda one: one["version"])
    assert version["base_version_id"] == first["id"] and "base_version_id" not in first
    assert version["engine"] == "llama" and version["state"] == "ready"

    plain = text(server, "smollm2:1")
    poet, coder = text(server, "poet"), text(server, "coder")
    assert len({plain, poet, coder}) == 3
    # The folder of PEFT's has the numbers of the GGUF, and is what the model's name now means.
    assert text(server, "smollm2:2") == coder == text(server, "smollm2")
    # A scale of 0 is the base.
    assert text(server, "poet", lora=[{"id": 0, "scale": 0}]) == plain
    assert server.get("/v1/models/poet").json()["hearth"]["adapters"] == [{"id": 0, "name": "poet"}]


def test_what_does_not_fit_is_refused_at_install_with_both_names(start, home, base, files):
    server = start(env={"HEARTH_CONTEXT": "512"})
    for name, why in (("other", "other:1 does not fit its base smollm2:1: adapter 'other' is for another "
                       "base: for 'qwen2', and this is 'llama'"), ("cut", "is it cut off?")):
        answer = add(server, files / f"{name}.gguf", name=name)
        assert answer.status == 422, answer.text
        assert why in answer.text
        assert server.get(f"/models/{name}").status == 404
    answer = add(server, files / "poet.gguf", base="nobody", name="poet")
    assert answer.status == 404 and "no model 'nobody' to be based on" in answer.text
    assert add(server, files / "poet.gguf", base="smollm2:7", name="poet").status == 404
    assert server.get("/models/poet").status == 404
    assert add(server, files / "poet.gguf", name="poet").status == 201
    answer = add(server, files / "coder.gguf", base="poet", name="coder")
    assert answer.status == 409 and "is an adapter itself" in answer.text
    # The base cannot go before what is based on it.
    assert server.delete("/models/smollm2").status == 409
    assert text(server, "poet")


def test_a_damaged_adapter_is_a_conflict_of_two_names_at_use(start, home, base, files):
    server = start(env={"HEARTH_CONTEXT": "512"})
    answer = add(server, files / "poet.gguf", name="poet")
    assert answer.status == 201, answer.text
    links = [path for path in pathlib.Path(home).rglob("*") if path.is_file() and path.suffix == ".gguf"
             and "poet" in path.parts]
    assert len(links) == 1
    with links[0].open("r+b") as file:  # a hard link of the blob
        file.seek(-4096, 2)
        file.write(b"\xff" * 4096)
    answer = server.post("/v1/chat/completions", {"model": "poet", "messages": [
        {"role": "user", "content": PROMPT}]})
    assert answer.status == 409, answer.text
    assert "the adapter poet:1 cannot be used with its base smollm2:1" in answer.text
    assert "not finite" in answer.text
    assert text(server, "smollm2")
