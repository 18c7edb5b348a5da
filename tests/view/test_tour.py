"""The guided tour: two minutes, chapter by chapter, in a demo of a world that a fake driver drives."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.cells import CellGrid
from sim.driver import Driver
from sim.policy import Attention, Decision
from sim.scenario import SCENARIOS
from sim.theme import load_theme
from sim.view import actions as do
from sim.view.blinding import BLINDINGS, READ, UNREAD
from sim.view.capture import Capture
from sim.view.demo import Demo, NoDisplay
from sim.view.drive import Drive
from sim.view.playback import Playback
from sim.view.settings import Settings
from sim.view.tour import CHAPTERS, Chapter, Known, Line, Place, Tour
from sim.view.world_source import WorldSource

MEADOW, TOWN = Place("open-road", 20_003, "meadow"), Place("town", 20_000, "overcast", 0.5)


def said(words: str) -> tuple[Line, ...]:
    return (Line(words),)


SHORT = (
    Chapter(0.1, said("first"), {"red": False}, MEADOW),
    Chapter(0.2, said("second"), {"view": "chase"}),
    Chapter(0.1, said("third"), {"blinding": UNREAD}),
    Chapter(0.1, said("fourth"), {"blinding": READ}, TOWN),
    Chapter(0.1, said("fifth")),
)


class Halt(Driver):
    """Stands on the brake, keeps the cell in the upper left corner, and counts how often an episode began."""

    episodes = 0

    def initial_state(self, n: int) -> None:
        self.episodes += 1

    def decide(self, observation, instants, state):
        kept = np.zeros((1, 2, 2), bool)
        kept[0, 0, 0] = True
        attention = Attention(kept.astype(np.float32), CellGrid.tiling(2, 2), "selection", kept)
        return Decision(np.array([[0.0, -1.0]], np.float32), attention), state


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """A demo that nobody watches, with the short tour."""
    world = WorldSource(theme="autumn", seed=20_000, frame_size=(18, 32))
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


# --- the chapters as data


def test_it_takes_about_two_minutes_and_leaves_time_to_read_each_caption() -> None:
    """At 200 words a minute, and a breath."""
    assert 110 <= sum(chapter.seconds for chapter in CHAPTERS) <= 130
    for chapter in CHAPTERS:
        for line in chapter.lines:
            assert chapter.seconds >= 1 + len(line.words.split()) * 60 / 200, line.words


def test_every_name_exists_and_every_road_is_one_that_training_never_knew() -> None:
    views = WorldSource(frame_size=(18, 32)).views
    for chapter in CHAPTERS:
        chosen = replace(Settings(view="camera"), **chapter.settings)
        assert chosen.view in views
        assert chosen.blinding in (None, *BLINDINGS)
        if chapter.place:
            assert chapter.place.seed >= 20_000
            assert chapter.place.scenario in SCENARIOS
            load_theme(chapter.place.theme)


def test_it_shows_what_newcomers_are_to_see() -> None:
    assert {chapter.place.scenario for chapter in CHAPTERS if chapter.place} == set(SCENARIOS)
    shown = [{"view": "camera", "blinding": None, **chapter.settings} for chapter in CHAPTERS]
    assert {each["blinding"] for each in shown} == {None, READ, UNREAD}
    assert any(each.get("without") for each in shown)
    assert any(each.get("unseen") for each in shown)
    assert CHAPTERS[-1].settings == {}


def test_each_chapter_has_words_that_are_always_true() -> None:
    """Only the last claims nothing: all before it are said while they hold."""
    for chapter in CHAPTERS:
        assert chapter.lines[-1].claim is None
        assert all(line.claim is not None for line in chapter.lines[:-1])


@pytest.mark.parametrize(
    ("words", "so", "not_so"),
    [
        ("Attention is ignoring. In", Known(needless=0.02, area=0.4), Known(needless=0.3, area=0.4)),
        (
            "A red light, {metres} m ahead. ",
            Known("red-light", red_on=True, pedal=-0.4),
            Known("red-light", pedal=-0.4),
        ),
        ("A red light, {metres} m ahead, ", Known("red-light", red_on=True), Known("curve", red_on=True)),
        ("Somebody crosses the road, {metres} m ahead. ", Known("pedestrian", red_on=True, pedal=-0.4), Known()),
        ("Somebody crosses the road, {metres} m ahead, ", Known("pedestrian", red_on=True), Known("pedestrian")),
        ("X: the same moment", Known(pedal_without=0.5), Known()),
        ("U: this red light", Known("red-light"), Known("pedestrian")),
        ("Test one", Known(offset=-1.7), Known(offset=0.4)),
        ("Test two", Known(offset=-6.0), Known(offset=-1.7)),
    ],
)
def test_a_claim_is_made_only_while_it_is_so(words: str, so: Known, not_so: Known) -> None:
    (line,) = (line for chapter in CHAPTERS for line in chapter.lines if line.claim and line.words.startswith(words))
    assert line.claim is not None
    assert line.claim(so)
    assert not line.claim(not_so)


# --- the tour as it runs


def test_captions_follow_each_other_for_as_long_as_their_chapters_last(demo: Demo) -> None:
    begun = demo.playback.drive.driver.episodes
    captions = go(demo, 45)
    assert list(dict.fromkeys(captions)) == ["first", "second", "third", "fourth", "fifth", ""]
    for chapter in SHORT:
        assert captions.count(chapter.lines[0].words) == 60 * chapter.seconds
    assert demo.playback.drive.driver.episodes == begun + 2, "only those with a place begin a road"


def state(demo: Demo) -> tuple:
    now, source = demo.playback.settings, demo.playback.source
    return now.view, now.red, now.blinding, source.scenario, source.simulator.theme_names[0], source.seed


def test_each_chapters_state_is_set_when_it_begins(demo: Demo) -> None:
    found = {}
    for _ in range(45):
        demo.tour.go_on(demo)
        found.setdefault(demo.tour.caption, state(demo))
        demo.playback.advance()
    assert found == {
        "first": ("camera", False, None, "open-road", "meadow", 20_003),
        "second": ("chase", True, None, "open-road", "meadow", 20_003),
        "third": ("camera", True, UNREAD, "open-road", "meadow", 20_003),
        "fourth": ("camera", True, READ, "town", "overcast", 20_000),
        "fifth": ("camera", True, None, "town", "overcast", 20_000),
        "": ("camera", True, None, "town", "overcast", 20_000),
    }
    assert demo.playback.source.instant().world.step[0] >= 10, "the expert drove it there"


def test_it_waits_while_the_show_is_paused(demo: Demo) -> None:
    go(demo, 7)
    demo.act(do.PAUSE)
    assert set(go(demo, 40)) == {"second"}
    demo.act(do.PAUSE)
    assert "third" in go(demo, 13)


def test_a_chapter_is_skipped_repeated_and_gone_back_from(demo: Demo, monkeypatch) -> None:
    monkeypatch.setattr("sim.view.tour.REPEAT_WITHIN", 0.05)
    assert go(demo, 1) == ["first"]
    demo.act(do.NEXT_CHAPTER)
    assert go(demo, 6) == ["second"] * 6
    demo.act(do.LAST_CHAPTER)  # well into it: again
    assert go(demo, 12) == ["second"] * 12, "as long as the first time"
    assert go(demo, 1) == ["third"]
    demo.act(do.LAST_CHAPTER)  # it has only just begun: the one before
    assert go(demo, 1) == ["second"]
    assert demo.tour.guide.startswith("2 of 5")


def test_after_the_end_it_is_quiet_the_show_is_free_and_the_last_chapter_can_be_had_again(demo: Demo) -> None:
    go(demo, 60)
    demo.playback.turn(do.NEXT_VIEW)
    demo.playback.turn(do.BLIND_READ)
    assert set(go(demo, 30)) == {""}
    assert (demo.playback.settings.view, demo.playback.settings.blinding) == ("driver", READ)
    demo.act(do.NEXT_CHAPTER)
    assert go(demo, 1) == [""]
    demo.act(do.LAST_CHAPTER)
    assert go(demo, 1) == ["fifth"]


def test_what_a_viewer_changed_is_put_right_by_the_next_chapter(demo: Demo) -> None:
    go(demo, 6)
    demo.playback.set(help="keys", at_wheel=True, speed=1.5, blinding=READ)
    assert go(demo, 1) == ["second"]
    assert demo.playback.settings == replace(demo.playback.initial, view="chase")


def test_what_a_viewer_makes_of_a_chapter_is_not_what_its_caption_says(demo: Demo) -> None:
    """The caption goes when it is no longer true, and comes back with the chapter's own state."""
    demo.tour.chapters = (SHORT[0], Chapter(0.5, said("second"), {"view": "chase"}), *SHORT[2:])
    go(demo, 8)
    for name in (do.OVERLAY, do.NEXT_VIEW, do.BLIND_READ, do.UNSEEN, do.WHEEL):
        before = demo.playback.settings
        demo.playback.turn(name)
        assert go(demo, 1) == [""], name
        demo.playback.change(before)
        assert go(demo, 1) == ["second"]
    demo.act(do.NEXT_THEME)
    assert go(demo, 1) == [""]
    assert "third" in go(demo, 20), "the next chapter begins at its own place"


def test_at_the_wheel_the_arrows_drive_and_do_not_skip(demo: Demo) -> None:
    go(demo, 8)
    demo.playback.set(at_wheel=True)
    demo.act(do.NEXT_CHAPTER)
    demo.tour.go_on(demo)
    assert demo.tour._number == 1
    assert demo._extras().message == ""


def test_an_end_stays_until_the_next_chapter(demo: Demo) -> None:
    demo.tour.chapters = (Chapter(9, said("first"), {}, MEADOW), *SHORT[1:])
    go(demo, 3)
    demo.playback.drive.ending = "crash"
    go(demo, 60 * 8)
    assert demo.playback.ending == "crash"
    go(demo, 60)
    assert demo.playback.ending == ""


def test_a_claim_must_have_held_for_a_while(demo: Demo) -> None:
    flags = iter([True] * 31 + [False] + [True] * 100)
    lines = (Line("so", lambda known: next(flags)), Line("in any case"))
    demo.tour.chapters = (Chapter(5, lines, {}, MEADOW),)
    captions = go(demo, 70)
    assert [caption for caption, other in zip(captions, ["", *captions], strict=False) if caption != other] == [
        "in any case",
        "so",
        "in any case",
        "so",
    ]
    assert captions.index("so") == 30


def test_what_is_claimed_of_the_red_is_measured(demo: Demo) -> None:
    """The driver reads the upper left quarter of the picture: sky and trees are most of it, and more than of all."""
    lines = (Line("{needless} {area}", lambda known: known.needless > known.area), Line("no"))
    demo.tour.chapters = (Chapter(5, lines, {}, MEADOW),)
    needless, area = (int(word) for word in go(demo, 40)[-1].replace("%", "").split())
    labels = demo.playback.source.labels(demo.playback.source.instant())
    plants = np.isin(labels.classes, [0, 5])
    assert needless == pytest.approx(100 * plants[:9, :16].mean(), abs=4)
    assert area == pytest.approx(100 * plants.mean(), abs=4)


@pytest.mark.slow
def test_the_whole_tour_with_the_flagship_shows_what_it_is_about(tmp_path: Path) -> None:
    """Each claim is made at some time, the tests' last; and none of it depends on the machine."""
    from agent import load_policy
    from sim.driver import as_driver

    world = WorldSource(theme="meadow", seed=20_000)
    policy = load_policy("topk-patches")
    playback = Playback(Drive(world, {"topk-patches": lambda: as_driver(policy)}, "topk-patches"))
    demo = Demo(playback, NoDisplay(), Capture(playback, dict, live=False, folder=tmp_path), tour=Tour(world))
    shown: dict[str, int] = {}
    for caption in go(demo, round(60 * demo.tour.seconds)):
        shown[caption] = shown.get(caption, 0) + 1
    playback.close()
    for caption, pictures in shown.items():
        print(f"{pictures / 60:5.1f} s  {caption}")
    for chapter in CHAPTERS:
        for line in chapter.lines:
            start = line.words.split("{")[0]
            seconds = sum(pictures for caption, pictures in shown.items() if caption.startswith(start)) / 60
            assert seconds >= 1.0 or line.claim is None, line.words
    assert "" not in shown
