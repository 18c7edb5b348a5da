"""A saved drive as a source: its road, over and over."""

from sim.recorded import RecordedDrive
from sim.view.world_source import WorldSource


class ReplaySource(WorldSource):
    """The world of a saved drive. What would be the next track is the same once more."""

    def __init__(self, recorded: RecordedDrive) -> None:
        """ValueError for a drive of another world version, or in a scenario or theme that is not there."""
        recorded.worlds()
        super().__init__(recorded.facts.scenario, recorded.facts.theme, recorded.facts.seed)
        self.recorded = recorded

    def next_track(self) -> None:
        """Begin again."""
        self.begin(self.seed)
