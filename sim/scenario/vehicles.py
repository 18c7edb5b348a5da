"""Other road users on wheels: they follow their lane by the Intelligent Driver Model.

Treiber, Hennecke, Helbing, "Congested traffic states in empirical observations and microscopic simulations", Physical
Review E 62, 2000 (IDM: equations 1 to 3).
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sim.centre_line import SPACING
from sim.jit import inner_kernel, kernel
from sim.kinds import FOLLOW, GAIT, IGNORE, KNOWN, MANNER, ROLLS, STOP, YIELD
from sim.scenario.actors import (
    ACCELERATION,
    AMBER,
    CHANCE,
    CROSSING,
    GREEN,
    HEADING,
    LENGTH,
    MODE,
    PLACE,
    ROLE,
    SPEED,
    TIMER,
    WISH,
    D,
    S,
    hashed,
    way_ahead,
)  # fmt: skip
from sim.scenario.site import Site
from sim.track import CRUISE_SPEED, LANE_CENTRE
from sim.vehicle import CONTROL_STEP, EGO_LENGTH

MAX_SPEED = 16.0
"""m/s: no vehicle is faster."""
LEAST_ACCELERATION, MOST_ACCELERATION = -8.0, 2.5
"""m/s2: no vehicle leaves these bounds."""

HEADWAY = 1.4
"""s, IDM's time headway."""
STANDSTILL_GAP = 2.0
"""m, IDM's jam distance."""
COMFORTABLE = 1.5
"""m/s2, IDM's acceleration; its exponent is 4."""
BRAKING = 2.0
"""m/s2, IDM's comfortable deceleration."""

BRAKE_LIGHTS = -0.4
"""m/s2 below which the brake lights shine; they do while standing, too."""

ZEBRA_LENGTH = 3.0
STOP_BEFORE_ZEBRA = 2.5
"""Metres: of a zebra along the road, and between its edge and where cars wait."""

DRIVES = (9.0, 26.0)
"""Seconds that a vehicle ahead drives before it halts."""
HALT_BRAKING = 2.0
"""m/s2 that it brakes by."""
HALTS = (2.0, 5.0)
"""Seconds that it stands."""

_FREE = 1e3  # metres of gap that mean nobody is there
_SALT = 7  # of the hash

VEHICLE_SIZES = {"car": (4.4, 1.75, 1.45, 0.7), "van": (5.2, 1.95, 2.1, 0.2), "truck": (7.5, 2.2, 3.0, 0.1)}
"""Kind -> length, width, height in metres, and share of the traffic."""


@kernel
def idm(speed, wish, gap, leader_speed):
    """m/s2 of a vehicle at `speed` that wishes to drive at `wish`, `gap` metres behind a leader; all in m/s."""
    closing = speed * (speed - leader_speed) / (2.0 * math.sqrt(COMFORTABLE * BRAKING))
    desired = STANDSTILL_GAP + max(0.0, speed * HEADWAY + closing)
    return COMFORTABLE * (1.0 - (speed / max(wish, 0.1)) ** 4 - (desired / max(gap, 0.1)) ** 2)


@inner_kernel
def must_stop(speed, gap, braking):
    """Whether a vehicle can still stop within `gap` metres at that braking (m/s2); who stands at the line can."""
    return speed * speed <= 2.0 * braking * max(gap, 0.0) + 0.05


@inner_kernel
def direction(actor):
    """+1 along the road, -1 against it."""
    return 1.0 if abs(actor[HEADING]) < 0.5 * math.pi else -1.0


@inner_kernel
def met_in(actor, roles):
    """The manner in which drivers meet an actor; IGNORE for one they know nothing of.

    roles: see `sim.kinds.role_table`.
    """
    role = roles[int(actor[ROLE])]
    return role[MANNER] if role[KNOWN] else float(IGNORE)


@inner_kernel
def _is_ahead(actor, side, s, lap):
    """Whether s lies in the half lap before an actor, in its direction."""
    return (way_ahead(actor[S], s, lap) if side > 0.0 else way_ahead(s, actor[S], lap)) < 0.5 * lap


@inner_kernel
def _gap_to(actor, side, s, half_length, lap):
    """Metres from an actor's front on to the rear of something at s, in its direction; negative when it overlaps."""
    way = way_ahead(actor[S], s, lap) if side > 0.0 else way_ahead(s, actor[S], lap)
    if way > lap - 20.0:
        way -= lap
    return way - half_length - 0.5 * actor[LENGTH]


@inner_kernel
def _acceleration(actors, a, roles, ego, row, wish, lap):
    """m/s2 that actor a, a vehicle, wants: the least that IDM grants for anybody ahead.

    roles: see `sim.kinds.role_table`. ego, row: of all worlds, and which this is. wish: m/s. lap: metres. actors: all
    of the world.
    """
    me = actors[a]
    side, speed = direction(me), me[SPEED]
    wanted = idm(speed, wish, _FREE, speed)
    for b in range(len(actors)):
        other = actors[b]
        manner = met_in(other, roles)
        if b != a and manner == FOLLOW and direction(other) == side:
            if _is_ahead(me, side, other[S], lap):
                gap = _gap_to(me, side, other[S], 0.5 * other[LENGTH], lap)
                wanted = min(wanted, idm(speed, wish, gap, other[SPEED]))
        elif manner == STOP and side > 0.0 and other[MODE] != GREEN:
            gap = _gap_to(me, side, other[PLACE], 0.0, lap)
            if gap > -1.0 and (other[MODE] != AMBER or must_stop(speed, gap, 3.0)):
                wanted = min(wanted, idm(speed, wish, gap + 0.5, 0.0))
        elif manner == YIELD and other[MODE] == CROSSING:
            gap = _gap_to(me, side, other[PLACE], 0.5 * ZEBRA_LENGTH + STOP_BEFORE_ZEBRA, lap)
            if gap > -1.5 and must_stop(speed, gap + 2.0, 8.0):
                wanted = min(wanted, idm(speed, wish, gap + STANDSTILL_GAP, 0.0))
    if side * ego[1, row] < 0.9 and _is_ahead(me, side, ego[0, row], lap):
        gap = _gap_to(me, side, ego[0, row], 0.5 * EGO_LENGTH, lap)
        wanted = min(wanted, idm(speed, wish, gap, ego[2, row] if side > 0.0 else 0.0))
    return min(max(wanted, LEAST_ACCELERATION), MOST_ACCELERATION)


@inner_kernel
def _halt(me, step, accelerates):
    """A vehicle ahead now and then stops for a while; returns its acceleration (m/s2), its timer moved on."""
    if me[TIMER] > 0.0:
        me[TIMER] -= CONTROL_STEP
        if me[TIMER] <= 0.0:
            me[TIMER] = -(HALTS[0] + (HALTS[1] - HALTS[0]) * hashed(me[CHANCE], step, _SALT))
        return accelerates
    if me[TIMER] < 0.0:
        if me[SPEED] < 0.1:
            me[TIMER] += CONTROL_STEP
            if me[TIMER] >= 0.0:
                me[TIMER] = DRIVES[0] + (DRIVES[1] - DRIVES[0]) * hashed(me[CHANCE], step, _SALT + 1)
        return min(accelerates, -HALT_BRAKING)
    return accelerates


@kernel
def drive(traffic, rows):
    """One control step of all vehicles of the worlds `rows`: all decide on the same instant, then all move."""
    roles = traffic.roles
    for b in range(len(rows)):
        row = rows[b]
        actors, lap, n = traffic.actors[row], traffic.length[row], traffic.samples[row]
        for a in range(len(actors)):
            me = actors[a]
            if roles[int(me[ROLE]), GAIT] == ROLLS:
                i = int(me[S] / SPACING) % n
                wish = min(me[WISH], 0.9 * traffic.profile[row, i])
                wanted = _acceleration(actors, a, roles, traffic.ego, row, wish, lap)
                me[ACCELERATION] = _halt(me, traffic.steps[row], wanted)
        for a in range(len(actors)):
            if roles[int(actors[a, ROLE]), GAIT] == ROLLS:
                _move(actors[a], traffic.line[row], n, lap)


@inner_kernel
def _move(me, line, n, lap):
    """One control step along the lane; those that drive with +s keep to the line that clears the obstacles."""
    before = me[SPEED]
    me[SPEED] = min(max(before + CONTROL_STEP * me[ACCELERATION], 0.0), MAX_SPEED)
    me[ACCELERATION] = (me[SPEED] - before) / CONTROL_STEP
    side = direction(me)
    me[S] = way_ahead(0.0, me[S] + side * 0.5 * (before + me[SPEED]) * CONTROL_STEP, lap)
    me[MODE] = 1.0 if me[ACCELERATION] < BRAKE_LIGHTS or me[SPEED] < 0.1 else 0.0
    if side > 0.0:
        i = int(me[S] / SPACING) % n
        share = me[S] / SPACING - math.floor(me[S] / SPACING)
        ahead = line[(i + 1) % n]
        me[D] = line[i] + share * (ahead - line[i])
        me[HEADING] = math.atan((ahead - line[i]) / SPACING)


@dataclass(frozen=True)
class Vehicles:
    """Vehicles in the ego's lane, which slow and now and then halt, and oncoming ones. wish: m/s, least and most."""

    along: int = 5
    oncoming: int = 5
    wish: tuple[float, float] = (7.0, 13.0)

    objects = decals = 0
    step: ClassVar = staticmethod(drive)

    @property
    def actors(self) -> int:
        """Rows of the actors' table."""
        return self.along + self.oncoming

    def place(self, site: Site) -> None:
        """Spread them over the lap, nobody near the start."""
        self._lane(site, self.along, 0.0)
        self._lane(site, self.oncoming, math.pi)
        if self.along:  # whoever follows the slowest of them all the way, halts included, makes about this speed
            site.delay += site.length / (1.1 * self.wish[0]) - site.length / CRUISE_SPEED

    def _lane(self, site: Site, count: int, heading: float) -> None:
        s = site.spread(count, 24.0, 50.0)
        if not len(s):
            return
        d = site.line[(s / SPACING).astype(np.int64)] if heading == 0.0 else np.full(len(s), -LANE_CENTRE)
        rng, n = site.rng, len(s)
        names = list(VEHICLE_SIZES)
        kind = rng.choice(len(names), n, p=[shares[3] for shares in VEHICLE_SIZES.values()])
        for each, name in enumerate(names):
            chosen = kind == each
            if not chosen.any():
                continue
            length, width, height, _ = VEHICLE_SIZES[name]
            wish = rng.uniform(*self.wish, chosen.sum())
            timer = rng.uniform(*DRIVES, chosen.sum()) if heading == 0.0 else 0.0
            tint = rng.uniform(-1, 1, chosen.sum())
            site.add_actors(
                "vehicle", name, s=s[chosen], d=d[chosen], heading=heading, speed=0.6 * wish, length=length,
                width=width, height=height, tint=tint, timer=timer, wish=wish,
            )  # fmt: skip
