"""What the trainer writes, read by others: an adapter's GGUF file by llama-server, its PEFT folder by
PEFT, its MLX folder by MLX, and the model that adapter and base were merged into by all of them, give
the logits that our own decoder gives. Texts of the demo model, whose matrices are made f32 first, so
that no reader rounds them in its own way.

PEFT and MLX are compared where their packages are (test/golden/requirements.txt, PyPI's mlx[cpu])."""
import array
import http.client
import json
import math
import random
import struct
import subprocess

import numpy
import pytest

import split_gguf
from conftest import ROOT
from decoder_folders import demo_folder
from test_real_models import llama_server

PLAY = ROOT / "build/test/adapter_play"
TEXTS, WHOLE, LENGTH, APART = 50, 2, 12, 1e-2
EXACT = ["--cache-type-k", "f32", "--cache-type-v", "f32", "-fa", "off"]  # as our own decoder is asked to


def play(*arguments, **more):
    done = subprocess.run([PLAY, *map(str, arguments)], capture_output=True, timeout=120, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def files(tmp_path_factory, gguf):
    """Base in f32, an adapter in every form, and the two as one model."""
    folder = tmp_path_factory.mktemp("exports")
    for name in ("base", "merged"):
        (folder / name).mkdir()
    play("make", gguf, folder)
    play("plain", gguf, folder / "base", "f32")
    play("merge", gguf, folder / "adapter.gguf", folder / "merged", "f32")
    return folder


@pytest.fixture(scope="module")
def texts():
    source = random.Random(11)
    return [[source.randrange(100, 40000) for _ in range(LENGTH)] for _ in range(TEXTS)]


def own_logits(base, adapter, texts):
    """Of each text a row of logits for each token: [texts, tokens, vocabulary]."""
    frames = b"".join(struct.pack(f"=I{len(text)}i", len(text), *text) for text in texts)
    answer = play("logits", base, adapter, input=frames)
    size, = struct.unpack_from("=I", answer)
    found = numpy.frombuffer(answer, "=f4").reshape(len(texts), 1 + LENGTH * size)
    return found[:, 1:].reshape(len(texts), LENGTH, size)


@pytest.fixture(scope="module")
def expected(files, texts):
    """Our own decoder's, with the adapter beside the base."""
    logits = own_logits(files / "base/model.gguf", files / "adapter.gguf", texts)
    alone = own_logits(files / "base/model.gguf", "-", texts[:10])
    moved = (logits[:10].argmax(-1) != alone.argmax(-1)).mean()
    assert moved > 0.25, "an adapter that changes little shows little"
    return logits


def expect_same(logits, expected):
    """Top-1 of every token, unless the two best are nearer to each other than logits may be apart."""
    found = numpy.asarray(logits, "f4")
    assert found.shape == expected.shape
    print("largest difference", abs(found - expected).max())
    assert abs(found - expected).max() <= APART
    chosen = numpy.take_along_axis(expected, found.argmax(-1)[..., None], -1)[..., 0]
    assert (expected.max(-1) - chosen < APART).all()


def test_the_folder_of_peft_and_the_merged_model_are_the_adapter_beside_its_base(files, texts, expected):
    few = texts[:10]
    expect_same(own_logits(files / "base/model.gguf", files / "peft", few), expected[:len(few)])
    expect_same(own_logits(files / "merged/model.gguf", "-", few), expected[:len(few)])


def test_a_base_in_several_files_becomes_the_model_that_one_file_becomes(files, gguf, tmp_path):
    parts = split_gguf.split(gguf, tmp_path, "base", 3)
    for name, base in (("one", gguf), ("parts", parts[0])):
        (tmp_path / name).mkdir()
        play("merge", base, files / "adapter.gguf", tmp_path / name, "keep")
    assert (tmp_path / "one/model.gguf").stat().st_size == gguf.stat().st_size, "in the base's types"
    assert (tmp_path / "one/model.gguf").read_bytes() == (tmp_path / "parts/model.gguf").read_bytes()


def likeliest(port, tokens):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/completion", json.dumps(
        {"prompt": tokens, "n_predict": 1, "n_probs": 10, "temperature": 0, "cache_prompt": True}),
        {"Content-Type": "application/json"})
    body = json.loads(connection.getresponse().read())
    return [(row["id"], row["logprob"]) for row in body["completion_probabilities"][0]["top_logprobs"]]


def expect_of_server(port, texts, expected):
    """Of each text's last token, and of every token of a few."""
    apart = 0
    for number, (text, rows) in enumerate(zip(texts, expected, strict=True)):
        for length in range(1 if number < WHOLE else LENGTH, LENGTH + 1):
            row = rows[length - 1].astype("f8")
            logprobs = row - row.max() - numpy.log(numpy.exp(row - row.max()).sum())
            found = likeliest(port, text[:length])
            apart = max(apart, *(abs(logprobs[token] - logprob) for token, logprob in found))
            assert row.max() - row[found[0][0]] < APART
    print("largest difference", apart)
    assert apart <= APART


def test_llama_server_computes_the_same_with_the_adapters_file(files, texts, expected):
    with llama_server(files / "base/model.gguf", *EXACT, "--lora", files / "adapter.gguf") as port:
        expect_of_server(port, texts, expected)


def test_llama_server_computes_the_same_with_the_merged_model(files, texts, expected):
    with llama_server(files / "merged/model.gguf", *EXACT) as port:
        expect_of_server(port, texts[:10], expected[:10])


@pytest.fixture(scope="module")
def folder(files, tmp_path_factory):
    """The base as transformers' folder, in f32."""
    return demo_folder(files / "base/model.gguf", tmp_path_factory.mktemp("transformers"), "F32")


def test_peft_computes_the_same_with_its_folder(files, folder, texts, expected):
    torch, peft, transformers = (pytest.importorskip(name) for name in ("torch", "peft", "transformers"))
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model = peft.PeftModel.from_pretrained(model, files / "peft").eval()
    with torch.no_grad():
        expect_same(model(input_ids=torch.tensor(texts)).logits.numpy(), expected)


def test_transformers_compute_the_same_with_a_merged_folder(files, folder, texts, expected, tmp_path):
    play("merge", folder, files / "peft", tmp_path, "keep")
    assert (tmp_path / "tokenizer.json").read_bytes() == (folder / "tokenizer.json").read_bytes()
    expect_same(own_logits(tmp_path, "-", texts[:5]), expected[:5])
    torch, transformers = (pytest.importorskip(name) for name in ("torch", "transformers"))
    model = transformers.AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32).eval()
    with torch.no_grad():
        expect_same(model(input_ids=torch.tensor(texts)).logits.numpy(), expected)


def safetensors(path):
    raw = path.read_bytes()
    length, = struct.unpack_from("<Q", raw)
    head = json.loads(raw[8:8 + length])
    head.pop("__metadata__", None)
    return {name: (entry["shape"], array.array("f", raw[8 + length + entry["data_offsets"][0]:
                                                        8 + length + entry["data_offsets"][1]]))
            for name, entry in head.items()}


def test_the_folder_of_mlx_has_the_matrices_of_pefts_turned_round(files):
    mlx, of_peft = safetensors(files / "mlx/adapters.safetensors"), safetensors(
        files / "peft/adapter_model.safetensors")
    config = json.loads((files / "mlx/adapter_config.json").read_text())
    assert config["lora_parameters"]["scale"] == pytest.approx(12 / math.sqrt(8))
    assert len(mlx) == len(of_peft) == 2 * 7 * config["num_layers"]
    for name, (shape, values) in list(mlx.items())[:28]:
        other, rows = of_peft[f"base_model.model.{name[:-1]}{name[-1].upper()}.weight"]
        assert shape == other[::-1]
        for i in random.Random(name).sample(range(shape[0]), 4):
            assert values[i * shape[1]:(i + 1) * shape[1]] == rows[i::shape[0]]


def test_mlx_computes_the_same_with_its_folder(files, folder, texts, expected):
    mlx = pytest.importorskip("mlx.core")
    utils, tuner = pytest.importorskip("mlx_lm.utils"), pytest.importorskip("mlx_lm.tuner.utils")
    model = tuner.load_adapters(utils.load_model(folder)[0], str(files / "mlx"))
    model.eval()
    logits = model(mlx.array(texts[:10])).astype(mlx.float32)
    expect_same(logits.tolist(), expected[:10])
