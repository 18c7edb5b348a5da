"""Frame edits: what they change, what they must leave alone, and where displaced content came from."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.cells import CellGrid
from sim.perturb import EDITS, Donors, FrameEdit, edit_frames, frame_edit

HEIGHT, WIDTH = 12, 16
CELLS = CellGrid.tiling(3, 4)
OVERLAPPING = CellGrid(2, 2, (0.0, 0.0), (1 / 3, 0.5), (2 / 3, 0.5))


def frames(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, HEIGHT, WIDTH, 3), np.uint8)


def no_donor_pixel_read(n: int) -> Donors:
    return Donors(frames(n, seed=1), np.zeros((n, HEIGHT, WIDTH), bool))


@pytest.mark.parametrize("edit", EDITS.values(), ids=lambda edit: edit.name)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_only_the_chosen_pixels_change(edit: FrameEdit, data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 2**32 - 1))
    chosen = np.random.default_rng(seed).random((2, HEIGHT, WIDTH)) < data.draw(st.floats(0, 1))
    before = frames(2, seed)
    untouched = before.copy()
    edited = edit_frames(edit, before, chosen, CELLS, np.random.default_rng(seed), no_donor_pixel_read(2))
    assert np.array_equal(before, untouched), "the caller's frames were written to"
    assert np.array_equal(edited.frame[~chosen], before[~chosen])
    assert np.array_equal(edited.replaced, chosen)
    assert edited.frame.dtype == np.uint8


@pytest.mark.parametrize(("name", "level"), [("grey", 127), ("black", 0), ("white", 255)])
def test_flat_levels(name: str, level: int) -> None:
    everywhere = np.ones((1, HEIGHT, WIDTH), bool)
    edited = edit_frames(EDITS[name], frames(1), everywhere, CELLS, np.random.default_rng(0))
    assert (edited.frame == level).all()


def test_frame_mean_is_each_frames_own_mean_colour() -> None:
    pictures = np.zeros((2, HEIGHT, WIDTH, 3), np.uint8)
    pictures[0, :, : WIDTH // 2] = (100, 200, 0)
    pictures[1] = 9
    edited = edit_frames(
        EDITS["frame mean"], pictures, np.ones((2, HEIGHT, WIDTH), bool), CELLS, np.random.default_rng(0)
    )
    assert (edited.frame[0] == (50, 100, 0)).all()
    assert (edited.frame[1] == 9).all()


def test_noise_has_the_strength_that_its_name_says() -> None:
    picture = np.zeros((1, 200, 200, 3), np.uint8)
    noisy = edit_frames(
        EDITS["noise 0.10"], picture, np.ones((1, 200, 200), bool), CELLS, np.random.default_rng(0)
    ).frame
    assert noisy.std() == pytest.approx(25.5, rel=0.02)
    assert noisy.mean() == pytest.approx(127, abs=1)


def test_flat_colours_are_one_colour_a_cell_and_differ_between_cells() -> None:
    everywhere = np.ones((1, HEIGHT, WIDTH), bool)
    painted = edit_frames(EDITS["flat colours"], frames(1), everywhere, CELLS, np.random.default_rng(3)).frame[0]
    colours = set()
    for row in range(CELLS.rows):
        for col in range(CELLS.cols):
            cell = painted[CELLS.pixels(row, col, HEIGHT, WIDTH)]
            assert (cell == cell[0, 0]).all()
            colours.add(tuple(cell[0, 0]))
    assert len(colours) == 12


def test_blur_keeps_the_mean_and_removes_detail() -> None:
    picture = frames(1)
    blurred = edit_frames(
        frame_edit("blur"), picture, np.ones((1, HEIGHT, WIDTH), bool), CELLS, np.random.default_rng(0)
    )
    assert blurred.frame.mean() == pytest.approx(picture.mean(), abs=3)
    assert blurred.frame.std() < 0.6 * picture.std()


def test_foreign_unread_content_never_comes_from_a_read_pixel() -> None:
    donors = Donors(np.full((1, HEIGHT, WIDTH, 3), 200, np.uint8), np.zeros((1, HEIGHT, WIDTH), bool))
    donors.frame[:, :4] = 99  # the first row of cells was read in the donor
    donors.read[:, :4] = True
    everywhere = np.ones((1, HEIGHT, WIDTH), bool)
    black = np.zeros((1, HEIGHT, WIDTH, 3), np.uint8)
    for name in ("foreign unread", "foreign displaced"):
        edited = edit_frames(EDITS[name], black, everywhere, CELLS, np.random.default_rng(0), donors)
        assert set(np.unique(edited.frame)) == {0, 200}
        assert edited.replaced.sum() == 8 * 16  # 8 of the 12 cells were unread, 16 pixels each
    whole = edit_frames(EDITS["foreign"], black, everywhere, CELLS, np.random.default_rng(0), donors)
    assert np.array_equal(whole.frame, donors.frame)


def test_displaced_cells_say_where_they_came_from() -> None:
    donors = no_donor_pixel_read(1)
    everywhere = np.ones((1, HEIGHT, WIDTH), bool)
    edited = edit_frames(EDITS["foreign displaced"], frames(1), everywhere, CELLS, np.random.default_rng(5), donors)
    assert edited.source is not None
    assert sorted(edited.source.ravel()) == list(range(12))
    assert not np.array_equal(edited.source.ravel(), np.arange(12))
    for row in range(3):
        for col in range(4):
            origin = divmod(int(edited.source[0, row, col]), 4)
            here, there = CELLS.pixels(row, col, HEIGHT, WIDTH), CELLS.pixels(*origin, HEIGHT, WIDTH)
            assert np.array_equal(edited.frame[0][here], donors.frame[0][there])


def test_displaced_never_takes_read_pixels_of_overlapping_cells() -> None:
    donors = Donors(np.full((20, HEIGHT, WIDTH, 3), 200, np.uint8), np.zeros((20, HEIGHT, WIDTH), bool))
    chosen = np.zeros((20, 2, 2), bool)
    chosen[:, 0, 1] = True
    donors.read[:] = OVERLAPPING.covered(chosen, HEIGHT, WIDTH)
    donors.frame[donors.read] = 99
    everywhere = np.ones((20, HEIGHT, WIDTH), bool)
    black = np.zeros((20, HEIGHT, WIDTH, 3), np.uint8)
    edited = edit_frames(EDITS["foreign displaced"], black, everywhere, OVERLAPPING, np.random.default_rng(0), donors)
    assert 99 not in edited.frame


def test_pixels_of_overlapping_cells_are_their_union() -> None:
    chosen = np.array([[[True, False], [False, False]]])
    inside = OVERLAPPING.covered(chosen, HEIGHT, WIDTH)
    assert inside[0, :8, :8].all()  # also the rows 4-7 that the unchosen cell below shares
    assert inside.sum() == 8 * 8


def test_cell_means_by_hand() -> None:
    image = np.zeros((1, 2, 4))
    image[0, 0] = (1, 3, 0, 8)
    assert CellGrid.tiling(1, 2).means(image).tolist() == [[[1.0, 2.0]]]


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match=r"'gray'.*'grey'"):
        frame_edit("gray")
    with pytest.raises(ValueError, match="donors are needed"):
        edit_frames(EDITS["foreign"], frames(1), np.ones((1, HEIGHT, WIDTH), bool), CELLS, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"\(1, 3, 4\)"):
        edit_frames(EDITS["grey"], frames(1), np.ones((1, 3, 4), bool), CELLS, np.random.default_rng(0))
