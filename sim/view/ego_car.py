"""The ego car as it is drawn for a person: a small shaded mesh made by code, and the rasteriser that draws it.

Mesh coordinates are the vehicle's: x forward, y left, z up, metres, the reference point on the ground at the origin.
Nothing here ever enters a policy's frame: the policy's camera does not see its own car.
"""

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.geometry import wrap_angle
from sim.jit import kernel
from sim.theme import COLOURS, LOOK_FIELDS
from sim.vehicle import TO_FRONT, TO_REAR

PAINT, GLASS, TRIM, TYRE, RIM, TAIL_LAMP, HEADLAMP, PLATE = range(8)
ALBEDO = np.array(
    [
        (0.74, 0.80, 0.86),
        (0.07, 0.09, 0.12),
        (0.09, 0.09, 0.10),
        (0.06, 0.06, 0.065),
        (0.52, 0.54, 0.57),
        (0.42, 0.03, 0.04),
        (0.86, 0.88, 0.90),
        (0.80, 0.80, 0.74),
    ]
)
"""Colour of each material, RGB in [0, 1]."""
GLOSS = np.array([0.30, 0.85, 0.05, 0.0, 0.25, 0.30, 0.40, 0.0])
"""How much of the sky each material mirrors at a grazing angle."""
TAIL_GLOW, BRAKE_GLOW = np.array((0.55, 0.02, 0.03)), np.array((1.0, 0.16, 0.12))
"""What tail lamps give off by themselves: always, and at full brake."""

OUTLINE_POINTS = 44
"""Corners of each slice of the body; a multiple of 4."""

# front x, rear x, half width, squareness, z at the front, z at the rear; from the sill up
BODY = np.array(
    [
        (1.88, -2.16, 0.78, 5.0, 0.17, 0.20),
        (2.00, -2.33, 0.87, 4.6, 0.27, 0.33),
        (2.06, -2.42, 0.905, 4.4, 0.47, 0.55),
        (2.03, -2.41, 0.900, 4.4, 0.60, 0.74),
        (1.94, -2.36, 0.865, 4.4, 0.69, 0.88),
        (1.80, -2.24, 0.79, 4.6, 0.75, 0.955),
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

WHEEL_RADIUS, WHEEL_WIDTH, HALF_TRACK = 0.32, 0.21, 0.80
WHEEL_POINTS = 20

OVERSAMPLING = 3
"""Samples a pixel, each way."""


class Mesh(NamedTuple):
    """T triangles, anticlockwise from outside. points, normals: (T, 3, 3), of each corner; material: (T,)."""

    points: NDArray[np.float64]
    normals: NDArray[np.float64]
    material: NDArray[np.int64]


class Light(NamedTuple):
    """sun: (3,) unit vector to it in the vehicle's frame. sunshine, sky, ground: (3,) RGB in [0, 1] of what falls on the
    car from each. exposure, contrast: of the look."""

    sun: NDArray[np.float64]
    sunshine: NDArray[np.float64]
    sky: NDArray[np.float64]
    ground: NDArray[np.float64]
    exposure: float
    contrast: float


def light_of(look: NDArray[np.float32], yaw: float) -> Light:
    """The light of one look on a car that heads for `yaw`."""
    scalar = {name: float(look[i]) for i, name in enumerate(LOOK_FIELDS)}
    azimuth, elevation = scalar["sun_azimuth"] - yaw, scalar["sun_elevation"]
    flat, strength = math.cos(elevation), scalar["sun_strength"]
    return Light(
        sun=np.array([flat * math.cos(azimuth), flat * math.sin(azimuth), math.sin(elevation)]),
        sunshine=0.62 * strength * _colour(look, "sunlight"),
        sky=(0.98 - 0.38 * strength) * (0.35 + 0.65 * _colour(look, "haze")),
        ground=0.30 * _colour(look, "asphalt") + 0.12,
        exposure=scalar["exposure"],
        contrast=scalar["contrast"],
    )


def car(steer_angle: float) -> Mesh:
    """The whole car with its front wheels at `steer_angle` (rad, + left)."""
    wheels = [_placed(_wheel(), x, side, angle) for x, angle in ((TO_FRONT, steer_angle), (-TO_REAR, 0.0)) for side in (1, -1)]
    return _joined([_shell(), *wheels])


def colours(mesh: Mesh, eye: NDArray[np.float64], light: Light, brake: float) -> NDArray[np.float64]:
    """Display RGB (T, 3, 3) in [0, 255] of each corner. eye: (3,) metres, where it is seen from; brake: in [0, 1]."""
    normals = mesh.normals
    up = 0.5 + 0.5 * normals[..., 2:]
    towards_sun = np.clip(normals @ light.sun, 0.0, None)[..., None]
    ambient = light.ground + (light.sky - light.ground) * up
    albedo = ALBEDO[mesh.material][:, None]
    diffuse = albedo * (ambient + light.sunshine * towards_sun)

    view = eye - mesh.points
    view /= np.linalg.norm(view, axis=-1, keepdims=True)
    facing = np.clip((view * normals).sum(axis=-1, keepdims=True), 0.0, 1.0)
    mirrored = 2 * facing * normals - view
    grazing = 0.10 + 0.90 * (1 - facing) ** 3
    horizon = np.clip(0.5 + 1.6 * mirrored[..., 2:], 0.0, 1.0)
    reflection = light.ground + (light.sky - light.ground) * horizon
    glint = light.sunshine * np.clip(mirrored @ light.sun, 0.0, 1.0)[..., None] ** 40
    gloss = GLOSS[mesh.material][:, None, None]
    lit = (diffuse + gloss * (grazing * reflection + 1.5 * glint)) * light.exposure
    graded = (255 * lit - 128) * light.contrast + 128
    lamps = (mesh.material == TAIL_LAMP)[:, None, None]
    glow = TAIL_GLOW * 0.35 + (BRAKE_GLOW - 0.35 * TAIL_GLOW) * brake
    return np.clip(np.where(lamps, np.maximum(graded, 255 * glow), graded), 0, 255)


def _colour(look: NDArray[np.float32], name: str) -> NDArray[np.float64]:
    first = 3 * COLOURS.index(name)
    return look[first : first + 3].astype(np.float64) / 255


# --- geometry ---------------------------------------------------------------------------------------------------------


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
    half = len(ring) // 2
    left = ring[:half]
    across = np.linspace(1.0, -1.0, 7)
    grid = left[:, None] * np.stack([np.ones(7), across, np.ones(7)], axis=1)
    grid[..., 2] += CROWN * (1 - across**2)
    normals = _unit(np.cross(np.gradient(grid, axis=1), np.gradient(grid, axis=0)))
    normals *= np.sign(normals[..., 2:])
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
    """Number plate, bumper trim, high brake lamp, mirrors."""
    return [
        _panel((-2.432, 0.27, 0.47), (-2.436, -0.27, 0.47), (-2.440, -0.27, 0.59), (-2.436, 0.27, 0.59), PLATE),
        *_box((0.62, 0.86, 0.94), (0.20, 0.17, 0.12), PAINT),
    ]


def _panel(*corners_and_material) -> Mesh:
    *corners, material = corners_and_material
    quad = np.array(corners)[None]
    normal = _unit(np.cross(quad[0, 1] - quad[0, 0], quad[0, 3] - quad[0, 0]))
    return _triangles(quad, np.broadcast_to(normal, quad.shape), np.array([material]))


def _box(centre: tuple[float, float, float], size: tuple[float, float, float], material: int) -> list[Mesh]:
    """A box and its mirror image on the right."""
    signs = np.array([(-1, -1, -1), (1, -1, -1), (1, 1, -1), (-1, 1, -1), (-1, -1, 1), (1, -1, 1), (1, 1, 1), (-1, 1, 1)])
    faces = ((0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7), (4, 5, 6, 7), (3, 2, 1, 0))
    both = []
    for side in (1, -1):
        corners = np.array(centre) * (1, side, 1) + signs * np.array(size) / 2
        both += [_panel(*corners[list(face)], material) for face in faces]
    return both


@cache
def _wheel() -> Mesh:
    """A left wheel about its own centre: tread, wall, rim, hub."""
    turn = 2 * np.pi * np.arange(WHEEL_POINTS) / WHEEL_POINTS
    circle = np.stack([np.cos(turn), np.zeros_like(turn), -np.sin(turn)], axis=1)
    half = np.array([0, WHEEL_WIDTH / 2, 0])
    rings = [WHEEL_RADIUS * circle - half, WHEEL_RADIUS * circle + half, 0.66 * WHEEL_RADIUS * circle + half]
    rings += [0.60 * WHEEL_RADIUS * circle + 0.8 * half, 0.02 * circle + 0.9 * half]
    bands = (TYRE, TYRE, TRIM, RIM)
    parts = []
    for inner, outer, band in zip(rings[:-1], rings[1:], bands, strict=True):
        parts.append(_skin(np.stack([inner, outer]), np.full((1, WHEEL_POINTS), band)))
    inside = np.concatenate([rings[0]])[None]
    parts.append(_skin(np.stack([0.02 * circle - half, inside[0]]), np.full((1, WHEEL_POINTS), TYRE)))
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


# --- rasteriser -------------------------------------------------------------------------------------------------------


def facing(mesh: Mesh, eye: NDArray[np.float64]) -> Mesh:
    """Those triangles that show their front to an eye (3,)."""
    a, b, c = mesh.points[:, 0], mesh.points[:, 1], mesh.points[:, 2]
    front = np.einsum("ti,ti->t", np.cross(b - a, c - a), eye - a) > 0
    return Mesh(mesh.points[front], mesh.normals[front], mesh.material[front])


class Viewpoint(NamedTuple):
    """Where the car is seen from. yaw: of the camera against the car, rad; behind, height: metres of the camera from
    the car's reference point along the camera's own axis; focal, centre_column, centre_row: pixels."""

    yaw: float
    behind: float
    height: float
    focal: float
    centre_column: float
    centre_row: float


def draw(
    picture: NDArray[np.uint8],
    depth: NDArray[np.float32],
    view: Viewpoint,
    look: NDArray[np.float32],
    yaw: float,
    steer_angle: float,
    brake: float,
) -> None:
    """Draw the car that heads for `yaw` into picture (H, W, 3), behind whatever `depth` (H, W) says stands nearer."""
    cos, sin = math.cos(view.yaw), math.sin(view.yaw)
    eye = np.array([-view.behind * cos, -view.behind * sin, view.height])
    mesh = facing(car(steer_angle), eye)
    shades = colours(mesh, eye, light_of(look, yaw), brake)
    ahead = mesh.points[..., 0] * cos + mesh.points[..., 1] * sin + view.behind
    left = mesh.points[..., 1] * cos - mesh.points[..., 0] * sin
    corners = np.stack(
        [
            view.centre_column - view.focal * left / ahead,
            view.centre_row + view.focal * (view.height - mesh.points[..., 2]) / ahead,
            1 / ahead,
        ],
        axis=-1,
    )
    height, width = picture.shape[:2]
    low = np.maximum(np.floor(corners[..., :2].min(axis=(0, 1))).astype(int), 0)
    high = np.minimum(np.ceil(corners[..., :2].max(axis=(0, 1))).astype(int), (width, height))
    if (high <= low).any():
        return
    samples = ((high - low) * OVERSAMPLING)[::-1]
    corners[..., :2] = (corners[..., :2] - low) * OVERSAMPLING
    canvas = np.empty((*samples, 3), np.float32)
    nearness = np.zeros(samples, np.float32)
    rasterise(corners.astype(np.float32), shades.astype(np.float32), canvas, nearness)
    window = slice(low[1], high[1]), slice(low[0], high[0])
    blend(canvas, nearness, picture[window], depth[window])


f4 = np.float32
ZERO, HALF, ONE = f4(0), f4(0.5), f4(1)


@kernel
def rasterise(corners, shades, canvas, nearness):
    """Fill triangles (T, 3, (column, row, 1 / depth)) with colours (T, 3, 3) at their corners into canvas (h, w, 3).

    nearness (h, w): 1 / depth of what is seen there, 0 for nothing.
    """
    height, width = nearness.shape
    for t in range(len(corners)):
        (ax, ay, az), (bx, by, bz), (cx, cy, cz) = corners[t, 0], corners[t, 1], corners[t, 2]
        scale = ONE / ((bx - ax) * (cy - ay) - (by - ay) * (cx - ax))
        b_step, c_step = (cy - ay) * scale, -(by - ay) * scale
        shade, b_shade, c_shade = shades[t, 0], shades[t, 1] - shades[t, 0], shades[t, 2] - shades[t, 0]
        for v in range(max(int(min(ay, by, cy)), 0), min(int(max(ay, by, cy)) + 1, height)):
            x, y = HALF - ax, f4(v) + HALF - ay
            b = x * b_step - y * (cx - ax) * scale
            c = x * c_step + y * (bx - ax) * scale
            low, high = span(b, b_step, ZERO, f4(width))
            low, high = span(c, c_step, low, high)
            low, high = span(ONE - b - c, -b_step - c_step, low, high)
            for u in range(int(np.ceil(low)), int(np.ceil(high))):
                p, q = b + f4(u) * b_step, c + f4(u) * c_step
                near = az + p * (bz - az) + q * (cz - az)
                if near > nearness[v, u]:
                    nearness[v, u] = near
                    for i in range(3):
                        canvas[v, u, i] = shade[i] + p * b_shade[i] + q * c_shade[i]


@kernel
def span(start, step, low, high):
    """The part of [low, high] where start + u step >= 0."""
    if step > ZERO:
        return max(low, -start / step), high
    if step < ZERO:
        return low, min(high, -start / step)
    return (low, high) if start >= ZERO else (low, low)


@kernel
def blend(canvas, nearness, picture, depth):
    """Shrink the canvas onto picture (h, w, 3), each pixel as opaque as its samples are covered."""
    share = np.float32(1 / OVERSAMPLING**2)
    for v in range(picture.shape[0]):
        for u in range(picture.shape[1]):
            red, green, blue, covered = ZERO, ZERO, ZERO, ZERO
            for y in range(v * OVERSAMPLING, (v + 1) * OVERSAMPLING):
                for x in range(u * OVERSAMPLING, (u + 1) * OVERSAMPLING):
                    if nearness[y, x] * depth[v, u] > ONE:
                        red += canvas[y, x, 0]
                        green += canvas[y, x, 1]
                        blue += canvas[y, x, 2]
                        covered += ONE
            if covered > ZERO:
                clear = ONE - covered * share
                picture[v, u, 0] = np.uint8(picture[v, u, 0] * clear + red * share)
                picture[v, u, 1] = np.uint8(picture[v, u, 1] * clear + green * share)
                picture[v, u, 2] = np.uint8(picture[v, u, 2] * clear + blue * share)
