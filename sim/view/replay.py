"""A saved drive as a source: its road, over and over."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from sim.recorded import RecordedDrive
from sim.view.actions import AGAIN, NEXT_THEME
from sim.view.world_source import WorldSource
from sim.world import ENDINGS


class ReplaySource(WorldSource):
    """The world of a saved drive, whose actions belong to this road alone."""

    def __init__(self, recorded: RecordedDrive) -> None:
        """ValueError for a drive of another world version, or in a scenario or theme that is not there."""
        recorded.worlds()
        super().__init__(recorded.facts.scenario, recorded.facts.theme, recorded.facts.seed)
        self.recorded = recorded

    @property
    def capabilities(self) -> Mapping[str, Callable[[], None]]:
        """The same again, and in another light: what is driven stays the same."""
        return {AGAIN: self.again, NEXT_THEME: self.next_theme}

    def apply(self, action: NDArray[np.float32]) -> str | None:
        """One control step. It ends where the drive ended: the evaluator's worlds know no walls."""
        super().apply(action)
        return ENDINGS[self._instant.world.ending[0]] or None
