"""A frame as a grid of patches, and where each lies."""

import math

import torch
from torch import Tensor


def to_patches(frames: Tensor, patch_size: tuple[int, int]) -> Tensor:
    """Frames (B, H, W, C), of any dtype, to (B, cells, values), row by row. patch_size: (height, width) in pixels."""
    high, wide = patch_size
    rows, cols, channels = frames.shape[1] // high, frames.shape[2] // wide, frames.shape[-1]
    cells = frames.reshape(len(frames), rows, high, cols, wide, channels)
    return cells.permute(0, 1, 3, 2, 4, 5).reshape(len(frames), rows * cols, high * wide * channels)


def position_features(rows: int, cols: int, octaves: int) -> Tensor:
    """(cells, 2 + 4 octaves): each cell's centre in [-1, 1], and its sines and cosines."""
    down = (torch.arange(rows) + 0.5) / rows * 2 - 1
    right = (torch.arange(cols) + 0.5) / cols * 2 - 1
    centre = torch.stack(torch.meshgrid(down, right, indexing="ij"), -1).reshape(-1, 2)
    turns = [centre * math.pi * 2**octave for octave in range(octaves)]
    return torch.cat([centre, *(torch.sin(turn) for turn in turns), *(torch.cos(turn) for turn in turns)], 1)
