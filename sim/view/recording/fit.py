"""A picture of any size in a frame of a fixed one."""

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.view.hud.text import BACKGROUND


def fit(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The whole picture in (*size, 3): as large as fits, its shape kept, in the middle of the background colour.

    Given back as it is where it has that size already.
    """
    if picture.shape[:2] == size:
        return picture
    scale = min(size[0] / picture.shape[0], size[1] / picture.shape[1])
    height, width = (max(1, round(length * scale)) for length in picture.shape[:2])
    smooth = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    frame = np.full((*size, 3), BACKGROUND, np.uint8)
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    frame[top : top + height, left : left + width] = cv2.resize(picture, (width, height), interpolation=smooth)
    return frame
