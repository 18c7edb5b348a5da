"""Imitating an expert: the loss on an action."""

import torch
from torch import Tensor
from torch.nn import functional as F

ACTION_WEIGHTS = (8.0, 4.0)
"""Of steer and pedal: the expert's pedal hangs on bends that the picture barely shows yet, and on how fast others are,
so its error has a floor."""

LINEAR_BEYOND = (0.2, 0.6)
"""Errors of steer and pedal from which on the loss grows linearly. Full braking is rare and must not count as an
outlier: with 0.2 the network answered people on the road with a shrug."""


def imitation_loss(action: Tensor, target: Tensor) -> Tensor:
    """Weighted Huber losses of steer and pedal (..., 2), their mean."""
    parts = zip(ACTION_WEIGHTS, action.unbind(-1), target.unbind(-1), LINEAR_BEYOND, strict=True)
    losses = [weight * F.huber_loss(mine, wanted, delta=delta) for weight, mine, wanted, delta in parts]
    return torch.stack(losses).mean()
