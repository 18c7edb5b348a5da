"""What `topk-patches` learns: to imitate the expert, and to ignore the rest of the picture."""

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from agent.families.imitation import imitation_loss
from agent.families.naming import naming_loss, present
from agent.families.objective import Batch, Loss, Objective, Progress
from agent.families.patches import to_patches
from agent.families.topk_patches.junk import blur, nothing_but_junk, replace_unread
from agent.families.topk_patches.network import TEMPERATURE, TopKPatches
from agent.families.topk_patches.options import Closing, TopKPatchesOptions
from agent.families.topk_patches.policy import TopKPatchesPolicy
from sim.policy import Decision, Observation, State

NAMING_WEIGHT = 4.0
"""Of the naming loss."""

BLIND_PART = 4
"""One frame in so many of the second half is also shown to the gate with junk in every cell: cells that are always read
would never meet any otherwise, and open by their place alone."""

SHARP = 0.2
"""Temperature at which the budget counts open gates in the end."""

FIGURES = ("imitation", "naming", "consistency", "junk_open", "share_read")
"""What is told of a loss, in this order."""


class ReadLittle(Objective):
    """First learn to drive with every patch let through, then close the gates, round by round (docs/training.md)."""

    wants_shown = True
    options: TopKPatchesOptions

    def begin_round(self, network: TopKPatches, progress: Progress) -> None:  # type: ignore[override]
        """The gate begins with what the controller has learned to see."""
        if progress.round == self.options.closing.from_round:
            network.begin_gating()

    def loss(self, network: TopKPatches, batch: Batch, progress: Progress) -> Loss:
        """That of the rounds before the gates close, or of those after."""
        if not self.closes(progress):
            return open_loss(network, batch)
        closing, done = self.closing(progress), self.closed(progress)
        return closing_loss(network, batch, closing, done, progress.generator())

    def student(
        self, policy: TopKPatchesPolicy, observation: Observation, state: State, progress: Progress
    ) -> tuple[Decision, State]:
        """Before its gates are trained, with every patch let through."""
        if self.closes(progress):
            return policy.act(observation, state)
        with torch.inference_mode():
            reading = policy.network.ungated(*observe(policy.network, observation))
        return Decision(reading.action.numpy()), state

    def closes(self, progress: Progress) -> bool:
        """Whether the gates are being trained."""
        return progress.round >= self.options.closing.from_round

    def closing(self, progress: Progress) -> Closing:
        """How they are closed in this round."""
        closing, last = self.options.closing, self.options.finishing
        return replace(closing, budget=last.budget) if progress.finishing else closing

    def closed(self, progress: Progress) -> float:
        """How far the budget has come down, from 0 to 1."""
        closing = self.options.closing
        return min(1.0, max(0.0, (progress.rounds - closing.from_round) / closing.ramp_rounds))

    def told(self, progress: Progress, figures: Mapping[str, float]) -> str:
        """The gates, in words."""
        closing, done = self.options.closing, self.closed(progress)
        if not self.closes(progress):
            return f"all gates open until round {closing.from_round}"
        state = "gates closed" if done == 1 else f"gates close until round {self.closed_by}"
        return f"{state}: {figures['share_read']:.0%} of the cells pass"

    def lacks(self, progress: Progress) -> str:
        """A selection means nothing before the budget is reached."""
        return "" if self.closed(progress) == 1 else "its gates are not closed yet"

    @property
    def closed_by(self) -> int:
        """The round, counted from 1, with whose end the budget has come down all the way."""
        return math.ceil(self.options.closing.from_round + self.options.closing.ramp_rounds)


def open_loss(network: TopKPatches, batch: Batch) -> Loss:
    """Imitation with every patch let through."""
    patches, speed, target = _tensors(network, batch)
    reading = network.ungated(patches, speed)
    imitation = imitation_loss(reading.action, target)
    naming = naming_loss(network.names(reading.features), _present(network, batch))
    total = imitation + NAMING_WEIGHT * naming
    return Loss(total, _figures(imitation, naming, share_read=reading.kept.float().mean()))


def closing_loss(network: TopKPatches, batch: Batch, closing: Closing, done: float, generator: torch.Generator) -> Loss:
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
    read = (logits > 0).float().mean()
    return Loss(total, _figures(imitation, naming, consistency=consistency, junk_open=opened, share_read=read))


def _figures(imitation: Tensor, naming: Tensor, **gating: Tensor) -> Mapping[str, float]:
    """The columns of log.csv; share_read: mean share of patches let through."""
    known = {"imitation": imitation, "naming": naming, **gating}
    return {name: known[name].item() if name in known else 0.0 for name in FIGURES}


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
    return present(to_patches(torch.from_numpy(batch.shown)[..., None], network.config.patch_size))


def _blurred(network: TopKPatches, batch: Batch, generator: torch.Generator, frames: Tensor) -> Tensor:
    return network.patches(torch.from_numpy(blur(batch.observation["frame"][frames.numpy()], generator)))


def _logistic(shape: tuple[int, ...] | torch.Size, generator: torch.Generator) -> Tensor:
    uniform = torch.rand(shape, generator=generator).clamp(1e-4, 1 - 1e-4)
    return uniform.log() - (1 - uniform).log()
