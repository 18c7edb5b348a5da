"""A camera of this machine, by OpenCV."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.view.footage.reader import UNPLUGGED, Losses, Rate, plausible

MOST_CAMERAS = 100
"""Larger indices mean other things to OpenCV."""


class CameraFootage:
    """A camera of this machine. Its pictures are as late as its driver keeps them."""

    rewindable = False
    count = None
    losses = Losses()

    def __init__(self, index: int, rate: Rate | None = None) -> None:
        """OSError where no such camera can be opened. rate: what it is, where a person knows better."""
        self.name, self.ending = f"camera {index}", UNPLUGGED
        if not 0 <= index < MOST_CAMERAS:
            raise ValueError(f"camera {index}: expected an index from 0 to {MOST_CAMERAS - 1}; the first camera is 0")
        with silent_opencv():
            self._capture = cv2.VideoCapture(index)
        if not self._capture.isOpened():
            raise OSError(f"camera {index} cannot be opened; expected a connected camera (the first is 0) or a file")
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # the newest picture rather than each, where it can be chosen
        self.rate = rate or plausible(Fraction(self._capture.get(cv2.CAP_PROP_FPS)).limit_denominator(1001))

    def read(self) -> NDArray[np.uint8] | None:
        """The next picture; waits for it."""
        with silent_opencv():
            there, picture = self._capture.read()
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8) if there else None

    def rewind(self) -> None:
        """A camera only knows the present."""

    def close(self) -> None:
        """Let go of the camera."""
        self._capture.release()


@contextmanager
def silent_opencv() -> Iterator[None]:
    """OpenCV says on stderr what its return values say, too."""
    logging = cv2.utils.logging
    before = logging.getLogLevel()
    logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        logging.setLogLevel(before)
