"""`python -m sim.benchmark.window`: how fast the demo is in a real window, on a screen that nobody sees.

Pictures a second and how long they stay, at several sizes of the window; and how long a key takes to show.
"""

from sim.interrupts import interruptible

import re
import sys
import time
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from sim.benchmark.virtual_screen import VirtualScreen, virtual_screen, wait_for_change
from sim.command_line import mistakes_in_one_line, parse

SIZES = ((1280, 720), (1920, 1080), (3840, 2160))
VIEWS = ("camera", "driver", "chase")
"""In the order in which the key goes through them."""
PRESSES = 40
SETTLING = 1.0
"""Seconds after a key before the next: longer than any picture takes."""

PICTURE_MS = 1000 / 60


@dataclass(frozen=True)
class Options:
    """Measure the demo's window on a virtual screen."""

    seconds: float = 20.0
    """How long each window is open."""
    policy: str = "topk-patches"
    """Who drives."""
    scenario: str = "open-road"
    """What is on the road."""
    overlays: bool = False
    """With noise in all that the network does not read laid over the road, as well."""

    @property
    def drive(self) -> tuple[str, ...]:
        """The demo's own options."""
        return "--policy", self.policy, "--scenario", self.scenario, "--theme", "meadow"


def rate(screen: VirtualScreen, options: Options, size: tuple[int, int], view: str) -> tuple[float, float, str]:
    """Pictures a second, the 99th percentile in ms of how long one stays, and at what size the road was drawn and in
    what share of the pictures, as the demo itself says."""
    demo = screen.start_demo(*options.drive, "--seconds", str(options.seconds), size=size)
    for _ in range(VIEWS.index(view)):
        screen.press("v")
        time.sleep(SETTLING)  # of two presses within one picture the demo sees one
    if options.overlays:
        screen.press("j")
    said, _ = demo.communicate()
    found = re.search(
        r"([\d.]+) pictures/s; 99 % of them stayed less than ([\d.]+) ms\s+road drawn at (\d+ x \d+ in \d+%)", said
    )
    if found is None:
        raise OSError(f"the demo did not say how fast it was: {said!r}")
    return float(found[1]), float(found[2]), found[3]


def key_to_picture(screen: VirtualScreen, options: Options) -> list[float]:
    """Milliseconds from a key press to the changed picture, for each of PRESSES."""
    screen.start_demo(*options.drive)
    screen.press("space")
    told = screen.pixels()[700:715, 20:900]  # nothing but the pause may change: wait until messages are gone
    while wait_for_change(told, told.copy(), 6.0) is not None:
        pass
    column, times = screen.pixels()[20:700, 990:1260], []
    for _ in range(PRESSES):
        before = column.copy()
        screen.press("h")
        passed = wait_for_change(column, before, SETTLING)
        if passed is None:
            raise OSError("a key was not answered within a second")
        times.append(1000 * passed)
        time.sleep(0.2 + 0.01 * len(times))  # out of step with the pictures
    return times


@interruptible
def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status."""
    options = parse(Options, arguments, prog="python -m sim.benchmark.window")
    table = Table("window", "view", "pictures/s", "99 % stay less than", "road drawn at")
    with mistakes_in_one_line(OSError):
        for size in SIZES:
            for view in VIEWS:
                with virtual_screen(size) as screen:
                    pictures, slowest, drawn = rate(screen, options, size, view)
                table.add_row(f"{size[0]} x {size[1]}", view, f"{pictures:.1f}", f"{slowest:.1f} ms", drawn)
        with virtual_screen(SIZES[0]) as screen:
            times = key_to_picture(screen, options)
    console = Console()
    console.print(table)
    longest = max(times)
    console.print(
        f"key to picture: median {np.median(times):.1f} ms, longest of {len(times)} {longest:.1f} ms"
        f" ({longest / PICTURE_MS:.1f} pictures)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
