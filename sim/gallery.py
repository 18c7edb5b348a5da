"""`python -m sim.gallery --out DIR`: every scenario in every theme through every view, beside each other and apart.

Writes SCENARIO-THEME-VIEW.png for each, where the view `policy` is the small frame that a network gets, and
`sheet.png`, all of them small: a column for each theme, a row for each scenario and view.
"""

from sim.interrupts import interruptible

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from sim.command_line import mistakes_in_one_line, parse
from sim.errors import unknown
from sim.files import check_writable, replacing
from sim.seeds import TEST_FROM
from sim.theme import theme_names
from sim.view.source import Shot
from sim.view.world_source import WorldSource

Picture = NDArray[np.uint8]

SMALL = (180, 320)
"""(height, width) of a picture in the sheet."""

MARGIN, CAPTION = 8, 22
"""Pixels between the sheet's pictures, and of the themes' names above them."""


class Instant(NamedTuple):
    """Which moment of a world: its seed, and for how many seconds the expert has driven in it."""

    seed: int
    seconds: float


INSTANTS: Mapping[str, Instant] = {
    "open-road": Instant(TEST_FROM + 3, 6.0),
    "traffic": Instant(TEST_FROM + 32, 13.0),
    "town": Instant(TEST_FROM + 55, 14.5),
}
"""What stands for a scenario: moments with much to look at."""


@dataclass(frozen=True)
class Options:
    """Draw every scenario in every theme through every view, and a sheet of them all."""

    out: Path
    """Folder for the pictures."""
    size: tuple[int, int] = (1280, 720)
    """Width and height of the pictures for people."""
    theme: str | None = None
    """Draw this theme alone."""

    def themes(self) -> tuple[str, ...]:
        """Those to be drawn; ValueError for one that is not known."""
        if self.theme is None:
            return theme_names()
        if self.theme not in theme_names():
            raise unknown("theme", self.theme, theme_names())
        return (self.theme,)


def pictures_of(scenario: str, theme: str, size: tuple[int, int]) -> Iterator[tuple[str, Picture]]:
    """View by view, its name and the scenario's instant through it: RGB (*size, 3), and the policy's frame as it is."""
    instant = INSTANTS[scenario]
    source = WorldSource(scenario, theme, instant.seed)
    for _ in range(round(instant.seconds * source.rate)):
        source.apply(source.instant().world.expert_action)
    now = source.instant()
    action = now.world.expert_action[0]
    for name, view in source.views.items():
        yield name, view(Shot(size, now, now, 1.0, None, action, source.status(now))).copy()
    yield "policy", source.observe(now)["frame"][0]


def sheet(rows: list[list[Picture]], captions: tuple[str, ...]) -> Picture:
    """Rows of pictures of any size, small, under a caption for each column."""
    height, width = SMALL
    canvas = np.full(
        (CAPTION + len(rows) * (height + MARGIN), MARGIN + len(captions) * (width + MARGIN), 3), 24, np.uint8
    )
    for column, caption in enumerate(captions):
        left = MARGIN + column * (width + MARGIN)
        cv2.putText(canvas, caption, (left, CAPTION - 7), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (220,) * 3, 1, cv2.LINE_AA)
        for row, pictures in enumerate(rows):
            top = CAPTION + row * (height + MARGIN)
            canvas[top : top + height, left : left + width] = _fitted(pictures[column])
    return canvas


def _fitted(picture: Picture) -> Picture:
    """A picture at the sheet's size: large ones averaged, small ones in pixels that can be told apart."""
    how = cv2.INTER_AREA if picture.shape[0] > SMALL[0] else cv2.INTER_NEAREST
    return cv2.resize(picture, SMALL[::-1], interpolation=how).astype(np.uint8, copy=False)


def write(path: Path, picture: Picture) -> None:
    """An RGB picture as a PNG file, whole or not at all. OSError where it cannot be written."""
    _, data = cv2.imencode(".png", picture[..., ::-1])
    with replacing(path) as part:
        part.write_bytes(data.tobytes())


@interruptible
def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status."""
    options = parse(Options, arguments, prog="python -m sim.gallery")
    with mistakes_in_one_line():
        themes, size = options.themes(), options.size[::-1]
        check_writable(options.out)
        rows: dict[tuple[str, str], list[Picture]] = {}
        jobs = [(scenario, theme) for scenario in INSTANTS for theme in themes]
        for scenario, theme in track(jobs, description="drawing", console=(console := Console()), transient=True):
            for view, picture in pictures_of(scenario, theme, size):
                write(options.out / f"{scenario}-{theme}-{view}.png", picture)
                rows.setdefault((scenario, view), []).append(_fitted(picture))
        write(options.out / "sheet.png", sheet(list(rows.values()), themes))
    console.print(f"{sum(map(len, rows.values()))} pictures and sheet.png in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
