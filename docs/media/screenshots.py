"""`python docs/media/screenshots.py DIR [VIDEO]`: every view, panel and theme, photographed in a window under Xvfb.

Needs Debian's packages xvfb and xdotool. Writes one PNG a picture and `sheet.png`, all of them small beside each other.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tyro.conf import Positional

from sim.benchmark.virtual_screen import VirtualScreen, virtual_screen
from sim.command_line import parse
from sim.theme import theme_names
from sim.view.hud.layout import DESIGN_SIZE

SIZE = DESIGN_SIZE[::-1]
DRIVE_SECONDS, TOWN_SECONDS, SETTLE_SECONDS = 6.0, 11.0, 1.2
COLUMNS = 4
ROAD = ["--seed", "20003"]
TOWN = ["--scenario", "town", "--seed", "20010", "--theme", "meadow", "--policy", "expert"]
MEADOW = [*ROAD, "--theme", "meadow"]

STATES = {
    "help": ["h"],
    "red-off": ["o"],
    "paused": ["space"],
    "noise-in-the-unread": ["j"],
    "grey-over-the-read": ["b"],
    "at-the-wheel": ["w"],
    "expert": ["p"],
    "slow": ["minus"],
}
"""Pictures of the window's states: the keys that lead there from the start."""

TOWN_STATES = {
    "town": [],
    "town-driver": ["v"],
    "town-chase": ["v", "v"],
    "town-without": ["x"],
    "town-unmarked": ["m"],
    "town-hidden": ["u"],
}
"""The same in a town, where the expert comes upon somebody on a crossing."""


@dataclass(frozen=True)
class Options:
    """Photograph every view, panel and theme in a window on a virtual screen."""

    folder: Positional[Path]
    """Where the pictures go; those that are there already are left as they are."""
    video: Positional[str | None] = None
    """Real footage, to be photographed too."""


def photograph(screen: VirtualScreen, path: Path) -> None:
    """What is on the screen, as PNG."""
    cv2.imwrite(str(path), np.ascontiguousarray(screen.pixels()[..., ::-1]))
    print(path)


def take(
    folder: Path,
    name: str,
    arguments: list[str],
    keys: list[str],
    size: tuple[int, int] = SIZE,
    seconds: float = DRIVE_SECONDS,
) -> None:
    """Start the demo, let it drive, press keys, photograph; a picture that is there already is left as it is."""
    if (folder / f"{name}.png").exists():
        return
    with virtual_screen(size) as screen:
        screen.start_demo(*arguments, size=size)
        time.sleep(seconds)
        for key in keys:
            screen.press(key)
            time.sleep(SETTLE_SECONDS)
        photograph(screen, folder / f"{name}.png")


def contact_sheet(folder: Path) -> None:
    """All pictures, small."""
    paths = [path for path in sorted(folder.glob("*.png")) if path.name != "sheet.png"]
    small = [cv2.resize(cv2.imread(str(path)), (640, 360), interpolation=cv2.INTER_AREA) for path in paths]
    small += [np.zeros_like(small[0])] * (-len(small) % COLUMNS)
    rows = [np.hstack(small[start : start + COLUMNS]) for start in range(0, len(small), COLUMNS)]
    cv2.imwrite(str(folder / "sheet.png"), np.vstack(rows))


def main(folder: Path, video: str | None) -> None:
    """All pictures; of real footage too, where a file is named."""
    folder.mkdir(parents=True, exist_ok=True)
    for theme in theme_names():
        take(folder, f"theme-{theme}-camera", [*ROAD, "--theme", theme], [])
        take(folder, f"theme-{theme}-chase", [*ROAD, "--theme", theme], ["v", "v"])
    for name, keys in STATES.items():
        take(folder, f"state-{name}", MEADOW, keys)
    for name, keys in TOWN_STATES.items():
        take(folder, f"state-{name}", TOWN, keys, seconds=TOWN_SECONDS)
    take(folder, "tour", ["--tour"], [])
    for width, height in ((960, 540), (1920, 1080), (3840, 2160)):
        take(folder, f"size-{width}", MEADOW, [], (width, height))
    if video:
        take(folder, "video", ["--video", video], [])
    contact_sheet(folder)


if __name__ == "__main__":
    options = parse(Options)
    main(options.folder, options.video)
