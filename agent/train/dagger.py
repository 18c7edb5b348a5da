"""DAgger (Ross et al. 2011, arXiv 1011.0686): the student drives, the expert says what it would have done there."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from agent.config import Config
from agent.dataset import LANE, RoadPool, Rows
from agent.models import family
from agent.models.topk_patches import TopKPatches
from agent.train import state
from agent.train.objective import Losses, closing_loss, observe, open_loss
from sim import vehicle
from sim.policy import Policy

LEFT_THE_LANE = 5.0
"""Metres from the lane's centre at which a driven car is put back on a road."""


@dataclass(frozen=True)
class Progress:
    """After one gradient step: steps done, round, losses, rows so far, share of cars off the road in the last drive."""

    step: int
    round: int
    losses: Losses
    rows: int
    off_road_share: float


class Trainer:
    """One run. Iterate to train; every item is one gradient step, after which stopping loses nothing that is saved."""

    def __init__(self, config: Config) -> None:
        torch.set_num_threads(config.threads)
        torch.manual_seed(config.seed)
        self.config = config
        chosen = family(config.policy)
        self.network: TopKPatches = chosen.network(chosen.config(patch_size=config.patch))  # type: ignore[assignment]
        self.policy: Policy = chosen.policy(self.network)
        self.roads = RoadPool(config.tracks, config.scenario, self.policy.spec, config.seed)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), config.learning_rate, weight_decay=1e-4)
        self.rows, self.step, self.off_road_share = state.no_rows(), 0, 0.0
        if config.resume:
            self.step, self.rows = state.load(config, self.network, self.optimizer)

    def save(self) -> None:
        """Write the state that `--resume` starts from."""
        state.save(self.config, self.step, self.network, self.optimizer, self.rows)

    def __iter__(self) -> Iterator[Progress]:
        while self.step < self.config.steps:
            turn, within = divmod(self.step, self.config.steps_per_round)
            if within == 0:
                self._drive(turn)
            losses = self._learn(turn)
            self.step += 1
            yield Progress(self.step, turn, losses, len(self.rows), self.off_road_share)

    def _drive(self, turn: int) -> None:
        """Grow the data by one drive: the expert alone in round 0, the student from then on."""
        rng = np.random.default_rng([self.config.seed, 1, turn])
        parts, off = [], np.zeros(len(self.roads), bool)
        cars = self.roads.place(np.arange(len(self.roads)), rng)
        student = partial(self._student_action, gated=self._gated(turn))
        drive = self._expert_action if turn == 0 else student
        for _ in range(self.config.drive_steps):
            parts.append(cars.pick(np.arange(len(cars))))
            action = drive(cars, rng) + rng.normal(0, 0.06, (len(cars), 2))
            vehicle.step(cars.state, action.clip(-1, 1))
            s, d = self.roads.locate(cars)
            cars = Rows(cars.road, cars.state, s)
            off |= np.abs(d) > -2 * LANE
            self._put_back(cars, np.abs(d - LANE) > LEFT_THE_LANE, rng)
        self.rows = Rows.joined([self.rows, *parts])
        self.off_road_share = float(off.mean())

    def _put_back(self, cars: Rows, lost: NDArray[np.bool_], rng: np.random.Generator) -> None:
        if lost.any():
            fresh = self.roads.place(cars.road[lost], rng)
            cars.state[lost], cars.s[lost] = fresh.state, fresh.s

    def _expert_action(self, cars: Rows, rng: np.random.Generator) -> NDArray[np.float32]:
        return self.roads.label(cars)

    @torch.inference_mode()
    def _student_action(self, cars: Rows, rng: np.random.Generator, gated: bool) -> NDArray[np.float32]:
        """What the network does now; before its gates are trained, with every patch let through."""
        patches, speed = observe(self.network, self.roads.observe(cars, rng))
        reading = self.network.decide(patches, speed) if gated else self.network.ungated(patches, speed)
        return reading.action.numpy()

    def _learn(self, turn: int) -> Losses:
        """One gradient step on freshly drawn frames."""
        rng = np.random.default_rng([self.config.seed, 2, self.step])
        generator = torch.Generator().manual_seed(self.config.seed * 1_000_003 + self.step)
        picks = self.rows.pick(rng.integers(len(self.rows), size=self.config.batch))
        batch = self.roads.batch(picks, self.config.jitter, rng)
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate * learning_rate_share(self.step / self.config.steps)
        if self._gated(turn):
            losses = closing_loss(self.network, batch, self.config.closing, self._closed(), generator)
        else:
            losses = open_loss(self.network, batch)
        self.optimizer.zero_grad()
        losses.total.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        return losses

    def _gated(self, turn: int) -> bool:
        return turn >= self.config.closing.from_round

    def _closed(self) -> float:
        """How far the budget has come down, from 0 to 1."""
        since = self.step / self.config.steps_per_round - self.config.closing.from_round
        return min(1.0, since / self.config.closing.ramp_rounds)


def learning_rate_share(done: float) -> float:
    """Warm up over the first 2 %, then a half cosine down to 2 %."""
    return min(1.0, done / 0.02 + 0.01) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))
