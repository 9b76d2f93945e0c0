#!/usr/bin/env python3
"""Makes test/golden/quants.bin: random blocks of each quantized type of GGUF and what the package
`gguf` (of llama.cpp) says that they are worth; then what it makes of some floats.

    make_quants.py OUTPUT        (needs gguf and numpy; `make golden` runs it)

A record, little-endian: u32 type, u32 values, u32 bytes, u32 kind (0: bytes give these values;
1: these values give the bytes), the bytes, the values in f32.
"""
import struct
import sys

import gguf
import numpy

TYPES = ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K",
         "IQ4_NL", "IQ4_XS"]
MADE = ["F16", "BF16", "Q8_0", "Q4_0", "Q4_1"]
# Where f16 numbers stand in a block: random bits there would be infinite or not numbers.
F16_AT = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108],
          "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0]}


def record(out, name, blocks, values, kind):
    number = gguf.GGMLQuantizationType[name].value
    data = blocks.tobytes()
    out.write(struct.pack("<4I", number, values.size, len(data), kind) + data + values.astype("<f4").tobytes())


def random_blocks(random, name):
    block_values, block_bytes = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[name]]
    count = 512 // block_values if block_values > 1 else 64
    if name in ("F32", "F16"):
        return random.normal(size=count).astype("<f4" if name == "F32" else "<f2").view(numpy.uint8)
    if name == "BF16":
        return gguf.quantize(random.normal(size=count).astype("<f4"), gguf.GGMLQuantizationType.BF16)
    blocks = random.integers(0, 256, size=(count, block_bytes), dtype=numpy.uint8)
    for at in F16_AT[name]:
        blocks[:, at:at + 2] = random.normal(scale=0.1, size=count).astype("<f2").view(numpy.uint8).reshape(count, 2)
    return blocks.reshape(-1)


def main():
    random = numpy.random.default_rng(9)
    with open(sys.argv[1], "wb") as out:
        for name in TYPES:
            blocks = random_blocks(random, name)
            record(out, name, blocks, gguf.dequantize(blocks, gguf.GGMLQuantizationType[name]), 0)
        for name in MADE:
            values = random.normal(size=256).astype("<f4")
            values[:32] = 0
            record(out, name, gguf.quantize(values, gguf.GGMLQuantizationType[name]), values, 1)


main()
