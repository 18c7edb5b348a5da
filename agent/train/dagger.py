"""DAgger (Ross et al. 2011, arXiv 1011.0686): the student drives, the expert says what it would have done there."""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from agent.config import Config, Dagger
from agent.families import Batch, Loss, Progress, find
from agent.train import batches, state
from agent.train.collect import collect
from agent.train.drives import Rows, Sampling, SequenceSampling
from agent.train.roads import RoadPool
from agent.train.student import student_of
from sim.policy import Policy, PolicySpec
from sim.seeds import TRAINING

SHARES = {"open-road": 0.20, "traffic": 0.35, "town": 0.45}
"""Of the roads and of every batch, where all scenarios are trained on."""

WARM_UP, LOWEST = 0.02, 0.02
"""Of the learning rate: the share of the rounds over which it rises; where it ends, as a share of its highest."""


@dataclass(frozen=True)
class Step:
    """After one gradient step: steps done, round, loss, rows so far, share of cars that crashed or left the road in
    the last drive; told: what is being learned, in words."""

    step: int
    round: int
    loss: Loss
    rows: int
    failed_share: float
    told: str = ""


class Diverged(ValueError):
    """A loss or its gradient is no number any more."""


class Trainer:
    """One run. Iterate to train; every item is one gradient step, after which stopping loses nothing that is saved."""

    def __init__(self, config: Config) -> None:
        self.run, self.dagger, self.data = config.run, config.dagger, config.data
        torch.set_num_threads(self.run.threads)
        torch.manual_seed(self.run.seed)
        self.config, self.family = config, find(self.run.policy)
        self.network = self.family.network(config.own.shape(self.family.config))
        self.policy: Policy = self.family.policy(self.network)
        self.objective = self.family.objective(config.own)
        self.pools = make_pools(config, self.policy.spec)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), self.dagger.learning_rate, weight_decay=1e-4)
        self.rows = [pool.no_rows() for pool in self.pools]
        self.step, self.failed_share = 0, 0.0
        if self.run.resume:
            self.step = state.load(config, self.network, self.optimizer)
            rounds = range(-(-self.step // self.dagger.steps_per_round))
            self._grow([state.load_drive(config, turn) for turn in rounds])

    def save(self) -> None:
        """Write the state that `--resume` starts from."""
        state.save(self.config, self.step, self.network, self.optimizer)

    def __iter__(self) -> Iterator[Step]:
        """Train. While torch learns from one batch, a thread of its own draws the next."""
        with ThreadPoolExecutor(1) as drawing:
            while self.step < self.dagger.steps:
                turn, within = divmod(self.step, self.dagger.steps_per_round)
                if within == 0:
                    self._drive(turn)
                    self.objective.begin_round(self.network, self.progress())
                end = (turn + 1) * self.dagger.steps_per_round
                coming = drawing.submit(self._batch, self.step)
                while self.step < end:
                    batch = coming.result()
                    if self.step + 1 < end:  # the next drive changes the data
                        coming = drawing.submit(self._batch, self.step + 1)
                    progress = self.progress()
                    loss = self._learn(batch)
                    self.step += 1
                    told = self.objective.told(progress, loss.figures)
                    yield Step(self.step, turn, loss, sum(map(len, self.rows)), self.failed_share, told)

    def progress(self) -> Progress:
        """How far the run is."""
        turn, rounds = self.step // self.dagger.steps_per_round, self.step / self.dagger.steps_per_round
        return Progress(self.step, turn, rounds, turn >= self.dagger.finishing.from_round, self.run.seed)

    def _drive(self, turn: int) -> None:
        """Grow the data by one drive on every road, and write it down."""
        drive, failed = [], 0.0
        decide = partial(self.objective.student, self.policy, progress=self.progress())
        self.network.eval()
        for number, pool in enumerate(self.pools):
            rng = np.random.default_rng([self.run.seed, 1, turn, number])
            student = student_of(self.policy, decide, pool)
            rows, share = collect(pool, student, turn, self.dagger.drive_steps, rng, self.data.sequence)
            drive.append(rows)
            failed += share * len(pool) / self.dagger.tracks
        state.save_drive(self.config, turn, drive)
        self._grow([drive])
        self.failed_share = failed

    def _grow(self, drives: list[list[Rows]]) -> None:
        """Add drives, each a list with the rows of every pool."""
        self.rows = [Rows.joined([*parts]) for parts in zip(self.rows, *drives, strict=True)]
        self._sampling = [self._sampling_of(rows) for rows in self.rows]

    def _sampling_of(self, rows: Rows) -> Sampling | SequenceSampling:
        memory, length = self.policy.spec.memory, self.data.sequence
        return SequenceSampling(rows, length) if memory else Sampling(rows.situation)

    def _batch(self, step: int) -> Batch:
        """The batch of a gradient step: each scenario's share, freshly drawn."""
        rng = np.random.default_rng([self.run.seed, 2, step])
        counts = apportioned(self.dagger.batch // self.data.sequence, [len(pool) for pool in self.pools])
        parts = []
        for pool, rows, sampling, count in zip(self.pools, self.rows, self._sampling, counts, strict=True):
            parts.append(self._part(pool, rows.pick(sampling.draw(count, rng)), rng))
        batch = batches.shuffled(parts, rng)
        filtering = step >= self.dagger.finishing.from_round * self.dagger.steps_per_round
        return batches.through_filters(batch, rng) if filtering else batch

    def _part(self, pool: RoadPool, rows: Rows, rng: np.random.Generator) -> Batch:
        """One scenario's part of a batch."""
        with_shown, jitter = self.objective.wants_shown, self.data.jitter
        if self.policy.spec.memory:
            return batches.of_sequences(pool, rows, self.data.sequence, jitter, rng, with_shown=with_shown)
        return batches.of_instants(pool, rows, jitter, rng, with_shown=with_shown)

    def _learn(self, batch: Batch) -> Loss:
        """One gradient step. `Diverged` where it would spoil the weights, which stay as they were."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.step / self.dagger.steps_per_round, self.dagger)
        self.network.train()
        loss = self.objective.loss(self.network, batch, self.progress())
        self.optimizer.zero_grad()
        loss.total.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        if not (loss.total.isfinite() and norm.isfinite()):
            raise Diverged(f"loss {loss.total.item():.3g}, gradient {norm.item():.3g}")
        self.optimizer.step()
        return loss


def make_pools(config: Config, spec: PolicySpec) -> list[RoadPool]:
    """The roads of each scenario that is trained on: as many as its share, each from a training seed of its own."""
    run, tracks = config.run, config.dagger.tracks
    shares = SHARES if run.scenario == "all" else {run.scenario: 1.0}
    counts = apportioned(tracks, list(shares.values()))
    seeds = TRAINING.start + (run.seed * tracks + np.arange(tracks)) % len(TRAINING)
    parts = np.split(seeds, np.cumsum(counts)[:-1])
    themes = config.dagger.themes_share
    return [RoadPool(some.tolist(), name, spec, run.seed, themes) for name, some in zip(shares, parts, strict=True)]


def apportioned(total: int, shares: list[float]) -> list[int]:
    """`total` in whole parts that go with the shares, by largest remainders; at least 1 each."""
    exact = np.asarray(shares) / sum(shares) * (total - len(shares))
    parts = np.floor(exact).astype(int)
    parts[np.argsort(parts - exact, kind="stable")[: total - len(shares) - parts.sum()]] += 1
    return (parts + 1).tolist()


def learning_rate(turn: float, options: Dagger) -> float:
    """Warm up, then fall by a half cosine to 2 %; in the finishing rounds once more, from where they begin (a warm
    restart: Loshchilov & Hutter 2017, arXiv 1608.03983).

    Args:
        turn: rounds gone by, with fractions.
    """
    first = min(options.rounds, options.finishing.from_round)
    if turn < first:
        risen = min(1.0, turn / first / WARM_UP + 0.01)
        return risen * _fallen(turn / first, options.learning_rate, options)
    return _fallen((turn - first) / (options.rounds - first), options.finishing.learning_rate, options)


def _fallen(done: float, highest: float, options: Dagger) -> float:
    lowest = LOWEST * options.learning_rate
    return lowest + (highest - lowest) * 0.5 * (1 + math.cos(math.pi * done))
