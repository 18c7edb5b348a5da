"""The truth about each pixel, found again by casting one ray through its middle, in plain float64 numpy.

Nothing of the camera's code is used, only what it draws: the corners and faces of vehicles and houses, the outlines of
sprites (their coverage), and the profile of the skyline, all of which are data. What is agreed upon and told here again
in numbers: the pinhole of `sim.camera.lens`, where paint lies on the road, that sprites are cards parallel to the image
plane, which picture an object shows, from where on things are too near or too far to be seen.

The road is looked for along the centre line itself, not in the grid that the camera has: nearest sample by brute force,
then the circle that touches the line there. Vehicles and guard rails have the model for near in any distance; a
house has the one that its height in pixels asks for.
"""

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.camera.art import art
from sim.camera.kind_table import FIRST, VARIANTS
from sim.kinds import KINDS
from sim.scene import CLASSES, OBJECT_COLUMNS, Scene
from sim.track import Tracks

MOUNT_FORWARD, MOUNT_HEIGHT, HORIZON = 0.6, 1.4, 0.42
ROAD_EDGE, EDGE_LINE, DASH = 3.5, (3.26, 3.44), 0.075
DASH_PERIOD, DASH_LENGTH = 12.0, 4.0
ZEBRA_EDGE, ZEBRA_BAR, ZEBRA_MARGIN, STOP_LINE = 3.2, 0.5, 0.5, (-3.3, -0.1)
NEAREST_FACE, FARTHEST_FACE = 0.3, 300.0
NEAREST_CARD, FADE_START, FADE_END = 0.8, 200.0, 260.0
"""Metres. Cards fade between the last two."""
FAINTEST, PLAIN = 1.4, 3.0
LEAST = {"building": 3.0, "guard rail": 1.0}
"""Pixels of height: what stands beside the road fades between the first two; lower meshes than LEAST, 0.8 for others,
are left out."""
BESIDE = ("broadleaf", "poplar", "conifer", "bush", "delineator", "curve sign", "crossing sign", "street lamp")
HOUSES, HOUSE_DETAIL = 4, 36
"""Kinds of roofs; pixels of height below which a house has the second, plainer model of its kind."""

DEPTH_STEP = 0.01
"""Share of its depth by which an object steps back or forth at an edge of its own."""

CLASS_OF = {
    **dict.fromkeys(("broadleaf", "poplar", "conifer", "bush"), "vegetation"),
    **dict.fromkeys(("delineator", "curve sign", "crossing sign", "street lamp", "guard rail", "billboard"), "sign"),
    **dict.fromkeys(("car", "van", "truck"), "vehicle"),
    **{"cone": "obstacle", "pedestrian": "pedestrian", "traffic light": "light", "building": "building"},
}
SKY, GROUND, ROAD, LANE_MARKING, EDGE_LINE_CLASS, VEGETATION = map(
    CLASSES.index, ("sky", "ground", "road", "lane marking", "edge line", "vegetation")
)

Array = NDArray[np.float64]


class Truth(NamedTuple):
    """Of each pixel, (H, W): class, instance and depth, as `sim.camera.Frames` has them."""

    segmentation: NDArray[np.int64]
    instance: NDArray[np.int64]
    depth: Array

    def away_from_edges(self) -> NDArray[np.bool_]:
        """Pixels whose eight neighbours show the same object of the same class, without a step in its depth.

        On a plane 1 / depth is linear along rows and columns, however steeply it is seen.
        """
        shown = around(self.segmentation + len(CLASSES) * self.instance)
        inverse = around(np.where(self.instance > 0, 1 / self.depth, 1.0))
        bent = [np.abs(inverse[low] + inverse[high] - 2 * inverse[4]) for low, high in ((1, 7), (3, 5))]
        return (shown.min(axis=0) == shown.max(axis=0)) & (np.maximum(*bent) < DEPTH_STEP * inverse[4])


def around(view: NDArray) -> NDArray:
    """Each pixel's 3 x 3 neighbourhood, (9, H, W)."""
    height, width = view.shape
    padded = np.pad(view, 1, mode="edge")
    return np.stack([padded[dy : dy + height, dx : dx + width] for dy in range(3) for dx in range(3)])


class Eye:
    """Where the camera is and the rays (H, W, 3) through its pixels: forward, left, up, forward being 1."""

    def __init__(self, size: tuple[int, int], field_of_view: float, pose: Array) -> None:
        self.height, self.width = size
        self.focal = self.width / 2 / math.tan(field_of_view / 2)
        self.centre_y = HORIZON * self.height - self.focal * (math.tan(pose[3]) if len(pose) > 3 else 0.0)
        self.yaw, (self.cos, self.sin) = pose[2], (math.cos(pose[2]), math.sin(pose[2]))
        self.x, self.y = pose[0] + MOUNT_FORWARD * self.cos, pose[1] + MOUNT_FORWARD * self.sin
        v, u = np.mgrid[: self.height, : self.width] + 0.5
        aside, up = (self.width / 2 - u) / self.focal, (self.centre_y - v) / self.focal
        self.rays = np.stack([np.ones_like(aside), aside, up], axis=-1)

    def seen_from_here(self, x: Array, y: Array) -> tuple[Array, Array]:
        """How far forward and to the left of the camera, in metres."""
        dx, dy = x - self.x, y - self.y
        return self.cos * dx + self.sin * dy, self.cos * dy - self.sin * dx


def look(scene: Scene, tracks: Tracks, row: int, size: tuple[int, int], field_of_view: float, pose: Array) -> Truth:
    """The truth about world `row` from `pose` (3 or 4,), as a camera of this size and view has to tell it."""
    eye = Eye(size, field_of_view, pose)
    truth = Truth(skyline(eye), np.zeros(size, np.int64), np.full(size, np.inf))
    below = eye.rays[..., 2] < 0
    depth = MOUNT_HEIGHT / -eye.rays[below][:, 2]
    aside = depth * eye.rays[below][:, 1]
    x, y = eye.x + eye.cos * depth - eye.sin * aside, eye.y + eye.sin * depth + eye.cos * aside
    truth.depth[below] = depth
    truth.segmentation[below] = ground_class(
        *lane_coordinates(tracks, row, x, y), scene.decals[row], tracks.length[row]
    )
    for number, drawn in enumerate(scene.objects[row].astype(float), 1):
        thing = dict(zip(OBJECT_COLUMNS, drawn.tolist(), strict=True))
        if thing["kind"] >= 0:
            name = KINDS.names[int(thing["kind"])]
            hit = hit_mesh if name in ("car", "van", "truck", "guard rail", "building") else hit_card
            hit(eye, truth, thing, name, number)
    return truth


def skyline(eye: Eye) -> NDArray[np.int64]:
    """Sky, and vegetation below either ridge; its height in the picture goes by the azimuth of the column alone."""
    profile = art().skyline.astype(float)
    azimuth = eye.yaw + np.arctan(eye.rays[0, :, 1])
    ridge = [
        np.interp(azimuth, np.arange(len(each)) * (2 * math.pi / len(each)), each, period=2 * math.pi)
        for each in profile
    ]
    return np.where(eye.rays[..., 2] < np.maximum(*ridge), VEGETATION, SKY)


def lane_coordinates(tracks: Tracks, row: int, x: Array, y: Array) -> tuple[Array, Array]:
    """s and d of points (P,) of the ground, on the circle that touches the centre line at its nearest sample."""
    count = tracks.count[row]
    points = tracks.points[row, :count]
    squares = (points**2).sum(axis=1)
    parts = np.array_split(np.stack([x, y], axis=1), len(x) // 1000 + 1)
    nearest = np.concatenate([(squares - 2 * products(part, points)).argmin(axis=1) for part in parts])
    heading, curvature = tracks.heading[row, nearest], tracks.curvature[row, nearest] + 1e-9
    dx, dy = x - points[nearest, 0], y - points[nearest, 1]
    along, left = np.cos(heading) * dx + np.sin(heading) * dy, np.cos(heading) * dy - np.sin(heading) * dx
    to_centre = np.hypot(1 - curvature * left, curvature * along)  # in radii of the circle
    d = (2 * left - curvature * (along**2 + left**2)) / (1 + to_centre)
    s = nearest * (tracks.length[row] / count) + np.arctan2(curvature * along, 1 - curvature * left) / curvature
    return s, d


def products(vectors: Array, others: Array) -> Array:
    """The scalar product of each of (..., n) with each of (T, n), (..., T); without BLAS, whose threads would wait for
    cores that are busy."""
    return np.einsum("...n,tn->...t", vectors, others)


def ground_class(s: Array, d: Array, decals: NDArray[np.float32], lap: float) -> NDArray[np.int64]:
    """Classes of points of the ground in lane coordinates."""
    a = np.abs(d)
    classes = np.where(a < ROAD_EDGE, ROAD, GROUND)
    classes[(EDGE_LINE[0] < a) & (a < EDGE_LINE[1])] = EDGE_LINE_CLASS
    classes[(a < DASH) & (s % DASH_PERIOD < DASH_LENGTH)] = LANE_MARKING
    for middle, length, kind, *_ in decals.astype(float):
        way = np.abs((s - middle + lap / 2) % lap - lap / 2)
        if kind == 0:
            classes[(way < length / 2 + ZEBRA_MARGIN) & (a < ROAD_EDGE)] = ROAD
            classes[(way < length / 2) & (a < ZEBRA_EDGE) & (d % (2 * ZEBRA_BAR) < ZEBRA_BAR)] = LANE_MARKING
        elif kind == 1:
            classes[(way < length / 2) & (STOP_LINE[0] < d) & (d < STOP_LINE[1])] = LANE_MARKING
    return classes


def hit_mesh(eye: Eye, truth: Truth, thing: dict[str, float], name: str, number: int) -> None:
    """A vehicle or house: rays against triangles, which are seen from outside only."""
    middle, _ = eye.seen_from_here(thing["x"], thing["y"])
    corners = triangles(thing, name, plain=thing["height"] * eye.focal <= HOUSE_DETAIL * max(float(middle), 1.0))
    forward, left = eye.seen_from_here(corners[..., 0], corners[..., 1])
    corners = np.stack([forward, left, corners[..., 2] - MOUNT_HEIGHT], axis=-1)
    if middle > FARTHEST_FACE or forward.max() < NEAREST_FACE:
        return
    if thing["height"] * eye.focal < LEAST.get(name, 0.8) * middle:
        return
    box = screen_box(eye, corners)
    rays = eye.rays[box]
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    normals = np.cross(b - a, c - a)
    towards = (a * normals).sum(axis=1)
    facing = towards < 0
    sides = [products(rays, np.cross(p, q)[facing]) <= 1e-9 for p, q in ((a, b), (b, c), (c, a))]
    depth = towards[facing] / (products(rays, normals[facing]) - 1e-12)
    inside = np.logical_and.reduce(sides) & (depth >= NEAREST_FACE)
    show(truth, box, np.where(inside, depth, np.inf).min(axis=-1, initial=np.inf), name, number)


def triangles(thing: dict[str, float], name: str, *, plain: bool) -> Array:
    """The corners (T, 3, 3) in metres of all faces of a model, fans of triangles. plain: of a house seen small."""
    models = art().models
    style = int(np.float32(thing["tint"]) * np.float32(37) % 1 * HOUSES)
    which = 2 * style + plain if name == "building" else 0
    first_vertex, _, first_face, faces = models.ranges[KINDS.index(name), which]
    fans = [
        (models.corners[face, 0], models.corners[face, k], models.corners[face, k + 1])
        for face in range(first_face, first_face + faces)
        for k in range(1, models.sides[face] - 1)
    ]
    points = models.vertices[first_vertex + np.array(fans)].astype(float)
    x, y, z = np.moveaxis(points * [thing["length"], thing["width"], thing["height"]], -1, 0)
    cos, sin = math.cos(thing["yaw"]), math.sin(thing["yaw"])
    return np.stack([thing["x"] + cos * x - sin * y, thing["y"] + sin * x + cos * y, z], axis=-1)


def screen_box(eye: Eye, corners: Array) -> tuple[slice, slice]:
    """Rows and columns in which something with these corners may be seen; all where it reaches behind the lens."""
    forward = corners[..., 0]
    if forward.min() < NEAREST_FACE:
        return slice(None), slice(None)
    v = eye.centre_y - eye.focal * corners[..., 2] / forward
    u = eye.width / 2 - eye.focal * corners[..., 1] / forward
    return pixel_box(eye, (v.min(), v.max()), (u.min(), u.max()))


def pixel_box(eye: Eye, rows: tuple[float, float], columns: tuple[float, float]) -> tuple[slice, slice]:
    """The pixels of the picture that reach into a span of rows and columns."""
    (top, bottom), (left, right) = (
        np.clip([math.floor(span[0]), math.ceil(span[1])], 0, size).tolist()
        for span, size in ((rows, eye.height), (columns, eye.width))
    )
    return slice(top, bottom), slice(left, right)


def hit_card(eye: Eye, truth: Truth, thing: dict[str, float], name: str, number: int) -> None:
    """A sprite: it has the pixels of which it covers at least half."""
    forward, left = eye.seen_from_here(thing["x"], thing["y"])
    if not NEAREST_CARD <= forward < FADE_END:
        return
    sprite, mirrored, narrowed = picture(eye, thing, name, number - 1)
    spread = float(art().kinds.spread[KINDS.index(name)])
    width, scale = thing["width"] * spread * narrowed, eye.focal / forward
    first, top = eye.width / 2 - (left + width / 2) * scale, eye.centre_y - (thing["height"] - MOUNT_HEIGHT) * scale
    box = pixel_box(eye, (top, top + thing["height"] * scale), (first, first + width * scale))
    down, across = (
        (np.arange(side.start, side.stop + 1) - at) / scale for side, at in zip(box, (top, first), strict=True)
    )
    share = means(outline(sprite), mirrored, down / thing["height"], across / width)
    tall = thing["height"] * scale
    plain = min(max((tall - FAINTEST) / (PLAIN - FAINTEST), 0), 1) if name in BESIDE else 1
    seen = share * min((FADE_END - forward) / (FADE_END - FADE_START), 1) * plain >= 0.5
    show(truth, box, np.where(seen, forward, np.inf), name, number)


def picture(eye: Eye, thing: dict[str, float], name: str, row: int) -> tuple[int, bool, float]:
    """Which sprite an object shows, whether it is turned over, and the share of its breadth that is seen."""
    kind, tint = KINDS.index(name), thing["tint"]
    first, variants = art().kinds.rows[kind, [FIRST, VARIANTS]].tolist()
    dx, dy = thing["x"] - eye.x, thing["y"] - eye.y
    turn = thing["yaw"] - math.atan2(dy, dx)
    away, leftward = math.cos(turn), math.sin(turn)
    if name in ("curve sign", "crossing sign", "street lamp"):
        return first, tint < 0, 1.0
    if name == "traffic light":
        return first + (away >= 0.2), False, 1.0
    if name == "billboard":
        return first + (variants - 1 if away > 0 else 0), False, max(abs(away), 0.12)
    if name == "pedestrian":
        aspect = 2 if abs(away) < 0.72 else int(away >= 0)
        moment = 0 if thing["state"] < 0 else 1 + int(thing["state"] * 8) % 8
        return first + 9 * aspect + moment, aspect == 2 and leftward < 0, 1.0
    chance = int((np.float32(tint) + np.float32(2)) * np.float32(65536)) ^ row
    chance *= 0x9E3779B1
    chance = ((chance ^ chance >> 15) % 2**32 * 0x2C1B3C6D % 2**32) >> 12
    return first + (chance >> 1) % variants, chance % 2 == 1, 1.0


@cache
def outline(sprite: int) -> Array:
    """The coverage of a sprite's full picture summed from its upper left corner to each texel's, (h + 1, w + 1)."""
    sprites = art().sprites
    start, width, height, _ = sprites.levels[sprite, 0]
    bordered = sprites.texels[start : start + (height + 2) * (width + 2)].reshape(height + 2, width + 2)
    return np.pad((bordered[1:-1, 1:-1] >> np.uint64(48)) / 255.0, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)


def means(sums: Array, mirrored: bool, down: Array, across: Array) -> Array:
    """Means of a picture over the cells of a grid; its lines are given in shares of the height and the width.

    sums: as `outline`. There is nothing outside the picture.
    """
    sums = sums[:, -1:] - sums[:, ::-1] if mirrored else sums
    at_lines = between(between(sums, down).T, across).T
    cells = np.outer(np.diff(down) * (len(sums) - 1), np.diff(across) * (len(sums.T) - 1))
    return np.diff(np.diff(at_lines, axis=0), axis=1) / cells


def between(rows: Array, share: Array) -> Array:
    """Rows of a table interpolated at shares of the way from its first to its last, which are held to [0, 1]."""
    place = np.clip(share, 0, 1) * (len(rows) - 1)
    above = np.minimum(place.astype(int), len(rows) - 2)
    return rows[above] + (place - above)[:, None] * (rows[above + 1] - rows[above])


def show(truth: Truth, box: tuple[slice, slice], depth: Array, name: str, number: int) -> None:
    """Put an object into the truth wherever it is nearer than what is there."""
    nearer = depth < truth.depth[box]
    truth.depth[box][nearer] = depth[nearer]
    truth.segmentation[box][nearer] = CLASSES.index(CLASS_OF[name])
    truth.instance[box][nearer] = number
