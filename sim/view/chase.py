"""The chase view: the ego car from behind, and the policy's attention falling on the world as red light.

The map is a slide, the policy's camera the lamp. Every pixel of the chase picture knows its depth, hence its place in
the world; that place is projected into the policy's camera as it stood when it took the frame, and takes the red of the
map there, unless something nearer stood in the light's way. The scale is the overlay's, and stays fixed.

Light falls on ground and on what stands on it, not on the sky: attended cells of sky show nothing here. The ego car
stands behind its own lamp and is never lit.
"""

import math
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.camera import Camera
from sim.camera.lens import HORIZON, Lens
from sim.geometry import world_to_vehicle, wrap_angle
from sim.jit import kernel
from sim.policy import Attention
from sim.simulator import Simulator
from sim.view import ego_car
from sim.view.overlay import RED, pixel_alpha

FIELD_OF_VIEW = math.radians(70)
MOUNT_FORWARD, MOUNT_HEIGHT = -7.4, 3.0
"""The chase camera's horizontal field of view, and its place in metres from the car's reference point."""

CHASE_HORIZON = 0.33
"""Row of the horizon as a share of the height: the camera looks down at the car a little."""

SHADOW_SCALE = 3
"""Pixels of the shadow map, each way, for each of the policy's frame."""

SLACK, SLACK_SHARE = 0.5, 0.02
"""Metres, and share of the distance, by which light reaches past the first thing that it meets: on to its own surface."""

NEAREST = 0.5
"""Metres ahead of the lamp where its light begins."""

FARTHEST = 300.0
"""Metres from the chase camera beyond which no light is drawn: nothing there is told apart."""

f4 = np.float32


class Lamp(NamedTuple):
    """The policy's camera as seen from the chase camera. cos, sin: of the chase camera's yaw against the lamp's; x, y:
    metres of the chase camera ahead and to the left of the lamp, up: above it. The rest in pixels of the slide."""

    cos: np.float32
    sin: np.float32
    x: np.float32
    y: np.float32
    up: np.float32
    focal: np.float32
    centre_column: np.float32
    centre_row: np.float32


class Chase:
    """Draws chase pictures. It owns cameras and keeps the last shadow map: one Chase for each thread."""

    def __init__(self) -> None:
        self._cameras: dict[tuple[int, int], Camera] = {}
        self._lamps: dict[Lens, Camera] = {}
        self._shadow: tuple[tuple[object, ...], NDArray[np.float32]] | None = None

    def picture(
        self,
        simulator: Simulator,
        row: int,
        size: tuple[int, int],
        pose: NDArray[np.float64],
        *,
        attention: Attention | None,
        eye_pose: NDArray[np.float64],
        lens: Lens,
        index: int = 0,
        steer_angle: float = 0.0,
        brake: float = 0.0,
        camera_yaw: float | None = None,
    ) -> NDArray[np.uint8]:
        """World `row` from behind the car at `pose` (3,) x, y, yaw: (*size, 3) uint8.

        attention: map `index` is thrown from `lens` on the car at `eye_pose` (3,), where the policy's frame was taken.
        steer_angle: of the front wheels, rad, + left. brake: in [0, 1], how bright the brake lights are.
        camera_yaw: which way the camera looks from behind the car; None for the car's own yaw. See `trail`.
        """
        camera = self._camera(size)
        yaw = float(pose[2]) if camera_yaw is None else camera_yaw
        look = simulator.looks[row]
        seat = np.array([[pose[0], pose[1], yaw, _pitch(camera.lens)]])
        frames = camera.render(simulator.world.scene(), np.array([row]), seat, look[None], truth=True)
        assert frames.depth is not None
        picture, depth = frames.rgb[0], frames.depth[0]
        if attention is not None:
            self._shine(picture, depth, camera.lens, seat[0], simulator, row, attention, index, eye_pose, lens)
        view = ego_car.Viewpoint(
            yaw - float(pose[2]), -MOUNT_FORWARD, MOUNT_HEIGHT, camera.lens.focal, *_centre(camera.lens)
        )
        ego_car.draw(picture, depth, view, look, float(pose[2]), steer_angle, brake)
        return picture

    def _shine(self, picture, depth, chase_lens, seat, simulator, row, attention, index, eye_pose, lens):
        slide = np.zeros((lens.height + 2, lens.width + 2), np.float32)
        slide[1:-1, 1:-1] = pixel_alpha(attention, lens.height, lens.width, index)
        if not slide.any():
            return
        shadow = self._shadow_map(simulator, row, eye_pose, lens)
        raw = attention.kind == "selection"
        lamp = _lamp(seat, eye_pose, lens)
        focal, centre = chase_lens.focal, _centre(chase_lens)
        shine(picture, depth, f4(focal), f4(centre[0]), f4(centre[1]), f4(MOUNT_HEIGHT), lamp, slide, raw, shadow)

    def _camera(self, size: tuple[int, int]) -> Camera:
        if size not in self._cameras:
            self._cameras[size] = Camera(
                *size, FIELD_OF_VIEW, mount_height=MOUNT_HEIGHT, mount_forward=MOUNT_FORWARD
            )
        return self._cameras[size]

    def _shadow_map(self, simulator: Simulator, row: int, eye_pose: NDArray[np.float64], lens: Lens) -> NDArray[np.float32]:
        """How far the lamp's light goes before it meets something upright, metres along its axis, in each direction.

        Flat ground takes no light from flat ground, so it counts as nothing. Kept while the lamp stands still.
        """
        key = (simulator.seeds[row], simulator.world.steps[row], row, eye_pose.tobytes(), lens)
        if self._shadow is None or self._shadow[0] != key:
            if lens not in self._lamps:
                self._lamps[lens] = Camera(
                    lens.height * SHADOW_SCALE,
                    lens.width * SHADOW_SCALE,
                    lens.field_of_view,
                    mount_height=lens.mount_height,
                    mount_forward=lens.mount_forward,
                )
            rows = np.array([row])
            frames = self._lamps[lens].render(
                simulator.world.scene(), rows, eye_pose[None], simulator.looks[rows], truth=True
            )
            assert frames.depth is not None and frames.instance is not None
            self._shadow = key, np.where(frames.instance[0] > 0, frames.depth[0], np.float32(np.inf))
        return self._shadow[1]


def trail(camera_yaw: float, yaw: float, elapsed: float, delay: float = 0.35) -> float:
    """The yaw of a camera that follows a car's yaw by a first-order lag of `delay` seconds, `elapsed` seconds later."""
    return float(camera_yaw + wrap_angle(yaw - camera_yaw) * (1 - math.exp(-elapsed / delay)))


def _pitch(lens: Lens) -> float:
    return math.atan((HORIZON - CHASE_HORIZON) * lens.height / lens.focal)


def _centre(lens: Lens) -> tuple[float, float]:
    return lens.width / 2, CHASE_HORIZON * lens.height


def _lamp(seat: NDArray[np.float64], eye_pose: NDArray[np.float64], lens: Lens) -> Lamp:
    """The lamp on the car at eye_pose (3,), seen from the chase camera on the car at `seat` (x, y, yaw, pitch)."""
    x, y, yaw = seat[:3]
    x, y = x + MOUNT_FORWARD * math.cos(yaw), y + MOUNT_FORWARD * math.sin(yaw)
    forward, left = world_to_vehicle(x, y, *eye_pose.tolist())
    turn = yaw - eye_pose[2]
    return Lamp(
        *map(
            f4,
            (
                math.cos(turn),
                math.sin(turn),
                forward - lens.mount_forward,
                left,
                MOUNT_HEIGHT - lens.mount_height,
                lens.focal,
                *lens.centre,
            ),
        )
    )


ZERO, HALF, ONE = f4(0), f4(0.5), f4(1)


@kernel
def shine(picture, depth, focal, centre_column, centre_row, mount, lamp, slide, raw, shadow):
    """Blend the slide's red into picture (H, W, 3), whose pixels are `depth` (H, W) metres away along the axis.

    slide: (h + 2, w + 2), how red each pixel of the policy's frame is, in a border of zeros; raw: its pixels keep their
    edges, else it is interpolated. shadow: (k h, k w) metres from the lamp to the first thing.
    """
    top, bottom, first, last = lit_box(slide)
    inverse = ONE / focal
    rows, columns = f4(slide.shape[0] - 2), f4(slide.shape[1] - 2)
    place = np.empty((3, picture.shape[1]), np.float32)
    for v in range(picture.shape[0]):
        below = f4(v) + HALF - centre_row
        project_row(depth[v], below * inverse, centre_column - HALF, inverse, lamp, place)
        for u in range(picture.shape[1]):
            x, column, line = place[0, u], place[1, u], place[2, u]
            if not (x > f4(NEAREST) and first < column < last and top < line < bottom and depth[v, u] < f4(FARTHEST)):
                continue
            wide, high = ONE, ONE
            if raw:
                z = depth[v, u]
                wide, high = footprint(z, -z * below * inverse, x, column, line, lamp, inverse, below, mount)
            alpha = sample(slide, column + HALF, line + HALF, wide, high)
            if alpha > ZERO:
                redden(picture[v, u], alpha * lit(shadow, column / columns, line / rows, x))


@kernel
def lit_box(slide):
    """(top, bottom, left, right): between which lines and columns of the frame there is any light."""
    top, bottom, left, right = slide.shape[0], 0, slide.shape[1], 0
    for i in range(slide.shape[0]):
        for j in range(slide.shape[1]):
            if slide[i, j] > ZERO:
                top, bottom, left, right = min(top, i), max(bottom, i), min(left, j), max(right, j)
    return f4(top) - f4(1.5), f4(bottom) + HALF, f4(left) - f4(1.5), f4(right) + HALF


@kernel
def project_row(depth, slope, middle, inverse, lamp, place):
    """One row of the chase picture, `slope` below its axis, onto the slide. place: (3, W) metres ahead of the lamp,
    column and line in the slide's pixels; meaningless where depth is infinite."""
    ahead, columns, lines = place[0], place[1], place[2]
    for u in range(depth.shape[0]):
        z = depth[u]
        left = z * ((middle - f4(u)) * inverse)
        x = lamp.x + z * lamp.cos - left * lamp.sin
        scale = lamp.focal / x
        ahead[u] = x
        columns[u] = lamp.centre_column - (lamp.y + z * lamp.sin + left * lamp.cos) * scale
        lines[u] = lamp.centre_row - (lamp.up - z * slope) * scale


@kernel
def redden(pixel, alpha):
    """Blend red over a pixel (3,) uint8."""
    for channel in range(3):
        value = f4(pixel[channel])
        pixel[channel] = np.uint8(value + (f4(RED[channel]) - value) * alpha + HALF)


@kernel
def footprint(z, rise, x, column, line, lamp, inverse, below, mount):
    """How wide and high one pixel of the chase picture is on the slide, in its pixels, at most one.

    A step to the right moves the place to the right; a step down moves ground towards the chase camera, and goes down
    on what stands upright. rise: metres above the chase camera; the rest as in `shine`.
    """
    scale = lamp.focal / x
    across, along = (lamp.centre_column - column) / lamp.focal, (lamp.centre_row - line) / lamp.focal
    step = z * inverse
    right_x, right_y = step * lamp.sin, -step * lamp.cos
    down_x, down_y, down_up = ZERO, ZERO, -step
    if rise + mount < f4(0.05):
        down_x, down_y, down_up = (lamp.x - x) / below, (lamp.y - across * x) / below, ZERO
    wide = abs(right_y - across * right_x) + abs(down_y - across * down_x)
    high = abs(along * right_x) + abs(down_up - along * down_x)
    return min(max(wide * scale, f4(1e-3)), ONE), min(max(high * scale, f4(1e-3)), ONE)


@kernel
def sample(slide, column, row, wide, high):
    """The slide at (column, row) in pixels of it with its border, centres on whole numbers: linear over an edge
    `wide` x `high` pixels broad between two pixels, level elsewhere."""
    i, j = int(row), int(column)
    i, j = min(max(i, 0), slide.shape[0] - 2), min(max(j, 0), slide.shape[1] - 2)
    down = min(max((row - f4(i) - HALF) / high + HALF, ZERO), ONE)
    across = min(max((column - f4(j) - HALF) / wide + HALF, ZERO), ONE)
    upper = slide[i, j] + (slide[i, j + 1] - slide[i, j]) * across
    lower = slide[i + 1, j] + (slide[i + 1, j + 1] - slide[i + 1, j]) * across
    return upper + (lower - upper) * down


@kernel
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


@kernel
def passes(first, reach):
    """1 where the first thing is no nearer than `reach`, else 0."""
    return ONE if first >= reach else ZERO
