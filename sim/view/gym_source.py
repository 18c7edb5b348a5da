"""A Gymnasium environment as a source: its pictures, and nothing else, for nobody knows where anything is in it."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import cv2
import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from sim.gym_worlds import GymWorlds
from sim.policy import Observation, PolicySpec
from sim.view.actions import AGAIN, NEXT_TRACK
from sim.view.canvas import Canvases
from sim.view.moment import Status
from sim.view.source import Shot, View, Whereabouts, finish

_ROW = np.array([0])

BESIDE = 18
"""Grey of what lies beside a picture of another shape than the view's."""


class GymInstant(NamedTuple):
    """frame: (1, H, W, 3) uint8. seed, steps and score, the sum of rewards: of the episode so far."""

    frame: NDArray[np.uint8]
    seed: int
    steps: int
    score: float


class GymSource:
    """One environment to be watched. make, actions: see `sim.gym_worlds.GymWorlds`. seed: of the first episode."""

    pictures_per_step = 1
    lens, road = None, None

    def __init__(self, make: Callable[[], gym.Env], *, actions: Sequence[str] = (), seed: int = 0) -> None:
        self.worlds = GymWorlds(make, actions=actions)
        self.seed = seed
        self._canvas = Canvases()
        self._begin()

    @property
    def rate(self) -> Fraction:
        """Steps a second, as the environment says it."""
        return Fraction(1 / self.worlds.step_seconds).limit_denominator(1000)

    @property
    def frame_size(self) -> tuple[int, int]:
        """(height, width) of its pictures."""
        return self.worlds.frame_size

    @property
    def observes(self) -> tuple[str, ...]:
        """The frame alone."""
        return self.worlds.observes

    @property
    def actions(self) -> tuple[str, ...]:
        """Names of an action's components."""
        return self.worlds.actions

    @property
    def views(self) -> Mapping[str, View]:
        """What the policy gets."""
        return {"camera": self._camera}

    @property
    def capabilities(self) -> Mapping[str, Callable[[], None]]:
        """The same seed's episode again, and the next one's."""
        return {AGAIN: self._begin, NEXT_TRACK: self.next_track}

    def fit(self, spec: PolicySpec) -> None:
        """The environment's pictures are what they are: `sim.rollout.check_fit` tells where they do not fit."""

    def instant(self) -> GymInstant:
        """This picture, and how the episode goes."""
        outcome = self.worlds.outcome(0)
        frame = self.worlds.observe(_ROW)["frame"]
        return GymInstant(frame, self.seed, outcome["steps"], outcome["return"])

    def observe(self, instant: GymInstant) -> Observation:
        """The picture."""
        return {"frame": instant.frame}

    def truth(self, instant: GymInstant) -> None:
        """Nobody knows what is true there."""

    def whereabouts(self, before: object, after: object, progress: float) -> Whereabouts | None:
        """Nobody knows where anything is."""
        return None

    def apply(self, action: NDArray[np.float32]) -> str | None:
        """One step; "terminated" or "truncated" when that ended the episode."""
        self.worlds.step(action, _ROW)
        return self.worlds.outcome(0)["ended"] or None

    def status(self, instant: GymInstant) -> Status:
        """The episode, its steps and its return."""
        labels = {"seed": str(instant.seed), "steps": str(instant.steps), "return": f"{instant.score:.1f}"}
        return Status(speed=None, labels=labels)

    def next_track(self) -> None:
        """Begin the episode of the next seed."""
        self.seed += 1
        self._begin()

    def close(self) -> None:
        """Close the environment."""
        self.worlds.close()

    def _begin(self) -> None:
        self.worlds.reset(_ROW, [self.seed])

    def _camera(self, shot: Shot) -> NDArray[np.uint8]:
        """The picture as large as it fits, pixels staying pixels, with the red on what was read."""
        picture = self._canvas(shot.size)
        picture[:] = BESIDE
        frame = shot.after.frame[0]
        finish(_fitted(frame, picture), shot)
        return picture


def _fitted(frame: NDArray[np.uint8], picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The frame drawn into the middle of a picture, in its own proportions: that part of the picture."""
    scale = min(picture.shape[0] / frame.shape[0], picture.shape[1] / frame.shape[1])
    height, width = max(1, int(frame.shape[0] * scale)), max(1, int(frame.shape[1] * scale))
    top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
    part: Any = picture[top : top + height, left : left + width]
    way = cv2.INTER_NEAREST if scale > 1 else cv2.INTER_AREA
    part[:] = cv2.resize(frame, (width, height), interpolation=way)
    return part
