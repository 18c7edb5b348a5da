"""What a policy reads of a clip, and how much depends on what is assumed: `python docs/examples/footage_sweep.py CLIP`.

Prints one line for each horizon and each speed: the share passed, its mean and extremes; pictures of which nothing is
kept; steer and its standard deviation; pedal; and the overlap (IoU) of the masks of pictures that follow each other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from tyro.conf import Positional

from agent import load_policy
from sim.command_line import mistakes_in_one_line, parse
from sim.policy import Policy
from sim.view.footage.video import STRAIGHT, VideoSource

HORIZONS = 0.46, 0.50, 0.54, 0.56, 0.57, 0.58, 0.60, 0.65
SPEEDS = 1.0, 5.0, 8.0, 12.0, 15.0, 20.0, 25.0, 30.0


@dataclass(frozen=True)
class Options:
    """Let a policy watch a clip under one assumption after the other."""

    clip: Positional[str]
    """A video file."""
    horizon: float = 0.57
    """Where it lies while speeds are tried: a share of the picture's height, from the top."""
    speed: float = 15.0
    """In m/s, assumed while horizons are tried."""
    policy: str = "topk-patches"
    """A shipped policy's name or a checkpoint's folder."""


class Watched(NamedTuple):
    """Of P pictures: masks (P, h, w) bool, actions (P, 2)."""

    masks: NDArray[np.bool_]
    actions: NDArray[np.float32]

    def row(self) -> Iterator[str]:
        """The columns of a table."""
        passed, (steer, pedal) = self.masks.mean((1, 2)), self.actions.T
        union = (self.masks[1:] | self.masks[:-1]).sum((1, 2))
        overlap = (self.masks[1:] & self.masks[:-1]).sum((1, 2)) / np.maximum(union, 1)
        yield from (f"{share:.1%}" for share in (passed.mean(), passed.min(), passed.max()))
        yield f"{(passed == 0).sum()}"
        yield from (f"{steer.mean():+.3f}", f"{steer.std():.3f}")
        yield f"{pedal.mean():+.2f}"
        yield f"{overlap.mean():.2f}"


def watch(policy: Policy, clip: str, horizon: float, speed: float) -> Watched:
    """Show the whole clip to the policy. ValueError for a policy that keeps no cells."""
    masks, actions = [], []
    state = policy.initial_state(1)
    with VideoSource(clip, policy.spec, assumed_speed=speed, horizon=horizon) as source:
        ended = None
        while ended is None:
            decision, state = policy.act(source.observe(source.instant()), state)
            if decision.attention is None or decision.attention.kept is None:
                raise ValueError("expected a policy that keeps cells and leaves out the others")
            masks.append(decision.attention.kept[0])
            actions.append(decision.action[0])
            ended = source.apply(STRAIGHT)
    return Watched(np.stack(masks), np.stack(actions))


def main() -> None:
    """The command line."""
    options = parse(Options)
    torch.set_num_threads(1)  # one frame at a time: a second thread gains nothing
    table = Table("horizon", "m/s", "passed", "least", "most", "empty", "steer", "std", "pedal", "IoU", box=None)
    assumptions = [(horizon, options.speed) for horizon in HORIZONS] + [(options.horizon, speed) for speed in SPEEDS]
    with mistakes_in_one_line():
        policy = load_policy(options.policy)
        for horizon, speed in assumptions:
            table.add_row(f"{horizon:.0%}", f"{speed:g}", *watch(policy, options.clip, horizon, speed).row())
    Console().print(table)


if __name__ == "__main__":
    main()
