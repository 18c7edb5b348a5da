"""`python docs/media/films.py [NAME ...]`: the pictures of README and docs, made anew.

The shipped weights drive. Each is a row of PICTURES, written beside this file; `looks.webp` is made by `python -m
sim.gallery`.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from tyro.conf import Positional

from agent import load_policy
from sim.command_line import mistakes_in_one_line, parse
from sim.driver import as_driver
from sim.errors import unknown
from sim.policy import PolicySpec, provenance_of
from sim.provenance import versions
from sim.simulator import FIELD_OF_VIEW, FRAME_SIZE
from sim.view.capture import WINDOW, Capture
from sim.view.demo import Demo, NoDisplay
from sim.view.drive import Drive
from sim.view.footage.video import VideoSource
from sim.view.hud.screen import Extras, Screen
from sim.view.playback import Playback
from sim.view.settings import Settings
from sim.view.source import Source
from sim.view.world_source import WorldSource

FOLDER = Path(__file__).parent
POLICY = "topk-patches"


class Place(NamedTuple):
    """Where a picture is taken: a drive, and the second of it at which it begins."""

    scenario: str
    theme: str
    seed: int
    at: float


@dataclass(frozen=True)
class Film:
    """A moving picture: so many seconds, of the whole window or one view."""

    place: Place
    seconds: float
    view: str = WINDOW

    def make(self, path: Path) -> None:
        """Drive to the place, then record."""
        playback = driven_to(self.place)
        made = {"policy": POLICY, "policy_provenance": provenance_of(load_policy(POLICY)), "versions": versions()}
        capture = Capture(playback, lambda: {**made, **self.place._asdict()}, view=self.view, live=False)
        capture.start(path)
        Demo(playback, NoDisplay(), capture).run(round(self.seconds * 60))
        capture.stop()
        playback.close()


@dataclass(frozen=True)
class Still:
    """The window at one moment, after some switches were set."""

    place: Place
    size: tuple[int, int] = (720, 1280)
    settings: dict[str, object] = field(default_factory=dict)

    def make(self, path: Path) -> None:
        """Drive to the place, set the switches, and draw."""
        playback = driven_to(self.place)
        playback.set(**self.settings)
        save(Screen().draw(playback, self.size, Extras()), path)
        playback.close()


@dataclass(frozen=True)
class Footage:
    """The window over real footage, after so many seconds of it."""

    at: float
    size: tuple[int, int] = (360, 640)

    def make(self, path: Path, clip: str) -> None:
        """Watch the clip up to there, and draw."""
        source = VideoSource(clip, PolicySpec(FRAME_SIZE, FIELD_OF_VIEW, None))
        playback = driven(source, self.at)
        save(Screen().draw(playback, self.size, Extras()), path)
        playback.close()
        source.close()


FOOTAGE = Footage(6.0)

PICTURES: dict[str, Film | Still] = {
    "demo.webp": Film(Place("town", "meadow", 20000, 7.5), 8.5),
    "chase.webp": Film(Place("open-road", "night", 20000, 0.0), 8.0, "chase"),
    "window.png": Still(Place("town", "meadow", 20010, 27.0)),
    "without.png": Still(Place("town", "meadow", 20010, 28.6), settings={"without": True}),
}


def save(picture: np.ndarray, path: Path) -> None:
    """RGB (H, W, 3) to a file."""
    cv2.imwrite(
        str(path),
        np.ascontiguousarray(picture[..., ::-1]),
        [cv2.IMWRITE_WEBP_QUALITY, 90] if path.suffix == ".webp" else [],
    )


def driven_to(place: Place) -> Playback:
    """A drive of the shipped policy that has come so far."""
    return driven(WorldSource(place.scenario, place.theme, place.seed), place.at)


def driven(source: Source, seconds: float) -> Playback:
    """The shipped policy in a source, so many seconds later."""
    drive = Drive(source, {POLICY: lambda: as_driver(load_policy(POLICY))}, POLICY)
    settings = Settings(POLICY, "camera")
    for _ in range(round(seconds * source.rate)):
        drive.act(drive.look(settings))
    return Playback(drive)


@dataclass(frozen=True)
class Options:
    """Make the pictures of README and docs anew."""

    names: Positional[tuple[str, ...]] = tuple(PICTURES)
    """Which (default: all)."""
    clip: str | None = None
    """Real footage, for footage.webp."""


def make(name: str, clip: str | None) -> None:
    """One picture; ValueError for a name that is none."""
    if name == "footage.webp" and clip is not None:
        FOOTAGE.make(FOLDER / name, clip)
    elif name in PICTURES:
        PICTURES[name].make(FOLDER / name)
    else:
        raise unknown("picture", name, (*PICTURES, "footage.webp with --clip"))
    print(FOLDER / name)


if __name__ == "__main__":
    options = parse(Options)
    torch.set_num_threads(1)  # one frame at a time
    with mistakes_in_one_line():
        for name in options.names:
            make(name, options.clip)
