"""Where the horizon lies in footage of an unknown camera: a vote of the lines that run along the road.

Lane lines, kerbs and barriers are parallel on the ground; in the picture they meet in one point, which on flat ground
lies on the horizon. Line segments come from LSD (Grompone von Gioi et al. 2012, IPOL 2:35-55), the point from a vote
over the intersections of lines that lean to the left with lines that lean to the right.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Segments = NDArray[np.float64]
"""(n, 5): column and row of both ends in working pixels, and the number of the picture that it was found in."""

WORKING_SIDE = 640
"""Pixels that a picture's longer side is brought to: lines of the road stay, the texture of trees goes."""

SHORTEST = 0.04 * WORKING_SIDE
"""Of a line that may vote, in working pixels."""

FLATTEST, STEEPEST = math.radians(12), math.radians(80)
"""Leaning of lines that may vote: flatter ones lie across the road or on the horizon itself, steeper ones are posts."""

TOLERANCE = math.sin(math.radians(2))
"""How far a line may point past the meeting point and still vote for it: sine of the angle."""

MOST_SEGMENTS, MOST_CANDIDATES = 240, 3000
"""The longest lines of each side, and points drawn from where they meet."""

REFINEMENTS = 2
"""Rounds of least squares over the lines that vote for a point; each may win or lose voters."""

BAND = (0.15, 0.85)
"""Shares of the picture's height between which a horizon is believed."""

LEAST_PICTURES, LEAST_AGREEMENT = 0.5, 0.25
"""A guess is sure where lines from both sides meet there in this share of the pictures, and where this share of the
length of all lines points there (geometric mean of the sides)."""

UNKNOWN = 0.5
"""The guess where there is none: most cameras look about level."""


class Horizon(NamedTuple):
    """share: of the picture's height from the top. sure: whether enough lines say so."""

    share: float
    sure: bool


def guess_horizon(pictures: Sequence[NDArray[np.uint8]]) -> Horizon:
    """The horizon of pictures (H, W, 3) of one camera that looks along a road; UNKNOWN where no lines meet."""
    segments = np.concatenate([_segments(picture, number) for number, picture in enumerate(pictures)])
    sides, size = _leaning(segments), working_size(pictures[0])
    candidates = _meeting_points(*sides, size)
    if not len(candidates):
        return Horizon(UNKNOWN, False)
    agreement = np.sqrt(np.prod([_votes(candidates, side).sum(1) / _lengths(side).sum() for side in sides], axis=0))
    point = candidates[agreement.argmax()]
    for _ in range(REFINEMENTS):
        point = _nearest_to(point, np.concatenate(sides))
    share, seen = float(point[1] / size[1]), set.intersection(*(_pictures(point, side) for side in sides))
    enough = agreement.max() >= LEAST_AGREEMENT and len(seen) >= LEAST_PICTURES * len(pictures)
    return Horizon(share, True) if enough and BAND[0] < share < BAND[1] else Horizon(UNKNOWN, False)


def working_size(picture: NDArray[np.uint8]) -> tuple[int, int]:
    """(width, height) of a picture in working pixels."""
    height, width = picture.shape[:2]
    scale = WORKING_SIDE / max(height, width)
    return max(1, round(scale * width)), max(1, round(scale * height))


def _segments(picture: NDArray[np.uint8], number: int) -> Segments:
    """The line segments of one picture that may vote, upper end first."""
    grey = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), working_size(picture), interpolation=cv2.INTER_AREA)
    found = cv2.createLineSegmentDetector().detect(grey)[0]
    ends = np.zeros((0, 4)) if found is None else np.asarray(found, np.float64).reshape(-1, 4)
    ends = np.where((ends[:, 1] > ends[:, 3])[:, None], ends[:, [2, 3, 0, 1]], ends) + 0.5  # 0 is a pixel's middle
    lean = np.arctan2(ends[:, 3] - ends[:, 1], np.abs(ends[:, 2] - ends[:, 0]))
    may = (_lengths(ends) >= SHORTEST) & (lean > FLATTEST) & (lean < STEEPEST)
    return np.column_stack([ends[may], np.full(may.sum(), number)])


def _leaning(segments: Segments) -> tuple[Segments, Segments]:
    """The longest that come down to the left, and the longest that come down to the right."""
    longest = segments[np.argsort(-_lengths(segments), kind="stable")]
    to_left = longest[:, 2] < longest[:, 0]
    return longest[to_left][:MOST_SEGMENTS], longest[~to_left][:MOST_SEGMENTS]


def _meeting_points(left: Segments, right: Segments, size: tuple[int, int]) -> NDArray[np.float64]:
    """Where lines of one side meet lines of the other, (n, 2) as (column, row), inside of the picture."""
    one, other = (np.cross(*_homogeneous(side)) for side in (left, right))
    points = np.cross(one[:, None], other[None]).reshape(-1, 3)
    points = points[np.abs(points[:, 2]) > 1e-9]
    points = points[:, :2] / points[:, 2:]
    inside = (points > 0).all(1) & (points < size).all(1)
    points = points[inside]
    if len(points) > MOST_CANDIDATES:
        points = np.random.default_rng(0).choice(points, MOST_CANDIDATES, replace=False)
    return points


def _homogeneous(segments: Segments) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    ones = np.ones(len(segments))
    return np.column_stack([segments[:, 0:2], ones]), np.column_stack([segments[:, 2:4], ones])


def _lengths(segments: Segments) -> NDArray[np.float64]:
    return np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1])


def _votes(points: NDArray[np.float64], segments: Segments) -> NDArray[np.float64]:
    """(points, segments): the length of each segment that lies below a point and points to it, else 0."""
    middle = (segments[:, 0:2] + segments[:, 2:4]) / 2
    along = (segments[:, 2:4] - segments[:, 0:2]) / _lengths(segments)[:, None]
    way = middle - points[:, None]
    past = np.abs(way[..., 0] * along[:, 1] - way[..., 1] * along[:, 0])
    meets = (past < TOLERANCE * np.linalg.norm(way, axis=-1)) & (segments[:, 1] > points[:, None, 1] - 2)
    return meets * _lengths(segments)


def _nearest_to(point: NDArray[np.float64], segments: Segments) -> NDArray[np.float64]:
    """The point with the least squared distance from the lines that vote for `point`, weighted by length."""
    weights = _votes(point[None], segments)[0]
    along = (segments[:, 2:4] - segments[:, 0:2]) / _lengths(segments)[:, None]
    normals = np.column_stack([along[:, 1], -along[:, 0]]) * np.sqrt(weights)[:, None]
    offsets = (normals * segments[:, 0:2]).sum(1)
    return np.linalg.lstsq(normals, offsets, rcond=None)[0]


def _pictures(point: NDArray[np.float64], segments: Segments) -> set[float]:
    """The numbers of the pictures in which a line votes for `point`."""
    return set(segments[_votes(point[None], segments)[0] > 0, 4].tolist())
