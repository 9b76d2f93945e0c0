"""The decoder of our own against libllama in process: the rows of `make bench` that no server is in.

The programs are bench_decoder and bench_decoder_once; this runs them on the demo model in three
types and on a model of 1.1 B random weights, reads what they print, and tells it beside the bars.
"""
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("HEARTH_BUILD", ROOT / "build"))

BARS = {
    "Q4_1": {"prefill": 7, "1": 1.7, "8": 4, "32": 5.5},
    "Q4_0": {"prefill": 3, "1": 1.3, "8": 3.2, "32": 3.5, "busy": 3},
    "Q8_0": {"prefill": 3.6, "1": 1.25, "8": 2.5, "32": 3.2},
    "1.1B": {"prefill": 2.5, "1": 1.0, "4": 1.8, "8": 2.7, "16": 2.7},
    "AVX2": {"prefill": 1.5, "8": 1.5, "32": 1.5},
}
# OpenMP's waiting decides what a busy neighbour costs libllama; its best one counts.
WAITING = ({}, {"GOMP_SPINCOUNT": "500"}, {"GOMP_SPINCOUNT": "2000"},
           {"OMP_WAIT_POLICY": "passive"})


def cases_of(text):
    """{case: (own, libllama, ratio, noise)} of what bench_decoder prints."""
    line = re.compile(r"^(\w+) +([\d.]+) +([\d.]+) +([\d.]+)× +([\d.]+)×$", re.M)
    return {m[1]: tuple(float(x) for x in m.groups()[1:]) for m in line.finditer(text)}


def run(program, *arguments, **settings):
    env = {**os.environ, **settings}
    return subprocess.run([program, *arguments], env=env, capture_output=True, text=True,
                          check=True).stdout


class Decoders:
    def __init__(self, folder, rounds, report):
        self.folder = pathlib.Path(folder)
        self.rounds = str(rounds)
        self.report = report

    def model(self, name):
        """Made at first use, beside the demo model."""
        source = self.folder / "SmolLM2-135M-Instruct.Q4_1.gguf"
        if name == "Q4_1":
            return source
        large = name == "1.1B"
        target = self.folder / ("random-1.1B.Q4_0.gguf" if large
                                else f"SmolLM2-135M-Instruct.{name}.gguf")
        if not target.exists():
            what = ("large",) if large else (name.lower(), source)
            subprocess.run([BUILD / "test/bench_models", *what, target], check=True,
                           capture_output=True)
        return target

    def tell(self, name, text):
        for case, (own, peer, ratio, noise) in cases_of(text).items():
            bar = BARS[name].get(case)
            unit = {"prefill": "prefill 512", "verify": "verifying 4 tokens",
                    "busy": "8 sequences, a core busy"}.get(case, f"{case} sequences")
            self.report(f"{name}, {unit}, tokens/s", f"≥ {bar} ×" if bar else "–", f"{own:.0f}",
                        f"{peer:.0f}", f"{ratio:.2f} ×", f"(libllama/itself {noise:.2f})")

    def speed(self, name, cases, build=BUILD, **settings):
        program = pathlib.Path(build) / "test/bench_decoder"
        path = self.model("Q4_0" if name == "AVX2" else name)
        text = run(program, path, *cases, BENCH_ROUNDS=self.rounds, **settings)
        self.tell(name, text)
        weights = re.search(r"^weights +(.*) GB/s of (.*) GB/s .*: (\d+) %", text, re.M)
        if weights:
            self.report(f"{name}, 1 sequence reads weights", "≥ 85 % of the bandwidth",
                        f"{weights[1]} GB/s", f"{weights[2]} GB/s", f"{weights[3]} %")
        verify = re.search(r"costs ([\d.]+) steps, of libllama ([\d.]+)", text)
        if verify:
            self.report(f"{name}, verifying 4 tokens", "≤ 1.25 steps", f"{verify[1]} steps",
                        f"{verify[2]} steps", "–")

    def busy(self):
        """Our own does not use OpenMP; libllama has the setting that suits it best."""
        path = self.model("Q4_0")
        runs = [(run(BUILD / "test/bench_decoder", path, "8", "busy", BENCH_ROUNDS=self.rounds,
                     **waiting), waiting) for waiting in WAITING]
        best = max(runs, key=lambda r: cases_of(r[0])["busy"][1])
        own = sorted(cases_of(text)["busy"][0] for text, _ in runs)[len(runs) // 2]
        quiet = sorted(cases_of(text)["8"][0] for text, _ in runs)[len(runs) // 2]
        peer, noise = cases_of(best[0])["busy"][1], cases_of(best[0])["busy"][3]
        how = " ".join(f"{k}={v}" for k, v in best[1].items()) or "its default"
        self.report("Q4_0, 8 sequences, a core busy, tokens/s", f"≥ {BARS['Q4_0']['busy']} ×",
                    f"{own:.0f}", f"{peer:.0f}", f"{own / peer:.2f} ×",
                    f"(libllama/itself {noise:.2f}, at {how})")
        self.report("Q4_0, 8 sequences, a core busy, of our own quiet rate", "≥ 40 %",
                    f"{own:.0f}", f"{quiet:.0f}", f"{100 * own / quiet:.0f} %")

    def once(self):
        """Memory of full sequences, and the time to the first token, each in a fresh process."""
        for slots, context in ((1, 512), (32, 256)):
            found = {}
            for side in ("own", "libllama"):
                text = run(BUILD / "test/bench_decoder_once", side, self.model("Q4_1"),
                           str(slots), str(context))
                found[side] = [float(x) for x in re.findall(r"[\d.]+", text)]
            (seconds, own), (peer_seconds, peer) = found["own"], found["libllama"]
            self.report(f"Q4_1, {slots} × {context} tokens, resident", "≤ 0.95 ×", f"{own:.0f} MB",
                        f"{peer:.0f} MB", f"{own / peer:.2f} ×")
        self.report("Q4_1, from opening the file to the first token", "≤ 0.3 s", f"{seconds:.2f} s",
                    f"{peer_seconds:.2f} s", f"{seconds / peer_seconds:.2f} ×")

    def all(self):
        usual = ("prefill", "1", "4", "8", "16", "32", "verify")
        self.speed("Q4_1", usual)
        self.speed("Q4_0", usual, BENCH_KV="bf16")
        self.speed("Q8_0", usual, BENCH_KV="bf16")
        self.busy()
        self.once()
        self.speed("1.1B", ("prefill", "1", "4", "8", "16"))
        avx2 = ROOT / "build/avx2"
        if (avx2 / "test/bench_decoder").exists():
            self.speed("AVX2", ("prefill", "8", "32"), build=avx2, BENCH_ISA="avx2")
        else:
            print("  AVX2 is left out; to have it: HEARTH_DEPS=$(scripts/deps_avx2) "
                  "scripts/build build/avx2 -- bench_decoder", flush=True)
