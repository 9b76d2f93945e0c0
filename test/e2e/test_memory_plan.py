"""What a model plans to take is at least what it then takes, and not a tenth more, over computes,
contexts, slots and types of the cache."""
import concurrent.futures
import struct

import numpy
import pytest

import split_gguf
from conftest import SLOW, cli

# Small contexts, so that they are full soon; with larger ones the cache, which is exact, weighs more.
# What is fixed (code, tables, scratch that a small batch does not touch) may be off by so much.
FIXED_MB = 32

TABLE = [
    {"compute": "own", "context": 1024, "slots": 2},
    {"compute": "own", "context": 512, "slots": 4, "cache_type_k": "q8_0", "cache_type_v": "q8_0"},
    {"compute": "own", "context": 512, "slots": 2, "cache_type_k": "f32", "cache_type_v": "f32"},
    {"compute": "libllama", "context": 1024, "slots": 2},
    {"compute": "libllama", "context": 512, "slots": 4, "cache_type_k": "q8_0", "cache_type_v": "q8_0"},
]
# Of a file that libllama lays out anew while it loads: the weights must not be there twice.
REPACKED = [{"compute": "libllama", "context": 512, "slots": 2}]
Q4_0, Q4_1 = 2, 3


def as_q4_0(gguf, target):
    """The same model with its blocks of 32 weights as llama.cpp's Q4_0 has them (ggml-quants.c)."""
    count, metadata, tensors = split_gguf.read(gguf)
    heads, bodies, at = b"", [], 0
    for head, body in tensors:
        if head.endswith(struct.pack("<I", Q4_1)):
            blocks = numpy.frombuffer(body, numpy.uint8)[:len(body) // 20 * 20].reshape(-1, 20)
            scale, least = blocks[:, :4].copy().view("<f2").astype("f4").T
            codes = numpy.concatenate((blocks[:, 4:] & 15, blocks[:, 4:] >> 4), axis=1)
            values = codes * scale[:, None] + least[:, None]
            most = numpy.take_along_axis(values, abs(values).argmax(1)[:, None], 1) / -8
            codes = numpy.clip(values / numpy.where(most == 0, 1, most) + 8.5, 0, 15).astype("u1")
            body = numpy.concatenate((most.astype("<f2").view("u1"), codes[:, :16] | codes[:, 16:] << 4), 1).tobytes()
            head = head[:-4] + struct.pack("<I", Q4_0)
        heads += head + struct.pack("<Q", at)
        bodies.append(split_gguf.padded(body))
        at += len(bodies[-1])
    start = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), count)
    target.write_bytes(split_gguf.padded(start + metadata + heads) + b"".join(bodies))
    return target


def fill(server, model, context, slots):
    """Each sequence to nine tenths of its context."""
    def ask(i):
        answer = server.post("/v1/chat/completions", {
            "model": model, "max_tokens": 1, "messages": [
                {"role": "user", "content": f"{i} " + "river stone " * (9 * context // 20 - 20)}]},
            timeout=600)
        assert answer.status == 200, answer.text
    with concurrent.futures.ThreadPoolExecutor(slots) as pool:
        list(pool.map(ask, range(slots)))


@pytest.mark.once
def test_the_plan_is_what_is_taken(start, home, gguf, tmp_path):
    if SLOW > 1:
        pytest.skip("a sanitizer has memory of its own")
    for path, name in ((gguf, "m"), (as_q4_0(gguf, tmp_path / "q4_0.gguf"), "repacked")):
        assert cli("install", f"file:{path}", "--name", name, home=home).returncode == 0
    server = start()
    rows = []
    for name, settings in [("m", row) for row in TABLE] + [("repacked", row) for row in REPACKED]:
        changed = server.request("PATCH", f"/models/{name}", {"settings": settings})
        assert changed.status == 200, changed.text
        assert server.post(f"/admin/models/{name}/load").status == 200
        fill(server, name, settings["context"], settings["slots"])
        server.get("/metrics")  # has memory measured
        model, = [model for model in server.get("/admin/ps").json()["models"] if model["name"].startswith(name)]
        planned = sum(model["memory_plan"].values()) / 2**20
        rows.append((name, settings, round(planned, 1), round(model["memory_bytes"] / 2**20, 1),
                     round(planned / (model["memory_bytes"] / 2**20), 3)))
        print(*rows[-1], model["memory_plan"], flush=True)
        assert server.post(f"/admin/models/{name}/unload").status == 200
    for row in rows:
        *_, planned, taken, _ = row
        assert taken <= planned <= max(1.1 * taken, taken + FIXED_MB), row
