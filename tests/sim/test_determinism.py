"""The same seed and the same actions give the same bits: whatever the batch, the process or the thread."""

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from sim.simulator import Simulator

SEEDS = (20_003, 4, 777)
STEPS = 30
SIZE = (36, 64)


def actions(seed: int) -> NDArray[np.float32]:
    """Anything goes, as long as it is the same: (STEPS, 2)."""
    return np.random.default_rng(seed).uniform(-0.6, 0.8, (STEPS, 2)).astype(np.float32)


def fingerprints(seeds: tuple[int, ...] = SEEDS, n: int = len(SEEDS), scenario: str = "town") -> list[str]:
    """A hash for each seed over all states, expert labels, frames and truths of a drive in a batch of n worlds."""
    simulator = Simulator(n, scenario, frame_size=SIZE)
    filled = [*seeds, *range(30_000, 30_000 + n - len(seeds))]
    simulator.reset(np.arange(n), filled)
    hashes = [hashlib.sha256() for _ in seeds]
    script = np.stack([actions(seed) for seed in filled], axis=1)
    for step in range(STEPS):
        world, going = simulator.world, np.flatnonzero(~simulator.world.ended)
        simulator.step(script[step, going], going)
        told = (*simulator.truth(), *simulator.expert(), world.vehicle, world.s, world.d, world.actors, world.objects)
        for row, digest in enumerate(hashes):
            for array in told:
                digest.update(array[row].tobytes())
    return [digest.hexdigest() for digest in hashes]


def test_a_batch_of_64_gives_the_same_bits_as_a_batch_of_1() -> None:
    assert fingerprints(n=64) == [fingerprints((seed,), n=1)[0] for seed in SEEDS]


def test_the_order_of_the_rows_makes_no_difference() -> None:
    assert fingerprints(SEEDS[::-1]) == fingerprints()[::-1]


def test_another_process_gives_the_same_bits() -> None:
    code = "from test_determinism import fingerprints; print(*fingerprints())"
    paths = [path for path in sys.path if path]
    result = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {[*paths]!r}; {code}"],
        **{"capture_output": True, "text": True, "check": True},
    )
    assert result.stdout.split() == fingerprints()


def test_two_threads_give_the_same_bits_as_one() -> None:
    """Both simulators draw and step at the same time: the kernels let go of the interpreter's lock."""
    alone = fingerprints()
    with ThreadPoolExecutor(2) as threads:
        together = [threads.submit(fingerprints) for _ in range(4)]
        assert all(each.result() == alone for each in together)


def test_other_seeds_give_other_bits() -> None:
    assert len(set(fingerprints())) == len(SEEDS)


def test_each_scenario_gives_the_same_bits_alone_and_in_company() -> None:
    for scenario in ("open-road", "traffic"):
        assert fingerprints(scenario=scenario)[0] == fingerprints(SEEDS[:1], n=1, scenario=scenario)[0]
