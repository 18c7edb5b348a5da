"""What a pixel shows, as far as it concerns a driver: from the camera's instances and what these are doing."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sim.kinds import ROLES
from sim.scenario.actors import MODE, ROLE

SHOWN = ("vehicle", "obstacle", "crossing", "pedestrian", "stop", "go")
"""A moving vehicle; a parked one or a cone; somebody on the way over, and anybody else; lamps not green, and green.
What a pixel shows is 1 + the index here, 0 for all else. Which role shows what: `sim.kinds.ROLES`."""


def shown(instance: NDArray[np.uint16], actors: NDArray[np.floating]) -> NDArray[np.uint8]:
    """(B, H, W): what pixels show, from their instances (B, H, W) and the actors (B, A, columns), whose objects come
    first."""
    named = _by_role_and_mode(len(ROLES))
    role, mode = actors[..., ROLE].astype(np.intp), actors[..., MODE].astype(np.intp)
    what = named[role, np.minimum(mode, named.shape[1] - 1)]
    count = actors.shape[1]
    table = np.zeros((len(actors), count + 2), np.uint8)  # nothing first, all that are no actors last
    table[:, 1 : count + 1] = what
    flat = np.minimum(instance.reshape(len(instance), -1), count + 1).astype(np.intp)
    return np.take_along_axis(table, flat, 1).reshape(instance.shape)


@lru_cache(maxsize=1)
def _by_role_and_mode(roles: int) -> NDArray[np.uint8]:
    """(roles, modes): what an actor's pixels show."""
    named = [role.shown for role in ROLES.values()]
    most = max(map(len, named))
    table = np.zeros((roles, most), np.uint8)
    for row, names in zip(table, named, strict=True):
        row[:] = [SHOWN.index(names[min(mode, len(names) - 1)]) + 1 if names else 0 for mode in range(most)]
    return table
