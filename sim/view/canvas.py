"""What views draw on: arrays that are used again, since fresh ones cost more than what is drawn on them."""

from functools import lru_cache
from threading import local
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.simulator import KEPT_SIZES


class Canvases(local):
    """An array (*size, 3) for each size that was lately asked for; each thread has its own."""

    def __init__(self) -> None:
        self._of = lru_cache(maxsize=KEPT_SIZES)(lambda size: np.empty((*size, 3), np.uint8))

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy has canvases of its own."""
        return Canvases, ()

    def __call__(self, size: tuple[int, int]) -> NDArray[np.uint8]:
        """The canvas of (height, width) pixels, with whatever was last drawn on it."""
        return self._of(size)
