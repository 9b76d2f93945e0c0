"""The command line over the real binary: what a person types, and what comes back."""
import concurrent.futures
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unicodedata

import pytest

from conftest import HEARTH, SLOW, clean_environment, cli, wait_for, write_fake

COMMANDS = ["init", "install", "list", "show", "rm", "lock", "serve", "ps", "stop", "run",
            "datasets", "datasets add", "datasets show", "datasets rm", "train", "jobs", "logs", "cancel", "resume",
            "config check", "config show",
            "db status", "db upgrade", "db downgrade", "doctor", "version", "completion"]
ESCAPE = "\033"


@pytest.fixture
def fake(tmp_path):
    """The source of a fake model that answers with known words."""
    return f"fake:{write_fake(tmp_path / 'model.fake')}"


def install(home, source, name, *more):
    done = cli("install", source, "--name", name, *more, home=home)
    assert done.returncode == 0, done.stderr
    return done


class Terminal:
    """The program on a terminal of its own, 60 columns wide."""

    def __init__(self, *arguments, home, columns=60):
        main, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        env = clean_environment({"HEARTH_HOME": home, "TERM": "xterm"})
        env.pop("NO_COLOR", None)
        self.process = subprocess.Popen([HEARTH, *arguments], stdin=child, stdout=child,
                                        stderr=child, env=env, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(child)
        self.main, self.text = main, ""

    def type(self, text):
        os.write(self.main, text.encode())

    def read(self, seconds=0.1):
        if select.select([self.main], [], [], seconds)[0]:
            try:
                self.text += os.read(self.main, 65536).decode(errors="replace")
            except OSError:
                return False
        return True

    def expect(self, pattern, seconds=30):
        end = time.monotonic() + seconds * SLOW
        while not re.search(pattern, self.text):
            alive = self.read()
            assert alive and time.monotonic() < end, f"{pattern!r} did not come in {self.text!r}"
        return self

    def forget(self):
        self.text = ""

    def end(self, seconds=30):
        end = time.monotonic() + seconds * SLOW
        while self.process.poll() is None and time.monotonic() < end:
            self.read()
        while self.read(0.05) and select.select([self.main], [], [], 0)[0]:
            pass
        if self.process.poll() is None:
            self.process.kill()
        os.close(self.main)
        return self.process.wait()


def test_help_names_every_command_and_each_has_an_example(home):
    everything = cli("--help")
    assert everything.returncode == 0 and everything.stderr == ""
    for command in COMMANDS:
        assert command in everything.stdout
        one = cli(*command.split(), "--help")
        assert one.returncode == 0
        assert "example: " in one.stdout and f"hearth {command}" in one.stdout
        assert max(map(len, one.stdout.splitlines())) <= 100
    assert cli().stdout == everything.stdout
    for words in (["config", "--help"], ["config", "-h"], ["help", "config"]):
        group = cli(*words)
        assert group.returncode == 0, group.stderr
        assert "config check" in group.stdout and "config show" in group.stdout
        assert "install" not in group.stdout


def test_help_needs_no_home_and_makes_none(tmp_path):
    cli("list", "--help", home=tmp_path / "absent")
    assert not (tmp_path / "absent").exists()


def test_version_is_told_as_text_and_as_json():
    text = cli("version")
    as_json = json.loads(cli("version", "--json").stdout)
    assert text.stdout == f"hearth {as_json['version']}\n"
    assert cli("--version").stdout == text.stdout


@pytest.mark.parametrize("arguments, suggestion", [
    (["instal", "file:x"], "install"),
    (["list", "--hoem", "/x"], "--home"),
    (["serve", "--alowed-hosts", "x"], "--allowed-hosts"),
    (["run", "m", "--sytem", "x"], "--system"),
])
def test_a_slip_gets_a_suggestion_and_status_2(arguments, suggestion):
    done = cli(*arguments)
    assert done.returncode == 2
    assert suggestion in done.stderr and done.stderr.count("\n") == 1 and done.stdout == ""


def test_with_json_an_error_is_json_too(home):
    done = cli("show", "nothing", "--json", home=home)
    assert done.returncode == 66 and done.stdout == ""
    fault = json.loads(done.stderr)
    assert fault["code"] == "model_not_found" and "nothing" in fault["detail"]


def test_a_full_disk_of_standard_output_is_an_error():
    with open("/dev/full", "w") as full:
        done = subprocess.run([HEARTH, "version"], stdout=full, stderr=subprocess.PIPE, text=True,
                              env=clean_environment())
    assert done.returncode == 74 and "cannot be written" in done.stderr


# --- models without a server ---

def test_a_model_is_installed_listed_shown_and_removed(home, fake):
    assert "no models" in cli("list", home=home).stdout
    done = install(home, fake, "first", "--task", "chat", "--tag", "team=search",
                   "--set", "slots=2", "--description", "words from a script")
    assert done.stdout == "installed first:1\n"
    rows = json.loads(cli("list", "--json", home=home).stdout)
    assert rows["total"] == 1
    [model] = rows["models"]
    assert (model["name"], model["state"], model["latest_version"]) == ("first", "ready", 1)
    assert model["tags"] == {"team": "search"} and model["settings"] == {"slots": 2}
    shown = cli("show", "first", home=home).stdout
    assert "words from a script" in shown and "version 1" in shown
    assert json.loads(cli("show", "first", "--json", home=home).stdout)["id"] == model["id"]
    one = json.loads(cli("show", "first:1", "--json", home=home).stdout)
    assert [version["version"] for version in one["versions"]] == [1]
    assert "version 1" in cli("show", "first:1", home=home).stdout
    absent = cli("show", "first:2", home=home)
    assert absent.returncode == 66 and "no version 2" in absent.stderr
    assert cli("show", "first:x", home=home).returncode == 2
    assert json.loads(cli("show", str(model["id"]), "--json", home=home).stdout)["name"] == "first"
    assert cli("rm", "first", home=home).returncode == 0
    assert cli("show", "first", home=home).returncode == 66
    assert not [path for path in (home / "blobs").rglob("*") if path.is_file()]


def test_the_same_bytes_again_are_no_new_version(home, fake):
    install(home, fake, "same")
    assert install(home, fake, "same").stdout == "installed same:1\n"


def test_a_removed_version_leaves_the_others(home, tmp_path):
    install(home, f"fake:{write_fake(tmp_path / 'a.fake', reply='a')}", "two")
    install(home, f"fake:{write_fake(tmp_path / 'b.fake', reply='b')}", "two")
    assert cli("rm", "two:1", home=home).returncode == 0
    model = json.loads(cli("show", "two", "--json", home=home).stdout)
    assert [version["version"] for version in model["versions"]] == [2]
    assert cli("rm", "two:x", home=home).returncode == 2


def test_a_typo_in_a_model_name_gets_a_suggestion(home, fake):
    install(home, fake, "smallest")
    assert "did you mean 'smallest'?" in cli("show", "smalest", home=home).stderr


def test_filters_narrow_the_list(home, fake):
    install(home, fake, "talker", "--task", "chat", "--tag", "team=a")
    install(home, fake, "vectors", "--task", "embedding")

    def names(*arguments):
        answer = cli("list", "--json", *arguments, home=home)
        return [model["name"] for model in json.loads(answer.stdout)["models"]]
    assert names() == ["talker", "vectors"]
    assert names("--task", "embedding") == ["vectors"]
    assert names("--tag", "team=a") == ["talker"]
    assert names("--state", "failed") == []


@pytest.mark.parametrize("source, status", [
    ("nowhere:x", 2), ("file:/no/such/file.gguf", 66), ("hf:", 2), ("no-such-path", 2),
])
def test_a_source_that_is_none_is_one_line(home, source, status):
    done = cli("install", source, "--name", "x", home=home)
    assert done.returncode == status, done.stderr
    assert done.stderr.count("\n") == 1
    assert json.loads(cli("list", "--json", "--state", "ready", home=home).stdout)["total"] == 0


@pytest.mark.parametrize("name", ["../x", "a/b", "123", ".hidden", "a" * 97, ""])
def test_a_name_that_is_none_is_refused(home, fake, name):
    done = cli("install", fake, "--name", name, home=home)
    assert done.returncode == 2 and done.stderr.count("\n") == 1


def test_what_is_no_model_is_refused_at_install(home, tmp_path):
    (tmp_path / "text.gguf").write_text("this is no model at all")
    done = cli("install", f"file:{tmp_path / 'text.gguf'}", "--name", "x", home=home)
    assert done.returncode == 65 and "GGUF" in done.stderr


def test_why_a_model_cannot_be_installed_is_said_in_the_same_words_with_and_without_a_server(start, home,
                                                                                              tmp_path):
    (tmp_path / "x.gguf").write_bytes(b"GGUF\3\0\0\0")
    sources = [f"file:{tmp_path / name}" for name in ("x.gguf", "none.gguf")]
    alone = [cli("install", source, home=home).stderr.splitlines()[-1] for source in sources]
    start()
    for source, line in zip(sources, alone):
        name = source.rsplit("/", 1)[1]
        assert re.match(rf"hearth: {name} cannot be installed: (?!{name}:)\S", line), line
        through = cli("install", source, home=home)
        assert through.stderr == line + "\n"


@pytest.mark.once
def test_a_source_that_cannot_be_reached_is_said_in_the_same_words_with_and_without_a_server(start, home, tmp_path):
    source, told = "https://127.0.0.1:1/x.gguf?token=secret", "https://127.0.0.1:1/x.gguf"
    line = f"hearth: {told} cannot be installed: cannot connect to 127.0.0.1:1"
    start()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:  # each waits before it tries again
        alone, through = pool.map(lambda place: cli("install", source, "--name", "x", home=place), (tmp_path / "other", home))
    assert alone.returncode == 69 and alone.stderr.splitlines()[-1] == line, alone.stderr
    assert through.returncode and through.stderr.splitlines()[-1] == line, through.stderr


@pytest.mark.parametrize("command", [("show",), ("stop",), ("rm",)])
def test_a_name_that_no_model_has_is_said_in_one_form(start, home, command):
    start()
    done = cli(*command, "nope", home=home)
    assert "there is no model 'nope'" in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_faulty_settings_are_refused_without_a_server_too(home):
    for setting, said in (("slots=many", "slots must be an integer from 0 to 256"),
                          ("contxt=1", "the setting `contxt` is not known; did you mean `context`?"),
                          ("speculation=draft", "speculation must be another than draft where there is no draft_model")):
        done = cli("install", "fake:echo", "--name", "x", "--set", setting, home=home)
        assert done.returncode and said in done.stderr, done.stderr
    assert cli("list", "--json", home=home).stdout.count('"name"') == 0


def test_every_faulty_field_of_a_refusal_is_a_sentence(server, home):
    done = cli("install", "fake:echo", "--name", "x", "--set", "slots=many", "--set", "contxt=1", home=home)
    assert done.returncode == 65, done.stderr
    first, *rest = done.stderr.splitlines()
    assert rest == ['  settings.slots must be an integer from 0 to 256, but it is "many"',
                    "  settings.contxt is not known here; was context meant?"]
    assert first == "hearth: the server found 2 faults in the request:"


def test_an_install_without_a_terminal_prints_plain_lines(home, gguf):
    done = cli("install", gguf, "--name", "demo", home=home)
    assert done.returncode == 0, done.stderr
    assert ESCAPE not in done.stderr + done.stdout and "\r" not in done.stderr
    assert "demo: 100 %" in done.stderr
    assert len(done.stderr.splitlines()) <= 12


def test_an_install_on_a_terminal_shows_a_bar(home, gguf):
    terminal = Terminal("install", f"file:{gguf}", "--name", "demo", home=home)
    assert terminal.end() == 0
    assert "####" in terminal.text and "installed demo:1" in terminal.text


def test_a_table_fits_the_terminal_and_is_whole_in_a_pipe(home, fake):
    name = "n" * 90
    install(home, fake, name)
    terminal = Terminal("list", home=home)
    assert terminal.end() == 0
    plain = re.sub(r"\033\[[0-9;]*[a-zA-Z]", "", terminal.text)
    assert max(map(len, plain.splitlines())) <= 60 and "…" in plain
    assert ESCAPE in terminal.text
    piped = cli("list", home=home).stdout
    assert name in piped and ESCAPE not in piped


# --- projects ---

def test_init_makes_a_project_that_checks_and_installs(home, tmp_path, fake):
    folder = tmp_path / "shop"
    assert cli("init", folder, "--name", "words", "--source", fake).returncode == 0
    done = cli("config", "check", home=home, directory=folder)
    assert done.returncode == 0 and "1 model" in done.stdout
    done = cli("install", home=home, directory=folder)
    assert done.stdout == "installed words:1\n", done.stderr
    again = cli("init", folder)
    assert again.returncode == 73 and "exists already" in again.stderr


def test_faults_of_definitions_are_named_by_file_line_and_column(home, tmp_path, fake):
    folder = tmp_path / "shop"
    cli("init", folder, "--name", "words", "--source", fake)
    (folder / "models/words.yml").write_text("name: words\nsorce: x\nsource: 'fake:x'\ntask: chat\n")
    (folder / "hearth.yml").write_text("prot: 9\n")
    done = cli("config", "check", home=home, directory=folder)
    assert done.returncode == 65
    assert re.search(r"words\.yml:2:\d+: .*source", done.stdout)
    assert re.search(r"hearth\.yml:1:\d+: .*port", done.stdout)
    faults = json.loads(cli("config", "check", "--json", home=home, directory=folder).stdout)
    assert not faults["ok"] and {fault["line"] for fault in faults["faults"]} == {1, 2}
    assert cli("install", home=home, directory=folder).returncode == 65


def test_settings_come_from_defaults_file_environment_and_flags(home, tmp_path):
    folder = tmp_path / "shop"
    cli("init", folder)
    (folder / "hearth.yml").write_text("port: 1111\nslots: 2\ncontext: 512\n")

    def shown(*arguments, **env):
        done = cli("config", "show", "--json", *arguments, home=home, directory=folder, env=env)
        return json.loads(done.stdout)["settings"]
    assert shown()["port"] == {"value": "1111", "origin": "hearth.yml"}
    assert shown(HEARTH_PORT=2222)["port"] == {"value": "2222", "origin": "environment"}
    assert shown("--port", "3333", HEARTH_PORT=2222)["port"]["value"] == "3333"
    assert shown()["batch"]["origin"] == "default"
    assert "hush" not in json.dumps(shown(HEARTH_API_KEY="hush", HEARTH_CALLBACK_SECRET="hush"))


def test_a_lock_is_written_and_installs_the_same_elsewhere(home, tmp_path, fake):
    folder = tmp_path / "shop"
    cli("init", folder, "--name", "words", "--source", fake)
    cli("install", home=home, directory=folder)
    assert cli("lock", home=home, directory=folder).returncode == 0
    lock = json.loads((folder / "hearth.lock").read_text())
    [entry] = lock["models"]
    assert entry["name"] == "words" and len(entry["files"][0]["sha256"]) == 64
    other = tmp_path / "other"
    assert cli("install", "--locked", home=other, directory=folder).returncode == 0
    version = json.loads(cli("show", "words", "--json", home=other).stdout)["versions"][0]
    assert version["files"][0]["sha256"] == entry["files"][0]["sha256"]


def test_a_failed_install_leaves_nothing_where_nothing_was(home, fake):
    assert install(home, fake, "there").returncode == 0
    for name in ("new", "there"):
        done = cli("install", "fake:no_such_key = 1", "--name", name, home=home)
        assert done.returncode == 65 and "no_such_key" in done.stderr
        [model] = json.loads(cli("list", "--json", home=home).stdout)["models"]
        assert model["name"] == "there" and len(model["versions"]) == 1


def test_the_task_of_a_file_is_read_off_it(home, gguf):
    assert cli("install", f"file:{gguf}", "--name", "demo", home=home).returncode == 0
    [model] = json.loads(cli("list", "--task", "chat", "--json", home=home).stdout)["models"]
    assert model["name"] == "demo" and model["task"] == "chat"
    assert cli("install", f"file:{gguf}", "--name", "other", "--task", "completion",
               home=home).returncode == 0
    assert json.loads(cli("show", "other", "--json", home=home).stdout)["task"] == "completion"


def test_a_locked_install_refuses_other_bytes(home, tmp_path, fake):
    folder = tmp_path / "shop"
    cli("init", folder, "--name", "words", "--source", fake)
    cli("install", home=home, directory=folder)
    cli("lock", home=home, directory=folder)
    write_fake(fake.removeprefix("fake:"), reply="other")
    done = cli("install", "--locked", home=tmp_path / "other", directory=folder)
    assert done.returncode == 65, done.stderr


# --- homes that do not work ---

def test_a_home_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    done = cli("list", home=tmp_path / "file/home")
    assert done.returncode in (74, 77) and done.stderr.count("\n") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_that_is_not_writable_says_how_to_mend_it(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir(mode=0o500)
    done = cli("list", home=folder)
    assert done.returncode == 77 and "--home" in done.stderr


def test_an_install_that_runs_into_a_limit_is_one_line_and_goes_on_later(home, fake, gguf):
    install(home, fake, "kept")
    done = subprocess.run(["bash", "-c", f"trap '' XFSZ; ulimit -f 20000; "
                           f"exec '{HEARTH}' install 'file:{gguf}' --name big"], text=True,
                          env=clean_environment({"HEARTH_HOME": home}), capture_output=True)
    assert done.returncode == 74, done.stderr
    assert "hearth: " in done.stderr.splitlines()[-1]
    assert [row["name"] for row in json.loads(
        cli("list", "--json", "--state", "ready", home=home).stdout)["models"]] == ["kept"]
    assert install(home, f"file:{gguf}", "big").stdout == "installed big:1\n"


def test_a_full_disk_says_so_and_loses_nothing(tmp_path, fake, gguf):
    folder = tmp_path / "small"
    folder.mkdir()
    probe = ["unshare", "--user", "--map-root-user", "--mount", "true"]
    if subprocess.run(probe, capture_output=True).returncode:
        pytest.skip("this machine gives no mount namespace")
    script = (f"mount -t tmpfs -o size=8m none '{folder}' && '{HEARTH}' install '{fake}' --name a "
              f"&& '{HEARTH}' install 'file:{gguf}' --name big; echo status $?; '{HEARTH}' list")
    done = subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "bash", "-c", script],
                          env=clean_environment({"HEARTH_HOME": folder / "home"}),
                          capture_output=True, text=True)
    assert "status 74" in done.stdout, done.stderr
    assert "disk" in done.stderr and re.search(r"^a\s+1\s+ready", done.stdout, re.M)


# --- with a server ---

def test_without_a_server_ps_says_how_to_start_one(home):
    done = cli("ps", home=home)
    assert done.returncode == 69 and "hearth serve" in done.stderr


def test_ps_stop_and_list_find_the_server_of_the_home(start, home, fake):
    install(home, fake, "fake")
    server = start()
    assert cli("ps", home=home).stdout.startswith("Nothing")
    assert cli("run", "fake", "hello", home=home).returncode == 0
    [row] = json.loads(cli("ps", "--json", home=home).stdout)["models"]
    assert row["model"].startswith("fake") and row["state"] == "ready" and row["pid"] > 0
    assert "fake" in cli("ps", home=home).stdout
    assert cli("stop", "fake", home=home).returncode == 0
    [row] = json.loads(cli("ps", "--json", home=home).stdout)["models"]
    assert row["state"] == "unloaded" and row["pid"] == 0
    by_url = cli("list", "--json", "--url", server.url, home=home.parent / "elsewhere")
    assert json.loads(by_url.stdout)["total"] == 1
    server.stop()
    assert cli("ps", home=home).returncode == 69


def test_while_a_server_runs_writes_go_through_it(server, home, fake):
    install(home, fake, "late", "--task", "chat")
    assert any(model["id"].startswith("late")
               for model in server.get("/v1/models").json()["data"])
    assert cli("run", "late", "hello", home=home).returncode == 0
    refused = cli("rm", "late", home=home)
    assert refused.returncode == 75, refused.stderr
    assert cli("rm", "late", "--force", home=home).returncode == 0
    assert cli("show", "late", home=home).returncode == 66


def test_a_failed_install_through_the_server_says_why(server, home, tmp_path):
    (tmp_path / "text.gguf").write_text("this is no model at all")
    done = cli("install", f"file:{tmp_path / 'text.gguf'}", "--name", "x", home=home)
    assert done.returncode == 65 and "GGUF" in done.stderr


def test_a_second_server_on_the_home_is_refused_in_one_line(server, home):
    done = cli("serve", "--port", "0", home=home)
    assert done.returncode == 75
    assert str(server.pid) in done.stderr and done.stderr.count("\n") == 1


def test_a_taken_port_is_one_line_that_says_what_to_do(server, tmp_path):
    done = cli("serve", "--port", str(server.port), home=tmp_path / "other")
    assert done.returncode == 75
    assert str(server.port) in done.stderr and "--port" in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_open_address_without_a_key_is_refused(home):
    done = cli("serve", "--host", "0.0.0.0", "--port", "0", home=home)
    assert done.returncode == 2 and "HEARTH_API_KEY" in done.stderr


def test_a_key_is_asked_for_and_taken(start, home, fake):
    install(home, fake, "fake")
    start(env={"HEARTH_API_KEY": "k-1"})
    refused = cli("list", home=home)
    assert refused.returncode == 77 and "HEARTH_API_KEY" in refused.stderr
    assert cli("list", home=home, env={"HEARTH_API_KEY": "k-1"}).returncode == 0


def test_a_prompt_is_taken_from_words_or_a_pipe_and_the_answer_is_plain(demo_server):
    words = demo_server.cli("run", "smollm2", "What", "language", "is", "spoken", "in", "Brazil?",
                            "--temperature", "0", "--max-tokens", "40")
    assert words.returncode == 0 and "Portuguese" in words.stdout, words.stderr
    assert ESCAPE not in words.stdout and words.stdout.endswith("\n") and words.stderr == ""
    piped = demo_server.cli("run", "smollm2", "--temperature", "0", "--max-tokens", "40",
                            stdin="What language is spoken in Brazil?\n")
    assert piped.stdout == words.stdout
    as_json = json.loads(demo_server.cli("run", "smollm2", "--json", "--max-tokens", "4", "-",
                                         stdin="Hello").stdout)
    assert as_json["completion_tokens"] == 4 and as_json["finish_reason"] == "length"


def test_run_without_a_prompt_in_a_pipe_or_with_a_wrong_model_is_an_error(fake_server):
    assert fake_server.cli("run", "fake", stdin="").returncode == 2
    done = fake_server.cli("run", "fakee", "hello")
    assert done.returncode == 66 and done.stderr.count("\n") == 1


SAYING = ("All happy families are alike, each unhappy family is unhappy in its own way, and "
          "donaudampfschifffahrtsgesellschaftskapitaen is a word that is longer than a narrow line. "
          "日本語の文章は空白なしで書かれる。 Café été 👋 ends it.")


def columns_of(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


@pytest.fixture
def talker(start, home, tmp_path):
    """A server with a model `talker` that says SAYING, a word in each piece."""
    install(home, f"fake:{write_fake(tmp_path / 'talker.fake', reply=SAYING, token_us=2000)}", "talker")
    return start()


@pytest.mark.parametrize("columns", [40, 61, 120])
def test_an_answer_on_a_terminal_breaks_between_words(talker, columns):
    terminal = Terminal("run", "talker", "say it", home=talker.home, columns=columns)
    assert terminal.expect("ends it").end() == 0
    text = re.sub(ESCAPE + r"\[[0-9;]*[A-Za-z]", "", terminal.text.replace("\r\n", "\n"))
    lines = text[text.index("All happy"):].rstrip("\n").split("\n")
    assert len(lines) > 1 and max(map(columns_of, lines)) <= columns
    for line, after in zip(lines, lines[1:]):
        assert columns_of(line) + 1 + columns_of(after.split()[0]) > columns, (line, after)
    whole = "\n".join(lines)
    for word in SAYING.split():
        # Between the characters of East Asian scripts a line may break; a long word has to.
        breakable = columns_of(word) > columns or columns_of(word) > 1.5 * len(word)
        assert word in (whole.replace("\n", "") if breakable else whole.split()), (word, lines)


def test_an_answer_in_a_pipe_is_as_the_model_said_it(talker):
    assert talker.cli("run", "talker", "say it").stdout == SAYING + "\n"


def test_a_window_that_becomes_narrower_is_heeded_while_the_answer_comes(start, home, tmp_path):
    script = write_fake(tmp_path / "slow.fake", reply="one two three four five six " * 20, token_us=10000)
    install(home, f"fake:{script}", "slow")
    start()
    terminal = Terminal("run", "slow", "go", home=home, columns=100)
    terminal.expect("(?s)one.*\n.*one")
    fcntl.ioctl(terminal.main, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 50, 0, 0))
    assert terminal.end() == 0
    lines = terminal.text[terminal.text.index("one"):].replace("\r", "").rstrip("\n").split("\n")
    assert len(lines) > 4 and 50 < len(lines[0]) <= 100
    assert all(40 < len(line) <= 50 for line in lines[-4:-1])


def test_wide_characters_are_edited_in_their_columns(fake_server):
    terminal = Terminal("run", "fake", home=fake_server.home, columns=40)
    terminal.expect(">>> ")
    terminal.forget()
    # Four columns of prompt, two for each character: the cursor goes two to the left of the end.
    terminal.type("\u65e5\u672c\033[D")
    terminal.expect("\u65e5\u672c\r" + re.escape(ESCAPE + "[6C"))
    terminal.type("a\r")
    terminal.expect("\u65e5a\u672c\r?\n")
    terminal.type("\x03/bye\r")
    assert terminal.end() == 0


def test_a_chat_remembers_edits_lines_and_ends(demo_server):
    terminal = Terminal("run", "smollm2", "--temperature", "0", "--max-tokens", "30",
                        home=demo_server.home)
    terminal.expect(">>> ")
    # Typed with a slip, which arrow, backspace and end mend.
    terminal.type("My name is Xnna.\033[D\033[D\033[D\033[D\x7fA\033[F\r")
    terminal.expect(r"My name is Anna\.")
    terminal.forget()
    terminal.expect(">>> ", 60)
    terminal.type("What is my name?\r")
    terminal.expect("Anna", 60)
    terminal.expect(">>> ", 60)
    terminal.forget()
    terminal.type("\033[A\033[A")
    terminal.expect(r"My name is Anna\.")
    terminal.type("\x03")
    terminal.forget()
    terminal.type("/clear\r")
    terminal.expect("forgotten[^>]*>>> ")  # before the prompt, the end of the input is another one
    terminal.type("\x04")
    assert terminal.end() == 0


def test_ctrl_c_stops_the_answer_but_not_the_chat(demo_server):
    terminal = Terminal("run", "smollm2", "--max-tokens", "2000", home=demo_server.home)
    terminal.expect(">>> ")
    terminal.type("Write a very long story about the sea.\r")
    terminal.expect(r"sea\.[^>]*\n[^>]*\w+ \w+ \w+ ", 60)
    terminal.type("\x03")
    terminal.expect(r"\[stopped\]")
    terminal.expect(r"\[stopped\][^>]*>>> ")
    terminal.type("/bye\r")
    assert terminal.end() == 0
    wait_for(lambda: all(not row.get("busy") for row in
                         json.loads(demo_server.cli("ps", "--json").stdout)["models"]),
             what="the stopped answer's slot")


def test_ctrl_c_ends_a_single_answer_with_130(demo_server):
    running = subprocess.Popen([HEARTH, "run", "smollm2", "Write a very long story.",
                                "--max-tokens", "2000"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                               env=clean_environment({"HEARTH_HOME": demo_server.home}))
    running.stdout.read(20)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=30 * SLOW)
    assert running.returncode == 130


# --- the rest ---

def test_doctor_tells_what_is_good_and_how_to_mend_what_is_not(home):
    done = cli("doctor", "--json", home=home)
    answer = json.loads(done.stdout)
    grades = {row["check"]: row["grade"] for row in answer["findings"]}
    assert done.returncode == 0, done.stdout
    assert {"cpu", "memory", "kernel", "landlock", "seccomp", "worker", "engines", "home",
            "disk"} <= set(grades)
    assert "hub" not in grades
    broken = cli("doctor", "--home", "/proc/nothing")
    assert broken.returncode == 69 and "->" in broken.stdout and ESCAPE not in broken.stdout


def test_doctor_asks_the_hub_only_when_told_to(home):
    done = cli("doctor", "--json", "--network", home=home,
               env={"HF_ENDPOINT": "http://127.0.0.1:9"})
    [hub] = [row for row in json.loads(done.stdout)["findings"] if row["check"] == "hub"]
    assert hub["grade"] == "warning" and "HF_ENDPOINT" in hub["mend"]


def test_bash_completes_commands_flags_and_models(home, fake):
    install(home, fake, "mymodel")
    script = cli("completion", "bash").stdout

    def complete(*words):
        call = (f"COMP_WORDS=(hearth {' '.join(words)}); COMP_CWORD={len(words)}; _hearth; "
                "printf '%s\\n' \"${COMPREPLY[@]}\"")
        return subprocess.run(["bash", "-c", f"{script}\n{call}"], capture_output=True, text=True,
                              check=True, env=clean_environment({
                                  "HEARTH_HOME": home,
                                  "PATH": f"{HEARTH.parent}:{os.environ['PATH']}"})
                              ).stdout.split()
    assert complete("ins") == ["install"]
    assert complete("config", "sh") == ["show"]
    assert complete("db", "up") == ["upgrade"] and complete("datasets", "sh") == ["show"]
    assert "--name" in complete("datasets", "add", "--na") and complete("data") == ["datasets"]
    assert "--port" in complete("serve", "--po")
    assert complete("show", "my") == ["mymodel"]
    for shell in ("zsh", "fish"):
        assert "completion" in cli("completion", shell).stdout
    assert cli("completion", "tcsh").returncode == 2
