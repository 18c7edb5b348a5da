"""What lives beside and on the road: scenarios, composed of parts. docs/scenarios.md shows how to make one."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from sim.kinds import INFRACTIONS, ROLES
from sim.lookup import named
from sim.scenario.actors import Traffic
from sim.scenario.buildings import Billboards, Buildings, Pavement, StreetLamps
from sim.scenario.drawn import draw_actors
from sim.scenario.lights import Lights
from sim.scenario.obstacles import Cones, ParkedCars
from sim.scenario.people import Crossings, Strollers
from sim.scenario.roadside import Roadside
from sim.scenario.site import Site
from sim.scenario.vehicles import Vehicles
from sim.scene import DECAL_KIND, KIND
from sim.track import LANE_CENTRE, Tracks

__all__ = [
    "SCENARIOS",
    "Billboards",
    "Buildings",
    "Cones",
    "Crossings",
    "Furnishing",
    "Lights",
    "ParkedCars",
    "Part",
    "Pavement",
    "Roadside",
    "Scenario",
    "StreetLamps",
    "Strollers",
    "Vehicles",
    "name_of",
    "scenario",
]

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


ROADSIDE = Roadside()
TRAFFIC = (Cones(2), ParkedCars(3), Vehicles(along=3, oncoming=5))

SCENARIOS = {
    "open-road": Scenario((ROADSIDE,), "an empty road"),
    "traffic": Scenario((*TRAFFIC, ROADSIDE), "cars ahead and oncoming, parked cars, cones"),
    "town": Scenario(
        (
            *(Crossings(3), Lights(4), Cones(1), ParkedCars(2, most=2)),
            *(Vehicles(along=2, oncoming=5, wish=(8.0, 12.0)), Strollers(8), Pavement()),
            *(StreetLamps(), Billboards(), Buildings(), Roadside(160, clear=7.4, posts=False, signs_at=6.2)),
        ),
        "traffic, lights, zebra crossings with people, houses",
    ),
}


def scenario(wanted: str | Scenario) -> Scenario:
    """The scenario of that name, of one's own as `sim.lookup.named` has it, or the one that is given. ValueError in one
    line for what is none."""
    return named("scenario", wanted, SCENARIOS, Scenario)


def name_of(wanted: str | Scenario) -> str:
    """What to call a scenario to people: its name where it has one, else what it is about."""
    names = (name for name, known in SCENARIOS.items() if wanted in (name, known))
    return next(names, "") or (wanted if isinstance(wanted, str) else wanted.about or "without a name")
