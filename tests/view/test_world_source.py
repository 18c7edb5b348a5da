"""A world as a source: poses between steps, themes, tracks and endings."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.benchmark.window import VIEWS
from sim.cells import CellGrid
from sim.geometry import vehicle_to_world
from sim.kinds import CAUSES, KINDS
from sim.policy import Attention, PolicySpec
from sim.scene import OBJECT_COLUMNS
from sim.simulator import Simulator
from sim.theme import theme_names
from sim.vehicle import EGO_LENGTH
from sim.view.overlay import paint
from sim.view.settings import Settings
from sim.view.source import Shot
from sim.view.world_source import WorldSource, culprit
from sim.view.world_views import glide, turned

SMALL = (45, 80)
STRAIGHT = np.array([[0.0, 0.5]], np.float32)
finite = st.floats(-1e3, 1e3)
poses = st.tuples(finite, finite, st.floats(-math.pi, math.pi)).map(np.array)


class Watched(WorldSource):
    """A world that remembers its last instant."""

    last = None

    def apply(self, action: np.ndarray) -> str | None:
        self.last = self.instant()
        return super().apply(action)

    def begin(self, seed, theme=None) -> None:
        super().begin(seed, theme)
        self.last = None


def shot(source: Watched, size: tuple[int, int], progress: float = 1.0, attention=None, **settings) -> Shot:
    """Of the way that the last control step took."""
    after = source.instant()
    before = source.last or after
    return Shot(size, before, after, progress, attention, STRAIGHT[0], source.status(after), None, Settings(**settings))


def seen(source: WorldSource) -> np.ndarray:
    """The policy's, now."""
    return source.observe(source.instant())["frame"]


def told(source: WorldSource):
    return source.status(source.instant())


def expert(source: WorldSource, without: int | None = None) -> np.ndarray:
    """What it would do now, or without that object."""
    instant = source.instant()
    return (instant if without is None else source.without(instant, without)).world.expert_action


def picture(source: WorldSource, size: tuple[int, int], progress: float = 1.0) -> np.ndarray:
    """Through the policy's camera, without red; a copy, since the source draws on the same canvas again."""
    return source.views["camera"](shot(source, size, progress)).copy()


@pytest.fixture
def source() -> Watched:
    return Watched(theme="meadow", seed=20_000)


@settings(deadline=None)  # the first call compiles
@given(poses, poses)
def test_between_begins_and_ends_where_it_should(before: np.ndarray, after: np.ndarray) -> None:
    np.testing.assert_allclose(turned(before, after, 0.0), before)
    reached = turned(before, after, 1.0)
    np.testing.assert_allclose(reached[:2], after[:2], atol=1e-9)
    assert math.cos(reached[2] - after[2]) == pytest.approx(1)


@settings(deadline=None)  # the first call compiles
@given(poses, poses, st.floats(0, 1))
def test_between_never_turns_the_long_way(before: np.ndarray, after: np.ndarray, alpha: float) -> None:
    assert abs(turned(before, after, alpha)[2] - before[2]) <= alpha * math.pi + 1e-9


def test_between_turns_through_the_seam_by_hand() -> None:
    before, after = np.array([0.0, 0.0, math.pi - 0.1]), np.array([1.0, 2.0, -math.pi + 0.1])
    np.testing.assert_allclose(turned(before, after, 0.25), [0.25, 0.5, math.pi - 0.05])


def test_the_picture_after_a_step_is_the_policys_own_view(source: WorldSource) -> None:
    source.apply(STRAIGHT)
    frame = seen(source)[0]
    assert np.array_equal(picture(source, frame.shape[:2], 1.0), frame)


def test_pictures_glide_from_the_last_view_to_the_next(source: WorldSource) -> None:
    for _ in range(10):
        source.apply(STRAIGHT)
    start = picture(source, SMALL, 1.0)
    source.apply(STRAIGHT)
    assert np.array_equal(picture(source, SMALL, 0.0), start)
    way, end = picture(source, SMALL, 0.5), picture(source, SMALL, 1.0)
    assert not np.array_equal(way, start)
    assert not np.array_equal(way, end)


def test_a_new_track_does_not_glide_from_the_old_one(source: WorldSource) -> None:
    source.apply(STRAIGHT)
    source.next_track()
    assert np.array_equal(picture(source, SMALL, 0.0), picture(source, SMALL, 1.0))


def test_the_red_lies_on_the_view(source: WorldSource) -> None:
    kept = np.zeros((1, 9, 16), bool)
    kept[0, 4, 3:7] = True
    attention = Attention(kept / np.float32(4), CellGrid.tiling(9, 16), "selection", kept)
    bare = picture(source, SMALL, 1.0)
    red = source.views["camera"](shot(source, SMALL, 1.0, attention))
    assert np.array_equal(red, paint(bare, attention))


def test_another_policys_frames(source: WorldSource) -> None:
    source.fit(PolicySpec((48, 96), 1.2, None))
    assert seen(source).shape == (1, 48, 96, 3)
    assert (source.lens.height, source.lens.width, source.lens.field_of_view) == (48, 96, 1.2)


def test_the_route_is_the_road(source: WorldSource) -> None:
    nearest = np.linalg.norm(source.road.route - np.array(told(source).pose[:2]), axis=1).min()
    assert nearest == pytest.approx(1.75, abs=0.2), "the car starts in the middle of its lane"
    assert len(source.road.route) == source.simulator.world.tracks.count[0]


def test_drawing_for_people_changes_nothing(source: WorldSource) -> None:
    watched, unwatched = source, Watched(theme="meadow", seed=20_000)
    for _ in range(5):
        picture(watched, SMALL, 0.3)
        told(watched)
        watched.apply(STRAIGHT)
        unwatched.apply(STRAIGHT)
    assert np.array_equal(seen(watched), seen(unwatched))


def test_status(source: WorldSource) -> None:
    status = told(source)
    assert dict(status.labels) == {"theme": "meadow", "scenario": "open-road", "seed": "20000"}
    assert status.speed == pytest.approx(source.observe(source.instant())["speed"][0, 0])
    assert status.cause in CAUSES
    assert (status.steering_angle, status.completion) == (0.0, 0.0)
    assert status.pose == tuple(source.simulator.world.poses()[0])


def test_next_track_is_the_next_seed(source: WorldSource) -> None:
    source.apply(STRAIGHT)
    source.next_track()
    fresh = Simulator(1, theme="meadow")
    fresh.reset(np.array([0]), [20_001])
    assert np.array_equal(seen(source), fresh.observe()["frame"])
    assert told(source).labels["seed"] == "20001"


def test_next_theme_keeps_the_drive_and_changes_the_look(source: WorldSource) -> None:
    source.apply(STRAIGHT)
    pose, frame = told(source).pose, seen(source)
    source.next_theme()
    assert told(source).pose == pose
    assert told(source).labels["theme"] != "meadow"
    assert not np.array_equal(seen(source), frame)


def test_themes_come_round_and_are_those_that_the_seed_has_from_the_start(source: WorldSource) -> None:
    seen = []
    for _ in theme_names():
        source.next_theme()
        seen.append(told(source).labels["theme"])
        fresh = WorldSource(theme=seen[-1], seed=20_000)
        assert np.array_equal(source.simulator.looks, fresh.simulator.looks)
    assert sorted(seen) == sorted(theme_names())
    assert seen[-1] == "meadow"


def test_beginning_anew_in_a_theme(source: WorldSource) -> None:
    source.apply(STRAIGHT)
    source.begin(20_005, "autumn")
    fresh = WorldSource(theme="autumn", seed=20_005)
    assert np.array_equal(seen(source), seen(fresh))
    source.next_track()
    assert told(source).labels == {"theme": "autumn", "scenario": "open-road", "seed": "20006"}


def test_a_chosen_theme_stays_on_the_next_track(source: WorldSource) -> None:
    source.next_theme()
    theme = told(source).labels["theme"]
    source.next_track()
    assert told(source).labels["theme"] == theme


def test_the_expert_finishes_the_route(source: WorldSource) -> None:
    ending = None
    for _ in range(6000):
        ending = source.apply(expert(source))
        if ending:
            break
    assert ending == "route done"


def test_full_lock_leaves_the_road(source: WorldSource) -> None:
    endings = []
    while not endings:
        ending = source.apply(np.array([[1.0, 1.0]], np.float32))
        endings += [ending] if ending else []
    assert endings == ["road left"]


@pytest.mark.parametrize(("option", "value"), [("theme", "medow"), ("scenario", "open-rode")])
def test_unknown_names_are_told_with_the_nearest(option: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"{value}.*did you mean"):
        WorldSource(**{option: value})


# --- the others


@pytest.fixture(scope="module")
def town() -> WorldSource:
    """Four seconds into a town."""
    source = Watched("town", "meadow", 20_003)
    for _ in range(80):
        source.apply(expert(source))
    return source


def table(*rows) -> np.ndarray:
    """Objects (m, 9) from (kind, x, y, yaw, state)."""
    things = np.zeros((len(rows), len(OBJECT_COLUMNS)), np.float32)
    columns = [OBJECT_COLUMNS.index(name) for name in ("kind", "x", "y", "yaw", "state")]
    things[:, columns] = [(KINDS.index(kind), *rest) for kind, *rest in rows]
    return things


def test_objects_glide_by_hand() -> None:
    before = table(("car", 10.0, 2.0, math.pi - 0.1, 0.0), ("pedestrian", 0.0, 0.0, 0.0, 0.9))
    after = table(("car", 12.0, 3.0, -math.pi + 0.1, 1.0), ("pedestrian", 0.0, 0.2, 0.0, 0.1))
    half = glide(before, after, 0.5)
    np.testing.assert_allclose(half[0, :2], [11.0, 2.5])
    assert abs(half[0, OBJECT_COLUMNS.index("yaw")]) == pytest.approx(math.pi, abs=1e-5), "the short way round"
    state = half[:, OBJECT_COLUMNS.index("state")]
    assert state[0] == 0.0, "lamps switch at the end of the way"
    assert state[1] % 1.0 == pytest.approx(0.0, abs=1e-5), "0.9 and 0.1 are 0.2 apart"


@pytest.mark.parametrize(("start", "end", "half"), [(0.3, 0.2, 0.25), (0.1, 0.9, 0.0), (-1.0, 0.4, -1.0)])
def test_a_walk_may_go_backwards_and_begins_with_a_whole_step(start: float, end: float, half: float) -> None:
    before, after = table(("pedestrian", 0, 0, 0, start)), table(("pedestrian", 0, 0, 0, end))
    assert glide(before, after, 0.5)[0, OBJECT_COLUMNS.index("state")] % 1.0 == pytest.approx(half % 1.0, abs=1e-6)


def objects(source: Watched, progress: float) -> np.ndarray:
    return source.whereabouts(source.last, source.instant(), progress).objects


def test_gliding_begins_and_ends_with_the_tables_themselves(town: WorldSource) -> None:
    ends = objects(town, 0.0), objects(town, 1.0)
    assert np.array_equal(ends[1], town.simulator.world.objects[0])
    assert not np.array_equal(*ends), "somebody moves"
    np.testing.assert_allclose(objects(town, 0.5)[:, :2], (ends[0] + ends[1])[:, :2] / 2, atol=1e-3)


def test_what_stands_still_is_drawn_where_it_is(town: WorldSource) -> None:
    """To the bit, all the way: a house that trembles by a rounding error would be seen."""
    before, after = objects(town, 0.0), objects(town, 1.0)
    still = (before == after).all(axis=1)
    assert still.any()
    assert np.array_equal(objects(town, 0.3)[still], after[still])


def test_pictures_of_people_change_nothing_for_the_policy(town: WorldSource) -> None:
    before = town.simulator.world.objects.copy()
    for name in town.views:
        town.views[name](shot(town, SMALL, 0.5, mark=True, without=True))
    assert np.array_equal(town.simulator.world.objects, before)


# --- the cause object


@pytest.mark.parametrize(
    ("place", "yaw", "distance"),
    [
        ((20.0, 0.0), 0.0, 20.0 - EGO_LENGTH / 2 - 2.2),
        ((20.0, 0.0), math.pi / 2, 20.0 - EGO_LENGTH / 2 - 0.9),
        ((20.0 + EGO_LENGTH / 2, 3.9), math.pi / 2, math.hypot(20.0 - 0.9, 3.9 - 2.2)),
        ((EGO_LENGTH / 2, 0.0), 0.0, 0.0),
    ],
)
def test_how_far_a_car_is_by_hand(place, yaw: float, distance: float) -> None:
    """4.4 m long and 1.8 m wide, from the middle of the ego's front; the ego looks along x, then anywhere."""
    objects = table(("car", *place, yaw, 0.0))
    objects[:, [OBJECT_COLUMNS.index("length"), OBJECT_COLUMNS.index("width")]] = 4.4, 1.8
    found = culprit(objects, 0, np.zeros(3))
    assert (found.row, found.kind) == (0, "car")
    assert found.place == pytest.approx(place)
    assert found.distance == pytest.approx(distance, abs=1e-5)


def test_no_object_is_none() -> None:
    assert culprit(table(("car", 0, 0, 0, 0)), -1, np.zeros(3)) is None


def drive_until(source: WorldSource, cause: str, steps: int = 3000):
    """The status at the first instant at which this is the expert's cause."""
    for _ in range(steps):
        status = told(source)
        if status.cause == cause:
            return status
        source.apply(expert(source))
    raise AssertionError(f"no {cause} in {steps} steps")


def test_the_status_names_the_light_that_the_expert_stops_for() -> None:
    source = Watched("town", "meadow", 20_003)
    status = drive_until(source, "red-light")
    light = source.simulator.world.objects[0, status.culprit.row]
    assert status.culprit.kind == "traffic light"
    assert status.culprit.place == pytest.approx(tuple(light[:2]))
    front = np.array(vehicle_to_world(EGO_LENGTH / 2, 0.0, *status.pose))
    assert status.culprit.distance == pytest.approx(np.hypot(*(light[:2] - front)), abs=1.0)
    assert status.culprit.row in source.road.signals
    assert expert(source)[0, 1] < expert(source, status.culprit.row)[0, 1], "without it, it would not slow down"


def test_without_an_object_its_pixels_alone_change(town: WorldSource) -> None:
    """The nearest car ahead: the policy's frame without it, beside the one with it."""
    truth = town.simulator.truth()
    rows, counts = np.unique(truth.instance[truth.instance > 0], return_counts=True)
    row = int(rows[counts.argmax()]) - 1
    whole, less = town.observe(town.instant()), town.observe(town.without(town.instant(), row))
    changed = (whole["frame"] != less["frame"]).any(axis=-1)
    assert changed[truth.instance == row + 1].mean() > 0.5
    assert np.array_equal(whole["speed"], less["speed"])
    assert np.array_equal(seen(town), whole["frame"]), "and it is there again"


def test_who_does_not_see_the_car_ahead_drives_into_it() -> None:
    source = Watched("town", "meadow", 20_002)
    status, ending = drive_until(source, "lead-vehicle"), None
    while ending is None:
        ending = source.apply(expert(source, status.culprit.row if status.culprit else None))
        status = told(source)
    assert ending == "crash"
    assert status.infractions == {"vehicle": 1}
    assert status.score == pytest.approx(0.6 * status.completion)


def test_a_drive_without_infractions_scores_what_is_done(town: WorldSource) -> None:
    status = told(town)
    assert status.infractions == {}
    assert 0 < status.score == status.completion < 1


def test_the_windows_benchmark_goes_through_the_views_as_the_key_does(source):
    assert tuple(source.views) == VIEWS
