"""The window, opened from Python: a policy and a source, and one call."""

import math
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from sim.driver import Driver
from sim.policy import Policy, provenance_of
from sim.provenance import versions
from sim.view.capture import Capture
from sim.view.demo import Demo, Display
from sim.view.drive import Drive
from sim.view.hud.layout import DESIGN_SIZE
from sim.view.notebook import at_the_wheel, check_policy
from sim.view.pacing import RateKeeper
from sim.view.playback import Playback
from sim.view.source import Source
from sim.view.world_source import START, WorldSource

Wheel = Policy | Driver | str
"""Whoever may drive: a policy, a driver, or "expert"."""


def watch(
    policy: Wheel | Mapping[str, Wheel],
    source: Source | None = None,
    *,
    seconds: float | None = None,
    display: Display | None = None,
) -> None:
    """Open the window and let a policy drive, until the window is closed or so many seconds have been shown.

    policy: anything that meets `sim.policy.Policy`, a `sim.driver.Driver`, or "expert"; or several by name, the first
    to begin with, so that a key goes through them. source: anything that meets `sim.view.source.Source`; by default a
    `WorldSource` of a town. display: where to show it, a window by default. All of the demo's keys work.
    ValueError in one line for what cannot be meant, `sim.view.window.DisplayMissing` where no window can be opened.
    """
    if seconds is not None and not 0 < seconds < math.inf:
        raise ValueError(f"seconds is {seconds}; expected a finite number above 0, or None for no end")
    if source is not None and not isinstance(source, Source):
        ways = "a WorldSource, a VideoSource, a GymSource, or what meets sim.view.source.Source"
        raise ValueError(f"source is of type {type(source).__name__}; expected {ways}")
    drivers = _named(policy)
    source = source or WorldSource(START)
    with ExitStack() as stack:
        name = next(iter(drivers))
        playback = Playback(Drive(source, {key: lambda it=it: it for key, it in drivers.items()}, name))  # type: ignore[misc]
        stack.callback(playback.close)
        shown = display or _window(stack)
        capture = Capture(playback, lambda: {"policy": name, **_provenance(policy)}, live=True)
        stack.callback(capture.stop)
        rate = float(source.rate * source.pictures_per_step)
        demo = Demo(playback, shown, capture, keeper=None if display else RateKeeper(rate))
        demo.greet()
        demo.run(None if seconds is None else max(1, round(seconds * rate)))


def _named(policy: Wheel | Mapping[str, Wheel]) -> dict[str, Driver]:
    """Drivers by name."""
    wheels = policy if isinstance(policy, Mapping) else {"": policy}
    if not wheels:
        raise ValueError("policy is empty; expected at least one to put at the wheel")
    for wheel in wheels.values():
        check_policy(wheel)
    found = {name: at_the_wheel(wheel) for name, wheel in wheels.items()}
    return {name or own: driver for name, (own, driver) in found.items()}


def _provenance(policy: object) -> dict[str, Any]:
    return {"policy_provenance": provenance_of(policy), "versions": versions()}


def _window(stack: ExitStack) -> Display:
    from sim.view.window import FrameWindow  # pygame

    return stack.enter_context(FrameWindow("RedGaze", DESIGN_SIZE[::-1]))
