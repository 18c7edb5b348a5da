"""What a training run is asked to do: a documented dataclass that is the command line."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Jitter:
    """How far an instant is changed from the one that the student met; the expert answers for the changed one."""

    share: float = 0.5
    """Of the frames that are jittered at all."""
    shift: float = 1.2
    """Metres to either side."""
    yaw: float = 0.16
    """Radians to either side."""
    speed: float = 1.5
    """m/s faster or slower, never backwards."""
    pitch: float = 0.015
    """Radians up and down (no new label: the road does not change)."""
    restaged: float = 0.5
    """Of the frames in which lamps and people at crossings are drawn afresh, and the car is moved along its lane."""
    along: float = 12.0
    """Metres that it is then moved, forward or back."""
    approaching: float = 0.6
    """Of these, those in which it is moved instead to before a light, a crossing or an obstacle of its road."""


@dataclass(frozen=True)
class Closing:
    """How the gates are closed once the network drives (docs/training.md)."""

    from_round: int = 5
    """The first round in which the budget counts; before it every gate may stay open."""
    ramp_rounds: float = 4.0
    """Rounds over which the share of open gates is brought down from all to the budget."""
    budget: float = 0.09
    """Mean share of gates that imitation may keep open; those opened by what the gate was taught come on top."""
    budget_weight: float = 3.0
    margin: float = 0.7
    """Gate logits are pushed out of [-margin, margin], against flicker."""
    margin_weight: float = 0.05
    consistency_weight: float = 3.0
    """On the change of the action when unread cells are replaced."""
    junk_weight: float = 1.0
    """On replaced cells that open."""
    junk_margin: float = 1.0
    """Replaced cells are pushed below minus this logit."""
    blind_weight: float = 0.5
    """On cells that open in frames that are nothing but junk."""


@dataclass(frozen=True)
class Finishing:
    """The last rounds, in which pictures are as other cameras, light and weather would have made them."""

    from_round: int = 14
    """The first round whose pictures pass filters: from the first step on they cost the driving (docs/log.md)."""
    learning_rate: float = 6e-4
    """From which it falls once more."""
    budget: float = 0.10
    """Takes the place of closing's: a tight one starves looks unlike the others (docs/log.md)."""


@dataclass(frozen=True)
class Config:
    """Train a policy. Everything but `out`, `resume` and `save_every` decides the final weights, bit for bit on one
    machine."""

    out: Path
    """Folder for checkpoint, log.csv and training state."""
    policy: str = "topk-patches"
    """Policy family to train."""
    method: Literal["dagger"] = "dagger"
    """dagger: the student drives, the expert labels (Ross et al. 2011, arXiv 1011.0686)."""
    scenario: str = "all"
    """What lives on the road: a scenario's name, FILE.py:object or module:object; all: each shipped one has its share
    of the roads and of every batch."""
    seed: int = 0
    """Of the run; roads come from the training seeds, 0 to 9,999."""
    resume: bool = False
    """Go on from the last saved state in `out`."""
    patch: tuple[int, int] = (8, 8)
    """Height and width of a patch in pixels."""
    tracks: int = 240
    """Roads in the training pool."""
    rounds: int = 16
    """Times the student drives and the data grows."""
    steps_per_round: int = 800
    """Gradient steps after each drive."""
    drive_steps: int = 200
    """Control steps that each road is driven in a round."""
    batch: int = 128
    learning_rate: float = 2e-3
    threads: int = 2
    """Torch threads; another number may round differently."""
    save_every: int = 100
    """Gradient steps between saved states."""
    jitter: Jitter = field(default_factory=Jitter)
    closing: Closing = field(default_factory=Closing)
    finishing: Finishing = field(default_factory=Finishing)

    @property
    def steps(self) -> int:
        """Gradient steps in all."""
        return self.rounds * self.steps_per_round
