"""Traffic lights with stop lines, for the ego's direction."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sim.jit import inner_kernel, kernel
from sim.scenario.actors import AMBER, CHANCE, GREEN, LIGHT, MODE, RED, ROLE, TIMER, hashed
from sim.scenario.site import Site
from sim.vehicle import CONTROL_STEP

GREEN_SECONDS, RED_SECONDS = (8.0, 14.0), (5.0, 9.0)
"""Between these two bounds, drawn anew each time."""
AMBER_SECONDS = 3.0
"""Always."""

SIGNAL_BEYOND = 8.0
"""Metres from the stop line on to its signal: on the far side, where a car that waits still sees it."""

SIGNAL_OFFSET = -4.4
"""d of the signal's post, in metres."""

SIGNAL_SIZE = (1.25, 5.3)
"""Width and height in metres. The lamps are outsized on purpose: a lit one, 1 m across, covers 7 pixels of the policy's
frame from 25 m away (72 x 128 pixels, 80 degrees), a life-size one of 0.3 m less than one."""

STOP_LINE = 0.4
"""Metres along the road."""

_STRETCH = (22.0, 11.0)  # metres kept before the stop line and past it
_SALT = 21


@inner_kernel
def _lasts(phase, chance, step):
    """Seconds that a phase lasts."""
    if phase == AMBER:
        return AMBER_SECONDS
    bounds = GREEN_SECONDS if phase == GREEN else RED_SECONDS
    return bounds[0] + (bounds[1] - bounds[0]) * hashed(chance, step, _SALT)


@kernel
def change(traffic, rows):
    """One control step of all lights of the worlds `rows`: green, amber, red, and green again."""
    for b in range(len(rows)):
        row = rows[b]
        actors = traffic.actors[row]
        for a in range(len(actors)):
            me = actors[a]
            if me[ROLE] == LIGHT:
                me[TIMER] -= CONTROL_STEP
                if me[TIMER] <= 0.5 * CONTROL_STEP:
                    me[MODE] = (me[MODE] + 1.0) % 3.0
                    me[TIMER] = _lasts(me[MODE], me[CHANCE], traffic.steps[row])


@dataclass(frozen=True)
class Lights:
    """So many traffic lights along the lap."""

    count: int = 3

    objects = 0
    step: ClassVar = staticmethod(change)

    @property
    def actors(self) -> int:
        """One a light."""
        return self.count

    @property
    def decals(self) -> int:
        """Their stop lines."""
        return self.count

    def place(self, site: Site) -> None:
        """On stretches that are seen from afar; each in a phase of its own."""
        for _ in range(self.count):
            stop = site.reserve(*_STRETCH)
            if stop is None:
                return
            mode = site.rng.choice([GREEN, AMBER, RED], p=[0.5, 0.1, 0.4])
            width, height = SIGNAL_SIZE
            site.add_actors(
                "light", "traffic light", s=(stop + SIGNAL_BEYOND) % site.length, d=SIGNAL_OFFSET, heading=np.pi,
                length=0.3, width=width, height=height, mode=mode, timer=site.rng.uniform(1.0, 8.0), place=stop,
            )  # fmt: skip
            site.add_decal("stop line", (stop + 0.5 * STOP_LINE) % site.length, STOP_LINE)
            site.delay += RED_SECONDS[1] + AMBER_SECONDS + 4.0
