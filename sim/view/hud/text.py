"""Words as pictures: drawn large, shrunk, and kept, since a window says the same few words over and over."""

import math
from bisect import bisect_right
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
BACKGROUND: Colour = (11, 12, 15)
PANEL: Colour = (20, 22, 27)
BRIGHT: Colour = (232, 232, 235)
DIM: Colour = (134, 138, 148)
SIGNAL: Colour = (240, 58, 48)
AMBER: Colour = (246, 178, 60)
BLUE: Colour = (90, 176, 240)

ELLIPSIS = "..."
LINE_HEIGHT = 1.3
"""Of a line of text, in font sizes: room for what hangs below the baseline."""

_OVERSAMPLING = 4
_BASELINE = 0.98


@lru_cache(maxsize=512)
def words(text: str, size: int, colour: Colour, ground: Colour = BACKGROUND) -> NDArray[np.uint8]:
    """One line of text `size` pixels high on a flat ground, (ceil(LINE_HEIGHT size), its width, 3). Not to be changed.

    Drawn four times as large and shrunk: letters then stand where the font wants them.
    """
    width = pixels_of(text, size)
    height = math.ceil(LINE_HEIGHT * size)
    large = Image.new("RGB", (width * _OVERSAMPLING, height * _OVERSAMPLING), ground)
    pen = ImageDraw.Draw(large)
    pen.text((0, _BASELINE * size * _OVERSAMPLING), text, colour, _font(size), anchor="ls")
    image = np.asarray(large.resize((width, height), Image.Resampling.BOX))
    image.flags.writeable = False
    return image


@lru_cache(maxsize=4096)
def width_of(text: str, size: int) -> float:
    """How far the text advances, in pixels."""
    return _font(size).getlength(text) / _OVERSAMPLING


def pixels_of(text: str, size: int) -> int:
    """Whole pixels that `words` take: some letters reach a little beyond their advance."""
    return math.ceil(width_of(text, size)) + 1


def fitted(text: str, size: int, room: int) -> str:
    """`text`, or as much of it as fits `room` pixels with an ellipsis that says so."""
    if pixels_of(text, size) <= room:
        return text
    fits = bisect_right(range(1, len(text)), room, key=lambda length: pixels_of(text[:length] + ELLIPSIS, size))
    return text[:fits].rstrip() + ELLIPSIS


def wrapped(text: str, size: int, room: int) -> list[str]:
    """`text` broken at spaces into lines of at most `room` pixels."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and pixels_of(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(fitted(word, size, room))
    return lines


def write(
    picture: NDArray[np.uint8],
    text: str,
    at: tuple[int, int],
    size: int,
    colour: Colour = BRIGHT,
    *,
    room: int,
    ground: Colour = BACKGROUND,
    align: float = 0.0,
) -> int:
    """Put one line into the picture, its upper left corner `at` (left, top); returns its width in pixels.

    room: pixels that it may take; `align` of what it leaves is put before it (0.5: centred, 1: to the right).
    """
    image = words(fitted(text, size, room), size, colour, ground)
    left = at[0] + round(align * (room - image.shape[1]))
    target = picture[at[1] : at[1] + image.shape[0], left : left + image.shape[1]]
    target[:] = image[: target.shape[0], : target.shape[1]]
    return image.shape[1]


def fill(picture: NDArray[np.uint8], place: tuple[int, int, int, int], colour: Colour) -> None:
    """Paint a rectangle (left, top, width, height): many times as fast as assigning a colour to a slice."""
    cv2.rectangle(picture, place, colour, -1)


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Aileron, which Pillow carries inside itself: the same letters on every machine."""
    font = ImageFont.load_default(size * _OVERSAMPLING)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font
