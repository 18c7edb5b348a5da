"""Low-poly vehicles and houses, made by this code: vertices, convex faces, and which face lies beyond each edge.

A model fills the unit box: x from -0.5 (rear) to 0.5 (front) along its length, y from -0.5 (right) to 0.5 (left) across
its width, z from 0 to 1 up its height. An object's length, width and height scale it.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.scene import OBJECT_KINDS

MATERIALS = (
    *("paint", "glass", "tyre", "rim", "headlamp", "tail lamp", "brake light", "plate", "trim"),
    *("cargo", "wall", "gable", "roof", "parapet"),
)
"""What a face is made of; an id is the index here. A tail lamp shines while braking, a brake light does only then."""

MOST_CORNERS = 10
Point = tuple[float, float, float]


class Models(NamedTuple):
    """All models in flat arrays.

    vertices: (V, 3) float32. corners, beyond: (F, MOST_CORNERS) int32: a face's vertices, counter-clockwise seen from
    outside, and the face past the edge that begins there, -1 for an open edge. sides, material: (F,) int32.
    ranges: (kinds, 2 variants or levels, 4) int32: first vertex, vertices, first face, faces; none for other kinds.
    """

    vertices: NDArray[np.float32]
    corners: NDArray[np.int32]
    beyond: NDArray[np.int32]
    sides: NDArray[np.int32]
    material: NDArray[np.int32]
    ranges: NDArray[np.int32]


class Shape:
    """Vertices and faces while a model is made."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self.faces: list[tuple[tuple[int, ...], int]] = []

    def face(self, corners: Sequence[Point], material: str) -> None:
        """A convex face; corners counter-clockwise seen from outside."""
        ids = tuple(self._point(corner) for corner in corners)
        unique = tuple(dict.fromkeys(ids))
        if len(unique) > 2:
            self.faces.append((unique, MATERIALS.index(material)))

    def both(self, corners: Sequence[Point], material: str) -> None:
        """A face on the left, and its mirror image on the right."""
        self.face(corners, material)
        self.face([(x, -y, z) for x, y, z in reversed(corners)], material)

    def across(self, left: Sequence[Point], material: str) -> None:
        """A face that spans the width: the left half of its outline, whose mirror image is the right half."""
        self.face([*left, *((x, -y, z) for x, y, z in reversed(left))], material)

    def _point(self, point: Point) -> int:
        rounded = tuple(round(value, 5) for value in point)
        if rounded not in self.points:
            self.points.append(rounded)  # type: ignore[arg-type]
        return self.points.index(rounded)  # type: ignore[arg-type]

    def beyond(self) -> list[list[int]]:
        """For each face, and each edge from a corner to the next, the face that has that edge the other way round."""
        owner = {
            (ids[i], ids[(i + 1) % len(ids)]): face for face, (ids, _) in enumerate(self.faces) for i in range(len(ids))
        }
        return [[owner.get((ids[(i + 1) % len(ids)], ids[i]), -1) for i in range(len(ids))] for ids, _ in self.faces]


Station = tuple[float, float, float, float, float]


def _loft(shape: Shape, stations: Sequence[Station], top: Sequence[str], side: str, ends: tuple[str, str]) -> None:
    """A body of cross-sections from front to rear: (x, half width below, half width above, z below, z above)."""
    for i, (fore, aft) in enumerate(pairwise(stations)):
        shape.across([(fore[0], fore[2], fore[4]), (aft[0], aft[2], aft[4])], top[i])
        shape.both(
            [
                *((fore[0], fore[1], fore[3]), (aft[0], aft[1], aft[3])),
                *((aft[0], aft[2], aft[4]), (fore[0], fore[2], fore[4])),
            ],
            side,
        )
    for end, station, flip in ((0, stations[0], False), (1, stations[-1], True)):
        x, low, high, z0, z1 = station
        outline = [(x, low, z0), (x, -low, z0), (x, -high, z1), (x, high, z1)]
        shape.face(outline if flip else outline[::-1], ends[end])


def _wheels(shape: Shape, places: Sequence[float], radius_x: float, radius_z: float, out: float) -> None:
    """Discs of tyre and rim on both sides; radii in shares of length and height."""
    for x in places:
        for share, offset, material in ((1.0, 0.0, "tyre"), (0.6, 0.004, "rim")):
            turn = np.arange(8) * (np.pi / 4) + np.pi / 8
            disc = [
                (x + share * radius_x * float(np.cos(a)), out + offset, radius_z + share * radius_z * float(np.sin(a)))
                for a in turn
            ]
            shape.both(disc[::-1], material)


def _lamps(shape: Shape, x: float, inner: float, outer: float, low: float, high: float, material: str) -> None:
    """A lamp on either side of the front (x > 0) or the rear."""
    corners = [(x, inner, low), (x, outer, low), (x, outer, high), (x, inner, high)]
    shape.both(corners if x > 0 else corners[::-1], material)


def _panel(shape: Shape, x: float, half: float, low: float, high: float, material: str) -> None:
    """Something in the middle of the front or the rear."""
    left = [(x, half, low), (x, half, high)]
    shape.across(left if x > 0 else left[::-1], material)


def _car(shape: Shape) -> None:
    body = [
        *((0.50, 0.40, 0.39, 0.20, 0.42), (0.465, 0.47, 0.45, 0.15, 0.50), (0.22, 0.50, 0.48, 0.14, 0.615)),
        *((-0.28, 0.50, 0.48, 0.14, 0.635), (-0.46, 0.47, 0.45, 0.15, 0.62), (-0.50, 0.42, 0.41, 0.20, 0.55)),
    ]
    _loft(shape, body, ["paint"] * 5, "paint", ("paint", "paint"))
    cabin = [
        *((0.24, 0.455, 0.44, 0.60, 0.62), (0.07, 0.46, 0.36, 0.61, 0.985), (-0.20, 0.46, 0.35, 0.62, 1.0)),
        (-0.40, 0.45, 0.42, 0.62, 0.65),
    ]
    _loft(shape, cabin, ["glass", "paint", "glass"], "glass", ("paint", "paint"))
    _wheels(shape, (0.315, -0.30), 0.075, 0.225, 0.502)
    _lamps(shape, 0.503, 0.20, 0.38, 0.32, 0.42, "headlamp")
    _panel(shape, 0.503, 0.18, 0.25, 0.36, "trim")
    _lamps(shape, -0.503, 0.20, 0.41, 0.38, 0.52, "tail lamp")
    _panel(shape, -0.504, 0.15, 0.33, 0.42, "plate")
    _panel(shape, -0.505, 0.40, 0.20, 0.27, "trim")
    _panel(shape, -0.415, 0.16, 0.655, 0.70, "brake light")


def _far_car(shape: Shape) -> None:
    body = [(0.50, 0.46, 0.44, 0.14, 0.48), (0.22, 0.50, 0.48, 0.12, 0.61), (-0.50, 0.47, 0.45, 0.14, 0.60)]
    _loft(shape, body, ["paint"] * 2, "paint", ("paint", "paint"))
    cabin = [(0.24, 0.455, 0.44, 0.60, 0.62), (0.02, 0.46, 0.36, 0.61, 1.0), (-0.42, 0.45, 0.40, 0.61, 0.64)]
    _loft(shape, cabin, ["glass", "glass"], "glass", ("paint", "paint"))
    shape.both([(0.42, 0.503, 0.0), (-0.42, 0.503, 0.0), (-0.42, 0.503, 0.22), (0.42, 0.503, 0.22)], "tyre")
    _panel(shape, -0.502, 0.45, 0.0, 0.22, "trim")
    _lamps(shape, 0.503, 0.18, 0.40, 0.30, 0.44, "headlamp")
    _lamps(shape, -0.503, 0.18, 0.44, 0.36, 0.54, "tail lamp")
    _panel(shape, -0.44, 0.16, 0.62, 0.68, "brake light")


def _van(shape: Shape) -> None:
    body = [
        *((0.50, 0.44, 0.43, 0.14, 0.40), (0.44, 0.48, 0.46, 0.12, 0.50), (0.30, 0.50, 0.46, 0.11, 0.60)),
        *((0.16, 0.50, 0.44, 0.11, 0.98), (-0.48, 0.50, 0.44, 0.11, 1.0), (-0.50, 0.49, 0.43, 0.13, 0.96)),
    ]
    _loft(shape, body, ["paint", "paint", "glass", "paint", "paint"], "paint", ("paint", "paint"))
    shape.both([(0.24, 0.490, 0.62), (0.03, 0.490, 0.62), (0.03, 0.468, 0.86), (0.155, 0.468, 0.86)], "glass")
    _wheels(shape, (0.33, -0.31), 0.068, 0.165, 0.503)
    _lamps(shape, 0.503, 0.24, 0.42, 0.26, 0.36, "headlamp")
    _panel(shape, 0.503, 0.22, 0.20, 0.33, "trim")
    _lamps(shape, -0.503, 0.36, 0.46, 0.30, 0.52, "tail lamp")
    _panel(shape, -0.503, 0.36, 0.62, 0.86, "glass")
    _panel(shape, -0.504, 0.14, 0.24, 0.31, "plate")
    _panel(shape, -0.504, 0.22, 0.90, 0.94, "brake light")


def _truck(shape: Shape) -> None:
    cab = [(0.50, 0.47, 0.46, 0.12, 0.42), (0.47, 0.48, 0.45, 0.12, 0.80), (0.30, 0.48, 0.45, 0.12, 0.82)]
    _loft(shape, cab, ["glass", "paint"], "paint", ("paint", "paint"))
    shape.both([(0.475, 0.485, 0.44), (0.36, 0.485, 0.44), (0.36, 0.472, 0.72), (0.462, 0.472, 0.72)], "glass")
    box = [(0.27, 0.50, 0.50, 0.26, 1.0), (-0.50, 0.50, 0.50, 0.26, 1.0)]
    _loft(shape, box, ["cargo"], "cargo", ("cargo", "cargo"))
    _loft(shape, [(0.30, 0.38, 0.38, 0.12, 0.26), (-0.49, 0.38, 0.38, 0.12, 0.26)], ["trim"], "trim", ("trim", "trim"))
    _wheels(shape, (0.38, -0.28, -0.40), 0.062, 0.155, 0.49)
    _lamps(shape, 0.503, 0.26, 0.44, 0.20, 0.28, "headlamp")
    _panel(shape, 0.503, 0.24, 0.18, 0.30, "trim")
    _panel(shape, -0.492, 0.46, 0.13, 0.25, "trim")
    _lamps(shape, -0.503, 0.28, 0.46, 0.14, 0.25, "tail lamp")
    _panel(shape, -0.504, 0.14, 0.15, 0.21, "plate")
    _panel(shape, -0.503, 0.20, 0.94, 0.97, "brake light")


def _walls(shape: Shape, top: float) -> None:
    """Four walls up to z = top."""
    shape.both([(0.5, 0.5, 0.0), (-0.5, 0.5, 0.0), (-0.5, 0.5, top), (0.5, 0.5, top)], "wall")
    for x in (0.5, -0.5):
        left = [(x, 0.5, 0.0), (x, 0.5, top)]
        shape.across(left if x > 0 else left[::-1], "wall")


def _flat_house(shape: Shape) -> None:
    """A box under a parapet that stands out a little."""
    _walls(shape, 0.93)
    out = 0.512
    shape.both([(out, out, 0.93), (-out, out, 0.93), (-out, out, 1.0), (out, out, 1.0)], "parapet")
    for x in (out, -out):
        left = [(x, out, 0.93), (x, out, 1.0)]
        shape.across(left if x > 0 else left[::-1], "parapet")
    shape.across([(out, out, 1.0), (-out, out, 1.0)], "roof")


def _gabled_house(shape: Shape) -> None:
    """A box under a saddle roof whose eaves stand out; the ridge runs along the road."""
    top, out = 0.74, 0.53
    _walls(shape, top)
    shape.both([(out, 0.56, top - 0.03), (-out, 0.56, top - 0.03), (-out, 0.0, 1.0), (out, 0.0, 1.0)], "roof")
    for x in (0.5, -0.5):
        outline = [(x, 0.5, top), (x, 0.0, 0.985), (x, -0.5, top)]
        shape.face(outline if x > 0 else outline[::-1], "gable")


MAKERS = {
    "car": (_car, _far_car),
    "van": (_van, _van),
    "truck": (_truck, _truck),
    "building": (_flat_house, _gabled_house),
}
"""Kind -> its shapes: from near and from afar, or two variants."""


def make_models() -> Models:
    """Every model in flat arrays."""
    vertices: list[Point] = []
    corners: list[list[int]] = []
    beyond: list[list[int]] = []
    sides: list[int] = []
    material: list[int] = []
    ranges = np.zeros((len(OBJECT_KINDS), 2, 4), np.int32)
    for kind, makers in MAKERS.items():
        for which, maker in enumerate(makers):
            shape = Shape()
            maker(shape)
            ranges[OBJECT_KINDS.index(kind), which] = len(vertices), len(shape.points), len(sides), len(shape.faces)
            for (ids, stuff), others in zip(shape.faces, shape.beyond(), strict=True):
                spare = MOST_CORNERS - len(ids)
                corners.append([*ids, *[-1] * spare])
                beyond.append([*others, *[-1] * spare])
                sides.append(len(ids))
                material.append(stuff)
            vertices += shape.points
    four = [np.array(values, np.int32) for values in (corners, beyond, sides, material)]
    return Models(np.array(vertices, np.float32), four[0], four[1], four[2], four[3], ranges)
