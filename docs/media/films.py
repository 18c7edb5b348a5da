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
from sim.policy import provenance_of
from sim.provenance import versions
from sim.view.capture import WINDOW, Capture
from sim.view.demo import Demo, NoDisplay
from sim.view.drive import Drive
from sim.view.hud.screen import Extras, Screen
from sim.view.playback import Playback
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
        picture = Screen().draw(playback, self.size, Extras())
        cv2.imwrite(str(path), np.ascontiguousarray(picture[..., ::-1]))
        playback.close()


PICTURES: dict[str, Film | Still] = {
    "demo.webp": Film(Place("town", "meadow", 20010, 24.0), 9.0),
    "chase.webp": Film(Place("open-road", "night", 20000, 0.0), 8.0, "chase"),
    "window.png": Still(Place("town", "meadow", 20010, 27.0)),
    "without.png": Still(Place("town", "meadow", 20010, 27.0), settings={"without": True}),
}


def driven_to(place: Place) -> Playback:
    """A drive of the shipped policy that has come so far."""
    source = WorldSource(place.scenario, place.theme, place.seed)
    drive = Drive(source, {POLICY: lambda: as_driver(load_policy(POLICY))}, POLICY)
    playback = Playback(drive)
    for _ in range(round(place.at * source.rate)):
        playback.step()
    return playback


@dataclass(frozen=True)
class Options:
    """Make the pictures of README and docs anew."""

    names: Positional[tuple[str, ...]] = tuple(PICTURES)
    """Which (default: all)."""


if __name__ == "__main__":
    options = parse(Options)
    torch.set_num_threads(1)  # one frame at a time
    with mistakes_in_one_line():
        for name in options.names:
            if name not in PICTURES:
                raise unknown("picture", name, PICTURES)
            PICTURES[name].make(FOLDER / name)
            print(FOLDER / name)
