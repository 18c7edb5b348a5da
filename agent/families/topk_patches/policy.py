"""From a network to a policy: numpy in, numpy out, as `sim.policy.Policy` asks."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agent.families.frames import check_frames, normalised
from agent.families.topk_patches.network import Reading, TopKPatches
from agent.families.undisturbed import chance_kept, plain_torch, undisturbed
from sim.cells import CellGrid
from sim.policy import Attention, Decision, Observation, PolicySpec, State


class TopKPatchesPolicy:
    """Drives with `TopKPatches`. It has no memory, so its state is None."""

    def __init__(self, network: TopKPatches) -> None:
        self.network = network.eval()
        config = network.config
        self.spec = PolicySpec(config.frame_size, config.field_of_view, "selection")
        self.cells = CellGrid.tiling(*config.grid)
        self.most_kept = config.most_kept
        self.provenance: dict[str, Any] = {}

    def initial_state(self, n: int) -> State:
        """Nothing to remember."""
        return None

    @undisturbed
    def act(
        self, observation: Observation, state: State, *, keep: NDArray[np.bool_] | None = None
    ) -> tuple[Decision, State]:
        """Decide for N frames; `keep` (N, rows, cols) forces what is passed on. ValueError on wrong shapes."""
        frames = check_frames(observation["frame"], self.spec)
        patches = self.network.patches(torch.from_numpy(frames))
        speed = torch.from_numpy(np.asarray(observation["speed"], np.float32).reshape(len(frames), 1))
        reading = self.network.decide(patches, speed, self._forced(keep, len(frames)))
        return Decision(reading.action.numpy(), self._attention(reading)), None

    def with_randomised_gate(self, seed: int) -> "RandomisedGatePolicy":
        """The same controller behind a gate that never learned (a sanity check after Adebayo et al., 1810.03292)."""
        return RandomisedGatePolicy(self, seed)

    def _forced(self, keep: NDArray[np.bool_] | None, n: int) -> Tensor | None:
        if keep is None:
            return None
        shape = (n, self.cells.rows, self.cells.cols)
        if keep.shape != shape:
            raise ValueError(f"keep has shape {keep.shape}, expected {shape}")
        return torch.from_numpy(np.ascontiguousarray(keep, bool)).reshape(n, -1)

    def _attention(self, reading: Reading) -> Attention:
        shape = (self.cells.rows, self.cells.cols)
        heads = normalised(reading.attention)
        weights = normalised(reading.attention.mean(1))
        return Attention(
            weights=weights.unflatten(-1, shape).numpy(),
            cells=self.cells,
            kind="selection",
            kept=reading.kept.unflatten(-1, shape).numpy(),
            heads=heads.unflatten(-1, shape).numpy(),
        )


class RandomisedGatePolicy(TopKPatchesPolicy):
    """Keeps as many patches of a frame as the trained gate does, but those that a fresh gate ranks highest."""

    def __init__(self, trained: TopKPatchesPolicy, seed: int) -> None:
        super().__init__(trained.network)
        with chance_kept(), plain_torch(), torch.inference_mode(False):
            torch.manual_seed(seed)
            self.fresh = TopKPatches(trained.network.config).eval()

    @undisturbed
    def act(
        self, observation: Observation, state: State, *, keep: NDArray[np.bool_] | None = None
    ) -> tuple[Decision, State]:
        """As `TopKPatchesPolicy.act`, with the fresh gate's ranking in place of the trained gate's threshold."""
        if keep is None:
            keep = self._ranked(check_frames(observation["frame"], self.spec))
        return super().act(observation, state, keep=keep)

    def _ranked(self, frames: NDArray[np.uint8]) -> NDArray[np.bool_]:
        patches = self.network.patches(torch.from_numpy(frames))
        budget = self.network.threshold(self.network.gate_logits(patches)).sum(1, keepdim=True)
        rank = self.fresh.gate_logits(patches).argsort(dim=1, descending=True).argsort(dim=1)
        return (rank < budget).unflatten(-1, (self.cells.rows, self.cells.cols)).numpy()
