"""The red: an attention map over a picture, on one fixed scale. Pure functions of their arguments.

alpha = PEAK * clip(log(p n) / log SATURATION, 0, 1) for a cell of weight p among n; alpha = PEAK on the kept cells of a
selection. Nothing is stretched per frame: a diffuse map looks diffuse and a uniform map looks like nothing.

A picture takes less of it, so that what is read stays to be seen (docs/looks.md shows what else was tried). A selection
is tinted most at its border, with a line along it; a soft map by SOFT / PEAK times alpha, with a line round what holds
half of its mass, as plain as that part is dense. `sim.view.ink` says what keeps its colour.
"""

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.cells import CellGrid, Cells
from sim.jit import inner_kernel, kernel
from sim.policy import MASS_SHARE, Attention
from sim.view import ink
from sim.view.region import HALF_MASS, Region, inside_grid, kept, plainness, region, warped

RED = ink.RED
"""RGB: one red for whatever the window calls red."""

PEAK = 0.65
"""The strongest red, where there is nothing beneath it to be seen: 65 % red, 35 % ground."""

SOFT = 0.5
"""How red a soft map's dull pixels are at most."""

LAYERS = 4
"""Maps and sizes whose layers are kept."""

SATURATION = 16.0
"""A cell of this many times the mean weight gets the strongest red."""

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
        return np.where(kept(attention, index), np.float32(PEAK), np.float32(0))
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
    """A copy of `picture` (H, W, 3) with the map in red; every byte where nothing is read stays as it was."""
    painted = picture.copy()
    redden(painted, attention, index, raw=raw)
    return painted


def redden(
    picture: NDArray[np.uint8],
    attention: Attention | None,
    index: int = 0,
    *,
    raw: bool = False,
    tinted: bool = True,
) -> None:
    """Paint the map in red over the picture itself: a tint, and a line round it. tinted: False for the line alone."""
    if attention is None:
        return
    layer = layer_of(attention, (picture.shape[0], picture.shape[1]), index, raw)
    if tinted and layer.alpha is not None:
        ink.tint(picture, layer.alpha)
    part, width = picture[layer.border.box], picture.shape[1]
    if tinted and layer.alpha is None:
        ink.fill(part, layer.border.depth, ink.FADE * width)
    ink.trace(part, layer.border.depth, *ink.breadths(width), layer.strength)


def spotlight(picture: NDArray[np.uint8], attention: Attention | None, index: int = 0, *, raw: bool = False) -> None:
    """Darken all of the picture that is not read, see `sim.policy.Attention.read`; what is read keeps every byte."""
    if attention is not None:
        ink.darken(picture, _lit(attention, (picture.shape[0], picture.shape[1]), index, raw))


class Layer(NamedTuple):
    """What a map lays over pictures of one size. border: what its line goes round; strength: of the line, in [0, 1].

    alpha: (H, W) float32, how red a dull pixel becomes, in [0, 1]; None for a selection, which its border tells.
    """

    border: Region
    strength: float
    alpha: NDArray[np.float32] | None


@lru_cache(maxsize=LAYERS)
def layer_of(attention: Attention, size: tuple[int, int], index: int = 0, raw: bool = False) -> Layer:
    """What this map lays over pictures of `size` (height, width). Kept: pictures between two decisions share it."""
    border = region(attention, HALF_MASS, size, index, raw=raw)
    if attention.kind == "selection":
        return Layer(border, 1.0, None)
    alpha = pixel_alpha(attention, *size, index, raw=raw)
    alpha *= np.float32(SOFT / PEAK)
    return Layer(border, plainness(attention, HALF_MASS, index), alpha)


def selected_share(depth: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """How red a dull pixel is, `depth` pixels inside a selection in a picture `width` pixels wide."""
    fade = np.float32(ink.FADE * width)
    return np.float32(ink.CORE) + np.float32(ink.EDGE - ink.CORE) * np.clip(1 - depth / fade, 0, 1)


@lru_cache(maxsize=LAYERS)
def _lit(attention: Attention, size: tuple[int, int], index: int, raw: bool) -> NDArray[np.float32]:
    """What a spotlight lights: (*size) in [0, 1]."""
    lit, read = np.zeros(size, np.float32), region(attention, MASS_SHARE, size, index, raw=raw)
    np.clip(read.depth + np.float32(0.5), 0, 1, out=lit[read.box])
    return lit


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


def _raw(alpha: NDArray[np.float32], cells: Cells, height: int, width: int, index: int) -> NDArray[np.float32]:
    pixels = np.zeros((height, width), np.float32)
    for row, col in np.argwhere(alpha > 0):
        pixels[cells.pixels(row, col, height, width, index)] = alpha[row, col]
    return pixels


def _interpolated(alpha: NDArray[np.float32], cells: CellGrid, height: int, width: int) -> NDArray[np.float32]:
    """Linear between the cells' centres, level from the outermost centres to the grid's edge, zero beyond it."""
    return inside_grid(warped(alpha, cells, (height, width), cv2.INTER_LINEAR), cells, 0.0)
