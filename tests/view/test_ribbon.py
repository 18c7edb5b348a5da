"""The predicted way on flat ground, its place in the picture worked out by hand."""

import math

import numpy as np
import pytest

from sim.camera.lens import HORIZON, Lens
from sim.view.footage.ribbon import COLOUR, HALF_WIDTH, draw_ribbon

SIZE = (360, 640)
LENS = Lens(72, 128, math.radians(80), 1.4, 0.6)
GREY = 90


def drawn(steer_angle: float, size: tuple[int, int] = SIZE) -> np.ndarray:
    picture = np.full((*size, 3), GREY, np.uint8)
    draw_ribbon(picture, steer_angle, LENS)
    return picture


def touched(picture: np.ndarray) -> np.ndarray:
    return (picture != GREY).any(axis=-1)


def middle(mask: np.ndarray, rows: slice) -> float:
    """Mean column of the touched pixels in some rows."""
    return float(np.argwhere(mask[rows])[:, 1].mean()) + 0.5


def test_straight_is_symmetric_about_the_middle_column() -> None:
    picture = drawn(0.0).astype(int)
    assert touched(picture).any()
    assert np.abs(picture - picture[:, ::-1]).max() <= 12  # a quarter of a line's soft edge
    assert middle(touched(picture), slice(0, None)) == pytest.approx(320, abs=0.5)


def test_straight_is_as_wide_as_a_car_by_hand() -> None:
    focal = 320 / math.tan(math.radians(40))
    ahead = 8.0
    row = HORIZON * 360 + 1.4 * focal / ahead
    columns = np.flatnonzero(touched(drawn(0.0))[int(row)])
    assert columns[-1] - columns[0] + 1 == pytest.approx(2 * HALF_WIDTH * focal / ahead, abs=3)


@pytest.mark.parametrize("angle", [0.03, 0.1, 0.2])
def test_left_bends_left_and_right_is_its_mirror(angle: float) -> None:
    left, right = touched(drawn(angle)), touched(drawn(-angle))
    rows = np.flatnonzero(left.any(axis=1))
    far, near = slice(rows[0], rows[0] + 5), slice(rows[-1] - 5, rows[-1])
    assert middle(left, far) < middle(left, near) < 320
    assert np.mean(left != right[:, ::-1]) < 0.002


def test_more_steering_bends_more() -> None:
    rows = slice(170, 190)
    middles = [middle(touched(drawn(angle)), rows) for angle in (0.0, 0.02, 0.05)]
    assert middles[0] > middles[1] > middles[2]


def test_it_lies_on_the_ground_and_fades_with_the_distance() -> None:
    picture = drawn(0.0)
    assert not touched(picture)[: math.ceil(HORIZON * 360) + 1].any()
    focal = 320 / math.tan(math.radians(40))
    blue = [int(picture[int(HORIZON * 360 + 1.4 * focal / ahead), 320, 2]) for ahead in (6, 12, 20, 28)]
    assert blue == sorted(blue, reverse=True)
    assert blue[0] > blue[-1] + 20 > GREY + 20


def test_its_colour_is_cool_and_far_from_the_red() -> None:
    picture = drawn(0.05)
    pixels = picture[touched(picture)].astype(int)
    assert (pixels[:, 0] <= GREY).all()
    assert (pixels[:, 2] >= pixels[:, 0]).all()
    assert (np.abs(pixels - COLOUR).sum(axis=1) < np.abs(np.full(3, GREY) - COLOUR).sum()).all()


@pytest.mark.parametrize("angle", [-0.5, -0.35, 0.0, 0.35, 0.5])
@pytest.mark.parametrize("size", [(72, 128), (675, 1200), (9, 16)])
def test_every_angle_and_size_can_be_drawn(angle: float, size: tuple[int, int]) -> None:
    mask = touched(drawn(angle, size))
    assert mask.any() or abs(angle) == 0.5 or size == (9, 16)  # full lock leads past the picture's corner
