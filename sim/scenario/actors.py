"""Actors: whatever moves, changes or stands in the way, as one table a world, (A, len(ACTOR_COLUMNS)) float64.

Actors live in lane coordinates. Row a of a world's actors is drawn as row a of its objects, so an instance id is a + 1.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel
from sim.track import Tracks, place

ROLES = ("none", "vehicle", "parked", "cone", "light", "pedestrian")
"""What an actor is to others; a role's id is the index here. `none` is an empty row."""

ACTOR_COLUMNS = (
    *("role", "kind", "s", "d", "heading", "speed", "acceleration", "length", "width", "height"),
    *("tint", "mode", "timer", "wish", "place"),
)
"""Columns of an actor.

role: an index into ROLES. kind: into sim.scene.OBJECT_KINDS. s, d: metres, of the middle. heading: radians against the
road's direction (0 with +s, pi oncoming, +pi/2 walking to the left). speed (m/s) along the heading, acceleration m/s2.
length, width, height: metres. tint: see sim.scene. mode: a light's index into sim.scene.LIGHT_PHASES; a pedestrian's
into WALKS; a vehicle's brake lights, 0 or 1. timer: seconds that a light or a pedestrian has been in that mode; seconds
that a vehicle still means to stand, 0 while it drives. wish: m/s on a free straight of a vehicle, of a pedestrian who
walks; seconds that a light's phase lasts. place: s in metres of the stop line that a light belongs to, or of the middle
of a pedestrian's crossing (-1: none).
"""

ROLE, KIND, S, D, HEADING, SPEED, ACCELERATION, LENGTH, WIDTH, HEIGHT = range(10)
TINT, MODE, TIMER, WISH, PLACE = range(10, 15)
assert len(ACTOR_COLUMNS) == 15

WALKS = ("strolling", "waiting", "crossing")
"""A pedestrian strolls along the pavement, waits at a kerb, or is on the way over a crossing."""

NOBODY, VEHICLE, PARKED, CONE, LIGHT, PEDESTRIAN = range(len(ROLES))
STROLLING, WAITING, CROSSING = range(len(WALKS))

STRIDE = 1.4
"""Metres that a pedestrian walks in one cycle of the legs."""


@kernel
def _state(actor):
    """What sim.scene's column `state` says of an actor."""
    if actor[ROLE] != PEDESTRIAN:
        return actor[MODE]
    if actor[SPEED] == 0.0:
        return -1.0
    walked = actor[S] * math.cos(actor[HEADING]) + actor[D] * math.sin(actor[HEADING])
    return min(walked / STRIDE % 1.0, 0.999)  # float32 would round what is nearer 1 up to it


@kernel
def draw_rows(points, heading, count, tracks, rows, actors, objects):
    """Write actors[rows[b]] on track tracks[b] into the first rows of objects[rows[b]], for each b."""
    for b in range(len(rows)):
        row, n = rows[b], count[tracks[b]]
        line, course = points[tracks[b], :n], heading[tracks[b], :n]
        for a in range(actors.shape[1]):
            actor, thing = actors[row, a], objects[row, a]
            if actor[ROLE] == NOBODY:
                thing[:] = 0.0
                thing[4] = -1.0
                continue
            x, y, ahead = place(line, course, actor[S], actor[D])
            yaw = ahead + actor[HEADING]
            thing[0], thing[1], thing[2], thing[3] = x, y, actor[WIDTH], actor[HEIGHT]
            thing[4], thing[5], thing[6] = actor[KIND], actor[TINT], math.atan2(math.sin(yaw), math.cos(yaw))
            thing[7], thing[8] = actor[LENGTH], _state(actor)


def draw(
    tracks: Tracks, rows: NDArray[np.integer], actors: NDArray[np.floating], objects: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Put actors (B, A, columns) on tracks `rows` (B,) into the first A rows of objects (B, M, 9), and return these.

    For any instant, not only the present one of some world; the objects after the first A are left as they are.
    """
    track = np.asarray(rows, np.int64)
    draw_rows(tracks.points, tracks.heading, tracks.count, track, np.arange(len(track)), actors, objects)
    return objects
