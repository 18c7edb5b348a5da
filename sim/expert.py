"""The privileged driver: it knows the world, so it needs no picture. A stateless function of this instant.

Steering is pure pursuit (Coulter, "Implementation of the Pure Pursuit Path Tracking Algorithm", CMU-RI-TR-92-01) of the
line that clears what stands in the right-hand lane, from the rear axle along the way it moves. Where the pursuit
departs from the lane's own curvature it saturates smoothly, so a car far off its lane comes back without skidding.
Speed follows the track's profile, slower while it corrects hard.

For everybody and everything ahead it asks how it would accelerate for that one alone, by the Intelligent Driver Model
(Treiber et al. 2000, see `sim.scenario.vehicles`), and takes the least. Cause, the rule: whoever that least is for,
where it lies below what the road alone allows; else `obstacle` where the line to drive has left, or soon leaves, the
lane's centre; else `curve` where the lane at the pursuit point bends too much for the cruise speed (radius under 75 m),
or where the speed profile falls by more than 0.1 m/s over the way to that point; otherwise `none`.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim import vehicle as car
from sim.centre_line import SPACING
from sim.geometry import vehicle_to_world, world_to_vehicle
from sim.jit import lean_inner_kernel, lean_kernel
from sim.kinds import CAUSE, CAUSES, FOLLOW, MANNER, PASS, STOP, YIELD, role_table
from sim.scenario.actors import (
    AMBER,
    CROSSING,
    GREEN,
    HEADING,
    LENGTH,
    MODE,
    PLACE,
    ROLE,
    SPEED,
    D,
    S,
    way_ahead,
)  # fmt: skip
from sim.scenario.people import ZEBRA_LENGTH
from sim.track import CRUISE_SPEED, LANE_CENTRE, LATERAL_ACCELERATION, Tracks, place, project

NONE, CURVE, OBSTACLE = map(CAUSES.index, ("none", "curve", "obstacle"))
"""Causes of the road and of the line to drive; all others come with a role."""

_LOOK_AHEAD = (3.5, 0.40)  # metres, and metres per m/s
_CORRECTION = 4.0  # m/s2, the lateral acceleration that corrections near and never pass
_CORRECTING_SPEED = 1.5 * LATERAL_ACCELERATION  # m/s2, what the pursuit's arc may ask for before the car slows down
_GAIN = 0.8  # 1/s, from an error of speed to an acceleration
_PREVIEW = 0.8  # s of the profile's slope that the acceleration follows
_ACCELERATION = (-4.0, 2.0)  # m/s2
_FALLING = 0.1  # m/s

_HEADWAY, _JAM_GAP = 1.4, 2.5  # s and m behind a standing vehicle
_EAGER, _GENTLE_BRAKING = 2.0, 2.5  # m/s2: IDM's acceleration and comfortable deceleration
_HARDEST = -7.5  # m/s2
_BEFORE_LINE = 1.7  # metres from the front to a stop line, and to a zebra's edge below, when standing
_BEFORE_ZEBRA = 2.5
_AMBER_BRAKING = 3.0  # m/s2: who would have to brake harder for an amber light goes on
_SIGHT = 70.0  # metres ahead that anybody can matter
_PASSING_SPEED = 9.0  # m/s past parked cars and cones
_ASIDE = 0.12  # metres that the line leaves the lane's centre before that counts as evading
_HOLD = -0.3  # pedal of a car that stands and waits
_LEVEL, _BESIDE = 0.5, 0.35  # metres before people, and beside the outline, at which they stop for the ego
_OFF_THE_ROAD = 3.6  # |d| of people who have left the road on the other side


@lean_inner_kernel()
def _sample(values, s):
    """A track's array (n,) at s metres, between two samples; s wraps."""
    whole = math.floor(s / SPACING)
    i, t = whole % len(values), s / SPACING - whole
    return (1 - t) * values[i] + t * values[(i + 1) % len(values)]


@lean_inner_kernel()
def _lane_curvature(curvature, s):
    """Curvature in 1/m of the right-hand lane's centre beside s."""
    centre = _sample(curvature, s)
    return centre / (1 - LANE_CENTRE * centre)


@lean_inner_kernel()
def _pursuit_curvature(points, heading, line, state, s, reach):
    """Curvature in 1/m of the arc from the rear axle to the line `reach` metres ahead of s.

    points, heading: the track's. state: the car's.
    """
    x, y, _ = place(points, heading, s + reach, _sample(line, s + reach))
    course = state[car.YAW] + state[car.SLIP] - car.TO_REAR * state[car.YAW_RATE] / max(state[car.SPEED], car.LOW_SPEED)
    rear_x, rear_y = vehicle_to_world(-car.TO_REAR, 0.0, state[car.X], state[car.Y], state[car.YAW])
    forward, left = world_to_vehicle(x, y, rear_x, rear_y, course)
    return 2 * left / (forward**2 + left**2)


@lean_inner_kernel()
def _steer(pursuit, lane, speed):
    """Steering action for the pursuit's curvature, its departure from the lane's saturating smoothly; both 1/m."""
    most = _CORRECTION / max(speed, 2.0) ** 2
    bend = lane + most * math.tanh((pursuit - lane) / most)
    return min(max(math.atan(car.WHEELBASE * bend) / car.MAX_STEERING_ANGLE, -1.0), 1.0)


@lean_inner_kernel()
def _road_acceleration(profile, s, speed, pursuit):
    """m/s2 that follows the speed profile's slope and closes the error to it, slower on a tight pursuit."""
    here, ahead = _sample(profile, s), max(_PREVIEW * speed, SPACING)
    target = min(here, math.sqrt(_CORRECTING_SPEED / max(abs(pursuit), 1e-6)))
    slope = (_sample(profile, s + ahead) ** 2 - here**2) / (2 * ahead)
    return min(max(slope + _GAIN * (target - speed), _ACCELERATION[0]), _ACCELERATION[1])


@lean_inner_kernel()
def _pedal(wanted, speed):
    """Pedal action for an acceleration in m/s2; a car that stands and is not to drive off holds its brake."""
    if speed < 0.3 and wanted < 0.1:
        return _HOLD
    return wanted / car.MAX_BRAKE if wanted < 0.0 else min(wanted / (car.throttle_limit(speed) + 1e-3), 1.0)


@lean_inner_kernel()
def _follow(speed, gap, leader_speed):
    """m/s2 by IDM behind a leader `gap` metres ahead of the front; the free road is not its matter."""
    closing = speed * (speed - leader_speed) / (2 * math.sqrt(_EAGER * _GENTLE_BRAKING))
    desired = _JAM_GAP + max(0.0, speed * _HEADWAY + closing)
    return max(_EAGER * (1 - (desired / max(gap, 0.1)) ** 2), _HARDEST)


@lean_inner_kernel()
def _stop_within(speed, way):
    """m/s2 that brings the front to rest `way` metres ahead; it holds there."""
    desired = speed * 0.5 + speed * speed / (2 * math.sqrt(_EAGER * _GENTLE_BRAKING))
    return max(_EAGER * (1 - ((desired + _JAM_GAP) / max(way + _JAM_GAP, 0.3)) ** 2), _HARDEST)


@lean_inner_kernel()
def _for_light(actor, front, speed, lap):
    """m/s2 for a light: free while green, once passed, or where amber comes too late to stop."""
    way = way_ahead(front, actor[PLACE], lap)
    if actor[MODE] == GREEN or way > _SIGHT:
        return _FREE
    braking = speed**2 / (2 * max(way, 0.1))
    if braking > (_AMBER_BRAKING if actor[MODE] == AMBER else -2 * _HARDEST):
        return _FREE
    return _stop_within(speed, way - _BEFORE_LINE)


@lean_inner_kernel()
def _stands_clear(actor, front, d, lap):
    """Whether the front is past a pedestrian, or level with one who is beside the ego's way and lets it pass.

    Without this both would wait for ever where the ego came to stand on the zebra.
    """
    way = way_ahead(front - 0.5 * lap, actor[S], lap) - 0.5 * lap
    wide = 0.5 * car.EGO_WIDTH + _BESIDE
    return way < (_LEVEL if abs(actor[D] - d) > wide else 0.0)


@lean_inner_kernel()
def _for_crossing(actor, front, d, speed, lap):
    """m/s2 for a pedestrian, or another who crosses: free unless on the way over, on whichever side and whichever way.

    Who sees a person of a few pixels cannot tell coming from going, nor need to: the rule of the road is to stop for
    anybody on a crossing.
    """
    if actor[MODE] != CROSSING or _stands_clear(actor, front, d, lap):
        return _FREE
    if actor[D] > _OFF_THE_ROAD if actor[HEADING] > 0.0 else actor[D] < -_OFF_THE_ROAD:
        return _FREE
    way = way_ahead(front, actor[PLACE] - 0.5 * ZEBRA_LENGTH, lap)
    if way > _SIGHT:
        way -= lap
        if way < -ZEBRA_LENGTH:
            return _FREE
    return _stop_within(speed, way - _BEFORE_ZEBRA)


@lean_inner_kernel()
def _for_vehicle(actor, front, speed, lap):
    """m/s2 for a vehicle that drives ahead in the same lane."""
    if math.cos(actor[HEADING]) < 0.0:
        return _FREE
    gap = way_ahead(front, actor[S], lap) - 0.5 * actor[LENGTH]
    return _follow(speed, gap, actor[SPEED]) if gap < _SIGHT else _FREE


@lean_inner_kernel()
def _for_obstacle(actor, s, speed, lap):
    """m/s2 for a parked car or a cone: down to a careful speed, beside it and before."""
    way = way_ahead(s - 6.0, actor[S], lap) - 6.0
    if way > _SIGHT or speed <= _PASSING_SPEED:
        return _FREE if way > 8.0 or speed < _PASSING_SPEED - 1.0 else _GAIN * (_PASSING_SPEED - speed)
    return max((_PASSING_SPEED**2 - speed**2) / (2 * max(way - 8.0, 2.0)), _ACCELERATION[0])


_FREE = 100.0  # m/s2: no wish at all


@lean_inner_kernel()
def _least_wish(actors, roles, s, d, speed, lap):
    """(m/s2, cause, actor) of whoever asks for the least acceleration; (_FREE, NONE, -1) for nobody.

    roles: see `sim.kinds.role_table`. s, d: of the ego, metres; speed: m/s; lap: metres. actors: one world's.
    """
    least, cause, culprit = _FREE, NONE, -1
    front = s + 0.5 * car.EGO_LENGTH
    for a in range(len(actors)):
        actor = actors[a]
        role = int(actor[ROLE])
        manner = roles[role, MANNER]
        if manner == FOLLOW:
            wish = _for_vehicle(actor, front, speed, lap)
        elif manner == STOP:
            wish = _for_light(actor, front, speed, lap)
        elif manner == YIELD:
            wish = _for_crossing(actor, front, d, speed, lap)
        elif manner == PASS:
            wish = _for_obstacle(actor, s, speed, lap)
        else:
            continue
        if wish < least:
            least, cause, culprit = wish, int(roles[role, CAUSE]), a
    return least, cause, culprit


@lean_inner_kernel()
def _next_obstacle(actors, roles, s, lap):
    """The thing to be passed that stands next ahead of s - 6 m; where there is none in sight, the last one passed."""
    nearest, found = np.inf, -1
    for a in range(len(actors)):
        way = way_ahead(s - 6.0, actors[a, S], lap)
        if way > _SIGHT:
            way = lap + _SIGHT - way  # the way back, and behind all that lie ahead
        if roles[int(actors[a, ROLE]), MANNER] == PASS and way < nearest:
            nearest, found = way, a
    return found


@lean_inner_kernel()
def _road_cause(curvature, profile, s, reach):
    """The road's own cause; the rule is the module's."""
    bending = abs(_lane_curvature(curvature, s + reach)) > LATERAL_ACCELERATION / CRUISE_SPEED**2
    falling = _sample(profile, s + reach) < _sample(profile, s) - _FALLING
    return CURVE if bending or falling else NONE


@lean_inner_kernel()
def _decide(points, heading, curvature, profile, line, state, hint, actors, roles):
    """(steer, pedal, cause id, actor or -1) for one car on one centre line.

    points, heading, curvature, profile: the track's, (n, ...). line: (n,) d to drive at. state: the car's; hint: its s
    to 10 m. actors: one world's. roles: see `sim.kinds.role_table`.
    """
    s, d, _ = project(points, heading, state[car.X], state[car.Y], hint)
    speed, lap = state[car.SPEED], len(points) * SPACING
    reach = _LOOK_AHEAD[0] + _LOOK_AHEAD[1] * speed
    pursuit = _pursuit_curvature(points, heading, line, state, s, reach)
    steer = _steer(pursuit, _lane_curvature(curvature, s + 0.5 * reach), speed)
    wanted = _road_acceleration(profile, s, speed, pursuit)
    least, cause, culprit = _least_wish(actors, roles, s, d, speed, lap)
    if least < wanted:
        return steer, _pedal(least, speed), cause, culprit
    if abs(_sample(line, s + reach) - LANE_CENTRE) > _ASIDE or abs(_sample(line, s) - LANE_CENTRE) > _ASIDE:
        return steer, _pedal(wanted, speed), OBSTACLE, _next_obstacle(actors, roles, s, lap)
    return steer, _pedal(wanted, speed), _road_cause(curvature, profile, s, reach), -1


@lean_kernel()
def _decide_rows(
    points, heading, curvature, profile, count, line, rows, state, hint, actors, roles, action, cause, culprit
):
    """Fill action, cause and culprit (B, ...) for the cars state (B, 7) at hint (B,) on the tracks rows (B,).

    points, heading, curvature, profile, count: of all tracks. line: (K, MAX_POINTS). actors: (B, A, columns). roles:
    see `sim.kinds.role_table`.
    """
    for b in range(len(rows)):
        row = rows[b]
        n = count[row]
        action[b, 0], action[b, 1], cause[b], culprit[b] = _decide(
            points[row, :n], heading[row, :n], curvature[row, :n], profile[row, :n], line[row, :n],
            state[b], hint[b], actors[b], roles,
        )  # fmt: skip


def decide(
    tracks: Tracks,
    line: NDArray[np.float64],
    rows: NDArray[np.integer],
    vehicle: NDArray[np.float64],
    s: NDArray[np.float64],
    actors: NDArray[np.float64],
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """Actions (B, 2) in [-1, 1], cause ids (B,) and the object that is the cause (B,), a row of the objects or -1.

    For cars `vehicle` (B, 7) on tracks `rows` (B,) at s (B,) to 10 m, among actors (B, A, columns); line
    (K, MAX_POINTS) is that of `sim.world.World`.
    """
    n = len(rows)
    action, cause, culprit = np.empty((n, 2), np.float32), np.empty(n, np.int64), np.empty(n, np.int64)
    road = (tracks.points, tracks.heading, tracks.curvature, tracks.speed, tracks.count, line)
    _decide_rows(*road, np.asarray(rows, np.int64), vehicle, s, actors, role_table(), action, cause, culprit)
    return action, cause, culprit
