"""Episodes -> figures: route completion, infractions, driving score, comfort; with intervals by episode."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import pairwise
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.kinds import CAUSES, INFRACTIONS, PENALTIES, ROLES, Manner
from sim.rollout import Episode
from sim.track import LANE_CENTRE
from sim.vehicle import CONTROL_STEP

MET: tuple[Manner, ...] = ("stop", "yield", "follow")
"""Manners in which roles are met, one at a time, and heeded or not."""

BRAKES, RELEASED = 0.05, 0.05
"""Pedals: the expert brakes below minus the first; a driver has let go below the second."""

NEAR_SHARE = 0.05
"""The share of the time whose shortest time to collision is told."""

COMFORT_BOUNDS = {
    "longitudinal_acceleration": (-4.05, 2.40),
    "lateral_acceleration": (-4.89, 4.89),
    "jerk": (-8.37, 8.37),
    "yaw_rate": (-0.95, 0.95),
}
"""m/s2, m/s2, m/s3, rad/s: the comfort bounds of nuPlan's closed-loop metrics."""

ACCELERATION_WINDOW, JERK_WINDOW = 17, 31
"""Samples to smooth over: nuPlan's 0.8 s and 1.5 s at our 20 Hz."""


def driving_score(drive: Episode | Mapping[str, Any]) -> float:
    """Route completion x the penalties x the share of the way that was driven on the road; in [0, 1].

    drive: an episode, or what has become of one so far (`Simulator.outcome`).
    """
    return float(drive["route_completion"] * penalty(drive["infractions"]) * (1.0 - drive["off_road_share"]))


def penalty(infractions: Mapping[str, int]) -> float:
    """What infractions, counts by name, multiply the driving score by; in (0, 1]."""
    return math.prod(PENALTIES.get(name, 1.0) ** count for name, count in infractions.items())


def heeded(infractions: Collection[str] = INFRACTIONS) -> dict[str, str]:
    """A cause that can be met -> the infraction of who does not heed it, for drives that count these infractions."""
    roles = [role for manner in MET for role in ROLES.values() if role.manner == manner]
    return {role.cause: role.infraction for role in roles if role.infraction and role.infraction in infractions}


def encounters(episode: Episode) -> dict[str, int]:
    """How many red lights, people on their way over and vehicles ahead a drive met: the expert's cause objects."""
    return {
        cause: len(np.unique(episode["culprit"][episode["cause"] == CAUSES.index(cause)]))
        for cause in heeded(episode["infractions"])
    }


def reactions(episode: Episode) -> dict[str, list[float]]:
    """Seconds from the moment an object first makes the expert brake to the moment the driver lets go of the throttle.

    By cause, one for each such moment, at the states of the driver's own drive; infinite where the object is no
    longer the cause before that. Braking: a pedal below -BRAKES; let go: a pedal below RELEASED.
    """
    found: dict[str, list[float]] = {cause: [] for cause in heeded(episode["infractions"])}
    starts = np.flatnonzero(np.diff(episode["culprit"], prepend=-2.0) != 0)
    for start, end in pairwise([*starts.tolist(), len(episode["culprit"])]):
        cause = CAUSES[int(episode["cause"][start])]
        braking = np.flatnonzero(episode["expert_pedal"][start:end] < -BRAKES)
        if cause not in found or not len(braking):
            continue
        first = start + int(braking[0])
        reacted = np.flatnonzero(episode.action[first:end, 1] < RELEASED)
        found[cause].append(float(reacted[0]) * CONTROL_STEP if len(reacted) else np.inf)
    return found


def savitzky_golay(
    values: NDArray[np.float64], window: int, *, derivative: bool = False, degree: int = 2, step: float = 1.0
) -> NDArray[np.float64]:
    """Smoothed `values`, or their first derivative, from a polynomial fitted to `window` (odd) samples around each one.

    The ends take the fit of the first and the last whole window; a series shorter than the window is its own window.
    Savitzky and Golay, 1964.
    """
    window = min(window, len(values) - 1 + len(values) % 2)
    if window <= degree:
        return np.zeros_like(values) if derivative else values.copy()
    half = window // 2
    time = np.arange(-half, half + 1) * step
    powers = np.arange(degree + 1)
    fit = np.linalg.pinv(time[:, None] ** powers)
    slopes = powers * time[:, None] ** np.maximum(powers - 1, 0)
    filters = (slopes if derivative else time[:, None] ** powers) @ fit  # row k: the filter for a window's k-th sample
    middle = np.lib.stride_tricks.sliding_window_view(values, window) @ filters[half]
    return np.concatenate([filters[:half] @ values[:window], middle, filters[half + 1 :] @ values[-window:]])


def comfort(episode: Episode) -> dict[str, float]:
    """The share of the time within each of COMFORT_BOUNDS, and within all of them at once.

    Lateral acceleration is speed x yaw rate. Accelerations are smoothed over 0.8 s; jerk is the derivative over 1.5 s
    of the acceleration's magnitude, as nuPlan takes it. An episode without steps is comfortable.
    """
    longitudinal = savitzky_golay(episode["acceleration"], ACCELERATION_WINDOW)
    lateral = savitzky_golay(episode["speed"] * episode["yaw_rate"], ACCELERATION_WINDOW)
    signals = {
        "longitudinal_acceleration": longitudinal,
        "lateral_acceleration": lateral,
        "jerk": savitzky_golay(np.hypot(longitudinal, lateral), JERK_WINDOW, derivative=True, step=CONTROL_STEP),
        "yaw_rate": episode["yaw_rate"],
    }
    within = {name: (signals[name] >= low) & (signals[name] <= high) for name, (low, high) in COMFORT_BOUNDS.items()}
    within["all"] = np.logical_and.reduce(list(within.values()))
    return {name: float(inside.mean()) if len(inside) else 1.0 for name, inside in within.items()}


def interval(
    amounts: Sequence[float], per: Sequence[float] | None = None, *, resamples: int = 2000, seed: int = 0
) -> dict[str, float]:
    """`mean` = the sum of `amounts` over the sum of `per` (one each by default), an entry an episode, with `low` and
    `high`, the 95 % percentile bootstrap interval by episode. The draws are seeded: same episodes, same figures."""
    amount = np.asarray(amounts, float)
    unit = np.ones_like(amount) if per is None else np.asarray(per, float)
    drawn = np.random.default_rng(seed).integers(len(amount), size=(resamples, len(amount)))
    low, high = np.quantile(_ratio(amount[drawn], unit[drawn]), [0.025, 0.975])
    return {"mean": float(_ratio(amount, unit)), "low": float(low), "high": float(high)}


def _ratio(amounts: NDArray[np.float64], per: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum over sum along the last axis; 0 where there is nothing to divide by."""
    total = per.sum(-1)
    return np.divide(amounts.sum(-1), total, out=np.zeros_like(total), where=total > 0)


def score(episodes: Sequence[Episode]) -> dict[str, Any]:
    """All figures of some episodes; ValueError when there is none.

    `episodes` is their number and `ended` counts their ends. Any other figure is the mean, low and high of `interval`;
    `infractions` (counts), `infractions_per_km` and `comfort` (shares of the time) hold one figure a name; `encounters`
    and `reaction` (see `reactions`) one for each cause that can be met.
    Speeds in m/s, over the time driven; `speed_to_expert` divides them by the expert's on the same track.
    `lateral_offset` is the mean distance from the lane's centre in metres. `share_read` is missing without a selection.
    """
    if not episodes:
        raise ValueError("score of no episodes: expected at least one")

    def figure(measure: Callable[[Episode], float], per: Callable[[Episode], float] | None = None) -> dict[str, float]:
        return interval([measure(each) for each in episodes], per and [per(each) for each in episodes])

    def infraction(name: str) -> dict[str, float]:
        return figure(lambda each: each["infractions"][name], lambda each: each["distance"] / 1000)

    comforts = [comfort(each) for each in episodes]
    names = episodes[0]["infractions"]
    figures: dict[str, Any] = {
        "episodes": len(episodes),
        "ended": dict(Counter(each.ended for each in episodes)),
        "route_completion": figure(lambda each: each["route_completion"]),
        "driving_score": figure(driving_score),
        "mean_speed": figure(lambda each: each["distance"], lambda each: each.duration),
        "expert_speed": figure(lambda each: each["route_length"], lambda each: each["expert_time"]),
        "speed_to_expert": figure(_speed_to_expert),
        "lateral_offset": figure(lambda each: np.abs(each["d"] - LANE_CENTRE).sum(), lambda each: len(each["d"])),
        "off_road_share": figure(lambda each: each["off_road_share"] * each["distance"], lambda each: each["distance"]),
        "infractions": {name: sum(each["infractions"][name] for each in episodes) for name in names},
        "infractions_per_km": {name: infraction(name) for name in names},
        "near_misses": sum(each["near_misses"] for each in episodes),
        "near_misses_per_km": figure(lambda each: each["near_misses"], lambda each: each["distance"] / 1000),
        "time_to_collision": _time_to_collision(episodes),
        "encounters": _encountered(episodes),
        "reaction": _reaction(episodes),
        "comfort": {name: interval([each[name] for each in comforts]) for name in comforts[0]},
    }
    if not any(np.isnan(each.share_read).any() for each in episodes):
        figures["share_read"] = figure(lambda each: each.share_read.sum(), lambda each: len(each.share_read))
    return figures


def figures(episodes: Sequence[Episode]) -> dict[str, Any]:
    """The figures of episodes in any worlds; ValueError when there is none.

    `episodes` is their number and `ended` counts their ends. `outcome` holds, as mean, low and high of `interval`,
    `duration` in seconds, `share_read` where there is a map, and every number that the worlds told of them.
    """
    if not episodes:
        raise ValueError("figures of no episodes: expected at least one")
    numbers = {name: [each.outcome[name] for each in episodes] for name in episodes[0].outcome}
    told = {name: values for name, values in numbers.items() if all(isinstance(each, Real) for each in values)}
    whole = {"duration": interval([each.duration for each in episodes])}
    if not any(np.isnan(each.share_read).any() for each in episodes):
        steps = [len(each) for each in episodes]
        whole["share_read"] = interval([each.share_read.sum() for each in episodes], steps)
    ended = dict(Counter(each.ended for each in episodes))
    outcome = whole | {name: interval(values) for name, values in told.items()}
    return {"episodes": len(episodes), "ended": ended, "outcome": outcome}


def _time_to_collision(episodes: Sequence[Episode]) -> dict[str, float | None]:
    """Seconds: the least, and that of NEAR_SHARE of the time with somebody ahead; None if there never was anybody."""
    times = np.concatenate([each["time_to_collision"] for each in episodes])
    times = times[np.isfinite(times)]
    return {
        "least": float(times.min()) if len(times) else None,
        "low": float(np.quantile(times, NEAR_SHARE)) if len(times) else None,
    }


def _encountered(episodes: Sequence[Episode]) -> dict[str, dict[str, float]]:
    """By cause: how many were met, and infractions of that kind per encounter."""
    met = [encounters(each) for each in episodes]
    return {
        cause: {
            "met": sum(each[cause] for each in met),
            "infractions": sum(each["infractions"][name] for each in episodes),
            "share": interval([each["infractions"][name] for each in episodes], [each[cause] for each in met])["mean"],
        }
        for cause, name in heeded(episodes[0]["infractions"]).items()
    }


def _reaction(episodes: Sequence[Episode]) -> dict[str, dict[str, float | None]]:
    """By cause: how often the expert would have begun to brake, the median delay (s) of the driver's reaction, and the
    share of those moments without any."""
    told = [reactions(each) for each in episodes]
    table: dict[str, dict[str, float | None]] = {}
    for cause in heeded(episodes[0]["infractions"]):
        delays = np.array([delay for each in told for delay in each[cause]])
        reacted = delays[np.isfinite(delays)]
        table[cause] = {
            "moments": len(delays),
            "median_delay": float(np.median(reacted)) if len(reacted) else None,
            "unanswered": float(1 - len(reacted) / len(delays)) if len(delays) else None,
        }
    return table


def _speed_to_expert(episode: Episode) -> float:
    """Mean speed over the way that was driven, as a share of the expert's on that track; 0 for no time at all."""
    expert_speed = episode["route_length"] / episode["expert_time"]
    return episode["distance"] / episode.duration / expert_speed if episode.duration else 0.0
