"""A passenger car as a single-track model, for many cars at once.

Model: CommonRoad, "Vehicle Models and Cost Functions" (Althoff, Koschi, Manzinger: CommonRoad, IEEE IV 2017), section
"Single-Track Model (ST)"; parameters of its vehicle 2, a BMW 320i. Differences, all for robustness: the lateral pair
(yaw rate, slip) is integrated by backward Euler, because it is stiff at low speed; tyre forces saturate at the limit of
friction; the longitudinal acceleration keeps within the friction circle; the kinematic model takes over at LOW_SPEED.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim.geometry import wrap_angle
from sim.jit import inner_kernel, kernel

X, Y, STEERING_ANGLE, SPEED, YAW, YAW_RATE, SLIP = range(7)
"""Columns of a state (N, 7): metres, metres, rad, m/s, rad, rad/s, rad (+ left); of the centre of gravity."""

CONTROL_STEP = 0.05
"""Seconds between two actions (20 Hz)."""

SUB_STEP = 0.01
"""Seconds of one step of integration."""

MAX_STEERING_ANGLE = 0.5
"""rad at the front wheels; what action steer 1.0 asks for."""

MAX_STEERING_RATE = 0.4
"""rad/s (CommonRoad vehicle 2)."""

MAX_THROTTLE = 4.0
MAX_BRAKE = 8.0
"""m/s2 that pedal +1 and -1 ask for; the throttle fades with the square of the speed to nothing at TOP_SPEED."""

TOP_SPEED = 25.0
"""m/s."""

LOW_SPEED = 0.5
"""m/s, below which the kinematic model holds: the tyre model divides by the speed."""

GRAVITY = 9.81
"""m/s2."""
MASS = 1093.295
"""kg (CommonRoad vehicle 2, as all that follow)."""
YAW_INERTIA = 1791.599
"""kg m2."""
TO_FRONT, TO_REAR = 1.15618957, 1.42268345
"""Metres from the centre of gravity to each axle."""
HEIGHT = 0.57456
"""Metres from the ground to the centre of gravity."""
FRICTION = 1.0489
"""Coefficient between tyres and road."""
STIFFNESS = 20.898
"""1/rad, cornering stiffness of both axles per unit of friction and load."""

EGO_LENGTH, EGO_WIDTH = 4.508, 1.610
"""Metres, of the outline about the centre (CommonRoad vehicle 2)."""

WHEELBASE = TO_FRONT + TO_REAR
"""Metres."""


@inner_kernel
def throttle_limit(speed):
    """m/s2 that the full throttle gives at a speed in m/s."""
    return MAX_THROTTLE * max(0.0, 1.0 - (speed / TOP_SPEED) ** 2)


@inner_kernel
def _longitudinal(state, pedal):
    """The acceleration in m/s2 that a pedal in [-1, 1] gives, within the friction circle."""
    wanted = pedal * (throttle_limit(state[SPEED]) if pedal > 0.0 else MAX_BRAKE)
    lateral = state[SPEED] * state[YAW_RATE]
    grip = math.sqrt(max(0.0, (FRICTION * GRAVITY) ** 2 - lateral**2))
    return min(max(wanted, -grip), grip)


@inner_kernel
def _axle_stiffness(slip_angle, load):
    """Secant stiffness in N/rad: force over slip angle of a tyre whose force nears FRICTION x load (N) from below."""
    return FRICTION * load * STIFFNESS / math.sqrt(1.0 + (STIFFNESS * slip_angle) ** 2)


@inner_kernel
def _kinematic_turn(state):
    """(yaw rate, slip) of wheels that roll where they point."""
    slip = math.atan(math.tan(state[STEERING_ANGLE]) * TO_REAR / WHEELBASE)
    return state[SPEED] * math.sin(slip) / TO_REAR, slip


@inner_kernel
def _dynamic_turn(state, acceleration, dt):
    """(yaw rate, slip) after dt seconds, by backward Euler on the tyres' secant stiffnesses.

    With z = (yaw rate, slip): z' = A z + b, so (I - dt A) z_next = z + dt b. All damping terms of A are positive
    stiffnesses over the speed, which is what lets the step be long beside the time constant at low speed.
    """
    speed, angle, rate, slip = state[SPEED], state[STEERING_ANGLE], state[YAW_RATE], state[SLIP]
    front_load = MASS * (GRAVITY * TO_REAR - acceleration * HEIGHT) / WHEELBASE
    rear_load = MASS * (GRAVITY * TO_FRONT + acceleration * HEIGHT) / WHEELBASE
    front = _axle_stiffness(angle - slip - TO_FRONT * rate / speed, front_load)
    rear = _axle_stiffness(TO_REAR * rate / speed - slip, rear_load)
    coupling = TO_FRONT * front - TO_REAR * rear
    rate_rate = -(TO_FRONT**2 * front + TO_REAR**2 * rear) / (YAW_INERTIA * speed)
    rate_slip = -coupling / YAW_INERTIA
    slip_rate = -coupling / (MASS * speed**2) - 1.0
    slip_slip = -(front + rear) / (MASS * speed)
    rate_known = rate + dt * TO_FRONT * front * angle / YAW_INERTIA
    slip_known = slip + dt * front * angle / (MASS * speed)
    a, b, c, d = 1.0 - dt * rate_rate, -dt * rate_slip, -dt * slip_rate, 1.0 - dt * slip_slip
    determinant = a * d - b * c
    return (d * rate_known - b * slip_known) / determinant, (a * slip_known - c * rate_known) / determinant


@kernel
def _advance(state, steer, pedal, dt):
    """Advance one state (7,) by a sub-step of dt seconds, in place; the actual acceleration in m/s2."""
    target = min(max(steer, -1.0), 1.0) * MAX_STEERING_ANGLE
    reach = MAX_STEERING_RATE * dt
    state[STEERING_ANGLE] += min(max(target - state[STEERING_ANGLE], -reach), reach)
    speed = state[SPEED]
    wanted = _longitudinal(state, min(max(pedal, -1.0), 1.0))
    state[SPEED] = max(0.0, speed + dt * wanted)
    acceleration = (state[SPEED] - speed) / dt
    if state[SPEED] < LOW_SPEED:
        rate, slip = _kinematic_turn(state)
    else:
        rate, slip = _dynamic_turn(state, acceleration, dt)
    course = state[YAW] + 0.5 * dt * rate + slip
    mean_speed = 0.5 * (speed + state[SPEED])
    state[X] += dt * mean_speed * math.cos(course)
    state[Y] += dt * mean_speed * math.sin(course)
    state[YAW] += dt * rate
    state[YAW_RATE], state[SLIP] = rate, slip
    return acceleration


@kernel
def advance(state, steer, pedal, dt):
    """Advance one state (7,) by dt seconds, in place, actions clipped; returns the mean acceleration in m/s2."""
    before = state[SPEED]
    for _ in range(round(dt / SUB_STEP)):
        _advance(state, steer, pedal, SUB_STEP)
    state[YAW] = wrap_angle(state[YAW])
    state[SLIP] = wrap_angle(state[SLIP])  # a car that spins slides backwards, then sideways again
    return (state[SPEED] - before) / dt


@kernel
def _step(state, action, dt, acceleration):
    for i in range(len(state)):
        acceleration[i] = advance(state[i], float(action[i, 0]), float(action[i, 1]), dt)


def step(state: NDArray[np.float64], action: NDArray[np.floating], dt: float = CONTROL_STEP) -> NDArray[np.float64]:
    """Advance states (N, 7) in place by dt seconds under actions (N, 2): steer (+ left) and pedal (+ throttle).

    Returns the mean longitudinal acceleration (N,) in m/s2. dt is a whole multiple of SUB_STEP; actions are clipped to
    [-1, 1].
    """
    acceleration = np.empty(len(state))
    _step(state, action, dt, acceleration)
    return acceleration
