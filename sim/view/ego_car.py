"""The ego car as it is drawn for a person: lit, cast on the ground, and rasterised by code.

Nothing here ever enters a policy's frame: the policy's camera does not see its own car.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.jit import inner_kernel, kernel
from sim.theme import COLOURS, LOOK_FIELDS
from sim.view.ego_model import (
    ALBEDO,
    BODY,
    BRAKE_GLOW,
    CABIN,
    GLOSS,
    NIGHT_GLOW,
    TAIL_GLOW,
    TAIL_LAMP,
    Mesh,
    car,
)

OVERSAMPLING = 2
"""Samples a pixel, each way."""

NIGHT_DIMS = 0.8
"""What share of the day's light a car lacks at night, where only headlamps shine."""

HALO, HALO_SHARE = 0.55, 0.5
"""Metres round a tail lamp that it is seen to shine at night, and how brightly beside the lamp, at full brake."""


class Light(NamedTuple):
    """sun: (3,) unit vector to it in the vehicle's frame. sunshine, sky, ground: (3,) RGB in [0, 1] of what comes from
    each. exposure, contrast: of the look. shadow: how dark the sun's shadows are. night: how much of the world's light
    comes from headlamps, in [0, 1]: then the car itself is dark, and its tail lamps are on."""

    sun: NDArray[np.float64]
    sunshine: NDArray[np.float64]
    sky: NDArray[np.float64]
    ground: NDArray[np.float64]
    exposure: float
    contrast: float
    shadow: float
    night: float


def light_of(look: NDArray[np.float32], yaw: float) -> Light:
    """The light of one look on a car that heads for `yaw`."""
    azimuth, elevation = _scalar(look, "sun_azimuth") - yaw, _scalar(look, "sun_elevation")
    flat, strength, night = math.cos(elevation), _scalar(look, "sun_strength"), _scalar(look, "headlights")
    day = 1 - NIGHT_DIMS * night
    return Light(
        sun=np.array([flat * math.cos(azimuth), flat * math.sin(azimuth), math.sin(elevation)]),
        sunshine=day * 0.62 * strength * _colour(look, "sunlight"),
        sky=day * (0.98 - 0.38 * strength) * (0.35 + 0.65 * _colour(look, "haze")),
        ground=day * (0.30 * _colour(look, "asphalt") + 0.12),
        exposure=_scalar(look, "exposure"),
        contrast=_scalar(look, "contrast"),
        shadow=0.45 * strength,
        night=night,
    )


@kernel
def paint(points, normals, albedo, gloss, glow, eye, light, out):
    """Display RGB out (T, 3, 3) in [0, 255] of each corner of T triangles.

    points, normals: (T, 3, 3) metres and unit vectors of the corners; eye: (3,) metres, where they are seen from; all
    in the vehicle's frame. albedo, glow: (T, 3) RGB; gloss: (T,). light: a `Light`. Diffuse light of sun, sky and
    ground, and their reflection, which grows as the surface turns away; glow is what a surface shines with by itself,
    whatever the light.
    """
    sun, sky, ground = light.sun, light.sky, light.ground
    for t in range(len(points)):
        for k in range(3):
            point, (x, y, z) = points[t, k], normals[t, k]
            east, north, up = eye[0] - point[0], eye[1] - point[1], eye[2] - point[2]
            away = 1 / math.sqrt(east * east + north * north + up * up)
            facing = min(max((east * x + north * y + up * z) * away, 0.0), 1.0)
            # the direction in which a mirror would show the world
            east, north, up = 2 * facing * x - east * away, 2 * facing * y - north * away, 2 * facing * z - up * away
            sunlit, upward = max(x * sun[0] + y * sun[1] + z * sun[2], 0.0), 0.5 + 0.5 * z
            sky_share = min(max(0.5 + 1.6 * up, 0.0), 1.0)
            mirror = gloss[t] * (0.1 + 0.9 * (1 - facing) ** 3)
            glint = 1.5 * gloss[t] * max(east * sun[0] + north * sun[1] + up * sun[2], 0.0) ** 40
            for i in range(3):
                lit = albedo[t, i] * (ground[i] + (sky[i] - ground[i]) * upward + light.sunshine[i] * sunlit)
                lit += mirror * (ground[i] + (sky[i] - ground[i]) * sky_share) + glint * light.sunshine[i]
                graded = (255 * lit * light.exposure - 128) * light.contrast + 128
                out[t, k, i] = min(max(graded, 255 * glow[t, i], 0.0), 255.0)


def colours(mesh: Mesh, eye: NDArray[np.float64], light: Light, brake: float) -> NDArray[np.float32]:
    """Display RGB (T, 3, 3) in [0, 255] of each corner. eye: (3,) metres, where it is seen from; brake: in [0, 1]."""
    glow = np.zeros_like(ALBEDO)
    tail = TAIL_GLOW + (NIGHT_GLOW - TAIL_GLOW) * light.night
    glow[TAIL_LAMP] = tail + (BRAKE_GLOW - tail) * brake
    out = np.empty(mesh.points.shape, np.float32)
    m = mesh.material
    paint(mesh.points, mesh.normals, ALBEDO[m], GLOSS[m], glow[m], eye, light, out)
    return out


def _scalar(look: NDArray[np.float32], name: str) -> float:
    return float(look[LOOK_FIELDS.index(name)])


def _colour(look: NDArray[np.float32], name: str) -> NDArray[np.float64]:
    first = 3 * COLOURS.index(name)
    return look[first : first + 3].astype(np.float64) / 255


def facing(mesh: Mesh, eye: NDArray[np.float64]) -> Mesh:
    """Those triangles that show their front to an eye (3,)."""
    a, b, c = mesh.points[:, 0], mesh.points[:, 1], mesh.points[:, 2]
    front = (np.cross(b - a, c - a) * (eye - a)).sum(axis=1) > 0
    return Mesh(mesh.points[front], mesh.normals[front], mesh.material[front])


class Viewpoint(NamedTuple):
    """Where the car is seen from, in float32. yaw: of the camera against the car, rad. behind, height: metres of the
    camera behind the car's reference point, along the camera's axis, and above the ground. focal, centre_column,
    centre_row: pixels; the row is the horizon's."""

    yaw: Any
    behind: Any
    height: Any
    focal: Any
    centre_column: Any
    centre_row: Any


def draw(
    picture: NDArray[np.uint8],
    depth: NDArray[np.float32],
    view: Viewpoint,
    look: NDArray[np.float32],
    yaw: float,
    steer_angle: float,
    brake: float,
    gain: float = 1.0,
) -> None:
    """Draw the car that heads for `yaw` into picture (H, W, 3), behind whatever `depth` (H, W) says stands nearer.

    brake: in [0, 1], how bright the brake lamps are. gain: of all its light.
    """
    cos, sin = math.cos(view.yaw), math.sin(view.yaw)
    eye = np.array([-view.behind * cos, -view.behind * sin, view.height])
    mesh, light = facing(car(steer_angle), eye), light_of(look, yaw)
    shades = gain * colours(mesh, eye, light, brake)
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
    if light.night > 0:
        lamps = (corners[mesh.material == TAIL_LAMP] / (OVERSAMPLING, OVERSAMPLING, 1)).reshape(-1, 3)
        _shine(picture, lamps + np.array([*low, 0]), view, gain * light.night * HALO_SHARE * (0.4 + 0.6 * brake))


def _shine(picture: NDArray[np.uint8], corners: NDArray[np.float64], view: Viewpoint, strength: float) -> None:
    """A halo round each tail lamp. corners: (n, 3) column, row and 1 / depth of those of both."""
    middle = corners[:, 0].mean() if len(corners) else 0.0
    for lamp in (corners[corners[:, 0] < middle], corners[corners[:, 0] >= middle]):
        if len(lamp):
            column, row, near = lamp.mean(axis=0)
            halo(picture, f4(column), f4(row), f4(HALO * view.focal * near), f4(strength))


f4 = np.float32
CONTACT = f4(0.62)
"""How dark it is under the car."""

CONTACT_EDGE = f4(0.5)
"""Metres over which that fades to either side of an edge."""

SHADOW_EDGE = f4(0.22)
"""Metres over which the sun's shadow fades to either side of an edge."""

ZERO, HALF, ONE = f4(0), f4(0.5), f4(1)


BODY_HEIGHTS, CABIN_HEIGHTS = (0.0, 0.8), (0.8, 1.4)
LOWEST_SUN = 0.36
"""Metres above the ground from and to which body and cabin cast shadows; the least tangent of the sun's elevation."""


def cast_shadow(
    picture: NDArray[np.uint8], depth: NDArray[np.float32], view: Viewpoint, look: NDArray[np.float32], yaw: float
) -> None:
    """Darken the ground under the car that heads for `yaw`, and where the sun casts its shadow."""
    light = light_of(look, yaw)
    fall = -light.sun[:2] / max(light.sun[2], LOWEST_SUN * math.hypot(light.sun[0], light.sun[1]), 1e-3)
    prisms = [_prism(outline, fall, *heights) for outline, heights in ((BODY, BODY_HEIGHTS), (CABIN, CABIN_HEIGHTS))]
    shade(picture, depth, view, np.array(prisms, np.float32), f4(light.shadow))


def _prism(slices: NDArray[np.float64], fall: NDArray[np.float64], low: float, high: float) -> tuple[float, ...]:
    """The shadow of some slices' outline between two heights: centre x, y, half length, half width of its lower end,
    and the way to the upper one. fall: metres that the shadow is shifted for each metre up."""
    front, rear, half_width = slices[:, 0].mean(), slices[:, 1].mean(), slices[:, 2].mean()
    x, y = fall * low
    return ((front + rear) / 2 + x, y, (front - rear) / 2, half_width, *(fall * (high - low)))


@kernel
def shade(picture, depth, view, prisms, strength):
    """Darken ground in picture (H, W, 3): softly close to the foot of prisms[0], the body, and in all of their shadows.

    prisms: (n, 6) of the vehicle's frame, see `_prism`. strength: of the shadows.
    """
    cos, sin = math.cos(view.yaw), math.sin(view.yaw)
    front, rear, left_most, right_most = bounds(prisms)
    reach = math.sqrt(max(front, -rear) ** 2 + max(left_most, -right_most) ** 2)
    first = max(int(view.centre_row + view.focal * view.height / (view.behind + reach)), 0)
    for v in range(first, picture.shape[0]):
        ahead = view.height * view.focal / (f4(v) + HALF - view.centre_row)
        forward, aside = ahead - view.behind, reach * view.focal / ahead
        if forward < -reach:
            break
        low, high = max(int(view.centre_column - aside), 0), min(int(view.centre_column + aside), picture.shape[1])
        for u in range(low, high):
            left = (view.centre_column - f4(u) - HALF) * ahead / view.focal
            x, y = forward * cos - left * sin, forward * sin + left * cos
            if not (rear < x < front and right_most < y < left_most) or depth[v, u] < ahead - HALF:
                continue
            keep = ONE - CONTACT * soft(f4(0.1) - outside(prisms[0], x, y), CONTACT_EDGE)
            keep *= ONE - strength * inside_any(prisms, x, y)
            for channel in range(3):
                picture[v, u, channel] = np.uint8(picture[v, u, channel] * keep)


@inner_kernel
def bounds(prisms):
    """Greatest and least x and y of the shadows of prisms (n, 6) and their soft edges."""
    front, rear, left, right = f4(-1e3), f4(1e3), f4(-1e3), f4(1e3)
    for x, y, half_length, half_width, along, aside in prisms:
        front, rear = max(front, x + max(along, ZERO) + half_length), min(rear, x + min(along, ZERO) - half_length)
        left, right = max(left, y + max(aside, ZERO) + half_width), min(right, y + min(aside, ZERO) - half_width)
    return front + CONTACT_EDGE, rear - CONTACT_EDGE, left + CONTACT_EDGE, right - CONTACT_EDGE


@inner_kernel
def inside_any(prisms, x, y):
    """How far inside the soft outline of the shadows of prisms (n, 6) a point is, in [0, 1]."""
    nearest = SHADOW_EDGE
    for i in range(len(prisms)):
        nearest = min(nearest, beyond(prisms[i], x, y))
    return soft(-nearest, SHADOW_EDGE)


@inner_kernel
def beyond(prism, x, y):
    """Metres from a box that is moved along a straight way to a point outside of all its places; inside, negative.

    The distance is convex in the way made: it is least where the point lies in the middle of the box along either
    axis, or as far from one side as from another.
    """
    along, aside = prism[4], prism[5]
    x_off, y_off = x - prism[0], y - prism[1]
    least = min(at(prism, x_off, y_off, x_off / along), at(prism, x_off, y_off, y_off / aside))
    for sign in (-ONE, ONE):
        for other in (-ONE, ONE):
            apart = (sign * x_off - prism[2]) - (other * y_off - prism[3])
            least = min(least, at(prism, x_off, y_off, apart / (sign * along - other * aside)))
    return least


@inner_kernel
def at(prism, x_off, y_off, share):
    """`outside` for the box that has made that share of its way."""
    share = min(share, ONE) if share > ZERO else ZERO  # no number counts as nothing
    along, across = abs(x_off - share * prism[4]) - prism[2], abs(y_off - share * prism[5]) - prism[3]
    return math.sqrt(max(along, ZERO) ** 2 + max(across, ZERO) ** 2) + min(max(along, across), ZERO)


@inner_kernel
def outside(box, x, y):
    """Metres from a box to a point outside of it; inside, minus the way to its nearest side."""
    along, across = abs(x - box[0]) - box[2], abs(y - box[1]) - box[3]
    return math.sqrt(max(along, ZERO) ** 2 + max(across, ZERO) ** 2) + min(max(along, across), ZERO)


@inner_kernel
def soft(inside, width):
    """From 0 at `width` outside an edge to 1 at `width` inside, smoothly."""
    share = min(max(inside / (f4(2) * width) + HALF, ZERO), ONE)
    return share * share * (f4(3) - f4(2) * share)


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


@inner_kernel
def span(start, step, low, high):
    """The part of [low, high] where start + u step >= 0."""
    if step > ZERO:
        return max(low, -start / step), high
    if step < ZERO:
        return low, min(high, -start / step)
    return (low, high) if start >= ZERO else (low, low)


@kernel
def halo(picture, column, row, radius, strength):
    """Red light about a place in picture (H, W, 3), which falls off to nothing at `radius` pixels."""
    for v in range(max(int(row - radius), 0), min(int(row + radius) + 1, picture.shape[0])):
        for u in range(max(int(column - radius), 0), min(int(column + radius) + 1, picture.shape[1])):
            away = math.sqrt((f4(u) - column) ** 2 + (f4(v) - row) ** 2) / radius
            light = f4(255) * strength * max(ONE - away, ZERO) ** 2
            picture[v, u, 0] = np.uint8(min(picture[v, u, 0] + light, f4(255)))
            picture[v, u, 1] = np.uint8(min(picture[v, u, 1] + f4(0.09) * light, f4(255)))
            picture[v, u, 2] = np.uint8(min(picture[v, u, 2] + f4(0.06) * light, f4(255)))


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
