"""The column beside the road: the policy's own frame, what is left of it, the world from above; and the help."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.policy import Attention
from sim.view.hud.layout import Layout, Rect
from sim.view.hud.legend import Entry
from sim.view.hud.text import BRIGHT, DIM, PANEL, Colour, fill, wrapped, write
from sim.view.overlay import paint

REMOVED = (28, 30, 36)
"""What stands where an unread cell was."""

HELP_TOP = 50
"""Design pixels above the first line of the help."""

HELP_BOTTOM = 4
"""Design pixels below the last."""

MOST_APART = 29
"""Design pixels from one line to the next, at most."""

Picture = NDArray[np.uint8]


def title(picture: Picture, layout: Layout, name: str, text: str) -> None:
    """A panel's title."""
    place = layout.places[name]
    write(picture, text, (place.left, place.top), layout.px(14), DIM, room=place.width)


def image(picture: Picture, place: Rect, shown: Picture) -> None:
    """A picture of any size in its place: pixels stay pixels when it grows, and its proportions stay."""
    scale = min(place.height / shown.shape[0], place.width / shown.shape[1])
    height, width = max(1, round(shown.shape[0] * scale)), max(1, round(shown.shape[1] * scale))
    fitted = cv2.resize(shown, (width, height), interpolation=cv2.INTER_NEAREST if scale > 1 else cv2.INTER_AREA)
    fill(picture, place, PANEL)
    top, left = place.top + (place.height - height) // 2, place.left + (place.width - width) // 2
    picture[top : top + height, left : left + width] = fitted


def remainder(frame: Picture, attention: Attention | None) -> Picture:
    """The frame (H, W, 3) without its unread cells; the whole frame for maps that remove nothing."""
    if attention is None or attention.kept is None:
        return frame
    left = np.empty_like(frame)
    left[:] = REMOVED
    for row, col in np.argwhere(attention.kept[0]).tolist():
        cell = attention.cells.pixels(row, col, *frame.shape[:2])
        left[cell] = frame[cell]
    return left


def reddened(frame: Picture, attention: Attention | None, size: tuple[int, int]) -> Picture:
    """The frame (H, W, 3) as large as `size` (height, width), pixels staying pixels, with its map in red."""
    large = cv2.resize(frame, size[::-1], interpolation=cv2.INTER_NEAREST)
    return paint(np.asarray(large, np.uint8), attention)


def remainder_title(attention: Attention | None) -> str:
    """What that picture is."""
    if attention is None:
        return "no map: nothing is removed"
    if attention.kept is None:
        return "this kind of map removes nothing"
    return "left when all that is not red is removed"


def notice(size: tuple[int, int], text: str) -> Picture:
    """A few words in the middle of bare ground, (*size, 3)."""
    picture = np.full((*size, 3), PANEL, np.uint8)
    px = max(1, round(size[1] / 20))
    lines = wrapped(text, px, size[1] - 2 * px)
    for index, line in enumerate(lines):
        top = size[0] // 2 + round((index - len(lines) / 2) * 1.5 * px)
        write(picture, line, (0, top), px, DIM, room=size[1], ground=PANEL, align=0.5)
    return picture


def help_panel(picture: Picture, layout: Layout, lines: Sequence[tuple[str, str]]) -> None:
    """Keys and what they do, in the place of the panels."""
    place, px = layout.places["help"], layout.px
    fill(picture, place, PANEL)
    write(picture, "Keys", (place.left + px(16), place.top + px(14)), px(18), BRIGHT, room=place.width, ground=PANEL)
    room = place.height / layout.scale - HELP_TOP - HELP_BOTTOM
    apart = min(MOST_APART, room / len(lines))
    for index, (key, text) in enumerate(lines):
        top = place.top + px(HELP_TOP) + round(index * layout.scale * apart)
        write(picture, key, (place.left + px(16), top), px(15), BRIGHT, room=px(56), ground=PANEL)
        write(picture, text, (place.left + px(78), top), px(15), DIM, room=place.width - px(86), ground=PANEL)


def legend_panel(picture: Picture, layout: Layout, entries: Sequence[Entry]) -> None:
    """What each panel shows, in the place of the panels."""
    place, px = layout.places["help"], layout.px
    fill(picture, place, PANEL)
    left, room = place.left + px(16), place.width - px(28)
    write(picture, "What is what", (left, place.top + px(14)), px(18), BRIGHT, room=room, ground=PANEL)
    lines = [line for entry in entries for line in _legend_lines(entry, px, room)]
    wanted = sum(apart for *_, apart in lines)
    scale = layout.scale * min(1.0, (place.height / layout.scale - HELP_TOP - HELP_BOTTOM) / wanted)
    down = 0.0
    for text, size, colour, apart in lines:
        top = place.top + px(HELP_TOP) + round(down * scale)
        write(picture, text, (left, top), size, colour, room=room, ground=PANEL)
        down += apart


def _legend_lines(entry: Entry, px: Callable[[float], int], room: int) -> list[tuple[str, int, Colour, float]]:
    """An entry's lines: text, size in pixels, colour, and design pixels to the next."""
    words = [(line, px(15), DIM, 19.0) for line in wrapped(entry.words, px(15), room)]
    words[-1] = (*words[-1][:3], 30.0)
    return [(entry.name, px(16), BRIGHT, 22.0), *words]


def frame_title(frame: Picture, *, looked_at: bool) -> str:
    """What the small picture is."""
    height, width = frame.shape[:2]
    return (
        f"the network's own frame, {width} x {height}" if looked_at else f"camera, {width} x {height} (not looked at)"
    )
