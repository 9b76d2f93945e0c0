"""Three models on memory for two, and everything that goes wrong at once, for three minutes."""
import os
import sys

import pytest

from conftest import ROOT, SLOW, cli, wait_for, write_fake

sys.path.insert(0, str(ROOT / "test/support"))
from soak import Soak

SECONDS = int(os.environ.get("HEARTH_SOAK_SECONDS", "180"))


@pytest.mark.once
def test_every_request_ends_and_the_books_add_up(start, home, tmp_path):
    models = ("red", "green", "blue")
    for i, name in enumerate(models):  # the same file thrice would be loaded once
        script = write_fake(tmp_path / f"{name}.fake", load_bytes="60MB", load_ms=200, token_us=3000,
                            context=8192 + i)
        assert cli("install", f"fake:{script}", "--name", name, home=home).returncode == 0
    server = start("--memory-limit", "190MB", "--shortest-residency", "1s", "--longest-wait", "3s",
                   "--queue-max", "10", "--request-timeout", "60s", "--breaker-failures", "1000")
    soak = Soak(server.port, server.pid, models, 120 * SLOW)
    soak.run(SECONDS, kill_every=SECONDS / 9)
    print(soak.tell())
    assert not soak.faults, soak.faults[:5]
    wait_for(soak.is_quiet, 60, "the end of all requests")
    wait_for(lambda: not soak.books(), 10, "books that add up") if soak.books() else None
    assert not soak.books()
    assert soak.counts["whole", 200] > SECONDS and soak.counts["streamed", 200] > SECONDS
    for name in models:  # nobody starved, and each had to go for others
        assert server.metric("hearth_model_loads_total", model=f"{name}:1") > 1
    assert server.metric("hearth_model_crashes_total") >= soak.kills - 1
