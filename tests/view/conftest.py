"""A source and a pilot small enough to follow by hand."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from sim.policy import Attention, CellGrid, Decision, Observation
from sim.view.source import Status


class CountingSource:
    """A world that is one number: where it is now. An action adds 1; an episode ends at `length`.

    A picture is flat: its grey is 10 x the place that it shows, which lies between the last place and the present one.
    """

    def __init__(self, length: int = 1000) -> None:
        self.length, self.track, self.theme = length, 0, 0
        self.before = self.now = 0
        self.applied: list[float] = []

    @property
    def capabilities(self) -> Mapping[str, Callable[[], None]]:
        return {"next track": self.next_track, "next theme": self.next_theme}

    def next_track(self) -> None:
        self.track += 1
        self.before = self.now = 0

    def next_theme(self) -> None:
        self.theme += 1

    def observe(self) -> Observation:
        return {"frame": np.full((1, 4, 4, 3), self.now, np.uint8), "speed": np.full((1, 1), self.now, np.float32)}

    def apply(self, action: np.ndarray) -> str | None:
        self.applied.append(float(action[0, 0]))
        self.before, self.now = self.now, self.now + 1
        return "route done" if self.now == self.length else None

    def picture(self, size: tuple[int, int], alpha: float) -> np.ndarray:
        place = self.before + alpha * (self.now - self.before)
        return np.full((*size, 3), round(10 * place), np.uint8)

    def status(self) -> Status:
        labels = {"theme": str(self.theme), "seed": str(self.track)}
        return Status(float(self.now), labels, (float(self.now), 0.0, 0.0), "curve")


class FollowingPilot:
    """Keeps the one cell of a 1 x 8 grid that the frame's number names; its action is that number / 100."""

    def __init__(self) -> None:
        self.episodes = 0

    def begin(self) -> None:
        self.episodes += 1

    def decide(self, observation: Observation) -> Decision:
        number = int(observation["frame"][0, 0, 0, 0])
        kept = np.zeros((1, 1, 8), bool)
        kept[0, 0, number % 8] = True
        attention = Attention(kept.astype(np.float32), CellGrid.tiling(1, 8), "selection", kept)
        return Decision(np.array([[number / 100, 0.0]], np.float32), attention)


@pytest.fixture
def source() -> CountingSource:
    return CountingSource()


@pytest.fixture
def pilot() -> FollowingPilot:
    return FollowingPilot()
