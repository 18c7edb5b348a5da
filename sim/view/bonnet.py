"""The car's own bonnet at the lower edge of a driver's view, for people only: no policy's frame ever shows it."""

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.theme import COLOURS, LOOK_FIELDS
from sim.view.ego_model import ALBEDO, PAINT

Outline = NDArray[np.float64]
"""Corners (n, 2)."""

TOP = 0.875
"""Row of the bonnet's far edge in the middle, as a share of the picture's height."""

MIDDLE = 0.60
"""How broad the far edge is, as a share of the picture's width."""

FOOT = 1.16
"""How broad it is at the picture's lower edge, as a share of the picture's width."""

SCUTTLE = 0.972
"""Of the picture's height: from here down the dark below the windscreen begins, where the wipers lie."""

KEPT = 8
"""Looks and sizes that are kept ready."""


class Layer:
    """What lies on a picture of this size from row `top` down: colours (h, W, 3), their shares (h, W) and the rest."""

    def __init__(self, size: tuple[int, int], look: NDArray[np.float32]) -> None:
        height, width = size
        self.top = int((TOP - 0.01) * height)
        shape = (height - self.top, width)
        body, dark, ridge = (_mask(shape, size, outlines) for outlines in ([_body()], [_scuttle()], _creases()))
        down = np.linspace(0.0, 1.0, shape[0], dtype=np.float32)[:, None]
        aside = np.abs(np.linspace(-1.0, 1.0, width, dtype=np.float32))[None]
        sky = np.clip(1.15 - 2.4 * down, 0, 1) * (1 - 0.5 * aside) * 0.55 + 0.12 * ridge
        light = _daylight(look)
        paint = ALBEDO[PAINT] * _colour(look, "marking") * light
        colour = paint * (0.86 - 0.34 * down[..., None]) * (1 - 0.30 * aside[..., None] ** 2)
        colour = colour + (_colour(look, "haze") * light - colour) * sky[..., None]
        colour = colour * (1 - 0.88 * dark[..., None])
        self.colour = np.clip(np.round(colour), 0, 255).astype(np.uint8)
        self.share, self.rest = body, 1 - body


def draw_bonnet(picture: NDArray[np.uint8], look: NDArray[np.float32]) -> None:
    """Lay the bonnet over a picture (H, W, 3) of a world with this look."""
    layer = _layer((picture.shape[0], picture.shape[1]), look.tobytes())
    behind = picture[layer.top :]
    behind[:] = cv2.blendLinear(layer.colour, behind, layer.share, layer.rest)


@lru_cache(KEPT)
def _layer(size: tuple[int, int], look: bytes) -> Layer:
    return Layer(size, np.frombuffer(look, np.float32))


def _colour(look: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    """One of the look's colours, in [0, 255]."""
    first = 3 * COLOURS.index(name)
    return look[first : first + 3]


def _daylight(look: NDArray[np.float32]) -> float:
    """The share of the day's light that falls on the bonnet: next to none where headlamps light the road."""
    exposure, lamps = (float(look[LOOK_FIELDS.index(name)]) for name in ("exposure", "headlights"))
    return exposure * (1 - 0.9 * lamps)


def _mask(shape: tuple[int, int], size: tuple[int, int], outlines: Sequence[Outline]) -> NDArray[np.float32]:
    """How much of each pixel of the lower rows (h, W) lies within outlines, whose x and y are shares of the picture."""
    scale = 4
    canvas = np.zeros((shape[0] * scale, shape[1] * scale), np.uint8)
    for outline in outlines:
        points = outline * [size[1] * scale, size[0] * scale] - [0, (size[0] - shape[0]) * scale]
        cv2.fillPoly(canvas, [np.round(points).astype(np.int32)], 255)
    return np.asarray(cv2.resize(canvas, shape[::-1], interpolation=cv2.INTER_AREA) / 255, np.float32)


def _body() -> Outline:
    """The bonnet: an arched far edge, from which it widens down to the picture's lower edge."""
    x = np.linspace(-1.0, 1.0, 61)
    arch = np.stack([0.5 + 0.5 * MIDDLE * x, TOP + 0.012 * x**2 + 0.028 * x**8], axis=1)
    foot = np.array([[0.5 + 0.5 * FOOT, 1.02], [0.5 - 0.5 * FOOT, 1.02]])
    return np.concatenate([arch, foot])


def _scuttle() -> Outline:
    """The dark below the windscreen."""
    x = np.linspace(-1.0, 1.0, 41)
    edge = np.stack([0.5 + 0.62 * x, SCUTTLE + 0.022 * x**2], axis=1)
    return np.concatenate([edge, [[1.2, 1.05], [-0.2, 1.05]]])


def _creases() -> list[Outline]:
    """Two raised lines along the bonnet."""
    left = np.array([[0.335, TOP], [0.340, TOP], [0.258, 1.0], [0.246, 1.0]])
    return [left, left * [-1, 1] + [1, 0]]
