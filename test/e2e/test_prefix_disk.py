"""What was computed of prompts survives an unloading, a kill and a restart on disk; what lies there
and is not whole, or not ours, is deleted and never believed; it goes with its model."""
import hashlib
import os
import signal
import struct

import pytest

import conftest
from conftest import cli, wait_for
from test_install import can_mount
from test_prefix import SYSTEM


@pytest.fixture
def disk_home(home, gguf):
    done = cli("install", f"file:{gguf}", "--name", "m", "--set", "compute=own", home=home)
    assert done.returncode == 0, done.stderr
    return home


def serve(start):
    return start(env={"HEARTH_SLOTS": 2, "HEARTH_CONTEXT": 512, "HEARTH_PREFIX_DISK": "64MiB"})


def ask(server, question="Well?", **more):
    answer = server.post("/v1/chat/completions", {
        "model": "m", "temperature": 1, "seed": 3, "max_tokens": 8, "ignore_eos": True,
        "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}],
        **more})
    assert answer.status == 200, answer.text
    body = answer.json()
    cached = body["usage"]["prompt_tokens_details"]["cached_tokens"]
    return body["choices"][0]["message"]["content"], cached, body["usage"]["prompt_tokens"]


def figure(server, name):
    return server.metric(f"hearth_prefix_disk_{name}", model="m:1")


def spoil(folder, whole):
    """Files of every bad kind, beside the damaged one."""
    other = bytearray(whole)
    other[8:12] = b"0000"  # of another model
    (folder / f"{'0' * 32}.prefix").write_bytes(other)
    other = bytearray(whole)
    other[80:88] = (2**60).to_bytes(8, "little")  # tokens without end
    (folder / f"{'1' * 32}.prefix").write_bytes(other)
    (folder / f"{'2' * 32}.prefix").write_bytes(whole[:1000])
    (folder / f"{'3' * 32}.prefix").symlink_to("/etc/passwd")
    with open(folder / f"{'4' * 32}.prefix", "wb") as large:
        large.truncate(2**40)
    os.mkfifo(folder / f"{'5' * 32}.prefix")
    (folder / "notes.txt").write_text("not ours")
    return 7


def with_shorter_list(whole):
    """Signed as a whole file is (worker/prefix_file.h), in which one token less is listed."""
    def digest(data):
        return hashlib.sha256(data).hexdigest().encode()
    key, count, _ = struct.unpack("<QQQ", whole[72:96])
    tokens, state = whole[224:220 + 4 * count], whole[224 + 4 * count:]
    at = len(state) - struct.unpack("<Q", state[16:24])[0]  # of keys and values
    state = state[:8] + struct.pack("<Q", count - 1) + state[16:at - 4] + state[at:]
    head = whole[:72] + struct.pack("<QQQ", key, count - 1, len(state)) + digest(state)
    return head + digest(head + tokens) + tokens + state


def test_a_prompt_is_read_back_from_disk_and_a_bad_file_is_not(start, disk_home, gguf):
    server = serve(start)
    text, cached, prompt = ask(server)
    assert cached == 0
    folder = disk_home / "prefixes" / "m:1"
    file, = wait_for(lambda: [path for path in folder.iterdir() if path.suffix == ".prefix"], 30,
                     "the file")
    assert file.stat().st_mode & 0o077 == 0, "it holds what somebody wrote"
    assert server.cli("stop", "m").returncode == 0
    assert ask(server) == (text, prompt - 1, prompt), "after an unloading"
    server.stop(signal.SIGKILL)
    server = serve(start)
    assert ask(server) == (text, prompt - 1, prompt), "after a kill and a restart"
    wait_for(lambda: figure(server, "loads_total") == 1, 20, "the figure")
    server.stop()
    whole = file.read_bytes()
    bad = spoil(folder, whole)
    damaged = bytearray(whole)
    damaged[-100] ^= 1  # a bit of a key or value
    file.write_bytes(damaged)
    server = serve(start)
    assert ask(server) == (text, 0, prompt), "computed afresh"
    wait_for(lambda: figure(server, "dropped_total") == bad + 1, 20, "the count of bad files")
    wait_for(lambda: [path.name for path in folder.iterdir()] == [file.name], 20, "a new file alone")
    # Digests do not tell who wrote it: a state that is longer than its list of tokens is no truth.
    assert server.cli("stop", "m").returncode == 0
    hostile = with_shorter_list(file.read_bytes())
    file.write_bytes(hostile)
    assert ask(server) == (text, 0, prompt), "computed afresh"
    wait_for(lambda: file.exists() and file.read_bytes() != hostile, 20, "a new file")
    wait_for(lambda: figure(server, "dropped_total") == 1, 20, "the count of what was refused")
    assert server.cli("stop", "m").returncode == 0
    (folder / "a" / "folder").mkdir(parents=True)
    (folder.parent / "kept" / "elsewhere").mkdir(parents=True)  # `prefixes` may be a link to a disk
    assert server.delete("/models/m").status in (200, 204)
    wait_for(lambda: not folder.exists(), 20, "that it goes with its model")
    assert (folder.parent / "kept" / "elsewhere").exists(), "what is not ours stays"
    server.stop()
    # Without a server too; and with the setting goes what was kept by it.
    done = cli("install", f"file:{gguf}", "--name", "m", home=disk_home)
    assert done.returncode == 0, done.stderr
    for remove in (lambda: cli("rm", "m", home=disk_home), start):
        folder.mkdir()
        (folder / file.name).write_bytes(hostile)
        remove()
        wait_for(lambda: not folder.exists(), 20, "that nothing is left")


def written(folder):
    return b"".join(path.read_bytes() for path in folder.glob("*.prefix"))


def test_a_request_can_keep_what_it_says_off_the_disk(start, disk_home):
    """What it alone computed is never written, also not at the end; what it shares with a request
    that says nothing is."""
    server = serve(start)
    folder = disk_home / "prefixes" / "m:1"
    secret = "Seven herons nest in the old willow behind the mill; do not tell."
    tokens = server.post("/tokenize", {"model": "m", "content": secret}).json()["tokens"]
    inner = struct.pack(f"<{len(tokens) - 2}i", *tokens[1:-1])  # its ends may merge with others
    for retention in ("in_memory", "in-memory"):
        ask(server, secret, prompt_cache_retention=retention)
    assert server.cli("stop", "m").returncode == 0
    assert written(folder) == b""
    answer = server.post("/v1/responses", {
        "model": "m", "input": secret, "instructions": SYSTEM, "max_output_tokens": 1, "store": False,
        "prompt_cache_retention": "in_memory"})
    assert answer.json()["prompt_cache_retention"] == "in_memory"
    server.post("/v1/completions", {"model": "m", "prompt": secret * 8, "max_tokens": 1,
                                    "prompt_cache_retention": "in_memory"})
    _, cached, _ = ask(server, prompt_cache_retention="24h")
    assert cached > 0, "begins as the other has"
    ask(server, secret, prompt_cache_retention="in_memory")
    assert server.cli("stop", "m").returncode == 0
    assert written(folder) and inner not in written(folder)
    ask(server, secret)
    assert server.cli("stop", "m").returncode == 0
    assert inner in written(folder), "the same without the word"
    refused = server.post("/v1/chat/completions", {
        "model": "m", "messages": [{"role": "user", "content": "x"}], "prompt_cache_retention": "1h"})
    assert refused.status == 400 and "24h" in refused.text and "in_memory" in refused.text


@pytest.mark.skipif(not can_mount(), reason="no mount namespaces here")
def test_a_full_disk_is_counted_and_no_request_notices(start, disk_home, tmp_path, monkeypatch):
    """A file system of its own is under `prefixes`, too small for what a prompt takes."""
    folder = disk_home / "prefixes"
    program = tmp_path / "hearth-on-a-small-disk"
    program.write_text(f"""#!/bin/sh
exec unshare -rm sh -c 'mount -t tmpfs -o size=256k none "{folder}" && exec "$0" "$@"' {conftest.HEARTH} "$@"
""")
    program.chmod(0o755)
    monkeypatch.setattr(conftest, "HEARTH", program)
    server = serve(start)
    text, cached, prompt = ask(server)
    assert cached == 0
    wait_for(lambda: figure(server, "failed_total") == 1, 30, "the count of what was given up")
    assert ask(server) == (text, prompt - 1, prompt), "from memory, as ever"
    assert (figure(server, "saves_total"), figure(server, "bytes")) == (0, 0)
    seen = f"/proc/{server.pid}/root{folder}/m:1"
    assert os.listdir(seen) == [], "nothing of the file is left"
    assert server.cli("stop", "m").returncode == 0
    assert ask(server) == (text, 0, prompt), "computed afresh"
