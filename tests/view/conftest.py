"""A source and a pilot small enough to follow by hand."""

from collections.abc import Callable, Mapping
from fractions import Fraction

import numpy as np
import pytest

from sim.camera.lens import Lens
from sim.cells import CellGrid
from sim.policy import Attention, Decision, Observation, PolicySpec
from sim.view.blinding import Blinding
from sim.view.hud.text import fitted
from sim.view.pilot import Sight
from sim.view.session import Session
from sim.view.source import Culprit, Shot, Status, View, finish


class CountingSource:
    """A world that is one number: where it is now. An action adds 1; an episode ends at `length`.

    A picture is flat: its grey is 10 x the place that it shows, which lies between the last place and the present one.
    Seen from afar, everything is white.
    """

    rate = Fraction(20)
    pictures_per_step = 3
    lens = Lens(8, 16, 1.4, 1.4, 0.6)
    road = None
    culprit: Culprit | None = None

    def __init__(self, length: int = 1000) -> None:
        self.length, self.track, self.theme = length, 0, 0
        self.before = self.now = 0
        self.applied: list[float] = []
        self.fitted: list[PolicySpec] = []

    @property
    def capabilities(self) -> Mapping[str, Callable[[], None]]:
        return {"next track": self.next_track, "next theme": self.next_theme}

    @property
    def views(self) -> Mapping[str, View]:
        return {"camera": self.near, "afar": lambda shot: np.full((*shot.size, 3), 255, np.uint8)}

    def next_track(self) -> None:
        self.track += 1
        self.before = self.now = 0

    def next_theme(self) -> None:
        self.theme += 1

    def fit(self, spec: PolicySpec) -> None:
        self.fitted.append(spec)

    def observe(self) -> Observation:
        return {
            "frame": np.full((1, 8, 16, 3), min(255, self.now), np.uint8),
            "speed": np.full((1, 1), self.now, np.float32),
        }

    def observe_without(self, row: int) -> Observation:
        """Without the object of row r the world says r more than it does."""
        return {**self.observe(), "frame": self.observe()["frame"] + np.uint8(row)}

    def instant(self, alpha: float) -> None:
        return None

    def apply(self, action: np.ndarray) -> str | None:
        self.applied.append(float(action[0, 0]))
        self.before, self.now = self.now, self.now + 1
        return "route done" if self.now == self.length else None

    def near(self, shot: Shot) -> np.ndarray:
        place = self.before + shot.alpha * (self.now - self.before)
        picture = np.full((*shot.size, 3), min(255, round(10 * place)), np.uint8)
        finish(picture, shot)
        return picture

    def status(self) -> Status:
        labels = {"theme": str(self.theme), "seed": str(self.track)}
        return Status(
            speed=float(self.now),
            labels=labels,
            pose=(float(self.now), 0.0, 0.0),
            cause="pedestrian" if self.culprit else "curve",
            culprit=self.culprit,
            steering_angle=0.1,
            completion=self.now / self.length,
        )


class FollowingPilot:
    """Keeps the one cell of a 1 x 8 grid that the frame's number names; its action is that number / 100."""

    spec = None

    def __init__(self) -> None:
        self.episodes = 0
        self.carried_out = 0

    def begin(self) -> None:
        self.episodes += 1

    def decide(self, observation: Observation, blinding: Blinding | None, without: int | None = None) -> Sight:
        number = int(observation["frame"][0, 0, 0, 0])
        kept = np.zeros((1, 1, 8), bool)
        kept[0, 0, number % 8] = True
        attention = Attention(kept.astype(np.float32), CellGrid.tiling(1, 8), "selection", kept)
        hidden = None if blinding is None else blinding.hides(attention)
        return Sight(observation, Decision(np.array([[number / 100, 0.0]], np.float32), attention), hidden)

    def go_on(self) -> None:
        self.carried_out += 1


@pytest.fixture
def source() -> CountingSource:
    return CountingSource()


@pytest.fixture
def pilot() -> FollowingPilot:
    return FollowingPilot()


@pytest.fixture
def drive(source, pilot):
    """A session of the two, with a second pilot in reserve."""
    session = Session(source, {"fake": lambda: pilot, "other": FollowingPilot}, "fake")
    yield session
    session.close()


@pytest.fixture
def spoken(monkeypatch) -> list[tuple[str, str]]:
    """Every text that is written from now on, and as much of it as its room let show."""
    said: list[tuple[str, str]] = []

    def listen(words: str, size: int, room: int) -> str:
        said.append((words, fitted(words, size, room)))
        return said[-1][1]

    monkeypatch.setattr("sim.view.hud.text.fitted", listen)
    return said
