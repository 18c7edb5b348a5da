"""What the red shows, by the truth about each pixel of the policy's frame. Pure functions."""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.scene import CLASSES
from sim.view.moment import Moment, Sight
from sim.view.overlay import pixel_alpha
from sim.view.source import Labelled, Labels

MOST = (0.05, 0.95)
"""The quantiles between which most of the red lies."""


class Reach(NamedTuple):
    """From how near to how far most of the red shows something: metres; infinite for sky and horizon."""

    near: float
    far: float


class Noticed(NamedTuple):
    """Of some decisions, in how many the object was in the frame, and in how many of these red lay on it."""

    decisions: int
    seen: int
    red: int


def red_pixels(sight: Sight) -> NDArray[np.bool_] | None:
    """(H, W): the pixels of the policy's frame on which red lies; None without a map."""
    attention = sight.decision.attention
    if attention is None:
        return None
    height, width = sight.observation["frame"].shape[1:3]
    return pixel_alpha(attention, height, width) > 0


def shown_pixels(sight: Sight) -> NDArray[np.bool_]:
    """(H, W): the pixels that show the world, and nothing that was put over it."""
    height, width = sight.observation["frame"].shape[1:3]
    if sight.hidden is None or sight.covered is None:
        return np.ones((height, width), bool)
    return ~sight.covered.covered(sight.hidden[None], height, width)[0]


def on_object(sight: Sight, labels: Labels, row: int) -> bool | None:
    """Whether red lies on the object in that row; None where it is not to be seen in the frame, or there is no map."""
    red, pixels = red_pixels(sight), (labels.instance == row + 1) & shown_pixels(sight)
    return bool(red[pixels].any()) if red is not None and pixels.any() else None


def reach(sight: Sight, labels: Labels) -> Reach | None:
    """How far ahead the red lies; None where there is none."""
    red = red_pixels(sight)
    if red is None or not red.any():
        return None
    depth = np.sort(labels.depth[red])
    near, far = (depth[round(share * (len(depth) - 1))] for share in MOST)
    return Reach(float(near), float(far))


def share_on(sight: Sight, labels: Labels, names: Collection[str]) -> tuple[float, float]:
    """The share of the red that lies on these classes, and the share of the frame that they are."""
    wanted = np.isin(labels.classes, [CLASSES.index(name) for name in names])
    red = red_pixels(sight)
    on = float(wanted[red].mean()) if red is not None and red.any() else 0.0
    return on, float(wanted.mean())


def noticed(source: Any, moments: Iterable[Moment], row: int) -> Noticed | None:
    """In how many of these decisions red lay on an object; None where that cannot be known."""
    moments = list(moments)
    if not isinstance(source, Labelled) or not all(moment.decision.attention for moment in moments):
        return None
    found = [on_object(moment.sight, source.labels(moment.sight.instant), row) for moment in moments]
    return Noticed(len(found), sum(each is not None for each in found), sum(bool(each) for each in found))
