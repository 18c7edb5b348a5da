"""A family of one's own, whole: a small network with a memory (GRU) that looks softly at the picture, cell by cell.

Train it with `python -m agent.train --policy docs/examples/soft_gru.py:family --out runs/gru`, then see it drive with
`python run_demo.py --policy docs/examples/soft_gru.py:family@runs/gru`. docs/training.md tells how it works.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from agent.families import Family, Loss, Objective, Options, register, undisturbed
from agent.families.frames import check_frames
from agent.families.imitation import imitation_loss
from agent.families.patches import position_features
from sim.cells import CellGrid
from sim.policy import Attention, Decision, PolicySpec

STRIDE = 4  # pixels from cell to cell


@dataclass(frozen=True)
class Config:
    """The network's shape, which its checkpoints hold."""

    frame_size: tuple[int, int] = (36, 64)
    field_of_view: float = math.radians(80)
    width: int = 32
    remembers: int = 64
    heads: int = 4


class Network(nn.Module):
    """What it remembers says where it looks; what it sees there, and its speed, change what it remembers."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.grid = [side // STRIDE for side in config.frame_size]
        self.register_buffer("positions", position_features(*self.grid, 2), persistent=False)
        width = config.width + self.positions.shape[1]
        self.convolve = nn.Sequential(
            *(nn.Conv2d(3, 16, 5, stride=2, padding=2), nn.ReLU()),
            *(nn.Conv2d(16, config.width, 3, stride=2, padding=1), nn.ReLU()),
            *(nn.Conv2d(config.width, config.width, 3, padding=1), nn.ReLU()),
        )
        self.scores = nn.Sequential(nn.Linear(width, 32), nn.ReLU(), nn.Linear(32, config.heads))
        self.wanted = nn.Linear(config.remembers, config.heads * width)
        self.memory = nn.GRUCell(config.heads * width + 1, config.remembers)
        self.control = nn.Linear(config.remembers + config.heads * width + 1, 2)

    def see(self, frames):
        """uint8 frames (B, H, W, 3) to what their cells show and where these lie: (B, cells, width)."""
        seen = self.convolve(frames.permute(0, 3, 1, 2).float() / 255 - 0.5).flatten(2).transpose(1, 2)
        return torch.cat([seen, self.positions.expand(len(seen), -1, -1)], 2)

    def step(self, cells, speed, memory):
        """One control step: action (B, 2), maps (B, heads, cells) that sum to 1, memory (B, remembers) after it."""
        wanted = self.wanted(memory).unflatten(1, (self.config.heads, -1))
        scores = self.scores(cells).transpose(1, 2) + wanted @ cells.transpose(1, 2) / cells.shape[2] ** 0.5
        maps = scores.softmax(2)
        glimpse = torch.cat([(maps @ cells).flatten(1), speed / 10], 1)
        memory = self.memory(glimpse, memory)
        return torch.tanh(self.control(torch.cat([memory, glimpse], 1))), maps, memory


class SoftPolicy:
    """Drives with it, one frame after the other; its state is what the network remembers."""

    def __init__(self, network):
        self.network = network.eval()
        self.spec = PolicySpec(network.config.frame_size, network.config.field_of_view, "soft attention", memory=True)
        self.cells = CellGrid.tiling(*network.grid)

    def initial_state(self, n):
        return {"memory": np.zeros((n, self.network.config.remembers), np.float32)}

    @undisturbed
    def act(self, observation, state):
        frames = torch.from_numpy(check_frames(observation["frame"], self.spec))
        speed, memory = torch.from_numpy(observation["speed"]), torch.from_numpy(state["memory"])
        action, maps, memory = self.network.step(self.network.see(frames), speed, memory)
        heads = maps.unflatten(2, self.network.grid)
        attention = Attention(heads.mean(1).numpy(), self.cells, "soft attention", heads=heads.numpy())
        return Decision(action.numpy(), attention), {"memory": memory.numpy()}


class Imitate(Objective):
    """What the expert did, along sequences: batches lead with B, T."""

    def loss(self, network, batch, progress):
        frames, speed = (torch.from_numpy(batch.observation[name]) for name in ("frame", "speed"))
        cells = network.see(frames.flatten(0, 1)).unflatten(0, frames.shape[:2])
        going_on = torch.from_numpy(~batch.began)[..., None].float()
        memory, actions = torch.zeros(len(frames), network.config.remembers), []
        for now in range(frames.shape[1]):
            action, _, memory = network.step(cells[:, now], speed[:, now], memory * going_on[:, now])
            actions.append(action)
        imitation = imitation_loss(torch.stack(actions, 1), torch.from_numpy(batch.action))
        return Loss(imitation, {"imitation": imitation.item()})


@dataclass(frozen=True)
class SoftOptions(Options):
    """Its own option of the command line."""

    remembers: int = 64
    """Values that the network carries from frame to frame."""

    def shape(self, config):
        return config(remembers=self.remembers)


family = register(Family("soft-gru", Config, Network, SoftPolicy, Imitate, SoftOptions))
