"""Vehicles that drive: ahead of the ego, behind it, and towards it, by the Intelligent Driver Model.

Treiber, Hennecke, Helbing, "Congested traffic states in empirical observations and microscopic simulations", Physical
Review E 62 (2000). A vehicle's leader is whatever binds it most: the next vehicle or the ego in its lane, a stop line
at red or amber, a zebra that someone is on, a person or a thing in its way. Vehicles that drive as the ego does follow
`World.line`, those that come towards it the middle of their lane.
"""

import math
from dataclasses import dataclass

import numpy as np

from sim.jit import kernel
from sim.scenario.actors import (
    ACCELERATION,
    CONE,
    CROSSING,
    HEADING,
    LENGTH,
    LIGHT,
    MODE,
    PARKED,
    PEDESTRIAN,
    PLACE,
    ROLE,
    SPEED,
    TIMER,
    VEHICLE,
    WIDTH,
    WISH,
    D,
    S,
)
from sim.scenario.crossings import ZEBRA_LENGTH
from sim.scenario.part import Instant, Part, chance
from sim.scenario.site import Site
from sim.scene import LIGHT_PHASES, OBJECT_KINDS
from sim.track import CRUISE_SPEED, LANE_CENTRE, SPACING
from sim.vehicle import CONTROL_STEP
from sim.vehicle import LENGTH as EGO_LENGTH
from sim.vehicle import SPEED as EGO_SPEED
from sim.vehicle import WIDTH as EGO_WIDTH

MOST_SPEED = 16.0
"""m/s."""

ACCELERATIONS = (-8.0, 2.5)
"""m/s2, the bounds of what a vehicle does."""

IDM_ACCELERATION = 1.5
IDM_BRAKING = 2.0
IDM_TIME_GAP = 1.2
IDM_GAP = 2.0
"""The model's a and b in m/s2, T in seconds and s0 in metres."""

NONE_AHEAD = 1e9

_SIGHT = 120.0  # metres
_PREVIEW = 1.2  # s of the speed profile
_BEFORE_LINE = 1.0  # metres that a bumper keeps from a stop line
_BEFORE_ZEBRA = 1.5  # metres, from a zebra's edge
_STOPS_FOR = {"amber": 3.0, "red": 6.0}  # m/s2 that a driver will brake with for that light
_STOPS_FOR_AMBER, _STOPS_FOR_RED = _STOPS_FOR.values()
_AMBER, _RED = LIGHT_PHASES.index("amber"), LIGHT_PHASES.index("red")
_BRAKE_LIGHTS = -0.4  # m/s2
_PAUSE_BRAKING = -2.0  # m/s2
_SIZES = np.array([(4.3, 1.80, 1.45), (5.0, 1.95, 2.10), (7.0, 2.10, 3.00)])  # car, van, truck: length, width, height
_KINDS = np.array([OBJECT_KINDS.index(kind) for kind in ("car", "van", "truck")])
_SHARES = (0.7, 0.2, 0.1)


@dataclass(frozen=True)
class Vehicles(Part):
    """So many vehicles ahead of the ego in its lane, behind it, and oncoming.

    share: the range of what each wishes to drive, as a share of the road's own speed profile. pause_every: mean seconds
    between two stops that a vehicle in the ego's lane makes for no reason to be seen; pause: how long it then stands.
    """

    ahead: int = 3
    behind: int = 1
    oncoming: int = 4
    share: tuple[float, float] = (0.6, 0.95)
    pause_every: float = 40.0
    pause: tuple[float, float] = (2.0, 5.0)

    @property
    def actors(self) -> int:
        return self.ahead + self.behind + self.oncoming

    def place(self, site: Site) -> None:
        """The first one ahead is soon met; the others keep their stretch of the lap."""
        rng, last = site.rng, site.length - 60.0 * (self.behind + 1)
        ahead = _spread(rng, self.ahead, 45.0, last)
        ahead[:1] = rng.uniform(40.0, 90.0, len(ahead[:1]))
        behind = site.length - 30.0 - 60.0 * np.arange(self.behind) - rng.uniform(0.0, 10.0, self.behind)
        s = np.concatenate([ahead, behind, _spread(rng, self.oncoming, 60.0, site.length - 40.0)])
        comes = np.arange(len(s)) >= self.ahead + self.behind
        self._fill(site, s, comes)
        slow, lasting = site.actors[: self.ahead, WISH], self.pause[1] + 6.0
        if len(slow):
            lap = float(site.tracks.expert_time[site.row])
            behind_them = lap * CRUISE_SPEED / slow.min()
            site.delay += behind_them - lap + behind_them / self.pause_every * lasting

    def _fill(self, site: Site, s: np.ndarray, comes: np.ndarray) -> None:
        """The vehicles' rows: at s, oncoming where `comes`, each at the speed that it wishes."""
        rng, own = site.rng, site.actors
        build = rng.choice(len(_KINDS), len(s), p=_SHARES)
        at = np.rint(s / SPACING).astype(np.int64) % len(site.line)
        own[:, ROLE], own[:, 1], own[:, S] = VEHICLE, _KINDS[build], s
        own[:, D] = np.where(comes, -LANE_CENTRE, site.line[at])
        own[:, HEADING] = np.where(comes, math.pi, 0.0)
        own[:, LENGTH : LENGTH + 3] = _SIZES[build]
        own[:, LENGTH + 3] = rng.uniform(-1.0, 1.0, len(s))
        own[:, WISH] = CRUISE_SPEED * rng.uniform(*self.share, len(s))
        own[:, SPEED] = own[:, WISH] / CRUISE_SPEED * site.tracks.speed[site.row, at]

    def step(self, instant: Instant, first: int, last: int) -> None:
        tracks = instant.tracks
        _step_rows(
            *(instant.rows, instant.actors, first, last, instant.ego, instant.s, instant.d, instant.heading_error),
            *(tracks.speed, tracks.curvature, tracks.count, instant.line, instant.steps, instant.salt),
            *(self.pause_every, *self.pause),
        )


def _spread(rng: np.random.Generator, count: int, start: float, end: float) -> np.ndarray:
    """`count` places (count,) from start to end in metres, one in each of as many equal stretches, well apart."""
    stretch = (end - start) / max(count, 1)
    return start + stretch * (np.arange(count) + rng.uniform(0.0, 0.6, count))


@kernel
def idm(speed, wish, gap, closing):
    """The model's acceleration in m/s2: speed and wish in m/s, metres to the leader, m/s that it comes nearer."""
    wanted = IDM_GAP + max(
        speed * IDM_TIME_GAP + speed * closing / (2 * math.sqrt(IDM_ACCELERATION * IDM_BRAKING)), 0.0
    )
    return IDM_ACCELERATION * (1 - (speed / wish) ** 4 - (wanted / max(gap, 0.1)) ** 2)


@kernel
def _at(values, s):
    """A closed row of values (n,), one a metre, at s metres; between two of them in proportion."""
    whole = math.floor(s / SPACING)
    i, t = whole % len(values), s / SPACING - whole
    return (1 - t) * values[i] + t * values[(i + 1) % len(values)]


@kernel
def _ahead(s, of, way, length):
    """Metres in [0, length) from `of` to s along a closed road that is driven with +s (way 1) or against it (-1)."""
    return (s - of) * way % length


@kernel
def _gap_to_light(me, light, way, length):
    """Metres from the front to where it has to stop for a light; NONE_AHEAD where it need not or can no longer."""
    if way < 0 or light[MODE] not in (_AMBER, _RED):
        return NONE_AHEAD
    gap = _ahead(light[PLACE], me[S], way, length) - me[LENGTH] / 2
    will = _STOPS_FOR_AMBER if light[MODE] == _AMBER else _STOPS_FOR_RED
    stops = gap > 0.0 and me[SPEED] ** 2 <= 2 * will * gap
    return gap + IDM_GAP - _BEFORE_LINE if stops else NONE_AHEAD


@kernel
def _gap_to_person(me, person, way, lane, length):
    """Metres from the front to where it has to stop for someone on foot; NONE_AHEAD for who is no concern of it."""
    gap = _ahead(person[S], me[S], way, length) - me[LENGTH] / 2
    if gap > -0.5 and abs(person[D] - me[D]) < me[WIDTH] / 2 + 0.4:
        return gap
    if person[MODE] != CROSSING:
        return NONE_AHEAD
    across = math.copysign(1.0, math.sin(person[HEADING]))
    if (person[D] - lane) * across > me[WIDTH] / 2 + 0.6:
        return NONE_AHEAD
    gap = _ahead(person[PLACE], me[S], way, length) - (me[LENGTH] + ZEBRA_LENGTH) / 2
    return gap + IDM_GAP - _BEFORE_ZEBRA if gap > 0.0 else NONE_AHEAD


@kernel
def _leader(me, other, way, lane, line, length):
    """(gap in metres, speed in m/s along the road) of what another actor is to a vehicle; NONE_AHEAD if nothing."""
    if other[ROLE] == VEHICLE and (math.cos(other[HEADING]) > 0.0) == (way > 0.0):
        return _ahead(other[S], me[S], way, length) - (me[LENGTH] + other[LENGTH]) / 2, other[SPEED]
    if other[ROLE] == LIGHT:
        return _gap_to_light(me, other, way, length), 0.0
    if other[ROLE] == PEDESTRIAN:
        return _gap_to_person(me, other, way, lane, length), 0.0
    if other[ROLE] == PARKED or other[ROLE] == CONE:
        path = _at(line, other[S]) if way > 0.0 else lane
        if abs(other[D] - path) < (me[WIDTH] + other[WIDTH]) / 2:
            return _ahead(other[S], me[S], way, length) - (me[LENGTH] + other[LENGTH]) / 2, 0.0
    return NONE_AHEAD, 0.0


@kernel
def _wanted(actors, a, ego_s, ego_d, ego_speed, profile, line, length):
    """The acceleration in m/s2 that vehicle a wants: the least that any leader leaves it."""
    me = actors[a]
    way = 1.0 if math.cos(me[HEADING]) > 0.0 else -1.0
    lane = LANE_CENTRE * way
    speed = me[SPEED]
    road = min(_at(profile, me[S]), _at(profile, me[S] + way * _PREVIEW * speed))
    wish = max(road * me[WISH] / CRUISE_SPEED, 0.1)
    wanted = idm(speed, wish, NONE_AHEAD, 0.0)
    for other in range(len(actors)):
        if other != a:
            gap, leads = _leader(me, actors[other], way, lane, line, length)
            if gap < _SIGHT:
                wanted = min(wanted, idm(speed, wish, gap, speed - leads))
    gap = _ahead(ego_s, me[S], way, length) - (me[LENGTH] + EGO_LENGTH) / 2
    if gap < _SIGHT and abs(ego_d - me[D]) < (me[WIDTH] + EGO_WIDTH) / 2 + 0.3:
        wanted = min(wanted, idm(speed, wish, gap, speed - way * ego_speed))
    return wanted


@kernel
def _move(me, wanted, curvature, line, length):
    """Drive one vehicle for a control step with an acceleration in m/s2 that is held within its bounds."""
    way = 1.0 if math.cos(me[HEADING]) > 0.0 else -1.0
    before = me[SPEED]
    wanted = min(max(wanted, ACCELERATIONS[0]), ACCELERATIONS[1])
    me[SPEED] = min(max(before + wanted * CONTROL_STEP, 0.0), MOST_SPEED)
    me[ACCELERATION] = (me[SPEED] - before) / CONTROL_STEP
    stretch = 1.0 - me[D] * _at(curvature, me[S])
    me[S] = (me[S] + way * CONTROL_STEP * (before + me[SPEED]) / 2 / stretch) % length
    if way > 0.0:
        me[D] = _at(line, me[S])
        me[HEADING] = math.atan((_at(line, me[S] + 1.0) - _at(line, me[S] - 1.0)) / 2)
    me[MODE] = 1.0 if me[ACCELERATION] < _BRAKE_LIGHTS or me[SPEED] < 0.1 else 0.0


@kernel
def _pause(me, salt, step, a, every, least, most):
    """Now and then a vehicle makes up its mind to stand for a while; the clock runs once it stands."""
    if me[TIMER] > 0.0:
        if me[SPEED] == 0.0:
            me[TIMER] = max(me[TIMER] - CONTROL_STEP, 0.0)
    elif me[SPEED] > 3.0 and chance(salt, step, a) < CONTROL_STEP / every:
        me[TIMER] = least + (most - least) * chance(salt, step, -2 - a)


@kernel
def _step_rows(
    rows, actors, first, last, ego, ego_s, ego_d, heading_error,
    profile, curvature, count, line, steps, salt, pause_every, least_pause, most_pause,
):  # fmt: skip
    """All decide from the same instant; then all move."""
    for b in range(len(rows)):
        row = rows[b]
        n = count[row]
        table, length = actors[row], n * SPACING
        ego_speed = ego[row, EGO_SPEED] * math.cos(heading_error[row])
        for a in range(first, last):
            if table[a, ROLE] == VEHICLE:
                table[a, ACCELERATION] = _wanted(
                    table, a, ego_s[row], ego_d[row], ego_speed, profile[row, :n], line[row, :n], length
                )
        for a in range(first, last):
            if table[a, ROLE] == VEHICLE:
                me = table[a]
                if math.cos(me[HEADING]) > 0.0:
                    _pause(me, salt[row], steps[row], a, pause_every, least_pause, most_pause)
                wanted = min(me[ACCELERATION], _PAUSE_BRAKING) if me[TIMER] > 0.0 else me[ACCELERATION]
                _move(me, wanted, curvature[row, :n], line[row, :n], length)
