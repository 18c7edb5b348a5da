"""What a scenario is made of: parts, the instant that they step, and chance without a generator."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel
from sim.scenario.site import Site
from sim.track import Tracks


class Instant(NamedTuple):
    """What the actors of the worlds `rows` (B,) see of the instant that they step from; arrays of all N worlds.

    actors (N, A, columns), which a part's step overwrites in place. ego (N, 7) see sim.vehicle; s and d (N,) m and
    heading_error (N,) rad of the ego; line (N, MAX_POINTS) m; steps (N,) so far; salt (N,) uint64, the seed's own
    number for `chance`.
    """

    rows: NDArray[np.int64]
    tracks: Tracks
    actors: NDArray[np.float64]
    ego: NDArray[np.float64]
    s: NDArray[np.float64]
    d: NDArray[np.float64]
    heading_error: NDArray[np.float64]
    line: NDArray[np.float64]
    steps: NDArray[np.int64]
    salt: NDArray[np.uint64]


@dataclass(frozen=True)
class Part:
    """One kind of thing that lives on or beside the road: how much room it needs, where it stands, how it moves.

    Subclasses are frozen dataclasses whose fields say how many, how fast, how long.
    """

    @property
    def actors(self) -> int:
        """Rows of the actor table that this part needs."""
        return 0

    @property
    def objects(self) -> int:
        """Rows of the object table that this part needs for what never moves."""
        return 0

    @property
    def decals(self) -> int:
        """Rows of the decal table that this part needs."""
        return 0

    def place(self, site: Site) -> None:
        """Put this part's things on one world: fill the site's actors, objects and decals as far as there is room."""

    def step(self, instant: Instant, first: int, last: int) -> None:
        """Move this part's actors, rows `first` to `last` of each table, by one control step."""


@kernel
def chance(salt, step, actor):
    """A number in [0, 1) that hangs on these three whole numbers alone (the finaliser of SplitMix64, Steele 2014)."""
    mixed = (
        salt + np.uint64(step) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(actor + 1) * np.uint64(0xD1B54A32D192ED03)
    )
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed = mixed ^ (mixed >> np.uint64(31))
    return float(mixed >> np.uint64(11)) * 2.0**-53
