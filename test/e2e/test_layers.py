"""scripts/check_layers finds what it is there for: each breach is planted in a copy of the tree."""
import shutil
import subprocess

import pytest

from conftest import ROOT

BREACHES = [
    ("serving/locate.c", '#include "net/exchange.h"', "must not know net/exchange.h"),
    ("serving/locate.c", '#include "gateway/call.h"', "may not include gateway/call.h"),
    ("backend/supervisor.c", '#include "wire/http1.h"', "must not know wire/http1.h"),
    ("routes/openai/openai_chat.c", '#include "routes/hub/hub_input.h"', "may not include"),
    ("routes/openai/openai_chat.c", '#include "../hub/hub_input.h"', "written from src/"),
    ("serving/model_state.c", '#include "serving/model_life.h"', "stands above it in the chain"),
    ("domain/queue.c", '#include <uv.h>', "belongs to src/loop only"),
    ("domain/queue.c", 'int x(void) { return atoi("1"); }', "atoi() is banned"),
    ("task/labels.c", '#include "routes/openai/openai_write.h"', "may not include"),
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    copy = tmp_path_factory.mktemp("tree")
    for part in ("src", "scripts", "include"):
        shutil.copytree(ROOT / part, copy / part)
    shutil.copy(ROOT / "ARCHITECTURE.md", copy)
    return copy


def check(tree):
    return subprocess.run([tree / "scripts/check_layers"], capture_output=True, text=True)


def test_the_tree_keeps_its_layers(tree):
    assert check(tree).returncode == 0, check(tree).stdout


@pytest.mark.parametrize("file, line, words", BREACHES)
def test_a_breach_is_told_by_its_place(tree, file, line, words):
    path = tree / "src" / file
    kept = path.read_text()
    path.write_text(kept + line + "\n")
    try:
        done = check(tree)
    finally:
        path.write_text(kept)
    assert done.returncode == 1
    assert f"src/{file}:{kept.count(chr(10)) + 1}: " in done.stdout and words in done.stdout
