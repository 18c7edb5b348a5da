"""The guided tour: two minutes, scene by scene, in a demo of a world that a fake pilot drives."""

import numpy as np
import pytest

from sim.policy import Decision
from sim.theme import theme_names
from sim.view.actions import BLIND_READ, BLIND_UNREAD
from sim.view.blinding import BLINDINGS
from sim.view.capture import Capture
from sim.view.demo import Demo, NoDisplay
from sim.view.hud import instruments
from sim.view.hud.instruments import Figures
from sim.view.hud.layout import DESIGN_SIZE, SMALLEST, layout
from sim.view.hud.text import ELLIPSIS
from sim.view.pilot import Sight
from sim.view.session import Session
from sim.view.source import WorldSource
from sim.view.tour import SCENES, SEED, Scene, Tour

SIZES = (SMALLEST, (540, 960), DESIGN_SIZE, (1080, 1920), (2160, 3840), (576, 1024), (281, 501))

SHORT = (
    Scene(0.1, "first", red=False, begin="meadow"),
    Scene(0.2, "second", view="chase"),
    Scene(0.1, "third", blinding=BLIND_UNREAD),
    Scene(0.1, "fourth", blinding=BLIND_READ, begin="overcast"),
    Scene(0.1, "fifth"),
)


class Halt:
    """A pilot that stands on the brake and keeps count of how often an episode began."""

    spec = None

    def __init__(self) -> None:
        self.episodes = 0

    def begin(self) -> None:
        self.episodes += 1

    def decide(self, observation, blinding):
        return Sight(observation, Decision(np.array([[0.0, -1.0]], np.float32)))

    def go_on(self) -> None:
        pass


@pytest.fixture
def world() -> WorldSource:
    return WorldSource(theme="autumn", seed=20_000)


@pytest.fixture
def demo(world: WorldSource, tmp_path):
    """A demo that nobody watches, with the short tour."""
    session = Session(world, {"fake": Halt}, "fake")
    capture = Capture(session, dict, live=False, folder=tmp_path)
    yield Demo(session, NoDisplay(), capture, tour=Tour(world, SHORT))
    session.close()


def go(demo: Demo, pictures: int) -> list[str]:
    """Show so many pictures, without drawing them; the caption of each."""
    captions = []
    for _ in range(pictures):
        demo.tour.go_on(demo)
        captions.append(demo.tour.caption)
        demo.session.advance()
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
    assert SCENES[-1].blinding is None
    assert SCENES[-1].red


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.caption[:24])
def test_every_name_exists(scene: Scene, world: WorldSource) -> None:
    assert scene.view in world.views
    assert scene.blinding in (None, *BLINDINGS)
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
    monkeypatch.setattr(demo.session, "advance", lambda: None)  # the car may stand
    captions = go(demo, 2 * 60 * 60 + 1)
    assert captions[-2] == SCENES[-1].caption
    assert captions[-1] == ""
    assert demo.tour.seconds == 120


def state(demo: Demo) -> tuple:
    session, source = demo.session, demo.session.source
    return session.view, session.overlay, session.blinding, source.simulator.theme_names[0], source.seed


def test_each_scenes_state_is_set_when_it_begins(demo: Demo) -> None:
    found = {}
    for _ in range(45):
        demo.tour.go_on(demo)
        found.setdefault(demo.tour.caption, state(demo))
        demo.session.advance()
    unread, read = BLINDINGS[BLIND_UNREAD], BLINDINGS[BLIND_READ]
    assert found == {
        "first": ("camera", False, None, "meadow", SEED),
        "second": ("chase", True, None, "meadow", SEED),
        "third": ("camera", True, unread, "meadow", SEED),
        "fourth": ("camera", True, read, "overcast", SEED),
        "fifth": ("camera", True, None, "overcast", SEED),
        "": ("camera", True, None, "overcast", SEED),
    }


def test_only_scenes_that_name_a_theme_begin_the_road_anew(demo: Demo) -> None:
    begun = demo.session.pilot.episodes
    go(demo, 45)
    assert demo.session.pilot.episodes == begun + 2


def test_what_a_viewer_changed_is_put_right_by_the_next_scene(demo: Demo) -> None:
    go(demo, 6)
    demo.help = demo.session.paused = True
    demo.session.take_wheel()
    demo.session.change_speed(1)
    demo.session.blind(BLIND_READ)
    assert go(demo, 1) == ["second"]
    session = demo.session
    assert (demo.help, session.paused, session.at_wheel) == (False, False, False)
    assert (session.speed, session.blinding, session.view) == (1.0, None, "chase")


def test_within_a_scene_the_viewers_wishes_hold(demo: Demo) -> None:
    go(demo, 8)
    demo.session.next_view()
    demo.help = True
    go(demo, 3)
    assert demo.session.view == "camera"
    assert demo.help


def test_after_the_end_it_is_quiet_and_the_show_is_free(demo: Demo) -> None:
    go(demo, 60)
    assert demo.tour.caption == ""
    assert demo.session.blinding is None
    demo.session.next_view()
    demo.session.blind(BLIND_READ)
    demo.session.pause()
    assert set(go(demo, 30)) == {""}
    assert demo.session.view == "driver"
    assert demo.session.blinding is BLINDINGS[BLIND_READ]
    assert demo.session.paused


def test_a_tour_that_is_recorded_is_the_one_that_is_watched(demo: Demo, monkeypatch) -> None:
    """It goes by pictures, not by the clock: the loop's own run shows the same captions."""
    shown: list[str] = []
    monkeypatch.setattr(demo, "_show", lambda: shown.append(demo.tour.caption))
    demo.run(45)
    assert [shown.count(scene.caption) for scene in SHORT] == [6, 12, 6, 6, 6]
    assert shown[-1] == ""
