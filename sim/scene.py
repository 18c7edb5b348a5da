"""What a camera needs to know of the world, as plain arrays; and the names of what it may see."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CLASSES = (
    *("sky", "ground", "road", "lane marking", "edge line", "vegetation"),
    *("building", "sign", "vehicle", "pedestrian", "light"),
)
"""Segmentation classes; a pixel's class id is the index here."""

LANE_WIDTH = 3.5
"""Metres; the road is two lanes wide, its centre line at d = 0, its edges at |d| = LANE_WIDTH."""

GRID_SIZE = 384
"""Cells a side of the road grid; a cell is 1 m."""

GRID_BAND = 14.0
"""Metres from the centre line up to which the road grid is exact; |d| is clamped there."""

OBJECT_KINDS = ("broadleaf", "poplar", "conifer", "bush", "delineator", "curve sign")
"""Upright sprites that stand at the roadside."""

OBJECT_COLUMNS = ("x", "y", "width", "height", "kind", "tint")
"""Columns of `Scene.objects`: metres, an index into OBJECT_KINDS (-1: empty row), a shade in [-1, 1]."""


class Scene(NamedTuple):
    """K worlds' worth of roads and things.

    grid: (K, GRID_SIZE, GRID_SIZE, 2) float32, [row = y, column = x] -> (d, s) in metres at the point
    (x, y) = origin + (column, row). s jumps by the lap length at the seam.
    origin: (K, 2) float32, metres. length: (K,) float32, the lap in metres, a whole multiple of the dash period.
    objects: (K, M, 6) float32, see OBJECT_COLUMNS.
    """

    grid: NDArray[np.float32]
    origin: NDArray[np.float32]
    length: NDArray[np.float32]
    objects: NDArray[np.float32]
