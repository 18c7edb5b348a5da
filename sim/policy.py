"""What a policy is: numpy-only types that window, recorder and evaluator share. Every array leads with N, the batch."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypedDict, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Kind = Literal["selection", "soft attention", "activation saliency", "gradient saliency"]
State = Any
"""Recurrent state as `initial_state` and `act` return it: a mapping of arrays that lead with N, or None."""


class Observation(TypedDict):
    """`frame` uint8 (N, H, W, 3) RGB and `speed` float32 (N, 1) in m/s."""

    frame: NDArray[np.uint8]
    speed: NDArray[np.float32]


@dataclass(frozen=True)
class CellGrid:
    """Where a map's cells lie, in fractions of the frame as (vertical, horizontal); cells may overlap."""

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

    def pixels(self, row: int, col: int, height: int, width: int) -> tuple[slice, slice]:
        """The pixels of one cell in a frame of `height` x `width`, as (rows, columns)."""
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


@dataclass(frozen=True)
class Attention:
    """One map a frame, from the same forward pass as the action.

    weights: (N, h, w) >= 0, each map sums to 1 or is all zero. kept: (N, h, w) bool, selections only.
    heads: (N, heads, h, w), each sums to 1 or is all zero.
    """

    weights: NDArray[np.float32]
    cells: CellGrid
    kind: Kind
    kept: NDArray[np.bool_] | None = None
    heads: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Decision:
    """action: (N, A) float32 in [-1, 1]; for driving steer (+ left), pedal (+ throttle). attention may be missing."""

    action: NDArray[np.float32]
    attention: Attention | None = None


@dataclass(frozen=True)
class PolicySpec:
    """What a policy needs and gives. frame_size is (height, width) in pixels, field_of_view horizontal, in radians."""

    frame_size: tuple[int, int]
    field_of_view: float
    needs_speed: bool
    action_size: int
    kind: Kind | None


@runtime_checkable
class Policy(Protocol):
    """Anything that decides. State is explicit: asking "what if this were masked?" must not disturb the drive."""

    spec: PolicySpec

    def initial_state(self, n: int) -> State:
        """The state before the first frame, for n worlds."""
        ...

    def act(
        self, observation: Observation, state: State, *, keep: NDArray[np.bool_] | None = None
    ) -> tuple[Decision, State]:
        """Decide for N frames. `keep` (N, h, w) forces the kept mask; ValueError where the kind is not a selection."""
        ...
