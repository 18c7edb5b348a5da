"""The dashboard under the road: speed, steering wheel, pedal, what passes, and the facts. Each draws into its place."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.policy import Kind
from sim.view import mark
from sim.view.hud.layout import Layout, Rect
from sim.view.hud.text import (
    AMBER,
    BACKGROUND,
    BLUE,
    BRIGHT,
    DIM,
    PANEL,
    SIGNAL,
    Colour,
    fill,
    pixels_of,
    wrapped,
    write,
)
from sim.view.hud.words import MAP_WORDS, NOTHING_DROPPED, percent

STEERING_RATIO = 10.0
"""Turns of the steering wheel over turns of the front wheels."""

FACT_ROWS = 5

GROOVE: Colour = (44, 47, 54)
"""What a bar runs in."""

SUBPIXELS = 4
"""Fractional bits of cv2's coordinates."""


class Chip(NamedTuple):
    """A state that a viewer must know of, in a word or two."""

    text: str
    colour: Colour = AMBER


class Fact(NamedTuple):
    """A name and its value."""

    name: str
    value: str
    colour: Colour = BRIGHT


class Contrast(NamedTuple):
    """An action (steer, pedal) as it is decided with one thing there, and as it would be without it; [-1, 1]."""

    thing: str
    with_it: tuple[float, float]
    without_it: tuple[float, float]


@dataclass(frozen=True)
class Figures:
    """What the dashboard says. None and empty texts are left out.

    speed: m/s. steering_angle: rad at the front wheels, + left. pedal: [-1, 1]. map_kind: of the map; no_map: two
    lines where there is none. passed: share of the picture that a selection passes on, in [0, 1]. red_shows: what the
    red lies on. contrast: stands in the place of what is said about the map. expert: what it would do. chips: states.
    message: something that just happened, `alarm` where it went wrong. caption: of the tour, guide: how to go through
    it.
    """

    speed: float | None = None
    steering_angle: float | None = None
    pedal: float | None = None
    map_kind: Kind | None = None
    no_map: tuple[str, str] = ("no map", "")
    passed: float | None = None
    red_shows: str = ""
    contrast: Contrast | None = None
    expert: Fact | None = None
    facts: tuple[Fact, ...] = ()
    chips: tuple[Chip, ...] = ()
    message: str = ""
    alarm: bool = False
    caption: str = ""
    guide: str = ""


Picture = NDArray[np.uint8]


def draw(picture: Picture, layout: Layout, figures: Figures) -> None:
    """The whole dashboard, onto its bare ground."""
    parts = CAPTIONED if figures.caption else CONTRASTED if figures.contrast else PLAIN
    band, line = layout.places["speed"], layout.places["message"]
    fill(picture, (line.left, band.top, line.width, line.top + line.height - band.top), BACKGROUND)
    for name, part in parts.items():
        fill(picture, layout.places[name], PANEL)
        part(picture, layout, layout.places[name], figures)
    message(picture, layout, layout.places["message"], figures)


def speed(picture: Picture, layout: Layout, place: Rect, figures: Figures) -> None:
    """The speed in km/h, in figures that can be read from the last row."""
    value = "--" if figures.speed is None else f"{3.6 * figures.speed:.0f}"
    px = layout.px
    at = (place.left, place.top + px(20))
    write(picture, value, at, px(52), BRIGHT, room=place.width, ground=PANEL, align=0.5)
    at = (place.left, place.top + px(86))
    write(picture, "km/h", at, px(16), DIM, room=place.width, ground=PANEL, align=0.5)


def wheel(picture: Picture, layout: Layout, place: Rect, figures: Figures) -> None:
    """The steering wheel, turned as the car's is."""
    angle = STEERING_RATIO * (figures.steering_angle or 0.0)
    colour = DIM if figures.steering_angle is None else BRIGHT
    rows, columns = place.slices
    patch = np.ascontiguousarray(picture[rows, columns])
    centre = np.array([place.width / 2, place.height / 2])
    radius = 0.40 * min(place.size)
    thick = layout.px(8)
    _circle(patch, centre, radius, colour, thick)
    for spoke in (0.0, 0.5 * math.pi, math.pi):  # to the left, down and to the right, as seen from the seat
        _line(patch, centre, centre + radius * _seen(math.pi + angle + spoke), colour, layout.px(7))
    _circle(patch, centre, 0.24 * radius, colour, -1)
    top = _seen(0.5 * math.pi + angle)
    _line(patch, centre + (radius - thick) * top, centre + (radius + 0.6 * thick) * top, BLUE, layout.px(6))
    picture[rows, columns] = patch


def pedal(picture: Picture, layout: Layout, place: Rect, figures: Figures) -> None:
    """A bar up for throttle, down for the brake; none where the action has no pedal."""
    px, value = layout.px, figures.pedal or 0.0
    if figures.pedal is None:
        write(picture, "--", (place.left, place.top + px(50)), px(16), DIM, room=place.width, ground=PANEL, align=0.5)
        return
    middle, reach = place.top + place.height // 2, place.height // 2 - px(24)
    left, right = place.left + px(14), place.left + place.width - px(14)
    fill(picture, (left, middle - reach, right - left, 2 * reach), GROOVE)
    length = round(reach * min(abs(value), 1.0))
    if value > 0:
        fill(picture, (left, middle - length, right - left, length), BLUE)
    elif length:
        fill(picture, (left, middle, right - left, length), AMBER)
    fill(picture, (left - px(4), middle, right - left + 2 * px(4), px(1.5)), DIM)
    for text, top in (("go", place.top + px(5)), ("stop", place.top + place.height - px(20))):
        write(picture, text, (place.left, top), px(12), DIM, room=place.width, ground=PANEL, align=0.5)


def gaze(picture: Picture, layout: Layout, place: Rect, figures: Figures) -> None:
    """What kind of map the red is, how much of the picture is red, and what the red shows."""
    px = layout.px
    left, room = place.left + px(14), place.width - px(28)
    if figures.map_kind is None:
        for line, text in enumerate(figures.no_map):
            at = (left, place.top + px(30 + 28 * line))
            write(picture, text, at, px((20, 15)[line]), DIM, room=room, ground=PANEL)
        return
    side = px(13)
    fill(picture, (left, place.top + px(15), side, side), SIGNAL)
    at = (left + px(21), place.top + px(12))
    write(picture, MAP_WORDS[figures.map_kind], at, px(15), DIM, room=room - px(21), ground=PANEL)
    write(picture, share_words(figures), (left, place.top + px(35)), px(22), BRIGHT, room=room, ground=PANEL)
    if figures.passed is not None:
        bar = place.top + px(70)
        fill(picture, (left, bar, room, px(5)), GROOVE)
        if figures.passed > 0:  # a little is never shown as nothing, nor nothing as a little
            fill(picture, (left, bar, max(1, round(room * figures.passed)), px(5)), SIGNAL)
    write(picture, figures.red_shows, (left, place.top + px(85)), px(18), BRIGHT, room=room, ground=PANEL)


def share_words(figures: Figures) -> str:
    """How much of the picture a selection takes. A map that selects nothing makes no claim of what is dropped."""
    return NOTHING_DROPPED if figures.passed is None else f"{percent(figures.passed)} of the picture is red"


def contrast(picture: Picture, layout: Layout, place: Rect, figures: Figures) -> None:
    """What is decided with a thing there and what would be without it, one below the other."""
    assert figures.contrast is not None
    px, told = layout.px, figures.contrast
    left, columns = place.left + px(14), [place.left + px(122), place.left + px(220)]
    room = px(84)
    write(picture, told.thing, (left, place.top + px(9)), px(14), mark.COLOUR, room=px(104), ground=PANEL)
    for name, column in zip(("steer", "pedal"), columns, strict=True):
        write(picture, name, (column, place.top + px(9)), px(14), DIM, room=room, ground=PANEL)
    for line, (name, values) in enumerate((("with it", told.with_it), ("without it", told.without_it))):
        top = place.top + px(33) + line * px(43)
        write(picture, name, (left, top), px(17), BRIGHT, room=px(104), ground=PANEL)
        for value, column, (up, down) in zip(values, columns, ((BRIGHT, BRIGHT), (BLUE, AMBER)), strict=True):
            write(picture, signed(value), (column, top), px(17), BRIGHT, room=room, ground=PANEL)
            _balance(picture, layout, (column, top + px(26), room, px(5)), value, up if value > 0 else down)


def _balance(picture: Picture, layout: Layout, place: tuple[int, int, int, int], value: float, colour: Colour) -> None:
    """A bar from the middle of its groove: to the right for what is above zero, to the left for what is below."""
    left, top, width, height = place
    middle, length = left + width // 2, round(width / 2 * min(abs(value), 1.0))
    fill(picture, place, GROOVE)
    if length:
        fill(picture, (middle if value > 0 else middle - length, top, length, height), colour)
    fill(picture, (middle, top - layout.px(2), layout.px(1.5), height + 2 * layout.px(2)), DIM)


def signed(value: float) -> str:
    """A share of full lock or of a whole pedal, with its sign; two decimals, and no sign for nothing."""
    return f"{value:+.2f}" if abs(value) >= 0.005 else "0.00"


def facts(picture: Picture, layout: Layout, place: Rect, figures: Figures) -> None:
    """What the expert would do, in a line of its own; then names and values. What does not fit one column goes into a
    second, which takes no more room than it needs."""
    px, size, gap = layout.px, layout.px(14), layout.px(7)
    left, end = place.left + px(12), place.left + place.width - px(12)
    first = 0
    if figures.expert:
        _fact(picture, figures.expert, (left, place.top + px(8)), size, gap, end)
        first = 1
    rows = FACT_ROWS - first
    columns = [figures.facts[:rows], figures.facts[rows : 2 * rows]]
    widths = [max((_width(fact, size, gap) for fact in column), default=0) for column in columns]
    room = end - left
    second = left + max(widths[0] + px(18), room // 2)
    second = min(second, end - min(widths[1], room // 2))
    for column, start, right in ((0, left, second - px(8)), (1, second, end)):
        limit = right if widths[1] else end
        for row, fact in enumerate(columns[column]):
            _fact(picture, fact, (start, place.top + px(8) + (first + row) * px(22)), size, gap, limit)


def _fact(picture: Picture, fact: Fact, at: tuple[int, int], size: int, gap: int, limit: int) -> None:
    """One name and its value, as far as `limit`."""
    left, top = at
    used = write(picture, fact.name, at, size, DIM, room=limit - left, ground=PANEL) + gap
    write(picture, fact.value, (left + used, top), size, fact.colour, room=limit - left - used, ground=PANEL)


def _width(fact: Fact, size: int, gap: int) -> int:
    return pixels_of(fact.name, size) + gap + pixels_of(fact.value, size)


def caption(picture: Picture, layout: Layout, place: Rect, figures: Figures) -> None:
    """A few plain words of the tour, and how to go through it."""
    px, size = layout.px, layout.px(20)
    lines = wrapped(figures.caption, size, place.width - px(32))[:3]
    top = place.top + (place.height - px(18) - px(30) * len(lines)) // 2
    for line in lines:
        write(picture, line, (place.left + px(16), top), size, BRIGHT, room=place.width - px(32), ground=PANEL)
        top += px(30)
    foot = place.left + px(16), place.top + place.height - px(21)
    write(picture, figures.guide, foot, px(13), DIM, room=place.width - px(32), ground=PANEL)


def message(picture: Picture, layout: Layout, place: Rect, figures: Figures) -> None:
    """What just happened on the left, states on the right: all that it leaves room for, half the line at least."""
    px = layout.px
    end, top = place.left + place.width, place.top + px(2)
    said = pixels_of(figures.message, px(15)) + px(18) if figures.message else 0
    limit = place.left + min(said, place.width // 2)
    for chip in figures.chips:
        width = pixels_of(chip.text, px(15))
        if end - width < limit:
            break
        write(picture, chip.text, (end - width, top), px(15), chip.colour, room=width)
        end -= width + px(18)
    colour = SIGNAL if figures.alarm else BRIGHT
    write(picture, figures.message, (place.left, top), px(15), colour, room=end - place.left)


Part = Callable[[Picture, Layout, Rect, Figures], None]

PLAIN: dict[str, Part] = {"speed": speed, "wheel": wheel, "pedal": pedal, "gaze": gaze, "facts": facts}
CONTRASTED: dict[str, Part] = {**PLAIN, "gaze": contrast}
CAPTIONED: dict[str, Part] = {"speed": speed, "wheel": wheel, "pedal": pedal, "caption": caption}
"""What stands where, by the layout's names: as a rule, while a thing is left out, and while the tour speaks."""


def _seen(angle: float) -> NDArray[np.float64]:
    """The unit vector at `angle`, counter-clockwise from the right, in pixels (down is +)."""
    return np.array([math.cos(angle), -math.sin(angle)])


def _fixed(point: NDArray[np.float64]) -> tuple[int, int]:
    x, y = np.round((point - 0.5) * 2**SUBPIXELS).astype(int)
    return int(x), int(y)


def _line(picture: Picture, start: NDArray[np.float64], end: NDArray[np.float64], colour: Colour, thick: int) -> None:
    cv2.line(picture, _fixed(start), _fixed(end), colour, thick, cv2.LINE_AA, SUBPIXELS)


def _circle(picture: Picture, centre: NDArray[np.float64], radius: float, colour: Colour, thick: int) -> None:
    cv2.circle(picture, _fixed(centre), round(radius * 2**SUBPIXELS), colour, thick, cv2.LINE_AA, SUBPIXELS)
