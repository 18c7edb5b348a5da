"""Words as pictures: their place, their room, and what is cut off and says so."""

import string
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageFont

from sim.view.hud.text import BRIGHT, ELLIPSIS, PANEL, SIGNAL, fill, fitted, pixels_of, width_of, words, wrapped, write

BASELINE = 0.98
"""Of a line of text, in font sizes from its top."""

MARKER = (255, 0, 255)
sentences = st.text(st.sampled_from("abc gjpqyWMi/.-0"), max_size=40)
sizes = st.sampled_from([11, 14, 15, 22, 42])
rooms = st.integers(60, 600)


def canvas(height: int = 60, width: int = 300) -> np.ndarray:
    return np.full((height, width, 3), MARKER, np.uint8)


def written(picture: np.ndarray) -> tuple[int, int, int, int]:
    """(top, bottom, left, right) of what is no longer the marker's colour."""
    rows, columns = np.nonzero((picture != MARKER).any(axis=-1))
    return rows.min(), rows.max() + 1, columns.min(), columns.max() + 1


def inked(image: np.ndarray, ground) -> np.ndarray:
    return (image != ground).any(axis=-1)


def test_words_stand_on_a_flat_ground_of_their_own() -> None:
    image = words("gaze", 20, BRIGHT, PANEL)
    assert image.shape == (26, pixels_of("gaze", 20), 3)
    assert width_of("gaze", 20) <= image.shape[1] < width_of("gaze", 20) + 2
    assert (image[0] == PANEL).all()
    ink = inked(image, PANEL)
    assert 0.1 < ink.mean() < 0.6


def test_words_take_their_colour() -> None:
    image = words("M", 60, SIGNAL, PANEL)
    assert (image == SIGNAL).all(axis=-1).any()


def test_words_cannot_be_changed_by_their_reader() -> None:
    with pytest.raises(ValueError, match="read-only"):
        words("gaze", 20, BRIGHT)[:] = 0


@pytest.mark.parametrize("size", [4, 5, 8, 11, 14, 15, 22, 42, 156])
def test_no_letter_is_cut(size: int) -> None:
    """By the boxes that the font itself gives, for every character that a keyboard types."""
    font = ImageFont.load_default(4 * size)  # four times as large: quarters of a pixel
    for letter in string.ascii_letters + string.digits + ".:%()/-+=[]_'":
        left, top, right, bottom = (edge / 4 for edge in font.getbbox(letter, anchor="ls"))
        height, width = words(letter, size, BRIGHT).shape[:2]
        assert top >= -BASELINE * size, letter
        assert bottom <= height - BASELINE * size, letter
        assert left >= -max(0.5, size / 64), letter  # a hair's breadth, of j and x
        assert right <= width + size / 64, letter


@given(sentences, sizes, rooms)
def test_fitted_keeps_what_fits_and_never_exceeds_its_room(text: str, size: int, room: int) -> None:
    shown = fitted(text, size, room)
    assert pixels_of(shown, size) <= room
    if pixels_of(text, size) <= room:
        assert shown == text
    else:
        assert shown.endswith(ELLIPSIS)
        assert text.startswith(shown.removesuffix(ELLIPSIS))


def test_fitted_keeps_as_much_as_it_can() -> None:
    text = "a policy folder with a long name"
    room = int(width_of(text, 15)) - 5
    shown = fitted(text, 15, room).removesuffix(ELLIPSIS)
    longer = text[: len(shown) + 1].rstrip()
    assert pixels_of(longer + ELLIPSIS, 15) > room or longer == shown


@given(sentences, sizes, rooms)
def test_wrapped_lines_fit_and_lose_no_word_that_fits(text: str, size: int, room: int) -> None:
    lines = wrapped(text, size, room)
    assert all(pixels_of(line, size) <= room for line in lines)
    if all(pixels_of(word, size) <= room for word in text.split()):
        assert " ".join(lines).split() == text.split()


def test_wrapped_lines_are_as_long_as_they_can_be() -> None:
    text = "On the right is its own small frame, and below it what is left when every unread patch is removed."
    lines = wrapped(text, 21, 400)
    assert len(lines) > 1
    for line, following in pairwise(lines):
        assert pixels_of(f"{line} {following.split()[0]}", 21) > 400


def test_a_word_alone_too_long_is_cut_and_says_so() -> None:
    (line,) = wrapped("x" * 100, 20, 100)
    assert line.endswith(ELLIPSIS)


def test_write_stays_in_its_room_and_returns_its_width() -> None:
    picture = canvas()
    width = write(picture, "gaze", (10, 5), 20, room=200)
    top, bottom, left, right = written(picture)
    assert (top, bottom, left, right) == (5, 5 + 26, 10, 10 + width)


@pytest.mark.parametrize("align", [0.0, 0.5, 1.0])
def test_write_aligns_within_its_room(align: float) -> None:
    picture = canvas()
    width = write(picture, "gaze", (10, 5), 20, room=201, align=align)
    left = written(picture)[2]
    assert left == pytest.approx(10 + align * (201 - width), abs=0.5)


@settings(max_examples=50)
@given(sentences.filter(str.strip), st.integers(60, 250), st.sampled_from([0.0, 0.5, 1.0]))
def test_write_never_leaves_its_room(text: str, room: int, align: float) -> None:
    picture = canvas(width=400)
    write(picture, text, (70, 5), 20, room=room, align=align)
    _, _, left, right = written(picture)
    assert left >= 70
    assert right <= 70 + room


def test_write_at_the_pictures_edge_is_cut_there() -> None:
    picture = canvas(20, 60)
    write(picture, "gaze", (10, 5), 20, room=50)
    assert written(picture)[1] == 20


def test_fill_paints_the_rectangle_and_nothing_else() -> None:
    picture = canvas()
    fill(picture, (7, 3, 20, 10), (1, 2, 3))
    assert (picture[3:13, 7:27] == (1, 2, 3)).all()
    assert written(picture) == (3, 13, 7, 27)
