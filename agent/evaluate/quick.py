"""A verdict in under a minute, to try things with: a few drives, T0, T1 and T4 on a few frames. No evidence."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from agent.evaluate.bench import Bench
from agent.evaluate.drives import Drives
from agent.evaluate.driving import measures as driving_measures
from agent.evaluate.faithfulness import T0_EDITS, T1_EDITS, T4_EDITS, gate_rerun, mask_held, necessity
from agent.evaluate.findings import Findings, Found
from agent.evaluate.forecast import Part
from agent.evaluate.measure import Measure
from agent.evaluate.options import Options, Stage
from agent.evaluate.passed import passed_share
from agent.evaluate.pool import Sampler
from agent.evaluate.suite import EACH_THEME, Policies, Suite, has_map
from sim.driver import Driver
from sim.policy import Policy
from sim.rollout import Episode, Observer, drive

EPISODES = 6
FRAMES = 200
"""Frames at most that T0, T1 and T4 are asked on."""

CAUTION = "QUICK: a few drives and frames, to try things with. It is no evidence; the suites are (docs/evaluation.md)."

SURE = 1.96
"""Standard deviations on either side of a 95 % interval."""

COMPLETED = 0.999


def run(policies: Policies, options: Options, stage: Stage) -> Findings:
    """Drive a few episodes with one policy, and ask on frames of these drives whether its red is true."""
    ((name, policy),) = policies.items()
    options = replace(options, frames=min(options.frames, FRAMES))
    if has_map(policy, options) is not None or isinstance(policy, Driver):
        episodes = _drive(policy, options, stage("drives"))
        return _findings(name, episodes, driven(episodes, options), [])
    sampler = Sampler(options.frames, options.episodes)
    episodes = _drive(policy, options, stage("drives"), sampler)
    stage("T0, T1, T4")
    bench = Bench(policy, sampler.pool())
    held, stays = mask_held(bench), gate_rerun(bench)
    necessary = necessity(bench, stays)
    return _findings(
        name, episodes, driven(episodes, options), [*held, *stays, *necessary, *passed_share(episodes, bench)]
    )


def _drive(policy: Policy | Driver, options: Options, *observers: Observer) -> list[Episode]:
    return drive(options.make_worlds(policy), policy, options.seeds, observers)


def driven(episodes: list[Episode], options: Options) -> list[Measure]:
    """What the driving suite holds to its bars."""
    return driving_measures("driving", Drives(episodes, simulated=options.simulated), options)


def _findings(name: str, episodes: list[Episode], driving: list[Measure], red: list[Measure]) -> Findings:
    found = Found([*driving, *red], {"quick": True})
    notes = [f"{name} {each}" for each in (*in_words(episodes), *red_in_words(red))]
    return Findings(f"QUICK: {name}", {name: found}, notes=notes)


def in_words(episodes: Sequence[Episode]) -> list[str]:
    """How it drove, and how sure that is; nothing in worlds that tell of no route."""
    if any("route_completion" not in each.outcome for each in episodes):
        return []
    n, laps = len(episodes), sum(each["route_completion"] > COMPLETED for each in episodes)
    way = np.mean([each["route_completion"] for each in episodes])
    low, high = share_interval(laps, n)
    sure = f"of very many it may be {low:.0%} to {high:.0%} of the laps"
    return [f"completes {laps} of {n} laps, {way:.1%} of the way; {sure}"]


def red_in_words(red: Sequence[Measure]) -> list[str]:
    """A line for each of T0, T1 and T4, and how sure it is; how much of the picture passes."""
    lines = []
    for test, words in WORDS.items():
        some = [each for each in red if each.test == test and each.value is not None]
        lines += [words(some)] if some else []
    return lines


def _t0(some: Sequence[Measure]) -> str:
    same = min(each.value or 0.0 for each in some)
    held = "to the bit" if same == 1 else f"in only {same:.1%} of the frames"
    return f"T0: decides the same {held} when all that it does not read is overwritten, its mask held"


def _t1(some: Sequence[Measure]) -> str:
    met, hardest = sum(each.status == "passed" for each in some), min(some, key=lambda each: each.value or 0.0)
    least = f"{hardest.name}, {hardest.value:.1%} of the frames{_between(hardest, 100, ' %')}"
    return f"T1: acts the same under {met} of {len(some)} kinds of junk where it does not read; hardest: {least}"


def _t4(some: Sequence[Measure]) -> str:
    least = min(some, key=lambda each: each.value or 0.0)
    far = f"{least.value:.0f} times as far{_between(least, 1, '')}, bar {least.bar}"
    return f"T4: without what it reads, the wheel goes {far}"


def _passed(some: Sequence[Measure]) -> str:
    return f"passes {some[0].value:.1%} of the picture (median)"


def _between(measure: Measure, scale: float, unit: str) -> str:
    """The 95 % interval, in brackets."""
    if measure.interval is None:
        return ""
    low, high = (scale * end for end in measure.interval)
    return f" ({low:.0f} to {high:.0f}{unit})"


WORDS = {"T0": _t0, "T1": _t1, "T4": _t4, "passed": _passed}
"""How a test's lines are told in one."""


def share_interval(successes: int, tries: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (Wilson 1927), which says something of a few tries that all went well."""
    share, square = successes / tries, SURE**2 / tries
    middle = (share + square / 2) / (1 + square)
    half = SURE * math.sqrt(share * (1 - share) / tries + square / (4 * tries)) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)


def work(policies: Policies, options: Options) -> list[Part]:
    """The drives, and the questions."""
    ((_, policy),) = policies.items()
    frames = min(options.frames, FRAMES) * (1 + len(T0_EDITS) + len(T1_EDITS) + len(T4_EDITS))
    looks = 0.0 if policy.spec is None else 1.0
    return [Part("drives", policy, options.episodes, passes=looks), Part("T0, T1, T4", policy, frames=frames * looks)]


def applies(policy: Policy | Driver, options: Options) -> str | None:
    """To everybody, in one theme or the themes of a split."""
    return EACH_THEME if isinstance(options.theme, tuple) else None


SUITE = Suite("quick", EPISODES, applies, run, least=2, work=work, caution=CAUTION)
