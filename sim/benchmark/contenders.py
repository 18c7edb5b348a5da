"""Environment steps a second: our environments beside others'. Each contender does some steps when it is run.

A step is physics, everybody else, a fresh 96 x 96 picture, infos and, where an episode ends, the reset with its new
track. Runs are long enough for the expert to drive a lap, and the batch without Gymnasium goes on where its last run
ended, so new tracks come up as often as in real driving; the other runs begin with a reset.
"""

import itertools
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

import gymnasium
import numpy as np
from numpy.typing import NDArray

from sim.env import ENV_ID
from sim.simulator import Simulator

FRAME_SIZE = (96, 96)
LAP_STEPS = 1700
"""Control steps in which the expert finishes nearly every lap of the open road."""

BATCH = 16
YARDSTICK = "CarRacing-v3"
ENVPOOL = "EnvPool's CarRacing-v3"

Actions = Callable[[Simulator], NDArray[np.float32]]
"""What to do in every world."""

Run = Callable[[], int]
"""Does a fixed number of environment steps and returns how many resets were among them."""


@dataclass(frozen=True)
class Contender:
    """Something that can be stepped: `steps` environment steps each time `run` is called."""

    name: str
    steps: int
    run: Run


@dataclass
class Result:
    """Steps a second of each run, and how many of a thousand steps began with a reset."""

    name: str
    rates: list[float] = field(default_factory=list)
    resets_per_1000: float = 0.0

    @property
    def median(self) -> float:
        """Steps a second."""
        return median(self.rates)


@dataclass(frozen=True)
class Lap:
    """A recorded drive: the world's seed and what the expert did, (T, 2)."""

    seed: int
    actions: NDArray[np.float32]


def record(scenario: str, seed: int) -> Lap:
    """What the expert does in the world of this seed, to its end."""
    simulator = Simulator(1, scenario, frame_size=(8, 8))
    simulator.reset(np.array([0]), [seed])
    actions = []
    while not simulator.world.ended[0]:
        actions.append(simulator.expert()[0][0])
        simulator.step(actions[-1][None])
    return Lap(seed, np.array(actions, np.float32))


def single_contender(scenario: str) -> Contender:
    """`gymnasium.make`, wrappers and all, the expert's drives replayed: what it takes to think is not in the time."""
    env = gymnasium.make(ENV_ID, frame_size=FRAME_SIZE, scenario=scenario)
    laps = [record(scenario, 0)]
    while sum(len(lap.actions) for lap in laps) < LAP_STEPS:
        laps.append(record(scenario, len(laps)))

    def run() -> int:
        done = 0
        for resets, lap in enumerate(laps, 1):
            env.reset(seed=lap.seed)
            for action in lap.actions[: LAP_STEPS - done]:
                env.step(action)
                done += 1
            if done == LAP_STEPS:
                return resets
        raise AssertionError("the recorded laps are long enough")

    return Contender(f"{scenario}: make", LAP_STEPS, run)


def batch_contender(scenario: str) -> Contender:
    """A batch without Gymnasium: the expert's own time is part of it."""
    simulator = Simulator(BATCH, scenario, frame_size=FRAME_SIZE)
    return Contender(f"{scenario}: Simulator {BATCH}", BATCH * LAP_STEPS, lambda: drive(simulator, LAP_STEPS))


def drive(simulator: Simulator, steps: int) -> int:
    """The expert drives all worlds for so many control steps; returns how many resets there were among them."""
    rows, seed = np.arange(simulator.n), 0
    for _ in range(steps):
        over = rows[simulator.world.ended]
        if len(over):
            simulator.reset(over, list(range(seed, seed + len(over))))
            seed += len(over)
        simulator.observe()
        simulator.step(simulator.expert()[0])
    return seed


def expert(simulator: Simulator) -> NDArray[np.float32]:
    """What the expert would do in every world."""
    return simulator.expert()[0]


def astray(simulator: Simulator) -> NDArray[np.float32]:
    """Straight ahead, off the road."""
    return np.tile(np.array([0.0, 0.2], np.float32), (simulator.n, 1))


def vector_contender(scenario: str, name: str, driver: Actions, control_steps: int) -> Contender:
    """`gymnasium.make_vec`, the native batch with its autoreset; its driver's own time is part of it."""
    envs = gymnasium.make_vec(
        ENV_ID,
        num_envs=BATCH,
        vectorization_mode="vector_entry_point",
        frame_size=FRAME_SIZE,
        scenario=scenario,
    )
    simulator = envs.unwrapped.simulator  # type: ignore[attr-defined]

    def run() -> int:
        envs.reset(seed=0)
        resets = BATCH
        for _ in range(control_steps):
            _, _, terminated, truncated, _ = envs.step(driver(simulator))
            resets += int(np.count_nonzero(terminated | truncated))
        return resets

    return Contender(f"{scenario}: {name}", BATCH * control_steps, run)


def ours() -> list[Contender]:
    """All ways into `open-road` and `town`, and the worst case for resets."""
    found = []
    for scenario in ("open-road", "town"):
        found.append(batch_contender(scenario))
        found.append(vector_contender(scenario, f"make_vec {BATCH}", expert, LAP_STEPS))
        found.append(single_contender(scenario))
    found.append(vector_contender("open-road", "the same, astray", astray, LAP_STEPS // 2))
    return found


def car_racing() -> Contender:
    """CarRacing-v3 in a gentle circle up to its limit of 1,000 steps. DependencyNotInstalled where Box2D is missing."""
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    env = gymnasium.make(YARDSTICK)
    circle = np.array([0.3, 0.05, 0.0], np.float32)

    def run() -> int:
        resets, ended = 0, True
        for _ in range(1000):
            if ended:
                env.reset(seed=0 if resets == 0 else None)
                resets += 1
            _, _, terminated, truncated, _ = env.step(circle)
            ended = terminated or truncated
        return resets

    return Contender(YARDSTICK, 1000, run)


def envpool_car_racing() -> Contender:
    """The same in EnvPool's C++, a batch on one thread. ImportError where it is not installed."""
    import envpool

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        envs = envpool.make("CarRacing-v3", env_type="gymnasium", num_envs=BATCH, num_threads=1, seed=0)
    circle = np.tile(np.array([0.3, 0.05, 0.0], np.float32), (BATCH, 1))

    def run() -> int:
        envs.reset()
        resets = BATCH
        for _ in range(200):
            _, _, terminated, truncated, _ = envs.step(circle)
            resets += int(np.count_nonzero(terminated | truncated))
        return resets

    return Contender(ENVPOOL, 200 * BATCH, run)


def others(say: Callable[[str], None]) -> list[Contender]:
    """The environments to compare with that are installed; says how to get those that are not."""
    found = []
    try:
        found.append(car_racing())
    except gymnasium.error.DependencyNotInstalled:
        say(f"No {YARDSTICK} to compare with: pip install 'redgaze[carracing]'")
    try:
        found.append(envpool_car_racing())
    except ImportError:
        say(f"No {ENVPOOL} to compare with: pip install envpool")
    return found


def measure(entries: list[Contender], runs: int) -> list[Result]:
    """Interleaved runs, timed in this process's own seconds on the processor; kernels compile in the first resets."""
    results = {entry.name: Result(entry.name) for entry in entries}
    for number, entry in itertools.product(range(runs + 1), entries):
        start = time.process_time()
        resets = entry.run() if number else _warm(entry)
        if number:
            results[entry.name].rates.append(entry.steps / (time.process_time() - start))
            results[entry.name].resets_per_1000 = 1000 * resets / entry.steps
    return list(results.values())


def _warm(entry: Contender) -> int:
    """A run that is not timed, of ours only: the others have nothing to compile."""
    return 0 if entry.name in (YARDSTICK, ENVPOOL) else entry.run()


def ratios(results: list[Result], to: str) -> dict[str, float]:
    """The median over the runs of each contender's rate over another's in the same round; empty without that one."""
    by_name = {result.name: result.rates for result in results}
    if to not in by_name:
        return {}
    return {
        name: median(rate / other for rate, other in zip(rates, by_name[to], strict=True))
        for name, rates in by_name.items()
    }
