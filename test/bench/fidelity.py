#!/usr/bin/env python3
"""How true a decoder of our own is: to f32 weights, type by type, beside llama.cpp; and to the
greedy text of llama-server, on twenty prompts. Prints two tables; minutes.

    fidelity.py [--types as-is,q4_0,…] [--tokens 4096] [--gguf FILE] [--llama-server FILE]
"""
import argparse
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/test"
TYPES = "as-is,q4_0,q8_0,q4_k,q5_k,q6_k,q3_k,q2_k,iq4_nl,iq4_xs,q5_0,q5_1,bf16,f16"
# libllama's threads wait by spinning, which beside anything else on the machine takes minutes.
QUIET = {**os.environ, "OMP_WAIT_POLICY": "passive"}
PROMPTS = [
    "What language is spoken in Brazil?", "Name three primary colours.", "Why is the sky blue?",
    "Write a short poem about rain.", "How do I boil an egg?", "What is 17 times 6?",
    "Tell me a story about a fox and a crow.", "Explain what a compiler does.",
    "Who wrote Romeo and Juliet?", "List the planets of the solar system.",
    "Translate 'good morning' into French.", "What is the capital of Japan, and what is it known for?",
    "Give me a recipe for pancakes.", "What is the difference between a virus and a bacterium?",
    "Write a Python function that adds two numbers.", "How far away is the Moon?",
    "Summarise the plot of Cinderella.", "What should I pack for a week in the mountains?",
    "Describe the colour red to someone who cannot see.", "What is photosynthesis?",
]
CHAT = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
ANSWER = 64  # tokens


def text_file(folder):
    """What this project says of itself: prose, tables and code."""
    path = pathlib.Path(folder) / "text"
    pages = [*sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs/decisions").glob("*.md"))]
    path.write_text("".join(page.read_text() for page in pages))
    return path


def measure_types(options, folder):
    print(f"| {options.tokens} tokens | own: KL, another token | libllama | KL own/libllama | perplexity own, libllama, f32 |")
    print("|---|---|---|---|---|", flush=True)
    for kind in options.types.split(","):
        line = subprocess.run([BUILD / "bench_decoder_fidelity", kind, options.gguf, text_file(folder),
                               str(options.tokens)], check=True, text=True, capture_output=True, env=QUIET).stdout
        own_kl, own_other, own_p, kl, other, p, _, _, f32_p = map(float, line.split()[1:])
        name = pathlib.Path(options.gguf).suffixes[-2][1:] if kind == "as-is" else kind.upper()
        print(f"| {name} | {own_kl:.5f}, {own_other:.1f} % | {kl:.5f}, {other:.1f} % | {own_kl / max(kl, 1e-9):.2f} | "
              f"{own_p:.2f}, {p:.2f}, {f32_p:.2f} |", flush=True)


def ask(port, path, body):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=300) as answer:
        return json.load(answer)


def wait_for(port, server):
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except OSError:
            assert server.poll() is None, "llama-server has ended"
            time.sleep(0.1)
    raise TimeoutError("llama-server is not ready")


def server_answers(options):
    """A line for each prompt, as bench_decoder_greedy reads them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([options.llama_server, "-m", options.gguf, "--port", str(port), "-c", "1024",
                               "-np", "1", "-t", "2"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=QUIET)
    try:
        wait_for(port, server)
        for prompt in PROMPTS:
            tokens = ask(port, "/tokenize", {"content": CHAT.format(prompt), "add_special": True,
                                             "parse_special": True})["tokens"]
            answer = ask(port, "/completion", {"prompt": tokens, "n_predict": ANSWER, "temperature": 0, "top_k": 1,
                                               "return_tokens": True, "cache_prompt": False})
            yield " ".join(map(str, tokens)) + " | " + " ".join(map(str, answer["tokens"]))
    finally:
        server.terminate()
        server.wait(30)


def measure_greedy(options):
    lines = "\n".join(server_answers(options)) + "\n"
    told = subprocess.run([BUILD / "bench_decoder_greedy", options.gguf], input=lines, check=True, text=True,
                          capture_output=True, env=QUIET).stdout.splitlines()
    same = sum(line.startswith("same") for line in told)
    print(f"\ngreedy, {ANSWER} tokens, {pathlib.Path(options.gguf).name}: {same} of {len(told)} equal llama-server's")
    for prompt, line in zip(PROMPTS, told):
        if not line.startswith("same"):
            print(f"  {prompt[:40]:40} {line}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--types", default=TYPES)
    parser.add_argument("--tokens", type=int, default=4096)
    parser.add_argument("--gguf", default=os.environ.get("HEARTH_TEST_GGUF"))
    parser.add_argument("--llama-server", default=os.environ.get("HEARTH_LLAMA_SERVER"))
    options = parser.parse_args()
    if not options.gguf or not options.llama_server:
        sys.exit("HEARTH_TEST_GGUF and HEARTH_LLAMA_SERVER (or --gguf and --llama-server) are needed")
    with tempfile.TemporaryDirectory() as folder:
        if options.types:
            measure_types(options, folder)
    measure_greedy(options)


if __name__ == "__main__":
    main()
