"""What a test found: a value, its interval, and the bar that it was held to. Bars are data, in one table."""

import operator
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.metrics import interval

RESAMPLES = 500
STEER_TOLERANCE = 0.02
OTHER_TOLERANCE = 0.05
"""Two actions count as the same within these: steer, and every other component (the pedal)."""

_COMPARE: dict[str, Callable[[float, float], bool]] = {">=": operator.ge, "<=": operator.le, "<": operator.lt}


@dataclass(frozen=True)
class Bar:
    """A threshold: a value passes where `value direction threshold` holds. `source` says where it comes from."""

    name: str
    direction: str
    threshold: float
    source: str

    def met(self, value: float) -> bool:
        """Whether `value` passes; NaN does not."""
        return bool(_COMPARE[self.direction](value, self.threshold))

    def __str__(self) -> str:
        return f"{self.direction} {self.threshold:g}"


_PROMISE = "the project's promise for selections, docs/evaluation.md"

_GOAL = "the project's goal for the flagship, docs/evaluation.md"

LEAST_SCORE = {
    "driving score": {"open-road": 0.97, "traffic": 0.85, "town": 0.75},
    "the expert's driving score": {"open-road": 0.99, "traffic": 0.97, "town": 0.95},
}
"""Least mean driving score of a policy and of the expert, by scenario."""

BARS = {
    bar.name: bar
    for bar in (
        Bar("completion", ">=", 1.0, _GOAL),
        Bar("completion, held-out theme", ">=", 0.9, _GOAL),
        *(
            Bar(f"{driver}, {scenario}", ">=", threshold, _GOAL)
            for driver, least in LEAST_SCORE.items()
            for scenario, threshold in least.items()
        ),
        Bar("completion of a control", "<", 0.3, "the world must not be too easy, docs/evaluation.md"),
        Bar("off-road events", "<=", 1.0, _GOAL),
        Bar("speed", ">=", 0.85, _GOAL),
        Bar("T0 same bits", ">=", 1.0, _PROMISE),
        Bar("T1 same action", ">=", 0.99, _PROMISE),
        Bar("T3 score kept", ">=", 0.95, _PROMISE),
        Bar("T4 effect over T1's", ">=", 10.0, _PROMISE),
        Bar("T4 completion", "<", 0.30, _PROMISE),
        Bar("T5 same action", "<", 0.99, "T1's bar, which a mask from elsewhere must miss"),
        Bar("T6 overlap of masks", "<", 0.70, _PROMISE),
        Bar("T6 mass ratio", ">=", 1.3, _PROMISE),
        Bar("T6 broken by a random gate", ">=", 1.0, "after Adebayo et al. 2018, arXiv 1810.03292"),
        Bar("cause kept", ">=", 0.8, "an aim, docs/evaluation.md"),
        Bar("passed share", "<=", 0.10, "the flagship's budget"),
        Bar("cap binds", "<", 0.01, _PROMISE),
    )
}
"""Every bar of the suites."""


@dataclass(frozen=True)
class Measure:
    """One line of a report.

    interval: 95 %, bootstrapped by episode. A value of None is a test that does not apply; then `note` says why.
    Without a bar the value is only reported.
    """

    test: str
    name: str
    value: float | None
    interval: tuple[float, float] | None = None
    bar: Bar | None = None
    note: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """ "passed", "missed", "reported" or "not applicable"."""
        if self.value is None:
            return "not applicable"
        if self.bar is None:
            return "reported"
        return "passed" if self.bar.met(self.value) else "missed"

    def to_json(self) -> dict[str, Any]:
        """Plain data for the report."""
        return {**asdict(self), "bar": None if self.bar is None else self.bar.name, "status": self.status}


def not_applicable(test: str, name: str, why: str) -> Measure:
    """A test that this policy cannot be put to."""
    return Measure(test, name, None, note=why)


def bootstrap(statistic: Callable[[NDArray[np.intp]], float], episode: NDArray[np.integer]) -> tuple[float, float]:
    """95 % interval of `statistic(index of samples)` when whole episodes are drawn anew, with replacement.

    episode: (F,) which episode each sample belongs to. Samples of one episode are alike, so they are drawn together.
    """
    order = np.argsort(episode, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(episode[order])) + 1)
    draws = np.random.default_rng(0).integers(0, len(groups), (RESAMPLES, len(groups)))
    values = [statistic(np.concatenate([groups[pick] for pick in draw])) for draw in draws]
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def ratio_measure(
    test: str,
    name: str,
    amounts: NDArray[Any],
    per: NDArray[Any],
    episode: NDArray[np.integer],
    bar: Bar | None = None,
    **details: Any,
) -> Measure:
    """The sum of `amounts` over the sum of `per`, one of each a sample, with its interval by episode."""
    if not per.sum() > 0:
        return not_applicable(test, name, "no frame to try it on")
    number = np.unique(episode, return_inverse=True)[1]
    figure = interval(np.bincount(number, amounts).tolist(), np.bincount(number, per).tolist())
    return Measure(test, name, figure["mean"], (figure["low"], figure["high"]), bar, details=details)


def mean_measure(
    test: str, name: str, values: NDArray[Any], episode: NDArray[np.integer], bar: Bar | None = None, **details: Any
) -> Measure:
    """The mean of a figure that every sample has, with its interval by episode."""
    return ratio_measure(test, name, values, np.ones(len(values)), episode, bar, **details)


def same_action(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.bool_]:
    """(F,) whether two actions (F, A) agree within the tolerances, in every component."""
    tolerance = np.full(a.shape[1], OTHER_TOLERANCE)
    tolerance[0] = STEER_TOLERANCE
    return np.asarray((np.abs(a - b) <= tolerance).all(1))


def steer_change(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.floating]:
    """(F,) |d steer| between two actions (F, A)."""
    return np.asarray(np.abs(a[:, 0] - b[:, 0]))


def median(values: NDArray[np.floating]) -> float:
    """The median, NaN of nothing."""
    return float(np.median(values)) if len(values) else float("nan")
