#!/usr/bin/env python3
"""torch and PEFT as test/bench/training.c is, for test/bench/training.py:
peer_training.py FOLDER THREADS DOCUMENTS TOKENS. The same step, the same tokens, f32."""
import pathlib
import re
import sys
import time

import peft
import torch
import transformers

MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def main():
    folder, threads, documents, each = sys.argv[1], *map(int, sys.argv[2:5])
    torch.set_num_threads(threads)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model = peft.get_peft_model(model, peft.LoraConfig(
        r=8, lora_alpha=16, target_modules=MODULES, lora_dropout=0, task_type="CAUSAL_LM")).train()
    trained = [value for value in model.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=2e-4, weight_decay=0)
    vocabulary = model.config.vocab_size
    tokens = torch.tensor([(i * 7919 + 13) % vocabulary for i in range(documents * each)])
    tokens = tokens.reshape(documents, each)
    print("ready", flush=True)
    for _ in sys.stdin:
        started, cpu = time.perf_counter(), time.process_time()
        loss = model(input_ids=tokens, labels=tokens).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        status = pathlib.Path("/proc/self/status").read_text()
        peak = re.search(r"VmHWM:\s+(\d+)", status).group(1)
        print(f"{seconds:.6f} {cpu:.6f} {loss.item():.9g} {peak}", flush=True)


if __name__ == "__main__":
    main()
