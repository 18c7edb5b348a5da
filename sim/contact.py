"""Who touches whom, and how near it was: the ego's outline against everything that the actors are."""

import math

import numpy as np

from sim import scene
from sim import vehicle as car
from sim.geometry import world_to_vehicle
from sim.jit import inner_kernel, kernel
from sim.scenario.actors import (
    CONE,
    HEADING,
    LENGTH,
    LIGHT,
    MODE,
    NONE,
    PARKED,
    PEDESTRIAN,
    PLACE,
    RED,
    ROLE,
    SPEED,
    VEHICLE,
    WIDTH,
    D,
    S,
    way_ahead,
)  # fmt: skip

PERSON_RADIUS = 0.25
"""Metres: people are circles to the ego's outline."""

STANDING = 0.3
"""m/s: who walks into a car that hardly moves was not hit by it."""

SHORT_TIME, SHORT_WAY = 1.5, 0.75
"""A near miss: a time to collision below so many seconds, or a person within so many metres of the moving outline."""

MOVING = 2.0
"""m/s from which passing close to a person counts."""

_FAR = 200.0  # metres ahead from which nobody is about to be met
_STRAIGHT = 0.05  # m/s below which two things neither close in nor drift apart


@kernel
def boxes_touch(x, y, yaw, length, width, other_x, other_y, other_yaw, other_length, other_width):
    """Whether two oriented rectangles overlap (separating axes: those of either's sides)."""
    for one in range(2):
        if one == 1:
            x, y, yaw, length, width, other_x, other_y, other_yaw, other_length, other_width = (
                other_x, other_y, other_yaw, other_length, other_width, x, y, yaw, length, width,
            )  # fmt: skip
        forward, left = world_to_vehicle(other_x, other_y, x, y, yaw)
        cos, sin = abs(math.cos(other_yaw - yaw)), abs(math.sin(other_yaw - yaw))
        if abs(forward) > 0.5 * (length + other_length * cos + other_width * sin):
            return False
        if abs(left) > 0.5 * (width + other_length * sin + other_width * cos):
            return False
    return True


@kernel
def clearance(x, y, yaw, point_x, point_y):
    """Metres from the ego's outline at (x, y, yaw) to a point; 0 within it."""
    forward, left = world_to_vehicle(point_x, point_y, x, y, yaw)
    return math.hypot(max(abs(forward) - 0.5 * car.EGO_LENGTH, 0.0), max(abs(left) - 0.5 * car.EGO_WIDTH, 0.0))


@inner_kernel
def _touches(state, actor, drawn):
    """Whether the ego's outline touches an actor."""
    x, y, yaw = state[car.X], state[car.Y], state[car.YAW]
    role = actor[ROLE]
    if role in (VEHICLE, PARKED):
        there = drawn[scene.X], drawn[scene.Y], drawn[scene.YAW]
        return boxes_touch(x, y, yaw, car.EGO_LENGTH, car.EGO_WIDTH, *there, actor[LENGTH], actor[WIDTH])
    if role == CONE:
        return clearance(x, y, yaw, drawn[scene.X], drawn[scene.Y]) < 0.5 * actor[WIDTH]
    if role == PEDESTRIAN and state[car.SPEED] > STANDING:
        return clearance(x, y, yaw, drawn[scene.X], drawn[scene.Y]) < PERSON_RADIUS
    return False


@inner_kernel
def find_contacts(state, s, moved, lap, actors, objects, found):
    """Fill found (4,), bool: has the ego just touched a person, a vehicle, a thing; has its front passed a red light.

    moved: metres along the road in this step.
    """
    found[:] = False
    front = s + 0.5 * car.EGO_LENGTH
    for a in range(len(actors)):
        actor = actors[a]
        role = actor[ROLE]
        if role == LIGHT:
            if actor[MODE] == RED and moved > 0.0 and way_ahead(actor[PLACE], front, lap) < moved:
                found[3] = True
        elif abs(way_ahead(s, actor[S] + 0.5 * lap, lap) - 0.5 * lap) < 12.0 and _touches(state, actor, objects[a]):
            if role == PEDESTRIAN:
                found[0] = True
            elif role == CONE:
                found[2] = True
            else:
                found[1] = True


@inner_kernel
def _abreast(gap, drift, reach):
    """From when to when (s) two things overlap sideways that are `gap` metres apart now and drift (m/s) from there."""
    if abs(drift) < _STRAIGHT:
        return (-np.inf, np.inf) if abs(gap) <= reach else (np.inf, -np.inf)
    first, second = (-reach - gap) / drift, (reach - gap) / drift
    return min(first, second), max(first, second)


@kernel
def time_to_collision(state, s, d, heading_error, actors, lap):
    """Seconds until the ego would touch somebody ahead if both kept their velocities; infinite for nobody.

    Hayward, "Near miss determination through use of a scale of danger", Highway Research Record 384, 1972. Velocities
    are those along and across the road, so a car that keeps to a bend is on no collision course with its outside, and
    who has begun to steer round something, or walks out of the way in time, is in nobody's.
    """
    least = np.inf
    front, speed = s + 0.5 * car.EGO_LENGTH, state[car.SPEED]
    across = speed * math.sin(heading_error + state[car.SLIP])
    for a in range(len(actors)):
        actor = actors[a]
        role = actor[ROLE]
        if role in (NONE, LIGHT):
            continue
        length, width = actor[LENGTH], actor[WIDTH]
        if role == PEDESTRIAN:
            length = width = 2 * PERSON_RADIUS
        way = way_ahead(front, actor[S], lap) - 0.5 * length
        closing = speed - actor[SPEED] * math.cos(actor[HEADING])
        if way > _FAR or closing < _STRAIGHT:
            continue
        drift = actor[SPEED] * math.sin(actor[HEADING]) - across
        since, until = _abreast(actor[D] - d, drift, 0.5 * (car.EGO_WIDTH + width))
        meeting = max(way / closing, since, 0.0)
        if meeting <= min((way + car.EGO_LENGTH + length) / closing, until):
            least = min(least, meeting)
    return least


@kernel
def passes_close(state, s, actors, objects, lap):
    """Whether the moving ego has a person within SHORT_WAY of its outline."""
    if state[car.SPEED] < MOVING:
        return False
    for a in range(len(actors)):
        actor = actors[a]
        if actor[ROLE] == PEDESTRIAN and abs(way_ahead(s, actor[S] + 0.5 * lap, lap) - 0.5 * lap) < 8.0:
            drawn = objects[a]
            away = clearance(state[car.X], state[car.Y], state[car.YAW], drawn[scene.X], drawn[scene.Y])
            if away < SHORT_WAY + PERSON_RADIUS:
                return True
    return False
