"""A scenario: parts, placed on a road in their order and stepped in it."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kinds import INFRACTIONS, ROLES
from sim.scenario.drawn import draw_actors
from sim.scenario.part import Part, Step
from sim.scenario.site import Site
from sim.scene import DECAL_KIND, KIND
from sim.track import LANE_CENTRE, Tracks


class Furnishing(NamedTuple):
    """One world's tables, to be filled: actors (A, columns), objects (M, columns), decals (D, columns), line
    (MAX_POINTS,) and pavement (0-d)."""

    actors: NDArray[np.float64]
    objects: NDArray[np.float32]
    decals: NDArray[np.float32]
    line: NDArray[np.float64]
    pavement: NDArray[np.float32]


@dataclass(frozen=True)
class Scenario:
    """Parts, placed in their order and stepped in it: what needs its place most comes first.

    about: one line for people. Raises ValueError for what is no part.
    """

    parts: tuple[Part, ...]
    about: str = ""

    def __post_init__(self) -> None:
        for part in self.parts:
            if isinstance(part, type) or not isinstance(part, Part):
                raise ValueError(f"scenario part {part!r}: expected a part, such as Vehicles(along=3)")

    def __deepcopy__(self, memo: object) -> "Scenario":
        """Itself, since it is a value: a copied world takes the instants of its original."""
        return self

    @cached_property
    def max_actors(self) -> int:
        """Rows of the actors' table, which come first among the objects."""
        return sum(part.actors for part in self.parts)

    @cached_property
    def max_objects(self) -> int:
        """Rows of the objects' table."""
        return self.max_actors + sum(part.objects for part in self.parts)

    @cached_property
    def max_decals(self) -> int:
        """Rows of the decals' table."""
        return sum(part.decals for part in self.parts)

    @cached_property
    def infractions(self) -> tuple[str, ...]:
        """Names of what is counted: what is in every world, then what comes with the roles of its parts."""
        roles = [ROLES.row(name) for part in self.parts for name in getattr(part, "roles", ())]
        return tuple(dict.fromkeys((*INFRACTIONS, *(role.infraction for role in roles if role.infraction))))

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Each step function once."""
        return tuple(dict.fromkeys(part.step for part in self.parts if part.step is not None))

    def place(self, tracks: Tracks, row: int, rng: np.random.Generator, tables: Furnishing) -> float:
        """Furnish one world; returns the seconds that all of it may cost a careful driver."""
        for table, column in ((tables.objects, KIND), (tables.decals, DECAL_KIND)):
            table[:] = 0
            table[:, column] = -1
        tables.actors[:], tables.line[:], tables.pavement[...] = 0, LANE_CENTRE, 0
        site = Site(tracks, row, rng, tables.line, tables.pavement, *tables[:3], self.infractions)
        actor, thing, decal = 0, self.max_actors, 0
        for part in self.parts:
            site.actors = tables.actors[actor : actor + part.actors]
            site.objects = tables.objects[thing : thing + part.objects]
            site.decals = tables.decals[decal : decal + part.decals]
            part.place(site)
            actor, thing, decal = actor + part.actors, thing + part.objects, decal + part.decals
        return site.delay

    @staticmethod
    def draw(
        tracks: Tracks, rows: NDArray[np.integer], actors: NDArray[np.float64], statics: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Objects (B, M, columns) of any instants: actors (B, A, columns) on the tracks `rows` (B,), among what stands
        in `statics` (B, M, columns), whose first A rows are ignored."""
        objects = statics.copy()
        draw_actors(tracks, rows, actors, objects, np.arange(len(rows)))
        return objects
