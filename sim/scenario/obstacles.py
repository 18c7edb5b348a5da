"""Parked cars and cones: they stand in the way but leave a gap in the ego's own lane, and `line` leads through it."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sim.centre_line import SPACING
from sim.jit import kernel
from sim.scenario.actors import CHANCE, MODE, PARKED, ROLE
from sim.scenario.site import Site
from sim.scenario.vehicles import VEHICLE_SIZES
from sim.scene import LAMPS, LANE_WIDTH
from sim.track import LANE_CENTRE
from sim.vehicle import CONTROL_STEP

PARKED_OFFSET = -3.45
"""d of a parked car's middle: half on the verge."""

CONE_SIZE = (0.45, 0.75)
"""Width and height in metres."""

RAMP = 18.0
"""Metres over which the line leaves the lane's centre, and comes back."""

_PASSING_PARKED = -1.12  # d of the line beside a parked car: 0.6 m of room either way
_PASSING_CONES = (-2.38, -1.08)  # beside cones on the left, on the right: 0.6 m of room, too
_TAPER, _WORKS = 9.0, 9.0  # metres of a cone group's taper and of its straight part
_NARROWS = 0.6  # metres that the taper's cones move into the lane
_CONE_GAP = 3.0
_BEFORE, _AFTER = 24.0, 12.0  # metres of road kept before the first and past the last thing of a group


_HAZARD_SHARE = 0.4  # of the parked cars, that have their hazard lights on
_BLINK = 0.7  # seconds
_DARK, _BLINKS = LAMPS.index("none"), LAMPS.index("indicators")


@kernel
def blink(traffic, rows):
    """One control step of the hazard lights of some parked cars: on for half of each period."""
    for b in range(len(rows)):
        row = rows[b]
        actors = traffic.actors[row]
        for a in range(len(actors)):
            me = actors[a]
            if me[ROLE] == PARKED and me[CHANCE] < _HAZARD_SHARE:
                periods = traffic.steps[row] * CONTROL_STEP / _BLINK + me[CHANCE]
                me[MODE] = _BLINKS if periods - math.floor(periods) < 0.5 else _DARK


def bypass(site: Site, start: float, end: float, d: float) -> None:
    """Lead the line over to d from s = start to s = end, with smooth ramps before and after (half cosines)."""
    count = len(site.curvature)
    s = np.arange(np.ceil((start - RAMP) / SPACING), np.floor((end + RAMP) / SPACING) + 1) * SPACING
    beside = np.clip(np.minimum(s - (start - RAMP), (end + RAMP) - s) / RAMP, 0.0, 1.0)
    share = 0.5 - 0.5 * np.cos(np.pi * beside)
    index = (s / SPACING).astype(np.int64) % count
    site.line[index] = LANE_CENTRE + share * (d - LANE_CENTRE)


@dataclass(frozen=True)
class ParkedCars:
    """Groups of one to three parked cars along the right edge, some with their hazard lights on."""

    groups: int = 3
    most: int = 3

    objects = decals = 0
    step: ClassVar = staticmethod(blink)

    @property
    def actors(self) -> int:
        """At most so many cars."""
        return self.groups * self.most

    def place(self, site: Site) -> None:
        """On gentle stretches."""
        for _ in range(self.groups):
            n = int(site.rng.integers(1, self.most + 1))
            first = site.reserve(_BEFORE, 7.0 * n + _AFTER)
            if first is None:
                return
            s = first + 7.0 * np.arange(n) + site.rng.uniform(-0.6, 0.6, n)
            length, width, height, _ = VEHICLE_SIZES["car"]
            d = PARKED_OFFSET + site.rng.uniform(-0.1, 0.05, n)
            tint = site.rng.uniform(-1, 1, n)
            site.add_actors(
                "parked", "car", s=s % site.length, d=d, heading=site.rng.uniform(-0.03, 0.03, n), length=length,
                width=width, height=height, tint=tint,
            )  # fmt: skip
            bypass(site, s[0] - 0.5 * length - 1.0, s[-1] + 0.5 * length + 1.0, _PASSING_PARKED)
            site.delay += 3.0


@dataclass(frozen=True)
class Cones:
    """Tapers of cones: most narrow the lane from the right edge, some from the centre line."""

    groups: int = 2

    objects = decals = 0
    step = None

    @property
    def actors(self) -> int:
        """The cones of all groups."""
        return self.groups * _cone_count()

    def place(self, site: Site) -> None:
        """On gentle stretches."""
        for _ in range(self.groups):
            first = site.reserve(_BEFORE, 2 * _TAPER + _WORKS + _AFTER)
            if first is None:
                return
            s = first + _CONE_GAP * np.arange(_cone_count())
            depth = np.clip(np.minimum(s - first, s[-1] - s) / _TAPER, 0.0, 1.0)
            right = bool(site.rng.random() < 0.7)
            d = -LANE_WIDTH + 0.2 + _NARROWS * depth if right else -0.1 - _NARROWS * depth
            width, height = CONE_SIZE
            site.add_actors("cone", "cone", s=s % site.length, d=d, length=width, width=width, height=height)
            bypass(site, first + 0.5 * _TAPER, s[-1] - 0.5 * _TAPER, _PASSING_CONES[right])
            site.delay += 3.0


def _cone_count() -> int:
    return int((2 * _TAPER + _WORKS) / _CONE_GAP) + 1
