"""Cells of a map: on a grid, and in boxes that move; both have one face."""

import numpy as np
import pytest

from sim.cells import Boxes, CellGrid, Cells

GRID = CellGrid.tiling(2, 3)
SAME = Boxes(
    np.array(
        [[[(r / 2, c / 3, (r + 1) / 2, (c + 1) / 3) for c in range(3)] for r in range(2)]] * 2,
        np.float32,
    )
)
"""The grid's cells as boxes, in two frames."""

MOVING = Boxes(np.array([[[(0.0, 0.0, 0.5, 0.5)]], [[(0.5, 0.75, 1.5, 1.25)]]], np.float32))
"""One box a frame: the upper left quarter; then one that lies partly outside at the lower right."""


@pytest.mark.parametrize("cells", [GRID, SAME], ids=["grid", "boxes"])
def test_both_have_one_face(cells: Cells) -> None:
    rng = np.random.default_rng(0)
    values, chosen, image = rng.random((2, 2, 3)), rng.random((2, 2, 3)) < 0.5, rng.random((2, 8, 12))
    assert (cells.rows, cells.cols) == (2, 3)
    np.testing.assert_array_equal(cells.to_pixels(values, 8, 12), values.repeat(4, 1).repeat(4, 2))
    np.testing.assert_array_equal(cells.covered(chosen, 8, 12), chosen.repeat(4, 1).repeat(4, 2))
    np.testing.assert_allclose(cells.means(image), image.reshape(2, 2, 4, 3, 4).mean((2, 4)))
    assert (cells.area(8, 12) == 16).all()
    down, right = cells.centres()
    np.testing.assert_allclose(np.broadcast_to(down, (len(down), 2, 3))[0, :, 0], [0.25, 0.75], atol=1e-6)
    np.testing.assert_allclose(np.broadcast_to(right, (len(right), 2, 3))[0, 0], [1 / 6, 1 / 2, 5 / 6], atol=1e-6)


def test_boxes_move_and_are_cut_at_the_edge() -> None:
    assert MOVING.pixels(0, 0, 8, 8, 0) == (slice(0, 4), slice(0, 4))
    assert MOVING.pixels(0, 0, 8, 8, 1) == (slice(4, 8), slice(6, 8))
    assert MOVING.area(8, 8).ravel().tolist() == [16, 8]
    covered = MOVING.covered(np.ones((2, 1, 1), bool), 8, 8)
    assert covered.sum((1, 2)).tolist() == [16, 8]
    image = np.zeros((2, 8, 8))
    image[1, 4:6, 6:] = 1.0
    assert MOVING.means(image).ravel().tolist() == [0.0, 0.5]


def test_boxes_of_some_frames() -> None:
    picked = MOVING.pick(np.array([1]))
    assert picked.pixels(0, 0, 8, 8, 0) == MOVING.pixels(0, 0, 8, 8, 1)
    assert GRID.pick(np.array([1])) is GRID


def test_a_box_outside_of_the_frame_covers_nothing() -> None:
    outside = Boxes(np.array([[[(1.2, -0.5, 1.5, -0.1)]]], np.float32))
    assert outside.area(8, 8).item() == 0
    assert outside.means(np.ones((1, 8, 8))).item() == 0.0
    assert not outside.covered(np.ones((1, 1, 1), bool), 8, 8).any()
