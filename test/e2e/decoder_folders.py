"""Writes Hugging Face folders of decoders, as transformers would have saved them, without it: the demo
model out of its GGUF file, and small random ones."""
import json
import struct

import numpy

FORMS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
F32, Q4_1, Q8_0 = 0, 3, 8


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values if len(values) > 1 else values[0]

    def text(self):
        length = self.take("Q")
        self.at += length
        return self.data[self.at - length:self.at].decode()

    def value(self, kind):
        if kind == 8:
            return self.text()
        if kind == 9:
            inner, count = self.take("IQ")
            return [self.value(inner) for _ in range(count)]
        return self.take(FORMS[kind])


def dequantized(kind, data, count):
    """What the blocks of a tensor are worth (ggml-common.h)."""
    if kind == F32:
        return numpy.frombuffer(data, "<f4", count)
    if kind == Q8_0:
        blocks = numpy.frombuffer(data, numpy.dtype([("d", "<f2"), ("q", "i1", 32)]), count // 32)
        return (blocks["d"].astype("f4")[:, None] * blocks["q"]).reshape(-1)
    assert kind == Q4_1, f"a type that this test does not know: {kind}"
    blocks = numpy.frombuffer(data, numpy.dtype([("d", "<f2"), ("m", "<f2"), ("q", "u1", 16)]), count // 32)
    codes = numpy.concatenate([blocks["q"] & 15, blocks["q"] >> 4], axis=1)
    return (blocks["d"].astype("f4")[:, None] * codes + blocks["m"].astype("f4")[:, None]).reshape(-1)


def read_gguf(path):
    """Its keys, and its tensors in f32 with their rows outermost."""
    reader = Reader(path.read_bytes())
    _, _, tensor_count, key_count = reader.take("4sIQQ")
    keys = {}
    for _ in range(key_count):
        name = reader.text()
        keys[name] = reader.value(reader.take("I"))
    rows = []
    for _ in range(tensor_count):
        name = reader.text()
        shape = [reader.take("Q") for _ in range(reader.take("I"))]
        rows.append((name, shape[::-1], *reader.take("IQ")))
    base = (reader.at + 31) // 32 * 32
    return keys, {name: dequantized(kind, memoryview(reader.data)[base + offset:],
                                    int(numpy.prod(shape))).reshape(shape)
                  for name, shape, kind, offset in rows}


def packed(array, dtype):
    if dtype == "BF16":  # to the nearest, ties to even
        bits = numpy.ascontiguousarray(array, "<f4").view("<u4")
        return ((bits + 0x7fff + (bits >> 16 & 1)) >> 16).astype("<u2").tobytes()
    return numpy.ascontiguousarray(array, {"F32": "<f4", "F16": "<f2"}[dtype]).tobytes()


def write_safetensors(path, tensors, dtype):
    header, bodies, at = {"__metadata__": {"format": "pt"}}, [], 0
    for name, array in tensors.items():
        bodies.append(packed(array, dtype))
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [at, at + len(bodies[-1])]}
        at += len(bodies[-1])
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    path.write_bytes(struct.pack("<Q", len(head)) + head + b"".join(bodies))


def write_sharded(folder, tensors, dtype, count):
    names, places = list(tensors), {}
    for i in range(count):
        file = f"model-{i + 1:05d}-of-{count:05d}.safetensors"
        part = names[i * len(names) // count:(i + 1) * len(names) // count]
        write_safetensors(folder / file, {name: tensors[name] for name in part}, dtype)
        places.update(dict.fromkeys(part, file))
    (folder / "model.safetensors.index.json").write_text(
        json.dumps({"metadata": {"total_size": 0}, "weight_map": places}))


def byte_level_tokenizer(tokens, merges, special):
    """A tokenizer.json of the GPT-2 kind; `special` are the ids of special tokens."""
    return {
        "version": "1.0", "truncation": None, "padding": None, "normalizer": None, "post_processor": None,
        "added_tokens": [{"id": i, "content": tokens[i], "single_word": False, "lstrip": False, "rstrip": False,
                          "normalized": False, "special": True} for i in special],
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Digits", "individual_digits": True},
            {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}]},
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                  "vocab": {token: i for i, token in enumerate(tokens)}, "merges": merges}}


HALVES = {"attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj"}
NAMES = {"attn_norm": "input_layernorm", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
         "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
         "ffn_down": "mlp.down_proj", **HALVES}


def halves(array, heads):
    """Components that are turned together stand next to each other in a GGUF file, and half a head
    apart in a folder."""
    rows, width = array.shape
    return array.reshape(heads, rows // heads // 2, 2, width).swapaxes(1, 2).reshape(rows, width)


def tensor_of(name, array, keys):
    if name in ("token_embd.weight", "output_norm.weight"):
        return {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight"}[name], array
    _, layer, part, _ = name.split(".")
    if part in HALVES:
        array = halves(array, keys["llama.attention.head_count" + ("" if part == "attn_q" else "_kv")])
    return f"model.layers.{layer}.{NAMES[part]}.weight", array


def demo_folder(gguf, folder, dtype="BF16", shards=1, layers=None):
    """SmolLM2 as its makers' folder has it, but for its weights, which were quantized once; or its
    first layers alone, for what need not make sense."""
    keys, tensors = read_gguf(gguf)
    layers = layers or keys["llama.block_count"]
    made = dict(tensor_of(name, array, keys) for name, array in tensors.items()
                if not name.startswith("blk.") or int(name.split(".")[1]) < layers)
    folder.mkdir(parents=True, exist_ok=True)
    if shards == 1:
        write_safetensors(folder / "model.safetensors", made, dtype)
    else:
        write_sharded(folder, made, dtype, shards)
    heads = keys["llama.attention.head_count"]
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
              "hidden_size": keys["llama.embedding_length"], "intermediate_size": keys["llama.feed_forward_length"],
              "num_hidden_layers": layers, "num_attention_heads": heads,
              "num_key_value_heads": keys["llama.attention.head_count_kv"],
              "max_position_embeddings": keys["llama.context_length"], "rope_theta": keys["llama.rope.freq_base"],
              "rms_norm_eps": 1e-5, "vocab_size": len(keys["tokenizer.ggml.tokens"]), "tie_word_embeddings": True,
              "attention_bias": False, "mlp_bias": False, "rope_scaling": None, "torch_dtype": "bfloat16",
              "bos_token_id": 1, "eos_token_id": 2}
    tokens, types = keys["tokenizer.ggml.tokens"], keys["tokenizer.ggml.token_type"]
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "generation_config.json").write_text(json.dumps({"bos_token_id": 1, "eos_token_id": [2, 0]}))
    (folder / "tokenizer.json").write_text(json.dumps(byte_level_tokenizer(
        tokens, keys["tokenizer.ggml.merges"], [i for i, kind in enumerate(types) if kind == 3])))
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "bos_token": "<|im_start|>", "eos_token": {"content": "<|im_end|>"}, "model_max_length": 10 ** 30,
        "chat_template": keys["tokenizer.chat_template"], "tokenizer_class": "GPT2Tokenizer"}))
    return folder
