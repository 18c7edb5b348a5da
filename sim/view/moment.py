"""One moment of a drive, as values: what is known, what was decided on what, and the state that it was decided from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.cells import Cells
from sim.policy import Attention, Decision, Observation, State
from sim.view.settings import Settings


class Culprit(NamedTuple):
    """The cause object: what the expert drives by.

    row: of the world's objects; its instance id in pictures is row + 1. kind: one of `sim.kinds.KINDS`.
    distance: metres from the middle of the car's front to its outline. place: x, y in metres.
    """

    row: int
    kind: str
    distance: float
    place: tuple[float, float]


@dataclass(frozen=True)
class Status:
    """What a source knows of an instant; None where it cannot know.

    speed: m/s. labels: name -> text. pose: x, y (m) and yaw (rad). cause: what the expert drives by, one of
    `sim.kinds.CAUSES`; culprit: the object that is the cause, None where none is. steering_angle: rad at the front
    wheels, + left. completion: share of the route, and score: the driving score so far, both in [0, 1]. infractions:
    name -> count of those that occurred. objects: (M, 9), see `sim.scene`.
    """

    speed: float | None
    labels: Mapping[str, str]
    pose: tuple[float, float, float] | None = None
    cause: str | None = None
    culprit: Culprit | None = None
    steering_angle: float | None = None
    completion: float | None = None
    score: float | None = None
    infractions: Mapping[str, int] = field(default_factory=dict)
    objects: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class Sight:
    """What was decided, and on what. instant: of the source, that the frame shows.

    hidden: (h, w) bool, which of the cells `covered` were overwritten in it; None for none. These are the cells of the
    map of the frame as it was: boxes have moved since. after: the driver's recurrent state after the decision.
    """

    observation: Observation
    decision: Decision
    instant: Any = None
    hidden: NDArray[np.bool_] | None = None
    covered: Cells | None = None
    after: State = None


class Comparison(NamedTuple):
    """One instant, one driver in one state: what is decided with the cause object there, and without it."""

    with_it: Sight
    without_it: Sight


@dataclass(frozen=True, eq=False)
class Moment:
    """An exact pair: what was observed, and what was decided on it before it is applied. `step` counts from 0.

    instant: of the source, and state: the driver's before the decision; from the two the drive can be gone on with.
    sight: what is acted on. action: (A,) what is applied: the decision's, or a person's at the wheel. comparison: with
    the cause object and without it, where that was asked for.
    """

    step: int
    instant: Any
    state: State
    status: Status
    sight: Sight
    action: NDArray[np.float32]
    comparison: Comparison | None = None

    @property
    def observation(self) -> Observation:
        """What was decided on."""
        return self.sight.observation

    @property
    def decision(self) -> Decision:
        """The driver's, whoever was at the wheel."""
        return self.sight.decision

    @property
    def hidden(self) -> NDArray[np.bool_] | None:
        """(h, w) cells of the map's grid that were overwritten in the observation."""
        return self.sight.hidden

    def shown(self, settings: Settings) -> Sight:
        """What belongs to a picture of this moment: that of the world as it is, or without the cause object."""
        return self.comparison.without_it if settings.without and self.comparison else self.sight


def red(sight: Sight, settings: Settings) -> Attention | None:
    """The map that is painted; None for no red."""
    return shown_map(sight, settings) if settings.red else None


def shown_map(sight: Sight, settings: Settings) -> Attention | None:
    """The map that a picture is painted by, in red or as a spotlight; None where it is painted by none."""
    attention = sight.decision.attention if settings.red or settings.spotlight else None
    head = head_alone(attention, settings)
    return attention if attention is None or head is None else _head(attention, head)


@lru_cache(maxsize=4)
def _head(attention: Attention, number: int) -> Attention:
    """The same value for all pictures of a moment: what is worked out for one serves the others."""
    return attention.head(number)


def head_alone(attention: Attention | None, settings: Settings) -> int | None:
    """Which head of the map is painted alone; None for all together, and for maps that have no such head."""
    heads = () if attention is None else soft_heads(attention)
    return settings.head if settings.head in heads else None


def soft_heads(attention: Attention) -> range:
    """The heads that can be painted alone: one of a selection would be painted where nothing was read."""
    return range(0 if attention.heads is None or attention.kind == "selection" else attention.heads.shape[1])
