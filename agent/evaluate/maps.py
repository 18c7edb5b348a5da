"""A policy's map as the suites ask of it: which pixels it reads, and the same map on cells that stay in place."""

import numpy as np
from numpy.typing import NDArray

from sim.cells import Boxes, CellGrid
from sim.perturb import Mask
from sim.policy import Attention, Decision

PLACES = CellGrid.tiling(9, 16)
"""Where boxes are told to have been, from frame to frame."""


def attention_of(decision: Decision) -> Attention:
    """The decision's map; ValueError without one."""
    if decision.attention is None:
        raise ValueError("this policy gives no attention, so there is nothing to test")
    return decision.attention


def pixels_read(attention: Attention, height: int, width: int) -> Mask:
    """(N, height, width): the pixels of the cells that count as read: see `Attention.read`."""
    return attention.cells.covered(attention.read, height, width)


def in_place(attention: Attention, height: int, width: int) -> Attention:
    """The map on cells that are the same in each frame: itself on a grid; of boxes, on PLACES.

    There a box's weight is spread evenly over its pixels, and a place counts as read where a read box touches it.
    """
    if isinstance(attention.cells, CellGrid):
        return attention
    weights = normalised(PLACES.means(_density(attention.weights, attention.cells, height, width)))
    kept = PLACES.means(pixels_read(attention, height, width)) > 0
    return Attention(weights.astype(np.float32), PLACES, attention.kind, kept)


def normalised(maps: NDArray[np.floating] | Mask) -> NDArray[np.float64]:
    """(..., h, w) maps that sum to 1, or stay all zero."""
    total = maps.sum((-2, -1), keepdims=True, dtype=float)
    return np.divide(maps, total, out=np.zeros(maps.shape), where=total > 0)


def _density(weights: NDArray[np.float32], cells: Boxes, height: int, width: int) -> NDArray[np.float64]:
    """(N, height, width): the weight of every pixel; where boxes overlap, the sum."""
    density, area = np.zeros((len(weights), height, width)), cells.area(height, width)
    for index, row, col in np.argwhere(area > 0).tolist():
        inside = (index, *cells.pixels(row, col, height, width, index))
        density[inside] += weights[index, row, col] / area[index, row, col]
    return density
