"""Actors as the camera's objects."""

import math

import numpy as np
from numpy.typing import NDArray

from sim import scene
from sim.geometry import wrap_angle
from sim.jit import inner_kernel, kernel
from sim.kinds import GAIT, ROLLS, SIGNALS, WALKS, role_table
from sim.scenario.actors import (
    HEADING,
    HEIGHT,
    KIND,
    LENGTH,
    MODE,
    NONE,
    ROLE,
    SPEED,
    STROLLING,
    TINT,
    WIDTH,
    D,
    S,
)  # fmt: skip
from sim.track import Tracks, place

_STRIDE, _WHEEL = 1.5, 2.0
"""Metres that two steps take; that a wheel rolls in one turn."""


@inner_kernel
def _state(actor, gait):
    """What the camera shows of an actor's doings; see sim.scene.OBJECT_COLUMNS."""
    if gait == WALKS:
        if actor[SPEED] == 0.0:
            return -1.0
        walked = (actor[S] if actor[MODE] == STROLLING else actor[D]) / _STRIDE
        return min(walked - math.floor(walked), 0.999)  # float32 would round what is nearer 1 up to it
    if gait == ROLLS:
        turns = actor[S] / _WHEEL
        return actor[MODE] + min(turns - math.floor(turns), 0.999)
    return actor[MODE] if gait == SIGNALS else 0.0


@kernel
def _draw_rows(points, heading, count, rows, tables, roles, actors, objects):
    """As `draw_actors`; points, heading, count: of all tracks. roles: see `sim.kinds.role_table`.

    rows, tables (B,): of each world its track, and its row of actors (N, A, columns) and objects (N, M, columns).
    """
    for b in range(len(rows)):
        n = count[rows[b]]
        line, ways = points[rows[b], :n], heading[rows[b], :n]
        for a in range(actors.shape[1]):
            actor, drawn = actors[tables[b], a], objects[tables[b], a]
            if actor[ROLE] == NONE:
                drawn[scene.KIND] = -1.0
                continue
            state = _state(actor, roles[int(actor[ROLE]), GAIT])
            x, y, ahead = place(line, ways, actor[S], actor[D])
            drawn[scene.X], drawn[scene.Y], drawn[scene.YAW] = x, y, wrap_angle(ahead + actor[HEADING])
            drawn[scene.WIDTH], drawn[scene.HEIGHT], drawn[scene.LENGTH] = actor[WIDTH], actor[HEIGHT], actor[LENGTH]
            drawn[scene.KIND], drawn[scene.TINT], drawn[scene.STATE] = actor[KIND], actor[TINT], state


def draw_actors(
    tracks: Tracks,
    rows: NDArray[np.integer],
    actors: NDArray[np.float64],
    objects: NDArray[np.float32],
    tables: NDArray[np.integer] | None = None,
) -> None:
    """Write actors (K, A, columns) into the first A rows of objects (K, M, columns), for the tables `tables` (B,) of
    both, which lie on the tracks `rows` (B,); None for the tables of the same rows."""
    track = np.asarray(rows, np.int64)
    which = track if tables is None else np.asarray(tables, np.int64)
    _draw_rows(tracks.points, tracks.heading, tracks.count, track, which, role_table(), actors, objects)
