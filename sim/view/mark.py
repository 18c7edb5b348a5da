"""The cause object, marked where it is seen: a frame's corners round its place in a picture. Pure functions."""

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.camera.lens import Lens
from sim.geometry import vehicle_to_world, world_to_vehicle
from sim.scene import HEIGHT, LENGTH, WIDTH, YAW, X, Y

COLOUR = (60, 226, 206)
"""RGB: turquoise, which no theme has. Red is the overlay's."""

SEAM = (16, 20, 22)
"""RGB of the dark line beneath it: so it reads on any ground."""

NEAREST = 0.3
"""Metres ahead of the eye: what is nearer is cut off there."""

FARTHEST = 260.0
"""Metres ahead of the eye from which on the camera draws nothing upright."""

MARGIN = 0.006
"""Between a thing and its frame, as a share of the picture's width."""

SMALLEST = 0.016
"""Sides of a frame, as a share of the picture's width: a far thing is marked all the same."""

_CORNERS = 0.5 * np.array([(1, 1), (1, -1), (-1, -1), (-1, 1)])


class Eye(NamedTuple):
    """A camera that does not roll. x, y, yaw: metres and radians; height: metres above the ground; focal and centre
    (column, row): pixels."""

    x: float
    y: float
    yaw: float
    height: float
    focal: float
    centre: tuple[float, float]


class Frame(NamedTuple):
    """Pixels; fractions of them too. Pixel (row v, column u) covers [v, v + 1) x [u, u + 1)."""

    left: float
    top: float
    right: float
    bottom: float


def eye_of(lens: Lens, pose: NDArray[np.float64], centre_row: float | None = None) -> Eye:
    """The eye of a lens on a car at `pose` (3,) x, y, yaw; centre_row: of the horizon where the lens is pitched."""
    x, y = vehicle_to_world(lens.mount_forward, 0.0, *pose.tolist())
    column, row = lens.centre
    centre = column, row if centre_row is None else centre_row
    return Eye(float(x), float(y), float(pose[2]), lens.mount_height, lens.focal, centre)


def frame_of(thing: NDArray[np.float32], eye: Eye) -> Frame | None:
    """Where a thing, a row of `sim.scene.Scene.objects`, is seen: the frame round all of it; None if it is not ahead.

    What has a length is a box; all else is upright and turned to the eye.
    """
    x, y, width, height = (float(thing[column]) for column in (X, Y, WIDTH, HEIGHT))
    ahead, left = world_to_vehicle(x, y, eye.x, eye.y, eye.yaw)
    turn = float(thing[YAW]) - eye.yaw if thing[LENGTH] > 0 else 0.0
    cos, sin = math.cos(turn), math.sin(turn)
    corners = (_CORNERS * (float(thing[LENGTH]), width)) @ np.array([(cos, sin), (-sin, cos)])
    z, l = ahead + corners[:, 0], left + corners[:, 1]
    if z.max() <= NEAREST or z.min() >= FARTHEST:
        return None
    scale = eye.focal / np.maximum(z, NEAREST)
    columns, rows = eye.centre[0] - l * scale, eye.centre[1] + eye.height * scale
    tops = eye.centre[1] + (eye.height - height) * scale
    return Frame(float(columns.min()), float(tops.min()), float(columns.max()), float(rows.max()))


def widened(frame: Frame, width: int) -> Frame:
    """The frame with its margin, and no smaller than can be seen, for a picture `width` pixels wide."""
    aside = max(MARGIN * width, (SMALLEST * width - (frame.right - frame.left)) / 2)
    beyond = max(MARGIN * width, (SMALLEST * width - (frame.bottom - frame.top)) / 2)
    return Frame(frame.left - aside, frame.top - beyond, frame.right + aside, frame.bottom + beyond)


def draw(picture: NDArray[np.uint8], frame: Frame | None, *, gone: bool = False) -> None:
    """Mark the frame's corners in the picture; broken lines all the way round where the thing itself is `gone`."""
    height, width = picture.shape[:2]
    if frame is None or frame.right < 0 or frame.left > width or frame.bottom < 0 or frame.top > height:
        return
    wide = widened(frame, width)
    thick = max(1, round(width / 480))
    left, right = np.clip([wide.left, wide.right], thick, width - 1 - thick).round().astype(int).tolist()
    top, bottom = np.clip([wide.top, wide.bottom], thick, height - 1 - thick).round().astype(int).tolist()
    lines = _dashes(left, top, right, bottom) if gone else _corner_lines(left, top, right, bottom)
    for colour, more in ((SEAM, 2), (COLOUR, 0)):
        for start, end in lines:
            cv2.line(picture, start, end, colour, thick + more, cv2.LINE_8)


Line = tuple[tuple[int, int], tuple[int, int]]


def _corner_lines(left: int, top: int, right: int, bottom: int) -> list[Line]:
    """An angle at each corner, a quarter of the shorter side long."""
    reach = max(2, min(right - left, bottom - top) // 4)
    lines: list[Line] = []
    for column, inward in ((left, reach), (right, -reach)):
        for row, downward in ((top, reach), (bottom, -reach)):
            lines += [((column, row), (column + inward, row)), ((column, row), (column, row + downward))]
    return lines


def _dashes(left: int, top: int, right: int, bottom: int) -> list[Line]:
    """A broken line all the way round."""
    across, down = _broken(left, right), _broken(top, bottom)
    lines: list[Line] = [((a, row), (b, row)) for a, b in across for row in (top, bottom)]
    return lines + [((column, a), (column, b)) for a, b in down for column in (left, right)]


def _broken(start: int, end: int) -> list[tuple[int, int]]:
    """Every second of an odd number of equal pieces, so that both ends are drawn."""
    marks = np.linspace(start, end, 2 * max(2, (end - start) // 16) + 2).round().astype(int).tolist()
    return list(zip(marks[::2], marks[1::2], strict=True))
