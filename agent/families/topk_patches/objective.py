"""Losses: imitate the expert, and, for gated networks, learn to ignore the rest of the picture."""

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from agent.config import Closing
from agent.dataset import Batch
from agent.families.topk_patches.junk import blur, nothing_but_junk, replace_unread
from agent.families.topk_patches.network import TEMPERATURE, TopKPatches, to_patches
from agent.shown import SHOWN
from sim.policy import Observation


@dataclass(frozen=True)
class Losses:
    """total is what is minimised; the rest is for the log. open_share: mean share of patches let through."""

    total: Tensor
    imitation: float
    naming: float
    consistency: float
    junk_open: float
    open_share: float


ACTION_WEIGHTS = (8.0, 4.0)
"""Of steer and pedal: the expert's pedal hangs on bends that the picture barely shows yet, and on how fast others are,
so its error has a floor."""

LINEAR_BEYOND = (0.2, 0.6)
"""Errors of steer and pedal from which on the loss grows linearly. Full braking is rare and must not count as an
outlier: with 0.2 the network answered people on the road with a shrug."""

NAMING_WEIGHT, PRESENT = 4.0, 2
"""Of the naming loss; pixels of a cell that a thing must cover to be named."""

PRESENT_WEIGHTS = {"vehicle": 8.0, "obstacle": 40.0, "crossing": 40.0, "pedestrian": 20.0, "stop": 8.0, "go": 8.0}
"""Of the cells that show a thing, in the naming loss: what is rare counts more."""

BLIND_PART = 4
"""One frame in so many of the second half is also shown to the gate with junk in every cell: cells that are always read
would never meet any otherwise, and open by their place alone."""

SHARP = 0.2
"""Temperature at which the budget counts open gates in the end."""


def imitation_loss(action: Tensor, target: Tensor) -> Tensor:
    """Weighted Huber losses of steer and pedal, their mean."""
    parts = zip(ACTION_WEIGHTS, action.unbind(1), target.unbind(1), LINEAR_BEYOND, strict=True)
    losses = [weight * F.huber_loss(mine, wanted, delta=delta) for weight, mine, wanted, delta in parts]
    return torch.stack(losses).mean()


def naming_loss(logits: Tensor, present: Tensor) -> Tensor:
    """How badly logits (..., len(SHOWN)) tell what a cell shows, present (..., len(SHOWN)) in {0, 1}.

    Imitation alone finds a person of a few pixels among 144 cells too slowly, and the budget closes what is rare with
    its surroundings, a red lamp with the sky, before imitation can tell its worth.
    """
    weight = torch.tensor([PRESENT_WEIGHTS[name] for name in SHOWN])
    return F.binary_cross_entropy_with_logits(logits, present, pos_weight=weight)


def open_loss(network: TopKPatches, batch: Batch) -> Losses:
    """Imitation with every patch let through."""
    patches, speed, target = _tensors(network, batch)
    reading = network.ungated(patches, speed)
    imitation = imitation_loss(reading.action, target)
    naming = naming_loss(network.names(reading.features), _present(network, batch))
    total = imitation + NAMING_WEIGHT * naming
    return Losses(total, imitation.item(), naming.item(), 0.0, 0.0, reading.kept.float().mean().item())


def closing_loss(
    network: TopKPatches, batch: Batch, closing: Closing, done: float, generator: torch.Generator
) -> Losses:
    """Imitation, a budget on open gates (`done`: share of the way to it), and indifference to what was not read.

    The first half of the batch is driven twice: as it is, and with its unread cells replaced and the gate run again.
    """
    patches, speed, target = _tensors(network, batch)
    half = len(patches) // 2
    with torch.no_grad():
        clean = network(patches[:half], speed[:half])
        edited, replaced, junk = replace_unread(
            patches[:half], clean.kept, partial(_blurred, network, batch, generator), generator
        )
    noise = _logistic(patches.shape[:2], generator)
    noise[:half] = 0  # the edited half must answer exactly as the clean one
    reading = network(torch.cat([edited, patches[half:]]), speed, noise=noise)

    imitation = imitation_loss(reading.action, target)
    naming = naming_loss(network.names(reading.features[half:]), _present(network, batch)[half:])
    consistency = F.huber_loss(reading.action[:half], clean.action, delta=0.1)
    # A hinge: junk that is closed already gets no push.
    junk_open = (F.relu(reading.logits[:half] + closing.junk_margin) * junk).sum() / junk.sum().clamp_min(1)
    blind = network.gate_logits(nothing_but_junk(patches[half : half + half // BLIND_PART], generator))
    junk_open = junk_open + closing.blind_weight * F.relu(blind + closing.junk_margin).mean()
    # what is taught is free: people must not cost the lines
    budget, _ = budget_loss(reading.reasons[half:, :, 0], closing.budget, done)
    logits = reading.logits[half:]
    margin = F.relu(closing.margin - logits.abs()).mean()
    total = (
        imitation
        + NAMING_WEIGHT * naming
        + closing.consistency_weight * consistency
        + closing.budget_weight * budget
        + closing.junk_weight * junk_open
        + closing.margin_weight * margin
    )
    opened = (reading.kept[:half] & replaced).sum() / replaced.sum().clamp_min(1)
    return Losses(
        total, imitation.item(), naming.item(), consistency.item(), opened.item(), (logits > 0).float().mean().item()
    )


def budget_loss(logits: Tensor, budget: float, done: float) -> tuple[Tensor, Tensor]:
    """How far the share of open gates is from the budget of the moment; and that share.

    The budget comes down from all gates by equal factors while `done` goes from 0 to 1. On the way the soft share
    counts, so that all gates sink together and the useful ones hold out; it sharpens to the share that is really open,
    since gates that are all half closed would meet a soft budget, too. Below a floor the gates are pulled open again: a
    gate that has closed too far would learn nothing more.
    """
    temperature = TEMPERATURE + done * (SHARP - TEMPERATURE)
    soft = torch.sigmoid(logits / temperature).mean()
    really = (logits > 0).float().mean()
    floor = 0.85 * budget**done
    return F.relu(soft - budget**done) + 3 * F.relu(floor - (really + soft - soft.detach())), really


def observe(network: TopKPatches, observation: Observation) -> tuple[Tensor, Tensor]:
    """Patches (B, cells, values) and speed (B, 1) of an observation."""
    return network.patches(torch.from_numpy(observation["frame"])), torch.from_numpy(observation["speed"])


def _tensors(network: TopKPatches, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    return *observe(network, batch.observation), torch.from_numpy(batch.action)


def _present(network: TopKPatches, batch: Batch) -> Tensor:
    """(B, cells, len(SHOWN)) 1 where a cell shows something of a kind."""
    cells = to_patches(torch.from_numpy(batch.shown)[..., None], network.config)
    counts = [(cells == kind).sum(2) for kind in range(1, len(SHOWN) + 1)]
    return (torch.stack(counts, 2) >= PRESENT).float()


def _blurred(network: TopKPatches, batch: Batch, generator: torch.Generator, frames: Tensor) -> Tensor:
    return network.patches(torch.from_numpy(blur(batch.observation["frame"][frames.numpy()], generator)))


def _logistic(shape: tuple[int, ...] | torch.Size, generator: torch.Generator) -> Tensor:
    uniform = torch.rand(shape, generator=generator).clamp(1e-4, 1 - 1e-4)
    return uniform.log() - (1 - uniform).log()
