"""A demo that runs for long: `REDGAZE_SOAK_MINUTES=30 python -m pytest -m slow -s tests/view/test_soak.py`."""

import os
import time
from pathlib import Path

import pytest

from sim.driver import PolicyDriver
from sim.view import actions as do
from sim.view.capture import Capture
from sim.view.demo import Demo, NoDisplay
from sim.view.drive import Drive
from sim.view.pacing import RateKeeper
from sim.view.playback import Playback
from sim.view.world_source import WorldSource

MINUTES = float(os.environ.get("REDGAZE_SOAK_MINUTES", "2"))
PARTS = 30
RATE = 60


def resident_mb() -> float:
    """Memory of this process that is in use now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.slow
def test_memory_does_not_grow_and_the_rate_does_not_drift() -> None:
    """At the clock's pace, through track after track and both views. The rates are printed; memory is held to a bar."""
    import torch

    from agent import load_policy

    torch.set_num_threads(1)
    policy, source = load_policy("topk-patches"), WorldSource(seed=10_000)
    playback = Playback(Drive(source, {"topk-patches": lambda: PolicyDriver(policy)}, "topk-patches"))
    demo = Demo(playback, NoDisplay(), Capture(playback, dict, live=True), keeper=RateKeeper(RATE))
    rates, memory = [], []
    for part in range(PARTS):
        began = time.perf_counter()
        pictures = round(RATE * 60 * MINUTES / PARTS)
        demo.run(pictures)
        rates.append(pictures / (time.perf_counter() - began))
        memory.append(resident_mb())
        print(f"part {part + 1}: {rates[-1]:.2f} pictures/s, {memory[-1]:.1f} MB, track {source.seed}", flush=True)
        playback.turn(do.NEXT_VIEW)
    playback.close()
    settled = memory[PARTS // 10 :]
    print(f"memory after the first tenth: {settled[0]:.1f} to {max(settled):.1f} MB")
    print(f"pictures/s: first tenth {rates[0]:.2f}, last tenth {rates[-1]:.2f}")
    assert max(settled) < settled[0] + 8
