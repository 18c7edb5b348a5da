"""`python docs/media/ways_of_red.py FILE.webp`: ways to paint what a network reads, side by side on hard pictures.

Columns: as it is, and each way; rows: a red lamp, people on a crossing, night, snow, the exoplanet; then the first
of them on a pale projector and for eyes that do not tell red from green. docs/looks.md says what came of it.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from agent import load_policy
from sim.driver import as_driver
from sim.view.drive import Drive
from sim.view.overlay import RED, paint
from sim.view.settings import Settings
from sim.view.source import Shot
from sim.view.world_source import WorldSource

SIZE, SHOWN = (720, 1280), (270, 480)
MOMENTS = (  # theme, seed, seconds, and what is cut out: its middle, as shares of the picture
    ("meadow", 20010, 28.0, (0.40, 0.44)),
    ("train", 20010, 17.2, (0.21, 0.50)),
    ("night", 20010, 28.0, (0.40, 0.44)),
    ("snow", 20011, 7.0, (0.50, 0.50)),
    ("exoplanet", 20010, 26.0, (0.46, 0.44)),
)
CUT = 0.4
"""Of the picture's height and width."""

Picture = np.ndarray
Way = Callable[[Picture, Picture], Picture]
"""From a picture (H, W, 3) and the mask (H, W) of what is read to the painted picture."""


def rim(mask: Picture, breadth: int) -> Picture:
    """The pixels along the inside of a mask's border."""
    kernel = np.ones((2 * breadth + 1,) * 2)
    return mask & (cv2.erode(mask.astype(np.uint8), kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0) == 0)


def blended(picture: Picture, share: Picture, line: Picture | None = None) -> Picture:
    """Red over the picture, and a line."""
    mixed = picture + (np.array(RED) - picture) * share[..., None]
    if line is not None:
        mixed[line] = RED
    return mixed.round().astype(np.uint8)


def filled(picture: Picture, mask: Picture) -> Picture:
    """As it was: 65 % red."""
    return blended(picture, 0.65 * mask)


def outlined(picture: Picture, mask: Picture) -> Picture:
    """A line, and a light tint."""
    return blended(picture, 0.16 * mask, rim(mask, 2))


def hue_alone(picture: Picture, mask: Picture) -> Picture:
    """Lightness is kept, colour goes to red (CIE Lab)."""
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(float)
    red = cv2.cvtColor(np.array([[RED]], np.uint8), cv2.COLOR_RGB2LAB)[0, 0].astype(float)
    lab[..., 1:] += (red[1:] - lab[..., 1:]) * 0.55 * mask[..., None]
    return cv2.cvtColor(lab.round().astype(np.uint8), cv2.COLOR_LAB2RGB)


def filtered(picture: Picture, mask: Picture) -> Picture:
    """A red pane of glass: green and blue are halved."""
    pane = np.minimum(picture * (1, 0.55, 0.52) + (46, 0, 0), 255)
    found = np.where(mask[..., None], pane, picture)
    found[rim(mask, 2)] = RED
    return found.round().astype(np.uint8)


def rest_grey(picture: Picture, mask: Picture) -> Picture:
    """What is not read loses its colour."""
    grey = (picture @ (0.299, 0.587, 0.114))[..., None]
    rest = (0.4 * picture + 0.6 * grey).round().astype(np.uint8)
    return blended(np.where(mask[..., None], picture, rest), 0.16 * mask, rim(mask, 2))


def cornered(picture: Picture, mask: Picture) -> Picture:
    """The corners of each cell."""
    down, across = (np.arange(side) * cells / side % 1 for side, cells in zip(mask.shape, (9, 16), strict=True))
    near = (np.minimum(down, 1 - down) < 0.28)[:, None] & (np.minimum(across, 1 - across) < 0.28)
    return blended(picture, 0.14 * mask, rim(mask, 2) & near)


def projected(picture: Picture) -> Picture:
    """On a wall in daylight: blacks are lifted, colours paler."""
    grey = (picture @ (0.299, 0.587, 0.114))[..., None]
    return (255 * 0.32 + 0.62 * (grey + 0.55 * (picture - grey))).round().astype(np.uint8)


def red_blind(picture: Picture) -> Picture:
    """Deuteranopia: Machado, Oliveira, Fernandes 2009."""
    to = np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]])
    light = np.clip((picture / 255) ** 2.2 @ to.T, 0, 1)
    return (255 * light ** (1 / 2.2)).round().astype(np.uint8)


WAYS: dict[str, Way | None] = {
    "the picture": lambda picture, mask: picture,
    "filled, as it was": filled,
    "line, light tint": outlined,
    "hue alone": hue_alone,
    "red glass": filtered,
    "rest grey": rest_grey,
    "corners": cornered,
    "chosen": None,
}


def row(theme: str, seed: int, seconds: float, middle: tuple[float, float]) -> tuple[list[Picture], list[int]]:
    """One moment in every way, and the corner (left, top) of the part that matters."""
    source = WorldSource("town", theme, seed)
    settings, driver = Settings(policy="it", view="camera", mark=False), as_driver(load_policy("topk-patches"))
    drive = Drive(source, {"it": lambda: driver}, "it")
    while drive.steps < round(seconds * source.rate):
        drive.act(drive.look(settings))
    now = drive.look(settings)
    attention = now.decision.attention
    shot = Shot(SIZE, now.instant, now.instant, 1.0, None, now.action, now.status, settings=settings)
    picture = source.views["camera"](shot).copy()
    mask = attention.cells.covered(attention.kept[0], *SIZE)
    painted = [paint(picture, attention) if way is None else way(picture, mask) for way in WAYS.values()]
    return painted, [int((at - CUT / 2) * side) for at, side in zip(middle, SIZE[::-1], strict=True)]


def cut(picture: Picture, corner: list[int]) -> Picture:
    """The part that matters, as large as it is shown."""
    left, top = (max(0, at) for at in corner)
    part = picture[top : top + int(CUT * SIZE[0]), left : left + int(CUT * SIZE[1])]
    return cv2.resize(part, SHOWN[::-1], interpolation=cv2.INTER_AREA)


def main(path: Path) -> None:
    """The sheet."""
    moments = [row(*moment) for moment in MOMENTS]
    rows = [np.hstack([cut(picture, corner) for picture in painted]) for painted, corner in moments]
    painted, corner = moments[0]
    rows += [np.hstack([cut(eyes(picture), corner) for picture in painted]) for eyes in (projected, red_blind)]
    head = np.full((40, rows[0].shape[1], 3), 24, np.uint8)
    for index, name in enumerate(WAYS):
        at = 10 + index * SHOWN[1], 29
        cv2.putText(head, name, at, cv2.FONT_HERSHEY_SIMPLEX, 0.9, (225,) * 3, 2, cv2.LINE_AA)
    sheet = cv2.resize(np.vstack([head, *rows]), None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(path), np.ascontiguousarray(sheet[..., ::-1]), [cv2.IMWRITE_WEBP_QUALITY, 80])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
