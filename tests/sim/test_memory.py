"""Many steps in one process: `REDGAZE_MEMORY_STEPS=1000000 python -m pytest -m slow -s tests/sim/test_memory.py`."""

import os
from pathlib import Path

import gymnasium
import numpy as np
import pytest

STEPS = int(os.environ.get("REDGAZE_MEMORY_STEPS", "100000"))
WORLDS = 64
PARTS = 20
GROWTH = 8.0
"""MB of growth after the first tenth that the allocator may be forgiven for; a leak of 100 bytes a step makes 90."""


def resident_mb() -> float:
    """Memory of this process that is in use now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.slow
def test_town_steps_need_no_more_memory_however_many() -> None:
    """Half of the worlds are driven well, the other half badly, so that there are long episodes and many ends."""
    envs = gymnasium.make_vec("sim:RedGaze/Drive-v0", num_envs=WORLDS, scenario="town", frame_size=(18, 32))
    envs.reset(seed=10_000)
    rng, memory, ends = np.random.default_rng(0), [], 0
    for part in range(PARTS):
        for _ in range(STEPS // WORLDS // PARTS):
            actions = envs.unwrapped.simulator.expert()[0]
            actions[::2] += rng.normal(0.0, 0.3, (WORLDS // 2, 2)).astype(np.float32)
            *_, terminated, truncated, _ = envs.step(np.clip(actions, -1.0, 1.0))
            ends += int((terminated | truncated).sum())
        memory.append(resident_mb())
        print(f"part {part + 1} of {PARTS}: {memory[-1]:.1f} MB, {ends} episodes ended", flush=True)
    envs.close()
    settled = memory[PARTS // 10 - 1 :]
    assert ends > 0
    assert max(settled) < settled[0] + GROWTH
