"""The contract of a display, over each one that there is."""

import os

import numpy as np
import pytest

from sim.view.actions import ACTIONS, DRIVING_KEYS
from sim.view.demo import NoDisplay
from sim.view.notebook import SmallDisplay

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")

from sim.view.window import FrameWindow

DISPLAYS = {
    "nobody": NoDisplay,
    "a notebook": SmallDisplay,
    "a window": lambda: FrameWindow("test", (320, 180)),
}


@pytest.fixture(params=DISPLAYS)
def display(request, monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    shown = DISPLAYS[request.param]()
    yield shown
    getattr(shown, "close", lambda: None)()


def test_it_says_how_large_its_pictures_are(display) -> None:
    height, width = display.size
    assert height > 0
    assert width / height == pytest.approx(16 / 9, abs=0.02)


def test_it_takes_pictures_that_change_afterwards(display) -> None:
    picture = np.zeros((*display.size, 3), np.uint8)
    for value in (0, 255):
        picture[:] = value
        display.show(picture)


def test_wishes_are_names_of_actions_and_held_keys_are_what_they_do(display) -> None:
    assert set(display.asked()) <= {action.name for action in ACTIONS}
    assert set(display.held()) <= set(DRIVING_KEYS.values())
    assert list(display.asked()) == [], "each wish is told once"
