"""What stands in the ego's lane and leaves room to pass: parked cars and cones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.scenario.actors import (
    CONE,
    HEADING,
    HEIGHT,
    KIND,
    LENGTH,
    PARKED,
    PLACE,
    ROLE,
    TINT,
    WIDTH,
    D,
    S,
)
from sim.scenario.part import Part
from sim.scenario.site import Site
from sim.scene import LANE_WIDTH, OBJECT_KINDS

LEAST_GAP = 2.3
"""Metres of the ego's own lane that stay free beside every obstacle."""

_BEFORE, _AFTER = 26.0, 12.0  # metres of road that an obstacle keeps for itself
_CLEAR = 4.0  # metres before and after an obstacle that the line is already, and still, in the middle of the gap
_LOST = 5.0  # seconds that passing slowly may cost
_CAR = (4.4, 1.82, 1.45)  # length, width, height
_VAN = (5.0, 1.85, 2.10)
_CONE = (0.40, 0.40, 0.75)
_CONE_EVERY = 4.0  # metres


@dataclass(frozen=True)
class ParkedCars(Part):
    """So many rows of one to `most` cars that stand half on the verge, at the right."""

    groups: int = 3
    most: int = 3
    spacing: float = 6.5

    @property
    def actors(self) -> int:
        return self.groups * self.most

    def place(self, site: Site) -> None:
        for group in site.actors.reshape(self.groups, self.most, -1):
            count = int(site.rng.integers(1, self.most + 1))
            s = site.reserve(_BEFORE, (count - 1) * self.spacing + _AFTER)
            if s is None:
                continue
            self._park(site, group[:count], s + self.spacing * np.arange(count))
            inner = (group[:count, D] + group[:count, WIDTH] / 2).max()
            site.lead_around(s - _CLEAR, s + (count - 1) * self.spacing + _CLEAR, inner / 2)
            site.delay += _LOST

    def _park(self, site: Site, cars: NDArray[np.float64], s: NDArray[np.floating]) -> None:
        rng, count = site.rng, len(cars)
        van = rng.random(count) < 0.25
        cars[:, LENGTH : HEIGHT + 1] = np.where(van[:, None], _VAN, _CAR)
        cars[:, KIND] = np.where(van, OBJECT_KINDS.index("van"), OBJECT_KINDS.index("car"))
        cars[:, ROLE], cars[:, S], cars[:, PLACE] = PARKED, s % site.length, -1.0
        cars[:, D] = -LANE_WIDTH + rng.uniform(0.0, 0.1, count)
        cars[:, HEADING] = rng.uniform(-0.02, 0.02, count)
        cars[:, TINT] = rng.uniform(-1.0, 1.0, count)


@dataclass(frozen=True)
class Cones(Part):
    """So many rows of cones that taper from the edge of the ego's lane into it, and go on along what they close off.

    left_share: how many of the rows stand on the side of the centre line.
    """

    groups: int = 2
    cones: int = 6
    left_share: float = 0.3

    @property
    def actors(self) -> int:
        return self.groups * self.cones

    def place(self, site: Site) -> None:
        for group in site.actors.reshape(self.groups, self.cones, -1):
            end = (self.cones - 1) * _CONE_EVERY
            s = site.reserve(_BEFORE, end + _AFTER)
            if s is None:
                continue
            closed = site.rng.uniform(0.6, LANE_WIDTH - LEAST_GAP - _CONE[1] / 2)
            left = bool(site.rng.random() < self.left_share)
            self._set_up(site, group, s, closed, left)
            edge = closed + _CONE[1] / 2
            site.lead_around(
                s - _CLEAR, s + end + _CLEAR, -(edge + LANE_WIDTH) / 2 if left else (edge - LANE_WIDTH) / 2
            )
            site.delay += _LOST

    def _set_up(self, site: Site, cones: NDArray[np.float64], s: float, closed: float, left: bool) -> None:
        """A taper over the first half of the row; `closed` metres of the lane beside the second."""
        i = np.arange(self.cones)
        into = closed * np.minimum((i + 1) / np.ceil(self.cones / 2), 1.0)
        cones[:, ROLE], cones[:, KIND], cones[:, PLACE] = CONE, OBJECT_KINDS.index("cone"), -1.0
        cones[:, S] = (s + _CONE_EVERY * i) % site.length
        cones[:, D] = -into if left else into - LANE_WIDTH
        cones[:, LENGTH : HEIGHT + 1] = _CONE
        cones[:, TINT] = site.rng.uniform(-1.0, 1.0, self.cones)
