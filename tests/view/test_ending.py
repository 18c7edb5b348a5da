"""The card at the end: what happened, with whom, whether red lay on it, and which keys go on."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from sim.driver import Constant, Expert
from sim.kinds import KINDS
from sim.scene import KIND, LENGTH, WIDTH, YAW, X, Y
from sim.vehicle import EGO_LENGTH, EGO_WIDTH
from sim.view import actions as do
from sim.view import ending, reading, world_end
from sim.view.drive import Drive
from sim.view.ending import card, read_words
from sim.view.hud import card as drawn_card
from sim.view.hud.layout import DESIGN_SIZE, SMALLEST, layout
from sim.view.playback import Playback
from sim.view.reading import Noticed
from sim.view.source import Labels
from sim.view.world_source import WorldSource
from tests.view.conftest import CountingSource, FollowingDriver

SIZES = (SMALLEST, (540, 960), DESIGN_SIZE, (1080, 1920), (2160, 3840))


def full_throttle() -> Constant:
    return Constant(0.0, 1.0)


def to_the_end(playback: Playback) -> None:
    while not playback.ending or playback.between_decisions:
        playback.advance()


@pytest.fixture
def town():
    """A small town at which somebody flings a car."""
    source = WorldSource("town", "meadow", 20_000, frame_size=(18, 32))
    playback = Playback(Drive(source, {"first": full_throttle, "expert": Expert}, "first"))
    yield playback
    playback.close()


def test_who_drives_into_a_house_is_told_so(town: Playback) -> None:
    """The world itself lets cars through."""
    source = town.source
    objects = source.instant().objects.copy()
    houses = [row for row in range(len(objects)) if objects[row, KIND] == KINDS.index("building")]
    pose = np.append(objects[houses[0], [X, Y]], objects[houses[0], YAW]).astype(float)
    assert world_end.hit(objects, pose) == houses[0]
    assert world_end.hit(objects, source.instant().world.pose[0]) is None
    objects[houses, KIND] = -1
    assert world_end.hit(objects, pose) is None


@pytest.mark.parametrize("angle", [0.0, 0.4, 1.2, 2.5])
def test_gaps_are_those_of_boxes(angle: float) -> None:
    """By hand: a box ahead of the ego whose near side is 3 m before its front, however the world is turned."""
    thing = np.zeros((1, 9), np.float32)
    ahead = EGO_LENGTH / 2 + 3.0 + 2.0
    thing[0, [X, Y, LENGTH, WIDTH, YAW]] = ahead * np.cos(angle), ahead * np.sin(angle), 4.0, 1.8, angle
    assert world_end.gaps(thing, np.array([0.0, 0.0, angle]))[0] == pytest.approx(3.0, abs=1e-5)
    beside = np.array([ahead * np.cos(angle), ahead * np.sin(angle), angle])
    assert world_end.gaps(thing, beside)[0] == pytest.approx(-(EGO_WIDTH + 1.8) / 2, abs=1e-5)
    thing[0, KIND] = -1
    assert world_end.gaps(thing, beside)[0] == np.inf


def test_a_crash_names_whom_it_hit_and_how_fast() -> None:
    """A car that goes straight on in traffic, until it touches somebody or leaves the road."""
    source = WorldSource("traffic", "meadow", 20_002, frame_size=(18, 32))
    before = source.instant()
    names = source.simulator.world.infraction_names
    infractions = before.world.infractions.copy()
    infractions[0, names.index("vehicle")] += 1
    after = replace(before.world, infractions=infractions)
    row = world_end.touched(before.world, after, before.objects, names)
    assert row is not None
    gaps = world_end.gaps(before.objects, after.pose[0])
    cars = [i for i in range(before.world.actors.shape[1]) if world_end.thing(after, before.objects, i) != "cone"]
    assert gaps[row] == min(gaps[i] for i in cars)
    told = world_end.crash(8.6, world_end.thing(after, before.objects, row), row)
    assert told.title == "Crash"
    assert told.what.endswith("at 31 km/h.")
    assert told.thing in told.what
    assert world_end.touched(before.world, before.world, before.objects, names) is None


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (None, "no map"),
        (Noticed(40, 0, 0), "not in the network's own picture"),
        (Noticed(40, 31, 0), "No red was on it: in the last two seconds it was in 31 pictures, and red in none."),
        (Noticed(40, 31, 12), "Red was on it in 12 of the last 31 pictures that it was in."),
    ],
)
def test_what_was_read_of_it(found: Noticed | None, words: str) -> None:
    assert words in read_words(found, "truck")


class Labelling(CountingSource):
    """Object 4 is in column 3 of eight from place 2 on."""

    rate = Fraction(20)

    def labels(self, instant: int) -> Labels:
        instance = np.zeros((8, 16), np.uint16)
        if instant >= 2:
            instance[:, 6:8] = 5
        return Labels(np.zeros((8, 16), np.uint8), instance, np.full((8, 16), 10.0, np.float32))


def test_it_is_counted_in_how_many_decisions_red_lay_on_it() -> None:
    """The driver keeps cell k at place k: once in twelve decisions, ten of which had the object in the frame."""
    playback = Playback(Drive(Labelling(12), {"first": FollowingDriver}, "first"))
    to_the_end(playback)
    assert reading.noticed(playback.source, playback.recent, 4) == Noticed(12, 10, 2)  # places 3 and 11
    playback.close()


def test_what_was_put_over_a_thing_hides_it() -> None:
    source = Labelling()
    source.now = 3
    playback = Playback(Drive(source, {"first": FollowingDriver}, "first"))
    assert reading.on_object(playback.moment.sight, source.labels(3), 4) is True
    playback.set(blinding="read")
    assert reading.on_object(playback.moment.sight, source.labels(3), 4) is None
    playback.close()


def test_without_more_to_tell_the_card_says_how_it_ended_and_what_goes_on(source, driver) -> None:
    source.length = 2
    playback = Playback(Drive(source, {"first": lambda: driver}, "first"))
    to_the_end(playback)
    assert card(playback) == ending.Card("Route done", (), (("A", "again"), ("N", "next road")))
    playback.actions[do.AGAIN]()
    assert (playback.ending, source.now, source.track) == ("", 0, 0)
    playback.close()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[1]}x{size[0]}")
def test_the_longest_card_is_uncut_and_stays_in_its_place(size, spoken) -> None:
    lines = ("It hit a parked traffic light at 108 km/h.", "You drove.", read_words(Noticed(40, 40, 0), "truck"))
    keys = (("A", "again"), ("N", "next road"), ("G", "elsewhere"))
    place = layout(size)
    picture = np.full((*size, 3), 255, np.uint8)
    drawn_card.draw(picture, place, ending.Card("Time is up", lines, keys))
    assert {(text, shown) for text, shown in spoken if text != shown} == set()
    picture[place.places["card"].slices] = 255
    assert (picture == 255).all()
    wordy = read_words(Noticed(40, 0, 0), "traffic light")
    assert len(wordy) < 90


def test_a_road_again_is_the_same_road_and_elsewhere_is_another_scenario() -> None:
    source = WorldSource("open-road", "meadow", 20_003, frame_size=(18, 32))
    first = source.observe(source.instant())["frame"]
    for _ in range(5):
        source.apply(np.array([[0.2, 0.5]], np.float32))
    source.capabilities[do.AGAIN]()
    assert np.array_equal(source.observe(source.instant())["frame"], first)
    seen = [source.scenario]
    for _ in range(3):
        source.capabilities[do.NEXT_SCENARIO]()
        seen.append(source.scenario)
        labels = source.status(source.instant()).labels
        assert (labels["scenario"], labels["seed"], labels["theme"]) == (seen[-1], "20003", "meadow")
    assert seen == ["open-road", "traffic", "town", "open-road"]
    assert np.array_equal(source.observe(source.instant())["frame"], first)
