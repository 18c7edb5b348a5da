"""Traffic lights with their stop lines."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel
from sim.scenario.actors import HEADING, HEIGHT, KIND, LENGTH, LIGHT, MODE, PLACE, ROLE, TIMER, WIDTH, WISH, D, S
from sim.scenario.part import Instant, Part, chance
from sim.scenario.site import Site
from sim.scene import DECAL_KINDS, LIGHT_PHASES, OBJECT_KINDS
from sim.vehicle import CONTROL_STEP

FAR_SIDE = 8.0
"""Metres from a stop line to its signal: a car that has stopped still has it in the picture."""

BEFORE_CROSSING = 4.0
"""Metres from a stop line to the middle of the crossing that it guards."""

SIGNAL_D = -4.85
SIGNAL_SIZE = (0.45, 1.25, 5.3)
"""Where a signal stands, and its length, width and height in metres; outsized, so that its lamp fills 6 pixels of the
policy's frame from 25 m."""

STOP_LINE = 0.4
"""Metres along the road."""

_BEFORE, _AFTER = 22.0, 11.0  # metres of road that a light keeps for itself
_TOLERANCE = 1e-6  # seconds


@dataclass(frozen=True)
class Lights(Part):
    """So many traffic lights, at crossings first (a share of them), then by themselves.

    green, amber, red: least and greatest seconds of a phase, drawn anew each time.
    """

    count: int = 3
    at_crossings: float = 0.5
    green: tuple[float, float] = (8.0, 14.0)
    amber: tuple[float, float] = (3.0, 3.0)
    red: tuple[float, float] = (5.0, 9.0)

    @property
    def actors(self) -> int:
        return self.count

    @property
    def decals(self) -> int:
        return self.count

    @cached_property
    def durations(self) -> NDArray[np.float64]:
        """Seconds (3, 2), least and greatest, of each of LIGHT_PHASES."""
        return np.array([self.green, self.amber, self.red], np.float64)

    def place(self, site: Site) -> None:
        guarded = [s - BEFORE_CROSSING for s in site.crossings if site.rng.random() < self.at_crossings]
        for light, decal in zip(site.actors, site.decals, strict=True):
            s = guarded.pop() if guarded else site.reserve(_BEFORE, _AFTER)
            if s is None:
                return
            decal[:] = s % site.length, STOP_LINE, DECAL_KINDS.index("stop line")
            self._set_up(site, light, s)
            site.delay += self.red[1] + self.amber[1]

    def _set_up(self, site: Site, light: NDArray[np.float64], s: float) -> None:
        """One signal somewhere in its cycle."""
        into = site.rng.uniform(0.0, self.durations.mean(axis=1).sum())
        starts = np.concatenate([[0.0], np.cumsum(self.durations.mean(axis=1))])
        phase = min(int(np.searchsorted(starts, into, "right")) - 1, len(LIGHT_PHASES) - 1)
        light[ROLE], light[KIND], light[PLACE] = LIGHT, OBJECT_KINDS.index("traffic light"), s % site.length
        light[S], light[D] = (s + FAR_SIDE) % site.length, SIGNAL_D
        light[HEADING] = np.pi
        light[LENGTH], light[WIDTH], light[HEIGHT] = SIGNAL_SIZE
        light[MODE], light[TIMER], light[WISH] = phase, into - starts[phase], self.durations[phase].mean()

    def step(self, instant: Instant, first: int, last: int) -> None:
        _step_rows(instant.rows, instant.actors, first, last, instant.steps, instant.salt, self.durations)


@kernel
def _step_rows(rows, actors, first, last, steps, salt, durations):
    for b in range(len(rows)):
        row = rows[b]
        for a in range(first, last):
            light = actors[row, a]
            if light[ROLE] != LIGHT:
                continue
            light[TIMER] += CONTROL_STEP
            if light[TIMER] < light[WISH] - _TOLERANCE:
                continue
            phase = (int(light[MODE]) + 1) % len(durations)
            least, most = durations[phase]
            light[MODE], light[TIMER] = phase, 0.0
            light[WISH] = least + (most - least) * chance(salt[row], steps[row], a)
