"""Who touches whom, and how near it was: the ego's outline against everything that the actors are."""

import math

import numpy as np

from sim import scene
from sim import vehicle as car
from sim.geometry import world_to_vehicle
from sim.jit import inner_kernel, kernel
from sim.kinds import BOX, GAIT, INFRACTION, MANNER, NO_OUTLINE, OUTLINE, RADIUS, STOP, WALKS
from sim.scenario.actors import (
    HEADING,
    LENGTH,
    MODE,
    PLACE,
    RED,
    ROLE,
    SPEED,
    WIDTH,
    D,
    S,
    way_ahead,
)  # fmt: skip

STANDING = 0.3
"""m/s: who walks into a car that hardly moves was not hit by it."""

SHORT_TIME = 1.5
"""Seconds: a shorter time to collision is a near miss."""
SHORT_WAY = 0.75
"""Metres: a person nearer to the moving outline is a near miss."""

MOVING = 2.0
"""m/s from which passing close to a person counts."""

_FAR = 200.0  # metres ahead from which nobody is about to be met
_STRAIGHT = 0.05  # m/s below which two things neither close in nor drift apart


@kernel
def boxes_touch(x, y, yaw, length, width, other_x, other_y, other_yaw, other_length, other_width):
    """Whether two oriented rectangles overlap (separating axes: those of either's sides).

    x, y: of the middle, metres; yaw: radians; length, width: metres; other_x, other_y, other_yaw, other_length,
    other_width: the same of the other.
    """
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
def _touches(state, actor, role, drawn):
    """Whether the ego's outline touches an actor; role: its row of the table of roles."""
    if role[GAIT] == WALKS and state[car.SPEED] <= STANDING:
        return False
    x, y, yaw = state[car.X], state[car.Y], state[car.YAW]
    if role[OUTLINE] == BOX:
        there = drawn[scene.X], drawn[scene.Y], drawn[scene.YAW]
        return boxes_touch(x, y, yaw, car.EGO_LENGTH, car.EGO_WIDTH, *there, actor[LENGTH], actor[WIDTH])
    radius = role[RADIUS] if role[RADIUS] > 0.0 else 0.5 * actor[WIDTH]
    return clearance(x, y, yaw, drawn[scene.X], drawn[scene.Y]) < radius


@inner_kernel
def find_contacts(state, s, moved, lap, actors, objects, roles, found):
    """Set found (infractions,) where the ego has just touched somebody or something, or passed a red light; returns
    whether it has touched anything.

    state: the ego's. s: metres along the road; moved: of these in this step. lap: metres. actors, objects: one world's.
    roles: `sim.kinds.role_table` of these worlds.
    """
    crashed = False
    front = s + 0.5 * car.EGO_LENGTH
    for a in range(len(actors)):
        actor = actors[a]
        role = roles[int(actor[ROLE])]
        if role[MANNER] == STOP:
            if actor[MODE] == RED and moved > 0.0 and way_ahead(actor[PLACE], front, lap) < moved:
                found[int(role[INFRACTION])] = True
        elif role[OUTLINE] == NO_OUTLINE or abs(way_ahead(s, actor[S] + 0.5 * lap, lap) - 0.5 * lap) >= 12.0:
            continue
        elif _touches(state, actor, role, objects[a]):
            found[int(role[INFRACTION])] = True
            crashed = True
    return crashed


@inner_kernel
def _abreast(gap, drift, reach):
    """From when to when (s) two things overlap sideways that are `gap` metres apart now and drift (m/s) from there."""
    if abs(drift) < _STRAIGHT:
        return (-np.inf, np.inf) if abs(gap) <= reach else (np.inf, -np.inf)
    first, second = (-reach - gap) / drift, (reach - gap) / drift
    return min(first, second), max(first, second)


@kernel
def time_to_collision(state, s, d, heading_error, actors, roles, lap):
    """Seconds until the ego would touch somebody ahead if both kept their velocities; infinite for nobody.

    Hayward, "Near miss determination through use of a scale of danger", Highway Research Record 384, 1972. Velocities
    are those along and across the road, so a car that keeps to a bend is on no collision course with its outside, and
    who has begun to steer round something, or walks out of the way in time, is in nobody's.

    state: the ego's, at s, d (m) and heading_error (rad) against the road. actors: one world's. roles: see
    `sim.kinds.role_table`. lap: metres.
    """
    least = np.inf
    front, speed = s + 0.5 * car.EGO_LENGTH, state[car.SPEED]
    across = speed * math.sin(heading_error + state[car.SLIP])
    for a in range(len(actors)):
        actor = actors[a]
        role = roles[int(actor[ROLE])]
        if role[OUTLINE] == NO_OUTLINE:
            continue
        length, width = actor[LENGTH], actor[WIDTH]
        if role[RADIUS] > 0.0:
            length = width = 2 * role[RADIUS]
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
def passes_close(state, s, actors, objects, roles, lap):
    """Whether the moving ego, state at s (m), has somebody who walks within SHORT_WAY of its outline.

    actors, objects: one world's. roles: see `sim.kinds.role_table`. lap: metres.
    """
    if state[car.SPEED] < MOVING:
        return False
    for a in range(len(actors)):
        actor = actors[a]
        role = roles[int(actor[ROLE])]
        if role[GAIT] == WALKS and abs(way_ahead(s, actor[S] + 0.5 * lap, lap) - 0.5 * lap) < 8.0:
            drawn = objects[a]
            away = clearance(state[car.X], state[car.Y], state[car.YAW], drawn[scene.X], drawn[scene.Y])
            if away < SHORT_WAY + role[RADIUS]:
                return True
    return False
