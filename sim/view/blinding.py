"""Overwriting cells of the frame while the car drives: what it reads (T4, live) or what it does not (T1, live)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.perturb import FrameEdit, edit_frames, frame_edit
from sim.policy import Attention, Observation
from sim.view.actions import BLIND_READ, BLIND_UNREAD


@dataclass(frozen=True)
class Blinding:
    """Which cells are overwritten, and with what. `told`: how the window says it."""

    edit: FrameEdit
    read: bool
    told: str

    def hides(self, attention: Attention) -> NDArray[np.bool_] | None:
        """(h, w): the cells to overwrite, going by the map of the clean frame; None for maps that select nothing."""
        return None if attention.kept is None else attention.kept[0] == self.read

    def apply(
        self, observation: Observation, attention: Attention, hidden: NDArray[np.bool_], rng: np.random.Generator
    ) -> Observation:
        """The observation with the `hidden` (h, w) cells of the map's grid overwritten."""
        frame = observation["frame"]
        pixels = attention.cells.covered(hidden[None], *frame.shape[1:3])
        return {
            "frame": edit_frames(self.edit, frame, pixels, attention.cells, rng).frame,
            "speed": observation["speed"],
        }


BLINDINGS = {
    BLIND_READ: Blinding(frame_edit("grey"), True, "what it reads is grey"),
    BLIND_UNREAD: Blinding(frame_edit("noise 0.25"), False, "noise in what it does not read"),
}
"""By the action that switches them."""
