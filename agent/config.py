"""What a training run is asked to do: documented dataclasses, composed, that are the command line.

A run's own options, its method's, those of the data that the network learns from, and the family's.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar

import tyro

from agent.families import Family, Options
from sim.seeds import TRAINING

FLAGSHIP = "topk-patches"
SEED_HELP = f"Of the run; roads come from the training seeds, {TRAINING.start} to {TRAINING.stop - 1}."


@dataclass(frozen=True)
class Run:
    """What every run has."""

    out: Path
    """Folder for checkpoint, log.csv and training state."""
    policy: str = FLAGSHIP
    """Policy family to train: a name, or one of your own as FILE.py:object or module:object."""
    method: Literal["dagger"] = "dagger"
    """dagger: the student drives, the expert labels (Ross et al. 2011, arXiv 1011.0686)."""
    scenario: str = "all"
    """What lives on the road: a scenario's name, FILE.py:object or module:object; all: each shipped one has its share
    of the roads and of every batch."""
    seed: Annotated[int, tyro.conf.arg(help=SEED_HELP)] = 0
    quick: bool = False
    """A first network in ten minutes on two cores, for the open road alone: the defaults are then those that
    `--quick --help` shows (docs/training.md)."""
    resume: bool = False
    """Go on from the last saved state in `out`, with the options of that run."""
    threads: int = 2
    """Torch threads; another number may round differently."""
    save_every: int = 100
    """Gradient steps between saved states."""


@dataclass(frozen=True)
class Finishing:
    """The last rounds, in which pictures are as other cameras, light and weather would have made them."""

    from_round: int = 14
    """The first round whose pictures pass filters: from the first step on they cost the driving (docs/log.md)."""
    learning_rate: float = 6e-4
    """From which it falls once more."""


@dataclass(frozen=True)
class Dagger:
    """The student drives, the expert labels, the data grows."""

    tracks: int = 240
    """Roads in the training pool."""
    rounds: int = 16
    """Times the student drives and the data grows."""
    steps_per_round: int = 800
    """Gradient steps after each drive."""
    drive_steps: int = 200
    """Control steps that each road is driven in a round."""
    batch: int = 128
    """Frames in a batch."""
    themes_share: float = 0.5
    """Of the looks, those of the training themes; the rest come from the wider bounds of training_looks.toml."""
    learning_rate: float = 2e-3
    finishing: Finishing = field(default_factory=Finishing)

    @property
    def steps(self) -> int:
        """Gradient steps in all."""
        return self.rounds * self.steps_per_round


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


@dataclass(frozen=True)
class Restaging(Jitter):
    """How far an instant is changed from the one that the student met; the expert answers for the changed one."""

    restaged: float = 0.5
    """Of the frames in which lamps and people at crossings are drawn afresh, and the car is moved along its lane."""
    along: float = 12.0
    """Metres that it is then moved, forward or back."""
    approaching: float = 0.6
    """Of these, those in which it is moved instead to before a light, a crossing or an obstacle of its road."""


@dataclass(frozen=True)
class Instants:
    """What a network without memory learns from."""

    jitter: Restaging = field(default_factory=Restaging)

    sequence = 1  # a frame alone


@dataclass(frozen=True)
class Sequences:
    """What a network with memory learns from; a sequence is jittered as a whole, and in one look."""

    jitter: Jitter = field(default_factory=Jitter)
    sequence: int = 16
    """Control steps, of 0.05 s, that it learns from at a time; a batch holds its frames in such sequences."""


Data = TypeVar("Data", Instants, Sequences)
Own = TypeVar("Own", bound=Options)


@dataclass(frozen=True)
class Config(Generic[Data, Own]):
    """Train a policy. Everything but `out`, `quick`, `resume` and `save_every` decides the final weights, bit for bit
    on one machine."""

    run: Annotated[Run, tyro.conf.arg(name="")]
    dagger: Annotated[Dagger, tyro.conf.arg(name="")]
    data: Annotated[Data, tyro.conf.arg(name="")]
    own: Annotated[Own, tyro.conf.arg(name="")]


def composed(family: Family) -> type[Config]:
    """The options of a run that trains this family. ValueError where the family has one of a run's names."""
    data = _data(family)
    taken = {name for part in (Run(Path()), Dagger(), data()) for name in leaves(part)}
    for name in leaves(family.options()):
        if name in taken:
            raise ValueError(
                f"option {name!r} of family {family.name!r}: each run has one of that name; choose another"
            )
    return Config[data, family.options]  # type: ignore[valid-type,name-defined]


def _data(family: Family) -> type[Instants | Sequences]:
    return Sequences if family.spec().memory else Instants


QUICK_SCENARIO = "open-road"
QUICK = Dagger(
    tracks=64, rounds=11, steps_per_round=400, drive_steps=80, batch=32, themes_share=1.0, learning_rate=6e-4
)
"""What `--quick` puts in place of a run's defaults; a family has its own part of it, see `Family.quick`."""


def beginning(family: Family, policy: str, *, quick: bool = False) -> Config:
    """The options before any was given; policy: how the family is named. `out` has no default."""
    run = Run(tyro.MISSING, policy)
    if not quick:
        return Config(run, Dagger(), _data(family)(), family.options())
    quickly = replace(run, scenario=QUICK_SCENARIO, quick=True)
    return Config(quickly, QUICK, _data(family)(), family.quick or family.options())


def given(options: Any, values: Mapping[str, Any], prefix: str = "") -> Any:
    """The same dataclass with these values in place, by the names that `leaves` gives them, from JSON or not."""
    changed = {}
    for each in fields(options):
        value, name = getattr(options, each.name), prefix + each.name
        if is_dataclass(value):
            changed[each.name] = given(value, values, f"{name}.")
        elif name in values:
            changed[each.name] = tuple(values[name]) if isinstance(values[name], list) else values[name]
    return replace(options, **changed)


def leaves(options: Any, prefix: str = "") -> dict[str, Any]:
    """All options of a dataclass by name, those of its parts as "part.name"."""
    found: dict[str, Any] = {}
    for each in fields(options):
        value, name = getattr(options, each.name), prefix + each.name
        found |= leaves(value, f"{name}.") if is_dataclass(value) else {name: value}
    return found


@dataclass(frozen=True)
class Glance:
    """What a command line must say before it is known which other options it may have."""

    policy: str | None
    out: Path | None
    scenario: str | None
    quick: bool
    resume: bool


def glance(arguments: Sequence[str] | None) -> Glance:
    """A first look at a command line; whatever is wrong with it is told later."""
    line = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for name, kind in (("--policy", str), ("--out", Path), ("--scenario", str)):
        line.add_argument(name, nargs="?", type=kind)
    for name in ("--quick", "--resume"):
        line.add_argument(name, action=argparse.BooleanOptionalAction, default=False)
    return Glance(**vars(line.parse_known_args(arguments)[0]))
