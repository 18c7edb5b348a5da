"""What sprites are painted on: how much of each of three materials every texel shows."""

import cv2
import numpy as np
from numpy.typing import NDArray

SUPERSAMPLING = 2
Vector = NDArray[np.float64]


class Canvas:
    """Material weights and coverage while a sprite is painted; x runs to the right, y up, both in [0, 1]."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.height, self.width = (SUPERSAMPLING * side for side in size)
        self.weights = np.zeros((self.height, self.width, 3), np.uint8)
        self.coverage = np.zeros((self.height, self.width), np.uint8)

    def polygon(self, corners: Vector, weights: Vector) -> None:
        """Fill a polygon (n, 2); weights (3,) in [0, 1] sum to at most 1."""
        pixels = np.stack([corners[:, 0] * self.width, (1 - corners[:, 1]) * self.height], axis=1)
        fixed = np.round(pixels * 16 - 8).astype(np.int32)
        cv2.fillPoly(self.weights, [fixed], tuple(255 * weights), shift=4)
        cv2.fillPoly(self.coverage, [fixed], 255, shift=4)

    def texture(self) -> NDArray[np.uint8]:
        """The finished texture (height, width, 4) uint8, premultiplied."""
        pixels = np.dstack([self.weights, self.coverage])
        size = (self.width // SUPERSAMPLING, self.height // SUPERSAMPLING)
        return halved(pixels, size)


def halved(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Averages over areas; size: (width, height)."""
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
