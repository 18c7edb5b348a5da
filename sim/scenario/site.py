"""Where a scenario's parts are put: one world's road, and who has taken which stretch of it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim import scene
from sim.centre_line import SPACING
from sim.geometry import vehicle_to_world
from sim.jit import kernel
from sim.kinds import INFRACTIONS, KINDS, ROLES
from sim.scenario.actors import ACTOR_COLUMNS, NONE, ROLE
from sim.scene import DECAL_KINDS, GRID_SIZE, OBJECT_COLUMNS
from sim.track import Tracks, to_world

START_CLEAR = (15.0, 45.0)
"""Metres behind and ahead of the start that are nobody's."""

GENTLE = 1 / 60
"""1/m: stretches bend less than this, so that what stands there is seen in time."""

SEEN_FROM = 18.0
"""Metres before a place from which on the road bends no more than that."""

_APPROACH = 35.0  # metres before a place, where the road's speed tells how fast one comes to it
_BEYOND = 32  # cells around the grid that may be built on, too
_RIM = 0.75  # metres, a little over half a grid cell's diagonal


@dataclass
class Site:
    """One world while it is furnished. actors, objects, decals: the rows of the part at hand; unused ones stay empty.

    line: (MAX_POINTS,) as `sim.world.World.line`. infractions: those that the world
    counts. delay: seconds that the parts so far may cost a careful driver.
    """

    tracks: Tracks
    row: int
    rng: np.random.Generator
    line: NDArray[np.float64]
    pavement: NDArray[np.float32]
    actors: NDArray[np.float64]
    objects: NDArray[np.float32]
    decals: NDArray[np.float32]
    infractions: tuple[str, ...] = INFRACTIONS
    delay: float = 0.0
    _taken: NDArray[np.bool_] = field(init=False)
    _built: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        self._taken = np.zeros(self.tracks.count[self.row], bool)
        self._take(0.0, *START_CLEAR)
        self._built = np.zeros((GRID_SIZE + 2 * _BEYOND, GRID_SIZE + 2 * _BEYOND), bool)

    @property
    def curvature(self) -> NDArray[np.float64]:
        """1/m at each sample of the track."""
        return self.tracks.curvature[self.row, : self.tracks.count[self.row]]

    @property
    def length(self) -> float:
        """Metres, the lap."""
        return float(self.tracks.length[self.row])

    def reserve(self, before: float, after: float) -> float | None:
        """An s, drawn anew, around which so many metres are nobody else's from now on; None where there is no room.

        The road bends gently there. Of such places the slower half is drawn from: who comes fast sees too late.
        """
        bends = np.abs(self.curvature) > GENTLE
        places = np.flatnonzero(~(_any_within(self._taken, before, after) | _any_within(bends, SEEN_FROM, after)))
        if not len(places):
            return None
        speed = self.tracks.speed[self.row, (places - round(_APPROACH / SPACING)) % len(bends)]
        s = float(self.rng.choice(places[speed <= np.median(speed)]) * SPACING)
        self._take(s, before, after)
        return s

    def _take(self, s: float, before: float, after: float) -> None:
        self._taken[np.arange(round(s - before), round(s + after) + 1) % len(self._taken)] = True

    def spread(self, count: int, gap: float, first: float) -> NDArray[np.float64]:
        """`count` places along the lap from s = first on, at least `gap` metres apart; fewer where the lap is short."""
        room = self.length - first - 30.0
        count = min(count, int(room / gap))
        slack = np.sort(self.rng.uniform(0, room - count * gap, count))
        return first + slack + gap * np.arange(count)

    def add_actors(self, role: str, kind: str, **columns: object) -> None:
        """Fill the next empty actor rows; columns by name, numbers or arrays that broadcast.

        Raises ValueError for an unknown role or kind, and for a role of one's own that the part does not list.
        """
        if ROLES.row(role).infraction not in (None, *self.infractions):
            raise ValueError(f"role {role!r} is not among its part's roles: expected roles = ({role!r},) on that part")
        known = {name: np.atleast_1d(np.asarray(value, float)) for name, value in columns.items()}
        n = max(len(values) for values in known.values())
        first = int((self.actors[:, ROLE] != NONE).sum())
        table = np.zeros((min(n, len(self.actors) - first), len(ACTOR_COLUMNS)))
        known |= {"role": np.array([ROLES.index(role)]), "kind": np.array([KINDS.index(kind)])}
        known.setdefault("place", np.array([-1.0]))
        known.setdefault("chance", self.rng.random(n))
        for name, values in known.items():
            table[:, ACTOR_COLUMNS.index(name)] = np.broadcast_to(values, n)[: len(table)]
        self.actors[first : first + len(table)] = table

    def add_decal(self, kind: str, s: float, length: float) -> None:
        """Paint on the road."""
        first = int((self.decals[:, scene.DECAL_KIND] >= 0).sum())
        if first < len(self.decals):
            x, y, _ = to_world(self.tracks, self.row, s, 0.0)
            self.decals[first] = s, length, DECAL_KINDS.index(kind), x[0], y[0]

    def add_objects(self, kind: str, s: NDArray, d: NDArray, **columns: object) -> None:
        """Static objects at lane coordinates; `yaw` is against the road's direction there."""
        x, y, heading = to_world(self.tracks, self.row, s, d)
        values = {"x": x, "y": y, "kind": KINDS.index(kind), **columns}
        values["yaw"] = heading + np.asarray(columns.get("yaw", 0.0))
        self.put(np.stack([np.broadcast_to(values.get(name, 0.0), x.shape) for name in OBJECT_COLUMNS], axis=1))

    def put(self, table: NDArray) -> None:
        """Finished object rows (n, columns) into the next empty ones."""
        first = int((self.objects[:, scene.KIND] >= 0).sum())
        n = min(len(table), len(self.objects) - first)
        self.objects[first : first + n] = table[:n]

    def clear(self, x: NDArray[np.float64], y: NDArray[np.float64], least: NDArray | float) -> NDArray[np.bool_]:
        """Whether points keep that far (m) from every centre line, as all off the grid does, and off what is built."""
        origin = self.tracks.origin[self.row]
        column, line = np.rint(x - origin[0]).astype(np.int64), np.rint(y - origin[1]).astype(np.int64)
        last, brink = GRID_SIZE - 1, len(self._built) - 1
        far = np.abs(self.tracks.grid[self.row, line.clip(0, last), column.clip(0, last), 0]) >= least + _RIM
        built = self._built[(line + _BEYOND).clip(0, brink), (column + _BEYOND).clip(0, brink)]
        return np.asarray(far & ~built)

    def build(self, x: float, y: float, yaw: float, length: float, width: float, least: float) -> bool:
        """Claim a rectangle of ground, if all of it is free and keeps that far (m) from every centre line."""
        grid, origin = self.tracks.grid[self.row], self.tracks.origin[self.row]
        return bool(_build(grid, origin, self._built, x, y, yaw, length, width, least + _RIM))


@kernel
def _build(grid, origin, built, x, y, yaw, length, width, least):
    """Whether a rectangle is free; if so its cells are built on from now on.

    grid, origin: the world's. built: cells that are taken, _BEYOND more to every side. x, y, yaw: of the middle, metres
    and radians. length, width: metres. least: metres from the centre line.
    """
    along, across, last = int(1.5 * length) + 2, int(1.5 * width) + 2, GRID_SIZE - 1  # no cell slips through
    for claim in (False, True):
        for i in range(along):
            for j in range(across):
                forward, left = (i / (along - 1) - 0.5) * length, (j / (across - 1) - 0.5) * width
                east, north = vehicle_to_world(forward, left, x - origin[0], y - origin[1], yaw)
                column, row = round(east), round(north)
                if min(column, row) < -_BEYOND or max(column, row) > last + _BEYOND:
                    return False
                d = grid[min(max(row, 0), last), min(max(column, 0), last), 0]
                if claim:
                    built[row + _BEYOND, column + _BEYOND] = True
                elif built[row + _BEYOND, column + _BEYOND] or abs(d) < least:
                    return False
    return True


def _any_within(marks: NDArray[np.bool_], before: float, after: float) -> NDArray[np.bool_]:
    """Whether any mark of a closed row lies from `before` metres before each place to `after` metres after it."""
    back, ahead = round(before / SPACING), round(after / SPACING)
    around = np.concatenate([marks[len(marks) - back :], marks, marks[:ahead]])
    total = np.concatenate([[0], np.cumsum(around)])
    return total[back + ahead + 1 :] > total[: len(marks)]
