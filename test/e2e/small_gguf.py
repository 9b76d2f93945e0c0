"""Writes a GGUF file of a small random Llama in f32 with the demo model's tokens and template: what
trains, loads and answers in no time, and makes no sense before it has learnt something."""
import struct

import numpy

import change_gguf
import split_gguf

WIDTH, FEED, LAYERS, HEADS, KEY_HEADS = 64, 96, 2, 4, 2
F32 = 0


def shapes(vocabulary):
    """Name to [rows, columns], or [columns] of a norm."""
    keys = WIDTH // HEADS * KEY_HEADS
    found = {"token_embd.weight": [vocabulary, WIDTH], "output_norm.weight": [WIDTH]}
    for layer in range(LAYERS):
        found |= {f"blk.{layer}.{name}.weight": shape for name, shape in {
            "attn_norm": [WIDTH], "attn_q": [WIDTH, WIDTH], "attn_k": [keys, WIDTH], "attn_v": [keys, WIDTH],
            "attn_output": [WIDTH, WIDTH], "ffn_norm": [WIDTH], "ffn_gate": [FEED, WIDTH], "ffn_up": [FEED, WIDTH],
            "ffn_down": [WIDTH, FEED]}.items()}
    return found


def write(gguf, target, seed=1):
    count, metadata, tensors = split_gguf.read(gguf)
    entries = dict(change_gguf.entries(metadata, count))
    tokenizer = [raw for name, raw in entries.items() if name.startswith("tokenizer.")]
    embedding = next(head for head, _ in tensors if b"token_embd.weight" in head)
    vocabulary, = struct.unpack_from("<Q", embedding, 8 + len("token_embd.weight") + 4 + 8)
    numbers = {"block_count": LAYERS, "context_length": 512, "embedding_length": WIDTH, "feed_forward_length": FEED,
               "attention.head_count": HEADS, "attention.head_count_kv": KEY_HEADS, "vocab_size": vocabulary,
               "rope.dimension_count": WIDTH // HEADS}
    keys = [change_gguf.packed_text("general.architecture") + change_gguf.packed("llama")]
    keys += [change_gguf.packed_text(f"llama.{name}") + change_gguf.packed(("u32", value))
             for name, value in numbers.items()]
    keys.append(change_gguf.packed_text("llama.attention.layer_norm_rms_epsilon") + change_gguf.packed(("f32", 1e-5)))
    keys.append(change_gguf.packed_text("llama.rope.freq_base") + change_gguf.packed(("f32", 10000.0)))
    random, heads, bodies, at = numpy.random.default_rng(seed), b"", [], 0
    for name, shape in shapes(vocabulary).items():
        values = random.normal(0, shape[-1] ** -0.5, shape) if len(shape) > 1 else numpy.ones(shape)
        bodies.append(split_gguf.padded(values.astype("<f4").tobytes()))
        heads += change_gguf.packed_text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape[::-1], F32, at)
        at += len(bodies[-1])
    start = struct.pack("<4sIQQ", b"GGUF", 3, len(bodies), len(keys) + len(tokenizer))
    target.write_bytes(split_gguf.padded(start + b"".join(keys + tokenizer) + heads) + b"".join(bodies))
    return target
