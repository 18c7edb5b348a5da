"""People on foot: on the pavement, at the kerb, and on their way over a zebra crossing.

Someone who wants to cross looks first: they step off only when everybody who comes could stop before the crossing with
LOOKS_FOR m/s2 or is past it, and where a light guards the crossing, only while it holds the cars back for long enough.
Some who wait never go: they only look like it.
"""

import math
from dataclasses import dataclass

import numpy as np

from sim.jit import kernel
from sim.scenario.actors import (
    CROSSING,
    HEADING,
    HEIGHT,
    KIND,
    LENGTH,
    LIGHT,
    MODE,
    PEDESTRIAN,
    PLACE,
    ROLE,
    SPEED,
    STROLLING,
    TIMER,
    TINT,
    VEHICLE,
    WAITING,
    WIDTH,
    WISH,
    D,
    S,
)
from sim.scenario.lights import BEFORE_CROSSING
from sim.scenario.part import Instant, Part, chance
from sim.scenario.site import Site
from sim.scene import DECAL_KINDS, LIGHT_PHASES, OBJECT_KINDS
from sim.track import SPACING
from sim.vehicle import CONTROL_STEP
from sim.vehicle import LENGTH as EGO_LENGTH
from sim.vehicle import SPEED as EGO_SPEED
from sim.vehicle import WIDTH as EGO_WIDTH

ZEBRA_LENGTH = 3.2
"""Metres along the road."""

KERB = 4.15
"""|d| in metres of those who wait to cross."""

STROLLING_D = (5.15, 5.4)
"""|d| in metres of those who stroll along the pavement."""

LOOKS_FOR = 2.5
"""m/s2 that those on foot expect of a driver's brakes, after a reaction time of LOOKS_FOR_REACTION seconds."""

LOOKS_FOR_REACTION = 0.3

SETS_OFF = (25.0, 45.0)
"""Metres that the ego is from the crossing when someone who waits there sets off; each has their own."""

STAYS = 0.2
"""The share of those who wait and never go."""

_BODY = (0.35, 0.50)  # length, width
_BEFORE, _AFTER = 24.0, 8.0  # metres of road that a crossing keeps for itself
_LOST = 9.0  # seconds that letting people pass may cost
_BETWEEN = 0.8  # metres from one who waits to the next
_ELBOW_ROOM = 0.6  # metres that someone who crosses keeps from a car in their way
_RED = LIGHT_PHASES.index("red")
_STAYS_DRAW, _SETS_OFF_DRAW, _TURNS_DRAW = -1, -2, -3  # which of an actor's own numbers, in place of a step


@dataclass(frozen=True)
class Crossings(Part):
    """So many zebra crossings, each with so many people who wait beside it when the drive begins.

    speed: the range of how fast they walk, m/s.
    """

    count: int = 3
    people: int = 3
    speed: tuple[float, float] = (1.1, 1.6)

    @property
    def actors(self) -> int:
        return self.count * self.people

    @property
    def decals(self) -> int:
        return self.count

    def place(self, site: Site) -> None:
        groups = site.actors.reshape(self.count, self.people, -1)
        for people, decal in zip(groups, site.decals, strict=True):
            s = site.reserve(_BEFORE, _AFTER)
            if s is None:
                return
            decal[:] = s, ZEBRA_LENGTH, DECAL_KINDS.index("zebra")
            site.crossings.append(s)
            site.delay += _LOST
            _dress(site, people, self.speed)
            side = site.rng.choice([-1.0, 1.0], self.people)
            people[:, S] = (s + _BETWEEN * (np.arange(self.people) - (self.people - 1) / 2)) % site.length
            people[:, D], people[:, HEADING] = side * KERB, -side * math.pi / 2
            people[:, MODE], people[:, PLACE] = WAITING, s

    def step(self, instant: Instant, first: int, last: int) -> None:
        _walk(instant, first, last)


@dataclass(frozen=True)
class Strollers(Part):
    """So many people who walk along the pavements, and never cross."""

    count: int = 8
    speed: tuple[float, float] = (0.8, 1.6)

    @property
    def actors(self) -> int:
        return self.count

    def place(self, site: Site) -> None:
        people, rng = site.actors, site.rng
        _dress(site, people, self.speed)
        people[:, S] = site.length / max(self.count, 1) * (np.arange(self.count) + rng.uniform(0.0, 0.8, self.count))
        people[:, D] = rng.choice([-1.0, 1.0], self.count) * rng.uniform(*STROLLING_D, self.count)
        people[:, HEADING] = rng.choice([0.0, math.pi], self.count)
        people[:, MODE], people[:, PLACE], people[:, SPEED] = STROLLING, -1.0, people[:, WISH]

    def step(self, instant: Instant, first: int, last: int) -> None:
        _walk(instant, first, last)


def _dress(site: Site, people: np.ndarray, speed: tuple[float, float]) -> None:
    """What all on foot have in common."""
    rng, count = site.rng, len(people)
    people[:, ROLE], people[:, KIND] = PEDESTRIAN, OBJECT_KINDS.index("pedestrian")
    people[:, LENGTH], people[:, WIDTH] = _BODY
    people[:, HEIGHT], people[:, TINT] = rng.uniform(1.6, 1.8, count), rng.uniform(-1.0, 1.0, count)
    people[:, WISH] = rng.uniform(*speed, count)


def _walk(instant: Instant, first: int, last: int) -> None:
    _step_rows(
        *(instant.rows, instant.actors, first, last, instant.ego, instant.s, instant.d),
        *(instant.tracks.count, instant.salt),
    )


@kernel
def _beyond(s, of, length):
    """Metres from `of` to s on a closed road, the short way: in [-length / 2, length / 2)."""
    return (s - of + length / 2) % length - length / 2


@kernel
def may_step_off(ahead, speed, length):
    """Whether a car of that length `ahead` metres before a crossing's middle (negative: past it) lets one step off."""
    if ahead < -(length + ZEBRA_LENGTH) / 2 - 0.5:
        return True
    gap = ahead - (length + ZEBRA_LENGTH) / 2
    return gap >= speed**2 / (2 * LOOKS_FOR) + LOOKS_FOR_REACTION * speed


@kernel
def _guard_lets(table, me, length):
    """Whether the crossing's light, if it has one, holds the cars back until someone on foot is across."""
    for other in table:
        if other[ROLE] == LIGHT and abs(_beyond(me[PLACE], other[PLACE], length) - BEFORE_CROSSING) < 2.0:
            return other[MODE] == _RED and other[WISH] - other[TIMER] >= (KERB + 3.5) / me[WISH]
    return True


@kernel
def _sets_off(table, me, salt, a, ego_s, ego_speed, length):
    """Whether someone who waits steps off the kerb now."""
    nearness = _beyond(me[PLACE], ego_s, length)
    least, most = SETS_OFF
    if chance(salt, _STAYS_DRAW, a) < STAYS or not 0.0 < nearness < least + (most - least) * chance(
        salt, _SETS_OFF_DRAW, a
    ):
        return False
    if not may_step_off(nearness, ego_speed, EGO_LENGTH) or not _guard_lets(table, me, length):
        return False
    for other in table:
        if other[ROLE] == VEHICLE:
            way = 1.0 if math.cos(other[HEADING]) > 0.0 else -1.0
            if not may_step_off(way * _beyond(me[PLACE], other[S], length), other[SPEED], other[LENGTH]):
                return False
    return True


@kernel
def _in_the_way(me, across, s, d, car_length, car_width, length):
    """Whether a car stands or drives right in front of someone who crosses."""
    ahead = (d - me[D]) * across
    return 0.0 < ahead < car_width / 2 + _ELBOW_ROOM + 0.25 and abs(_beyond(s, me[S], length)) < car_length / 2 + 0.5


@kernel
def _cross(table, me, salt, a, ego_s, ego_d, length):
    """One step over the crossing, unless a car is in the way; on the far pavement they turn and stroll on."""
    across = math.copysign(1.0, math.sin(me[HEADING]))
    blocked = _in_the_way(me, across, ego_s, ego_d, EGO_LENGTH, EGO_WIDTH, length)
    for other in table:
        if other[ROLE] == VEHICLE:
            blocked |= _in_the_way(me, across, other[S], other[D], other[LENGTH], other[WIDTH], length)
    me[SPEED] = 0.0 if blocked else me[WISH]
    me[D] += across * me[SPEED] * CONTROL_STEP
    if me[D] * across >= STROLLING_D[0]:
        me[MODE], me[TIMER] = STROLLING, 0.0
        me[HEADING] = 0.0 if chance(salt, _TURNS_DRAW, a) < 0.5 else math.pi


@kernel
def _step_rows(rows, actors, first, last, ego, ego_s, ego_d, count, salt):
    for b in range(len(rows)):
        row = rows[b]
        table, length = actors[row], count[row] * SPACING
        for a in range(first, last):
            me = table[a]
            if me[ROLE] != PEDESTRIAN:
                continue
            me[TIMER] += CONTROL_STEP
            if me[MODE] == STROLLING:
                me[S] = (me[S] + math.cos(me[HEADING]) * me[SPEED] * CONTROL_STEP) % length
            elif me[MODE] == CROSSING:
                _cross(table, me, salt[row], a, ego_s[row], ego_d[row], length)
            elif _sets_off(table, me, salt[row], a, ego_s[row], ego[row, EGO_SPEED], length):
                me[MODE], me[TIMER], me[SPEED] = CROSSING, 0.0, me[WISH]
