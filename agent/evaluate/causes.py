"""Does the red lie on what decides? Where a visible red light, person or lead vehicle is why the expert acts: does the
policy read a cell that shows it, and would as many cells by chance?

The simulator knows why the expert acts and which pixels show the cause. This is plausibility, held to an aim; whether
the red is true is the faithfulness suite's question.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.evaluate.findings import Findings, Found
from agent.evaluate.forecast import Part
from agent.evaluate.maps import attention_of, in_place
from agent.evaluate.measure import BARS, Measure, mean_measure, not_applicable
from agent.evaluate.options import Options, Stage
from agent.evaluate.suite import Policies, Suite, has_map
from sim.cells import Cells
from sim.driver import Driver
from sim.kinds import CAUSES
from sim.perturb import Mask
from sim.policy import Attention, Policy
from sim.rollout import Step, drive
from sim.scene import LIGHT_PHASES, STATE
from sim.simulator import Simulator

SCORED = ("red-light", "pedestrian", "lead-vehicle")
"""Causes that are asked about."""

VISIBLE = 6
"""Pixels of the policy's frame from which on a cause counts as visible; of a light, those of the lamp that is lit."""

SHOWN = 2
"""Pixels of a cause from which on a cell shows it."""

EVERY = 5
"""Control steps between two looks at the truth, which takes a second drawing."""


@dataclass(frozen=True)
class Sighting:
    """A frame with a visible cause. shows, kept: (h, w) bool, the cells that show it and those that were read."""

    seed: int
    cause: str
    pixels: int
    shows: Mask
    kept: Mask


class Watcher:
    """An observer of `sim.rollout.drive` that looks for visible causes and sums up the kept masks."""

    def __init__(self) -> None:
        self.sightings: list[Sighting] = []
        self.kept_sum: NDArray[np.float64] = np.zeros(())
        self._steps = 0

    def __call__(self, step: Step) -> None:
        """Note the masks of every step, and every few steps what is seen of the causes."""
        attention = in_place(attention_of(step.decision), *step.worlds.frame_size)
        self.kept_sum = self.kept_sum + attention.read.sum(0)
        if self._steps % EVERY == 0:
            self.sightings += _sightings(step, attention)
        self._steps += 1

    def mean_map(self) -> NDArray[np.float64]:
        """(h, w): how often each cell was kept, up to a factor."""
        return self.kept_sum / max(self.kept_sum.sum(), 1e-12)


def _sightings(step: Step, attention: Attention) -> list[Sighting]:
    """The visible causes of one step."""
    simulator, rows = step.worlds, step.rows
    cause, culprit = step.instants.cause, step.instants.culprit
    bound = np.flatnonzero(np.isin(cause, [CAUSES.index(name) for name in SCORED]) & (culprit >= 0))
    if not len(bound):
        return []
    targets = cause_pixels(simulator, rows[bound], culprit[bound], cause[bound] == CAUSES.index("red-light"))
    shows, kept = cells_that_show(attention.cells, targets), attention.read
    return [
        Sighting(int(step.seeds[i]), CAUSES[cause[i]], int(target.sum()), cells, kept[i])
        for i, target, cells in zip(bound, targets, shows, strict=True)
        if target.sum() >= VISIBLE
    ]


def cause_pixels(
    simulator: Simulator, rows: NDArray[np.integer], culprit: NDArray[np.integer], light: NDArray[np.bool_]
) -> Mask:
    """(B, H, W): the pixels that show the objects `culprit` (B,) of the worlds `rows`; of a light, its lit lamp."""
    drawn = simulator.truth(rows)
    assert drawn.instance is not None
    mask = drawn.instance == (culprit + 1)[:, None, None]
    if light.any():
        mask[light] &= _lit(simulator, rows[light], culprit[light], drawn.rgb[light])
    return np.asarray(mask)


def _lit(
    simulator: Simulator, rows: NDArray[np.integer], culprit: NDArray[np.integer], frame: NDArray[np.uint8]
) -> Mask:
    """(B, H, W): the lit lamp's pixels: those that darken where the light is drawn with another lamp lit."""
    world = simulator.world
    objects = world.objects[rows].copy()
    phase = objects[np.arange(len(rows)), culprit, STATE]
    objects[np.arange(len(rows)), culprit, STATE] = (phase + 1) % len(LIGHT_PHASES)
    other = simulator.camera.render(world.scene(), rows, world.poses(rows), simulator.looks[rows], objects=objects).rgb
    return np.asarray((frame.astype(int) - other).sum(-1) > 0)


def cells_that_show(cells: Cells, pixels: Mask) -> Mask:
    """(B, h, w): the cells that hold at least SHOWN of the pixels (B, H, W)."""
    shown = cells.means(pixels) * cells.area(*pixels.shape[1:])
    return np.asarray(shown > SHOWN - 0.5)


def by_mean_map(mean_map: NDArray[np.float64], budget: int) -> Mask:
    """(h, w): the `budget` cells that are kept most often."""
    rank = np.argsort(np.argsort(-mean_map.ravel(), kind="stable"))
    return (rank < budget).reshape(mean_map.shape)


def random_share(cells: int, shows: int, budget: int) -> float:
    """The chance that `budget` cells of `cells`, drawn at random, hold one of the `shows` that show a cause."""
    return 1 - math.comb(cells - shows, budget) / math.comb(cells, budget)


def applies(policy: Policy | Driver, options: Options) -> str | None:
    """Why nothing can be asked of a policy in these worlds, or None where it can."""
    return has_map(policy, options) or (None if options.simulated else "only the simulator says what the cause is")


def run(policies: Policies, options: Options, stage: Stage) -> Findings:
    """Drive the episodes of one policy and ask for each cause."""
    ((name, policy),) = policies.items()
    found = Found(measures(*_watch(policy, options, stage)))
    return Findings(f"Does {name} keep what decides?", {name: found})


def _watch(policy: Policy | Driver, options: Options, stage: Stage) -> tuple[list[Sighting], NDArray[np.float64]]:
    """What was seen on the test seeds, and the mean map of the validation seeds."""
    test, validation, seeds = Watcher(), Watcher(), options.validation_seeds
    drive(options.make_worlds(policy), policy, options.seeds, (test, stage("drives on test seeds")))
    observers = (validation, stage("drives on validation seeds"))
    drive(options.make_worlds(policy, len(seeds)), policy, seeds, observers)
    return test.sightings, validation.mean_map()


def measures(sightings: Sequence[Sighting], mean_map: NDArray[np.float64]) -> list[Measure]:
    """For each cause and for all: the share of its sightings in which a kept cell shows it, beside chance's."""
    return [
        _measure(cause, [each for each in sightings if cause in (each.cause, "all")], mean_map)
        for cause in ("all", *SCORED)
    ]


def _measure(cause: str, some: list[Sighting], mean_map: NDArray[np.float64]) -> Measure:
    name = "frames in which a kept cell shows the cause"
    if not some:
        return not_applicable(cause, name, "never visible on these drives")
    read = np.array([(each.kept & each.shows).any() for each in some])
    by_map = [(by_mean_map(mean_map, each.kept.sum()) & each.shows).any() for each in some]
    by_chance = [random_share(each.kept.size, int(each.shows.sum()), int(each.kept.sum())) for each in some]
    episode = np.array([each.seed for each in some])
    details = {
        "by_mean_map": float(np.mean(by_map)),
        "by_chance": float(np.mean(by_chance)),
        "frames": len(some),
        "episodes": len(np.unique(episode)),
        "median_pixels": float(np.median([each.pixels for each in some])),
    }
    return mean_measure(cause, name, read, episode, BARS["cause kept"], **details)


def work(policies: Policies, options: Options) -> list[Part]:
    """The drives, on which what is seen is drawn again now and then."""
    ((_, policy),) = policies.items()
    validation = len(options.validation_seeds)
    return [
        Part("drives on test seeds", policy, options.episodes),
        Part("drives on validation seeds", policy, validation),
    ]


SUITE = Suite("causes", 100, applies, run, work=work)
