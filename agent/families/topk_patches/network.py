"""`topk-patches`: a controller that receives only the few patches that a gate lets through.

After the attentional bottleneck (Kim & Bansal 2020, arXiv 2005.04298), differentiable patch selection (Cordonnier et
al. 2021, arXiv 2104.03059) and hard-concrete gates (Louizos et al. 2018, arXiv 1712.01312). Each patch is gated alone,
on its own content and position, by an absolute threshold: what happens in one cell cannot open or close another.
"""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from agent.families.patches import position_features, to_patches
from agent.shown import SHOWN

TEMPERATURE = 2 / 3
"""Of the straight-through gate's sigmoid; the value of Louizos et al., section 3."""

WINDOW = 4
"""Pixels to a side of the window that a patch is read in."""

STRIDE = 2
"""Pixels from one window to the next."""

FILTERS = 32
"""What each window is read with."""

TAUGHT = ("obstacle", "crossing", "stop")
"""What the gate is taught to know and to let through, of `agent.shown.SHOWN`: rare, and decisive when it is there."""

CERTAIN = 1.5
"""Logit of its name above which a gate lets a patch through."""

CLOSED_FOR_GOOD = -4.0
"""Gate logit below which a cell is left out of a training step: its gate's slope is under a hundredth of an open one's,
so nothing could be learned from it, and most cells are so."""


@dataclass(frozen=True)
class TopKPatchesConfig:
    """Shape of the network. Pixels for frame and patch, radians for the (horizontal) field of view."""

    frame_size: tuple[int, int] = (72, 128)
    field_of_view: float = math.radians(80)
    patch_size: tuple[int, int] = (8, 8)
    most_kept: int = 32
    """The cap K: for overflow only, the threshold does the choosing."""
    width: int = 96
    token_size: int = 64
    heads: int = 6
    octaves: int = 3

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of patches."""
        return self.frame_size[0] // self.patch_size[0], self.frame_size[1] // self.patch_size[1]

    def __post_init__(self) -> None:
        if self.frame_size[0] % self.patch_size[0] or self.frame_size[1] % self.patch_size[1]:
            raise ValueError(f"patches of {self.patch_size} pixels do not tile a frame of {self.frame_size}")
        if min(self.patch_size) < WINDOW:
            raise ValueError(f"patches of {self.patch_size} pixels: expected at least {WINDOW} to a side")


@dataclass(frozen=True)
class Reading:
    """One forward pass: action (B, 2); kept (B, cells); attention (B, heads + 1, cells) without the null token.

    reasons (B, cells, 1 + TAUGHT): why a gate may open, as logits: that imitation asks for it, or that the patch shows
    one of the things it was taught to know. The last of the heads is the share of the peak features that a cell holds.
    features (B, cells, width): what the controller's encoder makes of the patches that it was given.
    """

    action: Tensor
    reasons: Tensor
    kept: Tensor
    attention: Tensor
    features: Tensor

    @property
    def logits(self) -> Tensor:
        """(B, cells): positive where a gate is open."""
        return self.reasons.amax(-1)


class PatchEncoder(nn.Module):
    """Content and position of each patch, alone, to a vector: (B, cells, values) -> (B, cells, width).

    Content is read by one small filter bank in overlapping windows: a person of two by five pixels looks the same
    wherever in the patch it is. The windows are laid out by hand, which on a CPU is faster than a convolution.
    """

    def __init__(self, patch_size: tuple[int, int], positions: Tensor, width: int) -> None:
        super().__init__()
        self.patch_size = patch_size
        self.positions: Tensor
        self.register_buffer("positions", positions, persistent=False)
        windows = math.prod((side - WINDOW) // STRIDE + 1 for side in patch_size)
        self.filters = nn.Linear(3 * WINDOW**2, FILTERS)
        nn.init.kaiming_normal_(self.filters.weight, nonlinearity="relu")
        self.content = nn.Sequential(nn.Linear(windows * FILTERS, width), nn.LayerNorm(width), nn.ReLU())
        self.place = nn.Linear(width + positions.shape[1], width)

    def forward(self, patches: Tensor) -> Tensor:
        """All patches of each frame, in order."""
        pixels = patches.unflatten(-1, (*self.patch_size, 3))
        windows = pixels.unfold(2, WINDOW, STRIDE).unfold(3, WINDOW, STRIDE).permute(0, 1, 2, 3, 5, 6, 4)
        content = self.content(F.relu(self.filters(windows.flatten(-3))).flatten(2))
        return F.relu(self.place(torch.cat([content, self.positions.expand(len(patches), -1, -1)], -1)))


class TopKPatches(nn.Module):
    """Gate, then pool, then decide. The controller's input is a function of kept patches and speed alone."""

    def __init__(self, config: TopKPatchesConfig) -> None:
        super().__init__()
        self.config = config
        positions = position_features(*config.grid, config.octaves)
        threshold = nn.Linear(config.width, 1)
        nn.init.constant_(threshold.bias, 3.0)  # every gate starts open: first learn to drive, then to ignore
        self.gate = nn.Sequential(PatchEncoder(config.patch_size, positions, config.width), threshold)
        self.read = nn.Sequential(
            PatchEncoder(config.patch_size, positions, config.width),
            nn.Linear(config.width, config.token_size),
            nn.ReLU(),
        )
        self.query = nn.Linear(config.token_size, config.heads)
        self.value = nn.Linear(config.token_size, config.token_size)
        self.null_score = nn.Parameter(torch.zeros(1, 1, config.heads))
        self.null_value = nn.Parameter(torch.zeros(1, 1, config.token_size))
        self.control = nn.Sequential(
            *(nn.Linear(config.token_size * (config.heads + 1) + 1, config.width), nn.ReLU()),
            *(nn.Linear(config.width, config.width), nn.ReLU()),
            nn.Linear(config.width, 2),
        )
        self.names = nn.Linear(config.width, len(SHOWN))
        self.taught = [SHOWN.index(name) for name in TAUGHT]

    def patches(self, frames: Tensor) -> Tensor:
        """uint8 frames (B, H, W, 3) to patches (B, cells, values) in [-0.5, 0.5], row by row."""
        return to_patches(frames, self.config.patch_size).float().div_(255).sub_(0.5)

    def gate_reasons(self, patches: Tensor) -> Tensor:
        """(B, cells, 1 + TAUGHT) logits; a patch is let through where one of them is positive."""
        return self._reasons(patches, self.read[0](patches))

    def _reasons(self, patches: Tensor, features: Tensor) -> Tensor:
        """As `gate_reasons`; features (B, cells, width): what the controller's encoder makes of the patches."""
        return torch.cat([self.gate(patches), self.names(features)[..., self.taught] - CERTAIN], -1)

    def gate_logits(self, patches: Tensor) -> Tensor:
        """(B, cells): positive where a patch is let through."""
        return self.gate_reasons(patches).amax(-1)

    @torch.no_grad()
    def begin_gating(self) -> None:
        """Let the gate begin with what the controller has learned to see: one that closes before it understands what
        a patch shows hardly opens again. From here on the two learn apart."""
        self.gate[0].load_state_dict(self.read[0].state_dict())

    def forward(self, patches: Tensor, speed: Tensor, *, noise: Tensor | None = None) -> Reading:
        """For training: straight-through gates, with `noise` (B, cells) added to their logits. speed (B, 1) in m/s.

        The cap is not applied: it is for overflow, and a gate must learn to do without it.
        """
        features = self.read[0](patches)
        reasons = self._reasons(patches, features)
        noisy = reasons.amax(-1) if noise is None else reasons.amax(-1) + noise
        chance = torch.sigmoid(noisy / TEMPERATURE)
        kept = (chance > 0.5).float()
        cells = most_open(noisy)
        live = features.gather(1, cells[..., None].expand(-1, -1, features.shape[-1]))
        gates = (kept + chance - chance.detach()).gather(1, cells)
        reading = self._drive(live, speed, reasons, gates, kept > 0)
        everywhere = cells[:, None].expand_as(reading.attention)
        attention = torch.zeros(len(patches), self.config.heads + 1, patches.shape[1]).scatter(
            2, everywhere, reading.attention
        )
        return replace(reading, attention=attention, features=features)

    def ungated(self, patches: Tensor, speed: Tensor) -> Reading:
        """For learning to drive before learning to ignore: every patch is let through."""
        open_gates = torch.ones(patches.shape[:2])
        return self._drive(self.read[0](patches), speed, open_gates[..., None], open_gates, open_gates > 0)

    @torch.inference_mode()
    def decide(self, patches: Tensor, speed: Tensor, keep: Tensor | None = None) -> Reading:
        """For driving: absolute threshold, then the cap; `keep` (B, cells) bool forces the mask.

        Patches that were not kept are blanked before the controller's encoder sees them for the decision. For the mask
        it has seen them all, and of that only the names of what is TAUGHT are used.
        """
        reasons = self.gate_reasons(patches)
        kept = self.threshold(reasons.amax(-1)) if keep is None else keep
        return self._drive(self.read[0](patches * kept[..., None]), speed, reasons, kept.float(), kept)

    def threshold(self, logits: Tensor) -> Tensor:
        """(B, cells) bool: open gates, at most K a frame (the strongest, where more are open)."""
        kept = logits > 0
        if bool((kept.sum(1) > self.config.most_kept).any()):
            strongest = torch.zeros_like(kept).scatter_(1, logits.topk(self.config.most_kept, dim=1).indices, True)
            kept = kept & strongest
        return kept

    def _drive(self, features: Tensor, speed: Tensor, reasons: Tensor, gates: Tensor, kept: Tensor) -> Reading:
        """The action from features (B, n, width) of patches and their gates (B, n)."""
        tokens = self.read[1:](features)
        scores = self.query(tokens).clamp(-8, 8).exp() * gates[..., None]
        null = self.null_score.clamp(-8, 8).exp().expand(len(features), -1, -1)
        scores = torch.cat([scores, null], 1)
        weights = scores / scores.sum(1, keepdim=True)
        values = torch.cat([self.value(tokens), self.null_value.expand(len(features), -1, -1)], 1)
        pooled = torch.einsum("bnh,bnd->bhd", weights, values).flatten(1)
        peaks, holders = (tokens * gates[..., None]).max(1)
        action = torch.tanh(self.control(torch.cat([pooled, peaks, speed / 10], 1)))
        held = peak_shares(peaks, holders, tokens.shape[1])
        attention = torch.cat([weights[:, :-1].transpose(1, 2), held[:, None]], 1)
        return Reading(action, reasons, kept, attention, features)


def peak_shares(peaks: Tensor, holders: Tensor, cells: int) -> Tensor:
    """(B, cells): of the features that are anything, the share whose peak a cell holds; peaks and holders (B, T)."""
    anything = (peaks > 0).float()
    held = torch.zeros(len(peaks), cells).scatter_add(1, holders, anything)
    return held / anything.sum(1, keepdim=True).clamp_min(1)


def most_open(logits: Tensor) -> Tensor:
    """(B, n) the cells that a training step looks at: all that are not closed for good, as many in each frame."""
    n = int((logits > CLOSED_FOR_GOOD).sum(1).max().clamp_min(1))
    return logits.topk(n, dim=1, sorted=False).indices.sort(dim=1).values
