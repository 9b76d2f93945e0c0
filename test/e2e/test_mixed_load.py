"""A minute of everything at once: nothing is lost, nothing is wrong, nothing grows."""
import sys

import pytest

from conftest import ROOT, SLOW, cli, wait_for

sys.path.insert(0, str(ROOT / "test/support"))
from mixed_load import MixedLoad, growth

# Between the medians of the first and the last third. Some 30,000 texts are computed between them:
# half a kilobyte lost with each would be more than this.
GROWTH_MB = 12


@pytest.mark.once
@pytest.mark.alone
def test_a_minute_of_mixed_load_leaves_memory_as_it_was(start, home, minilm):
    for name, path in (("minilm", minilm), ("cross", ROOT / "test/golden/encoder/bert-classifier")):
        assert cli("install", f"file:{path}", "--name", name, home=home).returncode == 0
    # A cache that is full before memory is watched.
    server = start("--embedding-cache-bytes", "2MiB")
    load = MixedLoad(server.port, server.pid, "minilm", "cross", 120 * SLOW)
    # Sanitizers keep what was freed: there the answers are what is looked at, and kernels that are
    # not optimised compute no list of 2,048 in this time.
    load.run(60 if SLOW == 1 else 15, warm_up=20 if SLOW == 1 else 1)
    assert not load.faults, load.faults[:5]
    for kind in ("single", "list_of_2048", "token_ids", "reranked") if SLOW == 1 else ("single",):
        assert load.counts[kind, 200] > 0, load.counts
    for name in ("hearth_requests_running", "hearth_slots_busy", "hearth_queue_depth"):
        wait_for(lambda: server.metric(name) == 0, 30, name)
    assert server.metric("hearth_model_crashes_total") == 0
    answer = server.post("/v1/embeddings", {"model": "minilm", "input": "still there"})
    assert answer.status == 200, answer.text
    if SLOW == 1:
        for who, samples in load.memory.items():
            first, last, _ = growth(samples)
            assert last - first < GROWTH_MB, (who, samples)
