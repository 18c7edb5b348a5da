"""The overlay's scale, worked out by hand on tiny maps."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays

from sim.cells import CellGrid
from sim.policy import Attention
from sim.view.ink import CORE, DARK, EDGE, FADE, GREYED, LINE, SEAM_SHARE, breadths
from sim.view.ink import SEAM as LIGHT_SEAM
from sim.view.overlay import (
    PEAK,
    RED,
    SEAM,
    SOFT,
    VEIL,
    Overwritten,
    cell_alpha,
    lay_over,
    paint,
    pixel_alpha,
    redden,
    share_passed,
    spotlight,
)
from sim.view.region import HALF_MASS, plainness, region


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


def test_a_selection_is_tinted_most_at_its_border_by_hand() -> None:
    """In a grey picture 1280 pixels wide, below a long upper border: line, seam, then from EDGE to CORE."""
    picture = np.full((720, 1280, 3), 100, np.uint8)
    column = paint(picture, selection([[0], [1], [0]]))[240:480, 640].astype(float)
    (line, seam), fade = breadths(1280), FADE * 1280
    assert (line, seam) == (2, 1)
    assert np.all(column[:line] == LINE)

    def near(row: int) -> np.ndarray:
        return tinted(EDGE + (CORE - EDGE) * (row + 0.5) / fade)

    np.testing.assert_allclose(column[line], near(line) + (LIGHT_SEAM - near(line)) * SEAM_SHARE, atol=1)
    np.testing.assert_allclose(column[10], near(10), atol=1)
    np.testing.assert_allclose(column[120], tinted(CORE), atol=1)


def tinted(share: float) -> np.ndarray:
    return 100 + (np.array(RED) - 100) * share


@pytest.mark.parametrize("colour", [(250, 40, 30), (30, 220, 90), (250, 180, 30), (40, 80, 210)])
def test_a_lamp_keeps_its_colour_where_it_is_read(colour: tuple[int, int, int]) -> None:
    """Lamps, signs: nearly untouched, while grey beside them turns red."""
    picture = np.full((720, 1280, 3), 90, np.uint8)
    picture[340:380, 620:660] = colour
    painted = paint(picture, selection([[1]])).astype(int)
    assert abs(painted[360, 640] - colour).max() <= 10
    assert painted[300, 640, 0] - painted[300, 640, 1] > 50


def test_what_is_read_keeps_its_contrast() -> None:
    """A dark figure before a pale wall, both dull: well inside at least two thirds of the difference stay."""
    picture = np.full((720, 1280, 3), 190, np.uint8)
    picture[300:420, 630:650] = 40
    painted = paint(picture, selection([[1]])).astype(float)
    assert np.abs(painted[360, 640] - painted[360, 700]).min() > 0.66 * 150


@pytest.mark.parametrize(("width", "line", "seam"), [(64, 1, 1), (640, 1, 1), (1280, 2, 1), (1920, 3, 2), (3840, 6, 3)])
def test_lines_grow_with_the_picture(width: int, line: int, seam: int) -> None:
    assert breadths(width) == (line, seam)


@settings(deadline=None)
@given(arrays(np.bool_, (3, 5)))
def test_every_byte_outside_kept_cells_is_untouched(kept: np.ndarray) -> None:
    picture = noise(37, 61)  # cells of unequal pixels
    attention = selection(kept)
    inside = attention.cells.to_pixels(kept, 37, 61)
    painted = paint(picture, attention)
    assert np.array_equal(painted[~inside], picture[~inside])
    line = border(inside)
    assert not (painted[line] == picture[line]).all(axis=-1).any()


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


def border(inside: np.ndarray) -> np.ndarray:
    """The pixels of a region (H, W) with one of their eight neighbours outside of it, or beyond the picture."""
    eroded = cv2.erode(inside.astype(np.uint8), np.ones((3, 3)), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return inside & (eroded == 0)


@settings(deadline=None)
@given(arrays(np.bool_, (3, 5)))
def test_redden_paints_the_picture_itself_as_paint_paints_its_copy(kept: np.ndarray) -> None:
    picture, attention = noise(37, 61), selection(kept)
    painted = paint(picture, attention)
    redden(picture, attention)
    assert np.array_equal(picture, painted)


@settings(deadline=None)
@given(arrays(np.bool_, (3, 5)))
def test_the_line_runs_along_the_inside_of_the_border(kept: np.ndarray) -> None:
    """One round all of a region, none between kept cells that touch."""
    picture, attention = np.zeros((37, 61, 3), np.uint8), selection(kept)
    redden(picture, attention)
    line = (picture == LINE).all(axis=-1)
    assert np.array_equal(line, border(attention.cells.to_pixels(kept, 37, 61)))


def test_redden_works_on_a_part_of_a_larger_picture() -> None:
    canvas = np.zeros((60, 90, 3), np.uint8)
    redden(canvas[10:46, 20:70], selection([[1, 1], [0, 1]]))
    assert canvas[10:46, 20:70].any()
    canvas[10:46, 20:70] = 0
    assert not canvas.any()


@pytest.mark.parametrize("raw", [False, True])
def test_redden_without_a_map_does_nothing(raw: bool) -> None:
    picture = noise(9, 16)
    redden(picture, None, raw=raw)
    assert np.array_equal(picture, noise(9, 16))


def test_raw_soft_maps_are_level_in_each_cell() -> None:
    attention = soft([[0.5, 0.3], [0.2, 0.0]])
    expected = attention.cells.to_pixels(cell_alpha(attention), 20, 30)
    np.testing.assert_array_equal(pixel_alpha(attention, 20, 30, raw=True), expected)
    smooth = pixel_alpha(attention, 20, 30)
    assert len(np.unique(smooth)) > len(np.unique(expected))


def test_raw_soft_maps_keep_the_soft_scale_and_have_a_line_round_half_of_their_mass() -> None:
    picture = np.full((40, 320, 3), 100, np.uint8)
    redden(picture, soft([[0.5, 0.25, 0.25, 0.0]]), raw=True)
    np.testing.assert_allclose(picture[20, 40], tinted(SOFT / 4), atol=1)  # twice the mean
    assert (picture[:, 80:] == 100).all()
    faint = math.log(2) / math.log(4)  # half of the mass in a quarter of the picture
    np.testing.assert_allclose(picture[0, 40], tinted(SOFT / 4) + (LINE - tinted(SOFT / 4)) * faint, atol=2)


def hills(*places: tuple[int, int], floor: float = 0.02) -> Attention:
    y, x = np.mgrid[0:10, 0:20]
    weights = floor + sum(np.exp(-((y - i) ** 2 + (x - j) ** 2) / 2) for i, j in places)
    return soft(weights / weights.sum())


def test_the_line_round_half_of_a_soft_maps_mass_is_as_plain_as_that_part_is_dense() -> None:
    even, peaked = soft(np.full((10, 20), 1 / 200)), hills((4, 8))
    diffuse = soft(np.repeat([1.3 / 200, 0.7 / 200], 100).reshape(10, 20))
    assert plainness(even, HALF_MASS) == 0
    assert 0 < plainness(diffuse, HALF_MASS) < 0.25
    assert plainness(peaked, HALF_MASS) == 1


def test_a_soft_maps_line_goes_round_each_peak() -> None:
    peaks = hills((4, 4), (5, 15), floor=0.0)
    inside = (region(peaks, HALF_MASS, (90, 180)).depth > 0).astype(np.uint8)
    count, _, stats, centres = cv2.connectedComponentsWithStats(inside)
    assert count == 3
    np.testing.assert_allclose(centres[1:], [(4.5 * 9, 4.5 * 9), (15.5 * 9, 5.5 * 9)], atol=3)
    assert abs(stats[1:, cv2.CC_STAT_AREA] / 81 - 4.4).max() < 1.5  # a Gaussian's half: 2 pi log 2 cells


def test_a_contour_is_as_far_away_as_it_says() -> None:
    """Of density that falls by a factor e a cell along the rows, in the middle of the picture."""
    weights = np.exp(-np.arange(40.0))[None].repeat(4, 0)
    found = region(soft(weights / weights.sum()), HALF_MASS, (80, 800)).depth[40]
    edge = int(np.argmax(found < 0))
    np.testing.assert_allclose(found[edge - 4 : edge + 4], np.arange(3.5, -4.5, -1), atol=1)


@settings(deadline=None)
@given(arrays(np.bool_, (3, 5)))
def test_a_spotlight_leaves_what_is_read_and_darkens_the_rest(kept: np.ndarray) -> None:
    picture, attention = noise(37, 61), selection(kept)
    spotlight(picture, attention)
    inside, before = attention.cells.to_pixels(kept, 37, 61), noise(37, 61)
    assert np.array_equal(picture[inside], before[inside])
    grey = before @ (0.299, 0.587, 0.114)
    dark = DARK * (before * (1 - GREYED) + grey[..., None] * GREYED)
    np.testing.assert_allclose(picture[~inside], dark[~inside], atol=1)


def test_a_spotlight_lights_what_holds_nine_tenths_of_a_soft_map() -> None:
    attention = hills((4, 4), (5, 15), floor=0.0)
    picture = np.full((90, 180, 3), 200, np.uint8)
    spotlight(picture, attention, raw=True)
    lit = (picture == 200).all(axis=-1)
    assert np.array_equal(lit, attention.cells.covered(attention.read[0], 90, 180))
    spotlight(even := np.full((9, 18, 3), 200, np.uint8), soft(np.full((3, 6), 1 / 18)))
    assert (even == 200).all()


def test_without_a_map_a_spotlight_does_nothing() -> None:
    picture = noise(9, 16)
    spotlight(picture, None)
    assert np.array_equal(picture, noise(9, 16))


def test_raw_changes_nothing_of_a_selection() -> None:
    attention = selection([[1, 0], [0, 1]])
    assert np.array_equal(paint(noise(20, 30), attention, raw=True), paint(noise(20, 30), attention))


def overwritten(hidden, frame: np.ndarray | None = None) -> Overwritten:
    hidden = np.asarray(hidden, bool)
    frame = np.full((8, 16, 3), 200, np.uint8) if frame is None else frame
    return Overwritten(frame, CellGrid.tiling(*hidden.shape), hidden)


def test_what_was_overwritten_is_laid_over_by_hand() -> None:
    picture = np.full((40, 80, 3), 100, np.uint8)
    lay_over(picture, overwritten([[1, 0], [0, 0]]))
    blend = 200 * VEIL + 100 * (1 - VEIL)
    assert np.abs(picture[1:19, 1:39].astype(float) - blend).max() <= 1
    assert (picture[0, :40] == SEAM).all()
    assert (picture[:20, 39] == SEAM).all()


def test_the_frame_that_is_laid_over_keeps_its_pixels() -> None:
    """Each pixel of the policy's frame is a block of the picture: nothing is smoothed away."""
    picture, frame = np.zeros((80, 160, 3), np.uint8), noise(8, 16)
    lay_over(picture, overwritten([[1, 0]], frame))
    block = picture[12:18, 22:28].astype(float)
    assert np.abs(block - VEIL * frame[1, 2]).max() <= 1


@settings(deadline=None)
@given(arrays(np.bool_, (3, 5)))
def test_every_byte_outside_overwritten_cells_is_untouched(hidden: np.ndarray) -> None:
    picture, cells = noise(37, 61), CellGrid.tiling(3, 5)
    lay_over(picture, overwritten(hidden, noise(8, 16)))
    inside = cells.to_pixels(hidden, 37, 61)
    assert np.array_equal(picture[~inside], noise(37, 61)[~inside])
    assert (picture[border(inside)] == SEAM).all()


def test_nothing_overwritten_leaves_the_picture_alone() -> None:
    for nothing in (None, overwritten(np.zeros((2, 2)))):
        picture = noise(20, 30)
        lay_over(picture, nothing)
        assert np.array_equal(picture, noise(20, 30))
