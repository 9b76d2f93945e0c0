"""The examples of a conversation and of a project do what they say."""
import os
import shutil
import subprocess
import sys

from conftest import ROOT, Server, clean_environment, cli


def run_example(argv, server):
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True,
                          env=clean_environment({"HEARTH_URL": server.url})).stdout


def test_the_python_conversation_keeps_its_history(demo_server):
    out = run_example([sys.executable, "examples/chat.py", "What language is spoken in Brazil?",
                       "Say it again."], demo_server)
    assert "Portuguese" in out and "> Say it again." in out


def test_the_shell_conversation_streams(demo_server):
    out = run_example(["sh", "examples/chat.sh"], demo_server)
    assert out.count("data: {") > 5 and out.rstrip().endswith("data: [DONE]")


def test_the_project_installs_locks_and_serves(tmp_path, home, gguf):
    project = tmp_path / "project"
    shutil.copytree(ROOT / "examples/project", project)
    env = {"ASSISTANT_GGUF": str(gguf), "PATH": os.environ["PATH"]}
    for command in (["config", "check"], ["install"], ["lock"]):
        done = cli(*command, home=home, directory=project, env=env)
        assert done.returncode == 0, done.stderr
    assert (project / "hearth.lock").exists()
    server = Server(home, ["--locked"], env=env, directory=project)
    try:
        names = [m["id"] for m in server.get("/v1/models").json()["data"]]
        assert names == ["assistant"]
    finally:
        server.stop()
