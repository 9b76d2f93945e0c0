#!/usr/bin/env python3
"""One peer for test/bench/embeddings.py, with the protocol of encoder.c:

    peer_encoder.py torch|ort|ort-int8|ort-int8-channel|openvino MODEL THREADS ONNX_FOLDER
"""
import pathlib
import sys
import time

import numpy


def torch_model(folder, threads):
    import torch
    import transformers
    torch.set_num_threads(threads)
    model = transformers.AutoModel.from_pretrained(folder, attn_implementation="sdpa").eval()

    def run(ids, mask):
        with torch.inference_mode():
            return model(input_ids=torch.from_numpy(ids),
                         attention_mask=torch.from_numpy(mask)).last_hidden_state.numpy()
    return run


def onnx_file(folder, target, kind):
    """Exports once, and quantizes with what onnxruntime has for it."""
    plain = target / "model.onnx"
    if not plain.exists():
        import torch
        import transformers
        inner = transformers.AutoModel.from_pretrained(folder, attn_implementation="eager").eval()

        class Hidden(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.inner = inner

            def forward(self, input_ids, attention_mask):
                return self.inner(input_ids=input_ids, attention_mask=attention_mask,
                                  use_cache=False).last_hidden_state

        model = Hidden().eval()
        ids = torch.ones(2, 8, dtype=torch.int64)
        axes = {0: "batch", 1: "length"}
        torch.onnx.export(model, (ids, ids), plain, input_names=["input_ids", "attention_mask"],
                          output_names=["hidden"], dynamo=False, opset_version=17,
                          dynamic_axes={"input_ids": axes, "attention_mask": axes, "hidden": axes})
    if kind in ("ort", "openvino"):
        return plain
    from onnxruntime.quantization import QuantType, quantize_dynamic
    made = target / f"{kind}.onnx"
    if not made.exists():
        options = {"per_channel": True, "reduce_range": True} if kind.endswith("channel") else {}
        quantize_dynamic(plain, made, weight_type=QuantType.QInt8, **options)
    return made


def ort_model(path, threads):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda ids, mask: session.run(None, {"input_ids": ids, "attention_mask": mask})[0]


def openvino_model(path, threads):
    import openvino
    core = openvino.Core()
    compiled = core.compile_model(str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32",
                                                     "INFERENCE_NUM_THREADS": threads})
    return lambda ids, mask: compiled([ids, mask])[0]


def main():
    from tokenizers import Tokenizer
    kind, folder, threads, target = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    tokenizer = Tokenizer.from_file(folder + "/tokenizer.json")
    tokenizer.enable_truncation(256)
    tokenizer.enable_padding()
    if kind == "torch":
        model = torch_model(folder, threads)
    elif kind == "openvino":
        model = openvino_model(onnx_file(folder, pathlib.Path(target), kind), threads)
    else:
        model = ort_model(onnx_file(folder, pathlib.Path(target), kind), threads)
    print("ready", flush=True)
    for line in sys.stdin:
        batch, texts, vectors = line.split()
        lines = pathlib.Path(texts).read_text().splitlines()
        started, out = time.perf_counter(), []
        for first in range(0, len(lines), int(batch)):
            encoded = tokenizer.encode_batch(lines[first:first + int(batch)])
            ids = numpy.array([e.ids for e in encoded], dtype=numpy.int64)
            mask = numpy.array([e.attention_mask for e in encoded], dtype=numpy.int64)
            hidden = model(ids, mask)
            pooled = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
            out.append(pooled / numpy.linalg.norm(pooled, axis=1, keepdims=True))
        seconds = time.perf_counter() - started
        if vectors != "-":
            numpy.concatenate(out).astype(numpy.float32).tofile(vectors)
        print(f"{seconds:.6f}", flush=True)


if __name__ == "__main__":
    main()
