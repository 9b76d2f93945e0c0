#!/usr/bin/env python3
"""Makes test/golden/adapter/: LoRA adapters as PEFT saves them, without their weights, with some of
the logits that PEFT computes for the small decoders of make_decoders.py with them.

    make_adapters.py OUTPUT [NAME…]    (needs torch, transformers, peft; `make golden` runs it)

For each NAME/adapter_config.json, as PEFT wrote it, and NAME/expected.json: the base in
test/golden/decoder, the adapter's tensors by the names that PEFT gave them, tokens, logits. Weights
follow from names and shapes, as those of the decoders do.
"""
import json
import pathlib
import shutil
import sys
import tempfile

import peft
import safetensors.numpy
import torch
import transformers

import make_decoders

LAYER = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
# Name: the base, and the adapter's config.
ADAPTERS = {
    "llama": ("llama", dict(r=8, lora_alpha=4, target_modules=LAYER)),
    "llama-rslora": ("llama", dict(r=4, lora_alpha=2, use_rslora=True, target_modules=["q_proj", "v_proj"])),
    "llama-patterns": ("llama", dict(r=4, lora_alpha=2, target_modules=LAYER,
                                     rank_pattern={"q_proj": 6, "layers.1.mlp.down_proj": 2},
                                     alpha_pattern={"k_proj": 5, "layers.2.self_attn.o_proj": 1})),
    "gemma2": ("gemma2", dict(r=3, lora_alpha=1, target_modules=LAYER)),
    "phi3": ("phi3", dict(r=4, lora_alpha=1, target_modules=["qkv_proj", "o_proj", "gate_up_proj", "down_proj"])),
    "starcoder2": ("starcoder2", dict(r=4, lora_alpha=1, target_modules=["q_proj", "o_proj", "c_fc", "c_proj"])),
    "stablelm-parallel": ("stablelm-parallel", dict(r=4, lora_alpha=1, target_modules=LAYER)),
    "mixtral": ("mixtral", dict(r=4, lora_alpha=1, target_modules=["q_proj", "k_proj", "v_proj", "o_proj"])),
}


def write_base(name, folder):
    source = pathlib.Path(__file__).parent / "decoder" / name
    shutil.copy(source / "config.json", folder)
    shapes = json.loads((source / "expected.json").read_text())["tensors"]
    safetensors.numpy.save_file(
        {tensor: make_decoders.values(tensor, shape) for tensor, shape in shapes.items()},
        folder / "model.safetensors", metadata={"format": "pt"})


def load(folder):
    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32,
                                                             attn_implementation="eager").eval()


def logits_of(model, ids):
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0]
    return [{"position": at, "values": [float(f"{x:.7g}") for x in logits[at, ::make_decoders.EACH].tolist()]}
            for at in make_decoders.POSITIONS]


def make(name, base, settings, target):
    folder = target / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as temporary:
        whole, saved = pathlib.Path(temporary, "base"), pathlib.Path(temporary, "adapter")
        whole.mkdir()
        write_base(base, whole)
        model = peft.get_peft_model(load(whole), peft.LoraConfig(task_type="CAUSAL_LM", **settings))
        model.save_pretrained(saved)
        file = saved / "adapter_model.safetensors"
        shapes = {tensor: list(array.shape) for tensor, array in sorted(safetensors.numpy.load_file(file).items())}
        safetensors.numpy.save_file({tensor: make_decoders.values(tensor, shape) for tensor, shape in shapes.items()},
                                    file, metadata={"format": "pt"})
        ids = make_decoders.tokens()
        adapted = peft.PeftModel.from_pretrained(load(whole), saved).eval()
        runs = [{"tokens": ids, "each": make_decoders.EACH, "logits": logits_of(adapted, ids)}]
        plain = logits_of(load(whole), ids)
        config = json.loads((saved / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = base
    config["target_modules"] = sorted(config["target_modules"])
    make_decoders.write(folder / "adapter_config.json", config)
    make_decoders.write(folder / "expected.json", {"base": base, "tensors": shapes, "runs": runs})
    apart = max(abs(a - b) for one, other in zip(runs[0]["logits"], plain)
                for a, b in zip(one["values"], other["values"]))
    print(f"{name:20} {sum(f.stat().st_size for f in folder.iterdir()) // 1024} KiB, up to {apart:.3g} from the base")


def main():
    transformers.logging.disable_progress_bar()
    target = pathlib.Path(sys.argv[1])
    for name in sys.argv[2:] or ADAPTERS:
        make(name, *ADAPTERS[name], target)


if __name__ == "__main__":
    main()
