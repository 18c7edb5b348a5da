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
from sim.view.source import Shot, WorldSource, between, culprit, glide

SMALL = (45, 80)
STRAIGHT = np.array([[0.0, 0.5]], np.float32)
finite = st.floats(-1e3, 1e3)
poses = st.tuples(finite, finite, st.floats(-math.pi, math.pi)).map(np.array)


@pytest.fixture
def source() -> WorldSource:
    return WorldSource(theme="meadow", seed=20_000)


def picture(source: WorldSource, size: tuple[int, int], alpha: float) -> np.ndarray:
    """Through the policy's camera, without red; a copy, since the source draws on the same canvas again."""
    return source.views["camera"](Shot(size, alpha, None, STRAIGHT[0], source.status())).copy()


@settings(deadline=None)  # the first call compiles
@given(poses, poses)
def test_between_begins_and_ends_where_it_should(before: np.ndarray, after: np.ndarray) -> None:
    np.testing.assert_allclose(between(before, after, 0.0), before)
    reached = between(before, after, 1.0)
    np.testing.assert_allclose(reached[:2], after[:2], atol=1e-9)
    assert math.cos(reached[2] - after[2]) == pytest.approx(1)


@settings(deadline=None)  # the first call compiles
@given(poses, poses, st.floats(0, 1))
def test_between_never_turns_the_long_way(before: np.ndarray, after: np.ndarray, alpha: float) -> None:
    assert abs(between(before, after, alpha)[2] - before[2]) <= alpha * math.pi + 1e-9


def test_between_turns_through_the_seam_by_hand() -> None:
    before, after = np.array([0.0, 0.0, math.pi - 0.1]), np.array([1.0, 2.0, -math.pi + 0.1])
    np.testing.assert_allclose(between(before, after, 0.25), [0.25, 0.5, math.pi - 0.05])


def test_the_picture_after_a_step_is_the_policys_own_view(source: WorldSource) -> None:
    source.apply(STRAIGHT)
    frame = source.observe()["frame"][0]
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
    red = source.views["camera"](Shot(SMALL, 1.0, attention, STRAIGHT[0], source.status()))
    assert np.array_equal(red, paint(bare, attention))


def test_another_policys_frames(source: WorldSource) -> None:
    source.fit(PolicySpec((48, 96), 1.2, None))
    assert source.observe()["frame"].shape == (1, 48, 96, 3)
    assert (source.lens.height, source.lens.width, source.lens.field_of_view) == (48, 96, 1.2)


def test_the_route_is_the_road(source: WorldSource) -> None:
    nearest = np.linalg.norm(source.road.route - np.array(source.status().pose[:2]), axis=1).min()
    assert nearest == pytest.approx(1.75, abs=0.2), "the car starts in the middle of its lane"
    assert len(source.road.route) == source.simulator.world.tracks.count[0]


def test_drawing_for_people_changes_nothing(source: WorldSource) -> None:
    watched, unwatched = source, WorldSource(theme="meadow", seed=20_000)
    for _ in range(5):
        picture(watched, SMALL, 0.3)
        watched.status()
        watched.apply(STRAIGHT)
        unwatched.apply(STRAIGHT)
    assert np.array_equal(watched.observe()["frame"], unwatched.observe()["frame"])


def test_status(source: WorldSource) -> None:
    status = source.status()
    assert dict(status.labels) == {"theme": "meadow", "scenario": "open-road", "seed": "20000"}
    assert status.speed == pytest.approx(source.observe()["speed"][0, 0])
    assert status.cause in CAUSES
    assert (status.steering_angle, status.completion) == (0.0, 0.0)
    assert status.pose == tuple(source.simulator.world.poses()[0])


def test_next_track_is_the_next_seed(source: WorldSource) -> None:
    source.apply(STRAIGHT)
    source.next_track()
    fresh = Simulator(1, theme="meadow")
    fresh.reset(np.array([0]), [20_001])
    assert np.array_equal(source.observe()["frame"], fresh.observe()["frame"])
    assert source.status().labels["seed"] == "20001"


def test_next_theme_keeps_the_drive_and_changes_the_look(source: WorldSource) -> None:
    source.apply(STRAIGHT)
    pose, frame = source.status().pose, source.observe()["frame"]
    source.next_theme()
    assert source.status().pose == pose
    assert source.status().labels["theme"] != "meadow"
    assert not np.array_equal(source.observe()["frame"], frame)


def test_themes_come_round_and_are_those_that_the_seed_has_from_the_start(source: WorldSource) -> None:
    seen = []
    for _ in theme_names():
        source.next_theme()
        seen.append(source.status().labels["theme"])
        fresh = WorldSource(theme=seen[-1], seed=20_000)
        assert np.array_equal(source.simulator.looks, fresh.simulator.looks)
    assert sorted(seen) == sorted(theme_names())
    assert seen[-1] == "meadow"


def test_beginning_anew_in_a_theme(source: WorldSource) -> None:
    source.apply(STRAIGHT)
    source.begin(20_005, "autumn")
    fresh = WorldSource(theme="autumn", seed=20_005)
    assert np.array_equal(source.observe()["frame"], fresh.observe()["frame"])
    source.next_track()
    assert source.status().labels == {"theme": "autumn", "scenario": "open-road", "seed": "20006"}


def test_a_chosen_theme_stays_on_the_next_track(source: WorldSource) -> None:
    source.next_theme()
    theme = source.status().labels["theme"]
    source.next_track()
    assert source.status().labels["theme"] == theme


def test_the_expert_finishes_the_route(source: WorldSource) -> None:
    ending = None
    for _ in range(6000):
        ending = source.apply(source.expert())
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
    source = WorldSource("town", "meadow", 20_003)
    for _ in range(80):
        source.apply(source.expert())
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


def test_gliding_begins_and_ends_with_the_tables_themselves(town: WorldSource) -> None:
    ends = town.instant(0.0).objects, town.instant(1.0).objects
    assert np.array_equal(ends[1], town.simulator.world.objects[0])
    assert not np.array_equal(*ends), "somebody moves"
    np.testing.assert_allclose(town.instant(0.5).objects[:, :2], (ends[0] + ends[1])[:, :2] / 2, atol=1e-3)


def test_what_stands_still_is_drawn_where_it_is(town: WorldSource) -> None:
    """To the bit, all the way: a house that trembles by a rounding error would be seen."""
    before, after = town.instant(0.0).objects, town.instant(1.0).objects
    still = (before == after).all(axis=1)
    assert still.any()
    assert np.array_equal(town.instant(0.3).objects[still], after[still])


def test_pictures_of_people_change_nothing_for_the_policy(town: WorldSource) -> None:
    before = town.simulator.world.objects.copy()
    for name in town.views:
        town.views[name](Shot(SMALL, 0.5, None, STRAIGHT[0], town.status(), mark=True, without=True))
    assert np.array_equal(town.simulator.world.objects, before)


# --- what binds the expert


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
    """The status at the first instant at which this binds the expert."""
    for _ in range(steps):
        status = source.status()
        if status.cause == cause:
            return status
        source.apply(source.expert())
    raise AssertionError(f"no {cause} in {steps} steps")


def test_the_status_names_the_light_that_the_expert_stops_for() -> None:
    source = WorldSource("town", "meadow", 20_003)
    status = drive_until(source, "red-light")
    light = source.simulator.world.objects[0, status.culprit.row]
    assert status.culprit.kind == "traffic light"
    assert status.culprit.place == pytest.approx(tuple(light[:2]))
    front = np.array(vehicle_to_world(EGO_LENGTH / 2, 0.0, *status.pose))
    assert status.culprit.distance == pytest.approx(np.hypot(*(light[:2] - front)), abs=1.0)
    assert status.culprit.row in source.road.signals
    assert source.expert()[0, 1] < source.expert(status.culprit.row)[0, 1], "without it, it would not slow down"


def test_without_an_object_its_pixels_alone_change(town: WorldSource) -> None:
    """The nearest car ahead: the policy's frame without it, beside the one with it."""
    truth = town.simulator.truth()
    rows, counts = np.unique(truth.instance[truth.instance > 0], return_counts=True)
    row = int(rows[counts.argmax()]) - 1
    whole, less = town.observe(), town.observe_without(row)
    changed = (whole["frame"] != less["frame"]).any(axis=-1)
    assert changed[truth.instance == row + 1].mean() > 0.5
    assert np.array_equal(whole["speed"], less["speed"])
    assert np.array_equal(town.observe()["frame"], whole["frame"]), "and it is there again"


def test_who_does_not_see_the_car_ahead_drives_into_it() -> None:
    source = WorldSource("town", "meadow", 20_002)
    status, ending = drive_until(source, "lead-vehicle"), None
    while ending is None:
        ending = source.apply(source.expert(status.culprit.row if status.culprit else None))
        status = source.status()
    assert ending == "crash"
    assert status.infractions == {"vehicle": 1}
    assert status.score == pytest.approx(0.6 * status.completion)


def test_a_drive_without_infractions_scores_what_is_done(town: WorldSource) -> None:
    status = town.status()
    assert status.infractions == {}
    assert 0 < status.score == status.completion < 1


def test_the_windows_benchmark_goes_through_the_views_as_the_key_does(source):
    assert tuple(source.views) == VIEWS
