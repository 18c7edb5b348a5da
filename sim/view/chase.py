"""The chase view: the ego car from behind, and the policy's attention falling on the world as red light.

The map is a slide, the policy's camera the lamp. Every pixel of the chase picture knows its depth, hence its place in
the world; that place is projected into the policy's camera as it stood when it took the frame, and takes the red of the
map there, unless something nearer stood in the light's way. Then it is inked like any other picture: by the same tints,
with the same line along the region's border, as broad here as there (`sim.view.ink`). The scale stays fixed.

Light falls on ground and on what stands on it, not on the sky: attended cells of sky show nothing here. The ego car
stands behind its own lamp and is never lit.
"""

import math
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.camera import Camera
from sim.camera.lens import HORIZON, Lens
from sim.geometry import vehicle_to_world, world_to_vehicle, wrap_angle
from sim.instant import Instants
from sim.jit import inner_kernel, kernel
from sim.policy import MASS_SHARE, Attention
from sim.simulator import KEPT_SIZES, Simulator
from sim.view import ego_car, ink
from sim.view.ink import clamp
from sim.view.mark import Eye, eye_of
from sim.view.overlay import layer_of, selected_share
from sim.view.region import HALF_MASS, OUTSIDE, region

FIELD_OF_VIEW = math.radians(70)
MOUNT_FORWARD, MOUNT_HEIGHT = -8.6, 3.7
"""The chase camera's horizontal field of view, and its place in metres from the car's reference point."""

CHASE_HORIZON = 0.27
"""Row of the horizon as a share of the height: the camera looks down at the car a little."""

TRAIL_TIME = 0.35
"""Seconds by which a trailing camera lags behind the car's yaw."""

SHADOW_SCALE = 3
"""Pixels of the shadow map, each way, for each of the policy's frame."""

SLACK, SLACK_SHARE = 0.5, 0.02
"""Metres, and share of the distance, by which light reaches past what it meets first: on to its own surface."""

NEAREST = 0.5
"""Metres ahead of the lamp where its light begins."""

FARTHEST = 300.0
"""Metres from the chase camera beyond which no light is drawn: nothing there is told apart."""

SLIDES = 4
"""Maps whose slides are kept."""

MOST_DEEP = 8.0
"""Pixels of the policy's frame beyond which it does not matter how far from a border one is."""

UNLIT = 0.3
"""In a spotlight: how much light the own car keeps, which no policy's frame shows."""

f4 = np.float32


class Lamp(NamedTuple):
    """The policy's camera beside the chase camera, in float32. cos, sin: of the chase camera's yaw against the lamp's.
    x, y, up: metres of the chase camera ahead of, to the left of and above the lamp. focal, column, row: focal length
    and principal point in pixels of the policy's frame."""

    cos: Any
    sin: Any
    x: Any
    y: Any
    up: Any
    focal: Any
    column: Any
    row: Any


class Chase:
    """Draws chase pictures. It owns cameras and keeps the last shadow map: have one Chase for each thread."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._camera = lru_cache(maxsize=KEPT_SIZES + 1)(_camera)  # the displays' and the lamp's
        self._shadow_of: tuple[Instants, Lens] | None = None
        self._shadow = np.empty((0, 0), np.float32)
        self._light = lru_cache(maxsize=KEPT_SIZES)(lambda size: np.empty((2, *size), np.float32))

    def picture(
        self,
        world: Instants,
        size: tuple[int, int],
        pose: NDArray[np.float64] | None = None,
        *,
        lens: Lens,
        attention: Attention | None = None,
        lamp: Instants | None = None,
        lamp_objects: NDArray[np.float32] | None = None,
        steer_angle: float = 0.0,
        brake: float = 0.0,
        camera_yaw: float | None = None,
        objects: NDArray[np.float32] | None = None,
        raw: bool = False,
        red: bool = True,
        spotlight: bool = False,
    ) -> NDArray[np.uint8]:
        """One world from behind the car at `pose` (3,) x, y, yaw, its own by default: (*size, 3) uint8.

        attention: the map, a batch of one, is thrown from `lens` on the car of the instant `lamp`, when the policy's
        frame was taken; lamp_objects: (M, 9), what stood there. Both are the world's by default. steer_angle: of the
        front wheels, rad, + left. brake: in [0, 1], how bright the brake lamps are. camera_yaw: which way the camera
        looks at the car, see `trail`; None for the car's own yaw. objects: (M, 9), to be shown instead of the world's.
        raw: soft maps as cells. red: whether the map is painted; spotlight: whether what it does not read goes dark.
        """
        camera = self._camera(Lens(*size, FIELD_OF_VIEW, MOUNT_HEIGHT, MOUNT_FORWARD))
        pose = world.pose[0] if pose is None else pose
        look, yaw = world.look[0], float(pose[2])
        camera_yaw = yaw if camera_yaw is None else camera_yaw
        place = np.array([pose[0], pose[1], camera_yaw, _pitch(camera.lens)])
        picture, depth, _ = self._drawn(world, camera, place, objects)
        view = _viewpoint(camera.lens, camera_yaw - yaw)
        ego_car.cast_shadow(picture, depth, view, look, yaw)
        if attention is not None and (red or spotlight):
            shadow = self._shadow_map(lamp or world, lamp_objects, lens)
            cone = _lamp(place, (lamp or world).pose[0], lens)
            shine = Shine(depth, view, cone, shadow, self._light(size))
            if spotlight:
                _leave_lit(picture, spot_of(attention, lens, raw), shine)
            if red:
                _ink(picture, slide_of(attention, lens, raw), shine, tinted=not spotlight)
        ego_car.draw(picture, depth, view, look, yaw, steer_angle, brake, UNLIT if spotlight else 1.0)
        return picture

    def _drawn(
        self, world: Instants, camera: Camera, place: NDArray[np.float64], objects: NDArray[np.float32] | None
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.int32]]:
        """The picture from a place, with each pixel's depth and object."""
        shown = None if objects is None else objects[None]
        frames = self._simulator.draw(world, camera, poses=place[None], objects=shown, truth=True)
        assert frames.depth is not None
        assert frames.instance is not None
        return frames.rgb[0], frames.depth[0], frames.instance[0]

    def _shadow_map(self, lamp: Instants, objects: NDArray[np.float32] | None, lens: Lens) -> NDArray[np.float32]:
        """How far the lamp's light goes before it meets something upright, metres along its axis, in each direction.

        Flat ground takes no light from flat ground, so it counts as nothing. Kept while the lamp stands still.
        """
        if self._shadow_of != (lamp, lens):
            fine = replace(lens, height=lens.height * SHADOW_SCALE, width=lens.width * SHADOW_SCALE)
            _, depth, instance = self._drawn(lamp, self._camera(fine), lamp.pose[0], objects)
            self._shadow_of = lamp, lens
            self._shadow = np.where(instance > 0, depth, f4(np.inf))
        return self._shadow


def _camera(lens: Lens) -> Camera:
    mount_height, mount_forward = lens.mount_height, lens.mount_forward
    return Camera(lens.height, lens.width, lens.field_of_view, mount_height=mount_height, mount_forward=mount_forward)


def chase_eye(size: tuple[int, int], pose: NDArray[np.float64], camera_yaw: float) -> Eye:
    """The chase camera behind a car at `pose` (3,), for pictures of `size` (height, width)."""
    lens = Lens(*size, FIELD_OF_VIEW, MOUNT_HEIGHT, MOUNT_FORWARD)
    return eye_of(lens, np.array([pose[0], pose[1], camera_yaw]), CHASE_HORIZON * lens.height)


def trail(camera_yaw: float, yaw: float, elapsed: float) -> float:
    """The yaw, `elapsed` seconds later, of a camera that follows a car's `yaw` by a first-order lag of TRAIL_TIME."""
    return camera_yaw + float(wrap_angle(yaw - camera_yaw)) * (1 - math.exp(-elapsed / TRAIL_TIME))


def _pitch(lens: Lens) -> float:
    """The pitch that brings the horizon to CHASE_HORIZON."""
    return math.atan((HORIZON - CHASE_HORIZON) * lens.height / lens.focal)


def _viewpoint(lens: Lens, yaw: float) -> ego_car.Viewpoint:
    """Where the chase camera stands that looks `yaw` to the left of the car's heading."""
    centre = lens.centre[0], CHASE_HORIZON * lens.height
    return ego_car.Viewpoint(*map(f4, (yaw, -MOUNT_FORWARD, MOUNT_HEIGHT, lens.focal, *centre)))


def _lamp(place: NDArray[np.float64], eye_pose: NDArray[np.float64], lens: Lens) -> Lamp:
    """The lens on the car at eye_pose (3,) beside a chase camera on a car at `place` (x, y, yaw, pitch)."""
    camera = vehicle_to_world(MOUNT_FORWARD, 0.0, *place[:3].tolist())
    forward, left = world_to_vehicle(*camera, *eye_pose.tolist())
    turn = place[2] - eye_pose[2]
    to_camera = (forward - lens.mount_forward, left, MOUNT_HEIGHT - lens.mount_height)
    return Lamp(*map(f4, (math.cos(turn), math.sin(turn), *to_camera, lens.focal, *lens.centre)))


class Slide(NamedTuple):
    """What the lamp throws, in pixels of the policy's frame and in a border of one more.

    border: (h + 2, w + 2) float32, pixels inside the region's border, negative outside. alpha: of the same shape, how
    much red, or light, there is in [0, 1]; cut: whether it ends at the border. box: (top, bottom, left, right), between
    which lines and columns of the frame there is any. strength: of the border's line.
    """

    border: NDArray[np.float32]
    alpha: NDArray[np.float32]
    cut: bool
    box: tuple[Any, Any, Any, Any]
    strength: float


@lru_cache(maxsize=SLIDES)
def slide_of(attention: Attention, lens: Lens, raw: bool = False) -> Slide:
    """The red that a map throws."""
    size = lens.height, lens.width
    layer = layer_of(attention, size, 0, raw)
    border = _signed(region(attention, HALF_MASS, size, raw=raw, around=True).depth)
    if layer.alpha is None:
        return Slide(border, selected_share(border, lens.width), True, _box(border > -1), layer.strength)
    alpha = np.asarray(cv2.copyMakeBorder(layer.alpha, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0.0), np.float32)
    return Slide(border, alpha, False, _box((alpha > 0) | (border > -1)), layer.strength)


@lru_cache(maxsize=SLIDES)
def spot_of(attention: Attention, lens: Lens, raw: bool = False) -> Slide:
    """The white light of a spotlight on what a map reads."""
    border = _signed(region(attention, MASS_SHARE, (lens.height, lens.width), raw=raw, around=True).depth)
    return Slide(border, np.ones_like(border), True, _box(border > -1), 0.0)


def _signed(depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pixels inside a border, (h, w), in a frame of one more that lies outside. What is far away matters to nobody."""
    held = np.clip(depth, -MOST_DEEP, MOST_DEEP)
    framed = np.asarray(cv2.copyMakeBorder(held, 1, 1, 1, 1, cv2.BORDER_REPLICATE), np.float32)
    outside = np.ones(framed.shape, bool)
    outside[1:-1, 1:-1] = False
    framed[outside] = np.minimum(framed[outside], -0.5)
    return framed


def _box(there: NDArray[np.bool_]) -> tuple[Any, Any, Any, Any]:
    left, top, width, height = cv2.boundingRect(there.view(np.uint8))
    return f4(top - 1.5), f4(top + height - 0.5), f4(left - 1.5), f4(left + width - 0.5)


class Shine(NamedTuple):
    """What a slide is thrown with, see `throw`."""

    depth: NDArray[np.float32]
    view: ego_car.Viewpoint
    lamp: Lamp
    shadow: NDArray[np.float32]
    found: NDArray[np.float32]


def _ink(picture: NDArray[np.uint8], slide: Slide, shine: Shine, *, tinted: bool) -> None:
    """The red, where it falls."""
    rows = slice(*throw(slide, *shine))
    if tinted:
        ink.tint(picture[rows], shine.found[1, rows])
    ink.trace(picture[rows], shine.found[0, rows], *ink.breadths(picture.shape[1]), slide.strength)


def _leave_lit(picture: NDArray[np.uint8], slide: Slide, shine: Shine) -> None:
    """Darken all that the light does not fall on."""
    throw(slide, *shine)
    ink.darken(picture, shine.found[1])


ZERO, HALF, ONE = f4(0), f4(0.5), f4(1)


@kernel
def throw(slide, depth, view, lamp, shadow, found):
    """Where a slide falls in a picture whose pixels are `depth` (H, W) metres away along the axis.

    slide: a `Slide`. view: the chase camera's `Viewpoint`. lamp: a `Lamp`. shadow: (k h, k w) metres from the lamp to
    the first upright thing. found: (2, H, W), filled: pixels of the picture inside the border, OUTSIDE where no light
    falls, and the slide's alpha as far as light falls. Returns the rows in which any does, as first and last + 1.
    """
    border, top, bottom, first, last = slide.border, slide.box[0], slide.box[1], slide.box[2], slide.box[3]
    inverse = ONE / view.focal
    rows, columns = f4(border.shape[0] - 2), f4(border.shape[1] - 2)
    place = np.empty((3, depth.shape[1]), np.float32)
    highest, lowest = depth.shape[0], 0
    for v in range(depth.shape[0]):
        below = f4(v) + HALF - view.centre_row
        project_row(depth[v], below * inverse, view.centre_column - HALF, inverse, lamp, place)
        for u in range(depth.shape[1]):
            found[0, v, u], found[1, v, u] = f4(OUTSIDE), ZERO
            x, column, line = place[0, u], place[1, u], place[2, u]
            if not (x > f4(NEAREST) and first < column < last and top < line < bottom and depth[v, u] < f4(FARTHEST)):
                continue
            light = lit(shadow, column / columns, line / rows, x)
            if light > ZERO:
                wide, high = footprint(depth[v, u], below, x, column, line, lamp, view)
                inside = pixels_inside(border, column + HALF, line + HALF, wide, high)
                covered = clamp(inside + HALF) if slide.cut else ONE
                found[1, v, u] = sample(slide.alpha, column + HALF, line + HALF) * covered * light
                if light > HALF:
                    found[0, v, u] = inside
                highest, lowest = min(highest, v), v + 1
    return highest, lowest


@inner_kernel
def project_row(depth, slope, middle, inverse, lamp, place):
    """One row of the chase picture onto the slide.

    depth: (W,) metres along the chase camera's axis; slope: of the row below that axis; middle: column of the axis,
    counted between pixels' centres; inverse: 1 / focal length in pixels. lamp: a `Lamp`. place: (3, W), filled with
    metres ahead of the lamp, column and line in the slide's pixels; meaningless where depth is infinite.
    """
    ahead, columns, lines = place[0], place[1], place[2]
    for u in range(depth.shape[0]):
        z = depth[u]
        left = z * ((middle - f4(u)) * inverse)
        x = lamp.x + z * lamp.cos - left * lamp.sin
        scale = lamp.focal / x
        ahead[u] = x
        columns[u] = lamp.column - (lamp.y + z * lamp.sin + left * lamp.cos) * scale
        lines[u] = lamp.row - (lamp.up - z * slope) * scale


@inner_kernel
def footprint(depth, below, x, column, line, lamp, view):
    """How wide and high one pixel of the chase picture is on the slide, in the slide's pixels.

    depth: the pixel's; below: pixels below the horizon; x, column, line: its place ahead of the lamp and on the slide;
    lamp: a `Lamp`; view: the chase camera's `Viewpoint`. A step to the right moves the place to the right. A step down
    moves it down on what stands upright, and towards the chase camera on the ground.
    """
    scale = lamp.focal / x
    left, up = (lamp.column - column) / lamp.focal, (lamp.row - line) / lamp.focal
    step = depth / view.focal
    right_x, right_y = step * lamp.sin, -step * lamp.cos
    down_x, down_y, down_up = ZERO, ZERO, -step
    if step * below > view.height - f4(0.05):
        down_x, down_y, down_up = (lamp.x - x) / below, (lamp.y - left * x) / below, ZERO
    wide = abs(right_y - left * right_x) + abs(down_y - left * down_x)
    high = abs(up * right_x) + abs(down_up - up * down_x)
    return wide * scale, high * scale


@inner_kernel
def pixels_inside(border, column, row, wide, high):
    """How many pixels of the picture a place lies inside the slide's border; `wide`, `high`: see `footprint`."""
    i, j, down, across = between(border, column, row)
    left = border[i, j] + (border[i + 1, j] - border[i, j]) * down
    right = border[i, j + 1] + (border[i + 1, j + 1] - border[i, j + 1]) * down
    drop = (
        border[i + 1, j]
        - border[i, j]
        + (border[i + 1, j + 1] - border[i, j + 1] - border[i + 1, j] + border[i, j]) * across
    )
    step = abs(right - left) * wide + abs(drop) * high
    return (left + (right - left) * across) / max(step, f4(1e-3))


@inner_kernel
def sample(slide, column, row):
    """The slide at (column, row) in pixels of it with its border, centres on whole numbers, linear between them."""
    i, j, down, across = between(slide, column, row)
    upper = slide[i, j] + (slide[i, j + 1] - slide[i, j]) * across
    lower = slide[i + 1, j] + (slide[i + 1, j + 1] - slide[i + 1, j]) * across
    return upper + (lower - upper) * down


@inner_kernel
def between(slide, column, row):
    """The pixel up and to the left of a place, and how far from there it is to the next ones, in [0, 1]."""
    i, j = int(row), int(column)
    i, j = min(max(i, 0), slide.shape[0] - 2), min(max(j, 0), slide.shape[1] - 2)
    return i, j, clamp(row - f4(i)), clamp(column - f4(j))


@inner_kernel
def lit(shadow, across, down, distance):
    """Share of the light that gets `distance` metres far in a direction given in shares of the frame, in [0, 1]."""
    column, row = across * f4(shadow.shape[1]) - HALF, down * f4(shadow.shape[0]) - HALF
    column, row = min(max(column, ZERO), f4(shadow.shape[1] - 1.001)), min(max(row, ZERO), f4(shadow.shape[0] - 1.001))
    i, j = int(row), int(column)
    fy, fx = row - f4(i), column - f4(j)
    reach = distance * f4(1 - SLACK_SHARE) - f4(SLACK)
    upper = passes(shadow[i, j], reach) * (ONE - fx) + passes(shadow[i, j + 1], reach) * fx
    lower = passes(shadow[i + 1, j], reach) * (ONE - fx) + passes(shadow[i + 1, j + 1], reach) * fx
    return upper * (ONE - fy) + lower * fy


@inner_kernel
def passes(first, reach):
    """1 where the first thing is no nearer than `reach`, else 0."""
    return ONE if first >= reach else ZERO
