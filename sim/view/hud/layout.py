"""Where everything stands in the window: a pure function of its size.

The design is drawn for 1280 x 720 and scaled as a whole, so that text and panels keep their proportions from a small
window to a 4K projector. The road's view stands alone: no panel ever lies over it.
"""

from functools import lru_cache
from typing import NamedTuple

DESIGN_SIZE = (720, 1280)
"""(height, width) in pixels of the design; other sizes are multiples of it."""

SMALLEST = (270, 480)
"""Below this no text could be read."""


class Rect(NamedTuple):
    """Pixels: the corner nearest to (0, 0), and the extent."""

    left: int
    top: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Of a picture's rows and columns."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.height, self.width


class Layout(NamedTuple):
    """scale: pixels a design pixel. places: a rectangle for each name of DESIGN."""

    size: tuple[int, int]
    scale: float
    places: dict[str, Rect]

    def px(self, length: float) -> int:
        """A design length in whole pixels, at least one."""
        return max(1, round(length * self.scale))


DESIGN = {
    "view": Rect(12, 12, 956, 538),
    "speed": Rect(12, 562, 104, 120),
    "wheel": Rect(124, 562, 120, 120),
    "pedal": Rect(256, 562, 44, 120),
    "gaze": Rect(320, 562, 320, 120),
    "facts": Rect(648, 562, 320, 120),
    "message": Rect(12, 686, 956, 24),
    "frame title": Rect(980, 10, 288, 20),
    "frame": Rect(980, 32, 288, 162),
    "rest title": Rect(980, 202, 288, 20),
    "rest": Rect(980, 224, 288, 162),
    "top title": Rect(980, 394, 288, 20),
    "top": Rect(980, 416, 288, 292),
}
"""Every place at 1280 x 720."""

CAPTION = Rect(320, 562, 648, 120)
"""Where the tour's captions stand, instead of gaze and facts."""

HELP = Rect(980, 10, 288, 698)
"""Where the help stands, instead of the column of panels."""

CARD = Rect(120, 120, 740, 290)
"""Where the card of an end stands, over the road: then there is nothing to be driven on."""

ELSEWHERE = {"caption": CAPTION, "help": HELP, "card": CARD}
"""What stands in the place of something else."""


@lru_cache(maxsize=16)
def layout(size: tuple[int, int]) -> Layout:
    """The layout of a 16:9 picture of (height, width) pixels."""
    scale = min(size[0] / DESIGN_SIZE[0], size[1] / DESIGN_SIZE[1])
    places = {name: _scaled(rect, scale) for name, rect in {**DESIGN, **ELSEWHERE}.items()}
    return Layout(size, scale, places)


def picture_size(window: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of the largest 16:9 picture that fits a window of (height, width), at least SMALLEST."""
    scale = min(window[0] / DESIGN_SIZE[0], window[1] / DESIGN_SIZE[1])
    return max(SMALLEST[0], int(DESIGN_SIZE[0] * scale)), max(SMALLEST[1], int(DESIGN_SIZE[1] * scale))


def _scaled(rect: Rect, scale: float) -> Rect:
    """Edges are rounded, not extents: neighbours then neither overlap nor drift apart."""
    left, top = round(rect.left * scale), round(rect.top * scale)
    right, bottom = round((rect.left + rect.width) * scale), round((rect.top + rect.height) * scale)
    return Rect(left, top, right - left, bottom - top)
