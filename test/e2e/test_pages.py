"""The pages that a person opens, in Debian's Chromium: node/page.mjs opens one and tells what is to be
seen. Every route that answers with HTML is tested, also those that will come."""
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from conftest import ROOT, SLOW, cli, write_fake

ROUTES = json.loads((ROOT / "api/routes.json").read_text())["routes"]
WINDOWS = {"wide and light": (1280, False), "wide and dark": (1280, True),
           "narrow and light": (390, False), "narrow and dark": (390, True)}


def pages():
    """The paths that answer with a page, or lead to one (a status of 3xx)."""
    found = [row["path"] for row in ROUTES if row["method"] == "GET" and
             ("text/html" in row["response"].values() or any(s[0] == "3" for s in row["response"]))]
    assert "/docs" in found
    return found


@pytest.fixture(scope="session")
def modules():
    """The folder of Node's packages."""
    folder = pathlib.Path(os.environ.get("NODE_PATH", ROOT / "build/node/node_modules"))
    if "NODE_PATH" not in os.environ:
        for what, is_there in (("playwright-core", (folder / "playwright-core").exists()),
                               ("chromium", shutil.which("chromium"))):
            if not is_there:
                pytest.skip(f"{what} is not installed (scripts/test does that)")
    return folder


@pytest.fixture
def look(modules):
    """look(URL, *steps, width=…, dark=…) opens a page, takes the steps and says what is to be seen."""
    def open_page(url, *steps, **options):
        done = subprocess.run(["node", ROOT / "test/e2e/node/page.mjs", modules, url,
                               json.dumps({"steps": steps, **options})],
                              capture_output=True, text=True, timeout=120 * SLOW)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
    return open_page


@pytest.fixture
def server(start, home, tmp_path):
    """A server with a chat model that says a few known words."""
    script = write_fake(tmp_path / "script.fake", reply="one two three four")
    done = cli("install", f"fake:{script}", "--name", "mine", "--task", "chat", home=home)
    assert done.returncode == 0, done.stderr
    return start()


def sent(route, wait):
    """The steps that open a route, send its example and wait for a word of the answer."""
    return ({"click": f"#{route} > summary"}, {"wait": [f"#{route} textarea, #{route} form", ""]},
            {"click": f"#{route} button:has-text('Send')"}, {"wait": [f"#{route} [aria-live] pre", wait]})


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("path", pages())
def test_a_page_opens_fits_and_can_be_read(server, look, path, window):
    width, dark = WINDOWS[window]
    seen = look(server.url + path, width=width, dark=dark)
    assert seen["status"] == 200 and seen["title"] and seen["lang"] == "en"
    assert seen["faults"] == [] and seen["foreign"] == []
    assert seen["wider"] == [] and seen["unlabelled"] == [] and seen["faint"] == []
    light = sum(map(float, re.findall(r"[\d.]+", seen["background"])[:3])) / 3
    assert light < 64 if dark else light > 192


def test_every_route_is_listed_under_a_group_with_a_title(server, look):
    seen = look(server.url + "/docs", {"read_all": ".route > summary"}, {"read_all": "h2"})
    rows, titles = seen["texts"]
    listed = {tuple(row.split()[:2]) for row in rows}
    assert listed == {(row["method"], row["path"].replace("*}", "}")) for row in ROUTES}
    assert len(rows) == len(ROUTES)
    assert titles == list(json.loads((ROOT / "api/routes.json").read_text())["groups"].values())


def test_every_route_can_be_opened_narrow_and_dark_without_a_fault(server, look):
    opened = [{"open": f"#{row['name']}"} for row in ROUTES]
    seen = look(server.url + "/docs", *opened, {"wait": ["#docs form", "Send"]},
                {"read_all": "form button:has-text('Send')"}, width=390, dark=True)
    assert len(seen["texts"][0]) == len(ROUTES)
    assert seen["faults"] == [] and seen["wider"] == [] and seen["unlabelled"] == [] and seen["faint"] == []


def test_a_stream_is_tried_through_the_page_with_a_model_of_the_server(server, look):
    seen = look(server.url + "/docs", *sent("chat_completions", "four"),
                {"read": "#chat_completions textarea"}, {"read": "#chat_completions [aria-live]"},
                width=390, dark=True)
    body, answer = seen["texts"]
    assert json.loads(body)["model"] == "mine" and json.loads(body)["stream"] is True
    assert answer.startswith("200 OK") and "one two three four" in answer
    assert seen["faults"] == [] and seen["wider"] == [] and seen["faint"] == []


def test_an_answer_in_json_is_shown_laid_out(server, look):
    seen = look(server.url + "/docs", *sent("infer", "result"), {"read": "#infer [aria-live] pre"})
    assert json.loads(seen["texts"][0])["result"] == "one two three four"
    assert seen["texts"][0].startswith('{\n  "result"')
    assert seen["faults"] == []


def test_a_refusal_is_shown_with_its_status(server, look):
    seen = look(server.url + "/docs", {"click": "#tokenize > summary"},
                {"type": ["#tokenize textarea", '{"model": "nobody", "content": "x"}']},
                {"click": "#tokenize button:has-text('Send')"}, {"wait": ["#tokenize pre", "model_not_found"]},
                {"read": "#tokenize [aria-live]"})
    assert seen["texts"][0].startswith("404")


def test_the_key_that_is_typed_is_sent(start, home, tmp_path, look):
    server = start("--api-key", "open sesame")
    key = {"type": ["#key", "open sesame"]}
    seen = look(server.url + "/docs", key, *sent("admin_ps", "models"), {"read": "#admin_ps [aria-live]"},
                {"read": "#admin_ps details:has-text('curl')"}, {"click": "#admin_ps summary:has-text('curl')"},
                {"read": "#admin_ps details:has-text('curl')"})
    assert seen["texts"][0].startswith("200") and seen["faults"] == []
    assert "$HEARTH_API_KEY" in seen["texts"][2] and "open sesame" not in seen["texts"][2]
    seen = look(server.url + "/docs", *sent("admin_ps", "error"), {"read": "#admin_ps [aria-live]"})
    assert seen["texts"][0].startswith("401")


def test_a_route_is_found_opened_and_sent_with_the_keyboard_alone(server, look):
    # Behind the search: the key, openapi.json, the only group left, the only route left.
    to_route = [{"press": "Tab"}] * 4
    seen = look(server.url + "/docs", {"click": "#filter"}, *[{"press": c} for c in "/ready"], *to_route,
                {"press": "Enter"}, {"wait": ["#ready form", "Send"]}, {"press": "Tab"}, {"press": "Enter"},
                {"wait": ["#ready pre", "true"]}, {"read_all": ".route > summary"})
    assert [row.split()[:2] for row in seen["texts"][0]] == [["GET", "/ready"]]


def test_a_link_to_a_route_opens_it(server, look):
    seen = look(server.url + "/docs#embeddings", {"read": "#embeddings h3 >> nth=0"})
    assert seen["texts"] == ["Try it"]


def test_the_page_runs_nothing_but_its_own_script(server):
    policy = server.get("/docs").headers["content-security-policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy
    assert re.search(r"script-src 'sha256-[\w+/=]+'; ", policy) and re.search(r"style-src 'sha256-[\w+/=]+'; ", policy)
