"""What unread cells are overwritten with in training, so that the gate learns to leave junk closed.

Works on patches (B, cells, values) in [-0.5, 0.5], `values` being pixels x RGB. The tests' own substrates live in
`sim.perturb` and work on frames; these are drawn from wider families on purpose.
"""

from collections.abc import Callable

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Substrate = Callable[[Tensor, torch.Generator], Tensor]


def replace_unread(
    patches: Tensor, kept: Tensor, blurred: Callable[[Tensor], Tensor], generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Overwrite cells that were not kept, one substrate a frame. kept (B, cells) bool; blurred: the patches of the
    frames with the given indices, blurred.

    Returns the edited patches, which cells were replaced, and which of these are junk that should stay closed, both
    (B, cells) bool. A foreign cell is pasted only where it was unread in its own frame too: closing cells that were
    read elsewhere would teach place instead of content. Foreign cells in their own place and blurred ones are no junk:
    the gate sees such every day, and pressing on them would close real content for good.
    """
    choice = torch.randint(len(OWN) + 3, (len(patches),), generator=generator)
    source, replaced = patches.clone(), ~kept
    for index, substrate in enumerate(OWN):
        chosen = (choice == index).nonzero()[:, 0]
        source[chosen] = substrate(patches[chosen], generator)
    for index, displaced in ((len(OWN), False), (len(OWN) + 1, True)):
        chosen = (choice == index).nonzero()[:, 0]
        source[chosen], unread = _foreign(patches, kept, chosen, displaced, generator)
        replaced[chosen] &= unread
    chosen = (choice == len(OWN) + 2).nonzero()[:, 0]
    source[chosen] = blurred(chosen)
    natural = (choice == len(OWN)) | (choice == len(OWN) + 2)
    return torch.where(replaced[..., None], source, patches), replaced, replaced & ~natural[:, None]


def blur(frames: NDArray[np.uint8], generator: torch.Generator) -> NDArray[np.uint8]:
    """Frames (B, H, W, 3) blurred twice by a box of random size, one size a call."""
    size = 2 * int(torch.randint(1, 5, (), generator=generator)) + 1
    blurred = np.empty_like(frames)
    for frame, into in zip(frames, blurred, strict=True):
        cv2.blur(cv2.blur(frame, (size, size)), (size, size), dst=into)
    return blurred


def nothing_but_junk(patches: Tensor, generator: torch.Generator) -> Tensor:
    """Frames that show nothing at all, one of BLIND's substrates in each: (B, cells, values)."""
    choice = torch.randint(len(BLIND), (len(patches),), generator=generator)
    junk = patches.clone()
    for index, substrate in enumerate(BLIND):
        chosen = (choice == index).nonzero()[:, 0]
        junk[chosen] = substrate(patches[chosen], generator)
    return junk


def _uniform(shape: tuple[int, ...], generator: torch.Generator, low: float = -0.5, high: float = 0.5) -> Tensor:
    return torch.rand(shape, generator=generator) * (high - low) + low


def _one_colour_a_frame(patches: Tensor, generator: torch.Generator) -> Tensor:
    """Grey, black, white or any colour, the same in every cell."""
    colour = _uniform((len(patches), 1, 1, 3), generator)
    grey = colour[..., :1] * 1.2
    grey_or_not = torch.where(_uniform((len(patches), 1, 1, 1), generator) < 0.2, grey.expand_as(colour), colour)
    return _as_patches(grey_or_not.clamp(-0.5, 0.5), patches)


def _frame_mean(patches: Tensor, generator: torch.Generator) -> Tensor:
    return _as_patches(patches.unflatten(-1, (-1, 3)).mean((1, 2))[:, None, None, :], patches)


def _one_colour_a_cell(patches: Tensor, generator: torch.Generator) -> Tensor:
    return _as_patches(_uniform((*patches.shape[:2], 1, 3), generator), patches)


def _noise(patches: Tensor, generator: torch.Generator) -> Tensor:
    """Pixel noise round a level, of any strength, coloured or grey, normal or uniform."""
    frames, cells, values = patches.shape
    shape = (frames, cells, values // 3, 3)
    normal = torch.randn(shape, generator=generator)
    grains = torch.where(_coin(frames, generator), normal, _uniform(shape, generator, -1.75, 1.75))
    grains = torch.where(_coin(frames, generator), grains, grains[..., :1].expand(shape))
    level = _uniform((frames, 1, 1, 3), generator) * torch.where(_coin(frames, generator), 0.0, 0.8)
    strength = _uniform((frames, 1, 1, 1), generator, 0.02, 0.6)
    return (level + grains * strength).clamp(-0.5, 0.5).reshape(patches.shape)


def _grain_on_top(patches: Tensor, generator: torch.Generator) -> Tensor:
    """The frame's own content under pixel noise."""
    strength = _uniform((len(patches), 1, 1), generator, 0.08, 0.6)
    return (patches + torch.randn(patches.shape, generator=generator) * strength).clamp(-0.5, 0.5)


def _foreign(
    patches: Tensor, kept: Tensor, frames: Tensor, displaced: bool, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """For the given frames another frame's cells, in place or shuffled, and which of them were unread there."""
    other = (frames + torch.randint(1, len(patches), frames.shape, generator=generator)) % len(patches)
    cells = patches.shape[1]
    cell = torch.randperm(cells, generator=generator) if displaced else torch.arange(cells)
    return patches[other][:, cell], ~kept[other][:, cell]


def _coin(frames: int, generator: torch.Generator) -> Tensor:
    return torch.rand((frames, 1, 1, 1), generator=generator) < 0.5


def _as_patches(colours: Tensor, patches: Tensor) -> Tensor:
    """Colours (B, 1 or cells, 1, 3) spread over the patches' pixels."""
    frames, cells, values = patches.shape
    return colours.expand(frames, cells, values // 3, 3).reshape(patches.shape)


OWN: tuple[Substrate, ...] = (
    *(_one_colour_a_frame, _frame_mean, _one_colour_a_cell),
    *(_noise, _noise, _noise, _grain_on_top),  # the hard ones, so more often
)
"""Substrates that need nothing but the frame itself: patches (B, cells, values) to the like."""

BLIND: tuple[Substrate, ...] = (_one_colour_a_frame, _frame_mean, _one_colour_a_cell, _noise)
"""Those that leave nothing of the frame to be seen."""
