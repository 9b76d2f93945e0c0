"""`hearth install` against the stand-in hub, which the hub's own client downloads from too."""
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import pytest
from conftest import HEARTH, ROOT, SLOW, clean_environment, cli, wait_for

sys.path.insert(0, str(ROOT / "test/stand_in"))
import hub as stand_in  # noqa: E402

BIG = 6_000_000
SPEC = {
    "token": "hf_good",
    "page": 3,
    "repos": {
        "o/big": {"files": {"README.md": {"text": "hi"}, "big.gguf": {"gguf": BIG}}},
        "o/small": {"files": {"small.gguf": {"gguf": 4000, "seed": 1}}},
        "o/many": {"files": {"a.Q4.gguf": {"gguf": 4000, "seed": 2},
                             "b.Q8.gguf": {"gguf": 8000, "seed": 3}}},
        "o/bert": {"files": {"config.json": {"text": "{}"}, "vocab.txt": {"text": "a"},
                             "tokenizer.json": {"text": "{}"}, "train.py": {"text": ""},
                             "1_Pooling/config.json": {"text": "{}"},
                             "model.safetensors": {"safetensors": 20000}}},
        "o/sharded": {"files": {"config.json": {"text": "{}"}, **{
            f"model-0000{i}-of-00004.safetensors": {"safetensors": 200_000, "seed": i}
            for i in range(1, 5)}}},
        "o/private": {"private": True, "files": {"p.gguf": {"gguf": 4000, "seed": 4}}},
        "o/gated": {"gated": True, "files": {"g.gguf": {"gguf": 4000, "seed": 5}}},
        "o/climb": {"files": {"a.gguf": {"gguf": 4000}}, "rows": [
            {"type": "file", "path": "../../../escaped", "size": 1, "oid": "0"}]},
        "o/pickle": {"files": {"config.json": {"text": "{}"},
                               "pytorch_model.bin": {"size": 3000}}},
    },
    "plain": {"page.gguf": {"text": "<!DOCTYPE html>"}, "good.gguf": {"gguf": 5000, "seed": 8}},
}


@pytest.fixture
def hub():
    return stand_in.serve(json.loads(json.dumps(SPEC)))


@pytest.fixture
def install(hub, home, tmp_path):
    def run(*arguments, env=None, home=home, **rest):
        return cli("install", *arguments, home=home, directory=tmp_path,
                   env={"HF_ENDPOINT": hub.address, **(env or {})}, **rest)
    return run


def sent(hub, place="storage"):
    return sum(entry["sent"] for entry in hub.log if entry["place"] == place)


def models(home):
    done = cli("list", "--json", home=home)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    return {row["name"]: row for row in (rows if isinstance(rows, list) else rows["models"])}


def active(home, *parts):
    return pathlib.Path(home, "artifacts/active", *parts)


def files_under(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def one_line(text):
    """A fault is one line that starts with the program's name."""
    lines = [line for line in text.strip().splitlines() if "%" not in line]
    assert len(lines) == 1, text
    return lines[0]


def test_the_hubs_own_client_downloads_the_same_bytes(hub, install, home, tmp_path):
    client = pytest.importorskip("huggingface_hub")
    code = ("import huggingface_hub, sys;"
            "print(huggingface_hub.snapshot_download(sys.argv[1], token=False))")
    for repo in ("o/big", "o/bert"):
        done = subprocess.run([sys.executable, "-c", code, repo], capture_output=True, text=True,
                              timeout=120 * SLOW, env=clean_environment(
                                  {"HF_ENDPOINT": hub.address, "HF_HOME": tmp_path / "hf",
                                   "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}))
        assert done.returncode == 0, done.stderr
        theirs = pathlib.Path(done.stdout.strip().splitlines()[-1])
        done = install(f"hf:{repo}")
        assert done.returncode == 0, done.stderr
        ours = active(home, repo.split("/")[1], "1")
        assert theirs.name == hub.repositories[repo].commit
        assert files_under(ours)
        for name in files_under(ours):
            assert (theirs / name).read_bytes() == (ours / name).read_bytes(), name
    assert client.__version__


def test_the_hubs_own_client_is_refused_alike(hub, tmp_path):
    pytest.importorskip("huggingface_hub")
    from huggingface_hub import errors
    code = """
import sys, huggingface_hub
try:
    huggingface_hub.hf_hub_download(sys.argv[1], sys.argv[2], revision=sys.argv[3], token=False)
except Exception as fault:
    print(*(kind.__name__ for kind in type(fault).__mro__))
"""
    for repo, file, revision, fault in (
            ("o/none", "a.gguf", "main", errors.RepositoryNotFoundError),
            ("o/private", "p.gguf", "main", errors.RepositoryNotFoundError),
            ("o/gated", "g.gguf", "main", errors.GatedRepoError),
            ("o/small", "none.gguf", "main", errors.EntryNotFoundError),
            ("o/small", "small.gguf", "none", errors.RevisionNotFoundError)):
        done = subprocess.run([sys.executable, "-c", code, repo, file, revision], text=True,
                              capture_output=True, timeout=120 * SLOW, env=clean_environment(
                                  {"HF_ENDPOINT": hub.address, "HF_HOME": tmp_path / "hf"}))
        assert fault.__name__ in done.stdout.split(), (repo, done.stdout, done.stderr)


def test_a_directory_model_comes_with_its_files_only(install, home):
    done = install("hf:o/bert", "--name", "minilm")
    assert done.returncode == 0, done.stderr
    assert files_under(active(home, "minilm", "1")) == [
        "1_Pooling/config.json", "config.json", "model.safetensors", "tokenizer.json", "vocab.txt"]
    assert models(home)["minilm"]


def test_installing_again_makes_no_new_version(hub, install, home):
    assert install("hf:o/small").returncode == 0
    before = sent(hub)
    done = install("hf:o/small", "--json")
    assert json.loads(done.stdout)["installed"] == [{"name": "small", "version": 1}]
    assert sent(hub) == before


def test_progress_is_plain_lines_without_a_terminal(install):
    done = install("hf:o/big")
    assert done.returncode == 0
    assert "\r" not in done.stderr and "\x1b" not in done.stderr
    assert "100 %" in done.stderr


def start_slowly(hub, home, tmp_path, rate, *arguments):
    hub.faults = [{"match": "/", "kind": "slow", "rate": rate, "times": 1000}]
    return subprocess.Popen([HEARTH, "install", *arguments], cwd=tmp_path, text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, env=clean_environment(
                                {"HF_ENDPOINT": hub.address, "HEARTH_HOME": home}))


def test_a_killed_install_loses_nothing(hub, install, home, tmp_path):
    process = start_slowly(hub, home, tmp_path, BIG // 4, "hf:o/big", "--name", "m")
    wait_for(lambda: sent(hub) > BIG // 3, what="a third of the file")
    process.kill()
    process.wait()
    process.stderr.close()
    assert not active(home, "m").exists() or files_under(active(home, "m")) == []
    partial = wait_for(lambda: sum(path.stat().st_size for path in
                                   (home / "blobs/partial").iterdir()), what="the partial blob")
    hub.faults, hub.log = [], []
    done = install("hf:o/big", "--name", "m", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["installed"] == [{"name": "m", "version": 1}]
    size = len(hub.repositories["o/big"].files["big.gguf"].data)
    assert sent(hub) == size - partial
    [download] = [entry for entry in hub.log if entry["place"] == "storage"]
    assert download["range"] == f"bytes={partial}-"
    assert active(home, "m", "1", "big.gguf").read_bytes() == \
        hub.repositories["o/big"].files["big.gguf"].data
    assert list((home / "blobs/partial").iterdir()) == []


def test_an_interrupted_install_says_that_it_goes_on(hub, install, home, tmp_path):
    process = start_slowly(hub, home, tmp_path, BIG // 4, "hf:o/big")
    wait_for(lambda: sent(hub) > BIG // 10, what="a tenth of the file")
    process.send_signal(signal.SIGINT)
    assert process.wait(30 * SLOW) == 130
    assert "what was fetched is kept for the next try" in process.stderr.read()
    process.stderr.close()
    hub.faults, hub.log = [], []
    assert install("hf:o/big").returncode == 0
    assert sent(hub) < BIG


def test_broken_connections_are_taken_up(hub, install, home):
    digest = hub.repositories["o/big"].files["big.gguf"].sha256
    hub.faults = [{"match": digest, "kind": "drop", "after": BIG // 4, "times": 2},
                  {"match": "/api/", "kind": "status", "status": 503, "times": 1},
                  {"match": "/resolve/", "kind": "status", "status": 429, "times": 1,
                   "headers": {"Retry-After": "1"}}]
    done = install("hf:o/big")
    assert done.returncode == 0, done.stderr
    assert sent(hub) == len(hub.repositories["o/big"].files["big.gguf"].data)
    limited, after = [entry["time"] for entry in hub.log if "/resolve/" in entry["path"]][:2]
    assert after - limited >= 1


@pytest.mark.alone
def test_files_come_in_parallel(hub, install, home):
    hub.faults = [{"match": "/", "kind": "slow", "rate": 400_000, "times": 1000}]
    done = install("hf:o/sharded", env={"HEARTH_DOWNLOAD_PARALLEL": "4"})
    assert done.returncode == 0, done.stderr
    starts = sorted(entry["time"] for entry in hub.log if entry["place"] == "storage")
    assert len(starts) == 4
    assert starts[-1] - starts[0] < 0.5 * SLOW  # each alone takes half a second
    hub.log = []
    assert install("hf:o/sharded", "--name", "other").returncode == 0
    assert sent(hub) == 0  # the blobs are shared


def test_wrong_bytes_are_refused_and_named(hub, install, home):
    hub.faults = [{"match": hub.repositories["o/small"].files["small.gguf"].sha256,
                   "kind": "corrupt", "times": 100}]
    done = install("hf:o/small")
    assert done.returncode == 65
    assert "small.gguf" in one_line(done.stderr)
    assert not active(home, "small", "1").exists()
    hub.faults = []
    assert install("hf:o/small").returncode == 0


def test_the_token_opens_and_stays_with_the_hub(hub, install):
    for repo in ("o/private", "o/gated"):
        done = install(f"hf:{repo}")
        assert done.returncode == 77
        assert "HF_TOKEN" in one_line(done.stderr)
        assert "gated" in done.stderr if repo == "o/gated" else "private" in done.stderr
        done = install(f"hf:{repo}", env={"HF_TOKEN": "hf_good"})
        assert done.returncode == 0, done.stderr
    assert not any(entry["authorized"] for entry in hub.log if entry["place"] == "storage")
    assert "hf_good" not in done.stdout + done.stderr


@pytest.mark.parametrize("source, code, says", [
    ("hf:o/none", 77, "no such repository"),
    ("hf:o/small@none", 66, "no such revision"),
    ("hf:o/many:c.gguf", 66, "no file c.gguf"),
    ("hf:o/climb", 2, "../../../escaped"),
    ("hf:o/pickle", 65, "no .safetensors weights"),
    ("hf:../x", 2, "hf:ORG/REPO"),
    ("hf:o/small:../x", 2, "../x"),
    ("file:/nowhere/x.gguf", 66, "/nowhere/x.gguf"),
    ("file:/etc/passwd", 65, "/etc/passwd"),
    ("http://example.org/x.gguf", 2, "https:"),
])
def test_faults_are_one_line_with_a_code(install, home, tmp_path, source, code, says):
    done = install(source)
    assert done.returncode == code, done.stderr
    assert says in one_line(done.stderr)
    assert done.stdout == ""
    assert models(home) == {}
    assert not (tmp_path / "escaped").exists()


def test_several_models_are_listed_to_choose_from(install):
    done = install("hf:o/many")
    assert done.returncode == 2
    assert "a.Q4.gguf" in done.stderr and "b.Q8.gguf  (8.8 KiB)" in done.stderr
    done = install("hf:o/many:b.Q8.gguf", "--json")
    assert json.loads(done.stdout)["installed"] == [{"name": "b.Q8", "version": 1}]


def test_an_address_is_checked_by_its_digest(hub, install, home):
    good = hub.plain["good.gguf"]
    done = install(f"{hub.address}/plain/good.gguf#sha256={good.sha256}")
    assert done.returncode == 0, done.stderr
    done = install(f"{hub.address}/plain/good.gguf#sha256={'0' * 64}", "--name", "wrong")
    assert done.returncode == 65
    assert "good.gguf" in one_line(done.stderr)
    assert active(home, "good", "1", "good.gguf").read_bytes() == good.data
    done = install(f"{hub.address}/plain/page.gguf")
    assert done.returncode == 65
    assert "a web page" in one_line(done.stderr)


def lock_of(home, folder):
    """A project folder with hearth.yml and the lock of what is installed."""
    folder.mkdir()
    (folder / "hearth.yml").write_text("log_level: info\n")
    done = cli("lock", home=home, directory=folder)
    assert done.returncode == 0, done.stderr
    return folder / "hearth.lock"


def test_a_lock_reproduces_on_another_machine(hub, install, home, tmp_path):
    assert install("hf:o/bert", "--name", "minilm").returncode == 0
    lock = lock_of(home, tmp_path / "project")
    other = tmp_path / "other"
    done = cli("install", "--locked", home=other, directory=lock.parent,
               env={"HF_ENDPOINT": hub.address})
    assert done.returncode == 0, done.stderr
    files = files_under(active(home, "minilm", "1"))
    assert files and files == files_under(active(other, "minilm", "1"))
    for name in files:
        assert active(home, "minilm", "1", name).read_bytes() == \
            active(other, "minilm", "1", name).read_bytes()


def test_a_lock_refuses_other_bytes_by_name(hub, install, home, tmp_path):
    assert install("hf:o/bert", "--name", "minilm").returncode == 0
    lock = lock_of(home, tmp_path / "project")
    content = json.loads(lock.read_text())
    for file in content["models"][0]["files"]:
        if file["path"] == "vocab.txt":
            file["sha256"] = "0" * 64
    lock.write_text(json.dumps(content))
    other = tmp_path / "other"
    done = cli("install", "--locked", home=other, directory=lock.parent,
               env={"HF_ENDPOINT": hub.address})
    assert done.returncode == 65
    assert "vocab.txt" in one_line(done.stderr)
    assert not active(other, "minilm", "1").exists()


def damage(blob, how):
    if how == "gone":
        blob.unlink()
        return
    blob.chmod(0o600)
    data = bytearray(blob.read_bytes())
    data[-1] ^= 1
    blob.write_bytes(bytes(data if how == "changed" else data[:-1]))


@pytest.mark.parametrize("how", ["gone", "changed", "cut"])
def test_a_locked_install_mends_what_is_gone_or_changed(hub, install, home, tmp_path, how):
    assert install("hf:o/small", "--name", "m").returncode == 0
    lock = lock_of(home, tmp_path / "project")
    good = active(home, "m", "1", "small.gguf").read_bytes()
    blob, = [path for path in (home / "blobs/sha256").rglob("*") if path.is_file()]
    damage(blob, how)
    hub.faults = [{"match": "/", "kind": "status", "status": 500, "times": 1000}]
    done = cli("install", "--locked", home=home, directory=lock.parent,
               env={"HF_ENDPOINT": hub.address, "HEARTH_DOWNLOAD_RETRIES": "0"})
    assert done.returncode == 69 and done.stdout == ""
    hub.faults = []
    done = cli("install", "--locked", home=home, directory=lock.parent,
               env={"HF_ENDPOINT": hub.address})
    assert done.returncode == 0, done.stderr
    assert blob.read_bytes() == good
    assert active(home, "m", "1", "small.gguf").read_bytes() == good


@pytest.mark.parametrize("how", ["gone", "cut"])
def test_a_locked_server_does_not_start_without_its_files(start, home, tmp_path, how):
    assert cli("install", "fake:reply = a", "--name", "m", home=home).returncode == 0
    lock = lock_of(home, tmp_path / "project")
    blob, = [path for path in (home / "blobs/sha256").rglob("*") if path.is_file()]
    damage(blob, how)
    server = start("--locked", directory=lock.parent, wait=False)
    assert server.process.wait(30 * SLOW) == 65
    assert "m, file model.fake" in server.log and "ready http" not in server.log


def chat_fault(server, model):
    """Status and text of the refusal; a faulty model gives no other answer."""
    answer = server.post("/v1/chat/completions", {
        "model": model, "messages": [{"role": "user", "content": "hi"}], "max_tokens": 4})
    return answer.status, answer.text


def test_a_locked_server_refuses_what_differs(start, home, tmp_path):
    scripts = {"good": "reply = a", "swapped": "reply = b", "changed": "reply = c"}
    for name, script in scripts.items():
        done = cli("install", f"fake:{script}", "--name", name, home=home)
        assert done.returncode == 0, done.stderr
    lock = lock_of(home, tmp_path / "project")
    done = cli("install", "fake:reply = d", "--name", "swapped", home=home)
    assert done.returncode == 0, done.stderr
    assert cli("install", "fake:reply = e", "--name", "extra", home=home).returncode == 0
    file = active(home, "changed", "1", "model.fake")
    file.chmod(0o600)
    file.write_text("reply = x")
    server = start("--locked", directory=lock.parent)
    assert chat_fault(server, "good")[0] == 200
    for model, says in (("swapped", "not the one that hearth.lock pins"), ("changed", "have changed"),
                        ("extra", "model 'extra' is not in")):
        status, text = chat_fault(server, model)
        assert status >= 400 and says in text, text
        assert model == "extra" or "model.fake" in text
    assert chat_fault(server, "good")[0] == 200
    server.stop()


def test_a_locked_server_needs_its_lock(start, home, tmp_path):
    server = start("--locked", directory=tmp_path, wait=False)
    assert server.process.wait(30 * SLOW) == 66
    assert "hearth.lock" in server.log


def test_removing_a_model_frees_its_blobs(install, home):
    assert install("hf:o/small", "--name", "one").returncode == 0
    assert install("hf:o/small", "--name", "two").returncode == 0
    blobs = home / "blobs/sha256"
    assert cli("rm", "one", home=home).returncode == 0
    assert len(files_under(blobs)) == 1
    assert active(home, "two", "1", "small.gguf").exists()
    assert cli("rm", "two", home=home).returncode == 0
    assert files_under(blobs) == []
    assert not active(home, "two").exists()


def test_a_server_installs_and_takes_up_what_its_death_left(hub, start, home):
    env = {"HF_ENDPOINT": hub.address}
    server = start(env=env)
    done = server.cli("install", "hf:o/small", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["installed"] == [{"name": "small", "version": 1}]
    done = server.cli("install", "hf:o/none", "--name", "none")
    assert done.returncode == 65 and "no such repository" in done.stderr
    hub.faults = [{"match": "/", "kind": "slow", "rate": BIG // 4, "times": 1000}]
    assert server.post("/models", {"source": "hf:o/big", "name": "m"}).status == 202
    wait_for(lambda: sent(hub) > BIG // 3, what="a third of the file")
    server.stop(signal.SIGKILL)
    assert not active(home, "m", "1").exists()
    hub.faults, hub.log = [], []
    server = start(env=env)
    done = server.cli("install", "hf:o/big", "--name", "m")
    assert done.returncode == 0, done.stderr
    assert 0 < sent(hub) < BIG * 0.8
    assert active(home, "m", "1", "big.gguf").read_bytes() == \
        hub.repositories["o/big"].files["big.gguf"].data


def partials(home):
    return list((home / "blobs/partial").iterdir())


def test_what_a_server_installs_can_be_canceled(hub, start, home, tmp_path):
    """By whoever removes it, by Ctrl-C, while it comes or waits for its turn; not by going away."""
    server = start(env={"HF_ENDPOINT": hub.address})
    hub.faults = [{"match": "/", "kind": "slow", "rate": BIG // 20, "times": 1000}]
    assert server.post("/models", {"source": "hf:o/big", "name": "m"}).status == 202
    wait_for(lambda: sent(hub) > BIG // 50 and partials(home), 60, "bytes")
    answer = server.delete("/models/m/versions/1?unfinished=true")
    assert answer.status == 200 and answer.json()["name"] == "m", answer.text
    assert server.get("/models/m").status == 404, "the model was made for it"
    assert partials(home) == []
    # Ctrl-C; the two that come keep a third one waiting, which is canceled without its turn.
    process = start_slowly(hub, home, tmp_path, BIG // 20, "hf:o/big", "--name", "m")
    assert server.post("/models", {"source": "hf:o/sharded", "name": "s"}).status == 202
    wait_for(lambda: len(partials(home)) > 1, 60, "bytes of both")
    (tmp_path / "small.gguf").write_bytes(hub.repositories["o/small"].files["small.gguf"].data)
    waiting = start_slowly(hub, home, tmp_path, BIG // 20, "small.gguf", "--name", "w")
    wait_for(lambda: server.get("/models/w").status == 200, 60, "its row")
    for one, name in ((waiting, "w"), (process, "m")):
        one.send_signal(signal.SIGINT)
        assert one.wait(60 * SLOW) == 130
        assert f"canceled; {name}:1 is not installed" in one.stderr.read()
        one.stderr.close()
        assert server.get(f"/models/{name}").status == 404
    assert server.delete("/models/s").status == 200, "a model is removed while it comes"
    assert partials(home) == [] and files_under(home / "blobs/sha256") == []
    hub.faults = []
    assert server.cli("install", "hf:o/small", "--name", "m").returncode == 0
    answer = server.delete("/models/m/versions/1?unfinished=true")
    assert answer.status == 409 and "m:1 is installed already" in answer.text
    wait_for(lambda: len(server.events("install.canceled")) == 4, 30, "what the log says")


def can_mount():
    return shutil.which("unshare") and subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True,
        check=False).returncode == 0


@pytest.mark.skipif(not can_mount(), reason="no mount namespaces here")
def test_a_full_disk_is_one_line_and_loses_nothing(hub, home, tmp_path):
    """The home is a file system too small for the model, then one that is large enough."""
    script = """
mount -t tmpfs -o size=4m tmpfs "$HEARTH_HOME" || exit 99
"$HEARTH" install hf:o/big; echo "code $?"
mount -o remount,size=40m "$HEARTH_HOME" || exit 99
"$HEARTH" install hf:o/big; echo "code $?"
"""
    environment = clean_environment({"HF_ENDPOINT": hub.address, "HEARTH_HOME": home,
                                     "HEARTH": HEARTH})
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True,
                          timeout=120 * SLOW, env=environment, cwd=tmp_path)
    codes = [line for line in done.stdout.splitlines() if line.startswith("code")]
    assert codes == ["code 74", "code 0"], done.stdout + done.stderr
    faults = [line for line in done.stderr.splitlines() if line.startswith("hearth: ")]
    assert len(faults) == 1 and "full" in faults[0], done.stderr
    assert sent(hub) < BIG * 1.7  # the second try did not begin anew


def test_a_server_forgets_what_was_left_half_fetched_a_week_ago(start, home):
    partial = home / "blobs/partial"
    partial.mkdir(parents=True)
    for name, days in (("a" * 64, 8), ("b" * 64, 6)):
        (partial / name).write_bytes(b"x" * 100)
        then = time.time() - days * 86400
        os.utime(partial / name, (then, then))
    server = start()
    [done] = wait_for(lambda: server.events("housekeeping.done"), 30, "housekeeping")
    assert done["partial_bytes"] == 100
    assert [file.name for file in partial.iterdir()] == ["b" * 64]


@pytest.fixture(scope="module")
def wide(tmp_path_factory, gguf):
    """The demo model with weights of Q8_0."""
    folder = tmp_path_factory.mktemp("wide")
    subprocess.run([ROOT / "build/test/adapter_play", "plain", gguf, folder, "q8_0"], check=True,
                   capture_output=True, timeout=120 * SLOW)
    return folder / "model.gguf"


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    """To be measured on: as short as may be, since each token costs a pass through the model."""
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_bytes((ROOT / "share/perplexity.txt").read_bytes()[:420])
    return path


def versions_of(home, name):
    return {version["version"]: version
            for version in json.loads(cli("show", name, "--json", home=home).stdout)["versions"]}


def expect_made(versions, kind, text):
    """The last of them was made of the first, which stays as it came."""
    source, made = versions[1], versions[max(versions)]
    assert (source["state"], made["state"]) == ("ready", "ready"), (source, made)
    assert (source["facts"]["quantization"], made["facts"]["quantization"]) == ("Q8_0", kind)
    lineage = made["lineage"]["quantized"]
    assert lineage["files"] == [{key: source["files"][0][key] for key in ("path", "sha256")}]
    assert lineage["type"] == kind.lower() and "llama-cpp-python" in lineage["llama_cpp"]
    cost = made["metrics"]
    assert cost["source_size"] == source["size"] > made["size"] * 1.1
    assert 5 < cost["source_perplexity"] < 100
    assert 0.8 < cost["perplexity"] / cost["source_perplexity"] < 1.5 and 30 < cost["perplexity_tokens"] < 60
    assert cost["perplexity_text"] == hashlib.sha256(text.read_bytes()).hexdigest()


def quantize_slowly(wide, text, home):
    return subprocess.Popen([HEARTH, "install", f"file:{wide}", "--name", "m", "--quantize", "q5_k_s",
                             "--perplexity-text", text],
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True,
                            env=clean_environment({"HEARTH_HOME": home}))


def test_an_install_quantizes_and_keeps_the_original(wide, text, start, home):
    kind = ["--quantize", "Q4_0", "--perplexity-text", text, "--json"]
    for _ in range(2):  # what was made of the same bytes is not made again
        done = cli("install", f"file:{wide}", "--name", "m", *kind, home=home)
        assert done.returncode == 0, done.stderr
        [told] = json.loads(done.stdout)["installed"]
        assert told["version"] == 2 and told["quantized"]["type"] == "q4_0"
    versions = versions_of(home, "m")
    expect_made(versions, "Q4_0", text)
    assert told["quantized"]["perplexity"] == versions[2]["metrics"]["perplexity"]
    server = start()
    body = {"model": "m", "messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 4}
    assert server.post("/v1/chat/completions", body).json()["model"] == "m"
    assert [row["model"] for row in json.loads(server.cli("ps", "--json").stdout)["models"]] == ["m:2"]
    done = server.cli("install", f"file:{wide}", "--name", "n", *kind)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["installed"][0]["version"] == 2
    expect_made({row["version"]: row for row in server.get("/models/n").json()["versions"]}, "Q4_0", text)


def test_what_cannot_be_quantized_is_told_at_once(gguf, minilm, install, home, server):
    for source, kind, says in ((f"file:{gguf}", "q5", "must be auto or one of q8_0, q6_k,"),
                               (f"file:{minilm}", "q8_0", "only GGUF files can be quantized"),
                               ("fake:a = b", "q8_0", "a script of the fake engine")):
        done = install(source, "--name", "m", "--quantize", kind, home=home.parent / "other")
        assert done.returncode == 2 and says in one_line(done.stderr), done.stderr
    answer = server.post("/models", {"name": "m", "source": f"file:{gguf}", "quantize": "q5"})
    assert answer.status == 422 and "must be auto or one of q8_0, q6_k," in answer.text
    assert server.post("/models", {"name": "m", "source": f"file:{gguf}", "quantize": "q8_0"}).status == 202
    made = wait_for(lambda: next((row for row in server.get("/models/m").json()["versions"]
                                  if row["state"] == "failed"), None), what="the end")
    assert made["version"] == 2 and "m:1 is installed, but not quantized: its weights are Q4_1" in made["reason"]


@pytest.mark.once
def test_a_server_stops_quantizing_and_keeps_what_came(wide, text, start, home):
    server = start()
    process = quantize_slowly(wide, text, home)
    wait_for(lambda: (home / "quantize/m-1/artifacts").exists(), 60, "the work")
    process.send_signal(signal.SIGINT)
    assert process.wait(60 * SLOW) == 130
    assert "canceled; m:2 is not installed" in process.stderr.read()
    process.stderr.close()
    [version] = server.get("/models/m").json()["versions"]
    assert (version["version"], version["state"]) == (1, "ready")
    assert not (home / "quantize/m-1").exists()


@pytest.mark.once
def test_quantizing_that_is_ended_leaves_nothing_half(wide, text, home):
    for number, code in ((signal.SIGINT, 130), (signal.SIGKILL, -9)):
        process = quantize_slowly(wide, text, home)
        wait_for(lambda: (home / "quantize/m-1/artifacts").exists(), what="the work")
        process.send_signal(number)
        assert process.wait(30 * SLOW) == code
        process.stderr.close()
        assert list(versions_of(home, "m")) == [1]
    assert quantize_slowly(wide, text, home).communicate(timeout=120 * SLOW) is not None
    assert not (home / "quantize/m-1").exists()
    expect_made(versions_of(home, "m"), "Q5_K_S", text)
