"""How well does it drive? A policy beside the expert, and beside two controls that must fail."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from agent.evaluate import plots
from agent.evaluate.drives import WHOLE, Drives
from agent.evaluate.findings import Findings, Found
from agent.evaluate.forecast import FALTERING, Part
from agent.evaluate.measure import BARS, Bar, Measure
from agent.evaluate.options import Options, Stage
from agent.evaluate.score_tables import score_tables
from agent.evaluate.suite import Policies, Suite
from sim.driver import EXPERT, Constant, Driver, Expert
from sim.kinds import PENALTIES
from sim.metrics import heeded, score
from sim.policy import Decision, Observation, Policy, State
from sim.recorded import RecordedDrive
from sim.rollout import drive
from sim.scenario import name_of
from sim.theme import resolve, theme_name
from sim.world import ENDINGS

EMPTY_ROAD = "open-road"
ROUTE_DONE = ENDINGS[1]
FAILED = "failed"
"""The folder of the drives that failed, below the report's."""

ZERO_STEER = "zero steer"
ZERO_STEER_ACTION = (0.0, 0.2)
TITLE = "Held to the bars"


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


def run(policies: Policies, options: Options, stage: Stage) -> Findings:
    """Drive the same episodes with every policy and the controls; of several themes, one after the other."""
    if isinstance(options.theme, tuple):
        return _in_each_theme(policies, options, options.theme, stage)
    drives = evaluate(policies, options, stage)
    scores = {name: each.scores() for name, each in drives.items()}
    found = {name: _found(name, each, scores[name], options) for name, each in drives.items()}
    pictures = {"driving": partial(plots.driving, drives)} if options.simulated else {}
    files = {path: saved for name, each in drives.items() for path, saved in failed(name, each, options).items()}
    return Findings(TITLE, found, tables=score_tables(scores), pictures=pictures, files=files)


def failed(name: str, drives: Drives, options: Options) -> dict[str, bytes]:
    """Drives that ended badly or cost score, to be driven again as they were; of controls, which must fail, none."""
    if drives.control or not options.simulated:
        return {}
    scenario, theme = name_of(options.scenario), theme_name(options.one_theme)
    stem = re.sub(r"[^\w.-]+", "_", f"{name}-{theme}")
    return {
        f"{FAILED}/{stem}-{episode.seed}.npz": RecordedDrive.of(episode, scenario, theme, name).to_bytes()
        for episode in drives.episodes
        if episode.ended != ROUTE_DONE or any(episode["infractions"].get(kind) for kind in PENALTIES)
    }


def evaluate(policies: Policies, options: Options, stage: Stage) -> dict[str, Drives]:
    """Drive the same episodes with every policy, the expert and the controls."""
    return {
        name: Drives(
            drive(options.make_worlds(driver), driver, options.seeds, (stage(name),)), control, options.simulated
        )
        for name, (driver, control) in _drivers(policies, options).items()
    }


def _drivers(policies: Policies, options: Options) -> dict[str, tuple[Policy | Driver, bool]]:
    """Who drives, and whether it is a control. The expert and the straight wheel know the simulator's worlds alone."""
    drivers: dict[str, tuple[Policy | Driver, bool]] = {name: (policy, False) for name, policy in policies.items()}
    for name, policy in policies.items():
        if not isinstance(policy, Driver):
            drivers[f"{name}, black frames"] = (BlackFrames(policy), True)
    if options.simulated:
        drivers.setdefault(EXPERT, (Expert(), False))
        drivers[ZERO_STEER] = (Constant(*ZERO_STEER_ACTION), True)
    return drivers


def _found(name: str, drives: Drives, scores: Mapping[str, Any], options: Options) -> Found:
    lines = measures(name, drives, options)
    return Found(lines, {"scores": scores}, {"drives": drives.summaries()}, drives.control)


def _in_each_theme(policies: Policies, options: Options, themes: tuple[str, ...], stage: Stage) -> Findings:
    """The same tracks in each theme, scores and measures by theme.

    Expert and controls are left out: looks change nothing for them.
    """
    each_theme = {theme: replace(options, theme=theme) for theme in themes}
    drives: dict[str, dict[str, Drives]] = {name: {} for name in policies}
    for name, policy in policies.items():
        for theme, one in each_theme.items():
            drives[name][theme] = Drives(drive(one.make_worlds(policy), policy, one.seeds, (stage(theme),)))
    scores = {
        name: {theme: each.scores()[theme] for theme, each in by_theme.items()} for name, by_theme in drives.items()
    }
    found = {
        name: Found(
            [line for theme, each in by_theme.items() for line in measures(theme, each, each_theme[theme])],
            {"scores": scores[name]},
        )
        for name, by_theme in drives.items()
    }
    files = {
        path: saved
        for name, by_theme in drives.items()
        for theme, each in by_theme.items()
        for path, saved in failed(name, each, each_theme[theme]).items()
    }
    return Findings(TITLE, found, tables=score_tables(scores), files=files)


def measures(name: str, drives: Drives, options: Options) -> list[Measure]:
    """What is held to a bar: score, completion, off-road events and speed of a driver, the completion of a control.

    Where others are on the road, nobody can be held to complete every route as fast as the empty road allows: there
    the bar is on the score. In themes that were never seen it is on the completion alone. Other worlds than the
    simulator's have no bars: every number that they tell of is reported.
    """
    if not drives.simulated:
        told = drives.scores()[WHOLE]["outcome"]
        return [_figure(name, figure.replace("_", " "), values, None) for figure, values in told.items()]
    figures = score(drives.episodes)
    if drives.control:
        return [_figure(name, "route completion", figures["route_completion"], BARS["completion of a control"])]
    return _measures(name, figures, len(drives.episodes), options)


def _measures(name: str, figures: dict[str, Any], episodes: int, options: Options) -> list[Measure]:
    """Those of a driver who should do well."""
    held_out = any(theme.split == "heldout" for theme in resolve(options.one_theme))
    driver = "the expert's driving score" if name == EXPERT else "driving score"
    least = None if held_out else BARS.get(f"{driver}, {options.scenario}")
    empty = options.scenario == EMPTY_ROAD
    bar = BARS["completion, held-out theme" if held_out else "completion"]
    per_100 = 100 * figures["infractions"]["off-road"] / episodes
    return [
        _figure(name, "driving score", figures["driving_score"], least),
        _figure(name, "route completion", figures["route_completion"], bar if empty else None),
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


def work(policies: Policies, options: Options) -> list[Part]:
    """Every drive: a stage for each driver, or for each policy and theme."""
    n = options.episodes
    if isinstance(options.theme, tuple):
        return [Part(theme, policy, n) for policy in policies.values() for theme in options.theme]
    return [
        Part(name, driver, n, FALTERING if control else 1.0, 0.0 if driver.spec is None else 1.0)
        for name, (driver, control) in _drivers(policies, options).items()
    ]


SUITE = Suite("driving", 100, lambda policy, options: None, run, together=True, work=work)
