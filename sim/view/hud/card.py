"""The card over the road when a drive has ended: large enough for the last row."""

import numpy as np
from numpy.typing import NDArray

from sim.view.ending import Card
from sim.view.hud.layout import Layout, Rect
from sim.view.hud.text import AMBER, BRIGHT, DIM, PANEL, SIGNAL, Colour, fill, pixels_of, wrapped, write

GOOD = "Route done"
"""The title of the one end that nobody minds."""

TITLE = 46
"""Design pixels of the title's letters."""

WORDS = 22
"""Design pixels of the lines' letters."""

KEYS = 19
"""Design pixels of the letters that tell the keys."""

EDGE = 5
"""Design pixels of the coloured edge on the left."""


def draw(picture: NDArray[np.uint8], layout: Layout, shown: Card) -> None:
    """The card, onto the picture."""
    px, place = layout.px, layout.places["card"]
    fill(picture, place, PANEL)
    colour = BRIGHT if shown.title == GOOD else SIGNAL
    fill(picture, (place.left, place.top, px(EDGE), place.height), colour)
    left, room = place.left + px(28), place.width - px(48)
    top = place.top + px(16)
    write(picture, shown.title, (left, top), px(TITLE), colour, room=room, ground=PANEL)
    top += px(66)
    for line in shown.lines:
        for part in wrapped(line, px(WORDS), room):
            write(picture, part, (left, top), px(WORDS), BRIGHT, room=room, ground=PANEL)
            top += px(30)
    _keys(picture, layout, place, shown)


def _keys(picture: NDArray[np.uint8], layout: Layout, place: Rect, shown: Card) -> None:
    """The keys that go on, along the card's foot."""
    px = layout.px
    left, top = place.left + px(28), place.top + place.height - px(38)
    for key, words in shown.keys:
        for text, colour, gap in ((key, AMBER, 8), (words, DIM, 30)):
            left += _word(picture, text, (left, top), px(KEYS), colour, place) + px(gap)


def _word(picture: NDArray[np.uint8], text: str, at: tuple[int, int], size: int, colour: Colour, place: Rect) -> int:
    room = place.left + place.width - at[0]
    return write(picture, text, at, size, colour, room=max(room, pixels_of("...", size)), ground=PANEL)
