"""Actors: whatever moves, changes or stands in the way, as one table a world, (A, len(ACTOR_COLUMNS)) float64.

Actors live in lane coordinates. Row a of a world's actors is drawn as row a of its objects, so an instance id is a + 1.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.jit import inner_kernel, kernel
from sim.kinds import ROLES
from sim.scene import LIGHT_PHASES

ACTOR_COLUMNS = (
    *("role", "kind", "s", "d", "heading", "speed", "acceleration", "length", "width", "height"),
    *("tint", "mode", "timer", "wish", "place", "chance"),
)
"""Columns of an actor.

role, kind: ids of ROLES and KINDS of sim.kinds. s, d: metres, of the middle. heading: radians against the
road's direction (0 with +s, pi oncoming, +pi/2 walking to the left). speed (m/s) along the heading, acceleration m/s2.
length, width, height: metres. tint: see sim.scene. mode: a light's index into sim.scene.LIGHT_PHASES; a pedestrian's
into WALKS; a vehicle's, driving or parked, into sim.scene.LAMPS. timer: seconds left of a light's phase, of a
pedestrian's rest, of a vehicle's drive until it halts (below 0: of its halt). wish: the speed that it would like, m/s.
place: s in metres of the stop line that a light belongs to, or of the middle of a pedestrian's crossing (-1: none).
chance: drawn from the seed, in [0, 1); all later chance is a hash of it.
"""

ROLE, KIND, S, D, HEADING, SPEED, ACCELERATION, LENGTH, WIDTH, HEIGHT = range(10)
TINT, MODE, TIMER, WISH, PLACE, CHANCE = range(10, 16)
assert len(ACTOR_COLUMNS) == 16

NONE, VEHICLE, PARKED, CONE, LIGHT, PEDESTRIAN = map(
    ROLES.index, ("none", "vehicle", "parked", "cone", "light", "pedestrian")
)
GREEN, AMBER, RED = range(len(LIGHT_PHASES))

WALKS = ("strolling", "waiting", "crossing")
"""A pedestrian strolls along the pavement, waits at a kerb, or is on the way over a crossing."""

STROLLING, WAITING, CROSSING = range(len(WALKS))


class Traffic(NamedTuple):
    """What the step functions work on: K worlds' actors, and what they react to.

    actors (K, A, columns). ego (3, K): s, d in metres and speed in m/s of the ego. line, profile (K, MAX_POINTS): the d
    that clears what stands in the way, and the expert's speed, at each sample of the track. samples (K,): how many of
    these there are. length (K,) m, the lap. steps (K,) control steps since the reset.
    roles: see `sim.kinds.role_table`.
    """

    actors: NDArray[np.float64]
    ego: NDArray[np.float64]
    line: NDArray[np.float64]
    profile: NDArray[np.float64]
    samples: NDArray[np.int64]
    length: NDArray[np.float64]
    steps: NDArray[np.int64]
    roles: NDArray[np.float64]


@inner_kernel
def way_ahead(start, end, lap):
    """Metres from s = start on to s = end of a lap, in [0, lap)."""
    way = end - start
    return way - lap * np.floor(way / lap)


@kernel
def hashed(chance, step, salt):
    """A number in [0, 1) from a hash: chance hangs on the seed and the step alone, not on which worlds are stepped."""
    h = np.uint64(chance * 4294967296.0) * np.uint64(0x9E3779B97F4A7C15)
    h = h + np.uint64(step) * np.uint64(0xD1B54A32D192ED03)
    h = (h + np.uint64(salt)) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(31))) * np.uint64(0x94D049BB133111EB)
    return float((h ^ (h >> np.uint64(29))) >> np.uint64(11)) / 9007199254740992.0
