"""DAgger (Ross et al. 2011, arXiv 1011.0686): the student drives, the expert says what it would have done there."""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from agent.config import Closing, Config
from agent.dataset import Batch, RoadPool, Rows, Sampling
from agent.families import family
from agent.families.topk_patches.network import TopKPatches
from agent.families.topk_patches.objective import Losses, closing_loss, observe, open_loss
from agent.train import state
from agent.train.collect import collect
from agent.train.filters import filtered
from sim.policy import Policy, PolicySpec

SHARES = {"open-road": 0.20, "traffic": 0.35, "town": 0.45}
"""Of the roads and of every batch, where all scenarios are trained on."""

TRAINING_SEEDS = 10_000
"""Roads come from the seeds below."""

WARM_UP, LOWEST = 0.02, 0.02
"""Of the learning rate: the share of the rounds over which it rises; where it ends, as a share of its highest."""


@dataclass(frozen=True)
class Progress:
    """After one gradient step: steps done, round, losses, rows so far, share of cars that crashed or left the road in
    the last drive."""

    step: int
    round: int
    losses: Losses
    rows: int
    failed_share: float


class Trainer:
    """One run. Iterate to train; every item is one gradient step, after which stopping loses nothing that is saved."""

    def __init__(self, config: Config) -> None:
        torch.set_num_threads(config.threads)
        torch.manual_seed(config.seed)
        self.config = config
        chosen = family(config.policy)
        self.network: TopKPatches = chosen.network(chosen.config(patch_size=config.patch))  # type: ignore[assignment]
        self.policy: Policy = chosen.policy(self.network)
        self.pools = make_pools(config, self.policy.spec)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), config.learning_rate, weight_decay=1e-4)
        self.rows = [pool.no_rows() for pool in self.pools]
        self.step, self.failed_share = 0, 0.0
        if config.resume:
            self.step = state.load(config, self.network, self.optimizer)
            self._grow([state.load_drive(config, turn) for turn in range(-(-self.step // config.steps_per_round))])

    def save(self) -> None:
        """Write the state that `--resume` starts from."""
        state.save(self.config, self.step, self.network, self.optimizer)

    def __iter__(self) -> Iterator[Progress]:
        """Train. While torch learns from one batch, a thread of its own draws the next."""
        with ThreadPoolExecutor(1) as drawing:
            while self.step < self.config.steps:
                turn, within = divmod(self.step, self.config.steps_per_round)
                if within == 0:
                    self._drive(turn)
                    if turn == self.config.closing.from_round:
                        self.network.begin_gating()
                end = (turn + 1) * self.config.steps_per_round
                coming = drawing.submit(self._batch, self.step)
                while self.step < end:
                    batch = coming.result()
                    if self.step + 1 < end:  # the next drive changes the data
                        coming = drawing.submit(self._batch, self.step + 1)
                    losses = self._learn(turn, batch)
                    self.step += 1
                    yield Progress(self.step, turn, losses, sum(map(len, self.rows)), self.failed_share)

    def _drive(self, turn: int) -> None:
        """Grow the data by one drive on every road, and write it down."""
        drive, failed = [], 0.0
        for number, pool in enumerate(self.pools):
            rng = np.random.default_rng([self.config.seed, 1, turn, number])
            rows, share = collect(pool, partial(self._student_action, pool, turn), turn, self.config.drive_steps, rng)
            drive.append(rows)
            failed += share * len(pool) / self.config.tracks
        state.save_drive(self.config, turn, drive)
        self._grow([drive])
        self.failed_share = failed

    def _grow(self, drives: list[list[Rows]]) -> None:
        """Add drives, each a list with the rows of every pool."""
        self.rows = [Rows.joined([*parts]) for parts in zip(self.rows, *drives, strict=True)]
        self._sampling = [Sampling(rows.situation) for rows in self.rows]

    @torch.inference_mode()
    def _student_action(self, pool: RoadPool, turn: int, cars: Rows, rng: np.random.Generator) -> NDArray[np.float32]:
        """What the network does now; before its gates are trained, with every patch let through."""
        patches, speed = observe(self.network, pool.observe(cars, rng))
        reading = self.network.decide(patches, speed) if self._gated(turn) else self.network.ungated(patches, speed)
        return reading.action.numpy()

    def _batch(self, step: int) -> Batch:
        """The batch of a gradient step: each scenario's share, freshly drawn."""
        rng = np.random.default_rng([self.config.seed, 2, step])
        counts = apportioned(self.config.batch, [len(pool) for pool in self.pools])
        parts = []
        for pool, rows, sampling, count in zip(self.pools, self.rows, self._sampling, counts, strict=True):
            parts.append(pool.batch(rows.pick(sampling.draw(count, rng)), self.config.jitter, rng))
        batch = Batch.shuffled(parts, rng)
        if step < self.config.finishing.from_round * self.config.steps_per_round:
            return batch
        return replace(batch, observation={**batch.observation, "frame": filtered(batch.observation["frame"], rng)})

    def _learn(self, turn: int, batch: Batch) -> Losses:
        """One gradient step."""
        generator = torch.Generator().manual_seed(self.config.seed * 1_000_003 + self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.step / self.config.steps_per_round, self.config)
        if self._gated(turn):
            losses = closing_loss(self.network, batch, self._closing(turn), self._closed(), generator)
        else:
            losses = open_loss(self.network, batch)
        self.optimizer.zero_grad()
        losses.total.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        return losses

    def _gated(self, turn: int) -> bool:
        return turn >= self.config.closing.from_round

    def _closing(self, turn: int) -> Closing:
        closing, finishing = self.config.closing, self.config.finishing
        return replace(closing, budget=finishing.budget) if turn >= finishing.from_round else closing

    def _closed(self) -> float:
        """How far the budget has come down, from 0 to 1."""
        since = self.step / self.config.steps_per_round - self.config.closing.from_round
        return min(1.0, since / self.config.closing.ramp_rounds)


def make_pools(config: Config, spec: PolicySpec) -> list[RoadPool]:
    """The roads of each scenario that is trained on: as many as its share, each from a training seed of its own."""
    shares = SHARES if config.scenario == "all" else {config.scenario: 1.0}
    counts = apportioned(config.tracks, list(shares.values()))
    seeds = (config.seed * config.tracks + np.arange(config.tracks)) % TRAINING_SEEDS
    parts = np.split(seeds, np.cumsum(counts)[:-1])
    return [RoadPool(some.tolist(), name, spec, config.seed) for name, some in zip(shares, parts, strict=True)]


def apportioned(total: int, shares: list[float]) -> list[int]:
    """`total` in whole parts that go with the shares, by largest remainders; at least 1 each."""
    exact = np.asarray(shares) / sum(shares) * (total - len(shares))
    parts = np.floor(exact).astype(int)
    parts[np.argsort(parts - exact, kind="stable")[: total - len(shares) - parts.sum()]] += 1
    return (parts + 1).tolist()


def learning_rate(turn: float, config: Config) -> float:
    """Warm up, then fall by a half cosine to 2 %; in the finishing rounds once more, from where they begin (a warm
    restart: Loshchilov & Hutter 2017, arXiv 1608.03983).

    Args:
        turn: rounds gone by, with fractions.
    """
    first = min(config.rounds, config.finishing.from_round)
    if turn < first:
        risen = min(1.0, turn / first / WARM_UP + 0.01)
        return risen * _fallen(turn / first, config.learning_rate, config)
    return _fallen((turn - first) / (config.rounds - first), config.finishing.learning_rate, config)


def _fallen(done: float, highest: float, config: Config) -> float:
    lowest = LOWEST * config.learning_rate
    return lowest + (highest - lowest) * 0.5 * (1 + math.cos(math.pi * done))
