"""Writes LoRA adapters for a GGUF model of the Llama kind, with random numbers: as a GGUF file, and as
a folder of PEFT's with the same numbers in the order of transformers' rows."""
import array
import json
import random
import struct

import change_gguf
import split_gguf

MODULES = {"attn_q": "self_attn.q_proj", "attn_v": "self_attn.v_proj", "ffn_down": "mlp.down_proj"}


def shapes(base):
    """Inputs and outputs of the base's matrices by name, and the size of a head."""
    count, metadata, tensors = split_gguf.read(base)
    found = {}
    for head, _ in tensors:
        reader = split_gguf.Reader(head)
        length = reader.take("Q")
        name = head[8:8 + length].decode()
        reader.at = 8 + length
        found[name] = [reader.take("Q") for _ in range(reader.take("I"))]
    raw = dict(change_gguf.entries(metadata, count))["llama.attention.head_count"]
    return found, found["blk.0.attn_q.weight"][1] // struct.unpack_from("<I", raw, len(raw) - 4)[0]


def pairs(base, rank, seed):
    """(name of the base's tensor, A as rows, B as rows)."""
    source = random.Random(seed)
    found, _ = shapes(base)
    for name in sorted(found):
        if name.split(".")[-2] not in MODULES:
            continue
        inputs, outputs = found[name]
        a = [[source.uniform(-1, 1) / inputs ** 0.5 for _ in range(inputs)] for _ in range(rank)]
        b = [[source.uniform(-0.25, 0.25) for _ in range(rank)] for _ in range(outputs)]
        yield name, a, b


def floats(rows):
    return b"".join(array.array("f", row).tobytes() for row in rows)


def write_gguf(base, path, rank=4, seed=1, alpha=None, changes=()):
    keys = {"general.type": "adapter", "general.architecture": "llama", "adapter.type": "lora",
            "adapter.lora.alpha": ("f32", alpha or 3.0 * rank), **dict(changes)}
    head, data = b"", b""
    tensors = 0
    for name, a, b in pairs(base, rank, seed):
        for tail, rows in (("lora_a", a), ("lora_b", b)):
            head += change_gguf.packed_text(f"{name}.{tail}") + struct.pack(
                "<IQQIQ", 2, len(rows[0]), len(rows), 0, len(data))
            data += split_gguf.padded(floats(rows))
            tensors += 1
    start = struct.pack("<4sIQQ", b"GGUF", 3, tensors, len(keys)) + b"".join(
        change_gguf.packed_text(key) + change_gguf.packed(value) for key, value in keys.items())
    path.write_bytes(split_gguf.padded(start + head) + data)
    return path


def write_peft(base, folder, rank=4, seed=1, **config):
    _, size = shapes(base)
    entries, data = {}, b""
    for name, a, b in pairs(base, rank, seed):
        _, layer, part, _ = name.split(".")
        if part == "attn_q":  # from GGUF's neighbours to transformers' halves
            b = [b[row - row % size + row % size % (size // 2) * 2 + row % size // (size // 2)]
                 for row in range(len(b))]
        for letter, rows in (("A", a), ("B", b)):
            raw = floats(rows)
            entries[f"base_model.model.model.layers.{layer}.{MODULES[part]}.lora_{letter}.weight"] = {
                "dtype": "F32", "shape": [len(rows), len(rows[0])],
                "data_offsets": [len(data), len(data) + len(raw)]}
            data += raw
    head = json.dumps(entries).encode()
    folder.mkdir()
    (folder / "adapter_model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + data)
    (folder / "adapter_config.json").write_text(json.dumps(
        {"peft_type": "LORA", "r": rank, "lora_alpha": 3 * rank, "bias": "none", **config}))
    return folder
