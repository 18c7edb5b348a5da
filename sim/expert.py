"""The privileged driver: it knows the road, so it needs no picture. A stateless function of pose and speed.

Steering is pure pursuit (Coulter, "Implementation of the Pure Pursuit Path Tracking Algorithm", CMU-RI-TR-92-01) of the
right-hand lane's centre, on top of the lane's own curvature. The pursuit's correction saturates smoothly, so a car far
off its lane comes back without skidding. Speed follows the track's profile, slower while it corrects hard.

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
_GAIN = 0.8  # 1/s, from an error of speed to an acceleration
_PREVIEW = 0.8  # s of the profile's slope that the acceleration follows
_ACCELERATION = (-4.0, 2.0)  # m/s2
_FALLING = 0.1  # m/s


@kernel
def _lane_curvature(curvature, s):
    """Curvature in 1/m of the right-hand lane's centre beside s, between two samples."""
    along = s / SPACING
    i = math.floor(along) % len(curvature)
    t = along - math.floor(along)
    centre = (1 - t) * curvature[i] + t * curvature[(i + 1) % len(curvature)]
    return centre / (1 - LANE_CENTRE * centre)


@kernel
def _profile(speed, s):
    """The speed profile in m/s at s, between two samples."""
    along = s / SPACING
    i = math.floor(along) % len(speed)
    t = along - math.floor(along)
    return (1 - t) * speed[i] + t * speed[(i + 1) % len(speed)]


@kernel
def _pursuit_curvature(points, heading, state, s, reach):
    """Curvature in 1/m of the arc from the rear axle to the lane's centre `reach` metres ahead of s."""
    x, y, _ = place(points, heading, s + reach, LANE_CENTRE)
    course = state[car.YAW] + state[car.SLIP] - car.TO_REAR * state[car.YAW_RATE] / max(state[car.SPEED], car.LOW_SPEED)
    rear_x, rear_y = vehicle_to_world(-car.TO_REAR, 0.0, state[car.X], state[car.Y], state[car.YAW])
    forward, left = world_to_vehicle(x, y, rear_x, rear_y, course)
    return 2 * left / (forward**2 + left**2)


@kernel
def _decide(points, heading, curvature, profile, state, hint):
    """(steer, pedal, cause id) for one car on one centre line."""
    s, _, _ = project(points, heading, state[car.X], state[car.Y], hint)
    speed = state[car.SPEED]
    reach = _LOOK_AHEAD[0] + _LOOK_AHEAD[1] * speed
    pursuit = _pursuit_curvature(points, heading, state, s, reach)
    lane = _lane_curvature(curvature, s + 0.5 * reach)
    bound = _CORRECTION / max(speed, 2.0) ** 2
    bend = lane + bound * math.tanh((pursuit - lane) / bound)
    steer = math.atan(car.WHEELBASE * bend) / car.MAX_STEERING_ANGLE

    target = min(_profile(profile, s), math.sqrt(1.5 * LATERAL_ACCELERATION / max(abs(pursuit), 1e-6)))
    ahead = max(_PREVIEW * speed, SPACING)
    slope = (_profile(profile, s + ahead) ** 2 - _profile(profile, s) ** 2) / (2 * ahead)
    wanted = min(max(slope + _GAIN * (target - speed), _ACCELERATION[0]), _ACCELERATION[1])
    pedal = wanted / (car.throttle_limit(speed) + 1e-3) if wanted > 0.0 else wanted / car.MAX_BRAKE

    bending = abs(_lane_curvature(curvature, s + reach)) > LATERAL_ACCELERATION / CRUISE_SPEED**2
    falling = _profile(profile, s + reach) < _profile(profile, s) - _FALLING
    return min(max(steer, -1.0), 1.0), min(pedal, 1.0), CURVE if bending or falling else NONE


@kernel
def _decide_rows(points, heading, curvature, profile, count, rows, state, hint, action, cause):
    for b in range(len(rows)):
        row = rows[b]
        n = count[row]
        action[b, 0], action[b, 1], cause[b] = _decide(
            points[row, :n], heading[row, :n], curvature[row, :n], profile[row, :n], state[b], hint[b]
        )


def decide(
    tracks: Tracks, rows: NDArray[np.integer], vehicle: NDArray[np.float64], s: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Actions (B, 2) in [-1, 1] and cause ids (B,) for cars `vehicle` (B, 7) on tracks `rows` (B,); s (B,) to 10 m."""
    action, cause = np.empty((len(rows), 2), np.float32), np.empty(len(rows), np.int64)
    line = (tracks.points, tracks.heading, tracks.curvature, tracks.speed, tracks.count)
    _decide_rows(*line, np.asarray(rows, np.int64), vehicle, s, action, cause)
    return action, cause
