"""The window's picture: what is drawn anew and when, and that no picture depends on the ones before it."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from sim.cells import CellGrid
from sim.driver import Constant, Expert
from sim.policy import Attention
from sim.view import actions as do
from sim.view import mark
from sim.view.demo import WELCOME
from sim.view.drive import Drive
from sim.view.hud import instruments, panels, top_view
from sim.view.hud.layout import DESIGN_SIZE, SMALLEST, layout
from sim.view.hud.screen import WIDEST_VIEW, Extras, Screen, chips, expert, facts, road_size
from sim.view.hud.text import BACKGROUND, BRIGHT
from sim.view.ink import RED
from sim.view.moment import Culprit
from sim.view.playback import Playback
from sim.view.settings import KEYS
from sim.view.source import Shot
from sim.view.world_source import WorldSource

SIZE = (360, 640)
FOUR_K = (2160, 3840)
PLAIN = Extras()
LONGEST = "attention-neuron"
"""A policy's name."""


def idle() -> Constant:
    return Constant(0.0, 0.0)


def fresh(drive: Playback, size=SIZE, extras: Extras = PLAIN) -> np.ndarray:
    """The picture as a screen draws it that never drew another."""
    return Screen().draw(drive, size, extras)


def to_next_moment(drive: Playback) -> None:
    drive.step()
    drive.advance()
    while drive.between_decisions:
        drive.advance()


@pytest.fixture
def redrawn(monkeypatch) -> list[str]:
    """What is drawn anew from now on: "dashboard", "panels", "legend", "keys"."""
    calls: list[str] = []

    def listen(module, name: str, told: str) -> None:
        original = getattr(module, name)

        def heard(*arguments, **options):
            calls.append(told)
            return original(*arguments, **options)

        monkeypatch.setattr(module, name, heard)

    listen(instruments, "draw", "dashboard")
    listen(top_view, "draw", "panels")
    listen(panels, "legend_panel", "legend")
    listen(panels, "help_panel", "keys")
    return calls


# --- the canvas


@pytest.mark.parametrize("size", [SMALLEST, (540, 960), DESIGN_SIZE, (1080, 1920), (283, 501)])
def test_the_picture_has_the_size_asked_for(drive: Playback, size) -> None:
    picture = fresh(drive, size)
    assert picture.shape == (*size, 3)
    assert picture.dtype == np.uint8
    assert (picture[:, 0] == BACKGROUND).all()
    assert (picture[-1] == BACKGROUND).all()


@pytest.mark.parametrize("view", ["camera", "afar"])
@pytest.mark.parametrize("size", [SMALLEST, SIZE, DESIGN_SIZE])
def test_the_view_is_the_playbacks_picture_byte_for_byte(drive: Playback, size, view: str) -> None:
    for _ in range(4):
        drive.advance()
    drive.set(view=view)
    place = layout(size).places["view"]
    assert np.array_equal(fresh(drive, size)[place.slices], drive.picture(place.size))


def test_a_very_wide_view_is_drawn_at_the_widest_and_enlarged(drive: Playback, monkeypatch) -> None:
    sizes, picture = [], drive.picture
    monkeypatch.setattr(drive, "picture", lambda size: sizes.append(size) or picture(size))
    place = layout(FOUR_K).places["view"]
    shown = fresh(drive, FOUR_K)[place.slices]
    assert sizes == [(900, WIDEST_VIEW)]
    assert np.array_equal(shown, cv2.resize(picture((900, WIDEST_VIEW)), place.size[::-1]))


def red_columns(view: np.ndarray) -> list[bool]:
    """Which of the eight cells' middles are red."""
    height, width = view.shape[:2]
    middles = view[height // 2, [(2 * cell + 1) * width // 16 for cell in range(8)]].astype(int)
    return (middles[:, 0] - middles[:, 1] > 0.2 * (RED[0] - RED[1])).tolist()


def test_the_red_of_an_enlarged_view_lies_where_it_belongs(drive: Playback) -> None:
    to_next_moment(drive)  # cell 1 of 8
    view = fresh(drive, FOUR_K)[layout(FOUR_K).places["view"].slices]
    assert red_columns(view) == [cell == 1 for cell in range(8)]


# --- no remains


def test_the_same_content_gives_the_same_bytes(drive: Playback) -> None:
    screen = Screen()
    first = screen.draw(drive, SIZE, PLAIN).copy()
    assert np.array_equal(screen.draw(drive, SIZE, PLAIN), first)
    assert np.array_equal(fresh(drive), first)


STATES = (
    (SIZE, PLAIN, True),
    (SIZE, Extras(caption="A few words that stand where the facts do."), False),
    (SIZE, Extras(message="road left", alarm=True, recorded=61, lateness=0.2), False),
    (SMALLEST, PLAIN, False),
    (DESIGN_SIZE, Extras(caption="Both at once."), True),
    (SIZE, PLAIN, False),
)


def test_nothing_remains_of_help_caption_message_or_another_size(drive: Playback) -> None:
    screen = Screen()
    for size, extras, help_ in (*STATES, *reversed(STATES)):
        drive.set(help=KEYS if help_ else None)
        assert np.array_equal(screen.draw(drive, size, extras), fresh(drive, size, extras)), (size, extras)


@pytest.mark.parametrize(("extras", "help_"), [(PLAIN, False), (PLAIN, True), (Extras(caption="Words."), False)])
def test_nothing_remains_of_the_moment_before(drive: Playback, extras: Extras, help_: bool) -> None:
    screen = Screen()
    drive.set(help=KEYS if help_ else None)
    for _ in range(7):
        assert np.array_equal(screen.draw(drive, SIZE, extras), fresh(drive, extras=extras))
        drive.advance()


@pytest.mark.parametrize(
    "action",
    [do.OVERLAY, do.NEXT_VIEW, do.NEXT_POLICY, do.NEXT_TRACK, do.NEXT_THEME, do.BLIND_READ, do.BLIND_UNREAD],
)
def test_what_is_switched_shows_at_once(drive: Playback, action: str) -> None:
    screen = Screen()
    before = screen.draw(drive, SIZE, PLAIN).copy()
    drive.actions[action]()
    after = screen.draw(drive, SIZE, PLAIN)
    assert np.array_equal(after, fresh(drive))
    assert not np.array_equal(after, before)


def test_the_help_hides_the_panels_and_they_are_up_to_date_when_it_closes(drive: Playback) -> None:
    screen = Screen()
    drive.turn(do.HELP)
    screen.draw(drive, SIZE, PLAIN)
    drive.turn(do.OVERLAY)
    to_next_moment(drive)
    screen.draw(drive, SIZE, PLAIN)
    drive.set(help=None)
    assert np.array_equal(screen.draw(drive, SIZE, PLAIN), fresh(drive))


# --- only what changed


def test_a_picture_that_says_nothing_new_draws_the_view_alone(drive: Playback, redrawn) -> None:
    screen = Screen()
    screen.draw(drive, SIZE, PLAIN)
    assert sorted(redrawn) == ["dashboard", "panels"]
    redrawn.clear()
    drive.advance()  # on the way to the next decision
    screen.draw(drive, SIZE, PLAIN)
    screen.draw(drive, SIZE, PLAIN)
    assert redrawn == []


def test_a_new_moment_draws_panels_and_dashboard_once(drive: Playback, redrawn) -> None:
    screen = Screen()
    screen.draw(drive, SIZE, PLAIN)
    redrawn.clear()
    to_next_moment(drive)
    for _ in range(3):
        screen.draw(drive, SIZE, PLAIN)
    assert sorted(redrawn) == ["dashboard", "panels"]


@pytest.mark.parametrize(
    ("extras", "anew"),
    [
        (Extras(message="saved"), ["dashboard"]),
        (Extras(caption="Words."), ["dashboard"]),
        (Extras(rate=60.0), ["dashboard"]),
    ],
)
def test_what_the_demo_adds_draws_its_own_part_only(drive: Playback, redrawn, extras: Extras, anew) -> None:
    screen = Screen()
    screen.draw(drive, SIZE, PLAIN)
    redrawn.clear()
    for _ in range(2):
        screen.draw(drive, SIZE, extras)
    assert sorted(redrawn) == anew


def test_the_help_draws_its_own_part_only(drive: Playback, redrawn) -> None:
    screen = Screen()
    screen.draw(drive, SIZE, PLAIN)
    redrawn.clear()
    for _ in range(3):
        drive.turn(do.HELP)
        screen.draw(drive, SIZE, PLAIN)
    assert redrawn == ["legend", "keys", "panels"]


@pytest.mark.parametrize(("times", "shown"), [(1, "legend"), (2, "keys")])
def test_the_help_is_drawn_once_however_far_the_drive_goes(drive: Playback, redrawn, times: int, shown: str) -> None:
    screen = Screen()
    for _ in range(times):
        drive.turn(do.HELP)
    for _ in range(7):
        screen.draw(drive, SIZE, PLAIN)
        drive.advance()
    assert redrawn.count(shown) == 1
    assert "panels" not in redrawn


def test_another_size_draws_everything(drive: Playback, redrawn) -> None:
    screen = Screen()
    screen.draw(drive, SIZE, PLAIN)
    redrawn.clear()
    screen.draw(drive, SMALLEST, PLAIN)
    assert sorted(redrawn) == ["dashboard", "panels"]


# --- what is said


def told(drive: Playback, extras: Extras = PLAIN) -> list[str]:
    return [chip.text for chip in chips(drive, extras)]


def test_an_ordinary_drive_has_no_states_to_tell(drive: Playback) -> None:
    assert told(drive) == []


def test_each_state_is_told(drive: Playback) -> None:
    drive.turn(do.PAUSE)
    drive.turn(do.WHEEL)
    drive.turn(do.BLIND_READ)
    drive.turn(do.SLOWER)
    drive.turn(do.OVERLAY)
    assert told(drive, Extras(recorded=65, lateness=0.12)) == [
        "REC 1:05",
        "paused",
        "you drive",
        "grey on all that it would read",
        "0.5 x speed",
        "red is off",
        "120 ms late",
    ]


@pytest.mark.parametrize(("seconds", "clock"), [(0, "0:00"), (9, "0:09"), (60, "1:00"), (3599, "59:59")])
def test_the_recordings_clock(drive: Playback, seconds: int, clock: str) -> None:
    assert told(drive, Extras(recorded=seconds)) == [f"REC {clock}"]


def test_facts_begin_with_the_policy_and_name_what_is_known(drive: Playback) -> None:
    assert tuple((name, value) for name, value, _ in facts(drive, Extras(rate=59.6))) == (
        ("policy", "fake"),
        ("theme", "0"),
        ("seed", "0"),
        ("way", "0 %"),
        ("view", "camera"),
        ("pictures", "60/s"),
    )


def test_what_is_not_known_is_left_out(drive: Playback, monkeypatch) -> None:
    bare = replace(drive.moment.status, cause=None, completion=None)
    drive.moment = replace(drive.moment, status=bare)
    monkeypatch.setattr(type(drive.source), "views", {"camera": drive.source.near})
    assert [name for name, *_ in facts(drive, PLAIN)] == ["policy", "theme", "seed"]


def test_an_ending_is_said_before_any_message(drive: Playback, spoken) -> None:
    drive.drive.ending = "road left"
    fresh(drive, extras=Extras(message="saved"))
    texts = [text for text, _ in spoken]
    assert "road left" in texts
    assert "saved" not in texts


@pytest.mark.parametrize(
    "size", [(540, 960), DESIGN_SIZE, (1080, 1920), FOUR_K], ids=lambda size: f"{size[1]}x{size[0]}"
)
def test_no_text_of_a_real_drive_is_cut(size, spoken) -> None:
    playback = Playback(Drive(WorldSource(theme="overcast", seed=20_003), {LONGEST: idle}, LONGEST))
    playback.turn(do.WHEEL)
    for extras in (Extras(rate=60.0), Extras(rate=60.0, recorded=3599, message=WELCOME)):
        fresh(playback, size, extras)
        playback.turn(do.HELP)
    playback.close()
    assert {(text, shown) for text, shown in spoken if text != shown} == set()
    assert ("open-road", "open-road") in spoken


# --- the cause object, and the world without it

CULPRIT = Culprit(4, "pedestrian", 9.4, (12.0, -3.5))


def named(drive: Playback) -> dict[str, str]:
    told = expert(drive.moment.status)
    return {name: value for name, value, _ in (*facts(drive, PLAIN), *([told] if told else []))}


@pytest.mark.parametrize(
    ("cause", "culprit", "told"),
    [
        ("pedestrian", CULPRIT, "would wait for the pedestrian, 9 m"),
        ("red-light", CULPRIT._replace(kind="traffic light", distance=23.4), "would stop for the red light, 23 m"),
        ("lead-vehicle", CULPRIT._replace(kind="van", distance=112.0), "would follow the van, 112 m"),
        ("curve", None, "would take the bend"),
        ("none", None, "sees nothing in the way"),
    ],
)
def test_why_is_said_plainly(drive: Playback, cause: str, culprit, told: str) -> None:
    status = replace(drive.moment.status, cause=cause, culprit=culprit)
    drive.moment = replace(drive.moment, status=status)
    assert named(drive)["expert"] == told


def test_only_an_object_has_the_marks_colour(drive: Playback, source) -> None:
    def colour() -> tuple[int, int, int]:
        told = expert(drive.moment.status)
        assert told is not None
        return told.colour

    assert colour() == BRIGHT
    source.culprit = CULPRIT
    to_next_moment(drive)
    assert colour() == mark.COLOUR


def test_infractions_that_occurred_are_counted_by_name_beside_score_and_completion(drive: Playback) -> None:
    told = {"completion": 0.5, "score": 0.35, "infractions": {"red-light": 1, "wrong-lane": 2}}
    drive.moment = replace(drive.moment, status=replace(drive.moment.status, **told))
    found = named(drive)
    assert {name: found[name] for name in ("way", "score", "red lights run", "in the wrong lane")} == {
        "way": "50 %",
        "score": "70 % so far",
        "red lights run": "1",
        "in the wrong lane": "2",
    }
    assert "vehicles hit" not in found


@pytest.mark.parametrize(("done", "score"), [(0.0, 0.0), (0.02, 0.02), (0.34, 0.34), (1.0, 1.0)])
def test_a_flawless_drive_reads_as_flawless_from_the_first_metre_on(drive: Playback, done: float, score: float) -> None:
    status = replace(drive.moment.status, completion=done, score=score, infractions={})
    drive.moment = replace(drive.moment, status=status)
    assert named(drive)["way"] == f"{100 * done:.0f} %, no faults"
    assert "score" not in named(drive)


def test_a_comparison_stands_in_the_panels_and_on_the_dashboard(drive: Playback, source, spoken) -> None:
    source.culprit = CULPRIT
    to_next_moment(drive)
    drive.turn(do.WITHOUT)
    fresh(drive)
    said = [text for text, _ in spoken]
    assert {"with the pedestrian", "without it", "would wait for the pedestrian, 9 m", "+0.01", "+0.05"} | {
        "shown without the pedestrian"
    } <= set(said)
    assert not any("passes" in text for text in said)


def test_each_frame_of_a_comparison_has_its_own_red(drive: Playback, source) -> None:
    """The driver keeps cell 1 with the pedestrian there, cell 5 without it."""
    source.culprit = CULPRIT
    to_next_moment(drive)
    drive.turn(do.WITHOUT)
    picture = fresh(drive)
    places = layout(SIZE).places
    for name, kept in (("frame", 1), ("rest", 5)):
        assert red_columns(picture[places[name].slices]) == [cell == kept for cell in range(8)], name
    drive.turn(do.OVERLAY)
    assert not any(red_columns(fresh(drive)[places["frame"].slices]))


@pytest.mark.parametrize("action", [do.WITHOUT, do.UNSEEN])
def test_leaving_out_shows_at_once_and_leaves_nothing_behind(drive: Playback, source, action: str) -> None:
    source.culprit = CULPRIT
    to_next_moment(drive)
    screen = Screen()
    before = screen.draw(drive, SIZE, PLAIN).copy()
    drive.actions[action]()
    during = screen.draw(drive, SIZE, PLAIN).copy()
    assert not np.array_equal(during, before)
    assert np.array_equal(during, fresh(drive))
    drive.actions[action]()
    assert np.array_equal(screen.draw(drive, SIZE, PLAIN), before)


def test_with_nothing_to_leave_out_it_says_so(drive: Playback) -> None:
    drive.turn(do.WITHOUT)
    drive.turn(do.UNSEEN)
    assert told(drive) == ["no object to leave out", "no object to hide"]
    assert drive.moment.comparison is None


@pytest.fixture(scope="module")
def town() -> Playback:
    """A town in which the expert stops for somebody."""
    source = WorldSource("town", "meadow", 20_010)
    while source.status(source.instant()).cause != "pedestrian":
        source.apply(source.truth(source.instant()).expert_action)
    playback = Playback(Drive(source, {"expert": Expert}, "expert"))
    yield playback
    playback.close()


def marked(picture: np.ndarray, place: str) -> bool:
    shown = picture[layout(DESIGN_SIZE).places[place].slices].astype(int)
    return bool((np.abs(shown - mark.COLOUR) < 12).all(axis=-1).any())


@pytest.mark.parametrize("view", ["camera", "chase"])
def test_the_cause_object_is_marked_in_the_view_and_on_the_map(town: Playback, view: str) -> None:
    town.set(view=view)
    picture = fresh(town, DESIGN_SIZE).copy()
    assert marked(picture, "view")
    assert marked(picture, "top")
    town.turn(do.MARK)
    picture = fresh(town, DESIGN_SIZE)
    town.turn(do.MARK)
    assert not marked(picture, "view")
    assert not marked(picture, "top")


def test_the_map_moves_with_every_picture_where_it_is_known_what_moves(town: Playback) -> None:
    place = layout(SIZE).places["top"].slices
    screen, maps = Screen(), []
    for _ in range(3):
        maps.append(screen.draw(town, SIZE, PLAIN)[place].copy())
        assert np.array_equal(maps[-1], fresh(town)[place])
        town.advance()
    assert not np.array_equal(maps[0], maps[1])
    assert not np.array_equal(maps[1], maps[2])


@pytest.mark.parametrize(
    "size", [(540, 960), DESIGN_SIZE, (1080, 1920), FOUR_K], ids=lambda size: f"{size[1]}x{size[0]}"
)
def test_no_text_of_a_drive_through_town_is_cut(town: Playback, size, spoken) -> None:
    town.turn(do.WITHOUT)
    fresh(town, size, Extras(rate=60.0))
    town.turn(do.WITHOUT)
    assert {(text, shown) for text, shown in spoken if text != shown} == set()
    assert ("with the pedestrian",) * 2 in spoken


@pytest.mark.parametrize("view", ["camera", "chase"])
def test_a_road_that_is_drawn_coarser_has_its_red_where_it_was(view: str) -> None:
    """Where a machine is late the road is drawn with fewer pixels and enlarged: the red stays on its cells."""
    source = WorldSource("open-road", "meadow", 3)
    now, kept = source.instant(), np.zeros((1, 4, 8), bool)
    kept[0, 2:, 3:5] = True
    attention = Attention(kept.astype(np.float32), CellGrid.tiling(4, 8), "selection", kept)
    full = layout(DESIGN_SIZE).places["view"].size

    def painted(share: float) -> np.ndarray:
        """Where red shows in the view's place, a few pixels about it included."""
        pictures = [
            source.views[view](
                Shot(road_size(DESIGN_SIZE, share), now, now, 1.0, shown, np.zeros(2), source.status(now))
            ).astype(np.int16)
            for shown in (attention, None)
        ]
        changed = (np.abs(pictures[0] - pictures[1]).max(axis=-1) > 12).astype(np.uint8)
        return cv2.resize(changed, full[::-1], interpolation=cv2.INTER_NEAREST)

    fine, coarse = painted(1.0), painted(0.5)
    assert fine.mean() > 0.005
    about = np.ones((9, 9), np.uint8)
    assert np.mean(coarse[cv2.dilate(fine, about) == 0]) < 0.002
    assert np.mean(fine[cv2.dilate(coarse, about) == 0]) < 0.002


def test_the_size_that_the_road_is_drawn_in() -> None:
    assert road_size(DESIGN_SIZE, 1.0) == layout(DESIGN_SIZE).places["view"].size
    height, width = road_size(FOUR_K, 0.6)
    assert width == 960
    assert height / width == pytest.approx(9 / 16, abs=0.01)
