"""How well does it drive? A policy beside the expert, and beside two controls that must fail."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from agent.evaluate.measure import BARS, Bar, Measure
from agent.evaluate.options import Options, Stage
from sim.driver import Constant, Driver, Expert
from sim.kinds import PENALTIES
from sim.metrics import driving_score, heeded, score
from sim.policy import Decision, Observation, Policy, State
from sim.rollout import Episode, drive
from sim.theme import resolve

EXPERT = "expert"
EMPTY_ROAD = "open-road"
ZERO_STEER = "zero steer"
ZERO_STEER_ACTION = (0.0, 0.2)


class BlackFrames:
    """A policy that is shown black frames: what it does without its eyes. It meets the Policy protocol."""

    def __init__(self, policy: Policy) -> None:
        self.spec, self._policy = policy.spec, policy

    def initial_state(self, n: int) -> State:
        """That of the policy."""
        return self._policy.initial_state(n)

    def act(self, observation: Observation, state: State) -> tuple[Decision, State]:
        """Decide on black frames; the speed is the true one."""
        black = np.zeros_like(observation["frame"])
        return self._policy.act({**observation, "frame": black}, state)


@dataclass(frozen=True)
class Drives:
    """One driver's episodes; a control is a driver that must fail."""

    episodes: list[Episode]
    control: bool = False

    def scores(self) -> dict[str, dict[str, Any]]:
        """`sim.metrics.score` of all episodes, and of each theme's."""
        themes = sorted({each["theme"] for each in self.episodes})
        by_theme = {theme: [each for each in self.episodes if each["theme"] == theme] for theme in themes}
        return {"all": score(self.episodes)} | {theme: score(some) for theme, some in by_theme.items()}


def evaluate(policies: Mapping[str, Policy | Driver], options: Options, stage: Stage) -> dict[str, Drives]:
    """Drive the same episodes with every policy, the expert and the controls."""
    drivers: dict[str, tuple[Policy | Driver, bool]] = {name: (policy, False) for name, policy in policies.items()}
    for name, policy in policies.items():
        if not isinstance(policy, Driver):
            drivers[f"{name}, black frames"] = (BlackFrames(policy), True)
    drivers.setdefault(EXPERT, (Expert(), False))
    drivers[ZERO_STEER] = (Constant(*ZERO_STEER_ACTION), True)
    return {
        name: Drives(drive(options.simulator(driver), driver, options.seeds, (stage(name),)), control)
        for name, (driver, control) in drivers.items()
    }


def summary(episode: Episode) -> dict[str, Any]:
    """One drive in a few figures, for the report."""
    names = ("theme", "route_completion", "distance", "infractions", "off_road_share")
    whole = {"seed": episode.seed, "ended": episode.ended, "duration": episode.duration}
    return whole | {name: episode[name] for name in names} | {"driving_score": driving_score(episode)}


def measures(name: str, drives: Drives, options: Options) -> list[Measure]:
    """What is held to a bar: score, completion, off-road events and speed of a driver, the completion of a control.

    Where others are on the road, nobody can be held to complete every route as fast as the empty road allows: there
    the bar is on the score. In themes that were never seen it is on the completion alone.
    """
    figures = score(drives.episodes)
    completion, events = figures["route_completion"], figures["infractions"]["off-road"]
    if drives.control:
        return [_figure(name, "route completion", completion, BARS["completion of a control"])]
    held_out = any(theme.split == "heldout" for theme in resolve(options.theme))
    driver = "the expert's driving score" if name == EXPERT else "driving score"
    least = None if held_out else BARS.get(f"{driver}, {options.scenario}")
    empty = options.scenario == EMPTY_ROAD
    bar = BARS["completion, held-out theme" if held_out else "completion"]
    per_100 = 100 * events / len(drives.episodes)
    return [
        _figure(name, "driving score", figures["driving_score"], least),
        _figure(name, "route completion", completion, bar if empty else None),
        Measure(name, "off-road events in 100 episodes", per_100, None, BARS["off-road events"] if empty else None),
        _figure(name, "mean speed over the expert's", figures["speed_to_expert"], BARS["speed"] if empty else None),
        *(_heeded(name, cause, met) for cause, met in figures["encounters"].items() if met["met"]),
    ]


def _heeded(driver: str, cause: str, met: dict[str, float]) -> Measure:
    """Infractions per encounter: of how many red lights that were met one was run, and so on."""
    details = {key: met[key] for key in ("met", "infractions")}
    return Measure(driver, f"{heeded(PENALTIES)[cause]} infractions per {cause} met", met["share"], details=details)


def _figure(driver: str, name: str, figure: dict[str, float], bar: Bar | None) -> Measure:
    return Measure(driver, name, figure["mean"], (figure["low"], figure["high"]), bar)
