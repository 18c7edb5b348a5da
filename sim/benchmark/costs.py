"""What single things cost: the truth, a large picture, a reset, a start."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

import numpy as np

from sim.benchmark.contenders import BATCH, FRAME_SIZE, LAP_STEPS, drive
from sim.simulator import Simulator

DRIVEN = 200
"""Control steps that the expert drives before pictures are timed, so that worlds are anywhere."""

PICTURE = (720, 1280)

FIRST_PICTURE = "import gymnasium; env = gymnasium.make('sim:RedGaze/Drive-v0', scenario='town'); env.reset(seed=0)"
"""A program that ends with its first picture."""


class Paired(NamedTuple):
    """Two ways of doing something, in seconds, run in turn."""

    plain: list[float]
    dear: list[float]

    @property
    def extra(self) -> float:
        """By what share the second takes longer, the median over the pairs."""
        return median(dear / plain for plain, dear in zip(self.plain, self.dear, strict=True)) - 1


def driven(scenario: str, n: int) -> Simulator:
    """n worlds in the middle of a drive."""
    simulator = Simulator(n, scenario, frame_size=FRAME_SIZE)
    simulator.reset(np.arange(n), list(range(n)))
    for _ in range(DRIVEN):
        live = np.flatnonzero(~simulator.world.ended)
        simulator.step(simulator.expert(live)[0], live)
    return simulator


def seconds(action: Callable[[], object], times: int = 1) -> float:
    """Seconds on the processor that one of `times` calls takes."""
    start = time.process_time()
    for _ in range(times):
        action()
    return (time.process_time() - start) / times


def truth(scenario: str, runs: int) -> Paired:
    """Seconds of a batch's pictures without and with class, object and depth of every pixel."""
    simulator = driven(scenario, 4 * BATCH)
    simulator.observe(), simulator.truth()
    pairs = [(seconds(simulator.observe, 5), seconds(simulator.truth, 5)) for _ in range(3 * runs)]
    return Paired(*(list(each) for each in zip(*pairs, strict=True)))


def large_pictures(scenario: str, runs: int) -> list[float]:
    """Pictures of the size PICTURE a second, run by run."""
    simulator, canvas = driven(scenario, BATCH), np.empty((*PICTURE, 3), np.uint8)

    def draw() -> None:
        for row in range(BATCH):
            simulator.picture(row, *PICTURE, out=canvas)

    draw()
    return [BATCH / seconds(draw) for _ in range(runs)]


def reset_seconds(scenario: str, runs: int) -> list[float]:
    """Seconds of the reset of one world, of different seeds, run by run."""
    simulator = Simulator(BATCH, scenario, frame_size=FRAME_SIZE)
    rows = np.arange(BATCH)
    simulator.reset(rows, list(range(BATCH)))
    return [
        seconds(lambda first=run * BATCH: simulator.reset(rows, list(range(first, first + BATCH)))) / BATCH  # type: ignore[misc]
        for run in range(1, runs + 1)
    ]


def reset_share(scenario: str) -> float:
    """The share of resets in the time of a batch that the expert drives, two laps' worth of steps for each world."""
    simulator = Simulator(BATCH, scenario, frame_size=FRAME_SIZE)
    drive(simulator, 2)
    start = time.process_time()
    resets = drive(simulator, 2 * LAP_STEPS)
    whole = time.process_time() - start
    return resets * median(reset_seconds(scenario, 1)) / whole


def start_seconds(runs: int) -> dict[str, list[float]]:
    """Seconds by the clock of a fresh process up to its first picture: with nothing compiled yet, and with all."""
    found: dict[str, list[float]] = {"nothing compiled": [], "compiled": []}
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as cache:
            for name in found:
                start = time.perf_counter()
                subprocess.run(
                    [sys.executable, "-c", FIRST_PICTURE], env={**os.environ, "XDG_CACHE_HOME": cache}, check=True
                )
                found[name].append(time.perf_counter() - start)
    return found
