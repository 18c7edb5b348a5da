"""The guided tour: two minutes, scene by scene, in a demo of a world that a fake driver drives."""

from dataclasses import replace

import numpy as np
import pytest

from sim.driver import Constant
from sim.theme import theme_names
from sim.view import actions as do
from sim.view.blinding import BLINDINGS, READ, UNREAD
from sim.view.capture import Capture
from sim.view.demo import Demo, NoDisplay
from sim.view.drive import Drive
from sim.view.hud import instruments
from sim.view.hud.instruments import Figures
from sim.view.hud.layout import DESIGN_SIZE, SMALLEST, layout
from sim.view.hud.text import ELLIPSIS
from sim.view.playback import Playback
from sim.view.settings import Settings
from sim.view.tour import SCENES, SEED, Scene, Tour
from sim.view.world_source import WorldSource

SIZES = (SMALLEST, (540, 960), DESIGN_SIZE, (1080, 1920), (2160, 3840), (576, 1024), (281, 501))

SHORT = (
    Scene(0.1, "first", {"red": False}, begin="meadow"),
    Scene(0.2, "second", {"view": "chase"}),
    Scene(0.1, "third", {"blinding": UNREAD}),
    Scene(0.1, "fourth", {"blinding": READ}, begin="overcast"),
    Scene(0.1, "fifth"),
)


class Halt(Constant):
    """Stands on the brake and keeps count of how often an episode began."""

    episodes = 0

    def __init__(self) -> None:
        super().__init__(0.0, -1.0)

    def initial_state(self, n: int):
        self.episodes += 1
        return super().initial_state(n)


@pytest.fixture
def world() -> WorldSource:
    return WorldSource(theme="autumn", seed=20_000)


@pytest.fixture
def demo(world: WorldSource, tmp_path):
    """A demo that nobody watches, with the short tour."""
    playback = Playback(Drive(world, {"fake": Halt}, "fake"))
    capture = Capture(playback, dict, live=False, folder=tmp_path)
    yield Demo(playback, NoDisplay(), capture, tour=Tour(world, SHORT))
    playback.close()


def go(demo: Demo, pictures: int) -> list[str]:
    """Show so many pictures, without drawing them; the caption of each."""
    captions = []
    for _ in range(pictures):
        demo.tour.go_on(demo)
        captions.append(demo.tour.caption)
        demo.playback.advance()
    return captions


# --- the scenes as data


def test_it_takes_two_minutes() -> None:
    assert sum(scene.seconds for scene in SCENES) == 120


def test_each_scene_leaves_time_to_read_it() -> None:
    """At 200 words a minute, and a breath."""
    for scene in SCENES:
        assert scene.seconds >= 1 + len(scene.caption.split()) * 60 / 200, scene.caption


def test_it_begins_somewhere_and_ends_with_the_show_as_it_was() -> None:
    assert SCENES[0].begin is not None
    assert SCENES[-1].settings == {}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.caption[:24])
def test_every_name_exists(scene: Scene, world: WorldSource) -> None:
    chosen = replace(Settings(view="camera"), **scene.settings)
    assert chosen.view in world.views
    assert chosen.blinding in (None, *BLINDINGS)
    if scene.begin not in (None, *theme_names()):
        pytest.skip(f"there is no theme {scene.begin} yet")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[1]}x{size[0]}")
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.caption[:24])
def test_every_caption_fits_three_lines_of_its_place(scene: Scene, size, spoken, monkeypatch) -> None:
    lines, write = [], instruments.write

    def listen(picture, text, *arguments, **options):
        lines.append(text)
        return write(picture, text, *arguments, **options)

    monkeypatch.setattr(instruments, "write", listen)
    place = layout(size)
    instruments.caption(np.zeros((*size, 3), np.uint8), place, place.places["caption"], Figures(caption=scene.caption))
    assert 1 <= len(lines) <= 3
    assert " ".join(lines).split() == scene.caption.split()
    assert not any(shown.endswith(ELLIPSIS) for _, shown in spoken)


def test_its_seed_is_one_that_training_never_knew() -> None:
    assert SEED >= 20_000


# --- the tour as it runs


def test_captions_follow_each_other_for_as_long_as_their_scenes_last(demo: Demo) -> None:
    captions = go(demo, 45)
    order = list(dict.fromkeys(captions))
    assert order == ["first", "second", "third", "fourth", "fifth", ""]
    for scene in SHORT:
        assert captions.count(scene.caption) == 60 * scene.seconds


def test_the_whole_tour_is_as_long_as_it_says(world: WorldSource, demo: Demo, monkeypatch) -> None:
    demo.tour = Tour(world, tuple(Scene(scene.seconds, scene.caption) for scene in SCENES))
    monkeypatch.setattr(demo.playback, "advance", lambda: None)  # the car may stand
    captions = go(demo, 2 * 60 * 60 + 1)
    assert captions[-2] == SCENES[-1].caption
    assert captions[-1] == ""
    assert demo.tour.seconds == 120


def state(demo: Demo) -> tuple:
    playback, source = demo.playback, demo.playback.source
    return (
        playback.settings.view,
        playback.settings.red,
        playback.settings.blinding,
        source.simulator.theme_names[0],
        source.seed,
    )


def test_each_scenes_state_is_set_when_it_begins(demo: Demo) -> None:
    found = {}
    for _ in range(45):
        demo.tour.go_on(demo)
        found.setdefault(demo.tour.caption, state(demo))
        demo.playback.advance()
    assert found == {
        "first": ("camera", False, None, "meadow", SEED),
        "second": ("chase", True, None, "meadow", SEED),
        "third": ("camera", True, UNREAD, "meadow", SEED),
        "fourth": ("camera", True, READ, "overcast", SEED),
        "fifth": ("camera", True, None, "overcast", SEED),
        "": ("camera", True, None, "overcast", SEED),
    }


def test_only_scenes_that_name_a_theme_begin_the_road_anew(demo: Demo) -> None:
    begun = demo.playback.drive.driver.episodes
    go(demo, 45)
    assert demo.playback.drive.driver.episodes == begun + 2


def test_what_a_viewer_changed_is_put_right_by_the_next_scene(demo: Demo) -> None:
    go(demo, 6)
    demo.playback.set(help=True, paused=True)
    demo.playback.turn(do.WHEEL)
    demo.playback.turn(do.FASTER)
    demo.playback.turn(do.BLIND_READ)
    assert go(demo, 1) == ["second"]
    playback = demo.playback
    assert (playback.settings.help, playback.settings.paused, playback.settings.at_wheel) == (False, False, False)
    assert (playback.settings.speed, playback.settings.blinding, playback.settings.view) == (1.0, None, "chase")


def test_within_a_scene_the_viewers_wishes_hold(demo: Demo) -> None:
    go(demo, 8)
    demo.playback.turn(do.NEXT_VIEW)
    demo.playback.set(help=True)
    go(demo, 3)
    assert demo.playback.settings.view == "camera"
    assert demo.playback.settings.help


def test_what_a_viewer_makes_of_a_scene_is_not_what_its_caption_says(demo: Demo) -> None:
    """The caption goes when it is no longer true, and comes back with the scene's own state."""
    go(demo, 8)
    assert demo.tour.caption == "second"
    for name in (do.OVERLAY, do.NEXT_VIEW, do.BLIND_READ, do.UNSEEN, do.WHEEL):
        before = demo.playback.settings
        demo.playback.turn(name)
        assert go(demo, 1) == [""], name
        demo.playback.change(before)
        assert go(demo, 1) == ["second"]


def test_another_theme_is_another_scene(demo: Demo) -> None:
    go(demo, 8)
    demo.playback.actions[do.NEXT_THEME]()
    assert go(demo, 2) == ["", ""]
    assert "third" in go(demo, 12), "the next scene begins in its own theme"
    assert demo.playback.moment.status.labels["theme"] == "meadow"


def test_after_the_end_it_is_quiet_and_the_show_is_free(demo: Demo) -> None:
    go(demo, 60)
    assert demo.tour.caption == ""
    assert demo.playback.settings.blinding is None
    demo.playback.turn(do.NEXT_VIEW)
    demo.playback.turn(do.BLIND_READ)
    demo.playback.turn(do.PAUSE)
    assert set(go(demo, 30)) == {""}
    assert demo.playback.settings.view == "driver"
    assert demo.playback.settings.blinding == READ
    assert demo.playback.settings.paused


def test_a_tour_that_is_recorded_is_the_one_that_is_watched(demo: Demo, monkeypatch) -> None:
    """It goes by pictures, not by the clock: the loop's own run shows the same captions."""
    shown: list[str] = []
    monkeypatch.setattr(demo, "_show", lambda: shown.append(demo.tour.caption))
    demo.run(45)
    assert [shown.count(scene.caption) for scene in SHORT] == [6, 12, 6, 6, 6]
    assert shown[-1] == ""
