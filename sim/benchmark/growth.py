"""How the cost of a picture and of a step grows: with worlds, with objects, with pixels, with processes."""

import math
import multiprocessing
import resource
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.benchmark.contenders import FRAME_SIZE, drive
from sim.benchmark.costs import driven, seconds
from sim.scene import KIND, X, Y
from sim.simulator import Simulator

WORLDS = (1, 16, 256)
OBJECTS = (0, 10, 20, 40, 60, 80, 100)
SIZES = ((48, 64), (96, 96), (180, 320), (360, 640), (720, 1280), (1080, 1920))
PROCESSES = (1, 2)

STEPS = 6000
"""Environment steps that a rate is measured over, at least."""


class Point(NamedTuple):
    """One measurement: at `x`, so many microseconds (or, of processes, steps a second)."""

    x: float
    y: float


class Crowd(NamedTuple):
    """Worlds at once: microseconds a step, and megabytes that they take."""

    worlds: int
    microseconds: float
    megabytes: float


def worlds(scenario: str) -> list[Crowd]:
    """Each number of worlds in a fresh process, whose memory is theirs."""
    context = multiprocessing.get_context("spawn")
    found = []
    for n in WORLDS:
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            found.append(pool.submit(_crowd, scenario, n).result())
    return found


def _crowd(scenario: str, n: int) -> Crowd:
    drive(Simulator(1, scenario, frame_size=FRAME_SIZE), 2)  # compiles, or loads what is compiled
    before = _megabytes()
    simulator = Simulator(n, scenario, frame_size=FRAME_SIZE)
    steps = max(STEPS // n, 8)
    drive(simulator, 2)
    taken = seconds(lambda: drive(simulator, steps)) / (steps * n)
    return Crowd(n, 1e6 * taken, _megabytes() - before)


def _megabytes() -> float:
    """What this process has in memory now; not a number where /proc does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return math.nan
    return pages * resource.getpagesize() / 1e6


def objects(runs: int) -> list[Point]:
    """Microseconds of a town's 96 x 96 picture with so many objects in view."""
    simulator = driven("town", 16)
    rng = np.random.default_rng(0)
    tables = [strewn(simulator, count, rng) for count in OBJECTS]
    times: list[list[float]] = [[] for _ in OBJECTS]
    for _ in range(runs + 1):
        for taken, table in zip(times, tables, strict=True):
            taken.append(seconds(lambda table=table: simulator.observe(objects=table), 8) / simulator.n)  # type: ignore[misc]
    return [Point(count, 1e6 * float(np.median(taken[1:]))) for count, taken in zip(OBJECTS, times, strict=True)]


def strewn(simulator: Simulator, count: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """The worlds' objects (B, M, 9), of which `count` have been moved into view, 8 to 120 m away; no other is left."""
    table = simulator.world.objects.copy()
    poses, half_view = simulator.world.poses(), 0.5 * simulator.field_of_view
    for world, (x, y, yaw) in enumerate(poses):
        there = np.flatnonzero(table[world, :, KIND] >= 0)
        chosen = rng.choice(there, count, replace=False)
        table[world, np.setdiff1d(there, chosen), KIND] = -1
        away, bearing = rng.uniform(8, 120, count), yaw + rng.uniform(-half_view, half_view, count)
        table[world, chosen, X] = x + away * np.cos(bearing)
        table[world, chosen, Y] = y + away * np.sin(bearing)
    return table


def sizes(scenario: str, runs: int) -> list[Point]:
    """Microseconds of a picture by its pixels."""
    simulator = driven(scenario, 8)
    found = []
    for height, width in SIZES:
        canvas = np.empty((height, width, 3), np.uint8)

        def draw(canvas: NDArray[np.uint8] = canvas) -> None:
            for row in range(simulator.n):
                simulator.picture(row, len(canvas), canvas.shape[1], out=canvas)

        draw()
        times = max(1, math.ceil(2e5 / canvas.size))
        taken = [seconds(draw, times) / simulator.n for _ in range(runs)]
        found.append(Point(height * width, 1e6 * float(np.median(taken))))
    return found


def processes(scenario: str) -> list[Point]:
    """Steps a second by the clock of so many processes together, 16 worlds each."""
    context = multiprocessing.get_context("spawn")
    found = []
    for count in PROCESSES:
        with ProcessPoolExecutor(count, mp_context=context) as pool:
            list(pool.map(_warm, [scenario] * count))
            start = time.time() + 2.0
            rates: Sequence[float] = list(pool.map(_rate, [scenario] * count, [start] * count))
        found.append(Point(count, sum(rates)))
    return found


def _warm(scenario: str) -> None:
    drive(Simulator(1, scenario, frame_size=FRAME_SIZE), 2)
    time.sleep(0.5)  # so that every process is given one


def _rate(scenario: str, start: float) -> float:
    simulator = Simulator(16, scenario, frame_size=FRAME_SIZE)
    drive(simulator, 2)
    time.sleep(max(0.0, start - time.time()))
    began = time.perf_counter()
    drive(simulator, STEPS // 16)
    return STEPS // 16 * 16 / (time.perf_counter() - began)
