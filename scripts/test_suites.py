"""Runs the suites and sums up their cases; started by scripts/test once everything is installed.

Builds: build/ (plain), build/asan (ASan + UBSan), build/tsan (the worker, the loop and the fake
engine), build/cov (coverage). Output of each suite goes to build/test-logs/ and, when something
failed, here. The last line is `N passed, N failed`.
"""
import concurrent.futures
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
LOGS = BUILD / "test-logs"
COVERAGE_LEAST = 80  # per cent of the lines of src/
H2SPEC = "github.com/summerwind/h2spec/cmd/h2spec"  # the version is in test/e2e/h2spec/go.mod
TSAN_TESTS = "worker|engine|loop|pool|channel|process|ipc"
SUITE_LIMIT_S = 2700

passed, failed = 0, 0


def say(text):
    print(f"hearth: {text}", flush=True)


def count(name, good, bad, seconds, log=None):
    """Adds to the sums; `log` is shown when something failed."""
    global passed, failed
    passed, failed = passed + good, failed + bad
    say(f"{name}: {good} passed, {bad} failed ({seconds:.0f} s)")
    if bad and log and log.exists():
        show(log.name, log.read_text(errors="replace"), 150)


def show(name, text, most):
    """A failure's output: its beginning, where the first fault is, and its end."""
    lines = text.splitlines()
    if len(lines) > most:
        half = most // 2
        lines = [*lines[:half], f"… {len(lines) - most} lines …", *lines[-half:]]
    print(f"--- {name}", *lines, "---", sep="\n", flush=True)


def with_changes(env):
    """The environment with these variables set, or taken away where they are None."""
    merged = {**os.environ, **(env or {})}
    return {key: value for key, value in merged.items() if value is not None}


def run(argv, log, env=None):
    """The exit status; output goes to the log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "w") as out:
        child = subprocess.Popen(argv, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT,
                                 stdin=subprocess.DEVNULL, env=with_changes(env),
                                 start_new_session=True)
        try:
            return child.wait(SUITE_LIMIT_S)
        except subprocess.TimeoutExpired:
            out.write(f"\nended after {SUITE_LIMIT_S} s\n")
            return 124
        finally:
            # Servers that a suite left behind end with it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)


def build(folder, *flags, targets=(), niceness=0):
    def lower_priority():  # also where Linux shares the cores among sessions first, see sched(7)
        os.nice(niceness)
        with contextlib.suppress(OSError):
            pathlib.Path("/proc/self/autogroup").write_text(str(niceness))

    argv = ["scripts/build", folder, *flags, *(["--", *targets] if targets else [])]
    return subprocess.run(argv, cwd=ROOT, preexec_fn=lower_priority if niceness else None,
                          start_new_session=bool(niceness)).returncode == 0


def built(name):
    """Whether this build is there; it is awaited where it is under way, begun where it is not."""
    good = ahead[name].result() if name in ahead else BUILDS[name]()
    if not good:
        count(f"build {name}", 0, 1, 0)
    return good


def cases_of(case):
    """Passed and failed cases of one ctest program: cmocka says them on its output."""
    output = case.findtext("system-out") or ""
    good = len(re.findall(r"^\[       OK \] ", output, re.M))
    bad = sum(int(n) for n in re.findall(r"^\[  FAILED  \] (\d+) test", output, re.M))
    if case.get("status") != "run":
        return good, max(bad, 1)  # a crash or a time limit leaves no sum
    return (good, bad) if good or bad else (1, 0)


def ctest(name, folder, *selection, jobs=2, env=None):
    started, report = time.monotonic(), LOGS / f"{name}.xml"
    report.unlink(missing_ok=True)
    log = LOGS / f"{name}.log"
    run(["ctest", "--test-dir", folder, *selection, "-j", str(jobs), "--output-on-failure",
         "--no-tests=ignore", "--repeat", "until-pass:2", "--test-output-size-passed", "4000000", "--test-output-size-failed",
         "4000000", "--output-junit", str(report)], log, env)
    if not report.exists():
        return count(name, 0, 1, time.monotonic() - started, log)
    good, bad, faulty = 0, 0, []
    for case in xml.parse(report).getroot().iter("testcase"):
        more_good, more_bad = cases_of(case)
        good, bad = good + more_good, bad + more_bad
        if more_bad:
            faulty.append(case)
    count(name, good, bad, time.monotonic() - started)
    for case in faulty:
        show(case.get("name"), case.findtext("system-out") or "no output", 120)


def c_suites(name, folder, *selection, env=None):
    ctest(f"{name} unit conformance sim fuzz", folder, "-L", "^(unit|conformance|sim|fuzz)$",
          *selection, env=env)
    # These start servers and measure deadlines: one at a time.
    ctest(f"{name} integration", folder, "-L", "^integration$", jobs=1, env=env)


def fresh_venv(folder, pins):
    """The command that installs more into it."""
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install = [folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "-r", pins], check=True)
    return install


def venv():
    """The Python with the packages of test/e2e, made once for each set of pins; build/older has
    clients that want older ones of them."""
    folder, older = BUILD / "venv", BUILD / "older"
    pins, older_pins = ROOT / "test/e2e/requirements.txt", ROOT / "test/e2e/older/requirements.txt"
    stamp, wanted = folder / "pins.txt", pins.read_text() + older_pins.read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(older, ignore_errors=True)
        install = fresh_venv(folder, pins)
        subprocess.run([*install, "--no-deps", "--target", older, "-r", older_pins], check=True)
        stamp.write_text(wanted)
    return folder / "bin/python"


def mlflow():
    """A real MLflow server, in build/mlflow: it wants other versions of what build/venv has."""
    folder, pins = BUILD / "mlflow", ROOT / "test/e2e/mlflow/requirements.txt"
    stamp = folder / "pins.txt"
    if not stamp.exists() or stamp.read_text() != pins.read_text():
        fresh_venv(folder, pins)
        stamp.write_text(pins.read_text())


def clients():
    """Node's packages (clients, playwright-core) and h2spec, in build/: the environment that names them."""
    node, tools = BUILD / "node", BUILD / "tools"
    lock = ROOT / "test/e2e/package-lock.json"
    if not (node / "node_modules/openai").exists() or \
            (node / lock.name).read_text() != lock.read_text():
        node.mkdir(exist_ok=True)
        for file in (lock, lock.with_name("package.json")):
            shutil.copy(file, node / file.name)
        subprocess.run(["npm", "ci", "--silent", "--no-fund", "--no-audit"], cwd=node, check=True)
    if not (tools / "h2spec").exists():
        go = shutil.which("go") or "/usr/local/go/bin/go"
        subprocess.run([go, "build", "-o", tools / "h2spec", H2SPEC], check=True,
                       cwd=ROOT / "test/e2e/h2spec",
                       env={**os.environ, "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local"})
    return {"NODE_PATH": str(node / "node_modules"), "HEARTH_H2SPEC": str(tools / "h2spec")}


def pytest(name, hearth, env, *selection):
    """Exit status, number of cases, of failures and of skips."""
    report, log = LOGS / f"{name}.xml", LOGS / f"{name}.log"
    report.unlink(missing_ok=True)
    status = run([str(venv()), "-m", "pytest", "-q", "-p", "no:langsmith_plugin",  # takes seconds to load
                  # A test that passed leaves nothing: models are large, and a disk is not.
                  "-o", "tmp_path_retention_policy=failed", "-o", "tmp_path_retention_count=1",
                  "--durations=15", f"--junit-xml={report}", *selection], log, {**env, "HEARTH_BIN": str(hearth)})
    if not report.exists():
        return status, 0, 1, 0
    suite = xml.parse(report).getroot().find("testsuite")
    return (status, int(suite.get("tests")), int(suite.get("failures")) + int(suite.get("errors")),
            int(suite.get("skipped")))


# Half of the tests wait for a clock, a disk or a client: they run beside those that compute; then
# those that measure.
E2E_PARTS = (("computing", "waiting"), ("alone",))
E2E_MARKS = {"computing": "computes and not alone", "waiting": "not computes and not alone",
             "alone": "alone"}
# With sanitizers what computes takes twice as long as what waits, so that a half idles for a while.
SANITIZED_MARKS = {"computing": "computes and not one_core and not alone",
                   "waiting": "(not computes or one_core) and not alone", "alone": "alone"}


def e2e(name, hearth, env, *selection, marks="", files=("test/e2e",), each=E2E_PARTS,
        marks_of=E2E_MARKS):
    venv()
    mlflow()
    env = {**clients(), **env}
    for parts in each:
        with concurrent.futures.ThreadPoolExecutor(len(parts)) as pool:
            runs = [pool.submit(e2e_part, f"{name} {part}", hearth, env, *files, *selection,
                                "-m", marks_of[part] + marks) for part in parts]
        for done in runs:
            count(*done.result())


def e2e_part(name, hearth, env, *selection):
    """What fails is run once more: machines are shared, and a deadline may pass while somebody else
    has the cores. What failed at first is said."""
    started, log = time.monotonic(), LOGS / f"{name}.log"
    selection = [*selection, "-o", f"cache_dir={LOGS / name}"]
    status, cases, bad, skipped = pytest(name, hearth, env, *selection, "--cache-clear")
    good = cases - bad - skipped
    if bad and cases and status == 1:
        for line in re.findall(r"^(?:FAILED|ERROR) .*", log.read_text(errors="replace"), re.M):
            say(f"{name}: again: {line[:160]}")
        log = LOGS / f"{name} again.log"
        status, _, still_bad, _ = pytest(f"{name} again", hearth, env, *selection, "--last-failed")
        good, bad = good + bad - still_bad, still_bad
    if skipped:
        say(f"{name}: {skipped} skipped, see {(LOGS / f'{name}.log').relative_to(ROOT)}")
    return name, good, bad or int(status not in (0, 5)), time.monotonic() - started, log


def check():
    started, log = time.monotonic(), LOGS / "check.log"
    run(["scripts/check"], log)
    steps = re.findall(r"^hearth: (.*): (good|FAILED)$", log.read_text(), re.M)
    # The unit tests are counted case by case in the plain suite.
    steps = [word for step, word in steps if step != "unit tests"]
    bad = steps.count("FAILED") or int(not steps)
    count("check", steps.count("good"), bad, time.monotonic() - started, log)


def plain():
    if built("plain"):
        c_suites("plain", "build")


# Long, and they show nothing more of a build with sanitizers or counters: in C a comparison of
# frequencies, in e2e what test/e2e/conftest.py says.
NOT_AGAIN_IN_C = ("-E", "test_sampler_library")
NOT_AGAIN = " and not once"
SANITIZED = {"ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=1:strict_string_checks=1:detect_stack_use_after_return=0",
             "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}


def asan():
    if built("asan"):
        c_suites("asan", "build/asan", *NOT_AGAIN_IN_C, env=SANITIZED)


def tests_of(folder, pattern):
    """Names of tests, which are also those of their programs."""
    listed = subprocess.run(["ctest", "--test-dir", folder, "-N", "-R", pattern], cwd=ROOT,
                            capture_output=True, text=True, check=True).stdout
    return re.findall(r"Test +#\d+: (\S+)", listed)


def build_tsan(niceness=0):
    folder, flag = "build/tsan", "-DHEARTH_SANITIZE=thread"
    # Only what runs is built.
    return build(folder, flag, targets=["programs"], niceness=niceness) and \
        build(folder, flag, targets=tests_of(folder, TSAN_TESTS), niceness=niceness)


def tsan():
    if built("tsan"):
        ctest("tsan", "build/tsan", "-R", TSAN_TESTS, jobs=1,
              env={"TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
                   # libgomp's synchronisation is invisible to TSan: no llama, only the fake engine.
                   "HEARTH_TEST_GGUF": None})


# Between them every room of src/, as the coverage shows, and what attacks them. All of e2e finds
# little more for twice the time; `scripts/test asan-e2e-all` has it.
EVERY_ROOM = [f"test/e2e/test_{name}.py" for name in (
    "abuse", "adapter_versions", "cli", "cli_training", "context_end", "datasets_api", "embeddings", "files",
    "fine_tuning", "hostile_models", "hot_adapters", "install", "leaving", "many_models", "messages", "mlflow",
    "native", "ollama", "openai", "postgres", "prefix", "prefix_disk", "registry_api", "requests", "responses",
    "soak", "speculation", "streams", "structure", "tools", "trainer_process", "training_jobs", "unread_answers")]


def plain_e2e():
    if built("programs"):
        e2e("e2e", BUILD / "bin/hearth", {})


def asan_e2e(files=EVERY_ROOM):
    if built("asan"):
        # Figures and the peer's text are of the plain build: ASan keeps memory that was freed.
        e2e("asan e2e", BUILD / "asan/bin/hearth", {**SANITIZED, "HEARTH_TEST_SLOW": "5"},
            "--ignore=test/e2e/test_real_models.py", marks=NOT_AGAIN, files=files,
            marks_of=SANITIZED_MARKS)


def asan_e2e_all():
    asan_e2e(["test/e2e"])


# They compare by the million what other tests reach as well.
NOT_COUNTED_IN_C = "test_sampler_library|test_decoder_library|sim_test_grammar_random|sim_test_decoder_play"


def coverage():
    """Runs the C suites and a part of e2e on the instrumented build and asks gcovr for the lines of src/."""
    if not built("cov"):
        return
    for stale in (BUILD / "cov").rglob("*.gcda"):
        stale.unlink()
    # Of a source that has moved since, gcov would look for the text in vain.
    for notes in (BUILD / "cov").rglob("*.gcno"):
        source = str(notes).rpartition(".dir/")[2].removesuffix(".gcno")
        if source.startswith("src/") and not (ROOT / source).exists():
            notes.unlink()
    c_suites("coverage", "build/cov", "-E", NOT_COUNTED_IN_C)
    # A confined worker cannot write its counters.
    e2e("coverage e2e", BUILD / "cov/bin/hearth", {"HEARTH_SANDBOX": "off", "HEARTH_TEST_SLOW": "3"},
        marks=NOT_AGAIN, files=EVERY_ROOM, each=E2E_PARTS[:1])
    started, log = time.monotonic(), LOGS / "coverage.log"
    # A kernel's helper stands once for each instruction set, on different lines of one file.
    run([str(venv().with_name("gcovr")), "--root", ".", "--filter", "src/", "--object-directory",
         "build/cov", "--gcov-ignore-parse-errors=all", "--merge-mode-functions=separate",
         "--sort=uncovered-percent", "-j", "2", "build/cov"], log)
    match = re.search(r"^TOTAL\s+\d+\s+\d+\s+(\d+)%", log.read_text(), re.M)
    percent = int(match[1]) if match else 0
    say(f"line coverage of src/: {percent} % (at least {COVERAGE_LEAST} %)")
    good = percent >= COVERAGE_LEAST
    count("coverage", int(good), int(not good), time.monotonic() - started, log)


def build_asan(niceness=0):
    return build("build/asan", "-DHEARTH_SANITIZE=address", niceness=niceness)


def build_cov(niceness=0):
    return build("build/cov", "-DHEARTH_SANITIZE=coverage", niceness=niceness)


BUILDS = {"plain": lambda: build("build"), "programs": lambda: build("build", targets=["programs"]),
          "asan": build_asan, "tsan": build_tsan, "cov": build_cov}
SUITES = {"check": check, "plain": plain, "e2e": plain_e2e, "asan": asan, "asan-e2e": asan_e2e,
          "tsan": tsan}
ASKED_FOR = {"asan-e2e-all": asan_e2e_all, "coverage": coverage}  # a figure, and what takes long
# The e2e suite mostly waits: what later suites want is compiled meanwhile, at the lowest priority.
LATER = {"asan": "asan", "asan-e2e": "asan", "asan-e2e-all": "asan", "tsan": "tsan", "coverage": "cov"}
ahead = {}  # a name of BUILDS, and its future


def build_ahead(compiler, names):
    for build_name in dict.fromkeys(LATER[name] for name in names if name in LATER):
        ahead[build_name] = compiler.submit(BUILDS[build_name], niceness=19)


def run_suite(name):
    try:
        {**SUITES, **ASKED_FOR}[name]()
    except (OSError, subprocess.CalledProcessError, xml.ParseError) as fault:
        count(f"{name} ({fault})", 0, 1, 0)


def main():
    names = sys.argv[1:] or list(SUITES)
    unknown = [name for name in names if name not in SUITES and name not in ASKED_FOR]
    if unknown:
        sys.exit(f"there is no suite {unknown[0]}: {' '.join([*SUITES, *ASKED_FOR])}")
    with concurrent.futures.ThreadPoolExecutor(1) as compiler:
        for name in names:
            if name == "e2e":
                build_ahead(compiler, names)
            run_suite(name)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
