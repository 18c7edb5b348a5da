"""The picture that window and recordings share: the camera's view and, under it, one line of figures."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

PICTURE_SIZE = (720, 1280)
VIEW_SIZE = (675, 1200)
"""(height, width) of the whole picture, and of the camera's view in it: 16:9, as large as fits above the line."""

MARGIN = (PICTURE_SIZE[1] - VIEW_SIZE[1]) // 2
LINE_SIZE = (PICTURE_SIZE[0] - VIEW_SIZE[0], PICTURE_SIZE[1])

Colour = tuple[int, int, int]
BACKGROUND: Colour = (11, 12, 15)
BRIGHT: Colour = (232, 232, 235)
DIM: Colour = (128, 131, 140)
SIGNAL: Colour = (240, 58, 48)

TEXT_HEIGHT = 16
GAP = 22
"""Font size, and the space between two fields, in pixels."""

_OVERSAMPLING = 4
_ELLIPSIS_AFTER = 22


@dataclass(frozen=True)
class Figures:
    """What the line says. None and empty texts are left out.

    speed: m/s. map_kind: a `sim.policy.Kind`. passed: share of the picture that a selection passes on, in [0, 1].
    labels: (name, value) pairs. cause: what binds the expert. notice: a passing message.
    """

    speed: float | None = None
    map_kind: str | None = None
    passed: float | None = None
    policy: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    cause: str | None = None
    notice: str = ""
    paused: bool = False
    recording: bool = False


@dataclass(frozen=True)
class Field:
    """A dim name before a bright value, in at least the width of `widest`, so that changing digits move nothing.

    dot: "" or the shape drawn before the text, "square" or "disc", in the signal colour.
    """

    value: str
    name: str = ""
    widest: str = ""
    dot: str = ""
    colour: Colour = BRIGHT


def compose(view: NDArray[np.uint8], figures: Figures) -> NDArray[np.uint8]:
    """The whole picture, (*PICTURE_SIZE, 3): `view` (*VIEW_SIZE, 3) above the line."""
    picture = np.empty((*PICTURE_SIZE, 3), np.uint8)
    picture[: VIEW_SIZE[0], :MARGIN] = BACKGROUND
    picture[: VIEW_SIZE[0], -MARGIN:] = BACKGROUND
    picture[: VIEW_SIZE[0], MARGIN:-MARGIN] = view
    picture[VIEW_SIZE[0] :] = _line(left_fields(figures), right_fields(figures))
    return picture


def left_fields(figures: Figures) -> tuple[Field, ...]:
    """The figures in reading order."""
    fields = []
    if figures.speed is not None:
        fields.append(Field(f"{3.6 * figures.speed:.0f} km/h", widest="00 km/h"))
    if figures.map_kind is not None:
        fields.append(_map_field(figures.map_kind, figures.passed))
    if figures.policy:
        fields.append(Field(_elided(figures.policy)))
    fields += [Field(_elided(value), name) for name, value in figures.labels]
    if figures.cause is not None and not figures.notice:  # a notice wants the room
        fields.append(Field(figures.cause, "cause"))
    return tuple(fields)


def right_fields(figures: Figures) -> tuple[Field, ...]:
    """What comes and goes, from the right."""
    fields = []
    if figures.recording:
        fields.append(Field("REC", dot="disc", colour=DIM))
    if figures.paused:
        fields.append(Field("paused"))
    if figures.notice:
        fields.append(Field(figures.notice, colour=SIGNAL))
    return tuple(fields)


def percent(share: float) -> str:
    """A share in [0, 1] as text: whole per cents, one decimal under 1 % so that little is never shown as nothing."""
    value = 100 * share
    return f"{value:.1f} %" if 0 < value < 1 else f"{value:.0f} %"


def _map_field(kind: str, passed: float | None) -> Field:
    if passed is None:
        return Field("", kind, dot="square")
    return Field(f"passes {percent(passed)} of the picture", kind, "passes 00 % of the picture", "square")


def _elided(text: str) -> str:
    return text if len(text) <= _ELLIPSIS_AFTER else text[: _ELLIPSIS_AFTER - 3] + "..."


@lru_cache(maxsize=64)
def _line(left: tuple[Field, ...], right: tuple[Field, ...]) -> NDArray[np.uint8]:
    """The line of figures, (*LINE_SIZE, 3), drawn anew only when a figure changes; what finds no room is left out."""
    strip = np.empty((*LINE_SIZE, 3), np.uint8)
    strip[:] = BACKGROUND
    end = LINE_SIZE[1] - MARGIN
    for item in right:
        image = _image(item)
        strip[:, end - image.shape[1] : end] = image
        end -= image.shape[1] + GAP
    start = MARGIN
    for item in left:
        image = _image(item)
        if start + image.shape[1] > end:
            break
        strip[:, start : start + image.shape[1]] = image
        start += max(image.shape[1], _image(replace(item, value=item.widest or item.value)).shape[1]) + GAP
    return strip


@lru_cache(maxsize=512)
def _image(item: Field) -> NDArray[np.uint8]:
    """One field, (LINE_SIZE[0], its width, 3). Drawn large and shrunk: letters then stand where the font wants them."""
    font = _font()
    name = f"{item.name}  " if item.name and item.value else item.name
    dot = 1.1 * TEXT_HEIGHT * _OVERSAMPLING if item.dot else 0.0
    width = dot + font.getlength(name) + font.getlength(item.value)
    size = (int(np.ceil(width / _OVERSAMPLING)), LINE_SIZE[0])
    large = Image.new("RGB", (size[0] * _OVERSAMPLING, size[1] * _OVERSAMPLING), BACKGROUND)
    pen = ImageDraw.Draw(large)
    baseline = large.height / 2 + 0.36 * TEXT_HEIGHT * _OVERSAMPLING
    _draw_dot(pen, item.dot, baseline)
    pen.text((dot, baseline), name, DIM, font, anchor="ls")
    pen.text((dot + font.getlength(name), baseline), item.value, item.colour, font, anchor="ls")
    return np.asarray(large.resize(size, Image.Resampling.BOX))


def _draw_dot(pen: ImageDraw.ImageDraw, shape: str, baseline: float) -> None:
    """A mark as high as a capital letter."""
    side = 0.68 * TEXT_HEIGHT * _OVERSAMPLING
    box = (0, baseline - side, side, baseline)
    if shape == "square":
        pen.rectangle(box, SIGNAL)
    elif shape == "disc":
        pen.ellipse(box, SIGNAL)


@lru_cache(maxsize=1)
def _font() -> ImageFont.FreeTypeFont:
    """Aileron, which Pillow carries inside itself: the same letters on every machine."""
    font = ImageFont.load_default(TEXT_HEIGHT * _OVERSAMPLING)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font
