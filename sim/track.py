"""A closed two-lane road from a seed, and the way between world (x, y) and lane coordinates (s, d).

Its centre line is drawn by `sim.centre_line`, and sampled every `SPACING` metres.

Lane coordinates: s in metres along the centre line, d in metres to the left of it. Between two samples the unit normal
turns evenly, so (s, d) is continuous across samples (a plain polyline has fans and gaps at its corners) and `to_world`
and `locate` undo each other.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.centre_line import SPACING, centre_line
from sim.geometry import tangent_angles, turn_rates
from sim.jit import inner_kernel, kernel
from sim.scene import GRID_BAND, GRID_SIZE, LANE_WIDTH

MAX_POINTS = 1512

LANE_CENTRE = -LANE_WIDTH / 2
"""d of the middle of the right-hand lane, which the ego drives along +s."""

CRUISE_SPEED = 15.0
"""m/s, the expert's speed where there is no cause to go slower."""

LATERAL_ACCELERATION = 3.0
"""m/s2, what the expert's speed profile allows itself: below nuPlan's comfort bound, as the next two are."""
BRAKING = 2.5
"""m/s2."""
ACCELERATION = 2.0
"""m/s2."""

START_SHARE = 0.8
"""The car starts at this share of the profile's speed."""

_GRID_RIM = 1.5  # metres past the band that the grid is still exact, so that interpolating at the band's edge is too
_FAR = 1e9


@dataclass
class Tracks:
    """K tracks in padded arrays; `generate` overwrites one row in place.

    points (K, MAX_POINTS, 2) centre line in metres; heading (K, MAX_POINTS) radians; curvature (K, MAX_POINTS) 1/m, +
    to the left; speed (K, MAX_POINTS) m/s, the expert's profile for the right-hand lane; count (K,) points in use;
    length (K,) metres; expert_time (K,) seconds for one lap; grid and origin as `sim.scene.Scene` has them.
    """

    points: NDArray[np.float64]
    heading: NDArray[np.float64]
    curvature: NDArray[np.float64]
    speed: NDArray[np.float64]
    count: NDArray[np.int64]
    length: NDArray[np.float64]
    expert_time: NDArray[np.float64]
    grid: NDArray[np.float32]
    origin: NDArray[np.float32]

    @staticmethod
    def empty(k: int) -> "Tracks":
        """Room for k tracks."""
        line = (k, MAX_POINTS)
        return Tracks(
            points=np.zeros((*line, 2)),
            heading=np.zeros(line),
            curvature=np.zeros(line),
            speed=np.zeros(line),
            count=np.zeros(k, np.int64),
            length=np.zeros(k),
            expert_time=np.zeros(k),
            grid=np.zeros((k, GRID_SIZE, GRID_SIZE, 2), np.float32),
            origin=np.zeros((k, 2), np.float32),
        )

    def generate(self, row: int, seed: np.random.SeedSequence | np.random.Generator | int) -> None:
        """Fill one row with the track of this seed: the same bits in every process."""
        points = centre_line(np.random.default_rng(seed))
        n = len(points)
        self.points[row, :n] = points
        self.heading[row, :n] = tangent_angles(points)
        self.curvature[row, :n] = turn_rates(self.heading[row, :n], SPACING)
        self.speed[row, :n] = speed_profile(self.curvature[row, :n])
        self.count[row] = n
        self.length[row] = n * SPACING
        self.expert_time[row] = _lap_time(self.curvature[row, :n], self.speed[row, :n])
        self._lay_grid(row)

    def _lay_grid(self, row: int) -> None:
        """The grid, which is a function of the line."""
        n = self.count[row]
        self.origin[row] = -(GRID_SIZE - 1) / 2
        outside = -math.copysign(GRID_BAND, self.curvature[row, :n].sum())
        _fill_grid(self.points[row, :n], self.heading[row, :n], outside, self.origin[row], self.grid[row])

    def __deepcopy__(self, memo: object) -> "Tracks":
        return Tracks(**{name: values.copy() for name, values in vars(self).items()})

    def __getstate__(self) -> dict[str, NDArray]:
        """All but the grids, which are nearly all of the bytes and are laid again."""
        return {name: values for name, values in vars(self).items() if name != "grid"}

    def __setstate__(self, state: dict[str, NDArray]) -> None:
        vars(self).update(state)
        self.grid = np.zeros((len(self.count), GRID_SIZE, GRID_SIZE, 2), np.float32)
        for row in np.flatnonzero(self.count):
            self._lay_grid(int(row))


@kernel
def speed_profile(curvature):
    """The expert's speed (n,) in m/s along the right-hand lane, from the centre line's curvature (n,).

    The lane's curvature bounds the lateral acceleration; a backward pass bounds braking, a forward one accelerating.
    """
    n = len(curvature)
    step = SPACING * (1 - LANE_CENTRE * curvature)
    lane = np.abs(curvature) / (1 - LANE_CENTRE * curvature)
    speed = np.minimum(CRUISE_SPEED, np.sqrt(LATERAL_ACCELERATION / np.maximum(lane, 1e-6)))
    for i in range(2 * n - 1, -1, -1):  # twice around, so that the seam is as any other place
        here, ahead = i % n, (i + 1) % n
        speed[here] = min(speed[here], math.sqrt(speed[ahead] ** 2 + 2 * BRAKING * step[here]))
    for i in range(2 * n):
        here, ahead = i % n, (i + 1) % n
        speed[ahead] = min(speed[ahead], math.sqrt(speed[here] ** 2 + 2 * ACCELERATION * step[here]))
    return speed


@kernel
def _lap_time(curvature, speed):
    """Seconds for one lap of the right-hand lane at the profile's speed, from a start at START_SHARE of it."""
    now, total = START_SHARE * speed[0], 0.0
    for i in range(len(speed)):
        step = SPACING * (1 - LANE_CENTRE * curvature[i])
        now = min(now, speed[i])
        total += step / now
        now = math.sqrt(now**2 + 2 * ACCELERATION * step)
    return total


class _Stretch(NamedTuple):
    """The centre line from one sample to the next: the point start + t chord with tangent + t turning, t in [0, 1]."""

    start_x: float
    start_y: float
    chord_x: float
    chord_y: float
    tangent_x: float
    tangent_y: float
    turning_x: float
    turning_y: float


@inner_kernel
def _stretch(points, heading, i):
    """The stretch that begins at sample i of one centre line."""
    j = i + 1 if i + 1 < len(points) else 0
    tangent_x, tangent_y = math.cos(heading[i]), math.sin(heading[i])
    return _Stretch(
        points[i, 0],
        points[i, 1],
        points[j, 0] - points[i, 0],
        points[j, 1] - points[i, 1],
        tangent_x,
        tangent_y,
        math.cos(heading[j]) - tangent_x,
        math.sin(heading[j]) - tangent_y,
    )


@inner_kernel
def _beside(stretch, x, y):
    """(t, d, tangent x, tangent y) of world point (x, y): where its normal meets a stretch, and its offset to the left.

    The offset from the stretch's point is square to the tangent there, (p - start - t chord) . (tangent + t turning) =
    0: Newton's method from the solution without the square term. t is held in [0, 1].
    """
    east, north = x - stretch.start_x, y - stretch.start_y
    constant = east * stretch.tangent_x + north * stretch.tangent_y
    linear = east * stretch.turning_x + north * stretch.turning_y
    linear -= stretch.chord_x * stretch.tangent_x + stretch.chord_y * stretch.tangent_y
    square = -(stretch.chord_x * stretch.turning_x + stretch.chord_y * stretch.turning_y)
    t = -constant / linear if linear != 0.0 else 0.0
    slope = linear + 2 * square * t
    t -= (constant + t * (linear + t * square)) / slope if slope != 0.0 else 0.0
    t = min(max(t, 0.0), 1.0)
    ahead_x, ahead_y = stretch.tangent_x + t * stretch.turning_x, stretch.tangent_y + t * stretch.turning_y
    left = (north - t * stretch.chord_y) * ahead_x - (east - t * stretch.chord_x) * ahead_y
    return t, left / math.sqrt(ahead_x**2 + ahead_y**2), ahead_x, ahead_y


@inner_kernel
def project(points, heading, x, y, hint):
    """(s, d, heading) of (x, y) on one centre line, points (n, 2), looked for within 10 m of s = hint.

    Exact while |d| is below the radius of the bend; s in [0, lap).
    """
    n = len(points)
    centre = round(hint / SPACING)
    nearest, least = 0, _FAR
    for k in range(-10, 11):
        i = (centre + k) % n
        distance = (points[i, 0] - x) ** 2 + (points[i, 1] - y) ** 2
        if distance < least:
            nearest, least = i, distance
    east, north = x - points[nearest, 0], y - points[nearest, 1]
    if east * math.cos(heading[nearest]) + north * math.sin(heading[nearest]) < 0:
        nearest = (nearest - 1) % n
    t, d, ahead_x, ahead_y = _beside(_stretch(points, heading, nearest), x, y)
    return (nearest + t) % n * SPACING, d, math.atan2(ahead_y, ahead_x)


@kernel
def place(points, heading, s, d):
    """World (x, y, heading) at lane coordinates (s, d) of one centre line, points (n, 2); s wraps. Undoes `project`."""
    n = len(points)
    along = s / SPACING - n * math.floor(s / SPACING / n)
    i = min(int(along), n - 1)
    t, stretch = along - i, _stretch(points, heading, i)
    ahead_x, ahead_y = stretch.tangent_x + t * stretch.turning_x, stretch.tangent_y + t * stretch.turning_y
    size = math.sqrt(ahead_x**2 + ahead_y**2)
    x = stretch.start_x + t * stretch.chord_x - d * ahead_y / size
    y = stretch.start_y + t * stretch.chord_y + d * ahead_x / size
    return x, y, math.atan2(ahead_y, ahead_x)


@kernel
def _locate_rows(points, heading, count, rows, x, y, hint, found):
    """Fill found (3, B) with s, d, heading of the places x, y (B,), looked for near hint (B,), on the tracks rows (B,).

    points, heading, count: of all tracks.
    """
    for b in range(len(rows)):
        n = count[rows[b]]
        line = points[rows[b], :n], heading[rows[b], :n]
        found[0, b], found[1, b], found[2, b] = project(line[0], line[1], x[b], y[b], hint[b])


@kernel
def _place_rows(points, heading, count, rows, s, d, found):
    """Fill found (3, B) with x, y, heading of the places s, d (B,) on the tracks rows (B,).

    points, heading, count: of all tracks.
    """
    for b in range(len(rows)):
        n = count[rows[b]]
        line = points[rows[b], :n], heading[rows[b], :n]
        found[0, b], found[1, b], found[2, b] = place(line[0], line[1], s[b], d[b])


def locate(tracks: Tracks, rows: ArrayLike, x: ArrayLike, y: ArrayLike, hint_s: ArrayLike) -> NDArray[np.float64]:
    """Lane coordinates and the road's heading, (3, B): s in [0, lap), d, heading, looked for within 10 m of `hint_s`.

    rows, x, y and hint_s broadcast to (B,).
    """
    track, floats = _broadcast(rows, x, y, hint_s)
    found = np.empty((3, len(track)))
    _locate_rows(tracks.points, tracks.heading, tracks.count, track, *floats, found)
    return found


def to_world(tracks: Tracks, rows: ArrayLike, s: ArrayLike, d: ArrayLike) -> NDArray[np.float64]:
    """World x, y and the road's heading, (3, B), at lane coordinates; s wraps. rows, s and d broadcast to (B,)."""
    track, floats = _broadcast(rows, s, d)
    found = np.empty((3, len(track)))
    _place_rows(tracks.points, tracks.heading, tracks.count, track, *floats, found)
    return found


def _broadcast(rows: ArrayLike, *values: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Row indices (B,) and values (len(values), B), in arrays of their own."""
    shape = np.broadcast_shapes((1,), *(np.shape(value) for value in (rows, *values)))
    spread = np.empty((len(values), *shape))
    for i, value in enumerate(values):
        spread[i] = value
    return np.broadcast_to(np.asarray(rows, np.int64), shape).copy(), spread


@kernel
def _fill_grid(points, heading, outside, origin, grid):
    """Fill grid (rows y, columns x, (d, s)) for one centre line; |d| is clamped at GRID_BAND with the right sign.

    A cell within reach belongs to the stretch whose two end normals it lies between, the nearer one where two claim it.
    The rest takes its side from its neighbour, the first of a row from d = `outside` the closed road: no row can cross
    a road without meeting the road's cells.
    """
    n = len(points)
    for row in range(GRID_SIZE):
        for column in range(GRID_SIZE):
            grid[row, column, 0] = _FAR
    for i in range(n):
        _fill_stretch(points, heading, i, origin, grid)
    for row in range(GRID_SIZE):
        d, s = outside, 0.0
        for column in range(GRID_SIZE):
            if grid[row, column, 0] < _FAR / 2:
                d, s = grid[row, column, 0], grid[row, column, 1]
            d = min(max(d, -GRID_BAND), GRID_BAND)
            grid[row, column, 0], grid[row, column, 1] = d, s


@inner_kernel
def _fill_stretch(points, heading, i, origin, grid):
    """Give the cells between the normals at sample i and at the next one their (d, s), a little past the band."""
    start = _stretch(points, heading, i)
    end = _stretch(points, heading, (i + 1) % len(points))
    reach = GRID_BAND + _GRID_RIM
    low = min(start.start_y - abs(reach * start.tangent_x), end.start_y - abs(reach * end.tangent_x))
    high = max(start.start_y + abs(reach * start.tangent_x), end.start_y + abs(reach * end.tangent_x))
    for row in _cells(low - origin[1], high - origin[1]):
        y = origin[1] + row
        left, right = _between_normals(start, end, y, reach)
        for column in _cells(left - origin[0], right - origin[0]):
            x = origin[0] + column
            t, d, _, _ = _beside(start, x, y)
            if abs(d) < min(abs(grid[row, column, 0]), reach):
                grid[row, column, 0], grid[row, column, 1] = d, (i + t) * SPACING


@inner_kernel
def _cells(low, high):
    """Grid indices in [low, high), within the grid."""
    return range(max(math.ceil(low), 0), min(math.ceil(high), GRID_SIZE))


@inner_kernel
def _between_normals(start, end, y, reach):
    """The x from and to which row y lies between the first normals of two stretches, `reach` long either way."""
    left = min(start.start_x - abs(reach * start.tangent_y), end.start_x - abs(reach * end.tangent_y))
    right = max(start.start_x + abs(reach * start.tangent_y), end.start_x + abs(reach * end.tangent_y))
    for stretch, side in ((start, 1.0), (end, -1.0)):
        slant = stretch.tangent_x if abs(stretch.tangent_x) > 1e-9 else 1e-9
        crossing = stretch.start_x - (y - stretch.start_y) * stretch.tangent_y / slant
        if slant * side > 0.0:
            left = max(left, crossing)
        else:
            right = min(right, crossing)
    return left, right
