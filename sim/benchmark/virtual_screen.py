"""The real demo in a real window on a virtual X screen, for measurements and screenshots: Xvfb, and xdotool's keys.

Needs Debian's packages xvfb and xdotool. The screen's pixels lie in a file that Xvfb keeps up to date, so that they can
be read in microseconds and without asking the X server.
"""

import mmap
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.view.hud.layout import DESIGN_SIZE

TOOLS = ("Xvfb", "xdotool")
WINDOW_CLASS = "run_demo"
"""What SDL calls the demo's window, after the program."""

STARTING = 300.0
"""Seconds that a program may take to show its window; the very first start compiles."""


class VirtualScreen:
    """A screen of `size` (width, height) pixels that nobody sees, with programs on it."""

    def __init__(self, size: tuple[int, int], folder: Path) -> None:
        """OSError where Xvfb or xdotool is missing."""
        for tool in TOOLS:
            if shutil.which(tool) is None:
                raise OSError(f"{tool} is missing; Debian has it in its package {tool.lower()}")
        reader, writer = os.pipe()
        options = [
            "-screen",
            "0",
            f"{size[0]}x{size[1]}x24",
            "-fbdir",
            str(folder),
            "-displayfd",
            str(writer),
            "-noreset",
        ]
        self._server = subprocess.Popen(["Xvfb", *options], pass_fds=[writer], stderr=subprocess.DEVNULL, text=True)
        os.close(writer)
        with os.fdopen(reader) as stream:
            self.display = f":{stream.readline().strip()}"
        self._pixels = _pixels(folder / "Xvfb_screen0")
        self._keys: subprocess.Popen[str] | None = None
        self._programs: list[subprocess.Popen[str]] = []

    @property
    def environment(self) -> dict[str, str]:
        """For programs that shall open their windows here."""
        hidden = ("WAYLAND_DISPLAY", "SDL_VIDEODRIVER", "SDL_VIDEO_DRIVER")
        kept = {name: value for name, value in os.environ.items() if name not in hidden}
        return {**kept, "DISPLAY": self.display}

    def start_demo(self, *arguments: str, size: tuple[int, int] | None = None) -> "subprocess.Popen[str]":
        """`run_demo.py` with these arguments; returns once its window shows the road, resized to (width, height)."""
        program = subprocess.Popen(
            [sys.executable, "-m", "run_demo", *arguments], env=self.environment, stdout=subprocess.PIPE, text=True
        )
        self._programs.append(program)
        deadline = time.monotonic() + STARTING
        while not (window := self._xdotool("search", "--class", WINDOW_CLASS).strip()):
            if program.poll() is not None or time.monotonic() > deadline:
                raise OSError(f"the demo showed no window (exit status {program.poll()})")
            time.sleep(0.05)
        width, height = size or DESIGN_SIZE[::-1]
        self._xdotool("windowmove", window, "0", "0", "windowsize", window, str(width), str(height))
        return program

    def press(self, key: str) -> None:
        """Press and release a key, by X's name of it."""
        if self._keys is None:
            self._keys = subprocess.Popen(["xdotool", "-"], env=self.environment, stdin=subprocess.PIPE, text=True)
        assert self._keys.stdin is not None
        self._keys.stdin.write(f"key --delay 0 {key}\n")
        self._keys.stdin.flush()

    def pixels(self) -> NDArray[np.uint8]:
        """What is on the screen now, (height, width, 3) RGB; a view of it that changes with it."""
        return self._pixels[..., 2::-1]

    def close(self) -> None:
        """End all programs, then the screen."""
        programs = [*self._programs, *([self._keys] if self._keys else []), self._server]
        for program in programs:
            program.terminate()
            program.wait()

    def _xdotool(self, *arguments: str) -> str:
        """What xdotool answers; nothing where it fails."""
        command = ["xdotool", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False).stdout


@contextmanager
def virtual_screen(size: tuple[int, int]) -> Iterator[VirtualScreen]:
    """A `VirtualScreen` for as long as the block lasts."""
    with tempfile.TemporaryDirectory() as folder:
        screen = VirtualScreen(size, Path(folder))
        try:
            yield screen
        finally:
            screen.close()


def wait_for_change(pixels: NDArray[np.uint8], before: NDArray[np.uint8], seconds: float) -> float | None:
    """Seconds until the pixels are no longer those of `before`; None where that took longer than `seconds`."""
    began = time.perf_counter()
    while (passed := time.perf_counter() - began) < seconds:
        if not np.array_equal(pixels, before):
            return passed
    return None


def _pixels(path: Path) -> NDArray[np.uint8]:
    """The picture in Xvfb's file, (height, width, 4) BGRX. The file is in X's window dump format, XWD."""
    with path.open("rb") as file:
        memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    header: Sequence[int] = struct.unpack(">25I", memory[:100])
    header_size, width, height, row_bytes, colours = header[0], header[4], header[5], header[12], header[19]
    start = header_size + 12 * colours
    rows = np.frombuffer(memory, np.uint8, height * row_bytes, start).reshape(height, row_bytes)
    return rows[:, : 4 * width].reshape(height, width, 4)
