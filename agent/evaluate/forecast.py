"""How long a suite will take: its work, part by part, at the pace that this machine and this policy show in a short
probe."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from agent.evaluate.options import Options
from sim.driver import Driver, as_driver
from sim.policy import Policy
from sim.rollout import Step, drive
from sim.scenario import name_of

STEPS = {"open-road": 1900, "traffic": 2900, "town": 3300}
"""Control steps that an episode takes, by scenario: means over the shipped policy's drives."""

UNKNOWN_STEPS = 2000
"""Of a scenario or world of one's own: a guess."""

FALTERING = 0.12
"""Share of an episode that who is blindfolded gets through."""

FRAME_EDIT = 0.0008
"""Seconds to overwrite and compare a frame, beside the decision on it."""

PROBED_WORLDS = 8
PROBED_STEPS = 12
LEFT_OUT = 4
"""Of the probed steps, the first ones: kernels are loaded there."""


@dataclass(frozen=True)
class Part:
    """One stage's work. who: decides. episodes: driven, each `share` of the usual way, with so many `passes` of `who` a
    step; 0: by somebody who looks at nothing. frames: decided on besides."""

    stage: str
    who: Policy | Driver
    episodes: float = 0
    share: float = 1.0
    passes: float = 1.0
    frames: float = 0


@dataclass(frozen=True)
class Pace:
    """Seconds: to make a world, to step it without frames, to draw a frame, to decide on it. steps: of an episode."""

    world: float
    step: float
    draw: float
    decide: float
    steps: float

    def seconds(self, part: Part) -> float:
        """How long a part should take."""
        looking = self.draw + part.passes * self.decide + max(0, part.passes - 1) * FRAME_EDIT if part.passes else 0.0
        driving = part.episodes * (self.world + part.share * self.steps * (self.step + looking))
        return driving + part.frames * (self.decide + FRAME_EDIT)


def pace_of(policy: Policy | Driver, options: Options) -> Pace:
    """What a few steps in a few worlds take, in the first of several themes."""
    if isinstance(options.theme, tuple):
        options = replace(options, theme=options.theme[0])
    n, scenario = min(PROBED_WORLDS, options.worlds, options.episodes), options.scenario
    steps = STEPS.get(name_of(scenario), UNKNOWN_STEPS) if options.simulated else UNKNOWN_STEPS
    began = time.perf_counter()
    worlds = options.make_worlds(policy, n)
    worlds.reset(np.arange(n), range(options.seed_start, options.seed_start + n))
    world = (time.perf_counter() - began) / n
    driver, watch = as_driver(policy), _Watch()
    drive(worlds, driver, range(options.seed_start, options.seed_start + n), (watch,), max_steps=PROBED_STEPS)
    whole, decide = watch.seconds / n, 0.0
    if driver.spec is not None and watch.last is not None:
        last = watch.last
        decide = _timed(lambda: driver.decide(last.observation, last.instants, last.state)) / n
    draw = _timed(lambda: worlds.observe(np.arange(n))) / n if driver.spec is not None else 0.0
    return Pace(world, max(0.0, whole - decide - draw), draw, decide, steps)


class _Watch:
    """Times the steps of a drive, and keeps the last one."""

    def __init__(self) -> None:
        self.last: Step | None = None
        self._times: list[float] = []

    def __call__(self, step: Step) -> None:
        self.last = step
        self._times.append(time.perf_counter())

    @property
    def seconds(self) -> float:
        """The median step."""
        steps = np.diff(self._times)
        return float(np.median(steps[min(LEFT_OUT, len(steps) - 1) :])) if len(steps) else 0.0


def _timed(call: Callable[[], object], times: int = 5) -> float:
    """The median of some calls, in seconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return float(np.median(taken))


@dataclass(frozen=True)
class Due:
    """What a stage should take: seconds, and control steps of all its worlds together."""

    stage: str
    seconds: float
    steps: float


def due(parts: Sequence[Part], options: Options) -> list[Due]:
    """Each part at the pace of who decides in it."""
    paces: dict[int, Pace] = {}
    found = []
    for part in parts:
        if id(part.who) not in paces:
            paces[id(part.who)] = pace_of(part.who, options)
        pace = paces[id(part.who)]
        found.append(Due(part.stage, pace.seconds(part), part.episodes * part.share * pace.steps))
    return found


def in_words(seconds: float) -> str:
    """As one would say it."""
    if seconds < 90:
        return f"about {max(5, 5 * round(seconds / 5))} s"
    return f"about {round(seconds / 60)} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"
