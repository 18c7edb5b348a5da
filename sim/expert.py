"""The privileged driver: it knows the road, so it needs no picture. A stateless function of a car's pose and motion.

Steering is pure pursuit (Coulter, "Implementation of the Pure Pursuit Path Tracking Algorithm", CMU-RI-TR-92-01) of the
right-hand lane's centre, from the rear axle along the way it moves. Where the pursuit departs from the lane's own
curvature it saturates smoothly, so a car far off its lane comes back without skidding. Speed follows the track's
profile, slower while it corrects hard.

Cause, the rule: `curve` where the lane at the pursuit point bends too much for the cruise speed (radius under 75 m), or
where the speed profile falls by more than 0.1 m/s over the way to that point; otherwise `none`.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim import vehicle as car
from sim.geometry import vehicle_to_world, world_to_vehicle
from sim.jit import kernel
from sim.track import CRUISE_SPEED, LANE_CENTRE, LATERAL_ACCELERATION, SPACING, Tracks, place, project

CAUSES = ("none", "curve", "lead-vehicle", "obstacle", "red-light", "pedestrian")
"""Why the expert acts; a cause's id is the index here."""

NONE, CURVE = CAUSES.index("none"), CAUSES.index("curve")

_LOOK_AHEAD = (3.5, 0.40)  # metres, and metres per m/s
_CORRECTION = 4.0  # m/s2, the lateral acceleration that corrections near and never pass
_CORRECTING_SPEED = 1.5 * LATERAL_ACCELERATION  # m/s2, what the pursuit's arc may ask for before the car slows down
_GAIN = 0.8  # 1/s, from an error of speed to an acceleration
_PREVIEW = 0.8  # s of the profile's slope that the acceleration follows
_ACCELERATION = (-4.0, 2.0)  # m/s2
_FALLING = 0.1  # m/s


@kernel
def _sample(values, s):
    """A track's array (n,) at s metres, between two samples; s wraps."""
    whole = math.floor(s / SPACING)
    i, t = whole % len(values), s / SPACING - whole
    return (1 - t) * values[i] + t * values[(i + 1) % len(values)]


@kernel
def _lane_curvature(curvature, s):
    """Curvature in 1/m of the right-hand lane's centre beside s."""
    centre = _sample(curvature, s)
    return centre / (1 - LANE_CENTRE * centre)


@kernel
def _pursuit_curvature(points, heading, state, s, reach):
    """Curvature in 1/m of the arc from the rear axle to the lane's centre `reach` metres ahead of s."""
    x, y, _ = place(points, heading, s + reach, LANE_CENTRE)
    course = state[car.YAW] + state[car.SLIP] - car.TO_REAR * state[car.YAW_RATE] / max(state[car.SPEED], car.LOW_SPEED)
    rear_x, rear_y = vehicle_to_world(-car.TO_REAR, 0.0, state[car.X], state[car.Y], state[car.YAW])
    forward, left = world_to_vehicle(x, y, rear_x, rear_y, course)
    return 2 * left / (forward**2 + left**2)


@kernel
def _steer(pursuit, lane, speed):
    """Steering action for the pursuit's curvature, its departure from the lane's saturating smoothly; both 1/m."""
    most = _CORRECTION / max(speed, 2.0) ** 2
    bend = lane + most * math.tanh((pursuit - lane) / most)
    return min(max(math.atan(car.WHEELBASE * bend) / car.MAX_STEERING_ANGLE, -1.0), 1.0)


@kernel
def _pedal(profile, s, speed, pursuit):
    """Pedal action that follows the speed profile's slope and closes the error to it, slower on a tight pursuit."""
    here, ahead = _sample(profile, s), max(_PREVIEW * speed, SPACING)
    target = min(here, math.sqrt(_CORRECTING_SPEED / max(abs(pursuit), 1e-6)))
    slope = (_sample(profile, s + ahead) ** 2 - here**2) / (2 * ahead)
    wanted = min(max(slope + _GAIN * (target - speed), _ACCELERATION[0]), _ACCELERATION[1])
    return wanted / car.MAX_BRAKE if wanted < 0.0 else min(wanted / (car.throttle_limit(speed) + 1e-3), 1.0)


@kernel
def _cause(curvature, profile, s, reach):
    """The binding cause's id; the rule is the module's."""
    bending = abs(_lane_curvature(curvature, s + reach)) > LATERAL_ACCELERATION / CRUISE_SPEED**2
    falling = _sample(profile, s + reach) < _sample(profile, s) - _FALLING
    return CURVE if bending or falling else NONE


@kernel
def _decide(points, heading, curvature, profile, state, hint):
    """(steer, pedal, cause id) for one car on one centre line."""
    s, _, _ = project(points, heading, state[car.X], state[car.Y], hint)
    speed = state[car.SPEED]
    reach = _LOOK_AHEAD[0] + _LOOK_AHEAD[1] * speed
    pursuit = _pursuit_curvature(points, heading, state, s, reach)
    steer = _steer(pursuit, _lane_curvature(curvature, s + 0.5 * reach), speed)
    return steer, _pedal(profile, s, speed, pursuit), _cause(curvature, profile, s, reach)


@kernel
def _decide_rows(points, heading, curvature, profile, count, rows, state, hint, action, cause):
    for b in range(len(rows)):
        row = rows[b]
        n = count[row]
        action[b, 0], action[b, 1], cause[b] = _decide(
            points[row, :n], heading[row, :n], curvature[row, :n], profile[row, :n], state[b], hint[b]
        )


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
    action, cause, culprit = np.empty((len(rows), 2), np.float32), np.empty(len(rows), np.int64), np.full(len(rows), -1)
    road = (tracks.points, tracks.heading, tracks.curvature, tracks.speed, tracks.count)
    _decide_rows(*road, np.asarray(rows, np.int64), vehicle, s, action, cause)
    return action, cause, culprit
