"""Edits of a finished frame, as data: what an edit paints, and over which pixels.

A `FrameEdit` names a fill (grey, noise, another frame's cells, ...) and its strength. `edit_frames` paints that fill
over any pixels: those that a policy did not read (does the action stay?) or those that it read (does it change?).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.cells import Cells
from sim.errors import unknown

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]
MID_GREY = 127


class Donors(NamedTuple):
    """Foreign frames, one for each frame that is edited.

    frame: (N, H, W, 3) uint8. read: (N, H, W) bool, the pixels that were read in their own frame; an edit that takes
    foreign *unread* content takes nothing from those.
    """

    frame: Bytes
    read: Mask


class Fill(NamedTuple):
    """What a fill offers for every pixel.

    frame: (N, H, W, 3) uint8. usable: (N, H, W) bool, where it has content (None: everywhere). source: (N, h, w) int,
    the flat index of the cell that each cell's content came from (None: its own place).
    """

    frame: Bytes
    usable: Mask | None = None
    source: NDArray[np.intp] | None = None


class Edited(NamedTuple):
    """frame: (N, H, W, 3) uint8, a fresh array. replaced: (N, H, W) bool. source: as in `Fill`."""

    frame: Bytes
    replaced: Mask
    source: NDArray[np.intp] | None


@dataclass(frozen=True)
class FrameEdit:
    """One edit: its fill (a key of OWN_FILLS or FOREIGN_FILLS) and the strength, where that fill has one."""

    name: str
    fill: str
    strength: float = 0.0

    @property
    def needs_donors(self) -> bool:
        """Whether the fill takes content from foreign frames."""
        return self.fill in FOREIGN_FILLS


def _flat(frame: Bytes, level: float) -> Fill:
    return Fill(np.full_like(frame, round(level)))


def _frame_mean(frame: Bytes) -> Fill:
    mean = frame.mean((1, 2), keepdims=True).round().astype(np.uint8)
    return Fill(np.broadcast_to(mean, frame.shape))


def _noise(frame: Bytes, sigma: float, rng: np.random.Generator) -> Fill:
    noise = rng.standard_normal(frame.shape, np.float32) * np.float32(255 * sigma) + MID_GREY
    return Fill(np.clip(noise, 0, 255).astype(np.uint8))


def _flat_colours(frame: Bytes, cells: Cells, rng: np.random.Generator) -> Fill:
    n, height, width, _ = frame.shape
    colours = rng.integers(0, 256, (n, 3, cells.rows, cells.cols), np.uint8)
    return Fill(np.moveaxis(cells.to_pixels(colours, height, width), 1, -1))


def _blur(frame: Bytes, sigma: float) -> Fill:
    return Fill(np.stack([cv2.GaussianBlur(picture, (0, 0), sigma * len(picture)) for picture in frame]))


def _owners(cells: Cells, n: int, height: int, width: int) -> NDArray[np.intp]:
    """(n, H, W): the flat index of the cell that owns each pixel, -1 where none does."""
    numbers = np.arange(1, cells.rows * cells.cols + 1).reshape(cells.rows, cells.cols)
    return cells.to_pixels(np.broadcast_to(numbers, (n, *numbers.shape)), height, width) - 1


def _corners(cells: Cells, index: int, height: int, width: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The top and left pixel of every cell of frame `index`, (h * w,) each."""
    spans = [cells.pixels(row, col, height, width, index) for row, col in np.ndindex(cells.rows, cells.cols)]
    return np.array([rows.start for rows, _ in spans]), np.array([cols.start for _, cols in spans])


def _displaced(donors: Donors, cells: Cells, rng: np.random.Generator) -> Fill:
    """Each frame's cells filled from a permutation of its donor's cells, with the donor's unread pixels only."""
    n, height, width, _ = donors.frame.shape
    source = rng.permuted(np.tile(np.arange(cells.rows * cells.cols), (n, 1)), axis=1)
    owners = _owners(cells, n, height, width)
    frame, usable = np.empty_like(donors.frame), np.empty((n, height, width), bool)
    for index, owner in enumerate(owners):
        top, left = _corners(cells, index, height, width)
        origin = source[index, owner]
        rows = np.minimum(top[origin] + np.arange(height)[:, None] - top[owner], height - 1)
        cols = np.minimum(left[origin] + np.arange(width) - left[owner], width - 1)
        frame[index] = donors.frame[index, rows, cols]
        usable[index] = ~donors.read[index, rows, cols] & (owner >= 0)
    return Fill(frame, usable, source.reshape(n, cells.rows, cells.cols))


OWN_FILLS: dict[str, Callable[[Bytes, Cells, np.random.Generator, float], Fill]] = {
    "flat": lambda frame, cells, rng, level: _flat(frame, level),
    "frame mean": lambda frame, cells, rng, _: _frame_mean(frame),
    "noise": lambda frame, cells, rng, sigma: _noise(frame, sigma, rng),
    "flat colours": lambda frame, cells, rng, _: _flat_colours(frame, cells, rng),
    "blur": lambda frame, cells, rng, sigma: _blur(frame, sigma),
}
"""Fills that need nothing but the frame. Strength is a grey level for `flat`, a share of the full range (sigma) for
`noise`, around mid-grey, and a share of the frame's height (sigma) for `blur`."""

FOREIGN_FILLS: dict[str, Callable[[Donors, Cells, np.random.Generator], Fill]] = {
    "foreign": lambda donors, cells, rng: Fill(donors.frame),
    "foreign unread": lambda donors, cells, rng: Fill(donors.frame, ~donors.read),
    "foreign displaced": _displaced,
}
"""Fills that take their content from foreign frames."""

EDITS: dict[str, FrameEdit] = {
    edit.name: edit
    for edit in (
        FrameEdit("grey", "flat", MID_GREY),
        FrameEdit("black", "flat", 0),
        FrameEdit("white", "flat", 255),
        FrameEdit("frame mean", "frame mean"),
        FrameEdit("noise 0.10", "noise", 0.10),
        FrameEdit("noise 0.25", "noise", 0.25),
        FrameEdit("noise 0.50", "noise", 0.50),
        FrameEdit("flat colours", "flat colours"),
        FrameEdit("blur", "blur", 0.06),
        FrameEdit("foreign", "foreign"),
        FrameEdit("foreign unread", "foreign unread"),
        FrameEdit("foreign displaced", "foreign displaced"),
    )
}
"""Every named edit."""


def frame_edit(name: str) -> FrameEdit:
    """The edit of that name; ValueError for an unknown one."""
    if name not in EDITS:
        raise unknown("frame edit", name, EDITS)
    return EDITS[name]


def _offer(edit: FrameEdit, frame: Bytes, cells: Cells, rng: np.random.Generator, donors: Donors | None) -> Fill:
    if not edit.needs_donors:
        return OWN_FILLS[edit.fill](frame, cells, rng, edit.strength)
    if donors is None:
        raise ValueError(f"the edit {edit.name!r} takes content from foreign frames: donors are needed, got None")
    return FOREIGN_FILLS[edit.fill](donors, cells, rng)


def edit_frames(
    edit: FrameEdit,
    frame: Bytes,
    pixels: Mask,
    cells: Cells,
    rng: np.random.Generator,
    donors: Donors | None = None,
) -> Edited:
    """Paint `edit` over `pixels` of N frames; the others keep their bytes.

    frame: (N, H, W, 3) uint8. pixels: (N, H, W) bool. cells: the grid that cell-wise fills follow. donors: foreign
    frames, for the edits that need them. Where a fill has no content (see `Fill.usable`) the frame keeps its own.
    ValueError where shapes disagree or donors are missing.
    """
    if frame.ndim != 4 or pixels.shape != frame.shape[:3]:
        raise ValueError(f"pixels must be (N, H, W) for frames (N, H, W, 3), got {pixels.shape} for {frame.shape}")
    fill = _offer(edit, frame, cells, rng, donors)
    replaced = pixels if fill.usable is None else pixels & fill.usable
    return Edited(np.where(replaced[..., None], fill.frame, frame), replaced, fill.source)
