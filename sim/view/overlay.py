"""The red: an attention map over a picture, on one fixed scale. Pure functions of their arguments.

alpha = PEAK * clip(log(p n) / log SATURATION, 0, 1) for a cell of weight p among n; alpha = PEAK on the kept cells of a
selection. Nothing is stretched per frame: a diffuse map looks diffuse and a uniform map looks like nothing.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.cells import CellGrid, Cells
from sim.jit import inner_kernel, kernel
from sim.policy import Attention

PEAK = 0.65
"""The strongest red: 65 % red, 35 % picture."""

SATURATION = 16.0
"""A cell of this many times the mean weight gets the strongest red."""

RED = (255, 26, 20)
OUTLINE = (255, 104, 92)
"""RGB of the red, and of the fine line along the inside of a selection's border."""

VEIL = 0.6
"""How much of an overwritten cell covers the picture for a person: the road stays visible beneath."""

SEAM = (246, 178, 60)
"""RGB of the line round overwritten cells."""


class Overwritten(NamedTuple):
    """Cells of a frame that were overwritten. frame: (H, W, 3) uint8 as the policy got it; hidden: (h, w) bool."""

    frame: NDArray[np.uint8]
    cells: Cells
    hidden: NDArray[np.bool_]


def lay_over(picture: NDArray[np.uint8], overwritten: Overwritten | None) -> None:
    """Lay the overwritten cells, as the policy got them, over the picture itself, with a line round them."""
    if overwritten is None:
        return
    height, width = picture.shape[:2]
    alpha = overwritten.cells.to_pixels(overwritten.hidden[None] * np.float32(VEIL), height, width)[0]
    frame = cv2.resize(overwritten.frame, (width, height), interpolation=cv2.INTER_NEAREST)
    cv2.blendLinear(picture, frame, 1 - alpha, alpha, picture)
    _outline(picture, alpha, np.array(SEAM, np.uint8))


def cell_alpha(attention: Attention, index: int = 0) -> NDArray[np.float32]:
    """How red each cell of map `index` is: (h, w) in [0, PEAK]."""
    if attention.kind == "selection":
        return np.where(_kept(attention, index), np.float32(PEAK), np.float32(0))
    weights = attention.weights[index]
    times_mean = np.maximum(weights * weights.size, 1.0)
    return (PEAK * np.minimum(np.log(times_mean) / np.log(SATURATION), 1.0)).astype(np.float32)


def pixel_alpha(
    attention: Attention, height: int, width: int, index: int = 0, *, raw: bool = False
) -> NDArray[np.float32]:
    """How red each pixel is: (height, width) in [0, PEAK].

    Selections and boxes are raw cells; soft maps on a grid are interpolated, or raw too where `raw` asks for it.
    """
    alpha, cells = cell_alpha(attention, index), attention.cells
    if raw or attention.kind == "selection" or not isinstance(cells, CellGrid):
        return _raw(alpha, cells, height, width, index)
    return _interpolated(alpha, cells, height, width)


def share_passed(attention: Attention | None, index: int = 0) -> float | None:
    """The share of the picture's area that a selection's kept cells cover; None for other kinds of map.

    Cells that overlap count once; exact where cells tile the frame.
    """
    if attention is None or attention.kind != "selection":
        return None
    cells = attention.cells
    return float(np.mean(_raw(cell_alpha(attention, index), cells, 32 * cells.rows, 32 * cells.cols, index) > 0))


def paint(
    picture: NDArray[np.uint8], attention: Attention | None, index: int = 0, *, raw: bool = False
) -> NDArray[np.uint8]:
    """A copy of `picture` (H, W, 3) with the map in red; every byte where alpha is 0 stays as it was."""
    painted = picture.copy()
    redden(painted, attention, index, raw=raw)
    return painted


def redden(picture: NDArray[np.uint8], attention: Attention | None, index: int = 0, *, raw: bool = False) -> None:
    """Paint the map in red over the picture itself. A selection gets a fine line along the inside of its border."""
    if attention is None:
        return
    height, width = picture.shape[:2]
    alpha = pixel_alpha(attention, height, width, index, raw=raw)
    box = _box(alpha)
    _blend(picture[box], alpha[box], np.array(RED, np.float32))
    if attention.kind == "selection":
        _outline(picture[box], alpha[box], np.array(OUTLINE, np.uint8))


def _box(alpha: NDArray[np.float32]) -> tuple[slice, slice]:
    """The smallest box with all of the red in it: most of a picture has none."""
    rows = np.flatnonzero(alpha.any(axis=1))
    if not len(rows):
        return slice(0), slice(0)
    inside = slice(int(rows[0]), int(rows[-1]) + 1)
    columns = np.flatnonzero(alpha[inside].any(axis=0))
    return inside, slice(int(columns[0]), int(columns[-1]) + 1)


@kernel
def _blend(picture, alpha, colour):
    """A colour over the picture (H, W, 3), as strong as alpha (H, W)."""
    for v in range(picture.shape[0]):
        for u in range(picture.shape[1]):
            share = alpha[v, u]
            if share > np.float32(0):
                for channel in range(3):
                    value = np.float32(picture[v, u, channel])
                    value += (colour[channel] - value) * share
                    picture[v, u, channel] = np.uint8(value + np.float32(0.5))


@kernel
def _outline(picture, alpha, colour):
    """A line one pixel wide along the inside of the region's border, so that cells read on any ground."""
    for v in range(picture.shape[0]):
        for u in range(picture.shape[1]):
            if alpha[v, u] > np.float32(0) and _at_border(alpha, v, u):
                for channel in range(3):
                    picture[v, u, channel] = colour[channel]


@inner_kernel
def _at_border(alpha, v, u):
    """Whether one of the eight neighbours is without red, or beyond the picture."""
    height, width = alpha.shape
    if v == 0 or u == 0 or v == height - 1 or u == width - 1:
        return True
    for y in range(v - 1, v + 2):
        for x in range(u - 1, u + 2):
            if alpha[y, x] <= np.float32(0):
                return True
    return False


def _kept(attention: Attention, index: int) -> NDArray[np.bool_]:
    if attention.kept is None:
        raise ValueError("attention.kept is None; expected the kept mask (N, h, w) of a selection")
    return attention.kept[index]


def _raw(alpha: NDArray[np.float32], cells: Cells, height: int, width: int, index: int) -> NDArray[np.float32]:
    pixels = np.zeros((height, width), np.float32)
    for row, col in np.argwhere(alpha > 0):
        pixels[cells.pixels(row, col, height, width, index)] = alpha[row, col]
    return pixels


def _interpolated(alpha: NDArray[np.float32], cells: CellGrid, height: int, width: int) -> NDArray[np.float32]:
    """Linear between the cells' centres, level from the outermost centres to the grid's edge, zero beyond it."""
    sizes = np.array([height, width])
    per_pixel = 1 / (sizes * cells.stride)
    first = ((0.5 / sizes) - cells.origin - np.divide(cells.size, 2)) / cells.stride
    to_cells = np.array([[per_pixel[1], 0, first[1]], [0, per_pixel[0], first[0]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    pixels = np.empty((height, width), np.float32)
    cv2.warpAffine(alpha, to_cells, (width, height), pixels, flags, cv2.BORDER_REPLICATE)
    return _inside_grid(pixels, cells)


def _inside_grid(pixels: NDArray[np.float32], cells: CellGrid) -> NDArray[np.float32]:
    height, width = pixels.shape
    top, left = (edge.start for edge in cells.pixels(0, 0, height, width))
    bottom, right = (edge.stop for edge in cells.pixels(cells.rows - 1, cells.cols - 1, height, width))
    inside = np.zeros_like(pixels)
    inside[top:bottom, left:right] = pixels[top:bottom, left:right]
    return inside
