"""A scenario: parts that share one road, placed in order and stepped in order."""

from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from sim.scenario.actors import KIND, draw_rows
from sim.scenario.part import Instant, Part
from sim.scenario.site import Site
from sim.scene import DECAL_COLUMNS, OBJECT_COLUMNS
from sim.track import Tracks

_SALTS = 2**63


@dataclass(frozen=True)
class Scenario:
    """What lives on and beside the road. The parts find room in this order: what needs it most stands first.

    Rows of the tables: the actors of the first part, of the second, ...; each is drawn as the object of its row. Then
    the objects that never move, part by part.
    """

    parts: tuple[Part, ...]
    _firsts: dict[str, tuple[int, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for part in self.parts:
            if not isinstance(part, Part):
                raise ValueError(f"scenario part {part!r}: expected a sim.scenario.Part, such as Vehicles()")
        sizes = {name: [getattr(part, name) for part in self.parts] for name in ("actors", "objects", "decals")}
        firsts = {name: tuple(accumulate(counts, initial=0)) for name, counts in sizes.items()}
        firsts["objects"] = tuple(firsts["actors"][-1] + first for first in firsts["objects"])
        object.__setattr__(self, "_firsts", firsts)

    @property
    def max_actors(self) -> int:
        """Rows of the actor table."""
        return self._firsts["actors"][-1]

    @property
    def max_objects(self) -> int:
        """Rows of the object table."""
        return self._firsts["objects"][-1]

    @property
    def max_decals(self) -> int:
        """Rows of the decal table."""
        return self._firsts["decals"][-1]

    def place(
        self,
        tracks: Tracks,
        row: int,
        rng: np.random.Generator,
        actors: NDArray[np.float64],
        objects: NDArray[np.float32],
        decals: NDArray[np.float32],
        line: NDArray[np.float64],
    ) -> Site:
        """Fill one world's actors (A, columns), objects (M, 9), decals (D, 3) and line (count,); the finished site."""
        actors[:], objects[:], decals[:] = 0.0, 0.0, 0.0
        actors[:, KIND], objects[:, OBJECT_COLUMNS.index("kind")] = -1.0, -1.0
        decals[:, DECAL_COLUMNS.index("kind")] = -1.0
        site = Site(tracks, row, rng, line, actors, objects, decals)
        for i, part in enumerate(self.parts):
            site.actors = actors[self._rows("actors", i)]
            site.objects = objects[self._rows("objects", i)]
            site.decals = decals[self._rows("decals", i)]
            part.place(site)
        return site

    def _rows(self, table: str, part: int) -> slice:
        """A part's own rows of a table."""
        firsts = self._firsts[table]
        return slice(firsts[part], firsts[part + 1])

    def step(self, instant: Instant, objects: NDArray[np.float32]) -> None:
        """Move the actors of the worlds `instant.rows` by one control step, and draw them into objects (N, M, 9)."""
        firsts = self._firsts["actors"]
        for i, part in enumerate(self.parts):
            part.step(instant, firsts[i], firsts[i + 1])
        self.draw(instant, objects)

    def draw(self, instant: Instant, objects: NDArray[np.float32]) -> None:
        """Draw the actors of the worlds `instant.rows` into objects (N, M, 9)."""
        if self.max_actors:
            tracks, rows = instant.tracks, instant.rows
            draw_rows(tracks.points, tracks.heading, tracks.count, rows, rows, instant.actors, objects)
