"""The region that a map reads in a picture: how deep inside of it each pixel lies. Pure functions.

A selection's region is its kept cells, as they lie. A soft map's is the smallest set of cells that holds a share of its
mass; smooth, it ends on the contour of density halfway between the last cell in it and the first one out.
"""

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.cells import CellGrid, Cells
from sim.policy import Attention

HALF_MASS = 0.5
"""A soft map's line runs round what holds half of its mass."""

PLAIN = 4.0
"""How many times denser than an even map such a part is whose line is drawn in full."""

REACH = 2.0
"""Natural logarithms of density, about a contour, within which its place is looked for."""

FINEST = 640
"""Pixels of width: a contour is found in a picture no wider, and enlarged."""

OUTSIDE = -1e3
"""Pixels: the depth of all that is not looked at."""

Picture = NDArray[np.float32]


def plainness(attention: Attention, share: float, index: int = 0) -> float:
    """How plain the line round `share` of a map's mass is, in [0, 1]: 1 for a selection, 0 for an even map.

    The logarithm of how much denser that part is than an even map's, over that of PLAIN.
    """
    if attention.kind == "selection":
        return 1.0
    cells = attention.mass(share)[index]
    if not cells.any():
        return 0.0
    return float(np.clip(math.log(share / cells.mean()) / math.log(PLAIN), 0.0, 1.0))


class Region(NamedTuple):
    """Of pictures of one size. box: (rows, columns) with all of it inside. depth: (h, w) float32, how many pixels the
    middle of each pixel in the box lies inside the border; negative outside."""

    box: tuple[slice, slice]
    depth: Picture


def region(
    attention: Attention,
    share: float,
    size: tuple[int, int],
    index: int = 0,
    *,
    raw: bool = False,
    around: bool = False,
) -> Region:
    """Of map `index` in pictures of `size` (height, width).

    share: of a soft map's mass. Selections and boxes are raw cells, soft maps too where `raw` asks for it. around:
    the box is the picture, and how far outside a pixel lies is true.
    """
    cells = attention.cells
    if attention.kind == "selection":
        chosen = kept(attention, index)
    elif raw or not isinstance(cells, CellGrid):
        chosen = attention.mass(share)[index]
    else:
        whole = slice(0, size[0]), slice(0, size[1])
        return Region(whole, _contour(attention.weights[index], attention.mass(share)[index], cells, size))
    return _of_mask(_mask(chosen, cells, size, index), around)


def kept(attention: Attention, index: int) -> NDArray[np.bool_]:
    """(h, w): the kept cells of a selection. ValueError where it does not say which they are."""
    if attention.kept is None:
        raise ValueError("attention.kept is None; expected the kept mask (N, h, w) of a selection")
    return attention.kept[index]


def _mask(chosen: NDArray[np.bool_], cells: Cells, size: tuple[int, int], index: int) -> NDArray[np.uint8]:
    mask = np.zeros(size, np.uint8)
    for row, col in np.argwhere(chosen):
        mask[cells.pixels(row, col, *size, index)] = 1
    return mask


def _of_mask(mask: NDArray[np.uint8], around: bool) -> Region:
    """That of a mask (H, W) of 0 and 1; beyond the picture nothing is inside."""
    left, top, width, height = (0, 0, *mask.shape[::-1]) if around else cv2.boundingRect(mask)
    box = slice(top, top + height), slice(left, left + width)
    padded = cv2.copyMakeBorder(mask[box], 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    depth = np.asarray(cv2.distanceTransform(padded, cv2.DIST_C, 3), np.float32)[1:-1, 1:-1]
    if around:
        depth -= np.asarray(cv2.distanceTransform(1 - mask, cv2.DIST_C, 3))
        return Region(box, depth - np.copysign(np.float32(0.5), depth))
    return Region(box, depth - np.float32(0.5))


def _contour(
    weights: NDArray[np.float32], chosen: NDArray[np.bool_], cells: CellGrid, size: tuple[int, int]
) -> Picture:
    """Pixels to the contour of density that goes between the chosen cells and the others."""
    if not chosen.any():
        return np.full(size, OUTSIDE, np.float32)
    density = np.log(np.maximum(weights, 1e-12))
    last = density[chosen].min()
    rest = density < last - 1e-6  # no contour tells equals apart
    if not rest.any():
        return inside_grid(np.full(size, -OUTSIDE, np.float32), cells, OUTSIDE)
    first = max(density[rest].max(), last - REACH)
    level = np.clip(density - (last + first) / 2, -REACH, REACH).astype(np.float32)
    scale = min(1.0, FINEST / size[1])
    small = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    field = warped(level, cells, small, cv2.INTER_CUBIC)
    slope = np.hypot(cv2.Sobel(field, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(field, cv2.CV_32F, 0, 1, scale=1 / 8))
    found = inside_grid(np.asarray(field / np.maximum(slope, 1e-3), np.float32), cells, OUTSIDE) * np.float32(
        size[1] / small[1]
    )
    return found if small == size else np.asarray(cv2.resize(found, size[::-1]), np.float32)


def warped(cell: Picture, cells: CellGrid, size: tuple[int, int], how: int) -> Picture:
    """Cells' values (h, w) between their centres, level from the outermost centres on: `size` float32."""
    sizes = np.array(size)
    per_pixel = 1 / (sizes * cells.stride)
    first = ((0.5 / sizes) - cells.origin - np.divide(cells.size, 2)) / cells.stride
    to_cells = np.array([[per_pixel[1], 0, first[1]], [0, per_pixel[0], first[0]]])
    pixels = np.empty(size, np.float32)
    cv2.warpAffine(cell, to_cells, size[::-1], pixels, how | cv2.WARP_INVERSE_MAP, cv2.BORDER_REPLICATE)
    return pixels


def inside_grid(pixels: Picture, cells: CellGrid, beyond: float) -> Picture:
    """The pixels (H, W) that the grid covers, and `beyond` for all others."""
    height, width = pixels.shape
    top, left = (edge.start for edge in cells.pixels(0, 0, height, width))
    bottom, right = (edge.stop for edge in cells.pixels(cells.rows - 1, cells.cols - 1, height, width))
    inside = np.full_like(pixels, beyond)
    inside[top:bottom, left:right] = pixels[top:bottom, left:right]
    return inside
