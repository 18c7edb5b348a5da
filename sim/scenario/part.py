"""What a scenario is made of."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from sim.scenario.actors import Traffic
from sim.scenario.site import Site

Step = Callable[[Traffic, NDArray[np.int64]], None]
"""Moves all actors of one role on by a control step, in the worlds whose rows are given."""


@runtime_checkable
class Part(Protocol):
    """Something that a scenario is made of. actors, objects, decals: the rows it needs in those tables of a world.

    step: what moves its actors; parts that share one (two `Vehicles`, say) are stepped together, once. None: it stands.
    A part whose actors have roles of one's own names these as `roles`, a tuple.
    """

    @property
    def actors(self) -> int: ...

    @property
    def objects(self) -> int: ...

    @property
    def decals(self) -> int: ...

    @property
    def step(self) -> Step | None: ...

    def place(self, site: Site) -> None:
        """Fill its rows of one world; `site` knows the road and what is taken."""
        ...
