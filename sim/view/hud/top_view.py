"""The map: the road around the car from above, heading up, what it attends to on the ground, and the lap in a corner.

Everything is drawn with anti-aliased vector strokes whose widths follow the picture's size. Places are in metres of the
vehicle frame until the last moment; `_Map` takes them to pixels.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.geometry import world_to_vehicle
from sim.scene import LANE_WIDTH
from sim.track import DASH_PERIOD, SPACING
from sim.view.gaze import GroundCells
from sim.view.hud.text import BACKGROUND, BRIGHT, DIM, Colour
from sim.view.overlay import RED

AHEAD = 60.0
"""Metres of road that the map shows ahead of the car."""

CAR_PLACE = 0.78
"""Where the car is, as a share of the height from the top."""

INSET_SHARE = 0.27
"""Side of the lap's inset, as a share of the map's shorter side."""

RINGS = (20, 40, 60)
"""Metres: distances from the car that are marked."""

ASPHALT: Colour = (43, 46, 54)
EDGE: Colour = (122, 126, 137)
RING: Colour = (30, 32, 38)
PATH: Colour = (255, 196, 110)
PATH_WIDTH = 0.45
GLASS: Colour = (36, 40, 50)

CAR = np.array([(2.1, 0.45), (1.95, 0.75), (1.4, 0.9), (-1.9, 0.9), (-2.25, 0.78), (-2.35, 0.5)])
WINDSCREEN = np.array([(1.05, 0.72), (0.45, 0.62)])
REAR_WINDOW = np.array([(-1.2, 0.62), (-1.75, 0.7)])
"""Left half outlines in metres, front to rear; the right half is their mirror image."""

_SHIFT = 6  # fractional bits of the coordinates that OpenCV is given
_INSET_STEP = 4  # points of the route from one corner of the lap's outline to the next
_DASH_POINTS = round(DASH_PERIOD / SPACING)
_DASH_LENGTH = _DASH_POINTS // 3


@dataclass(frozen=True)
class _Map:
    """A picture (h, w, 3) and the way from metres of the vehicle frame to its pixels."""

    picture: NDArray[np.uint8]

    @property
    def scale(self) -> float:
        """Pixels a metre."""
        return CAR_PLACE * self.picture.shape[0] / AHEAD

    def pixels(self, points: NDArray[np.float64], oversampling: int = 1) -> NDArray[np.int32]:
        """Points (..., 2) of the vehicle frame as OpenCV's fixed-point (column, row); pixel 0 is centred on 0."""
        height, width = self.picture.shape[:2]
        columns = width / 2 - points[..., 1] * self.scale
        rows = CAR_PLACE * height - points[..., 0] * self.scale
        return _fixed(np.stack([columns, rows], axis=-1) * oversampling)

    def fill(self, outlines: list[NDArray[np.float64]], colour: Colour) -> None:
        """Areas within outlines (n, 2) of the vehicle frame."""
        cv2.fillPoly(self.picture, [self.pixels(outline) for outline in outlines], colour, cv2.LINE_AA, _SHIFT)

    def stroke(self, lines: list[NDArray[np.float64]], colour: Colour, width: float) -> None:
        """Lines (n, 2) of the vehicle frame, `width` metres broad and at least a pixel."""
        half = max(width, 1 / self.scale) / 2
        self.fill([ribbon(line, half) for line in lines], colour)


def draw(
    size: tuple[int, int],
    *,
    route: NDArray[np.float64] | None,
    pose: NDArray[np.float64] | None,
    cells: GroundCells | None = None,
    path: NDArray[np.float64] | None = None,
    completion: float | None = None,
) -> NDArray[np.uint8]:
    """The map, (*size, 3) uint8. Without `route` or `pose` there is no road: a bare ground with rings of distance.

    route: (n, 2) metres, the closed centre line with a point every SPACING metres from s = 0 on, as a row of
    `sim.track.Tracks.points`. pose: (3,) x, y, yaw of the car. cells, path: what the policy attends to and the way
    ahead, see `sim.view.gaze`. completion: share of the lap driven, in [0, 1].
    """
    ground = _Map(_ground(size).copy())
    if route is not None and pose is not None:
        _road(ground, _around(route, pose, reach=max(AHEAD, AHEAD * size[1] / size[0])))
    if cells is not None and len(cells.alpha):
        _light(ground, cells)
    if path is not None:
        ground.stroke([path[path[:, 0] > CAR[0, 0]]], PATH, PATH_WIDTH)
    _car(ground)
    if route is not None and pose is not None:
        _lap(ground.picture, route, pose, completion)
    return ground.picture


@lru_cache(maxsize=4)
def _ground(size: tuple[int, int]) -> NDArray[np.uint8]:
    """Dark ground with rings of distance around the car."""
    picture = _plain(*size)
    ground = _Map(picture)
    centre = ground.pixels(np.zeros(2)).tolist()
    for ring in RINGS:
        radius = round(ring * ground.scale * 2**_SHIFT)
        cv2.circle(picture, centre, radius, RING, max(1, round(0.25 * ground.scale)), cv2.LINE_AA, _SHIFT)
    return picture


def _plain(height: int, width: int) -> NDArray[np.uint8]:
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = BACKGROUND
    return picture


def _around(route: NDArray[np.float64], pose: NDArray[np.float64], reach: float) -> NDArray[np.float64]:
    """The route in the vehicle frame, closed, NaN where it is more than `reach` metres away: (n + 1, 2)."""
    forward, left = world_to_vehicle(route[:, 0], route[:, 1], *pose[:3].tolist())
    local = np.stack([forward, left], axis=1)
    local[np.abs(local).max(axis=1) > reach] = np.nan
    return np.concatenate([local, local[:1]])


def _road(ground: _Map, route: NDArray[np.float64]) -> None:
    """Asphalt between two edge lines, and the centre line's dashes."""
    stretches = _stretches(route)
    ground.stroke(stretches, EDGE, 2 * LANE_WIDTH)
    ground.stroke(stretches, ASPHALT, 2 * LANE_WIDTH - max(0.5, 2 / ground.scale))
    first = np.arange(0, len(route) - _DASH_LENGTH, _DASH_POINTS)
    there = np.isfinite(route[first, 0]) & np.isfinite(route[first + _DASH_LENGTH, 0])
    ground.stroke([route[[i, i + _DASH_LENGTH]] for i in first[there]], EDGE, 0.25)


def ribbon(line: NDArray[np.float64], half_width: float) -> NDArray[np.float64]:
    """The outline (2 n, 2) of the area within `half_width` to either side of a line (n, 2)."""
    if len(line) < 2:
        return line
    along = np.concatenate([line[1:2] - line[:1], line[2:] - line[:-2], line[-1:] - line[-2:-1]])
    aside = along[:, ::-1] * (-1, 1) * (half_width / np.hypot(along[:, 0], along[:, 1]))[:, None]
    return np.concatenate([line + aside, (line - aside)[::-1]])


def _stretches(line: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """The parts of a line (n, 2) between its NaNs."""
    there = np.isfinite(line[:, 0])
    parts = np.split(line, np.flatnonzero(there[1:] != there[:-1]) + 1)
    return [part for part in parts if np.isfinite(part[0, 0])]


def _light(ground: _Map, cells: GroundCells) -> None:
    """The attended cells in red. Drawn twice as large and shrunk: two cells that share an edge leave no seam."""
    height, width = ground.picture.shape[:2]
    large = np.zeros((2 * height, 2 * width), np.uint8)
    for corners, alpha in zip(ground.pixels(cells.corners, 2), cells.alpha.tolist(), strict=True):
        cv2.fillConvexPoly(large, corners, round(255 * alpha), cv2.LINE_8, _SHIFT)
    share = cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)
    left, top, wide, high = cv2.boundingRect(share)
    if not wide:
        return  # all of them beyond the map
    box = np.s_[top : top + high, left : left + wide]
    alpha = share[box].astype(np.float32) / 255
    cv2.blendLinear(ground.picture[box], _red(height, width)[box], 1 - alpha, alpha, ground.picture[box])


@lru_cache(maxsize=4)
def _red(height: int, width: int) -> NDArray[np.uint8]:
    """Kept between pictures: to fill it costs more than the blend."""
    return np.full((height, width, 3), RED, np.uint8)


def _car(ground: _Map) -> None:
    """The car as seen from above."""
    ground.fill([_both_sides(CAR)], BRIGHT)
    ground.fill([_both_sides(WINDSCREEN), _both_sides(REAR_WINDOW)], GLASS)


def _both_sides(half: NDArray[np.float64]) -> NDArray[np.float64]:
    """The whole outline whose left half is given."""
    return np.concatenate([half, half[::-1] * (1, -1)])


def _lap(
    picture: NDArray[np.uint8], route: NDArray[np.float64], pose: NDArray[np.float64], completion: float | None
) -> None:
    """The whole lap in the upper right corner, north up, what was driven in a lighter tone, and the car's place."""
    side = round(INSET_SHARE * min(picture.shape[:2]))
    margin = side // 8
    corner = picture[margin : margin + side, -margin - side : -margin]
    inset = _inset(np.ascontiguousarray(route).tobytes(), side)
    np.maximum(corner // 3, inset.panel, out=corner)
    driven = inset.outline[: round((completion or 0.0) * len(inset.outline))]
    cv2.polylines(corner, [driven], False, BRIGHT, _lap_width(side), cv2.LINE_AA, _SHIFT)
    place = inset.place(pose[:2])
    for colour, radius in ((BACKGROUND, side / 15), (PATH, side / 24)):
        cv2.circle(corner, place, round(radius * 2**_SHIFT), colour, cv2.FILLED, cv2.LINE_AA, _SHIFT)


@dataclass(frozen=True)
class _Inset:
    """What stays the same all along a lap. outline: fixed-point pixels; panel: (side, side, 3) with the outline."""

    scale: float
    middle: NDArray[np.float64]
    outline: NDArray[np.int32]
    panel: NDArray[np.uint8]

    def place(self, point: NDArray[np.float64]) -> list[int]:
        """A world point's fixed-point pixel."""
        return _fixed(_on_inset(point, self.scale, self.middle, len(self.panel))).tolist()


@lru_cache(maxsize=4)
def _inset(route: bytes, side: int) -> _Inset:
    """The inset of one lap. route: the bytes of its points (n, 2), for a track's array may be overwritten in place."""
    points = np.frombuffer(route, np.float64).reshape(-1, 2)[::_INSET_STEP]
    low, high = points.min(axis=0), points.max(axis=0)
    scale, middle = 0.84 * side / float((high - low).max()), (low + high) / 2
    outline = _fixed(_on_inset(points, scale, middle, side))
    panel = _plain(side, side)
    cv2.polylines(panel, [outline], True, DIM, _lap_width(side), cv2.LINE_AA, _SHIFT)
    return _Inset(scale, middle, outline, panel)


def _on_inset(points: NDArray[np.float64], scale: float, middle: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """World points (..., 2) as (column, row) of the inset, north up."""
    return side / 2 + (points - middle) * (scale, -scale)


def _lap_width(side: int) -> int:
    """Pixels."""
    return max(1, round(side / 40))


def _fixed(pixels: NDArray[np.float64]) -> NDArray[np.int32]:
    """(column, row) with pixel 0 covering [0, 1), as OpenCV's fixed-point numbers, where it is centred on 0."""
    return np.rint((pixels - 0.5) * 2**_SHIFT).astype(np.int32)
