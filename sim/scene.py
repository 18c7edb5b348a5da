"""What a camera needs to know of the world, as plain arrays; and the names of what it may see."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CLASSES = (
    *("sky", "ground", "road", "lane marking", "edge line", "vegetation"),
    *("building", "sign", "vehicle", "pedestrian", "light", "obstacle"),
)
"""Segmentation classes; a pixel's class id is the index here."""

LANE_WIDTH = 3.5
"""Metres; the road is two lanes wide, its centre line at d = 0, its edges at |d| = LANE_WIDTH."""

GRID_SIZE = 384
"""Cells a side of the road grid; a cell is 1 m."""

GRID_BAND = 14.0
"""Metres from the centre line up to which the road grid is exact; |d| is clamped there."""

OBJECT_COLUMNS = ("x", "y", "width", "height", "kind", "tint", "yaw", "length", "state")
"""Columns of `Scene.objects`.

x, y: of the middle, metres. width, height, length: metres; length along yaw, width across it (upright sprites have no
length). kind: an id of sim.kinds.KINDS, -1 for an empty row. tint: a shade in [-1, 1] that picks colour and variant.
yaw: radians, where it faces. state: a vehicle's index into LAMPS and, behind the point, how far its wheels have turned,
in turns; a traffic light an index into LIGHT_PHASES; a pedestrian the walking phase in [0, 1), -1 while standing; 0 for
all others.
"""

X, Y, WIDTH, HEIGHT, KIND, TINT, YAW, LENGTH, STATE = range(len(OBJECT_COLUMNS))

LAMPS = ("none", "brake lights", "indicators")
"""What a vehicle shows by day."""

LIGHT_PHASES = ("green", "amber", "red")

DECAL_KINDS = ("zebra", "stop line")
DECAL_COLUMNS = ("s", "length", "kind", "x", "y")
"""Columns of `Scene.decals`: s of the middle and length along the road in metres, an index into DECAL_KINDS (-1: empty
row), its place in metres. A zebra spans the whole road, a stop line the right-hand lane."""

DECAL_S, DECAL_LENGTH, DECAL_KIND, DECAL_X, DECAL_Y = range(len(DECAL_COLUMNS))
ZEBRA, STOP_LINE = range(len(DECAL_KINDS))


class Scene(NamedTuple):
    """K worlds' worth of roads and things.

    grid: (K, GRID_SIZE, GRID_SIZE, 2) float32, [row = y, column = x] -> (d, s) in metres at the point
    (x, y) = origin + (column, row). s jumps by the lap length at the seam.
    origin: (K, 2) float32, metres. length: (K,) float32, the lap in metres, a whole multiple of the dash period.
    objects: (K, M, 9) float32, see OBJECT_COLUMNS. decals: (K, D, 5) float32, see DECAL_COLUMNS.
    pavement: (K,) float32, metres of pavement behind a kerb on both sides of the road, 0 for a grass verge.
    """

    grid: NDArray[np.float32]
    origin: NDArray[np.float32]
    length: NDArray[np.float32]
    objects: NDArray[np.float32]
    decals: NDArray[np.float32]
    pavement: NDArray[np.float32]
