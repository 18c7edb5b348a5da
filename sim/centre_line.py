"""A track's centre line from a generator of chance.

It is a random polygon in polar order whose corners are rounded with arcs, smoothed so that the curvature ramps, and
drawn again until it meets the demands below. It is sampled every `SPACING` metres.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim.geometry import closed_length, resample_closed, smooth_closed, tangent_angles, turn_rates, wrap_angle
from sim.jit import kernel

SPACING = 1.0
"""Metres between two points of the centre line."""

DASH_PERIOD = 12.0
"""Metres from one dash of the centre line to the next; every lap is a whole multiple, so no dash breaks at the seam."""

LAP_RANGE = (800.0, 1500.0)
"""Demand: metres of a lap."""
EXTENT = 352.0
"""Demand: the greatest extent, metres."""
CLEARANCE = 24.0
"""Demand: metres that stretches stay apart which are SEPARATE apart along the road."""
SEPARATE = 45.0
"""Metres of s."""
MIN_RADIUS = 14.2
"""Demand: metres, nowhere less."""
TIGHT_RADIUS = 40.0
"""Metres: what counts as tight."""
TIGHT_SHARE = 0.16
"""Demand: the share of the lap that is tight, at least."""

_RAMP_REACH = 5  # points; the curvature ramps over 2 x 5 + 1 metres
_GENTLE = 1 / 120  # 1/m
_ARC_POINTS = 1000  # at most, for one corner


def centre_line(rng: np.random.Generator) -> NDArray[np.float64]:
    """A centre line (n, 2) that meets the demands, its bounding box centred at the origin, n x SPACING the lap.

    It starts on a straight or a gentle bend, where a car may stand with straight wheels.
    """
    while True:
        corners, radii = _draw_polygon(rng)
        seam, clockwise = rng.random(), rng.random() < 0.5
        points = _smoothed(_round_corners(corners, radii))
        if not _meets_demands(points):
            continue
        line = np.ascontiguousarray(points[::-1]) if clockwise else points
        gentle = np.flatnonzero(np.abs(turn_rates(tangent_angles(line), SPACING)) < _GENTLE)
        if len(gentle):
            return np.roll(line, -gentle[int(seam * len(gentle))], axis=0)


def _draw_polygon(rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Corners (n, 2) in polar order and the radius (n,) that each shall be rounded with, in metres.

    From round (all corners far out) to ragged, and from plain to a star with every second corner drawn inward.
    """
    n = int(rng.integers(7, 19))
    angle = (np.arange(n) + rng.uniform(-0.36, 0.36, n)) * (2 * math.pi / n) + rng.uniform(0, 2 * math.pi)
    ragged, inward = rng.uniform(0.0, 0.8), rng.uniform(0.0, 0.7)
    reach = rng.uniform(1.0 - ragged, 1.0, n) * (1.0 - inward * (np.arange(n) % 2) * rng.uniform(0.3, 1.0, n))
    corners = np.stack([reach * np.cos(angle), reach * np.sin(angle)], axis=1)
    corners *= EXTENT * rng.uniform(0.8, 1.1, 2) / np.ptp(corners, axis=0)  # rounding cuts the outermost corners off
    tight = rng.random(n) < 0.55
    return corners, np.where(tight, rng.uniform(16.0, 34.0, n), rng.uniform(40.0, 130.0, n))


def _smoothed(outline: NDArray[np.float64]) -> NDArray[np.float64]:
    """An outline as a centre line: curvature ramps for jumps, scaled to a whole number of dash periods, even spacing.

    Empty where the outline's length is out of range.
    """
    length = closed_length(outline)
    if not LAP_RANGE[0] < length < LAP_RANGE[1]:
        return outline[:0]
    smooth = smooth_closed(resample_closed(outline, round(length / SPACING)), _RAMP_REACH)
    count = round(closed_length(smooth) / DASH_PERIOD) * round(DASH_PERIOD / SPACING)
    for _ in range(2):  # the second pass evens out the chords that the first one cut
        smooth = resample_closed(smooth, count)
    smooth *= count * SPACING / closed_length(smooth)
    return smooth - (smooth.min(axis=0) + smooth.max(axis=0)) / 2


@kernel
def _round_corners(corners, radii):
    """The polygon's outline (m, 2), its corners arcs sampled every 0.5 m; empty where one would be too tight.

    An arc takes at most 0.47 of either side, which leaves a straight between two corners.
    """
    n = len(corners)
    outline = np.empty((n * _ARC_POINTS, 2))
    filled = 0
    for i in range(n):
        k = (i + 1) % n
        in_x, in_y = corners[i, 0] - corners[i - 1, 0], corners[i, 1] - corners[i - 1, 1]
        out_x, out_y = corners[k, 0] - corners[i, 0], corners[k, 1] - corners[i, 1]
        side_in, side_out = math.hypot(in_x, in_y), math.hypot(out_x, out_y)
        heading = math.atan2(in_y, in_x)
        turn = wrap_angle(math.atan2(out_y, out_x) - heading)
        half_tangent = math.tan(abs(turn) / 2) + 1e-9
        radius = min(radii[i], 0.47 * min(side_in, side_out) / half_tangent)
        if radius < MIN_RADIUS:
            return outline[:0]
        side = math.copysign(radius, turn)
        start_x = corners[i, 0] - radius * half_tangent * in_x / side_in
        start_y = corners[i, 1] - radius * half_tangent * in_y / side_in
        steps = min(int(2 * radius * abs(turn)) + 1, _ARC_POINTS - 1)
        for step in range(steps + 1):
            angle = heading + turn * step / steps
            outline[filled, 0] = start_x + side * (math.sin(angle) - math.sin(heading))
            outline[filled, 1] = start_y - side * (math.cos(angle) - math.cos(heading))
            filled += 1
    return outline[:filled]


def _meets_demands(points: NDArray[np.float64]) -> bool:
    """Whether a centre line (n, 2) has the extent, lap, radii and clearance that a track must have."""
    if not LAP_RANGE[0] <= len(points) * SPACING <= LAP_RANGE[1] or points.max() > EXTENT / 2:
        return False
    bend = np.abs(turn_rates(tangent_angles(points), SPACING))
    if bend.max() > 1 / MIN_RADIUS or np.mean(bend > 1 / TIGHT_RADIUS) < TIGHT_SHARE:
        return False
    return bool(_keeps_clear(points))


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
