"""The map: the road around the car from above, heading up, who else is there, what the policy attends to on the ground,
and the lap in a corner.

Everything is drawn with anti-aliased vector strokes whose widths follow the picture's size. Places are in metres of the
vehicle frame until the last moment; `_Map` takes them to pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.centre_line import DASH_PERIOD, SPACING
from sim.geometry import vehicle_to_world, world_to_vehicle
from sim.kinds import KINDS, Dot, Mark
from sim.scene import KIND, LANE_WIDTH, LENGTH, STATE, WIDTH, YAW
from sim.view import mark
from sim.view.gaze import GroundCells
from sim.view.hud.text import BACKGROUND, BRIGHT, DIM, Colour
from sim.view.ink import RED
from sim.view.road import Road

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
PAVEMENT: Colour = (66, 62, 58)
PAINT: Colour = (176, 180, 188)
BUILDING: Colour = (24, 26, 32)
WALL: Colour = (62, 66, 76)
VEHICLE: Colour = (150, 162, 184)
BRAKE_LAMP: Colour = (255, 136, 48)
SIGNALS: tuple[Colour, ...] = ((72, 208, 116), (246, 178, 60), (244, 72, 60))
"""By `sim.scene.LIGHT_PHASES`."""

SIGNAL_RADIUS = 0.9
"""Metres, of a traffic light's dot at its stop line."""

RING_RADIUS = 2.6
"""Metres, of the ring round the cause object."""

RIM = 0.3
"""Metres: how broad a dot's dark rim is."""

CAR = np.array([(2.1, 0.45), (1.95, 0.75), (1.4, 0.9), (-1.9, 0.9), (-2.25, 0.78), (-2.35, 0.5)])
WINDSCREEN = np.array([(1.05, 0.72), (0.45, 0.62)])
REAR_WINDOW = np.array([(-1.2, 0.62), (-1.75, 0.7)])
"""Left half outlines in metres, front to rear; the right half is their mirror image."""

OTHER_CAR = np.array([(0.5, 0.32), (0.46, 0.43), (0.36, 0.5), (-0.46, 0.5), (-0.5, 0.42)])
OTHER_WINDSCREEN = np.array([(0.26, 0.42), (0.12, 0.36)])
LEFT_LAMP = np.array([(-0.5, 0.46), (-0.42, 0.46), (-0.42, 0.2), (-0.5, 0.2)])
"""Half outlines, and the left brake lamp, in shares of length and width."""
_SQUARE = np.array([(0.5, 0.5), (0.5, -0.5), (-0.5, -0.5), (-0.5, 0.5)])


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
        car = np.array([width / 2, CAR_PLACE * height])
        return _fixed((car - points[..., ::-1] * self.scale) * oversampling)

    def fill(self, outlines: Sequence[NDArray[np.float64]] | NDArray[np.float64], colour: Colour) -> None:
        """Areas within outlines (n, 2) of the vehicle frame."""
        if len(outlines):
            pixels = self.pixels(np.concatenate(list(outlines)))
            ends = accumulate((len(outline) for outline in outlines), initial=0)
            cv2.fillPoly(self.picture, [pixels[a:b] for a, b in pairwise(ends)], colour, cv2.LINE_AA, _SHIFT)

    def stroke(self, lines: list[NDArray[np.float64]], colour: Colour, width: float) -> None:
        """Lines (n, 2) of the vehicle frame, `width` metres broad and at least a pixel."""
        half = max(width, 1 / self.scale) / 2
        self.fill([ribbon(line, half) for line in lines], colour)

    def dot(self, place: NDArray[np.float64], radius: float, colour: Colour, thick: int = cv2.FILLED) -> None:
        """A disc, or a ring `thick` pixels broad, about a place (2,) of the vehicle frame; radius in metres."""
        reach = round(max(radius * self.scale, 2.0) * 2**_SHIFT)
        cv2.circle(self.picture, self.pixels(place).tolist(), reach, colour, thick, cv2.LINE_AA, _SHIFT)


def draw(
    size: tuple[int, int],
    *,
    road: Road | None,
    pose: NDArray[np.float64] | None,
    objects: NDArray[np.float32] | None = None,
    culprit: int | None = None,
    cells: GroundCells | None = None,
    path: NDArray[np.float64] | None = None,
    completion: float | None = None,
) -> NDArray[np.uint8]:
    """The map, (*size, 3) uint8. Without `road` or `pose` there is no road: a bare ground with rings of distance.

    road: its route has a point every SPACING metres from s = 0 on. pose: (3,) x, y, yaw of the car. objects: (M, 9),
    see `sim.scene`; culprit: the row of the one to mark. cells, path: what the policy attends to and the way ahead, see
    `sim.view.gaze`. completion: share of the lap driven, in [0, 1].
    """
    ground = _Map(_ground(size).copy())
    reach = max(AHEAD, AHEAD * size[1] / size[0])
    things = None if pose is None or objects is None else _Things.around(objects, pose, reach)
    if road is not None and pose is not None:
        _road(ground, road, pose, reach)
    if things is not None:
        _buildings(ground, things)
    if cells is not None and len(cells.alpha):
        _light(ground, cells)
    if path is not None:
        ground.stroke([path[path[:, 0] > CAR[0, 0]]], PATH, PATH_WIDTH)
    if things is not None:
        _road_users(ground, things)
    if road is not None and pose is not None and objects is not None:
        _signals(ground, road, objects, pose, reach)
    _car(ground)
    if road is not None and pose is not None and objects is not None and culprit is not None:
        place = _local(road.place_of(culprit, objects), pose)
        ground.dot(place, RING_RADIUS, mark.COLOUR, max(1, round(size[0] / 140)))
    if road is not None and pose is not None:
        _lap(ground.picture, road.route, pose, completion)
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


def _local(points: NDArray[np.floating], pose: NDArray[np.float64]) -> NDArray[np.float64]:
    """World points (..., 2) in the vehicle frame."""
    return np.stack(world_to_vehicle(points[..., 0], points[..., 1], *pose[:3].tolist()), axis=-1)


def _around(route: NDArray[np.float64], pose: NDArray[np.float64], reach: float) -> NDArray[np.float64]:
    """The route in the vehicle frame, closed, NaN where it is more than `reach` metres away: (n + 1, 2)."""
    local = _local(route, pose)
    local[np.abs(local).max(axis=1) > reach] = np.nan
    return np.concatenate([local, local[:1]])


def _road(ground: _Map, road: Road, pose: NDArray[np.float64], reach: float) -> None:
    """Pavement and asphalt between two edge lines, the centre line's dashes, crossings and stop lines."""
    route = _around(road.route, pose, reach)
    stretches = _stretches(route)
    if road.pavement > 0:
        ground.stroke(stretches, PAVEMENT, 2 * (LANE_WIDTH + road.pavement))
    ground.stroke(stretches, EDGE, 2 * LANE_WIDTH)
    ground.stroke(stretches, ASPHALT, 2 * LANE_WIDTH - max(0.5, 2 / ground.scale))
    ground.fill(_dashes(route, max(0.25, 1 / ground.scale)), EDGE)
    paint = _local(road.paint, pose)
    ground.fill(paint[np.abs(paint).max(axis=(1, 2)) < reach], PAINT)


def _dashes(route: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Outlines (k, 4, 2) of the dashes of the centre line, `width` metres broad."""
    first = np.arange(0, len(route) - _DASH_LENGTH, _DASH_POINTS)
    start, end = route[first], route[first + _DASH_LENGTH]
    along = end - start
    aside = along[:, ::-1] * (-1, 1) * (width / 2 / np.hypot(along[:, 0], along[:, 1]))[:, None]
    dashes = np.stack([start + aside, end + aside, end - aside, start - aside], axis=1)
    return dashes[np.isfinite(dashes).all(axis=(1, 2))]


@dataclass(frozen=True)
class _Things:
    """Objects (m, 9) near the car, their places (m, 2) in its frame and their yaws (m,) against its own."""

    rows: NDArray[np.float32]
    places: NDArray[np.float64]
    yaws: NDArray[np.float64]

    @staticmethod
    def around(objects: NDArray[np.float32], pose: NDArray[np.float64], reach: float) -> "_Things":
        """Those within `reach` metres of the car at `pose` (3,)."""
        local = _local(objects[:, :2], pose)
        near = (objects[:, KIND] >= 0) & (np.abs(local).max(axis=1) < reach)
        return _Things(objects[near], local[near], objects[near, YAW] - pose[2])

    def marked(self, mark: Mark) -> NDArray[np.intp]:
        """Which of them are of kinds that have this mark."""
        kinds = [index for index, kind in enumerate(KINDS.values()) if kind.mark == mark]
        return np.flatnonzero(np.isin(self.rows[:, KIND], kinds))

    def outlines(self, which: NDArray[np.intp], shape: NDArray[np.float64]) -> NDArray[np.float64]:
        """A shape (n, 2) in shares of length and width, laid where each of k stands: (k, n, 2) of the vehicle frame."""
        sizes = self.rows[which][:, [LENGTH, WIDTH]].astype(float)
        local = shape * np.maximum(sizes, 0.3)[:, None]
        placed = vehicle_to_world(local[..., 0], local[..., 1], *self._poses(which))
        return np.stack(placed, axis=-1)

    def _poses(self, which: NDArray[np.intp]) -> tuple[NDArray[np.float64], ...]:
        return self.places[which, :1], self.places[which, 1:], self.yaws[which, None]


def _buildings(ground: _Map, things: _Things) -> None:
    """Flat outlines of buildings and billboards."""
    for outline in ground.pixels(things.outlines(things.marked("building"), _SQUARE)):
        cv2.fillConvexPoly(ground.picture, outline, BUILDING, cv2.LINE_AA, _SHIFT)
        cv2.polylines(ground.picture, [outline], True, WALL, 1, cv2.LINE_AA, _SHIFT)


def _road_users(ground: _Map, things: _Things) -> None:
    """Vehicles with their fronts and shining brake lights; cones, pedestrians and whatever else is a dot."""
    vehicles = things.marked("vehicle")
    ground.fill(things.outlines(vehicles, _both_sides(OTHER_CAR)), VEHICLE)
    ground.fill(things.outlines(vehicles, _both_sides(OTHER_WINDSCREEN)), GLASS)
    braking = vehicles[things.rows[vehicles, STATE] > 0]
    for lamp in (LEFT_LAMP, LEFT_LAMP * (1, -1)):
        ground.fill(things.outlines(braking, lamp), BRAKE_LAMP)
    for dot in dict.fromkeys(kind.mark for kind in KINDS.values() if isinstance(kind.mark, Dot)):
        for place in things.places[things.marked(dot)]:
            ground.dot(place, dot.radius + RIM, BACKGROUND)
            ground.dot(place, dot.radius, dot.colour)


def _signals(ground: _Map, road: Road, objects: NDArray[np.float32], pose: NDArray[np.float64], reach: float) -> None:
    """Each traffic light's colour at its stop line."""
    stops = _local(road.stops, pose)
    for row, place in zip(road.signals.tolist(), stops, strict=True):
        if np.abs(place).max() < reach:
            ground.dot(place, SIGNAL_RADIUS + RIM, BACKGROUND)
            ground.dot(place, SIGNAL_RADIUS, SIGNALS[int(objects[row, STATE])])


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
