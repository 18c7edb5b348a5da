"""The window under SDL's dummy driver: pictures, keys, and the places where none can be opened."""

import os
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from sim.view.actions import ACTION_OF_KEY, ACTIONS
from sim.view.hud.layout import SMALLEST

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")

import pygame

from sim.view.window import FrameWindow


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> Iterator[FrameWindow]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    with FrameWindow("test", (64, 36)) as opened:
        yield opened


def on_screen() -> np.ndarray:
    return pygame.surfarray.array3d(pygame.display.get_surface()).swapaxes(0, 1)


def picture(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(1, 256, (height, width, 3), np.uint8)


def press(name: str) -> None:
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.key.key_code(name)))


def test_a_picture_of_the_windows_size_reaches_the_screen_untouched(window: FrameWindow) -> None:
    shown = picture(36, 64)
    window.show(shown)
    assert np.array_equal(on_screen(), shown)


def test_parts_of_other_pictures_can_be_shown(window: FrameWindow) -> None:
    shown = picture(36, 128)[:, ::2]
    window.show(shown)
    assert np.array_equal(on_screen(), shown)


def test_a_picture_is_fitted_whole_and_centred(window: FrameWindow) -> None:
    window.show(np.full((36, 36, 3), 200, np.uint8))
    screen = on_screen()
    assert np.all(screen[:, 14:50] == 200)
    assert np.all(screen[:, :14] < 20)
    assert np.all(screen[:, 50:] < 20)


@pytest.mark.parametrize("window_size", [(1280, 720), (1024, 768), (333, 501), (3840, 2160)])
def test_it_wants_pictures_that_fit(window: FrameWindow, window_size: tuple[int, int]) -> None:
    pygame.display.set_mode(window_size, pygame.RESIZABLE)
    window.show(picture(36, 64))
    height, width = window.size
    assert abs(width * 9 - height * 16) <= 16
    if window_size[0] >= SMALLEST[1] and window_size[1] >= SMALLEST[0]:
        assert width <= window_size[0]
        assert height <= window_size[1]
        assert width == window_size[0] or height == window_size[1]
    window.show(picture(height, width))
    assert on_screen().shape[:2] == window_size[::-1]


def test_full_screen_and_back(window: FrameWindow) -> None:
    window.toggle_full_screen()
    assert pygame.display.get_surface().get_flags() & pygame.FULLSCREEN
    window.show(picture(36, 64))
    window.toggle_full_screen()
    assert pygame.display.get_surface().get_size() == (64, 36)
    window.show(shown := picture(36, 64))
    assert np.array_equal(on_screen(), shown)


def test_held_keys_are_what_they_do(window: FrameWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(window.held()) == []
    down = {pygame.K_LEFT, pygame.K_UP, pygame.K_q}
    monkeypatch.setattr(pygame.key, "get_pressed", lambda: Down(down))
    assert sorted(window.held()) == ["left", "throttle"]


class Down:
    """What pygame says of the keys that are down."""

    def __init__(self, codes: set[int]) -> None:
        self.codes = codes

    def __getitem__(self, code: int) -> bool:
        return code in self.codes


@pytest.mark.parametrize("size", [(9, 16), (720, 1280)])
def test_a_picture_is_scaled_to_the_window(window: FrameWindow, size: tuple[int, int]) -> None:
    window.show(np.full((*size, 3), (10, 20, 30), np.uint8))
    assert np.all(on_screen() == (10, 20, 30))


@pytest.mark.parametrize(("key", "name"), [(key, action.name) for action in ACTIONS for key in action.keys])
def test_every_key_asks_for_its_action(window: FrameWindow, key: str, name: str) -> None:
    window.asked()
    press(key)
    assert window.asked() == [name]
    assert window.asked() == []


def test_keys_are_asked_in_order_and_others_ask_for_nothing(window: FrameWindow) -> None:
    window.asked()
    for key in ("y", "n", "space", "f5"):
        press(key)
    assert window.asked() == ["next track", "pause"]


def test_closing_the_window_quits(window: FrameWindow) -> None:
    window.asked()
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    assert window.asked() == ["quit"]


def test_no_key_means_two_things() -> None:
    assert len(ACTION_OF_KEY) == sum(len(action.keys) for action in ACTIONS)


def test_closing_twice_is_once(window: FrameWindow) -> None:
    window.close()
    window.close()


def test_audio_stays_closed(window: FrameWindow) -> None:
    assert pygame.mixer.get_init() is None


@pytest.mark.parametrize("display", [{}, {"DISPLAY": ":9876"}], ids=["none", "dead"])
@pytest.mark.skipif(sys.platform != "linux", reason="displays are named by DISPLAY on Linux")
def test_no_display_is_told(display: dict[str, str]) -> None:
    code = (
        "from sim.view.window import FrameWindow, DisplayMissing\n"
        "try:\n    FrameWindow('test', (64, 36))\n"
        "except DisplayMissing as error:\n    print('told:', error)"
    )
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER", "SDL_VIDEO_DRIVER")
    environment = {name: value for name, value in os.environ.items() if name not in hidden} | display
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert result.stdout.startswith("told: ")
