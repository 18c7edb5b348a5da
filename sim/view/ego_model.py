"""The ego car's shape: a small mesh made by code.

Mesh coordinates are the vehicle's: x forward, y left, z up, metres, the reference point on the ground at the origin.
"""

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.vehicle import TO_FRONT, TO_REAR

PAINT, GLASS, TRIM, TYRE, RIM, TAIL_LAMP, HEADLAMP, PLATE = range(8)
ALBEDO = np.array(
    [
        (0.66, 0.77, 0.88),
        (0.07, 0.09, 0.12),
        (0.09, 0.09, 0.10),
        (0.11, 0.11, 0.115),
        (0.52, 0.54, 0.57),
        (0.42, 0.03, 0.04),
        (0.86, 0.88, 0.90),
        (1.0, 1.0, 0.94),
    ]
)
"""Colour of each material, RGB in [0, 1]."""
GLOSS = np.array([0.30, 0.85, 0.05, 0.0, 0.25, 0.30, 0.40, 0.0])
"""How much of the sky each material mirrors at a grazing angle."""
TAIL_GLOW, BRAKE_GLOW = np.array((0.22, 0.01, 0.01)), np.array((1.0, 0.16, 0.12))
NIGHT_GLOW = np.array((0.66, 0.04, 0.03))
"""What tail lamps give off by themselves: always, at full brake, and at night."""

OUTLINE_POINTS = 36
"""Corners of each slice of the body; a multiple of 4."""

# front x, rear x, half width, squareness, z at the front, z at the rear; from the sill up
BODY = np.array(
    [
        (1.88, -2.06, 0.78, 6.0, 0.17, 0.32),
        (2.02, -2.33, 0.87, 6.0, 0.28, 0.44),
        (2.06, -2.42, 0.905, 6.0, 0.46, 0.56),
        (2.03, -2.41, 0.900, 5.6, 0.60, 0.74),
        (1.94, -2.36, 0.865, 5.0, 0.69, 0.88),
        (1.80, -2.24, 0.79, 4.8, 0.75, 0.955),
    ]
)
BODY_BANDS = (TRIM, PAINT, PAINT, PAINT, PAINT)
CABIN = np.array(
    [
        (1.02, -1.93, 0.775, 5.0, 0.86, 0.93),
        (0.60, -1.55, 0.705, 5.0, 1.10, 1.15),
        (0.16, -1.13, 0.625, 4.6, 1.33, 1.355),
        (-0.02, -0.94, 0.53, 4.4, 1.40, 1.41),
    ]
)
CABIN_BANDS = (GLASS, GLASS, PAINT)
CROWN = 0.03
"""Metres by which a slice's lid is higher in the middle."""

LID_STRIPS = 4

WHEEL_RADIUS, WHEEL_WIDTH, HALF_TRACK = 0.33, 0.24, 0.815
ARCH_RADIUS, ARCH_ASIDE = 0.36, 0.907
WHEEL_POINTS = 18


class Mesh(NamedTuple):
    """T triangles, anticlockwise from outside. points, normals: (T, 3, 3), of each corner; material: (T,)."""

    points: NDArray[np.float64]
    normals: NDArray[np.float64]
    material: NDArray[np.int64]


def car(steer_angle: float) -> Mesh:
    """The whole car with its front wheels at `steer_angle` (rad, + left)."""
    wheels = [
        _placed(_wheel(), x, side, angle) for x, angle in ((TO_FRONT, steer_angle), (-TO_REAR, 0.0)) for side in (1, -1)
    ]
    return _joined([_shell(), *wheels])


@cache
def _shell() -> Mesh:
    """Everything but the wheels."""
    body = _loft(BODY)
    cabin = _loft(CABIN)
    parts = [
        _skin(body, _body_materials()),
        _lid(body[-1], PAINT),
        _skin(cabin, _cabin_materials()),
        _lid(cabin[-1], PAINT),
        *_details(),
    ]
    return _joined(parts)


def _loft(slices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Closed outlines (slices, OUTLINE_POINTS, 3), rounded rectangles (superellipses), the first point to the front."""
    turn = 2 * np.pi * (np.arange(OUTLINE_POINTS) + 0.5) / OUTLINE_POINTS
    front, rear, half_width, squareness, z_front, z_rear = (column[:, None] for column in slices.T)
    along = np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** (2 / squareness)
    aside = np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** (2 / squareness)
    x = (front + rear) / 2 + along * (front - rear) / 2
    return np.stack([x, aside * half_width, z_rear + (z_front - z_rear) * (1 + along) / 2], axis=-1)


def _skin(rings: NDArray[np.float64], material: NDArray[np.int64]) -> Mesh:
    """The surface between closed rings (m, n, 3), smoothly shaded; material: (m - 1, n), of each quadrilateral."""
    around = np.roll(rings, -1, axis=1) - np.roll(rings, 1, axis=1)
    upward = np.gradient(rings, axis=0)
    normals = _unit(np.cross(around, upward))
    after, normals_after = np.roll(rings, -1, axis=1), np.roll(normals, -1, axis=1)
    corners = np.stack([rings[:-1], after[:-1], after[1:], rings[1:]], axis=2).reshape(-1, 4, 3)
    shading = np.stack([normals[:-1], normals_after[:-1], normals_after[1:], normals[1:]], axis=2).reshape(-1, 4, 3)
    return _triangles(corners, shading, material.reshape(-1))


def _lid(ring: NDArray[np.float64], material: int) -> Mesh:
    """A slightly domed cover over a ring (n, 3) that is symmetric about its x axis: strips from left to right."""
    left = ring[: len(ring) // 2]
    across = np.linspace(1.0, -1.0, LID_STRIPS + 1)
    grid = left[:, None] * np.stack([np.ones_like(across), across, np.ones_like(across)], axis=1)
    middle, half = (ring[:, 0].max() + ring[:, 0].min()) / 2, np.ptp(ring[:, 0]) / 2
    along = (grid[..., 0] - middle) / half
    grid[..., 2] += CROWN * (1 - across**2) * (1 - along**4)
    normals = _unit(
        np.stack([0.6 * along**5, 0.6 * np.broadcast_to(across**5, along.shape), np.ones_like(along)], axis=-1)
    )
    corners = np.stack([grid[:-1, :-1], grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:]], axis=2).reshape(-1, 4, 3)
    shading = np.stack([normals[:-1, :-1], normals[1:, :-1], normals[1:, 1:], normals[:-1, 1:]], axis=2)
    return _triangles(corners, shading.reshape(-1, 4, 3), np.full(len(corners), material))


def _body_materials() -> NDArray[np.int64]:
    """(bands, OUTLINE_POINTS): lamps wrap around the corners."""
    material = np.repeat(np.array(BODY_BANDS)[:, None], OUTLINE_POINTS, axis=1)
    quarter = OUTLINE_POINTS // 4
    corner = np.arange(3, 8)
    material[3, 2 * quarter - 1 - corner] = material[3, 2 * quarter - 1 + corner] = TAIL_LAMP
    material[2, corner - 1] = material[2, -1 - corner] = HEADLAMP
    return material


def _cabin_materials() -> NDArray[np.int64]:
    """(bands, OUTLINE_POINTS): glass between painted pillars."""
    material = np.repeat(np.array(CABIN_BANDS)[:, None], OUTLINE_POINTS, axis=1)
    half = OUTLINE_POINTS // 2
    for pillar in (5, half - 6):
        material[:, [pillar, OUTLINE_POINTS - 2 - pillar]] = PAINT
    return material


def _details() -> list[Mesh]:
    """Number plate, mirrors, the gaps around the wheels."""
    plate = np.array([(-2.432, 0.26, 0.50), (-2.432, -0.26, 0.50), (-2.432, -0.26, 0.61), (-2.432, 0.26, 0.61)])
    mirrors = [_box((0.62, side * 0.86, 0.96), (0.20, 0.17, 0.12), PAINT) for side in (1, -1)]
    arches = [_arch(x, side) for x in (TO_FRONT, -TO_REAR) for side in (1, -1)]
    return [_panel(plate, PLATE), *mirrors[0], *mirrors[1], *arches]


def _arch(x: float, side: int) -> Mesh:
    """The dark gap around a wheel, a disc flush with the body."""
    turn = -side * 2 * np.pi * np.arange(WHEEL_POINTS) / WHEEL_POINTS
    rim = np.stack([np.cos(turn), np.zeros_like(turn), np.sin(turn)], axis=1)
    place = np.array([x, side * ARCH_ASIDE, ARCH_RADIUS])
    rings = np.stack([ARCH_RADIUS * rim + place, 0.3 * rim + place])
    return _skin(rings, np.full((1, WHEEL_POINTS), TYRE))


def _panel(corners: NDArray[np.float64], material: int) -> Mesh:
    """A flat quadrilateral (4, 3)."""
    normal = _unit(np.cross(corners[1] - corners[0], corners[3] - corners[0]))
    return _triangles(corners[None], np.broadcast_to(normal, (1, 4, 3)), np.array([material]))


def _box(centre: tuple[float, float, float], size: tuple[float, float, float], material: int) -> list[Mesh]:
    """The six sides of a box."""
    corner = np.array(centre) + (np.indices((2, 2, 2)).reshape(3, 8).T - 0.5) * size
    sides = ((0, 4, 5, 1), (6, 2, 3, 7), (2, 0, 1, 3), (4, 6, 7, 5), (1, 5, 7, 3), (2, 6, 4, 0))
    return [_panel(corner[list(side)], material) for side in sides]


@cache
def _wheel() -> Mesh:
    """A left wheel about its own centre: tread, wall, rim, hub."""
    turn = 2 * np.pi * np.arange(WHEEL_POINTS) / WHEEL_POINTS
    circle = np.stack([np.cos(turn), np.zeros_like(turn), -np.sin(turn)], axis=1)
    half = np.array([0, WHEEL_WIDTH / 2, 0])
    rings = [WHEEL_RADIUS * circle - half, WHEEL_RADIUS * circle + half, 0.66 * WHEEL_RADIUS * circle + half]
    rings += [0.02 * circle + 0.9 * half]
    bands = (TYRE, TYRE, RIM)
    parts = []
    for inner, outer, band in zip(rings[:-1], rings[1:], bands, strict=True):
        parts.append(_skin(np.stack([inner, outer]), np.full((1, WHEEL_POINTS), band)))
    parts.append(_skin(np.stack([0.02 * circle - half, rings[0]]), np.full((1, WHEEL_POINTS), TYRE)))
    return _joined(parts)


def _placed(wheel: Mesh, x: float, side: int, angle: float) -> Mesh:
    """A wheel at its axle, on the left (side 1) or, turned about, on the right (-1)."""
    turn = angle + (0.0 if side > 0 else math.pi)
    rotation = np.array([(math.cos(turn), math.sin(turn), 0), (-math.sin(turn), math.cos(turn), 0), (0, 0, 1)])
    place = np.array([x, side * HALF_TRACK, WHEEL_RADIUS])
    return Mesh(wheel.points @ rotation + place, wheel.normals @ rotation, wheel.material)


def _triangles(corners: NDArray[np.float64], normals: NDArray[np.float64], material: NDArray[np.int64]) -> Mesh:
    """Quadrilaterals (n, 4, 3) as triangles."""
    halves = [[0, 1, 2], [0, 2, 3]]
    return Mesh(
        corners[:, halves].reshape(-1, 3, 3), normals[:, halves].reshape(-1, 3, 3), np.repeat(material, len(halves))
    )


def _joined(parts: list[Mesh]) -> Mesh:
    return Mesh(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
