#!/usr/bin/env python3
"""Makes test/golden/decoder/: a small decoder of each architecture that Hearth computes itself, as
a Hugging Face folder without its weights, with some of the logits that transformers computes.

    make_decoders.py OUTPUT [NAME…]    (needs torch, transformers, safetensors; `make golden` runs it)

For each model NAME/config.json and NAME/expected.json: the tensors' shapes by name, which members
of config.json may be missing, tokens, and a few logits at a few positions. Weights are not kept: they follow from a tensor's name and shape, and
test/support/golden_decoder.h makes the same again in C, bit for bit.
"""
import json
import math
import pathlib
import shutil
import sys
import tempfile

import numpy
import safetensors.numpy
import torch
import transformers

VOCABULARY = 160
LENGTH = 90  # more than any window, two pages of a KV cache, and the original contexts below
POSITIONS = [0, 1, 6, 15, 31, 32, 50, 63, 77, 89]
EACH = 5  # one logit in so many is kept
OLD = "the form of config.json before transformers 5, which most folders have"

SMALL = dict(vocab_size=VOCABULARY, hidden_size=64, num_hidden_layers=3, num_attention_heads=4,
             num_key_value_heads=2, intermediate_size=96, max_position_embeddings=512,
             bos_token_id=1, eos_token_id=2, pad_token_id=0)
UNTIED = dict(SMALL, tie_word_embeddings=False)


# Never left out: with their defaults these would be models of billions.
NEEDED = {"model_type", "hidden_size", "intermediate_size", "moe_intermediate_size", "vocab_size",
          "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "num_experts", "num_local_experts"}


def rope(kind, **numbers):
    return {"rope_type": kind, "rope_theta": 10000.0, **numbers}


LONG_FACTORS = dict(short_factor=[1.0 + 0.05 * i for i in range(8)],
                    long_factor=[1.0 + 0.7 * i for i in range(8)])

# Name: config class, its settings, and whether config.json is written in the OLD form.
MODELS = {
    "llama": ("Llama", UNTIED, True),
    "llama-biases": ("Llama", dict(SMALL, tie_word_embeddings=True, attention_bias=True, mlp_bias=True,
                                   head_dim=24), True),
    "llama-linear": ("Llama", dict(UNTIED, rope_parameters=rope("linear", factor=4.0)), True),
    "llama-dynamic": ("Llama", dict(UNTIED, max_position_embeddings=32,
                                    rope_parameters=rope("dynamic", factor=4.0)), True),
    "llama-yarn": ("Llama", dict(UNTIED, max_position_embeddings=128, rope_parameters=rope(
        "yarn", factor=4.0, original_max_position_embeddings=32)), True),
    "llama-llama3": ("Llama", dict(UNTIED, rope_parameters=dict(rope(
        "llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
        original_max_position_embeddings=64), rope_theta=500000.0)), True),
    "llama-llama3-new": ("Llama", dict(UNTIED, rope_parameters=rope(
        "llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
        original_max_position_embeddings=32)), False),
    "mistral": ("Mistral", dict(UNTIED, sliding_window=20), True),
    "mistral-full": ("Mistral", dict(UNTIED, sliding_window=None, head_dim=32), False),
    "mixtral": ("Mixtral", dict(UNTIED, num_local_experts=4, num_experts_per_tok=2, sliding_window=None,
                                rope_parameters=dict(rope("default"), rope_theta=1e6)), True),
    "qwen2": ("Qwen2", dict(UNTIED, rope_parameters=dict(rope("default"), rope_theta=1e6)), True),
    "qwen2-window": ("Qwen2", dict(SMALL, tie_word_embeddings=True, use_sliding_window=True,
                                   sliding_window=20, max_window_layers=1), True),
    "qwen2-yarn": ("Qwen2", dict(UNTIED, rope_parameters=rope(
        "yarn", factor=4.0, original_max_position_embeddings=32, beta_fast=16.0, beta_slow=2.0,
        attention_factor=1.3)), False),
    "qwen3": ("Qwen3", dict(SMALL, tie_word_embeddings=True, head_dim=32), True),
    "qwen3-new": ("Qwen3", dict(UNTIED, head_dim=24, attention_bias=True), False),
    "qwen3-moe": ("Qwen3Moe", dict(UNTIED, head_dim=32, num_experts=8, num_experts_per_tok=3,
                                   moe_intermediate_size=48, norm_topk_prob=True), True),
    "gemma": ("Gemma", dict(SMALL, head_dim=32, num_key_value_heads=1), True),
    "gemma2": ("Gemma2", dict(SMALL, num_hidden_layers=4, head_dim=32, sliding_window=20,
                              query_pre_attn_scalar=24, attn_logit_softcapping=5.0,
                              final_logit_softcapping=3.0), True),
    "gemma3": ("Gemma3Text", dict(SMALL, num_hidden_layers=7, head_dim=32, sliding_window=20,
                                  query_pre_attn_scalar=32), True),
    "gemma3-scaled": ("Gemma3Text", dict(
        SMALL, num_hidden_layers=3, head_dim=32, sliding_window=20, query_pre_attn_scalar=24,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        rope_parameters={"full_attention": dict(rope("linear", factor=8.0), rope_theta=1e6),
                         "sliding_attention": rope("default")}), False),
    "phi3": ("Phi3", dict(UNTIED, sliding_window=None), True),
    "phi3-window": ("Phi3", dict(UNTIED, sliding_window=20, partial_rotary_factor=0.5), True),
    "phi3-longrope": ("Phi3", dict(UNTIED, max_position_embeddings=128, sliding_window=None,
                                   original_max_position_embeddings=32, rope_parameters=rope(
                                       "longrope", original_max_position_embeddings=32, **LONG_FACTORS)), True),
    "granite": ("Granite", dict(SMALL, tie_word_embeddings=True, embedding_multiplier=6.0,
                                residual_multiplier=0.5, attention_multiplier=0.125, logits_scaling=4.0), True),
    "granite-biases": ("Granite", dict(UNTIED, attention_bias=True, mlp_bias=True, embedding_multiplier=3.0,
                                       residual_multiplier=0.7, attention_multiplier=0.2, logits_scaling=2.0),
                       False),
    "olmo2": ("Olmo2", UNTIED, True),
    "olmo3": ("Olmo3", dict(UNTIED, num_hidden_layers=5, sliding_window=20), True),
    "starcoder2": ("Starcoder2", dict(SMALL, tie_word_embeddings=True, use_bias=True, sliding_window=None), True),
    "starcoder2-window": ("Starcoder2", dict(UNTIED, use_bias=True, sliding_window=20), False),
    "stablelm": ("StableLm", dict(UNTIED, rope_parameters=dict(rope("default"), partial_rotary_factor=0.25),
                                  use_qkv_bias=True), True),
    "stablelm-parallel": ("StableLm", dict(UNTIED, rope_parameters=dict(rope("default"),
                                                                        partial_rotary_factor=0.5),
                                           use_parallel_residual=True, qk_layernorm=True), True),
}
# Within its original context longrope has other factors: this one is asked a short text too.
SHORT = {"phi3-longrope": 30}


def values(name, shape):
    """See test/support/golden_decoder.h, which says the same in C: 53 random bits are too many for
    f32, so numbers have 16, and each product below is rounded once."""
    count = math.prod(shape)
    seed = 14695981039346656037
    for byte in name.encode():
        seed = (seed ^ byte) * 1099511628211 % 2**64
    with numpy.errstate(over="ignore"):
        mixed = numpy.uint64(seed) + numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        mixed = mixed ^ (mixed >> numpy.uint64(31))
    random = ((mixed >> numpy.uint64(48)).astype(numpy.float32) - numpy.float32(32768)) / numpy.float32(32768)
    if len(shape) == 1:
        made = random * numpy.float32(0.25)
        if not name.endswith("bias"):
            made = made + numpy.float32(1)
    elif "embed" in name:
        made = random * numpy.float32(0.5)
    else:
        made = random * numpy.float32(1.7 / math.sqrt(shape[-1]))
    return made.reshape(shape)


def old_form(config):
    """As it stood before transformers 5, and on many hubs' pages still stands."""
    config, kind = dict(config), config["model_type"]
    numbers = dict(config.pop("rope_parameters", None) or {})
    for old, new in (("torch_dtype", "dtype"), ("num_experts", "num_local_experts"),
                     ("sliding_window_pattern", "_sliding_window_pattern")):
        if new in config and not (kind == "mixtral" and new == "num_local_experts"):
            config[old] = config.pop(new)
    if kind == "gemma3_text":
        config["rope_local_base_freq"] = numbers["sliding_attention"]["rope_theta"]
    numbers = dict(numbers.get("full_attention", numbers))
    for name in ("rope_theta", "partial_rotary_factor"):
        if name in numbers:
            config[name] = numbers.pop(name)
    if kind == "phi3":  # has it beside the scaling
        numbers.pop("original_max_position_embeddings", None)
    if numbers.get("rope_type") in ("linear", "dynamic", "longrope"):  # the kinds that were there first
        numbers["type"] = numbers.pop("rope_type")
    scaled = numbers.get("type", numbers.get("rope_type", "default")) != "default"
    config["rope_scaling"] = numbers if scaled else None
    if kind != "olmo3":
        config.pop("layer_types", None)
    return config


def tokens():
    state, made = 12345, []
    for _ in range(LENGTH):
        state = (state * 1103515245 + 12345) % 2**31
        made.append(state // 65536 % VOCABULARY)
    return made


def write(path, value):
    """Numbers beside one another, members below."""
    lines = [f"  {json.dumps(key)}: {json.dumps(part)}" for key, part in value.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def shapes_of(model, folder):
    """The tensors as the model's own saving names them, which is how folders on hubs have them."""
    model.save_pretrained(folder)
    found = {}
    for file in sorted(folder.glob("*.safetensors")):
        with safetensors.safe_open(file, "numpy") as opened:
            for name in opened.keys():
                found[name] = list(opened.get_slice(name).get_shape())
    return dict(sorted(found.items()))


def logits_of(folder, ids):
    model, report = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    assert not report["missing_keys"] and not report["unexpected_keys"], report
    with torch.no_grad():
        logits = model.eval()(input_ids=torch.tensor([ids]), use_cache=False).logits[0]
    return [{"position": at, "values": [float(f"{x:.7g}") for x in logits[at, ::EACH].tolist()]}
            for at in POSITIONS if at < len(ids)]


def droppable(folder, said, ids, expected):
    """The members of config.json without which transformers computes the same: folders leave out what
    is their class's default, and readers must know it."""
    left, dropped = dict(said), []
    for key in (key for key in said if key not in NEEDED):
        fewer = {name: value for name, value in left.items() if name != key}
        (folder / "config.json").write_text(json.dumps(fewer))
        try:
            same = logits_of(folder, ids) == expected
        except Exception:  # whatever a class does without it: it is needed
            same = False
        if same:
            left = fewer
            dropped.append(key)
    return dropped


def make(name, kind, settings, old, target):
    folder = target / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config = getattr(transformers, kind + "Config")(**settings)
    model = getattr(transformers, kind.replace("Gemma3Text", "Gemma3") + "ForCausalLM")(config)
    with tempfile.TemporaryDirectory() as temporary:
        whole = pathlib.Path(temporary)
        shapes = shapes_of(model, whole)
        said = json.loads((whole / "config.json").read_text())
        said = old_form(said) if old else said
        (whole / "config.json").write_text(json.dumps(said))
        for file in whole.glob("*.safetensors*"):
            file.unlink()
        safetensors.numpy.save_file({tensor: values(tensor, shape) for tensor, shape in shapes.items()},
                                    whole / "model.safetensors", metadata={"format": "pt"})
        ids = tokens()
        runs = [{"tokens": ids, "each": EACH, "logits": logits_of(whole, ids)}]
        if name in SHORT:
            ids = ids[:SHORT[name]]
            runs.append({"tokens": ids, "each": EACH, "logits": logits_of(whole, ids)})
        dropped = droppable(whole, said, runs[0]["tokens"], runs[0]["logits"])
    write(folder / "config.json", said)
    write(folder / "expected.json", {"tensors": shapes, "droppable": dropped, "runs": runs})
    largest = max(abs(x) for run in runs for row in run["logits"] for x in row["values"])
    print(f"{name:20} {sum(f.stat().st_size for f in folder.iterdir()) // 1024} KiB, logits up to {largest:.3g}")


def main():
    transformers.logging.disable_progress_bar()
    transformers.logging.set_verbosity_error()
    target = pathlib.Path(sys.argv[1])
    chosen = sys.argv[2:] or MODELS
    for name in chosen:
        make(name, *MODELS[name], target)


if __name__ == "__main__":
    main()
