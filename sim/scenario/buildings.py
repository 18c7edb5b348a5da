"""A town's houses, pavement and billboards."""

from dataclasses import dataclass

import numpy as np

from sim.scenario.site import Site
from sim.track import place, to_world

PAVEMENT = 2.2
"""Metres, on both sides."""

FRONT = 8.6
"""Metres from the centre line to the houses' fronts."""

APART = 0.9
"""Metres around a house where nothing else stands."""

LAMP_SIZE = (2.2, 6.6)
"""Width and height of a street lamp in metres."""

_LAMP_EVERY, _LAMP_AT = 36.0, 5.4  # metres along the road and |d|
_LENGTHS, _DEPTHS, _HEIGHTS = (9.0, 18.0), (8.0, 12.0), (6.0, 15.0)  # metres
_GAPS = (2.6, 6.0)
_STEP = 4.0  # metres to the next try where there is no room
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
class StreetLamps:
    """Lamps along the outer edge of the pavement, on either side in turn; at most so many."""

    objects: int = 42

    actors = decals = 0
    step = None

    def place(self, site: Site) -> None:
        """As far apart as the lap's length allows; the sign of a lamp's tint is the side that its arm hangs to."""
        n = min(self.objects, int(site.length / _LAMP_EVERY))
        s = (np.arange(n) + 0.5) * site.length / n
        side = np.where(np.arange(n) % 2 == 0, 1.0, -1.0)
        width, height = LAMP_SIZE
        site.add_objects("street lamp", s, side * _LAMP_AT, width=width, height=height, tint=-side, yaw=0.0)


@dataclass(frozen=True)
class Buildings:
    """Rows of houses along both sides, with gaps, where no other stretch of road comes near; at most so many."""

    objects: int = 110

    actors = decals = 0
    step = None

    def place(self, site: Site) -> None:
        """House after house along either side; where a road or another house is in the way, a little further on."""
        rows = [self._row(site, side) for side in (1.0, -1.0)]
        table = np.concatenate(rows)
        table = table[np.sort(site.rng.permutation(len(table))[: self.objects])]
        s, d, length, depth, height, tint, yaw = table.T
        site.add_objects("building", s, d, length=length, width=depth, height=height, tint=tint, yaw=yaw)

    def _row(self, site: Site, side: float) -> np.ndarray:
        """Houses (n, 7) on one side: s, d, length, depth, height, tint, yaw against the road."""
        rng, tries = site.rng, int(site.length / _STEP)
        length, depth = rng.uniform(*_LENGTHS, tries), rng.uniform(*_DEPTHS, tries)
        away = side * (FRONT + rng.uniform(0.0, 1.5, tries) + 0.5 * depth)
        gap = np.where(rng.random(tries) < 0.8, rng.uniform(*_GAPS, tries), rng.uniform(12.0, 30.0, tries))
        height, tint = rng.uniform(*_HEIGHTS, tries), rng.uniform(-1, 1, tries)
        yaw = np.pi if side > 0 else 0.0
        points, heading = (each[site.row, : len(site.curvature)] for each in (site.tracks.points, site.tracks.heading))
        houses, start = [], 0.0
        for i in range(tries):
            s = start + 0.5 * length[i]
            if s + 0.5 * length[i] > site.length:
                break
            x, y, ahead = place(points, heading, s, away[i])
            if site.build(x, y, ahead, length[i] + 2 * APART, depth[i] + 2 * APART, FRONT - 1.2):
                houses.append((s, away[i], length[i], depth[i], height[i], tint[i], yaw))
                start += length[i] + gap[i]
            else:
                start += _STEP
        return np.array(houses).reshape(-1, 7)


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
        width, height = _BOARD
        places = to_world(site.tracks, site.row, s, d).T.tolist()
        kept = [site.build(x, y, heading, 1.0, width, _BOARD_OFFSET - 3.0) for x, y, heading in places]
        tint = rng.uniform(-1, 1, n)
        site.add_objects("billboard", s[kept], d[kept], width=width, height=height, tint=tint[kept], yaw=np.pi)
