"""Where the policy looked, on the ground: map cells and the car's path in metres of the vehicle frame. Pure functions.

Vehicle frame: x forward, y left, from the vehicle's reference point. The ground is taken to be flat, and the lens level
as the policy's camera is; what stands upright on the ground is laid flat behind its foot.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.camera.lens import Lens
from sim.geometry import vehicle_to_world, world_to_vehicle
from sim.policy import Attention
from sim.vehicle import MAX_STEERING_ANGLE, TO_REAR, WHEELBASE
from sim.view.overlay import cell_alpha

RANGE = 60.0
"""Metres ahead of the camera: beyond it a row of the policy's frame covers ten metres of ground and more."""

PATH_STEP = 1.0
"""Metres from one point of a predicted path to the next."""


class GroundCells(NamedTuple):
    """Attended cells laid on the ground. corners: (K, 4, 2) metres in the vehicle frame: near left, near right, far
    right, far left. alpha: (K,) how red, on the overlay's scale."""

    corners: NDArray[np.float64]
    alpha: NDArray[np.float32]

    def seen_from(self, taken: NDArray[np.float64], pose: NDArray[np.float64]) -> "GroundCells":
        """The same ground in the frame of a car at `pose` (3,) x, y, yaw; it was laid out from one at `taken`."""
        x, y = vehicle_to_world(self.corners[..., 0], self.corners[..., 1], *taken.tolist())
        return GroundCells(np.stack(world_to_vehicle(x, y, *pose.tolist()), axis=-1), self.alpha)


def ground_cells(attention: Attention, lens: Lens, index: int = 0) -> GroundCells:
    """Each attended cell of map `index` of the frame that `lens` took, laid on the ground.

    A cell ends where its ground is RANGE away; cells that lie wholly beyond, or above the horizon, are left out.
    """
    alpha = cell_alpha(attention, index)
    attended = np.argwhere(alpha > 0)
    spans = [attention.cells.pixels(row, col, lens.height, lens.width, index) for row, col in attended.tolist()]
    edges = np.array([(r.start, r.stop, c.start, c.stop) for r, c in spans], np.float64).reshape(-1, 4)
    edges[:, 0] = np.maximum(edges[:, 0], _row_at(lens, RANGE))
    seen = edges[:, 0] < edges[:, 1]
    top, bottom, left, right = edges[seen].T
    near, far = _ahead(lens, bottom), _ahead(lens, top)
    corners = [_ground(lens, z, column) for z, column in ((near, left), (near, right), (far, right), (far, left))]
    return GroundCells(np.stack(corners, axis=1), alpha[tuple(attended[seen].T)])


def predicted_path(steer_angle: float, length: float) -> NDArray[np.float64]:
    """The arc that wheels at `steer_angle` (rad, + left) ask for: (n, 2) metres in the vehicle frame.

    The way of the middle of the rear axle, `length` metres long, of a single-track car whose wheels roll where they
    point: its radius is WHEELBASE / tan(steer_angle). The angle is held to what the car can steer.
    """
    curvature = math.tan(min(max(steer_angle, -MAX_STEERING_ANGLE), MAX_STEERING_ANGLE)) / WHEELBASE
    s = np.linspace(0.0, length, math.ceil(length / PATH_STEP) + 1)
    half_turn = s * curvature / 2
    chord = s * np.sinc(half_turn / np.pi)  # sin(x) / x, which is 1 for straight wheels
    return np.stack([chord * np.cos(half_turn) - TO_REAR, chord * np.sin(half_turn)], axis=1)


def to_picture(points: NDArray[np.float64], lens: Lens, size: tuple[int, int]) -> NDArray[np.float64]:
    """Ground points (n, 2) of the vehicle frame as (column, row) in a picture of `size` (height, width).

    The picture is one of the lens's field of view and horizon, whatever its size. Pixel (row v, column u) covers
    [v, v + 1) x [u, u + 1). Points that are not ahead of the lens are NaN.
    """
    picture = Lens(*size, lens.field_of_view, lens.mount_height, lens.mount_forward)
    ahead = points[:, 0] - lens.mount_forward
    scale = picture.focal / np.where(ahead > 0, ahead, np.nan)
    centre_column, centre_row = picture.centre
    return np.stack([centre_column - points[:, 1] * scale, centre_row + lens.mount_height * scale], axis=1)


def _row_at(lens: Lens, ahead: float) -> float:
    """The row whose ground is `ahead` metres from the lens."""
    return lens.centre[1] + lens.mount_height * lens.focal / ahead


def _ahead(lens: Lens, row: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many metres from the lens the ground of a row below the horizon is."""
    return lens.mount_height * lens.focal / (row - lens.centre[1])


def _ground(lens: Lens, ahead: NDArray[np.float64], column: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ground `ahead` metres from the lens that a column shows: (n, 2) in the vehicle frame."""
    return np.stack([ahead + lens.mount_forward, (lens.centre[0] - column) * ahead / lens.focal], axis=1)
