"""What goes into a network and comes out of it: frames as a policy's spec says, maps that sum to 1."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from sim.policy import PolicySpec


def check_frames(frames: NDArray[np.uint8], spec: PolicySpec) -> NDArray[np.uint8]:
    """The frames, contiguous. ValueError where they are not uint8 (N, height, width, 3) of the spec's size."""
    frames = np.ascontiguousarray(frames)
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[1:] != (*spec.frame_size, 3):
        wanted = f"uint8 (N, {spec.frame_size[0]}, {spec.frame_size[1]}, 3)"
        raise ValueError(f"frames are {frames.dtype} {frames.shape}, expected {wanted}")
    return frames


def normalised(weights: Tensor) -> Tensor:
    """Maps that sum to 1 over the last axis, or stay all zero."""
    return weights / weights.sum(-1, keepdim=True).clamp_min(1e-12)


def parameter_count(network: nn.Module) -> int:
    """Trainable values in the network."""
    return sum(weight.numel() for weight in network.parameters())
