"""Overwriting cells of the frame while the car drives: what it reads (T4, live) or what it does not (T1, live)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.perturb import FrameEdit, edit_frames, frame_edit
from sim.policy import MASS_SHARE, Attention, Observation


@dataclass(frozen=True)
class Blinding:
    """Which cells are overwritten, and with what. What the window says: words, of a selection's cells; mostly, of the
    cells that hold most of another map; nothing, where there are no such cells."""

    edit: FrameEdit
    read: bool
    words: str
    mostly: str
    nothing: str

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

    def told(self, attention: Attention | None, hidden: NDArray[np.bool_] | None) -> str:
        """What the window says of a decision on a frame whose `hidden` (h, w) cells were overwritten: those that would
        have been read, or not, of the frame as it was."""
        if attention is None or hidden is None:
            return "no map: nothing is overwritten"
        if not hidden.any():
            return self.nothing
        return self.words if attention.kind == "selection" else self.mostly


READ, UNREAD = "read", "unread"

_MOST = f"{100 * MASS_SHARE:.0f} % of its map"

BLINDINGS = {
    READ: Blinding(
        frame_edit("grey"),
        True,
        "grey on all that it would read",
        f"grey on the cells that hold {_MOST}",
        "it reads nothing: nothing is grey",
    ),
    UNREAD: Blinding(
        frame_edit("noise 0.25"),
        False,
        "noise on all that it would not read",
        f"noise on all but the cells that hold {_MOST}",
        "it reads everything: no noise",
    ),
}
"""By the value of `Settings.blinding`."""
