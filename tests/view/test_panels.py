"""The column beside the road: the frame, what is left of it by hand, and the help."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.cells import CellGrid
from sim.policy import Attention
from sim.view.actions import ACTIONS, DRIVING_HELP, DRIVING_KEYS
from sim.view.hud import panels
from sim.view.hud.layout import DESIGN_SIZE, HELP, SMALLEST, Rect, layout
from sim.view.hud.legend import legend
from sim.view.hud.panels import REMOVED, frame_title, help_panel, image, legend_panel, remainder, remainder_title, title
from sim.view.hud.screen import FROM_ABOVE
from sim.view.hud.text import BACKGROUND, PANEL
from sim.view.needs import A_TOUR
from sim.view.settings import Choices

SIZES = ((540, 960), DESIGN_SIZE, (1080, 1920), (2160, 3840))
sizes = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[1]}x{size[0]}")
MARKER = (255, 0, 255)


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def selection(kept, cells: CellGrid | None = None) -> Attention:
    kept = np.asarray(kept, bool)
    weights = (kept / max(1, kept.sum())).astype(np.float32)
    return Attention(weights[None], cells or CellGrid.tiling(*kept.shape), "selection", kept[None])


def soft() -> Attention:
    return Attention(np.full((1, 2, 4), 1 / 8, np.float32), CellGrid.tiling(2, 4), "soft attention")


# --- what is left


def test_the_remainder_by_hand() -> None:
    frame = noise(4, 6)
    left = remainder(frame, selection([[1, 0, 0], [0, 0, 1]]))
    assert np.array_equal(left[:2, :2], frame[:2, :2])
    assert np.array_equal(left[2:, 4:], frame[2:, 4:])
    assert (left[:2, 2:] == REMOVED).all()
    assert (left[2:, :4] == REMOVED).all()


@settings(deadline=None)
@given(arrays(np.bool_, (3, 5)))
def test_kept_cells_keep_their_bytes_and_the_rest_is_removed(kept: np.ndarray) -> None:
    frame = noise(37, 61)  # cells of unequal pixels
    attention = selection(kept)
    inside = attention.cells.to_pixels(kept, 37, 61)
    left = remainder(frame, attention)
    assert np.array_equal(left[inside], frame[inside])
    assert (left[~inside] == REMOVED).all()


def test_a_kept_cell_is_whole_where_cells_overlap() -> None:
    half = CellGrid(1, 2, (0.0, 0.0), (1.0, 0.25), (1.0, 0.75))  # columns 0-5 and 2-7
    frame = noise(4, 8)
    left = remainder(frame, selection([[1, 0]], half))
    assert np.array_equal(left[:, :6], frame[:, :6])
    assert (left[:, 6:] == REMOVED).all()


def test_the_frame_itself_is_never_changed() -> None:
    frame = noise(4, 6)
    before = frame.copy()
    remainder(frame, selection(np.zeros((2, 3))))
    assert np.array_equal(frame, before)


@pytest.mark.parametrize("attention", [None, soft()], ids=["no map", "soft map"])
def test_what_removes_nothing_leaves_the_whole_frame(attention) -> None:
    frame = noise(4, 6)
    assert np.array_equal(remainder(frame, attention), frame)


# --- titles


def test_the_titles_say_what_a_picture_is() -> None:
    kept = selection(np.ones((2, 3)))
    frame = noise(72, 128)
    assert frame_title(frame, looked_at=True) == "the network's own frame, 128 x 72"
    assert "not looked at" in frame_title(frame, looked_at=False)
    assert "all that is not red is removed" in remainder_title(kept)
    assert "removes nothing" in remainder_title(soft())
    assert "nothing is removed" in remainder_title(None)


@sizes
@pytest.mark.parametrize("attention", [None, soft(), selection(np.ones((2, 3)))], ids=["none", "soft", "selection"])
def test_no_title_is_cut_or_leaves_its_place(size, attention, spoken) -> None:
    place = layout(size)
    told = {
        "frame title": frame_title(np.empty((1080, 1920, 3), np.uint8), looked_at=attention is not None),
        "rest title": remainder_title(attention),
        "top title": FROM_ABOVE,
    }
    for name, text in told.items():
        picture = np.full((*size, 3), MARKER, np.uint8)
        title(picture, place, name, text)
        assert only_inside(picture, place.places[name]), name
    assert spoken == [(text, text) for text in told.values()]


def only_inside(picture: np.ndarray, place: Rect) -> bool:
    """Whether something was drawn in the place and nothing outside of it. Wipes the place."""
    drawn = (picture[place.slices] != MARKER).any()
    picture[place.slices] = MARKER
    return bool(drawn and (picture == MARKER).all())


# --- pictures in their places


def box(picture: np.ndarray, ground) -> Rect:
    rows, columns = np.nonzero((picture != ground).any(axis=-1))
    top, left = rows.min(), columns.min()
    return Rect(int(left), int(top), int(columns.max() + 1 - left), int(rows.max() + 1 - top))


@settings(deadline=None)
@given(st.integers(2, 400), st.integers(2, 400))
def test_an_image_keeps_its_proportions_in_the_middle_of_its_place(height: int, width: int) -> None:
    picture, place = np.full((300, 400, 3), MARKER, np.uint8), Rect(40, 30, 288, 162)
    image(picture, place, np.full((height, width, 3), 200, np.uint8))
    shown = box(picture[place.slices], PANEL)
    assert shown.width == place.width or shown.height == place.height, "as large as it can be"
    scale = min(place.width / width, place.height / height)
    assert shown.width == pytest.approx(width * scale, abs=1)
    assert shown.height == pytest.approx(height * scale, abs=1)
    assert abs(2 * shown.left + shown.width - place.width) <= 1
    assert abs(2 * shown.top + shown.height - place.height) <= 1
    assert only_inside(picture, place)


def test_pixels_stay_pixels_when_a_frame_grows() -> None:
    frame = noise(4, 6)
    picture = np.zeros((40, 60, 3), np.uint8)
    image(picture, Rect(0, 0, 60, 40), frame)
    assert np.array_equal(picture, frame.repeat(10, axis=0).repeat(10, axis=1))


def test_the_colours_of_a_small_frame_are_its_own_at_any_scale() -> None:
    frame = noise(72, 128)
    picture = np.zeros((162, 288, 3), np.uint8)
    image(picture, Rect(0, 0, 288, 162), frame)
    assert {tuple(colour) for colour in picture.reshape(-1, 3)} <= {tuple(colour) for colour in frame.reshape(-1, 3)}


def test_a_frame_that_shrinks_is_averaged() -> None:
    chequered = np.indices((64, 64)).sum(axis=0) % 2 * np.uint8(200)
    picture = np.zeros((16, 16, 3), np.uint8)
    image(picture, Rect(0, 0, 16, 16), np.repeat(chequered[..., None], 3, axis=-1).astype(np.uint8))
    assert (picture == 100).all()


# --- the help

LINES = (*((action.keys[0], action.help) for action in ACTIONS), DRIVING_HELP)
"""More than ever stand there at once."""


@sizes
def test_the_help_names_every_action_uncut(size, spoken) -> None:
    help_panel(np.zeros((*size, 3), np.uint8), layout(size), LINES)
    told = [text for text, _ in spoken]
    assert set(spoken) == {(text, text) for text in told}
    lines = list(zip(told[1::2], told[2::2], strict=True))
    assert lines == [*LINES]


@pytest.mark.parametrize("size", [SMALLEST, *SIZES])
def test_the_help_stays_in_its_place(size) -> None:
    place = layout(size)
    picture = np.full((*size, 3), MARKER, np.uint8)
    help_panel(picture, place, LINES)
    assert only_inside(picture, place.places["help"])


@pytest.mark.parametrize("size", [SMALLEST, *SIZES])
def test_the_lines_of_the_help_keep_apart(size, monkeypatch) -> None:
    tops, write = {}, panels.write

    def listen(picture, text, at, *arguments, **options):
        tops.setdefault(at[0], []).append((at[1], arguments[0]))
        return write(picture, text, at, *arguments, **options)

    monkeypatch.setattr(panels, "write", listen)
    help_panel(np.zeros((*size, 3), np.uint8), layout(size), LINES)
    bottom = layout(size).places["help"].top + layout(size).places["help"].height
    for column in tops.values():
        ends = [top + 1.3 * height for top, height in column]
        assert all(end < top for end, (top, _) in zip(ends, column[1:], strict=False))
        assert ends[-1] <= bottom


def test_every_key_is_bound_to_one_action() -> None:
    keys = [key for action in ACTIONS for key in action.keys]
    assert len(set(keys)) == len(keys)
    ours = {key for action in ACTIONS for key in action.keys if A_TOUR not in action.needs}
    assert not ours & set(DRIVING_KEYS), "but for the tour's, which are given up at the wheel"


def test_the_helps_keys_and_words_do_not_meet() -> None:
    """At the design's size: the longest key ends before the words begin."""
    picture = np.full((*DESIGN_SIZE, 3), BACKGROUND, np.uint8)
    help_panel(picture, layout(DESIGN_SIZE), LINES)
    between = picture[60:690, HELP.left + 68 : HELP.left + 78]
    assert (between == PANEL).all()


WORLD = Choices(imagines=True, steers=True)


@pytest.mark.parametrize("size", [SMALLEST, *SIZES])
@pytest.mark.parametrize("attention", [None, soft(), selection(np.ones((2, 3)))], ids=["none", "soft", "selection"])
def test_the_legend_is_whole_and_stays_in_its_place(size, attention, spoken) -> None:
    entries = legend(WORLD._replace(attention=attention))
    picture = np.full((*size, 3), MARKER, np.uint8)
    legend_panel(picture, layout(size), entries)
    assert only_inside(picture, layout(size).places["help"])
    assert {(text, shown) for text, shown in spoken if text != shown} == set()


def test_the_legend_makes_no_claim_that_a_map_does_not_keep() -> None:
    for attention in (None, soft(), Attention(soft().weights, soft().cells, "gradient saliency")):
        words = " ".join(entry.words for entry in legend(WORLD._replace(attention=attention)))
        assert "All else is dropped" not in words
        assert "reads" not in words
    assert "Turquoise" not in " ".join(entry.words for entry in legend(Choices(unsteered="a film")))
