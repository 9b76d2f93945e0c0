"""Servers on a PostgreSQL database: the same registry, two gateways at once, a database that is away.

The database is a real one, of the system's package; where that is missing the tests are skipped, but
not in CI.
"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time

import pytest

import decoder_folders
from conftest import ROOT, cli, free_port, wait_for, write_fake

PASSWORD = "s3cret/w@rd"
QUOTED = "s3cret%2Fw%40rd"


def certify(folder, name, signer=None, *more):
    """Makes name.pem and name.key: of an authority, or signed by one."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key", "-out",
                    folder / f"{name}.pem",
                    *(["-CA", folder / f"{signer}.pem", "-CAkey", folder / f"{signer}.key"] if signer else []), *more],
                   check=True, stderr=subprocess.DEVNULL)


class Database:
    """A PostgreSQL server in a folder of its own, and a schema in it for each test. Its certificate is
    for localhost."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hearth-pg-"))
        self.port = free_port()
        (self.folder / "password").write_text(PASSWORD)
        for name in ("authority", "stranger"):
            certify(self.folder, name)
        certify(self.folder, "server", "authority", "-addext", "subjectAltName=DNS:localhost")
        if os.geteuid() == 0:
            shutil.chown(self.folder / "server.key", "postgres")
        self.schemas = 0
        self.begin()

    def begin(self):
        self.process = subprocess.Popen(
            [ROOT / "test/support/postgres_server", self.folder, f"port={self.port}", "listen_addresses=127.0.0.1",
             "ssl=on", f"ssl_cert_file={self.folder}/server.pem", f"ssl_key_file={self.folder}/server.key"],
            stderr=subprocess.PIPE, text=True,
            env={**os.environ, "HEARTH_TEST_PG_AUTH": "scram-sha-256",
                 "HEARTH_TEST_PG_PWFILE": str(self.folder / "password")})

        def answers():
            if self.process.poll() == 77 and not os.environ.get("CI"):
                pytest.skip("PostgreSQL is not installed (scripts/setup test)")
            assert self.process.poll() is None, self.process.stderr.read()
            return self.sql("SELECT 1", check=False).returncode == 0
        wait_for(answers, 30, "PostgreSQL")

    def sql(self, text, check=True):
        done = subprocess.run(["psql", "-XqtA", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-p",
                               str(self.port), "-U", "hearth", "-d", "postgres", "-c", text], capture_output=True, text=True,
                              env={**os.environ, "PGPASSWORD": PASSWORD}, timeout=30)
        assert not check or done.returncode == 0, done.stderr
        return done

    def fresh(self):
        self.schemas += 1
        self.sql(f"CREATE SCHEMA e{self.schemas}")
        return self.reach(f"host={self.folder}")

    def reach(self, how):
        return {"DATABASE_URL": f"postgresql://hearth:{QUOTED}@/postgres?port={self.port}&{how}"
                                f"&options=-csearch_path%3De{self.schemas}",
                "HEARTH_DATABASE_CONNECT_TIMEOUT": "1s", "HEARTH_DATABASE_STATEMENT_TIMEOUT": "1s"}

    def signal_all(self, number):
        """To the server and to its backends, which do not stop with it."""
        pid = self.process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for each in [pid, *map(int, children)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, number)

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        self.process.wait(30)

    def remove(self):
        if self.process.poll() is None:
            self.end()
        shutil.rmtree(self.folder)


@pytest.fixture(scope="module")
def database():
    running = Database()
    yield running
    running.remove()


@pytest.fixture
def env(database):
    return database.fresh()


def create(server, name, script="reply = ok"):
    return server.post("/models", {"name": name, "source": f"fake:{script}"})


def chat(server, model):
    return server.post("/v1/chat/completions", {
        "model": model, "messages": [{"role": "user", "content": "hi"}]})


def names(server):
    return sorted(model["name"] for model in server.get("/models").json()["models"])


def served(server):
    return sorted(model["id"] for model in server.get("/v1/models").json()["data"])


def no_password(*servers):
    for server in servers:
        for word in (PASSWORD, QUOTED, "s3cret"):
            assert word not in server.log


def test_the_whole_flow_of_the_registry_and_its_life_beyond_the_server(start, env, home, tmp_path):
    script = write_fake(tmp_path / "script.fake")
    done = cli("install", f"fake:{script}", "--name", "installed", home=home, env=env)
    assert done.returncode == 0, done.stderr
    server = start(env=env)
    assert server.get("/health").json()["store"] == "ok"
    assert create(server, "one").status == 201
    assert create(server, "one").status == 409
    assert chat(server, "one").status == 200 and chat(server, "installed").status == 200
    model = server.get("/models/one").json()
    answer = server.request("PATCH", "/models/one", {"description": "x", "revision": model["revision"]})
    assert answer.status == 200
    answer = server.request("PATCH", "/models/one", {"description": "y", "revision": model["revision"]})
    assert answer.status == 409
    assert server.post("/models/one/versions", {"source": "fake:reply = two"}).status == 201
    assert not (home / "hearth.db").exists()
    server.stop()
    again = start(env=env)
    assert names(again) == ["installed", "one"]
    model = again.get("/models/one").json()
    assert len(model["versions"]) == 2 and model["latest_version"] == 2 and model["description"] == "x"
    assert again.delete("/models/one").status == 200
    assert names(again) == ["installed"]
    no_password(server, again)


def test_what_one_gateway_makes_the_other_one_has(start, env, tmp_path):
    homes = [tmp_path / "a", tmp_path / "b"]
    for each in homes:
        each.mkdir()
    # Both at once, so that both find no tables.
    pair = [start(home=each, env=env, wait=False) for each in homes]
    for server in pair:
        server.wait_ready()
    assert create(pair[0], "one").status == 201
    wait_for(lambda: served(pair[1]) == ["one"], 10, "the other gateway's model")
    assert create(pair[1], "one").status == 409
    assert pair[1].request("PATCH", "/models/one", {"description": "theirs"}).status == 200
    wait_for(lambda: pair[0].get("/models/one").json()["description"] == "theirs", 10, "the change")
    assert pair[1].delete("/models/one").status == 200
    wait_for(lambda: served(pair[0]) == [], 10, "the deletion")

    def fill(server, prefix):
        for i in range(10):
            assert create(server, f"{prefix}{i}").status == 201
    threads = [threading.Thread(target=fill, args=(server, prefix))
               for server, prefix in zip(pair, ("a", "b"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everything = sorted(f"{prefix}{i}" for prefix in "ab" for i in range(10))
    for server in pair:
        wait_for(lambda: served(server) == everything, 10, "all models")
        assert len(server.get("/models?limit=100").json()["models"]) == 20


@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_without_the_database_reads_go_on_and_writes_are_told_to_come_back(how, start, database, env):
    server = start(env=env)
    assert create(server, "one").status == 201 and chat(server, "one").status == 200
    reads = ["/models", "/models?name=n&sort=-created&limit=1", "/models/one", "/models/one/history",
             "/models/one/versions/1", "/models/one/aliases"]

    def answers():
        return [server.get(path) for path in reads]
    before = answers()
    assert not any("Hearth-As-Of" in answer.headers for answer in before)
    if how == "killed":
        database.end(signal.SIGQUIT)
    else:
        database.signal_all(signal.SIGSTOP)
    try:
        wait_for(lambda: server.get("/health").json()["store"] == "away", 15, "the news")
        assert server.get("/health").status == 200 and server.get("/ready").status == 200
        assert server.get("/health").json()["status"] == "degraded"
        begin = time.monotonic()
        assert served(server) == ["one"]
        assert chat(server, "one").status == 200
        during = answers()
        assert time.monotonic() - begin < 2, "what is in memory waits for no database"
        assert [answer.json() for answer in during] == [answer.json() for answer in before]
        for answer in [*during, server.get("/models/nothing")]:
            assert answer.headers["Hearth-As-Of"].startswith("20"), "it says that it is from memory"
        assert server.get("/models/nothing").status == 404
        for path in ("/datasets", "/training/jobs", "/v1/files"):
            answer = server.get(path)
            assert answer.status == 503 and int(answer.headers["Retry-After"]) > 0, path
        for answer in (create(server, "two"), server.delete("/models/one")):
            assert answer.status == 503, answer.text
            assert answer.json()["code"] == "database_unavailable"
            assert int(answer.headers["Retry-After"]) > 0
            assert str(database.folder) not in answer.text
    finally:
        if how == "killed":
            database.begin()
        else:
            database.signal_all(signal.SIGCONT)
    wait_for(lambda: server.get("/health").json()["store"] == "ok", 20, "the database")
    assert create(server, "three").status == 201
    wait_for(lambda: "Hearth-As-Of" not in server.get("/models").headers, 10, "answers of the database")
    assert names(server) == ["one", "three"]
    no_password(server)


@pytest.mark.once
@pytest.mark.skipif(not os.environ.get("HEARTH_TEST_GGUF"), reason="HEARTH_TEST_GGUF names no model")
def test_a_job_outlives_the_databases_absence_and_hears_other_gateways_while_it_waits(
        start, database, env, home, gguf, tmp_path):
    base = decoder_folders.demo_folder(pathlib.Path(gguf), tmp_path, layers=1)
    assert cli("install", f"file:{base}", "--name", "base", home=home, env=env).returncode == 0
    (home / "datasets").mkdir()
    (home / "datasets/one.jsonl").write_text('{"text": "Water boils at 100 degrees."}\n')
    server = start(home=home, env=env)
    assert server.post("/datasets", {"path": "one.jsonl"}).status == 201

    def submit(seed):
        asked = server.post("/training/jobs", {
            "model": "learnt", "base_model": "base", "dataset_id": "one",
            "parameters": {"epochs": 3, "rank": 2, "modules": ["q_proj"], "context": 32, "threads": 1, "seed": seed}})
        assert asked.status == 201, asked.text
        return asked.json()["id"]
    job = submit(1)

    def trainers(event):
        return [one["pid"] for one in server.events(event) if one.get("model") == job]
    wait_for(lambda: len(trainers("process.started")) == 2, 60, "the trainer, after the check's")
    database.end(signal.SIGQUIT)
    try:
        wait_for(lambda: len(trainers("process.ended")) == 2, 120, "the end of the trainer")
        time.sleep(3)
    finally:
        database.begin()

    def done():
        answer = server.get(f"/training/jobs/{job}")
        return answer.json() if answer.status == 200 and answer.json()["finished_at"] else None
    shown = wait_for(done, 60, "the end of the job")
    assert shown["state"] == "completed" and shown["attempts"] == 1, shown
    assert server.get("/models/learnt/versions/1").json()["state"] == "ready"
    # Of a job that waits, another gateway's wish is seen too.
    (tmp_path / "other").mkdir()
    other = start(home=tmp_path / "other", env=env)
    job = submit(2)
    assert server.post(f"/training/jobs/{job}/pause").status == 200
    wait_for(lambda: server.get(f"/training/jobs/{job}").json()["state"] == "paused", 60, "the pause")
    assert other.post(f"/training/jobs/{job}/cancel").status == 200
    wait_for(lambda: server.get(f"/training/jobs/{job}").json()["state"] == "cancelled", 60, "the cancel")


def shape(database, home, env):
    """All that the tables are made of."""
    if not env:
        with contextlib.closing(sqlite3.connect(home / "hearth.db")) as file:
            return file.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL "
                                "AND name NOT LIKE 'sqlite%' ORDER BY name").fetchall()
    schema = f"e{database.schemas}"
    return database.sql(
        "SELECT table_name, column_name, data_type, column_default, is_nullable FROM information_schema.columns "
        f"WHERE table_schema = '{schema}' ORDER BY 1, 2; SELECT indexname, indexdef FROM pg_indexes "
        f"WHERE schemaname = '{schema}' ORDER BY 1; SELECT conrelid::regclass::text, conname, "
        f"pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = '{schema}'::regnamespace ORDER BY 1, 2"
    ).stdout


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_tables_go_back_a_step_and_forth_and_keep_the_models(kind, database, start, home, tmp_path):
    env = database.fresh() if kind == "postgres" else {}

    def db(*words):
        done = cli("db", *words, "--json", home=home, env=env)
        assert done.returncode == 0, done.stderr
        got = json.loads(done.stdout)
        assert got["store"] == kind
        return got["before"], got["step"]

    assert db("status") == (0, 0)
    _, newest = db("upgrade")
    assert newest >= 2 and db("status") == (newest, newest)
    first = shape(database, home, env)
    server = start(env=env)
    assert create(server, "one").status == 201
    assert server.post("/models/one/versions", {"source": "fake:reply = two"}).status == 201
    before = server.get("/models/one").json()
    done = cli("db", "downgrade", "1", home=home, env=env)
    assert done.returncode == 75 and "in use" in done.stderr, "a server has the home"
    assert cli("db", "status", home=home, env=env).returncode == 0
    server.stop()
    assert db("downgrade", "1") == (newest, 1)
    assert shape(database, home, env) != first
    assert db("upgrade") == (1, newest)
    assert shape(database, home, env) == first
    server = start(env=env)
    assert server.get("/models/one").json() == before
    assert create(server, "two").status == 201
    server.stop()
    assert db("downgrade", "0") == (newest, 0) and db("downgrade", "0") == (0, 0)
    server = start(env=env)
    assert served(server) == [] and shape(database, home, env) == first
    server.stop()
    for word in ("99", "-1", "x", ""):
        done = cli("db", "downgrade", "--", word, home=home, env=env)
        assert done.returncode == 2, (word, done)
    assert db("status") == (newest, newest)


@pytest.mark.parametrize("url", [
    f"postgresql://hearth:{PASSWORD}@/postgres",
    "postgresql://hearth:s3cret@@h/d", "postgresql://hearth:s3cret#@h/d", "postgres://s3cret",
    "postgresql:s3cret", "mysql://s3cret@h", f"postgresql://hearth:{QUOTED}@127.0.0.1:1/d",
    f"postgresql://hearth:{QUOTED}@127.0.0.1:1/d?sslmode=require&nothing=1",
    f"postgresql://hearth:{QUOTED}@/d?host=/nowhere", "postgresql://hearth:s3cret%00@h/d",
    "postgresql://" + "x" * 100000])
def test_a_url_that_is_none_or_leads_nowhere_is_told_without_its_password(url, home):
    done = cli("list", home=home, env={"DATABASE_URL": url, "HEARTH_DATABASE_CONNECT_TIMEOUT": "1s"},
               timeout=20)
    assert done.returncode > 0 and "database" in done.stderr, done
    for word in ("w@rd", QUOTED, "s3cret/"):
        assert word not in done.stdout + done.stderr


def test_a_wrong_password_is_told(database, env, home):
    done = cli("list", home=home, timeout=20,
               env={**env, "DATABASE_URL": env["DATABASE_URL"].replace(QUOTED, "wrong-one")})
    assert done.returncode == 75 and "wrong-one" not in done.stderr, done
    assert "password authentication failed" in done.stderr


def test_a_database_over_tls_is_checked_as_the_url_asks(database, env, start, tmp_path):
    """Both gateways come over TCP with TLS; a stranger's authority and another host's name are refused."""
    def over_tls(host, mode, authority=None):
        return database.reach(f"host={host}&sslmode={mode}"
                              + (f"&sslrootcert={database.folder}/{authority}.pem" if authority else ""))
    homes = [tmp_path / "a", tmp_path / "b"]
    for each in homes:
        each.mkdir()
    checked = over_tls("localhost", "verify-full", "authority")
    pair = [start(home=homes[0], env=checked), start(home=homes[1], env=over_tls("127.0.0.1", "require"))]
    assert create(pair[0], "one").status == 201
    wait_for(lambda: served(pair[1]) == ["one"], 10, "the other gateway's model")
    assert pair[1].delete("/models/one").status == 200
    used = database.sql("SELECT DISTINCT ssl, version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
                        "WHERE application_name LIKE 'hearth%'").stdout.split()
    assert used == ["t|TLSv1.3"], used
    no_password(*pair)
    for server in pair:
        server.stop()
    outcomes = {("127.0.0.1", "verify-ca", "authority"): 0,
                ("127.0.0.1", "verify-full", "authority"): 75,  # the certificate is for localhost
                ("localhost", "verify-full", "stranger"): 75}
    for how, code in outcomes.items():
        done = cli("list", home=homes[0], env=over_tls(*how), timeout=20)
        assert done.returncode == code, (how, done)
        assert code == 0 or "certificate" in done.stderr, done
        assert "s3cret" not in done.stdout + done.stderr
