"""A drive as a film that plays inside a notebook, and needs none of a notebook's packages."""

import math
from base64 import b64encode
from contextlib import ExitStack
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sim.driver import EXPERT, Driver, Expert, as_driver
from sim.errors import unknown
from sim.files import replacing, typed_path
from sim.policy import Policy, provenance_of, remark_of
from sim.provenance import versions
from sim.scenario import Scenario, name_of
from sim.seeds import TEST_FROM
from sim.theme import Theme, theme_name
from sim.view.capture import WINDOW, Capture
from sim.view.demo import Demo, NoDisplay
from sim.view.drive import Drive
from sim.view.playback import Playback
from sim.view.world_source import WorldSource

PLAYER_SIZE = (540, 960)
"""(height, width) of a player's pictures: as wide as a page of a notebook. Eight seconds come to about 3 MB, and would
to 6 MB at 1280 x 720. All 60 pictures a second are kept: with 20 the file is a tenth smaller, and the drive jerks."""


@dataclass(frozen=True)
class Player:
    """A film that a notebook shows where it is a cell's last value. video: an .mp4 file's bytes. title: what it is."""

    video: bytes = field(repr=False)
    title: str
    size: tuple[int, int] = PLAYER_SIZE

    def _repr_html_(self) -> str:
        """A player that holds the film itself, so that the notebook goes on playing it wherever it is taken."""
        height, width = self.size
        data = b64encode(self.video).decode("ascii")
        return (
            f'<video controls loop muted autoplay playsinline title="{escape(self.title)}" width="{width}" '
            f'height="{height}" style="max-width: 100%; height: auto" src="data:video/mp4;base64,{data}"></video>'
        )

    def save(self, path: str | Path) -> None:
        """Write the film to an .mp4 file. ValueError for another ending, OSError where it cannot be written."""
        path = typed_path(path)
        if path.suffix.lower() != ".mp4":
            raise ValueError(f"cannot save to {str(path)!r}: expected a name ending in .mp4")
        with replacing(path) as part:
            part.write_bytes(self.video)


class SmallDisplay(NoDisplay):
    """Nobody watches yet: pictures of the player's size, no wishes."""

    size = PLAYER_SIZE


def show(
    policy: Policy | Driver | str,
    *,
    scenario: str | Scenario = "open-road",
    theme: str | Theme = "train",
    seed: int = TEST_FROM,
    seconds: float = 8.0,
    view: str = WINDOW,
) -> Player:
    """Let a policy drive, and return the film of it, to be shown or saved.

    policy: anything that meets `sim.policy.Policy`, or "expert". scenario, theme, seed: see `sim.simulator.Simulator`.
    seconds: of the drive and of the film. view: "window" for the road with the panels beside it, or the name of one
    view alone, such as "camera" or "chase". ValueError in one line for what cannot be meant.
    """
    if not 0 < seconds < math.inf:
        raise ValueError(f"seconds is {seconds}; expected a finite number above 0")
    check_policy(policy)
    source = WorldSource(scenario, theme, seed)
    if view not in (WINDOW, *source.views):
        raise unknown("view", view, (WINDOW, *source.views))
    name, driver = at_the_wheel(policy)
    made = {"policy": name, "policy_provenance": provenance_of(policy), "versions": versions()}
    place = {"scenario": name_of(scenario), "theme": theme_name(theme), "seed": seed}
    title = f"{name} in {source.simulator.theme_names[0]}, {place['scenario']}, seed {seed}"
    title = ", ".join([title, *filter(None, [remark_of(policy)])])
    return Player(film(Playback(Drive(source, {name: lambda: driver}, name)), seconds, view, {**made, **place}), title)


def check_policy(policy: object) -> None:
    """ValueError unless `policy` can drive."""
    if isinstance(policy, Policy | Driver) or policy == EXPERT:
        return
    if isinstance(policy, str):
        load = f"from agent import load_policy; load_policy({policy!r})"
        raise ValueError(f"policy is the name {policy!r}; expected a loaded policy ({load}), or {EXPERT!r}")
    wanted = "an object with spec, initial_state and act, as sim.policy.Policy has them"
    raise ValueError(f"policy is of type {type(policy).__name__}; expected {wanted}, or {EXPERT!r}")


def at_the_wheel(policy: Policy | Driver | str) -> tuple[str, Driver]:
    """The name that the window gives to whoever drives, and the driver."""
    if isinstance(policy, str):
        return policy, Expert()
    provenance = provenance_of(policy)
    return provenance.get("policy", type(policy).__name__), as_driver(policy)


def film(playback: Playback, seconds: float, view: str, provenance: dict[str, Any]) -> bytes:
    """Drive, and end the playback; returns the .mp4 file. No file remains."""
    pictures = max(1, round(seconds * playback.source.rate * playback.source.pictures_per_step))
    with ExitStack() as stack:
        stack.callback(playback.close)
        path = Path(stack.enter_context(TemporaryDirectory())) / "drive.mp4"
        capture = Capture(playback, lambda: provenance, view=view, live=False, size=PLAYER_SIZE)
        stack.callback(capture.stop)
        capture.start(path)
        Demo(playback, SmallDisplay(), capture).run(pictures)
        capture.stop()
        return path.read_bytes()
