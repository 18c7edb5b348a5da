"""A closed two-lane road from a seed, and the way between world (x, y) and lane coordinates (s, d).

A track is a random polygon in polar order whose corners are rounded with arcs, smoothed so that the curvature ramps,
and drawn again until it meets the demands below. Its centre line is sampled every `SPACING` metres.

Lane coordinates: s in metres along the centre line, d in metres to the left of it. Between two samples the unit normal
turns evenly, so (s, d) is continuous across samples (a plain polyline has fans and gaps at its corners) and `to_world`
and `locate` undo each other.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.geometry import closed_length, resample_closed, smooth_closed, tangent_angles, turn_rates, wrap_angle
from sim.jit import kernel
from sim.scene import GRID_BAND, GRID_SIZE, LANE_WIDTH

SPACING = 1.0
"""Metres between two points of the centre line."""

DASH_PERIOD = 12.0
"""Metres from one dash of the centre line to the next; every lap is a whole multiple, so no dash breaks at the seam."""

MAX_POINTS = 1512

LANE_CENTRE = -LANE_WIDTH / 2
"""d of the middle of the right-hand lane, which the ego drives along +s."""

CRUISE_SPEED = 15.0
"""m/s, the expert's speed where nothing binds."""

LATERAL_ACCELERATION = 3.0
BRAKING = 2.5
ACCELERATION = 2.0
"""m/s2, what the expert's speed profile allows itself: all three below nuPlan's comfort bounds."""

START_SHARE = 0.8
"""The car starts at this share of the profile's speed."""

LAP_RANGE = (800.0, 1500.0)
EXTENT = 352.0
CLEARANCE = 24.0
SEPARATE = 45.0
MIN_RADIUS = 14.2
TIGHT_RADIUS = 40.0
TIGHT_SHARE = 0.16
"""The demands: lap and greatest extent in metres; centre lines of stretches more than SEPARATE apart along the road
stay CLEARANCE apart; least radius; at least TIGHT_SHARE of the lap has a radius under TIGHT_RADIUS."""

_RAMP_REACH = 5  # points; the curvature ramps over 2 x 5 + 1 metres
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
        self.origin[row] = -(GRID_SIZE - 1) / 2
        _fill_grid(points, self.heading[row, :n], self.origin[row], self.grid[row])


def centre_line(rng: np.random.Generator) -> NDArray[np.float64]:
    """A centre line (n, 2) that meets the demands, its bounding box centred at the origin, n x SPACING the lap."""
    while True:
        corners, radii = _draw_polygon(rng)
        seam, clockwise = rng.random(), rng.random() < 0.5
        points = _try_centre_line(corners, radii)
        if len(points):
            return np.roll(points[::-1] if clockwise else points, -_start(points, seam, clockwise), axis=0)


def _start(points: NDArray[np.float64], seam: float, clockwise: bool) -> int:
    """The point to start from: one on a straight or a gentle bend, where a car may stand with straight wheels."""
    line = points[::-1] if clockwise else points
    gentle = np.flatnonzero(np.abs(turn_rates(tangent_angles(line), SPACING)) < 1 / 120)
    return int(gentle[int(seam * len(gentle))]) if len(gentle) else 0


def _draw_polygon(rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Corners (n, 2) in polar order and the radius (n,) that each shall be rounded with, in metres."""
    n = int(rng.integers(6, 13))
    angle = (np.arange(n) + rng.uniform(-0.36, 0.36, n)) * (2 * math.pi / n) + rng.uniform(0, 2 * math.pi)
    reach = rng.uniform(0.32, 1.0, n) * 185.0
    stretch = rng.uniform(0.75, 1.0)
    corners = np.stack([reach * np.cos(angle), stretch * reach * np.sin(angle)], axis=1)
    tight = rng.random(n) < 0.62
    return corners, np.where(tight, rng.uniform(16.0, 34.0, n), rng.uniform(40.0, 130.0, n))


@kernel
def _try_centre_line(corners, radii):
    """The rounded, smoothed, evenly spaced centre line (n, 2), or an empty array where a demand is not met."""
    refused = np.empty((0, 2))
    outline = _round_corners(corners, radii)
    length = closed_length(outline)
    if len(outline) == 0 or not LAP_RANGE[0] < length < LAP_RANGE[1]:
        return refused
    smooth = smooth_closed(resample_closed(outline, round(length / SPACING)), _RAMP_REACH)
    count = round(closed_length(smooth) / DASH_PERIOD) * round(DASH_PERIOD / SPACING)
    for _ in range(2):  # the second pass evens out the chords that the first one cut
        smooth = resample_closed(smooth, count)
    smooth *= count * SPACING / closed_length(smooth)
    for axis in range(2):
        smooth[:, axis] -= (smooth[:, axis].min() + smooth[:, axis].max()) / 2
    return smooth if _meets_demands(smooth) else refused


@kernel
def _round_corners(corners, radii):
    """The polygon's outline (m, 2) with arcs for corners, sampled every 0.5 m along arcs; empty where one is too tight.

    An arc takes at most 0.47 of either side, which leaves a straight between two corners.
    """
    n = len(corners)
    outline = np.empty((n * 1200, 2))
    filled = 0
    for i in range(n):
        arriving, leaving = corners[i] - corners[i - 1], corners[(i + 1) % n] - corners[i]
        side_in, side_out = math.hypot(arriving[0], arriving[1]), math.hypot(leaving[0], leaving[1])
        heading = math.atan2(arriving[1], arriving[0])
        turn = wrap_angle(math.atan2(leaving[1], leaving[0]) - heading)
        half_tangent = math.tan(abs(turn) / 2) + 1e-9
        radius = min(radii[i], 0.47 * min(side_in, side_out) / half_tangent, 1000.0)
        if radius < MIN_RADIUS + 0.3:
            return outline[:0]
        side = math.copysign(radius, turn)
        start = corners[i] - radius * half_tangent * arriving / side_in
        steps = int(2 * radius * abs(turn)) + 1
        for k in range(min(steps + 1, 1200)):
            angle = heading + turn * k / steps
            outline[filled, 0] = start[0] + side * (math.sin(angle) - math.sin(heading))
            outline[filled, 1] = start[1] - side * (math.cos(angle) - math.cos(heading))
            filled += 1
    return outline[:filled]


@kernel
def _meets_demands(points):
    """Whether a centre line (n, 2) has the extent, lap, radii and clearance that a track must have."""
    lap = len(points) * SPACING
    if not LAP_RANGE[0] <= lap <= LAP_RANGE[1] or len(points) > MAX_POINTS:
        return False
    if max(points[:, 0].max(), points[:, 1].max()) > EXTENT / 2:
        return False
    bend = np.abs(turn_rates(tangent_angles(points), SPACING))
    if bend.max() > 1 / MIN_RADIUS or np.mean(bend > 1 / TIGHT_RADIUS) < TIGHT_SHARE:
        return False
    return _keeps_clear(points)


@kernel
def _keeps_clear(points):
    """Whether stretches further than SEPARATE apart along the road keep CLEARANCE between their centre lines."""
    n, stride = len(points), 3
    least = (CLEARANCE + 0.1) ** 2  # the stride may overlook the very nearest pair by a few centimetres
    apart = int(SEPARATE / SPACING)
    for i in range(0, n, stride):
        for j in range(i + apart, min(n, n + i - apart), stride):
            if (points[i, 0] - points[j, 0]) ** 2 + (points[i, 1] - points[j, 1]) ** 2 < least:
                return False
    return True


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


@kernel
def _solve_fraction(to_start, chord, tangent, turning):
    """Where in [0, 1] of a stretch the normal passes through a point.

    With the stretch's point a + t chord and its tangent `tangent` + t `turning`, the offset from it to the point must be
    square to the tangent: (to_start - t chord) . (tangent + t turning) = 0, by Newton from the chord's own projection.
    """
    constant = to_start[0] * tangent[0] + to_start[1] * tangent[1]
    linear = to_start[0] * turning[0] + to_start[1] * turning[1] - chord[0] * tangent[0] - chord[1] * tangent[1]
    square = -(chord[0] * turning[0] + chord[1] * turning[1])
    t = -constant / linear if linear != 0.0 else 0.0
    for _ in range(2):
        slope = linear + 2 * square * t
        t -= (constant + t * (linear + t * square)) / slope if slope != 0.0 else 0.0
    return min(max(t, 0.0), 1.0)


@kernel
def _lane_coordinates(points, heading, i, x, y):
    """(s, d, heading) of world point (x, y) on the stretch from point i to the next one."""
    j = i + 1 if i + 1 < len(points) else 0
    to_start = (x - points[i, 0], y - points[i, 1])
    chord = (points[j, 0] - points[i, 0], points[j, 1] - points[i, 1])
    tangent = (math.cos(heading[i]), math.sin(heading[i]))
    turning = (math.cos(heading[j]) - tangent[0], math.sin(heading[j]) - tangent[1])
    t = _solve_fraction(to_start, chord, tangent, turning)
    ahead = (tangent[0] + t * turning[0], tangent[1] + t * turning[1])
    size = math.sqrt(ahead[0] ** 2 + ahead[1] ** 2)
    d = ((to_start[1] - t * chord[1]) * ahead[0] - (to_start[0] - t * chord[0]) * ahead[1]) / size
    return (i + t) * SPACING, d, math.atan2(ahead[1], ahead[0])


@kernel
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
    behind = (x - points[nearest, 0]) * math.cos(heading[nearest]) + (y - points[nearest, 1]) * math.sin(
        heading[nearest]
    ) < 0
    s, d, ahead = _lane_coordinates(points, heading, (nearest - 1) % n if behind else nearest, x, y)
    return (s if s < n * SPACING else 0.0), d, ahead


@kernel
def place(points, heading, s, d):
    """World (x, y, heading) at lane coordinates (s, d) of one centre line, points (n, 2); s wraps. Undoes `project`."""
    n = len(points)
    along = s / SPACING - n * math.floor(s / SPACING / n)
    i = min(int(along), n - 1)
    t, j = along - i, (i + 1) % n
    forward = (1 - t) * math.cos(heading[i]) + t * math.cos(heading[j])
    leftward = (1 - t) * math.sin(heading[i]) + t * math.sin(heading[j])
    size = math.sqrt(forward**2 + leftward**2)
    x = (1 - t) * points[i, 0] + t * points[j, 0] - d * leftward / size
    y = (1 - t) * points[i, 1] + t * points[j, 1] + d * forward / size
    return x, y, math.atan2(leftward, forward)


@kernel
def _locate_rows(points, heading, count, rows, x, y, hint, found):
    for b in range(len(rows)):
        n = count[rows[b]]
        found[:, b] = project(points[rows[b], :n], heading[rows[b], :n], x[b], y[b], hint[b])


@kernel
def _place_rows(points, heading, count, rows, s, d, found):
    for b in range(len(rows)):
        n = count[rows[b]]
        found[:, b] = place(points[rows[b], :n], heading[rows[b], :n], s[b], d[b])


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
def _fill_grid(points, heading, origin, grid):
    """Fill grid (rows y, columns x, (d, s)) for one centre line; |d| is clamped at GRID_BAND with the right sign.

    A cell within reach belongs to the stretch whose two end normals it lies between, the nearer one where two claim it.
    The rest takes its side from its neighbour: no row can cross a road without meeting the road's cells.
    """
    n = len(points)
    grid[:, :, 0] = _FAR
    for i in range(n):
        _fill_stretch(points, heading, i, origin, grid)
    outside = -GRID_BAND if np.sum(turn_rates(heading, SPACING)) > 0 else GRID_BAND
    for row in range(GRID_SIZE):
        d, s = outside, 0.0
        for column in range(GRID_SIZE):
            if grid[row, column, 0] < _FAR / 2:
                d, s = grid[row, column, 0], grid[row, column, 1]
            d = min(max(d, -GRID_BAND), GRID_BAND)
            grid[row, column, 0], grid[row, column, 1] = d, s


@kernel
def _fill_stretch(points, heading, i, origin, grid):
    """Give the cells between the normals at point i and at the next one their (d, s), a little past the band."""
    j = i + 1 if i + 1 < len(points) else 0
    reach = GRID_BAND + 1.5
    cos_i, sin_i, cos_j, sin_j = math.cos(heading[i]), math.sin(heading[i]), math.cos(heading[j]), math.sin(heading[j])
    from_x, to_x = _span(points[i, 0] - origin[0], points[j, 0] - origin[0], reach * sin_i, reach * sin_j)
    from_y, to_y = _span(points[i, 1] - origin[1], points[j, 1] - origin[1], reach * cos_i, reach * cos_j)
    for row in range(from_y, to_y):
        y = origin[1] + row
        for column in range(from_x, to_x):
            x = origin[0] + column
            past_start = (x - points[i, 0]) * cos_i + (y - points[i, 1]) * sin_i >= 0
            if past_start and (x - points[j, 0]) * cos_j + (y - points[j, 1]) * sin_j < 0:
                s, d, _ = _lane_coordinates(points, heading, i, x, y)
                if abs(d) < min(abs(grid[row, column, 0]), reach):
                    grid[row, column, 0], grid[row, column, 1] = d, s


@kernel
def _span(start, end, arm_start, arm_end):
    """Grid indices (from, to) that cover start +- arm_start and end +- arm_end, within the grid."""
    low = min(start - abs(arm_start), end - abs(arm_end))
    high = max(start + abs(arm_start), end + abs(arm_end))
    return max(int(math.floor(low)), 0), min(int(math.ceil(high)) + 1, GRID_SIZE)
