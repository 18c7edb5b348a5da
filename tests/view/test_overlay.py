"""The overlay's scale, worked out by hand on tiny maps."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays

from sim.policy import Attention, CellGrid
from sim.view.overlay import OUTLINE, PEAK, RED, cell_alpha, paint, pixel_alpha, share_passed


def soft(weights) -> Attention:
    weights = np.asarray(weights, np.float32)
    return Attention(weights[None], CellGrid.tiling(*weights.shape), "soft attention")


def selection(kept, cells: CellGrid | None = None) -> Attention:
    kept = np.asarray(kept, bool)
    weights = kept / max(1, kept.sum())
    return Attention(weights[None].astype(np.float32), cells or CellGrid.tiling(*kept.shape), "selection", kept[None])


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def test_soft_scale_by_hand() -> None:
    # n = 4 cells: p n = 2, 1, 0.8, 0.2; only what is above the mean is red, and log 2 / log 16 is a quarter
    alpha = cell_alpha(soft([[0.5, 0.25], [0.2, 0.05]]))
    np.testing.assert_allclose(alpha, [[PEAK / 4, 0], [0, 0]], atol=1e-6)


def test_soft_scale_is_full_from_sixteen_times_the_mean_on() -> None:
    weights = np.zeros((8, 8))
    weights[0, 0], weights[0, 1], weights[0, 2] = 16 / 64, 32 / 64, 4 / 64
    np.testing.assert_allclose(cell_alpha(soft(weights))[0, :3], [PEAK, PEAK, PEAK / 2], atol=1e-6)


def test_scale_is_not_stretched_per_frame() -> None:
    faint = np.full((4, 4), 1 / 16)
    faint[0, 0] *= 1.1
    strongest = cell_alpha(soft(faint / faint.sum())).max()
    assert strongest < PEAK * math.log(1.1) / math.log(16) + 1e-6


@pytest.mark.parametrize(
    "attention",
    [None, soft(np.full((9, 16), 1 / 144)), soft(np.zeros((9, 16))), selection(np.zeros((9, 16)))],
    ids=["no map", "uniform", "all zero", "nothing kept"],
)
def test_pictures_that_stay_as_they_were(attention: Attention | None) -> None:
    picture = noise(90, 160)
    painted = paint(picture, attention)
    assert np.array_equal(painted, picture)
    assert painted is not picture


def test_selection_is_raw_cells_at_the_peak() -> None:
    attention = selection([[1, 0], [0, 0]])
    alpha = pixel_alpha(attention, 6, 8)
    assert np.all(alpha[:3, :4] == np.float32(PEAK))
    assert np.count_nonzero(alpha) == 12


def test_selection_blend_by_hand() -> None:
    picture = np.full((20, 20, 3), 100, np.uint8)
    painted = paint(picture, selection([[1, 0], [0, 0]]))
    blend = np.round(np.array(RED) * PEAK + 100 * (1 - PEAK))
    assert np.abs(painted[1:9, 1:9].astype(float) - blend).max() <= 1
    assert np.all(painted[0, :10] == OUTLINE)
    assert np.all(painted[9, :10] == OUTLINE)


@settings(deadline=None)
@given(arrays(np.bool_, (3, 5)))
def test_every_byte_outside_kept_cells_is_untouched(kept: np.ndarray) -> None:
    picture = noise(37, 61)  # cells of unequal pixels
    attention = selection(kept)
    inside = attention.cells.to_pixels(kept, 37, 61)
    painted = paint(picture, attention)
    assert np.array_equal(painted[~inside], picture[~inside])
    assert not (painted[inside] == picture[inside]).all(axis=-1).any()


def test_soft_maps_reach_their_value_at_the_cells_centres() -> None:
    weights = np.zeros((3, 4))
    weights[1, 2] = 1.0
    alpha = pixel_alpha(soft(weights), 30, 40)
    np.testing.assert_allclose(alpha[14:16, 24:26], cell_alpha(soft(weights))[1, 2], rtol=0.12)
    assert alpha[:5].max() == 0  # beyond the neighbouring centres
    assert alpha[15, 5] == 0


def test_soft_maps_paint_nothing_beyond_their_grid() -> None:
    upper_left = CellGrid(2, 2, (0.0, 0.0), (0.25, 0.25), (0.25, 0.25))
    attention = Attention(np.array([[[0.0, 0.0], [0.0, 1.0]]], np.float32), upper_left, "soft attention")
    alpha = pixel_alpha(attention, 40, 40)
    assert alpha[19, 19] > 0
    assert alpha[20:].max() == 0
    assert alpha[:, 20:].max() == 0


def test_overlapping_cells_are_painted_and_counted_once() -> None:
    half = CellGrid(1, 2, (0.0, 0.0), (1.0, 0.5), (1.0, 0.75))  # columns 0-0.75 and 0.5-1.25
    attention = selection([[1, 1]], half)
    assert np.all(pixel_alpha(attention, 4, 8) == np.float32(PEAK))
    assert share_passed(attention) == 1.0


def test_share_passed() -> None:
    assert share_passed(selection([[1, 0, 0], [0, 1, 0]])) == pytest.approx(1 / 3)
    assert share_passed(selection(np.zeros((2, 3)))) == 0.0
    assert share_passed(soft([[1.0]])) is None
    assert share_passed(None) is None


def test_each_map_of_a_batch_has_its_own_red() -> None:
    kept = np.array([[[True, False]], [[False, True]]])
    attention = Attention(kept.astype(np.float32), CellGrid.tiling(1, 2), "selection", kept)
    assert pixel_alpha(attention, 2, 4, 0)[:, :2].all()
    assert pixel_alpha(attention, 2, 4, 1)[:, 2:].all()


def test_selection_without_a_kept_mask_is_refused() -> None:
    attention = Attention(np.ones((1, 1, 1), np.float32), CellGrid.tiling(1, 1), "selection")
    with pytest.raises(ValueError, match="kept"):
        paint(noise(4, 4), attention)
