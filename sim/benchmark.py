"""How fast is it? `python -m sim.benchmark`: environment steps a second on one core, beside CarRacing-v3.

A step is physics, the picture and all bookkeeping. Every run begins with a reset that is timed with it and goes on long
enough for the expert to drive a lap, so new tracks come up as often as in real driving. Runs are interleaved.
"""

import itertools
import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import cv2
import gymnasium
import numpy as np
import tyro
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import track
from rich.table import Table

from sim.command_line import mistakes_in_one_line, parse
from sim.env import ENV_ID
from sim.files import check_writable, write_text
from sim.provenance import versions
from sim.rollout import ConstantDriver, Driver, ExpertDriver
from sim.simulator import Simulator

FRAME_SIZE = (96, 96)
LAP_STEPS = 1700
"""Control steps in which the expert finishes nearly every lap."""

BATCH = 64
YARDSTICK = "CarRacing-v3"

Run = Callable[[], int]
"""Does a fixed number of environment steps and returns how many resets were among them."""


@dataclass(frozen=True)
class Options:
    """Environment steps a second on one core, with frames of 96 x 96 and with resets, beside CarRacing-v3."""

    runs: int = 5
    """Interleaved runs of each contender."""
    out: Annotated[Path | None, tyro.conf.arg(metavar="FILE.json")] = None
    """Write the figures of every run here."""


@dataclass(frozen=True)
class Contender:
    """Something that can be stepped: `steps` environment steps each time `run` is called."""

    name: str
    steps: int
    run: Run


@dataclass(frozen=True)
class Result:
    """Steps a second of each run, and how many of a thousand steps began with a reset."""

    name: str
    rates: list[float]
    resets_per_1000: float


def simulator_contender() -> Contender:
    """One world without Gymnasium, the expert at the wheel."""
    simulator = Simulator(1, frame_size=FRAME_SIZE)
    seeds = itertools.count()

    def run() -> int:
        resets, ended = 0, True
        for _ in range(LAP_STEPS):
            if ended:
                simulator.reset(np.array([0]), [next(seeds)])
                resets += 1
            simulator.observe()
            outcome = simulator.step(simulator.expert()[0])
            ended = bool(outcome.terminated[0] or outcome.truncated[0])
        return resets

    return Contender("Simulator", LAP_STEPS, run)


def single_contender() -> Contender:
    """`gymnasium.make`, wrappers and all, the expert at the wheel."""
    env = gymnasium.make(ENV_ID, frame_size=FRAME_SIZE)
    simulator = env.unwrapped.simulator  # type: ignore[attr-defined]
    return Contender("make", LAP_STEPS, lambda: _episodes(env, lambda: simulator.expert()[0][0], LAP_STEPS))


def vector_contender(name: str, driver: Driver, control_steps: int) -> Contender:
    """`gymnasium.make_vec`, the native batch with its autoreset."""
    envs = gymnasium.make_vec(ENV_ID, num_envs=BATCH, vectorization_mode="vector_entry_point", frame_size=FRAME_SIZE)
    simulator = envs.unwrapped.simulator  # type: ignore[attr-defined]
    rows = np.arange(BATCH)

    def run() -> int:
        envs.reset(seed=0)
        resets = BATCH
        for _ in range(control_steps):
            _, _, terminated, truncated, _ = envs.step(driver.decide(simulator, rows).action)
            resets += int(np.count_nonzero(terminated | truncated))
        return resets

    return Contender(name, BATCH * control_steps, run)


def yardstick() -> Contender:
    """CarRacing-v3 in a gentle circle up to its limit of 1,000 steps. DependencyNotInstalled where Box2D is missing."""
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    env = gymnasium.make(YARDSTICK)
    circle = np.array([0.3, 0.05, 0.0], np.float32)
    return Contender(YARDSTICK, 1000, lambda: _episodes(env, lambda: circle, 1000))


def _episodes(env: gymnasium.Env, action: Callable[[], np.ndarray], steps: int) -> int:
    """`steps` steps of one environment, reset whenever an episode has ended; how often that was."""
    resets, ended = 0, True
    for _ in range(steps):
        if ended:
            env.reset(seed=0 if resets == 0 else None)
            resets += 1
        _, _, terminated, truncated, _ = env.step(action())
        ended = terminated or truncated
    return resets


def contenders(console: Console) -> list[Contender]:
    """All of them; without Box2D all but the yardstick, which the console is told."""
    ours = [
        simulator_contender(),
        single_contender(),
        vector_contender(f"make_vec {BATCH}", ExpertDriver(), LAP_STEPS),
        vector_contender("the same, astray", ConstantDriver((0.0, 0.2)), LAP_STEPS // 5),
    ]
    try:
        return [yardstick(), *ours]
    except gymnasium.error.DependencyNotInstalled:
        console.print(f"No {YARDSTICK} to compare with: pip install 'redgaze[carracing]'", markup=False)
        return ours


def measure(entries: list[Contender], runs: int, console: Console) -> list[Result]:
    """Interleaved runs, timed in this process's own seconds on the processor, after one lap that compiles."""
    rates: dict[str, list[float]] = {entry.name: [] for entry in entries}
    resets: dict[str, int] = {}
    simulator_contender().run()
    for entry in track(entries * runs, description="driving", console=console, transient=True):
        start = time.process_time()
        resets[entry.name] = entry.run()
        rates[entry.name].append(entry.steps / (time.process_time() - start))
    return [Result(each.name, rates[each.name], 1000 * resets[each.name] / each.steps) for each in entries]


def ratios(results: list[Result]) -> dict[str, float]:
    """The median over the runs of each contender's rate over the yardstick's in the same round; empty without one."""
    by_name = {result.name: result.rates for result in results}
    if YARDSTICK not in by_name:
        return {}
    return {
        name: median(rate / other for rate, other in zip(rates, by_name[YARDSTICK], strict=True))
        for name, rates in by_name.items()
    }


def table(results: list[Result]) -> Table:
    """The figures for a person: steps/s is the median of the runs, the ratio is to CarRacing-v3."""
    times = ratios(results)
    drawn = Table(
        title=f"Environment steps a second, one core, {FRAME_SIZE[0]} x {FRAME_SIZE[1]} frames, with resets",
        caption="The expert drives. Astray: straight on and off the road, for resets in plenty.",
        box=SIMPLE,
    )
    for heading in ("", "steps/s", "of all runs", "µs/step", "resets/1000", "ratio"):
        drawn.add_column(heading, justify="right" if heading else "left")
    for result in results:
        middle = median(result.rates)
        spread = f"{min(result.rates):,.0f}-{max(result.rates):,.0f}"
        ratio = f"{times[result.name]:.0f}" if times else "-"
        drawn.add_row(
            result.name, f"{middle:,.0f}", spread, f"{1e6 / middle:,.1f}", f"{result.resets_per_1000:.2f}", ratio
        )
    return drawn


def report(results: list[Result]) -> dict[str, Any]:
    """The figures for a machine, with what they were measured on."""
    return {
        "frame_size": FRAME_SIZE,
        "machine": {"processor": platform.processor() or platform.machine(), "system": platform.platform()},
        "versions": versions() | {"python": platform.python_version()},
        "results": [vars(result) | {"median": median(result.rates)} for result in results],
        "median_ratio_to_yardstick": ratios(results),
    }


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    options = parse(Options, arguments, prog="python -m sim.benchmark")
    with mistakes_in_one_line():
        if options.runs < 1:
            raise ValueError(f"--runs {options.runs}: expected at least 1")
        if options.out is not None:
            check_writable(options.out.parent)
    console = Console()
    cv2.setNumThreads(1)
    results = measure(contenders(console), options.runs, console)
    console.print(table(results))
    if options.out is not None:
        with mistakes_in_one_line():
            write_text(options.out, json.dumps(report(results), indent=2) + "\n")


if __name__ == "__main__":
    main()
