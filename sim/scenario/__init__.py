"""What lives beside and on the road, by scenario name."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.errors import unknown
from sim.scenario import open_road
from sim.track import Tracks


@dataclass(frozen=True)
class Scenario:
    """place(tracks, row, rng, objects) fills the object table (max_objects, 9) of one world; see sim.scene."""

    max_objects: int
    max_actors: int
    max_decals: int
    place: Callable[[Tracks, int, np.random.Generator, NDArray[np.float32]], None]


SCENARIOS = {"open-road": Scenario(open_road.MAX_OBJECTS, 0, 0, open_road.place)}


def scenario(name: str) -> Scenario:
    """The scenario of that name. Raises ValueError naming the nearest known one."""
    if name not in SCENARIOS:
        raise unknown("scenario", name, SCENARIOS)
    return SCENARIOS[name]
