"""Pictures of any size in a frame of a fixed one."""

import numpy as np
import pytest

from sim.view.hud.text import BACKGROUND
from sim.view.recording.fit import fit

WHITE = [255, 255, 255]


@pytest.mark.parametrize(
    ("shape", "rows", "columns"),
    [
        ((20, 80), range(15, 25), range(40)),  # halved; 10 of 40 rows, in the middle
        ((10, 5), range(40), range(10, 30)),  # four times as large
        ((80, 80), range(40), range(40)),
        ((1, 1000), range(19, 20), range(40)),  # never less than a row
    ],
)
def test_the_whole_picture_lies_in_the_middle(shape: tuple[int, int], rows: range, columns: range) -> None:
    frame = fit(np.full((*shape, 3), 255, np.uint8), (40, 40))
    expected = np.full((40, 40, 3), BACKGROUND, np.uint8)
    expected[rows.start : rows.stop, columns.start : columns.stop] = WHITE
    np.testing.assert_array_equal(frame, expected)


def test_a_picture_that_fits_is_left_alone() -> None:
    picture = np.zeros((40, 40, 3), np.uint8)
    assert fit(picture, (40, 40)) is picture


def test_smaller_pictures_are_averages() -> None:
    chequers = np.indices((80, 80)).sum(axis=0)[..., None] % 2 * np.full(3, 200)
    np.testing.assert_array_equal(fit(chequers.astype(np.uint8), (40, 40)), np.full((40, 40, 3), 100))
