"""`python -m sim.benchmark.cold_start`: a first start on a screen that nobody sees, from an empty cache.

Says after how many seconds the window shows its first picture, and how long it stands still at the longest while keys
go through views and themes, for the first time and while the rest compiles.
"""

from sim.interrupts import interruptible

import os
import sys
import tempfile
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from sim.benchmark.virtual_screen import VirtualScreen, virtual_screen, wait_for_change
from sim.command_line import mistakes_in_one_line, parse

SIZE = (1280, 720)
KEYS = ("v", "v", "v", "t", "t", "t", "n", "p", "j", "b", "x", "h", "h")
"""Views, themes, the next road, a policy, what is overwritten, the world without something, help."""

ROAD = (slice(20, 540), slice(20, 960))
"""Rows and columns of the road in the window."""


@dataclass(frozen=True)
class Options:
    """Measure a first start."""

    scenario: str = "open-road"
    """What is on the road."""
    seconds: float = 60.0
    """How long to watch once there is a picture; a key is pressed every two seconds."""
    warm: bool = False
    """With the cache that is there, instead of an empty one."""


def longest_standstill(road: NDArray[np.uint8], screen: VirtualScreen, seconds: float) -> tuple[float, str]:
    """The longest time without a changed picture, and the key pressed before it."""
    keys, worst, last = iter(KEYS), (0.0, ""), "none"
    ends, next_key = time.monotonic() + seconds, time.monotonic() + 2.0
    while time.monotonic() < ends:
        if time.monotonic() >= next_key:
            last = next(keys, "none")
            if last != "none":
                screen.press(last)
            next_key += 2.0
        passed = wait_for_change(road, road.copy(), 60.0)
        worst = max(worst, (60.0 if passed is None else passed, last))
    return worst


@interruptible
def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status."""
    options = parse(Options, arguments, prog="python -m sim.benchmark.cold_start")
    console = Console()
    with mistakes_in_one_line(OSError), tempfile.TemporaryDirectory() as cache, virtual_screen(SIZE) as screen:
        if not options.warm:
            os.environ["XDG_CACHE_HOME"] = cache
        began = time.monotonic()
        screen.start_demo("--scenario", options.scenario, "--theme", "meadow")
        road = screen.pixels()[ROAD]
        while not road.any() and time.monotonic() < began + 300:
            time.sleep(0.02)
        console.print(f"first picture after {time.monotonic() - began:.1f} s")
        seconds, key = longest_standstill(road, screen, options.seconds)
        console.print(f"longest standstill {seconds:.2f} s, after the key {key}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
