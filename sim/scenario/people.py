"""Pedestrians: some cross at zebras, some wait there, some stroll along the pavement and mean nothing to a driver."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sim.jit import inner_kernel, kernel
from sim.kinds import BOX, GAIT, OUTLINE, ROLLS, WALKS
from sim.scenario.actors import (
    CHANCE,
    CROSSING,
    HEADING,
    LENGTH,
    MODE,
    PLACE,
    ROLE,
    SPEED,
    STROLLING,
    TIMER,
    WAITING,
    WIDTH,
    WISH,
    D,
    S,
    hashed,
    way_ahead,
)  # fmt: skip
from sim.scenario.site import Site
from sim.scenario.vehicles import ZEBRA_LENGTH, direction
from sim.vehicle import CONTROL_STEP, EGO_LENGTH, EGO_WIDTH

SIZE = (0.45, 0.6, 1.7)
"""Length, width and height of a person in metres."""

CROSSING_EDGE = 4.15
"""|d| in metres where people wait."""

WALKING = (1.2, 1.6)
"""m/s."""

TRUSTED_BRAKING = 2.5
REACTION = 0.6
"""m/s2 and s: who crosses trusts every driver to brake so hard after so long, and waits for those who could not."""

COMES_NEAR = (18.0, 45.0)
"""Metres before the zebra in which the ego brings the bold out."""

SHY_SHARE = 0.35
"""Of all who cross."""

SHY_DISTANCE = 70.0
"""Metres: the shy go when nobody is nearer."""

REST = (6.0, 14.0)
"""Seconds on the other pavement before they might cross again."""

_SIGN, _SIGN_AT = (0.66, 2.6), 4.1  # metres: width, height, |d| of a crossing's sign
_STRETCH = (24.0, 8.0)  # metres kept before and past a zebra's middle
_ROOM = 0.35  # metres that people keep from a car they wait for; more, and both would wait for ever
_BESIDE = 2.0  # metres before a zebra at which a car counts as on it
_SALT = 33


@inner_kernel
def _lets_cross(speed, gap, length):
    """Whether a vehicle whose front is `gap` metres before a zebra lets people go: it is past, or can stop in time."""
    if gap < _BESIDE:
        return gap < -(length + ZEBRA_LENGTH + 2 * _BESIDE) or (speed < 0.1 and gap > 0.5)
    return gap > speed * REACTION + speed * speed / (2.0 * TRUSTED_BRAKING)


@inner_kernel
def _gap_before(s, length, side, place, lap):
    """Metres from a front to the near edge of the zebra at `place`, negative once past, for traffic on `side` (+-1)."""
    way = way_ahead(s, place, lap) if side > 0.0 else way_ahead(place, s, lap)
    if way > 0.5 * lap:
        way -= lap
    return way - 0.5 * length - 0.5 * ZEBRA_LENGTH


@inner_kernel
def _may_go(me, actors, roles, ego, row, lap):
    """Whether somebody who waits may step off now: all can stop, and the ego comes near (for the shy: nobody does).

    roles: see `sim.kinds.role_table`. ego, row: of all worlds, and which this is. lap: metres. me, actors: who waits,
    and all of the world.
    """
    gap = _gap_before(ego[0, row], EGO_LENGTH, 1.0, me[PLACE], lap)
    if not _lets_cross(ego[2, row], gap, EGO_LENGTH):
        return False
    shy = me[CHANCE] < SHY_SHARE
    if shy and abs(gap) < SHY_DISTANCE and ego[2, row] > 0.1:
        return False
    if not shy and not COMES_NEAR[0] < gap < COMES_NEAR[1]:
        return False
    for a in range(len(actors)):
        other = actors[a]
        if roles[int(other[ROLE]), GAIT] == ROLLS:
            gap = _gap_before(other[S], other[LENGTH], direction(other), me[PLACE], lap)
            if not _lets_cross(other[SPEED], gap, other[LENGTH]):
                return False
    return True


@inner_kernel
def _blocked(me, s, d, length, width, lap):
    """Whether the next step of someone who crosses would come too near to a car at (s, d).

    me: who crosses. length, width: the car's, metres. lap: metres.
    """
    along = abs(way_ahead(me[S], s + 0.5 * lap, lap) - 0.5 * lap)
    if along > 0.5 * length + _ROOM:
        return False
    ahead = (d - me[D]) * (1.0 if me[HEADING] > 0.0 else -1.0)
    return 0.0 < ahead < 0.5 * width + _ROOM + 0.4


@inner_kernel
def _path_blocked(me, actors, roles, ego, row, lap):
    """Whether any car stands or passes right before someone who crosses, `me`; actors, roles, ego, row, lap: as
    `_may_go`."""
    if _blocked(me, ego[0, row], ego[1, row], EGO_LENGTH, EGO_WIDTH, lap):
        return True
    for a in range(len(actors)):
        other = actors[a]
        solid = roles[int(other[ROLE]), OUTLINE] == BOX
        if solid and _blocked(me, other[S], other[D], other[LENGTH], other[WIDTH], lap):
            return True
    return False


@inner_kernel
def _cross(me, actors, roles, ego, row, step, lap):
    """One control step of someone on the way over; on the other side they turn round and rest.

    step: control steps since the reset; me, actors, roles, ego, row, lap: as `_may_go`.
    """
    side = 1.0 if me[HEADING] > 0.0 else -1.0
    me[SPEED] = 0.0 if _path_blocked(me, actors, roles, ego, row, lap) else me[WISH]
    me[D] += side * me[SPEED] * CONTROL_STEP
    if side * me[D] >= CROSSING_EDGE:
        me[D], me[HEADING], me[MODE], me[SPEED] = side * CROSSING_EDGE, -me[HEADING], WAITING, 0.0
        me[TIMER] = REST[0] + (REST[1] - REST[0]) * hashed(me[CHANCE], step, _SALT)


@kernel
def walk(traffic, rows):
    """One control step of all who walk in the worlds `rows`."""
    roles = traffic.roles
    for b in range(len(rows)):
        row = rows[b]
        actors, lap = traffic.actors[row], traffic.length[row]
        for a in range(len(actors)):
            me = actors[a]
            if roles[int(me[ROLE]), GAIT] != WALKS:
                continue
            if me[MODE] == STROLLING:
                me[S] = way_ahead(0.0, me[S] + math.cos(me[HEADING]) * me[SPEED] * CONTROL_STEP, lap)
            elif me[MODE] == CROSSING:
                _cross(me, actors, roles, traffic.ego, row, traffic.steps[row], lap)
            else:
                me[TIMER] = max(me[TIMER] - CONTROL_STEP, 0.0)
                if me[TIMER] == 0.0 and _may_go(me, actors, roles, traffic.ego, row, lap):
                    me[MODE] = CROSSING


@dataclass(frozen=True)
class Crossings:
    """Zebra crossings with people who cross or wait, so many at each."""

    count: int = 3
    people: int = 2

    step: ClassVar = staticmethod(walk)

    @property
    def objects(self) -> int:
        """A sign on either side of each."""
        return 2 * self.count

    @property
    def actors(self) -> int:
        """The people."""
        return self.count * self.people

    @property
    def decals(self) -> int:
        """The zebras."""
        return self.count

    def place(self, site: Site) -> None:
        """On stretches that are seen from afar."""
        for _ in range(self.count):
            middle = site.reserve(*_STRETCH)
            if middle is None:
                return
            site.add_decal("zebra", middle, ZEBRA_LENGTH)
            _put_signs(site, middle)
            site.delay += 12.0
            rng, n = site.rng, self.people
            side = rng.choice([-1.0, 1.0], n)
            apart = (np.arange(n) - (n - 1) / 2) * min(0.9, 2.4 / n)
            _people(
                site, n, s=(middle + apart) % site.length, d=side * CROSSING_EDGE, heading=-side * np.pi / 2,
                mode=WAITING, timer=rng.uniform(0, 2.0, n), wish=rng.uniform(*WALKING, n), place=middle,
            )  # fmt: skip


def _put_signs(site: Site, middle: float) -> None:
    """A sign just before a zebra for either direction, on its right."""
    side = np.array([-1.0, 1.0])
    width, height = _SIGN
    s = middle + side * (0.5 * ZEBRA_LENGTH + 0.6)
    site.add_objects("crossing sign", s % site.length, side * _SIGN_AT, width=width, height=height, tint=0.0, yaw=0.0)


@dataclass(frozen=True)
class Strollers:
    """People who walk along the pavement: look-alikes that a driver may ignore."""

    count: int = 8

    objects = decals = 0
    step: ClassVar = staticmethod(walk)

    @property
    def actors(self) -> int:
        """One each."""
        return self.count

    def place(self, site: Site) -> None:
        """Anywhere along the lap, on either side, either way."""
        rng, s = site.rng, site.spread(self.count, 6.0, 10.0)
        n = len(s)
        if n:
            d = rng.choice([-1.0, 1.0], n) * rng.uniform(4.9, 5.4, n)
            speed = rng.uniform(0.9, 1.5, n)
            _people(site, n, s=s, d=d, heading=rng.choice([0.0, np.pi], n), mode=STROLLING, speed=speed, wish=speed)


def _people(site: Site, n: int, **columns: object) -> None:
    length, width, height = SIZE
    tint = site.rng.uniform(-1, 1, n)
    site.add_actors(
        "pedestrian", "pedestrian", length=length, width=width, height=height * site.rng.uniform(0.92, 1.06, n),
        tint=tint, **columns,
    )  # fmt: skip
