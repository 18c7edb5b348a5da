"""The way that a steering angle leads, as a translucent ribbon on flat ground."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.camera.lens import Lens
from sim.vehicle import TO_REAR
from sim.view.gaze import predicted_path, to_picture

COLOUR = (90, 200, 255)
"""RGB: nothing on a road has it, and it is far from the red."""

FILL, EDGE = 0.3, 0.85
"""Opacity of the ribbon and of the fine lines along its sides where it is clearest."""

NEAR, FAR = 4.0, 30.0
"""Metres ahead of the vehicle between which it is drawn."""

EDGE_WIDTH = 1 / 340
"""Of those lines, as a share of the picture's height."""

FADE_IN = 1.5
"""Metres over which its near end comes up; towards the far end it fades all the way."""

HALF_WIDTH = 0.8
"""Metres: about a car's."""

SHARPEST = math.radians(75)
"""Of a turn that is drawn: beyond it the way leaves the picture or comes back."""

_SUBPIXEL_BITS = 4
"""Binary digits after the point of a corner's place in the picture."""

_MARGIN = 8
"""Pixels around the ribbon that are drawn with it: half of a side's line and its soft edge."""


def draw_ribbon(picture: NDArray[np.uint8], steer_angle: float, lens: Lens) -> None:
    """Draw into `picture` (H, W, 3), as seen through `lens`, where wheels at `steer_angle` (rad, + left) lead.

    Nothing is drawn of a turn so sharp that it passes beside the picture.
    """
    size = picture.shape[0], picture.shape[1]
    sides = [to_picture(side, lens, size) for side in sides_of_way(steer_angle)]
    if not len(sides[0]):
        return
    columns, rows = (_within(np.concatenate(sides)[:, axis], size[1 - axis]) for axis in (0, 1))
    part, thickness = picture[rows, columns], max(1, round(EDGE_WIDTH * size[0]))
    strokes = _strokes([side - (columns.start, rows.start) for side in sides], thickness, part.shape[:2])
    alpha = strokes * _clearness(np.arange(rows.start, rows.stop) + 0.5, lens, size)[:, None]
    part[:] = cv2.blendLinear(part, np.full_like(part, COLOUR), 1 - alpha, alpha)


def _within(places: NDArray[np.float64], length: int) -> slice:
    """The pixels from the least to the greatest of some places on an axis of `length` pixels, and a margin."""
    first, last = math.floor(places.min()) - _MARGIN, math.ceil(places.max()) + _MARGIN
    return slice(min(max(first, 0), length - 1), max(1, min(last, length)))


def sides_of_way(steer_angle: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Left and right side of the ribbon on the ground, (n, 2) metres in the vehicle frame, from near to far.

    They begin before NEAR, so that not a slanting cut but the fade along the picture's rows is the near end.
    """
    path = predicted_path(steer_angle, FAR + TO_REAR)
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    drawn = (path[:, 0] >= NEAR / 2) & (along[:, 0] > math.cos(SHARPEST))
    to_left = HALF_WIDTH * np.stack([-along[:, 1], along[:, 0]], axis=1)
    return (path + to_left)[drawn], (path - to_left)[drawn]


def _strokes(sides: list[NDArray[np.float64]], thickness: int, size: tuple[int, ...]) -> NDArray[np.float32]:
    """Opacity (*size) of the ribbon between two sides given in pixels, before any of it fades."""
    lines = [np.round((side - 0.5) * 2**_SUBPIXEL_BITS).astype(np.int32) for side in sides]  # 0 is a pixel's middle
    strokes = np.zeros(size, np.uint8)
    cv2.fillPoly(
        strokes, [np.concatenate([lines[0], lines[1][::-1]])], (round(255 * FILL),), cv2.LINE_AA, _SUBPIXEL_BITS
    )
    cv2.polylines(strokes, lines, False, (round(255 * EDGE),), thickness, cv2.LINE_AA, _SUBPIXEL_BITS)
    return strokes * np.float32(1 / 255)


def _clearness(rows: NDArray[np.float64], lens: Lens, size: tuple[int, int]) -> NDArray[np.float32]:
    """In [0, 1] at rows (n,) of a picture of `size`, by the distance of the ground there."""
    picture = Lens(*size, lens.field_of_view, lens.mount_height, lens.mount_forward)
    below = np.maximum(rows - picture.centre[1], 1e-3)
    distance = lens.mount_height * picture.focal / below + lens.mount_forward
    far, near = (FAR - distance) / (FAR - NEAR), (distance - NEAR) / FADE_IN
    return np.clip(np.minimum(far, near), 0, 1).astype(np.float32)
