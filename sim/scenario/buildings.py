"""A town's houses, pavement and billboards."""

from dataclasses import dataclass

import numpy as np

from sim.scenario.site import Site
from sim.track import to_world

PAVEMENT = 2.2
"""Metres, on both sides."""

FRONT = 8.6
"""Metres from the centre line to the houses' fronts."""

_LENGTHS, _DEPTHS, _HEIGHTS = (9.0, 18.0), (8.0, 12.0), (6.0, 15.0)  # metres
_GAPS = (0.0, 6.0)
_BOARD = (4.0, 4.5)  # width and height in metres
_BOARD_OFFSET = 8.0


@dataclass(frozen=True)
class Pavement:
    """A pavement behind a kerb along the whole road."""

    actors = objects = decals = 0
    step = None

    def place(self, site: Site) -> None:
        """Both sides, all the way."""
        site.pavement[...] = PAVEMENT


@dataclass(frozen=True)
class Buildings:
    """Rows of houses along both sides, with gaps, where no other stretch of road comes near; at most so many."""

    objects: int = 110

    actors = decals = 0
    step = None

    def place(self, site: Site) -> None:
        """House after house along either side; what would stand on a road is left out."""
        found = [self._row(site, side) for side in (1.0, -1.0)]
        table = np.concatenate(found)
        kept = np.sort(site.rng.permutation(len(table))[: self.objects])
        s, d, length, depth, height, tint, yaw = table[kept].T
        x, y, _ = to_world(site.tracks, site.row, s, d)
        site.discs += zip(x, y, 0.5 * np.hypot(length, depth) + 1.5, strict=True)
        site.add_objects("building", s, d, length=length, width=depth, height=height, tint=tint, yaw=yaw)

    def _row(self, site: Site, side: float) -> np.ndarray:
        """Houses (n, 7) on one side: s, d, length, depth, height, tint, yaw against the road."""
        rng = site.rng
        n = int(site.length / (_LENGTHS[0] + _GAPS[0]))
        length, depth = rng.uniform(*_LENGTHS, n), rng.uniform(*_DEPTHS, n)
        height, tint = rng.uniform(*_HEIGHTS, n), rng.uniform(-1, 1, n)
        gap = np.where(rng.random(n) < 0.7, rng.uniform(*_GAPS, n), rng.uniform(12.0, 40.0, n))
        end = np.cumsum(length + gap)
        s, d = end - gap - 0.5 * length, side * (FRONT + 0.5 * depth + rng.uniform(0.0, 1.5, n))
        table = np.stack([s, d, length, depth, height, tint, np.full(n, np.pi if side > 0 else 0.0)], axis=1)
        return table[(end < site.length) & self._stands_free(site, table)]

    @staticmethod
    def _stands_free(site: Site, table: np.ndarray) -> np.ndarray:
        """Whether every corner and the middle of each side keeps off all roads, and off its neighbours in a bend."""
        s, d, length, depth = table[:, :4].T
        x, y, heading = to_world(site.tracks, site.row, s, d)
        free = np.ones(len(table), bool)
        for along in (-0.5, 0.0, 0.5):
            for across in (-0.5, 0.0, 0.5):
                forward, left = along * length, across * depth
                corner_x = x + forward * np.cos(heading) - left * np.sin(heading)
                corner_y = y + forward * np.sin(heading) + left * np.cos(heading)
                free &= site.clear(corner_x, corner_y, FRONT - 1.2)
        curvature = site.curvature[s.astype(np.int64) % len(site.curvature)]
        squeezed = np.sign(d) * curvature * (np.abs(d) + 0.5 * depth) > 0.55  # the far ends would meet
        return free & ~squeezed


@dataclass(frozen=True)
class Billboards:
    """Big pictures beside the road that mean nothing to a driver."""

    count: int = 6

    actors = decals = 0
    step = None

    @property
    def objects(self) -> int:
        """One each."""
        return self.count

    def place(self, site: Site) -> None:
        """Turned towards the oncoming ego."""
        s = site.spread(self.count, 30.0, 20.0)
        rng, n = site.rng, len(s)
        d = np.where(rng.random(n) < 0.7, -1.0, 1.0) * _BOARD_OFFSET
        x, y, _ = to_world(site.tracks, site.row, s, d)
        kept = site.clear(x, y, _BOARD_OFFSET - 2.0)
        width, height = _BOARD
        tint = rng.uniform(-1, 1, n)
        site.add_objects("billboard", s[kept], d[kept], width=width, height=height, tint=tint[kept], yaw=np.pi)
