"""Hugging Face folders of decoders, through the real programs: installed, served, tokenized exactly, and
refused in words. The demo model comes out of its GGUF file; small ones have random weights."""
import json
import os
import pathlib
import subprocess
import sys

import decoder_folders
import numpy
import pytest
from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors,
                        trainers)

from conftest import HEARTH, ROOT, clean_environment

sys.path.insert(0, str(ROOT / "test/stand_in"))
import hub as stand_in  # noqa: E402

PROMPTS = ["What is the capital of France?", "Write one sentence about the sea.", "Count from one to five.",
           "Name a colour of the rainbow.", "What do bees make?"]
LLAMA_3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|"
           r"\s+(?!\S)|\s+")
TEXTS = ["", "Hello world", "  two  spaces ", "it's 12345 o'clock\n\n\tdone", "naïve café Zürich 中文测试 😀👩‍👩‍👧", "<s>a</s>",
         "<|begin|>x<|end|>", "a\u0301\u0323 \u00a0 \u3000", "tab\tline\r\nend", "x = y**2 + 3;", "\u2581\u2581 marks",
         "<0x0A> no byte"]
CORPUS = ["the quick brown fox jumps over the lazy dog", "Hello world, it's 12345 o'clock", "naïve café in Zürich",
          "two  spaces and\ttabs", "x = y**2 + 3;"] * 20
TEMPLATE = ("{{ bos_token }}{% for m in messages %}[{{ m['role'] }}] {{ m['content'] }}{{ eos_token }}{% endfor %}"
            "{% if add_generation_prompt %}[assistant]{% endif %}")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    gguf = os.environ.get("HEARTH_TEST_GGUF")
    if not gguf:
        pytest.skip("HEARTH_TEST_GGUF names no model (scripts/models smollm2)")
    return decoder_folders.demo_folder(pathlib.Path(gguf), tmp_path_factory.mktemp("demo") / "smol")


def install(home, source, name, env=None):
    return subprocess.run([HEARTH, "install", source, "--name", name, "--home", str(home)], capture_output=True,
                          text=True, check=False, env=clean_environment(env), timeout=120)


def installed(home, source, name, env=None):
    done = install(home, source, name, env)
    assert done.returncode == 0, done.stderr


def add(server, name, source, **settings):
    answer = server.post("/models", {"name": name, "source": source, "task": "chat", "settings": settings})
    assert answer.status == 201, answer.text


def bytes_tokenizer():
    """As Llama 3's: byte-level, a beginning that the post-processor puts before each text."""
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(LLAMA_3), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=500, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|begin|>", "<|end|>", "<|turn|>", "<|stop|>"]))
    tokenizer.add_tokens([AddedToken("<note>", normalized=False)])
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(
            single="<|begin|> $A", pair="<|begin|> $A <|begin|> $B", special_tokens=[("<|begin|>", 0)])])
    return tokenizer, {"bos_token": "<|begin|>", "eos_token": "<|end|>"}, [1, 2, 3]


def marks_tokenizer():
    """As Llama 2's: sentencepiece's marks for spaces, and bytes for what has no token."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(),
                                           decoders.Strip(" ", 1, 0)])
    tokenizer.train_from_iterator([t for t in CORPUS if t.isascii()], trainers.BpeTrainer(
        vocab_size=500, show_progress=False,
        special_tokens=["<unk>", "<s>", "</s>", *(f"<0x{i:02X}>" for i in range(256))]))
    made = json.loads(tokenizer.to_str())
    made["added_tokens"] = made["added_tokens"][:3]
    tokenizer = Tokenizer.from_str(json.dumps(made))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    return tokenizer, {"bos_token": "<s>", "eos_token": {"content": "</s>", "special": True}}, 2


KINDS = {"bytes": bytes_tokenizer, "marks": marks_tokenizer}


def random_folder(folder, kind, shards=1, dtype="F32", **changes):
    """Two layers of Llama with random weights, a few more rows of embeddings than tokens."""
    tokenizer, names, ends = KINDS[kind]()
    folder.mkdir(parents=True)
    width, feed, heads, key_heads, vocabulary = 64, 96, 4, 2, (tokenizer.get_vocab_size() + 31) // 32 * 32
    rng = numpy.random.default_rng(3)

    def matrix(rows, columns):
        return rng.normal(0, 1.5 / columns ** 0.5, (rows, columns)).astype("f4")
    tensors = {"model.embed_tokens.weight": matrix(vocabulary, width) * 4, "lm_head.weight": matrix(vocabulary, width)}
    for i in range(2):
        at = f"model.layers.{i}."
        tensors |= {at + "self_attn.q_proj.weight": matrix(width, width),
                    at + "self_attn.k_proj.weight": matrix(width * key_heads // heads, width),
                    at + "self_attn.v_proj.weight": matrix(width * key_heads // heads, width),
                    at + "self_attn.o_proj.weight": matrix(width, width), at + "mlp.gate_proj.weight": matrix(feed, width),
                    at + "mlp.up_proj.weight": matrix(feed, width), at + "mlp.down_proj.weight": matrix(width, feed),
                    at + "input_layernorm.weight": numpy.ones(width, "f4"),
                    at + "post_attention_layernorm.weight": numpy.ones(width, "f4")}
    tensors["model.norm.weight"] = numpy.ones(width, "f4")
    if shards == 1:
        decoder_folders.write_safetensors(folder / "model.safetensors", tensors, dtype)
    else:
        decoder_folders.write_sharded(folder, tensors, dtype, shards)
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": width,
              "intermediate_size": feed, "num_hidden_layers": 2, "num_attention_heads": heads,
              "num_key_value_heads": key_heads, "vocab_size": vocabulary, "max_position_embeddings": 256,
              "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}, "eos_token_id": ends, **changes}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer_config.json").write_text(json.dumps({**names, "chat_template": TEMPLATE}))
    tokenizer.save(str(folder / "tokenizer.json"))
    return tokenizer


def chat(server, model, text, **more):
    answer = server.post("/v1/chat/completions", {
        "model": model, "messages": [{"role": "user", "content": text}], "temperature": 0, "max_tokens": 12, **more})
    assert answer.status == 200, answer.text
    return answer.json()["choices"][0]


def test_the_demo_model_s_folder_answers_as_its_gguf_file(demo, start, gguf):
    """The same weights; of the file they are multiplied with activations that are rounded to bytes."""
    server = start()
    add(server, "folder", f"file:{demo}")
    add(server, "file", f"file:{gguf}", compute="own")
    same = 0
    for prompt in PROMPTS:
        ours = chat(server, "folder", prompt, logprobs=True, top_logprobs=5)
        theirs = chat(server, "file", prompt, logprobs=True, top_logprobs=5)
        first, other = ours["logprobs"]["content"][0], theirs["logprobs"]["content"][0]
        others = {one["token"]: one["logprob"] for one in other["top_logprobs"]}
        for one in first["top_logprobs"][:3]:
            assert abs(one["logprob"] - others[one["token"]]) < 0.3, (prompt, one, others)
        same += ours["message"]["content"] == theirs["message"]["content"]
    assert same >= len(PROMPTS) - 1


def test_who_computes_and_what_the_files_are_is_told(demo, start):
    server = start()
    add(server, "smol", f"file:{demo}")
    assert "Paris" in chat(server, "smol", PROMPTS[0])["message"]["content"]
    told = server.get("/v1/models/smol").json()["hearth"]
    assert told["compute"].startswith("own, ")
    shown = json.loads(server.cli("show", "smol", "--json").stdout)
    [version] = shown["versions"]
    assert version["engine"] == "llama"
    assert {file["path"] for file in version["files"]} == {
        "config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
    assert 'hearth_model_compute{model="smol:1",compute="own, ' in server.get("/metrics").text


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_are_those_of_the_reference_library(kind, home, start, tmp_path):
    tokenizer = random_folder(tmp_path / "m", kind)
    installed(home, f"file:{tmp_path / 'm'}", "m")
    server = start()
    for text in TEXTS:
        wanted = tokenizer.encode(text).ids
        answer = server.post("/tokenize", {"model": "m", "text": text})
        assert answer.status == 200, answer.text
        assert answer.json()["tokens"] == wanted, text
        bare = tokenizer.encode(text, add_special_tokens=False).ids
        # A first mark stands for a space that the library's decoder strips, and pieces do not know of.
        back = server.post("/detokenize", {"model": "m", "tokens": bare}).json()["content"] if bare else ""
        decoded = tokenizer.decode(bare, skip_special_tokens=False)
        assert back in ({decoded} if kind == "bytes" else {decoded, " " + decoded}), text


@pytest.mark.parametrize("kind", KINDS)
def test_chats_and_completions_begin_with_the_tokens_that_the_template_says(kind, home, start, tmp_path):
    tokenizer = random_folder(tmp_path / "m", kind)
    installed(home, f"file:{tmp_path / 'm'}", "m")
    server = start()
    names = json.loads((tmp_path / "m" / "tokenizer_config.json").read_text())
    begin = names["bos_token"]
    end = names["eos_token"] if kind == "bytes" else names["eos_token"]["content"]
    answer = server.post("/v1/chat/completions", {"model": "m", "max_tokens": 3, "temperature": 0,
                                                   "messages": [{"role": "user", "content": "Hello world"}]}).json()
    wanted = tokenizer.encode(f"{begin}[user] Hello world{end}[assistant]", add_special_tokens=False).ids
    assert abs(answer["usage"]["prompt_tokens"] - len(wanted)) <= (kind == "marks")  # the mark behind <s>
    done = server.post("/v1/completions", {"model": "m", "prompt": "Hello world", "max_tokens": 3, "temperature": 0,
                                            "logprobs": 2}).json()
    assert done["usage"]["prompt_tokens"] == len(tokenizer.encode("Hello world").ids)
    assert len(done["choices"][0]["logprobs"]["tokens"]) == 3


def test_every_end_that_a_file_names_ends_an_answer(home, start, tmp_path):
    random_folder(tmp_path / "m", "bytes")
    (tmp_path / "m" / "generation_config.json").write_text(json.dumps({"eos_token_id": [2, 3]}))
    installed(home, f"file:{tmp_path / 'm'}", "m")
    server = start()
    for token in (1, 2, 3):
        choice = chat(server, "m", "Hello", logit_bias={str(token): 100})
        assert choice["finish_reason"] == "stop"
        assert not choice["message"]["content"]
    assert chat(server, "m", "Hello", logit_bias={"50": 100})["finish_reason"] == "length"


def test_a_folder_in_several_files_gives_the_same_text(home, start, tmp_path):
    random_folder(tmp_path / "one", "bytes")
    random_folder(tmp_path / "three", "bytes", shards=3)
    for name in ("one", "three"):
        installed(home, f"file:{tmp_path / name}", name)
    server = start()
    assert chat(server, "one", "Hello")["message"] == chat(server, "three", "Hello")["message"]


def test_a_setting_quantizes_at_load(demo, start):
    server = start()
    add(server, "whole", f"file:{demo}")
    add(server, "small", f"file:{demo}", quantize="q8_0")
    answers = {name: chat(server, name, PROMPTS[0])["message"]["content"] for name in ("small", "whole")}
    assert answers["small"] == answers["whole"]
    memory = {row["name"]: row["memory_bytes"] for row in json.loads(server.cli("ps", "--json").stdout)["models"]}
    assert memory["small"] < 0.8 * memory["whole"], memory


def test_a_setting_that_libllama_does_not_have_is_refused(start, gguf):
    server = start()
    answer = server.post("/models", {"name": "m", "source": f"file:{gguf}", "task": "chat",
                                     "settings": {"compute": "libllama", "quantize": "q8_0"}})
    if answer.status == 201:
        answer = server.post("/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": "a"}]})
    assert answer.status >= 400
    assert "'quantize': only Hearth's own decoder does that" in answer.text


def test_a_repository_of_a_hub_gives_the_files_that_are_needed(home, start, tmp_path):
    """Weights that are there twice, and what is of no use, stay with the hub."""
    random_folder(tmp_path / "m", "bytes", shards=2)
    files = {path.name: {"file": str(path)} for path in (tmp_path / "m").iterdir()}
    more = {"README.md": {"text": "hi"}, "consolidated.safetensors": {"safetensors": 5000}, "train.py": {"text": ""},
            "pytorch_model.bin": {"size": 5000}, "original/params.json": {"text": "{}"}}
    hub = stand_in.serve({"repos": {"o/decoder": {"files": {**files, **more}}}})
    installed(home, "hf:o/decoder", "m", {"HF_ENDPOINT": hub.address})
    server = start()
    assert chat(server, "m", "Hello")["finish_reason"] in ("stop", "length")
    shown = json.loads(server.cli("show", "m", "--json").stdout)
    assert {file["path"] for file in shown["versions"][0]["files"]} == set(files)


def test_libllama_is_refused_by_name(start, tmp_path):
    random_folder(tmp_path / "m", "bytes")
    server = start()
    answer = server.post("/models", {"name": "m", "source": f"file:{tmp_path / 'm'}", "task": "chat",
                                     "settings": {"compute": "libllama"}})
    if answer.status == 201:
        answer = server.post("/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": "a"}]})
    assert answer.status >= 400
    assert "libllama reads no Hugging Face folder" in answer.text


def broken(folder, what):
    if what == "no tokenizer":
        (folder / "tokenizer.json").unlink()
    elif what == "no ends":
        config = json.loads((folder / "config.json").read_text())
        del config["eos_token_id"]
        (folder / "config.json").write_text(json.dumps(config))
        (folder / "tokenizer_config.json").write_text("{}")
    elif what == "an index that leads out":
        index = folder / "model.safetensors.index.json"
        places = json.loads(index.read_text())
        places["weight_map"]["model.norm.weight"] = "../secret.safetensors"
        index.write_text(json.dumps(places))
    elif what == "a shard is missing":
        (folder / "model-00002-of-00002.safetensors").unlink()
    elif what == "another width":
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, "intermediate_size": 128}))
    elif what == "an unknown type":
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, "model_type": "novel"}))
    elif what == "a template without end":
        (folder / "chat_template.jinja").write_text("{% for i in range(1000000000) %}{% for j in range(1000000000) %}a"
                                                     "{% endfor %}{% endfor %}")
    elif what == "a token twice":
        tokens = json.loads((folder / "tokenizer.json").read_text())
        extra = tokens["added_tokens"][-1]
        tokens["added_tokens"].append({**extra, "id": extra["id"] + 1, "content": "Ġthe"})
        (folder / "tokenizer.json").write_text(json.dumps(tokens))
    elif what == "another expression":
        tokens = json.loads((folder / "tokenizer.json").read_text())
        tokens["pre_tokenizer"]["pretokenizers"][0]["pattern"] = {"Regex": r"(a+)+$"}
        (folder / "tokenizer.json").write_text(json.dumps(tokens))


FAULTS = {"no tokenizer": "tokenizer.json", "no ends": "eos_token_id",
          "an index that leads out": "is no name of a safetensors file in this folder",
          "a shard is missing": "model-00002-of-00002.safetensors is missing",
          "another width": "model.layers.0.mlp.gate_proj.weight", "an unknown type": 'the model type "novel"',
          "a template without end": "chat template", "a token twice": "holds a token twice",
          "another expression": 'Split with the expression "(a+)+$"'}


@pytest.mark.parametrize("what", FAULTS)
def test_a_broken_folder_is_refused_in_words(what, home, tmp_path):
    random_folder(tmp_path / "m", "bytes", shards=2)
    broken(tmp_path / "m", what)
    done = install(home, f"file:{tmp_path / 'm'}", "m")
    # What is only not known here may be of use to another engine: it is kept, and the fault told.
    assert (done.returncode == 0) == (what in ("an unknown type", "another expression")), done.stderr
    assert FAULTS[what] in done.stderr.splitlines()[-1], done.stderr
