"""Low-poly vehicles and houses, made by this code: vertices, convex faces, and which face lies beyond each edge.

A model fills the unit box: x from -0.5 (rear) to 0.5 (front) along its length, y from -0.5 (right) to 0.5 (left) across
its width, z from 0 to 1 up its height. An object's length, width and height scale it. Faces are listed so that what
lies on another, a lamp on a bumper, comes after it.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kinds import KINDS, Maker, Mesh

MATERIALS = (
    *("paint", "glass", "tyre", "rim", "headlamp", "tail lamp", "brake light", "plate", "trim", "cargo"),
    *("wall", "roof", "eaves", "brick", "indicator", "steel"),
)
"""What a face is made of; an id is the index here. A tail lamp shines while braking, a brake light does only then."""

MOST_CORNERS = 10
HOUSES = ("flat", "gabled", "hipped", "gable front")
"""A house's roof: under a parapet, a saddle along the road, sloping on all sides, a saddle across the road."""

EAVES = (0.93, 0.70, 0.72, 0.66)
"""Height of the walls of each of HOUSES."""

MOST_MODELS = 2 * len(HOUSES)
"""Shapes of one kind."""

Point = tuple[float, float, float]


class Models(NamedTuple):
    """All models in flat arrays.

    vertices: (V, 3) float32. hubs: (V, 3) float32, x and z of the axle that a vertex turns about and 1, or zeros.
    corners, beyond: (F, MOST_CORNERS) int32: a face's vertices, counter-clockwise seen from outside, and the face past
    the edge that begins there, -1 for an open edge. sides, material: (F,) int32. ranges: (kinds, MOST_MODELS, 4) int32:
    first vertex, vertices, first face, faces; none for other kinds.
    """

    vertices: NDArray[np.float32]
    hubs: NDArray[np.float32]
    corners: NDArray[np.int32]
    beyond: NDArray[np.int32]
    sides: NDArray[np.int32]
    material: NDArray[np.int32]
    ranges: NDArray[np.int32]


class Shape:
    """Vertices and faces while a model is made."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self.hubs: list[Point] = []
        self.hub: Point = (0.0, 0.0, 0.0)
        self.faces: list[tuple[tuple[int, ...], int]] = []

    def face(self, corners: Sequence[Point], material: str) -> None:
        """A convex face; corners counter-clockwise seen from outside. Corners that coincide count once."""
        ids = tuple(dict.fromkeys(self._point(corner) for corner in corners))
        if len(ids) > 2:
            self.faces.append((ids, MATERIALS.index(material)))

    def both(self, corners: Sequence[Point], material: str) -> None:
        """A face on the left, and its mirror image on the right."""
        self.face(corners, material)
        self.face([(x, -y, z) for x, y, z in reversed(corners)], material)

    def across(self, left: Sequence[Point], material: str) -> None:
        """A face that spans the width: the left half of its outline, whose mirror image is the right half."""
        self.face([*left, *((x, -y, z) for x, y, z in reversed(left))], material)

    def facing(self, x: float, left: Sequence[tuple[float, float]], material: str) -> None:
        """A face across the front (x > 0) or the rear: the left half of its outline, (y, z) from the top down."""
        outline = [(x, y, z) for y, z in left]
        self.across(outline[::-1] if x > 0 else outline, material)

    def box(self, low: Point, high: Point, material: str) -> None:
        """Four sides and a top."""
        (x0, y0, z0), (x1, y1, z1) = low, high
        ground = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
        for (ax, ay), (bx, by) in pairwise([*ground, ground[0]]):
            self.face([(ax, ay, z0), (bx, by, z0), (bx, by, z1), (ax, ay, z1)], material)
        self.face([(x, y, z1) for x, y in ground], material)

    def _point(self, point: Point) -> int:
        x, y, z = (round(value, 5) for value in point)
        if (x, y, z) not in self.points:
            self.points.append((x, y, z))
            self.hubs.append(self.hub)
        return self.points.index((x, y, z))

    def beyond(self) -> list[list[int]]:
        """For each face, and each edge from a corner to the next, the face that has that edge the other way round."""
        owner = {
            (ids[i], ids[(i + 1) % len(ids)]): face for face, (ids, _) in enumerate(self.faces) for i in range(len(ids))
        }
        return [[owner.get((ids[(i + 1) % len(ids)], ids[i]), -1) for i in range(len(ids))] for ids, _ in self.faces]


class Station(NamedTuple):
    """A cross-section of a body: half widths at the foot and at the top, which are at z0 and z1."""

    x: float
    low: float
    high: float
    z0: float
    z1: float


def _between(fore: Station, aft: Station, share: float) -> Station:
    return Station(*(a + (b - a) * share for a, b in zip(fore, aft, strict=True)))


def _body(shape: Shape, rows: Sequence[tuple[float, ...]], material: str = "paint") -> list[Station]:
    """A body through cross-sections from front to rear; returns them for what is set into its faces."""
    stations = [Station(*row) for row in rows]
    for fore, aft in pairwise(stations):
        shape.across([(fore.x, fore.high, fore.z1), (aft.x, aft.high, aft.z1)], material)
        foot = [(fore.x, fore.low, fore.z0), (aft.x, aft.low, aft.z0)]
        shape.both([*foot, (aft.x, aft.high, aft.z1), (fore.x, fore.high, fore.z1)], material)
    for end in (stations[0], stations[-1]):
        shape.facing(end.x, [(end.high, end.z1), (end.low, end.z0)], material)
    return stations


_PROUD = 0.008
"""How far what is set into a face stands out of it: less would flicker on faces that are not quite flat."""


def _pane(shape: Shape, fore: Station, aft: Station, begin: float, end: float, margin: float = 0.03) -> None:
    """A pane across the top face between two stations, from the share `begin` of the way to `end`."""
    first, last = _between(fore, aft, begin), _between(fore, aft, end)
    corners = [(at.x, at.high - margin, at.z1 + _PROUD) for at in (first, last)]
    shape.across(corners, "glass")


def _side_pane(shape: Shape, stations: Sequence[Station], corners: Sequence[tuple[float, float]]) -> None:
    """A pane in either side; corners (x, z) counter-clockwise with x to the right."""
    placed = []
    for x, z in corners:
        fore, aft = next(pair for pair in pairwise(stations) if pair[1].x <= x)
        at = _between(fore, aft, (fore.x - x) / (fore.x - aft.x))
        placed.append((x, at.low + (at.high - at.low) * (z - at.z0) / (at.z1 - at.z0) + _PROUD, z))
    shape.both(placed[::-1], "glass")


def _wheels(shape: Shape, places: Sequence[float], radius: tuple[float, float], out: float, tread: float) -> None:
    """Tyres with rims under dark arches on both sides, and what is seen of them from before or behind.

    radius: in shares of length and of height. out: of the tyres' outsides from the middle; tread: their breadth.
    """
    for x in places:
        for share, offset, material in ((1.2, -0.002, "trim"), (1.0, 0.0, "tyre"), (0.6, 0.003, "rim")):
            turn = np.arange(10) * (np.pi / 5)
            disc = [
                (x + share * radius[0] * float(np.cos(a)), out + offset, radius[1] * (1 + share * float(np.sin(a))))
                for a in turn
            ]
            if material == "trim":
                disc = [(px, py, max(pz, 0.8 * radius[1])) for px, py, pz in disc]
            shape.both(disc[::-1], material)
        _spokes(shape, (x, radius[1]), radius, out + 0.004)
        end = x + radius[0] * (1 if x > 0 else -1)
        tyre = [(end, y, z) for y, z in ((out, 0.0), (out, radius[1]), (out - tread, radius[1]), (out - tread, 0.0))]
        shape.both(tyre if x > 0 else tyre[::-1], "tyre")


def _spokes(shape: Shape, hub: tuple[float, float], radius: tuple[float, float], out: float) -> None:
    """The dark between a wheel's five spokes: it turns with the wheel."""
    shape.hub = (*hub, 1.0)
    for middle in np.arange(5) * (0.4 * np.pi):
        corners = [(0.16, 0.0), (0.52, -0.42), (0.52, 0.42)]
        gap = [
            (
                hub[0] + far * radius[0] * float(np.cos(middle + a)),
                out,
                hub[1] + far * radius[1] * float(np.sin(middle + a)),
            )
            for far, a in corners
        ]
        shape.both(gap[::-1], "trim")
    shape.hub = (0.0, 0.0, 0.0)


def _lamps(
    shape: Shape, x: float, inner: float, outer: float, low: float, high: float, material: str = "tail lamp"
) -> None:
    """A lamp on either side of the front (x > 0) or the rear."""
    corners = [(x, inner, low), (x, outer, low), (x, outer, high), (x, inner, high)]
    shape.both(corners if x > 0 else corners[::-1], material)


def _panel(shape: Shape, x: float, half: float, low: float, high: float, material: str) -> None:
    """Something in the middle of the front or the rear."""
    shape.facing(x, [(half, high), (half, low)], material)


def _car(shape: Shape) -> None:
    rows = [
        *((0.50, 0.38, 0.37, 0.20, 0.41), (0.465, 0.465, 0.445, 0.15, 0.50), (0.23, 0.50, 0.475, 0.13, 0.60)),
        *((-0.30, 0.50, 0.475, 0.13, 0.63), (-0.46, 0.475, 0.45, 0.15, 0.62), (-0.50, 0.43, 0.42, 0.20, 0.53)),
    ]
    _body(shape, rows)
    rows = [
        *((0.245, 0.484, 0.477, 0.565, 0.595), (0.05, 0.488, 0.372, 0.575, 0.975), (-0.21, 0.488, 0.366, 0.585, 1.0)),
        (-0.415, 0.476, 0.462, 0.585, 0.64),
    ]
    cabin = _body(shape, rows)
    _pane(shape, cabin[0], cabin[1], 0.04, 0.93)
    _pane(shape, cabin[2], cabin[3], 0.09, 0.90, 0.05)
    _side_pane(shape, cabin, [(0.195, 0.645), (0.065, 0.935), (-0.07, 0.945), (-0.07, 0.65)])
    _side_pane(shape, cabin, [(-0.09, 0.65), (-0.09, 0.945), (-0.215, 0.945), (-0.36, 0.675)])
    _wheels(shape, (0.315, -0.30), (0.073, 0.222), 0.503, 0.11)
    _lamps(shape, 0.504, 0.19, 0.335, 0.31, 0.40, "headlamp")
    _lamps(shape, 0.504, 0.335, 0.378, 0.31, 0.40, "indicator")
    _panel(shape, 0.503, 0.17, 0.24, 0.36, "trim")
    _lamps(shape, -0.504, 0.20, 0.355, 0.37, 0.51)
    _lamps(shape, -0.504, 0.355, 0.425, 0.37, 0.51, "indicator")
    _panel(shape, -0.505, 0.15, 0.34, 0.43, "plate")
    _panel(shape, -0.504, 0.41, 0.20, 0.28, "trim")
    _panel(shape, -0.418, 0.17, 0.66, 0.705, "brake light")


def _far_car(shape: Shape) -> None:
    _body(shape, [(0.50, 0.46, 0.44, 0.14, 0.48), (0.22, 0.50, 0.48, 0.13, 0.61), (-0.50, 0.47, 0.45, 0.14, 0.60)])
    cabin = _body(
        shape, [(0.24, 0.488, 0.482, 0.58, 0.60), (0.02, 0.488, 0.37, 0.58, 1.0), (-0.42, 0.468, 0.452, 0.58, 0.64)]
    )
    _pane(shape, cabin[0], cabin[1], 0.0, 0.93)
    _pane(shape, cabin[1], cabin[2], 0.45, 1.0)
    _side_pane(shape, cabin, [(0.20, 0.64), (0.05, 0.93), (-0.20, 0.93), (-0.38, 0.65)])
    shape.both([(0.42, 0.503, 0.0), (-0.42, 0.503, 0.0), (-0.42, 0.503, 0.22), (0.42, 0.503, 0.22)], "tyre")
    _panel(shape, -0.502, 0.45, 0.0, 0.22, "trim")
    _lamps(shape, 0.503, 0.18, 0.34, 0.30, 0.44, "headlamp")
    _lamps(shape, 0.503, 0.34, 0.42, 0.30, 0.44, "indicator")
    _lamps(shape, -0.503, 0.18, 0.35, 0.36, 0.55)
    _lamps(shape, -0.503, 0.35, 0.44, 0.36, 0.55, "indicator")
    _panel(shape, -0.44, 0.18, 0.63, 0.70, "brake light")


def _van(shape: Shape) -> None:
    rows = [
        *((0.50, 0.44, 0.43, 0.14, 0.38), (0.45, 0.48, 0.46, 0.12, 0.48), (0.31, 0.50, 0.465, 0.11, 0.58)),
        *((0.17, 0.50, 0.44, 0.11, 0.97), (-0.48, 0.50, 0.44, 0.11, 1.0), (-0.50, 0.49, 0.43, 0.13, 0.97)),
    ]
    body = _body(shape, rows)
    _pane(shape, body[2], body[3], 0.03, 0.92)
    _side_pane(shape, body, [(0.265, 0.60), (0.175, 0.88), (0.04, 0.88), (0.04, 0.60)])
    _wheels(shape, (0.33, -0.31), (0.066, 0.155), 0.505, 0.10)
    _lamps(shape, 0.504, 0.23, 0.425, 0.26, 0.36, "headlamp")
    _panel(shape, 0.503, 0.21, 0.19, 0.33, "trim")
    _lamps(shape, -0.503, 0.37, 0.47, 0.30, 0.52)
    _panel(shape, -0.503, 0.35, 0.62, 0.87, "glass")
    _panel(shape, -0.504, 0.008, 0.20, 0.92, "trim")
    _panel(shape, -0.505, 0.14, 0.24, 0.31, "plate")
    _panel(shape, -0.504, 0.46, 0.13, 0.19, "trim")
    _panel(shape, -0.505, 0.22, 0.905, 0.945, "brake light")


def _far_van(shape: Shape) -> None:
    rows = [
        *((0.50, 0.46, 0.44, 0.12, 0.48), (0.30, 0.50, 0.46, 0.11, 0.58), (0.16, 0.50, 0.44, 0.11, 0.98)),
        (-0.50, 0.50, 0.44, 0.12, 1.0),
    ]
    body = _body(shape, rows)
    _pane(shape, body[1], body[2], 0.0, 0.92)
    _side_pane(shape, body, [(0.26, 0.60), (0.175, 0.88), (0.03, 0.88), (0.03, 0.60)])
    shape.both([(0.42, 0.503, 0.0), (-0.42, 0.503, 0.0), (-0.42, 0.503, 0.14), (0.42, 0.503, 0.14)], "tyre")
    _panel(shape, -0.502, 0.46, 0.0, 0.18, "trim")
    _panel(shape, -0.502, 0.36, 0.62, 0.87, "glass")
    _lamps(shape, 0.503, 0.20, 0.43, 0.24, 0.38, "headlamp")
    _lamps(shape, -0.503, 0.34, 0.48, 0.30, 0.54)
    _panel(shape, -0.503, 0.24, 0.90, 0.95, "brake light")


def _truck(shape: Shape) -> None:
    cab = _body(shape, [(0.50, 0.47, 0.46, 0.12, 0.42), (0.47, 0.48, 0.45, 0.12, 0.80), (0.30, 0.48, 0.45, 0.12, 0.82)])
    _pane(shape, cab[0], cab[1], 0.06, 0.90)
    _side_pane(shape, cab, [(0.455, 0.44), (0.45, 0.70), (0.36, 0.70), (0.36, 0.44)])
    _body(shape, [(0.30, 0.38, 0.38, 0.12, 0.26), (-0.49, 0.38, 0.38, 0.12, 0.26)], "trim")
    _body(shape, [(0.27, 0.50, 0.50, 0.26, 1.0), (-0.50, 0.50, 0.50, 0.26, 1.0)], "cargo")
    _wheels(shape, (0.385, -0.27, -0.40), (0.058, 0.145), 0.492, 0.12)
    _lamps(shape, 0.503, 0.26, 0.44, 0.20, 0.28, "headlamp")
    _panel(shape, 0.503, 0.24, 0.18, 0.30, "trim")
    _panel(shape, -0.495, 0.46, 0.12, 0.25, "trim")
    _lamps(shape, -0.503, 0.28, 0.46, 0.14, 0.25)
    _panel(shape, -0.504, 0.14, 0.15, 0.21, "plate")
    _panel(shape, -0.503, 0.006, 0.28, 0.92, "trim")
    _panel(shape, -0.503, 0.20, 0.94, 0.97, "brake light")


def _far_truck(shape: Shape) -> None:
    cab = _body(shape, [(0.50, 0.47, 0.46, 0.12, 0.42), (0.47, 0.48, 0.45, 0.12, 0.80), (0.30, 0.48, 0.45, 0.12, 0.82)])
    _pane(shape, cab[0], cab[1], 0.06, 0.90)
    _body(shape, [(0.27, 0.50, 0.50, 0.24, 1.0), (-0.50, 0.50, 0.50, 0.24, 1.0)], "cargo")
    shape.both([(0.44, 0.495, 0.0), (-0.46, 0.495, 0.0), (-0.46, 0.495, 0.24), (0.44, 0.495, 0.24)], "tyre")
    _panel(shape, 0.502, 0.46, 0.0, 0.14, "trim")
    _panel(shape, -0.502, 0.47, 0.0, 0.26, "trim")
    _lamps(shape, 0.503, 0.24, 0.45, 0.18, 0.28, "headlamp")
    _lamps(shape, -0.503, 0.26, 0.48, 0.13, 0.26)
    _panel(shape, -0.503, 0.22, 0.93, 0.97, "brake light")


def _walls(shape: Shape, side: Sequence[Point], end: Sequence[tuple[float, float]]) -> None:
    """A house's four walls: the left one's outline, counter-clockwise from outside, and the left half of an end's."""
    shape.both(side, "wall")
    for x in (0.5, -0.5):
        shape.facing(x, end, "wall")


def _rectangle(top: float) -> list[Point]:
    """A side wall."""
    return [(-0.5, 0.5, 0.0), (-0.5, 0.5, top), (0.5, 0.5, top), (0.5, 0.5, 0.0)]


def _far_flat_house(shape: Shape) -> None:
    """A box."""
    top = 0.98
    _walls(shape, _rectangle(top), [(0.5, top), (0.5, 0.0)])
    shape.face([(0.5, 0.5, top), (-0.5, 0.5, top), (-0.5, -0.5, top), (0.5, -0.5, top)], "roof")


def _flat_house(shape: Shape) -> None:
    """A box under a parapet that stands out a little, with what the lift and the air need on its roof."""
    top, out = EAVES[0], 0.512
    rim = [(out, out, top), (-out, out, top), (-out, -out, top), (out, -out, top)]
    shape.face(rim[::-1], "eaves")
    _walls(shape, _rectangle(top), [(0.5, top), (0.5, 0.0)])
    for a, b in pairwise([*rim, rim[0]]):
        shape.face([a, b, (b[0], b[1], 0.965), (a[0], a[1], 0.965)], "eaves")
    shape.face([(x, y, 0.965) for x, y, _ in rim], "roof")
    shape.box((-0.30, -0.20, 0.965), (-0.08, 0.12, 1.0), "trim")


def _saddle(top: float, ridge: float) -> list[Point]:
    """The left slope of a saddle roof along the road, whose eaves stand out."""
    out, aside, low = 0.525, 0.55, top - 0.1 * (ridge - top)
    return [(out, aside, low), (out, 0.0, ridge), (-out, 0.0, ridge), (-out, aside, low)]


def _far_gabled_house(shape: Shape) -> None:
    top, ridge = EAVES[1], 0.94
    _walls(shape, _rectangle(top), [(0.0, ridge - 0.01), (0.5, top), (0.5, 0.0)])
    shape.both(_saddle(top, ridge)[::-1], "roof")


def _gabled_house(shape: Shape) -> None:
    """A box under a saddle roof, with a chimney and dormers."""
    top, ridge = EAVES[1], 0.94
    shape.both(_saddle(top, ridge), "eaves")
    _walls(shape, _rectangle(top), [(0.0, ridge - 0.01), (0.5, top), (0.5, 0.0)])
    shape.box((0.20, 0.06, top), (0.26, 0.16, 1.0), "brick")
    shape.both(_saddle(top, ridge)[::-1], "roof")
    for x in (-0.22, 0.10):
        _dormer(shape, x, top, ridge)


def _dormer(shape: Shape, x: float, top: float, ridge: float) -> None:
    """A window that stands up from either slope of a saddle roof."""
    half, face, low = 0.055, 0.40, top + 0.20 * (ridge - top)
    high = top + 0.66 * (ridge - top)
    back = 0.5 * (1 - (high - top) / (ridge - top))
    shape.both([(x - half, face, low), (x - half, face, high), (x + half, face, high), (x + half, face, low)], "eaves")
    pane = [(x - 0.7 * half, low), (x - 0.7 * half, high), (x + 0.7 * half, high), (x + 0.7 * half, low)]
    rise = 0.16 * (high - low)
    shape.both([(px, face + 0.004, pz + rise if pz == low else pz - rise) for px, pz in pane], "glass")
    shape.both([(x + half, back, high), (x + half, face, high), (x - half, face, high), (x - half, back, high)], "roof")
    for edge, turn in ((x - half, 1), (x + half, -1)):
        shape.both([(edge, face, high), (edge, face, low), (edge, back, high)][::turn], "eaves")


def _hip(top: float, ridge: float) -> tuple[list[Point], list[Point]]:
    """The left slope of a roof that slopes on all sides, and the left half of its end."""
    out, aside, ends = 0.525, 0.55, 0.22
    low = top - 0.04
    side = [(-out, aside, low), (-ends, 0.0, ridge), (ends, 0.0, ridge), (out, aside, low)]
    return side, [(out, -aside, low), (out, aside, low), (ends, 0.0, ridge)]


def _far_hipped_house(shape: Shape) -> None:
    top, ridge = EAVES[2], 0.96
    _walls(shape, _rectangle(top), [(0.5, top), (0.5, 0.0)])
    side, end = _hip(top, ridge)
    shape.both(side, "roof")
    shape.face(end, "roof")
    shape.face([(-x, y, z) for x, y, z in reversed(end)], "roof")


def _hipped_house(shape: Shape) -> None:
    """A box under a roof that slopes on all sides, with two chimneys."""
    top, ridge = EAVES[2], 0.96
    low = _hip(top, ridge)[0][0][2]
    shape.face([(0.525, 0.55, low), (0.525, -0.55, low), (-0.525, -0.55, low), (-0.525, 0.55, low)], "trim")
    _far_hipped_house(shape)
    for x in (-0.16, 0.12):
        shape.box((x, -0.03, 0.9 * ridge), (x + 0.05, 0.05, 1.0), "brick")


def _front(top: float, ridge: float) -> list[Point]:
    """The fore slope of a saddle roof across the road."""
    out, ends, low = 0.53, 0.535, top - 0.08 * (ridge - top)
    return [(out, ends, low), (0.0, ends, ridge), (0.0, -ends, ridge), (out, -ends, low)]


def _across(shape: Shape, corners: Sequence[Point], material: str) -> None:
    """A face towards the front, and its mirror image towards the rear."""
    shape.face(corners, material)
    shape.face([(-x, y, z) for x, y, z in reversed(corners)], material)


def _far_front_house(shape: Shape) -> None:
    top, ridge = EAVES[3], 0.97
    gable = [(-0.5, 0.5, 0.0), (-0.5, 0.5, top), (0.0, 0.5, ridge - 0.01), (0.5, 0.5, top), (0.5, 0.5, 0.0)]
    _walls(shape, gable, [(0.5, top), (0.5, 0.0)])
    _across(shape, _front(top, ridge), "roof")


def _front_house(shape: Shape) -> None:
    """A gable towards the road, with a chimney."""
    top, ridge = EAVES[3], 0.97
    _across(shape, _front(top, ridge)[::-1], "eaves")
    shape.box((0.14, -0.26, top), (0.22, -0.16, 1.0), "brick")
    _far_front_house(shape)


_RAIL = ((0.40, 0.62), (0.62, 0.70), (0.70, 0.80), (0.80, 0.98))
"""Heights of a guard rail's four bands, in shares of its own."""


def _rail(shape: Shape) -> None:
    """A guard rail's beam, bulged twice, before posts; the left is the road's side."""
    for (low, high), (foot, head) in zip(_RAIL, ((0.15, 0.5), (0.5, 0.15), (0.15, 0.5), (0.5, 0.15)), strict=True):
        shape.both([(-0.5, foot, low), (-0.5, head, high), (0.5, head, high), (0.5, foot, low)], "steel")
    for x in (-0.25, 0.25):
        shape.both([(x - 0.01, 0.1, 0.0), (x - 0.01, 0.1, 0.9), (x + 0.01, 0.1, 0.9), (x + 0.01, 0.1, 0.0)], "trim")


def _far_rail(shape: Shape) -> None:
    shape.both([(-0.5, 0.15, 0.40), (-0.5, 0.15, 0.98), (0.5, 0.15, 0.98), (0.5, 0.15, 0.40)], "steel")


MAKERS: dict[str, tuple[Maker, ...]] = {
    "car": (_car, _far_car),
    "van": (_van, _far_van),
    "truck": (_truck, _far_truck),
    "guard rail": (_rail, _far_rail),
    "building": (
        *(_flat_house, _far_flat_house, _gabled_house, _far_gabled_house),
        *(_hipped_house, _far_hipped_house, _front_house, _far_front_house),
    ),
}
"""Kind -> its shapes, from near and from afar; a building's are those of each of HOUSES in turn."""


def make_models() -> Models:
    """Every model in flat arrays."""
    vertices: list[Point] = []
    hubs: list[Point] = []
    corners: list[list[int]] = []
    beyond: list[list[int]] = []
    sides: list[int] = []
    material: list[int] = []
    ranges = np.zeros((len(KINDS), MOST_MODELS, 4), np.int32)
    own = {kind.name: kind.look.makers for kind in KINDS.values() if isinstance(kind.look, Mesh)}
    for kind, makers in (own | MAKERS).items():
        for which, maker in enumerate(makers):
            shape = Shape()
            maker(shape)
            ranges[KINDS.index(kind), which] = len(vertices), len(shape.points), len(sides), len(shape.faces)
            for (ids, stuff), others in zip(shape.faces, shape.beyond(), strict=True):
                spare = MOST_CORNERS - len(ids)
                corners.append([*ids, *[-1] * spare])
                beyond.append([*others, *[-1] * spare])
                sides.append(len(ids))
                material.append(stuff)
            vertices += shape.points
            hubs += shape.hubs
    four = [np.array(values, np.int32) for values in (corners, beyond, sides, material)]
    points, axles = np.array(vertices, np.float32), np.array(hubs, np.float32)
    return Models(points, axles, four[0], four[1], four[2], four[3], ranges)
