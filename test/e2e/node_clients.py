"""Runs a client for Node of test/e2e/node against a server."""
import os
import pathlib
import subprocess

import pytest

from conftest import ROOT, SLOW


def run_node_client(script, url, package):
    """Fails with what the script says unless it ends with "ok"; skipped where its package is absent."""
    modules = pathlib.Path(os.environ.get("NODE_PATH", ROOT / "build/node/node_modules"))
    if "NODE_PATH" not in os.environ and not (modules / package).exists():
        pytest.skip(f"the package {package} for Node is not installed (scripts/test does that)")
    done = subprocess.run(["node", ROOT / "test/e2e/node" / script, url, str(modules)],
                          capture_output=True, text=True, timeout=120 * SLOW)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip() == "ok"
