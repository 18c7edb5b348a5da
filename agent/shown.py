"""What a pixel shows, as far as it concerns a driver: from the camera's instances and what these are doing."""

import numpy as np
from numpy.typing import NDArray

from sim.scenario.actors import CONE, CROSSING, GREEN, LIGHT, MODE, PARKED, PEDESTRIAN, ROLE, VEHICLE

SHOWN = ("vehicle", "obstacle", "crossing", "pedestrian", "stop", "go")
"""A moving vehicle; a parked one or a cone; somebody on the way over, and anybody else; lamps not green, and green.
What a pixel shows is 1 + the index here, 0 for all else."""

MOVING, OBSTACLE, ON_THE_WAY, ASIDE, STOP, GO = range(1, len(SHOWN) + 1)


def shown(instance: NDArray[np.uint16], actors: NDArray[np.floating]) -> NDArray[np.uint8]:
    """(B, H, W): what pixels show, from their instances (B, H, W) and the actors (B, A, columns), whose objects come
    first."""
    role, mode = actors[..., ROLE], actors[..., MODE]
    is_light, is_person = role == LIGHT, role == PEDESTRIAN
    what = np.select(
        [
            role == VEHICLE,
            (role == PARKED) | (role == CONE),
            is_person & (mode == CROSSING),
            is_person,
            is_light & (mode != GREEN),
            is_light,
        ],
        [MOVING, OBSTACLE, ON_THE_WAY, ASIDE, STOP, GO],
    )
    count = actors.shape[1]
    table = np.zeros((len(actors), count + 2), np.uint8)  # nothing first, all that are no actors last
    table[:, 1 : count + 1] = what
    flat = np.minimum(instance.reshape(len(instance), -1), count + 1).astype(np.intp)
    return np.take_along_axis(table, flat, 1).reshape(instance.shape)
