"""The vote for a horizon, on pictures whose vanishing point is known because it was drawn, or rendered."""

import cv2
import numpy as np
import pytest

from sim.view.footage.horizon import UNKNOWN, guess_horizon
from sim.view.world_source import WorldSource

TOLERANCE = 0.01
"""Of the picture's height."""


def road(column: float, row: float, size: tuple[int, int] = (270, 480), shift: float = 0.0) -> np.ndarray:
    """Lane lines on asphalt that meet at (column, row), shares of width and height; the middle one is dashed."""
    height, width = size
    picture = np.full((height, width, 3), (150, 180, 220), np.uint8)
    picture[int(row * height) :] = (80, 82, 85)
    for foot in (-0.1, 0.3, 0.75, 1.4):
        for start in np.arange(0.05 + shift, 1.0, 0.25) if foot == 0.3 else [0.05]:
            stop = start + 0.12 if foot == 0.3 else 1.0
            ends = [(column + share * (foot - column), row + share * (1 - row)) for share in (start, stop)]
            line = [np.multiply(end, (16 * width, 16 * height)).astype(int).tolist() for end in ends]
            cv2.line(picture, *line, (235, 235, 230), 3, cv2.LINE_AA, 4)
    return picture


@pytest.mark.parametrize("row", [0.3, 0.42, 0.5, 0.63])
@pytest.mark.parametrize("column", [0.4, 0.5])
def test_drawn_roads(column: float, row: float) -> None:
    horizon = guess_horizon([road(column, row, shift=shift) for shift in (0.0, 0.05, 0.1)])
    assert horizon.sure
    assert horizon.share == pytest.approx(row, abs=TOLERANCE)


@pytest.mark.parametrize("size", [(480, 360), (540, 960), (181, 333), (1920, 1080)])
def test_size_and_proportion_do_not_matter(size: tuple[int, int]) -> None:
    horizon = guess_horizon([road(0.5, 0.55, size)])
    assert horizon == (pytest.approx(0.55, abs=TOLERANCE), True)


def test_texture_of_trees_and_sky_is_outvoted() -> None:
    noise = np.random.default_rng(0)
    pictures = [road(0.5, 0.45, shift=shift) for shift in (0.0, 0.05, 0.1)]
    for picture in pictures:
        for _ in range(40):
            ends = noise.integers(0, (480, 118), (2, 2))
            cv2.line(picture, *(tuple(map(int, end)) for end in ends), (60, 90, 50), 2, cv2.LINE_AA)
    assert guess_horizon(pictures) == (pytest.approx(0.45, abs=TOLERANCE), True)


@pytest.mark.parametrize("theme", ["meadow", "overcast"])
def test_the_simulators_own_horizon_is_found(theme: str) -> None:
    source = WorldSource(theme=theme, seed=10_000)
    pictures = []
    for _ in range(4):
        source.apply(source.truth(source.instant()).expert_action)
        pictures.append(source.simulator.picture(0, 270, 480))
    assert guess_horizon(pictures) == (pytest.approx(0.42, abs=TOLERANCE), True)


def random_lines(seed: int) -> np.ndarray:
    picture, noise = np.full((270, 480, 3), 120, np.uint8), np.random.default_rng(seed)
    for _ in range(30):
        ends = noise.integers(0, (480, 270), (2, 2))
        cv2.line(picture, *(tuple(map(int, end)) for end in ends), (230, 230, 230), 2, cv2.LINE_AA)
    return picture


@pytest.mark.parametrize(
    "pictures",
    [
        [np.zeros((90, 160, 3), np.uint8)],
        [np.zeros((1, 1, 3), np.uint8)],
        [np.zeros((4000, 1, 3), np.uint8)],
        [np.random.default_rng(0).integers(0, 256, (90, 160, 3), np.uint8)],
        [random_lines(seed) for seed in range(5)],
        [random_lines(0)] * 5,
    ],
    ids=["black", "one pixel", "a thread", "noise", "other lines each time", "the same odd lines"],
)
def test_where_no_road_is_seen_nothing_is_claimed(pictures: list[np.ndarray]) -> None:
    assert guess_horizon(pictures) == (UNKNOWN, False)
