"""Overwriting cells of the frame while the car drives: what it reads (T4, live) or what it does not (T1, live)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.perturb import FrameEdit, edit_frames, frame_edit
from sim.policy import MASS_SHARE, Attention, Observation


@dataclass(frozen=True)
class Blinding:
    """Which cells are overwritten, and with what. `words`: how the window says it, of what it does to which cells."""

    edit: FrameEdit
    read: bool
    words: str

    def hides(self, attention: Attention) -> NDArray[np.bool_]:
        """(h, w): the cells to overwrite, going by the map of the clean frame; see `Attention.read`."""
        return attention.read[0] == self.read

    def apply(
        self, observation: Observation, attention: Attention, hidden: NDArray[np.bool_], rng: np.random.Generator
    ) -> Observation:
        """The observation with the `hidden` (h, w) cells of the map's grid overwritten."""
        frame = observation["frame"]
        pixels = attention.cells.covered(hidden[None], *frame.shape[1:3])
        return {**observation, "frame": edit_frames(self.edit, frame, pixels, attention.cells, rng).frame}

    def told(self, attention: Attention | None) -> str:
        """What the window says: a map that keeps nothing back mostly reads the cells that hold most of its mass."""
        if attention is None:
            return "no map: nothing to overwrite"
        mostly = "" if attention.kind == "selection" else f" ({100 * MASS_SHARE:.0f} % of its map)"
        return f"{self.words}{mostly}"


READ, UNREAD = "read", "unread"

BLINDINGS = {
    READ: Blinding(frame_edit("grey"), True, "what it reads is grey"),
    UNREAD: Blinding(frame_edit("noise 0.25"), False, "noise in what it does not read"),
}
"""By the value of `Settings.blinding`."""
