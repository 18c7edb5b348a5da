"""What a family is trained by: it is given batches and says what is to be minimised. Trainers know no more of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sim.policy import Decision, Observation, Policy, State


@dataclass(frozen=True)
class Batch:
    """Frames with the expert's answers, for a network without memory: arrays lead with B, the frames.

    observation: see `sim.policy.Observation`. action (B, 2) float32. shown (B, H, W) uint8, what pixels show, see
    `agent.shown`; None unless the objective asks for it.

    For a network with memory all arrays lead with B, T: B sequences of T control steps each, one after the other. began
    (B, T) bool: where the network has to forget all that was before, as an episode begins; always at the first step.
    """

    observation: Observation
    action: NDArray[np.float32]
    shown: NDArray[np.uint8] | None = None
    began: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    step: gradient steps done. round: of the drives, the first is 0. rounds: how many of them have gone by, with
    fractions. finishing: whether this is one of the last rounds (docs/training.md). seed: the run's.
    """

    step: int
    round: int
    rounds: float
    finishing: bool
    seed: int

    def generator(self) -> torch.Generator:
        """Chance for this step: the same however often, and in whatever process, the step is taken."""
        return torch.Generator().manual_seed(self.seed * 1_000_003 + self.step)


@dataclass(frozen=True)
class Loss:
    """total: a scalar, to be minimised. figures: what else there is to tell of it, the columns of log.csv; the same
    names at each step."""

    total: Tensor
    figures: Mapping[str, float]


@dataclass(frozen=True)
class Options:
    """What a family lets be chosen in training: a field is an option of the command line, its docstring the help.

    Derive from it; each field needs a default.
    """

    def shape(self, config: type) -> Any:
        """The network's shape that these options ask for, an instance of the family's `config`."""
        return config()


class Objective:
    """What a network is to learn. Derive from it; `loss` is all that it needs.

    wants_shown: whether its batches tell what their pixels show, which costs some time.
    """

    wants_shown: ClassVar[bool] = False

    def __init__(self, options: Any) -> None:
        """options: the family's, see `Options`."""
        self.options = options

    def begin_round(self, network: nn.Module, progress: Progress) -> None:
        """Called after each drive, before the round's first gradient step; not again by a run that goes on within."""

    def loss(self, network: Any, batch: Batch, progress: Progress) -> Loss:
        """What is to be minimised."""
        raise NotImplementedError

    def student(
        self, policy: Any, observation: Observation, state: State, progress: Progress
    ) -> tuple[Decision, State]:
        """What the policy does while it drives in training, which grows the data; usually what it always does."""
        driving: Policy = policy
        return driving.act(observation, state)

    def told(self, progress: Progress, figures: Mapping[str, float]) -> str:
        """What is being learned now, and how well, in words for people; figures: those of the last loss."""
        return ", ".join(f"{name.replace('_', ' ')} {value:.3g}" for name, value in figures.items())

    def lacks(self, progress: Progress) -> str:
        """What a network cannot do yet so far into a run although it drives, such as "its gates are not closed yet"; ""
        where there is nothing to say."""
        return ""
