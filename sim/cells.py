"""Where the cells of an attention map lie in a frame: on a fixed grid, or in boxes that move from frame to frame."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class CellGrid:
    """Where a map's cells lie, the same in each frame: fractions of it as (vertical, horizontal); they may overlap."""

    rows: int
    cols: int
    origin: tuple[float, float]
    stride: tuple[float, float]
    size: tuple[float, float]

    @staticmethod
    def tiling(rows: int, cols: int) -> "CellGrid":
        """Cells that tile the frame without gap or overlap."""
        step = (1 / rows, 1 / cols)
        return CellGrid(rows, cols, (0.0, 0.0), step, step)

    def pick(self, index: NDArray[np.integer] | slice) -> "CellGrid":
        """The cells of some frames: the same."""
        return self

    def pixels(self, row: int, col: int, height: int, width: int, index: int = 0) -> tuple[slice, slice]:
        """The pixels of one cell in a frame of `height` x `width`, as (rows, columns); alike in every frame `index`."""
        top, left = self.origin[0] + row * self.stride[0], self.origin[1] + col * self.stride[1]
        return (
            slice(round(top * height), round((top + self.size[0]) * height)),
            slice(round(left * width), round((left + self.size[1]) * width)),
        )

    def to_pixels(self, cells: NDArray[Any], height: int, width: int) -> NDArray[Any]:
        """Spread a (..., rows, cols) array over (..., height, width) pixels; a later cell wins where cells overlap."""
        spread = np.zeros((*cells.shape[:-2], height, width), cells.dtype)
        for row in range(self.rows):
            for col in range(self.cols):
                spread[(..., *self.pixels(row, col, height, width))] = cells[..., row, col, None, None]
        return spread

    def covered(self, chosen: NDArray[np.bool_], height: int, width: int) -> NDArray[np.bool_]:
        """(..., height, width): all pixels of the chosen (..., rows, cols) cells, also where cells overlap."""
        inside = np.zeros((*chosen.shape[:-2], height, width), bool)
        for row, col in np.ndindex(self.rows, self.cols):
            inside[(..., *self.pixels(row, col, height, width))] |= chosen[..., row, col, None, None]
        return inside

    def means(self, image: NDArray[Any]) -> NDArray[np.float64]:
        """(..., rows, cols): the mean over each cell's pixels of a (..., H, W) image."""
        means = np.empty((*image.shape[:-2], self.rows, self.cols))
        for row, col in np.ndindex(self.rows, self.cols):
            means[..., row, col] = image[(..., *self.pixels(row, col, *image.shape[-2:]))].mean((-2, -1))
        return means

    def area(self, height: int, width: int) -> NDArray[np.int64]:
        """Pixels (1, rows, cols) of each cell, the same in every frame."""
        return _areas(self, 1, height, width)

    def centres(self) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Vertical and horizontal centre of each cell, in fractions of the frame: (1, rows, 1) and (1, 1, cols)."""
        down = self.origin[0] + np.arange(self.rows, dtype=np.float64) * self.stride[0] + self.size[0] / 2
        right = self.origin[1] + np.arange(self.cols, dtype=np.float64) * self.stride[1] + self.size[1] / 2
        return down[None, :, None], right[None, None]


@dataclass(frozen=True, eq=False)
class Boxes:
    """Where a map's cells lie when they move from frame to frame, as glimpses do.

    edges: (N, rows, cols, 4) float32, top, left, bottom, right in fractions of the frame. Boxes may overlap and lie
    partly or wholly outside.
    """

    edges: NDArray[np.float32]

    @property
    def rows(self) -> int:
        """Rows of cells."""
        return self.edges.shape[1]

    @property
    def cols(self) -> int:
        """Columns of cells."""
        return self.edges.shape[2]

    def pick(self, index: NDArray[np.integer] | slice) -> "Boxes":
        """The cells of some frames."""
        return Boxes(self.edges[index])

    def pixels(self, row: int, col: int, height: int, width: int, index: int = 0) -> tuple[slice, slice]:
        """The pixels of one cell of frame `index`, `height` x `width`, as (rows, columns), cut at the frame's edge."""
        top, left, bottom, right = self.edges[index, row, col].tolist()
        return _within(top, bottom, height), _within(left, right, width)

    def to_pixels(self, cells: NDArray[Any], height: int, width: int) -> NDArray[Any]:
        """Spread (N, ..., rows, cols) over (N, ..., height, width) pixels; a later cell wins where cells overlap."""
        spread = np.zeros((*cells.shape[:-2], height, width), cells.dtype)
        for index, row, col in np.ndindex(len(cells), self.rows, self.cols):
            inside = (index, ..., *self.pixels(row, col, height, width, index))
            spread[inside] = cells[index, ..., row, col, None, None]
        return spread

    def covered(self, chosen: NDArray[np.bool_], height: int, width: int) -> NDArray[np.bool_]:
        """(N, height, width): all pixels of the chosen (N, rows, cols) cells, also where cells overlap."""
        inside = np.zeros((len(chosen), height, width), bool)
        for index, row, col in np.argwhere(chosen).tolist():
            inside[(index, *self.pixels(row, col, height, width, index))] = True
        return inside

    def means(self, image: NDArray[Any]) -> NDArray[np.float64]:
        """(N, rows, cols): the mean over each cell's pixels of an (N, H, W) image; 0 of a cell outside of the frame."""
        means = np.zeros((len(image), self.rows, self.cols))
        height, width = image.shape[1:]
        for index, row, col in np.ndindex(means.shape):
            down, right = self.pixels(row, col, height, width, index)
            inside = image[index, down, right]
            means[index, row, col] = inside.mean() if inside.size else 0.0
        return means

    def area(self, height: int, width: int) -> NDArray[np.int64]:
        """Pixels (N, rows, cols) of each cell within the frame."""
        return _areas(self, len(self.edges), height, width)

    def centres(self) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Vertical and horizontal centre of each cell, in fractions of the frame: (N, rows, cols) each."""
        top, left, bottom, right = np.moveaxis(self.edges.astype(np.float64), -1, 0)
        return (top + bottom) / 2, (left + right) / 2


def _within(start: float, end: float, length: int) -> slice:
    first = min(max(round(start * length), 0), length)
    return slice(first, min(max(round(end * length), first), length))


Cells = CellGrid | Boxes
"""Where a map's cells lie."""


def _areas(cells: Cells, n: int, height: int, width: int) -> NDArray[np.int64]:
    areas = np.zeros((n, cells.rows, cells.cols), np.int64)
    for index, row, col in np.ndindex(areas.shape):
        down, right = cells.pixels(row, col, height, width, index)
        areas[index, row, col] = (down.stop - down.start) * (right.stop - right.start)
    return areas
