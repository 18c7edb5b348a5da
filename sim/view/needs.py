"""What the demo's actions need, as data: the help offers what can work here, and a key that cannot says why."""

from collections.abc import Callable
from typing import NamedTuple

from sim.cells import CellGrid
from sim.view.moment import soft_heads
from sim.view.settings import Choices


class Need(NamedTuple):
    """Something without which an action means nothing.

    met: whether it is there. otherwise: what the window says where it is not, "" for nothing. where: where it is, for
    lists that know no drive.
    """

    met: Callable[[Choices], bool]
    otherwise: Callable[[Choices], str]
    where: str


def _need(met: Callable[[Choices], bool], otherwise: str, where: str) -> Need:
    return Need(met, lambda choices: otherwise, where)


def asked(name: str, otherwise: str, where: str = "") -> Need:
    """That the source does it when asked."""
    return _need(lambda choices: name in choices.asked, otherwise, where)


A_MAP = _need(
    lambda choices: choices.attention is not None,
    "no map: this driver does not tell what it goes by",
    "drivers with a map",
)

A_SOFT_MAP = _need(
    lambda choices: (
        choices.attention is not None
        and choices.attention.kind != "selection"
        and isinstance(choices.attention.cells, CellGrid)
    ),
    "only a soft map can be smooth: a cell is read, or it is not",
    "soft maps",
)

HEADS = _need(
    lambda choices: choices.attention is not None and len(soft_heads(choices.attention)) > 0,
    "no heads here: only soft maps show theirs one by one",
    "soft maps with heads",
)

OBJECTS = _need(
    lambda choices: choices.imagines,
    "nobody knows what is in these pictures: nothing to mark or hide",
    "the simulator",
)

A_DRIVER_THAT_HEEDS = _need(
    lambda choices: choices.heeds,
    "this driver looks at nothing: nothing can be hidden from it",
    "drivers that look",
)

A_CAR = Need(
    lambda choices: choices.steers and not choices.unsteered,
    lambda choices: choices.unsteered or "the arrow keys drive a car, and this is none",
    "cars",
)

A_SECOND_DRIVER = _need(
    lambda choices: len(choices.policies) > 1, "nobody else can be put at the wheel here", "several drivers"
)

SOMEBODY_ELSE = _need(lambda choices: choices.alone, "nobody else is at the wheel: P puts somebody there", "")

A_SECOND_VIEW = _need(lambda choices: len(choices.views) > 1, "there is one view of this", "several views")

SLOW_MOTION = _need(lambda choices: choices.speeds[0] < 1.0, "it goes no slower here", "")

FAST_MOTION = _need(lambda choices: choices.speeds[-1] > 1.0, "it goes no faster here", "the simulator")

A_TOUR = Need(
    lambda choices: choices.touring and not choices.at_wheel,
    lambda choices: "" if choices.at_wheel else "W takes the wheel, then the arrows drive",
    "the tour",
)
