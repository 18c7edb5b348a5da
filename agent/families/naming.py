"""Learning to name things: the loss on what a cell shows, of `agent.shown.SHOWN`."""

import torch
from torch import Tensor
from torch.nn import functional as F

from agent.shown import SHOWN

PRESENT = 2
"""Pixels of a cell that a thing must cover to be named."""

PRESENT_WEIGHTS = {"vehicle": 8.0, "obstacle": 40.0, "crossing": 40.0, "pedestrian": 20.0, "stop": 8.0, "go": 8.0}
"""Of the cells that show a thing, in the naming loss: what is rare counts more."""


def naming_loss(logits: Tensor, present: Tensor) -> Tensor:
    """How badly logits (..., len(SHOWN)) tell what a cell shows, present (..., len(SHOWN)) in {0, 1}.

    Imitation alone finds a person of a few pixels among 144 cells too slowly, and the budget closes what is rare with
    its surroundings, a red lamp with the sky, before imitation can tell its worth.
    """
    weight = torch.tensor([PRESENT_WEIGHTS[name] for name in SHOWN])
    return F.binary_cross_entropy_with_logits(logits, present, pos_weight=weight)


def present(cells: Tensor) -> Tensor:
    """(B, cells, len(SHOWN)): 1 where a cell shows something of a kind; cells (B, cells, pixels), see `agent.shown`."""
    counts = [(cells == kind).sum(2) for kind in range(1, len(SHOWN) + 1)]
    return (torch.stack(counts, 2) >= PRESENT).float()
