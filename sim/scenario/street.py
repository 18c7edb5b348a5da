"""What makes a road a street: pavement, buildings, billboards."""

import math
from dataclasses import dataclass

from sim.scenario.part import Part
from sim.scenario.site import Site
from sim.scene import OBJECT_KINDS
from sim.track import to_world

LEAST_SETBACK = 7.5
"""Metres from any centre line that buildings keep."""

_KIND = {kind: OBJECT_KINDS.index(kind) for kind in ("building", "billboard")}
_BILLBOARD = (4.0, 4.5)  # width, height
_BILLBOARD_D = (8.0, 8.6)


@dataclass(frozen=True)
class Pavement(Part):
    """A pavement behind a kerb on both sides, `width` metres wide."""

    width: float = 2.2

    def place(self, site: Site) -> None:
        site.pavement = self.width


@dataclass(frozen=True)
class Billboards(Part):
    """So many big pictures on either side, turned towards those who drive as the ego does; distractors on purpose."""

    count: int = 5

    @property
    def objects(self) -> int:
        return self.count

    def place(self, site: Site) -> None:
        """The row's yaw is where the picture looks: back down the road, a little turned towards it."""
        rng = site.rng
        for board in site.objects:
            s, side, away = rng.uniform(0.0, site.length), rng.choice([-1.0, 1.0]), rng.uniform(*_BILLBOARD_D)
            x, y, heading = to_world(site.tracks, site.row, s, side * away)[:, 0]
            yaw = math.remainder(heading + math.pi + side * 0.2, 2 * math.pi)
            if site.build(x, y, yaw, 1.0, _BILLBOARD[0], 5.0):
                board[:] = x, y, *_BILLBOARD, _KIND["billboard"], rng.uniform(-1.0, 1.0), yaw, 0.0, 0.0


@dataclass(frozen=True)
class Buildings(Part):
    """At most so many houses in rows along both sides; length, depth, height and the gaps are ranges in metres."""

    most: int = 120
    length: tuple[float, float] = (9.0, 18.0)
    depth: tuple[float, float] = (8.0, 12.0)
    height: tuple[float, float] = (6.0, 16.0)
    gap: tuple[float, float] = (1.0, 7.0)

    @property
    def objects(self) -> int:
        return self.most

    def place(self, site: Site) -> None:
        """Houses stand with the road at their right, so yaw is the road's on the left side and against it on the right.

        Both sides grow together along the lap, from a place that is drawn, so that too few houses leave one gap.
        """
        rng, start = site.rng, site.rng.uniform(0.0, site.length)
        along = {-1.0: 0.0, 1.0: 0.0}
        built = 0
        while built < self.most and min(along.values()) < site.length - self.length[1]:
            side = min(along, key=lambda each: along[each])
            length, depth, height = (rng.uniform(*size) for size in (self.length, self.depth, self.height))
            away = LEAST_SETBACK + 1.0 + depth / 2 + rng.uniform(0.0, 1.5)
            x, y, heading = to_world(site.tracks, site.row, start + along[side] + length / 2, side * away)[:, 0]
            yaw = math.remainder(heading + (0.0 if side > 0 else math.pi), 2 * math.pi)
            if site.build(x, y, yaw, length, depth, LEAST_SETBACK):
                tint = rng.uniform(-1.0, 1.0)
                site.objects[built] = x, y, depth, height, _KIND["building"], tint, yaw, length, 0.0
                built += 1
                along[side] += length + rng.uniform(*self.gap)
            else:
                along[side] += 4.0
