"""The building site of one world: where a scenario's parts find room."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.jit import kernel
from sim.scene import GRID_SIZE, OBJECT_COLUMNS, OBJECT_KINDS
from sim.track import LANE_CENTRE, SPACING, Tracks, to_world

START_ROOM = (15.0, 45.0)
"""Metres before and after the start that stay free of crossings, lights and obstacles."""

GENTLE = 1 / 60
"""1/m: what stands in the way stands where the road bends no more than that, so that it is seen in time."""

SEEN_FROM = 18.0
"""Metres before a thing from which on the road is gentle."""

_APPROACH = 35.0  # metres before a thing, where the speed of those who come tells how busy the place is
_RIM = 0.75  # metres, a little over half a cell's diagonal


@dataclass
class Site:
    """One world while it is furnished.

    tracks and row: the road. rng: the world's scene stream. actors (A, columns), objects (M, 9), decals (D, 3): the
    rows of the part whose turn it is, all empty. line (count,): the d to drive at each metre, which obstacles bend.
    delay: seconds that a careful driver may lose to what stands here. pavement: metres. crossings: s of each zebra's
    middle.
    """

    tracks: Tracks
    row: int
    rng: np.random.Generator
    line: NDArray[np.float64]
    actors: NDArray[np.float64]
    objects: NDArray[np.float32]
    decals: NDArray[np.float32]
    delay: float = 0.0
    pavement: float = 0.0
    crossings: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.taken = np.zeros(len(self.line), np.bool_)
        self.built = np.zeros((GRID_SIZE, GRID_SIZE), np.bool_)
        self._take(0.0, *START_ROOM)

    @property
    def length(self) -> float:
        """Metres of the lap."""
        return float(self.tracks.length[self.row])

    @property
    def curvature(self) -> NDArray[np.float64]:
        """1/m (count,) at each metre."""
        return self.tracks.curvature[self.row, : len(self.line)]

    def reserve(self, before: float, after: float) -> float | None:
        """An s, drawn anew, around which so many metres are nobody else's from now on; None where there is no room.

        The road is gentle there, and among such places those are drawn from which one comes to more slowly.
        """
        bends = np.abs(self.curvature) > GENTLE
        free = ~(_any_within(self.taken, before, after) | _any_within(bends, SEEN_FROM, after))
        places = np.flatnonzero(free)
        if not len(places):
            return None
        speed = self.tracks.speed[self.row, (places - round(_APPROACH / SPACING)) % len(free)]
        slow = places[speed <= np.median(speed)]
        s = float(slow[int(self.rng.integers(len(slow)))] * SPACING)
        self._take(s, before, after)
        return s

    def _take(self, s: float, before: float, after: float) -> None:
        self.taken[np.arange(round(s - before), round(s + after) + 1) % len(self.taken)] = True

    def lead_around(self, start: float, end: float, d: float, ramp: float = 22.0) -> None:
        """Bend the line to d from s = start to end, easing over `ramp` metres on both sides."""
        s = (np.arange(len(self.line)) * SPACING - (start - ramp)) % self.length
        rise = np.clip(np.minimum(s, end - start + 2 * ramp - s) / ramp, 0.0, 1.0)
        self.line += (d - LANE_CENTRE) * rise**2 * (3 - 2 * rise)

    def upright(
        self, s: ArrayLike, d: ArrayLike, size: tuple[float, float], kind: str, tint: ArrayLike = 0.0
    ) -> NDArray[np.float64]:
        """Objects (n, 9) of one kind and size (width, height) at lane coordinates."""
        x, y, _ = to_world(self.tracks, self.row, s, d)
        made = np.zeros((len(x), len(OBJECT_COLUMNS)))
        made[:, 0], made[:, 1], made[:, 2:4] = x, y, size
        made[:, 4], made[:, 5] = OBJECT_KINDS.index(kind), tint
        return made

    def build(self, x: float, y: float, yaw: float, length: float, width: float, least: float) -> bool:
        """Claim a rectangle of ground if all of it is free and keeps `least` metres from every centre line."""
        grid, origin = self.tracks.grid[self.row], self.tracks.origin[self.row]
        return bool(_build(grid, origin, self.built, x, y, yaw, length, width, least + _RIM))

    def clear(self, x: NDArray[np.float64], y: NDArray[np.float64], least: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether points keep that far from every centre line, and off what is built; what lies off the grid does."""
        last = GRID_SIZE - 1
        column = np.rint(x - self.tracks.origin[self.row, 0]).astype(np.int64).clip(0, last)
        line = np.rint(y - self.tracks.origin[self.row, 1]).astype(np.int64).clip(0, last)
        far = np.abs(self.tracks.grid[self.row, line, column, 0]) >= least + _RIM
        return far & ~self.built[line, column]


def _any_within(marks: NDArray[np.bool_], before: float, after: float) -> NDArray[np.bool_]:
    """Whether any mark of a closed row of metres lies from `before` metres before each to `after` metres after it."""
    back, ahead = round(before / SPACING), round(after / SPACING)
    around = np.concatenate([marks[len(marks) - back :], marks, marks[:ahead]])
    total = np.concatenate([[0], np.cumsum(around)])
    return total[back + ahead + 1 :] > total[: len(marks)]


@kernel
def _build(grid, origin, built, x, y, yaw, length, width, least):
    """Whether a rectangle is free; if so its cells are marked as built."""
    along, across = int(length) + 2, int(width) + 2
    for claim in (False, True):
        for i in range(along):
            for j in range(across):
                forward, left = (i / (along - 1) - 0.5) * length, (j / (across - 1) - 0.5) * width
                column = round(x + forward * np.cos(yaw) - left * np.sin(yaw) - origin[0])
                row = round(y + forward * np.sin(yaw) + left * np.cos(yaw) - origin[1])
                if min(column, row) < 0 or max(column, row) >= GRID_SIZE:
                    return False
                if claim:
                    built[row, column] = True
                elif built[row, column] or abs(grid[row, column, 0]) < least:
                    return False
    return True
