"""Pinhole geometry: where things are on the image plane.

Camera axes: z forward, x left, y up from the ground. Square pixels, principal point (W / 2, 0.42 H) when pitch is 0,
pixel (row v, column u) covers [v, v + 1) x [u, u + 1). A ground point z metres ahead lies at row
centre_y + mount_height * focal / z, a point x metres to the left at column centre_x - x * focal / z.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.camera.pixels import BLOCK

HORIZON = 0.42
"""Row of the horizon as a share of the height: the road is more interesting than the sky."""


@dataclass(frozen=True)
class Lens:
    """One image size and field of view. field_of_view: horizontal, radians; mount_*: metres."""

    height: int
    width: int
    field_of_view: float
    mount_height: float
    mount_forward: float

    def __post_init__(self) -> None:
        for name, value in (("height", self.height), ("width", self.width)):
            if not isinstance(value, int | np.integer) or not 8 <= value <= 8192:
                raise ValueError(f"{name} {value!r}: expected an integer from 8 to 8192 pixels")
        if not 0.1 <= self.field_of_view <= 2.8:
            raise ValueError(f"field of view {self.field_of_view!r}: expected 0.1 to 2.8 radians")
        if not 0.1 <= self.mount_height <= 100:
            raise ValueError(f"mount height {self.mount_height!r}: expected 0.1 to 100 metres")

    @property
    def focal(self) -> float:
        """Focal length in pixels."""
        return self.width / 2 / math.tan(self.field_of_view / 2)

    @property
    def centre(self) -> tuple[float, float]:
        """The principal point as (column, row) in pixels."""
        return self.width / 2, HORIZON * self.height

    def parameters(self) -> NDArray[np.float32]:
        """(focal, centre column, centre row, mount height, mount forward) for the kernels."""
        return np.array([self.focal, *self.centre, self.mount_height, self.mount_forward], np.float32)

    def azimuths(self) -> NDArray[np.float32]:
        """Angle to the left of each column's centre, (width,) radians."""
        return np.arctan(self._tangents(np.arange(self.width) + 0.5))

    def sky_columns(self) -> NDArray[np.float32]:
        """Tangent to the left at each node of the sky's lattice, one every BLOCK pixels and one past the end."""
        return self._tangents(np.arange(-(-self.width // BLOCK) + 1) * BLOCK + 0.5)

    def _tangents(self, columns: NDArray[np.floating]) -> NDArray[np.float32]:
        return ((self.centre[0] - columns) / self.focal).astype(np.float32)
