"""One driver's episodes, and what is worked out from them."""

from dataclasses import dataclass
from typing import Any

from sim.metrics import driving_score, figures, score
from sim.rollout import Episode

WHOLE = "all"
"""Beside the themes' names: all episodes."""


@dataclass(frozen=True)
class Drives:
    """One driver's episodes; a control is a driver that must fail. simulated: in the simulator's own worlds."""

    episodes: list[Episode]
    control: bool = False
    simulated: bool = True

    def scores(self) -> dict[str, dict[str, Any]]:
        """`sim.metrics.score` of all episodes, and of each theme's; of other worlds `sim.metrics.figures` of all."""
        if not self.simulated:
            return {WHOLE: figures(self.episodes)}
        themes = sorted({each["theme"] for each in self.episodes})
        by_theme = {theme: [each for each in self.episodes if each["theme"] == theme] for theme in themes}
        return {WHOLE: score(self.episodes)} | {theme: score(some) for theme, some in by_theme.items()}

    def summaries(self) -> list[dict[str, Any]]:
        """Every drive in a few figures, for the report."""
        return [_summary(each) if self.simulated else _told(each) for each in self.episodes]


def _told(episode: Episode) -> dict[str, Any]:
    """One drive as its worlds tell of it."""
    return {"seed": episode.seed, "ended": episode.ended, "duration": episode.duration}


def _summary(episode: Episode) -> dict[str, Any]:
    names = ("theme", "route_completion", "distance", "infractions", "off_road_share")
    return _told(episode) | {name: episode[name] for name in names} | {"driving_score": driving_score(episode)}
