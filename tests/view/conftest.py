"""A source and a driver small enough to follow by hand."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from sim.camera.lens import Lens
from sim.cells import CellGrid
from sim.driver import Driver
from sim.policy import DRIVING, Attention, Decision, Observation, PolicySpec, State
from sim.view.drive import Drive
from sim.view.moment import Culprit, Status
from sim.view.playback import Playback
from sim.view.source import Shot, View, finish


class CountingSource:
    """A world that is one number: where it is now. An action adds 1; an episode ends at `length`.

    A picture is flat: its grey is 10 x the place that it shows, which lies between the last place and the present one.
    Seen from afar, everything is white.
    """

    rate = Fraction(20)
    pictures_per_step = 3
    frame_size = (8, 16)
    observes = ("frame", "speed")
    actions = DRIVING
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
        return {"again": self.again, "next track": self.next_track, "next theme": self.next_theme}

    @property
    def views(self) -> Mapping[str, View]:
        return {"camera": self.near, "afar": lambda shot: np.full((*shot.size, 3), 255, np.uint8)}

    def again(self) -> None:
        self.before = self.now = 0

    def next_track(self) -> None:
        self.track += 1
        self.before = self.now = 0

    def next_theme(self) -> None:
        self.theme += 1

    def fit(self, spec: PolicySpec) -> None:
        self.fitted.append(spec)

    def instant(self) -> int:
        return self.now

    def observe(self, instant: int) -> Observation:
        return {
            "frame": np.full((1, 8, 16, 3), min(255, instant), np.uint8),
            "speed": np.full((1, 1), instant, np.float32),
        }

    def truth(self, instant: int) -> int:
        return instant

    def whereabouts(self, before: int, after: int, progress: float) -> None:
        return None

    def without(self, instant: int, row: int) -> int:
        """Without the object of row r the world says r more than it does."""
        return instant + row

    def fork(self, instant: int) -> "CountingSource":
        other = CountingSource(self.length)
        other.track, other.theme, other.before, other.now = self.track, self.theme, instant, instant
        return other

    def apply(self, action: np.ndarray) -> str | None:
        self.applied.append(float(action[0, 0]))
        self.before, self.now = self.now, self.now + 1
        return "route done" if self.now == self.length else None

    def near(self, shot: Shot) -> np.ndarray:
        place = shot.before + shot.progress * (shot.after - shot.before)
        picture = np.full((*shot.size, 3), min(255, round(10 * place)), np.uint8)
        finish(picture, shot)
        return picture

    def status(self, instant: int) -> Status:
        labels = {"theme": str(self.theme), "seed": str(self.track)}
        return Status(
            speed=float(instant),
            labels=labels,
            pose=(float(instant), 0.0, 0.0),
            cause="pedestrian" if self.culprit else "curve",
            culprit=self.culprit,
            steering_angle=0.1,
            completion=instant / self.length,
        )


class FollowingDriver(Driver):
    """Keeps the one cell of a 1 x 8 grid that the frame's number names; its action is that number / 100.

    It counts its decisions in its state.
    """

    def __init__(self) -> None:
        self.episodes = 0

    def initial_state(self, n: int) -> State:
        self.episodes += 1
        return {"decisions": np.zeros(n, np.int64)}

    def decide(self, observation: Observation | None, instants: Any, state: State) -> tuple[Decision, State]:
        assert observation is not None
        number = int(observation["frame"][0, 0, 0, 0])
        kept = np.zeros((1, 1, 8), bool)
        kept[0, 0, number % 8] = True
        attention = Attention(kept.astype(np.float32), CellGrid.tiling(1, 8), "selection", kept)
        after = {"decisions": state["decisions"] + 1}
        return Decision(np.array([[number / 100, 0.0]], np.float32), attention), after


@pytest.fixture
def source() -> CountingSource:
    return CountingSource()


@pytest.fixture
def driver() -> FollowingDriver:
    return FollowingDriver()


@pytest.fixture
def drive(source, driver):
    """A playback of the two, with a second driver in reserve."""
    playback = Playback(Drive(source, {"fake": lambda: driver, "other": FollowingDriver}, "fake"))
    yield playback
    playback.close()
