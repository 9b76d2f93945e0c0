"""Models in several GGUF files, "NAME-00001-of-00003.gguf" and so on."""
import contextlib
import functools
import http.server
import json
import threading

import pytest

import split_gguf
from conftest import cli

ASK = {"temperature": 0, "max_tokens": 24, "messages": [{"role": "user", "content": "Who wrote Hamlet?"}]}


@pytest.fixture(scope="module")
def parts(gguf, tmp_path_factory):
    return split_gguf.split(gguf, tmp_path_factory.mktemp("split"), "small", 3)


def text_of(server, model):
    answer = server.post("/v1/chat/completions", {"model": model, **ASK})
    assert answer.status == 200, answer.text
    return answer.json()["choices"][0]["message"]["content"]


@pytest.mark.parametrize("compute", ["own", "libllama"])
def test_a_split_model_answers_like_the_whole_one(start, home, gguf, parts, compute):
    how = ("--set", f"compute={compute}")
    assert cli("install", f"file:{gguf}", "--name", "whole", *how, home=home).returncode == 0
    done = cli("install", f"file:{parts[0]}", "--name", "split", *how, home=home)
    assert done.returncode == 0, done.stderr
    server = start()
    whole, split = (server.get(f"/v1/models/{name}").json()["hearth"] for name in ("whole", "split"))
    for fact in ("parameters", "weight_bytes", "precision", "vocabulary", "layers", "token_limit"):
        assert split[fact] == whole[fact], fact
    assert text_of(server, "split") == text_of(server, "whole")
    assert server.get("/v1/models/split").json()["hearth"]["compute"].startswith(compute)
    files = json.loads(server.cli("show", "split", "--json").stdout)
    assert "small-00003-of-00003.gguf" in json.dumps(files)


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def copyfile(self, source, outputfile):
        with contextlib.suppress(OSError):  # who wants the head only hangs up
            super().copyfile(source, outputfile)


@pytest.fixture
def address(parts):
    """A server with the parts."""
    handler = functools.partial(Handler, directory=parts[0].parent)
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


def test_all_parts_are_fetched_from_beside_the_one_that_is_named(start, home, parts, address):
    done = cli("install", f"{address}/{parts[0].name}?download=true", home=home)
    assert done.returncode == 0, done.stderr
    done = cli("install", f"{address}/{parts[0].name}#sha256={'0' * 64}", home=home)
    assert done.returncode == 2 and "a digest for each" in done.stderr
    (parts[2].parent / "lone-00001-of-00002.gguf").hardlink_to(parts[0])
    done = cli("install", f"{address}/lone-00001-of-00002.gguf", home=home)
    assert done.returncode == 66 and "lone-00002-of-00002.gguf: there is no such file" in done.stderr
    assert text_of(start(), "small")


def test_parts_that_do_not_belong_together_are_named(home, parts, tmp_path):
    def install(change):
        folder = tmp_path / change.__name__
        folder.mkdir()
        mine = [folder / part.name for part in parts]
        for part in parts:
            (folder / part.name).hardlink_to(part)
        first = change(mine) or mine[0]
        done = cli("install", f"file:{first}", "--name", change.__name__.replace("_", "-"), home=home)
        assert done.returncode == (66 if change is lacks_the_second else 65), (change.__name__, done.stderr)
        return done.stderr

    def lacks_the_second(mine):
        mine[1].unlink()

    def has_the_third_twice(mine):
        mine[1].unlink()
        mine[1].hardlink_to(mine[2])

    def has_another_name(mine):
        return mine[0].rename(mine[0].with_name("first.gguf"))

    def has_a_cut_part(mine):
        raw = mine[2].read_bytes()
        mine[2].unlink()
        mine[2].write_bytes(raw[:-4096])

    assert "small-00002-of-00003.gguf" in install(lacks_the_second)
    assert "is not part 2 of 3" in install(has_the_third_twice)
    assert "-00001-of-00003.gguf" in install(has_another_name)
    assert "is it cut off?" in install(has_a_cut_part)
