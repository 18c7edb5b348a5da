"""Where things may stand, and how many; scenarios made of parts."""

import re
from pathlib import Path

import gymnasium
import numpy as np
import pytest

import sim
from sim.kinds import KINDS
from sim.scenario import SCENARIOS, Crossings, Lights, Roadside, Scenario, Vehicles, name_of, roadside, scenario
from sim.scenario.actors import LIGHT, PEDESTRIAN, PLACE, ROLE, D, S
from sim.scenario.site import GENTLE
from sim.scene import DECAL_KINDS
from sim.simulator import Simulator
from sim.track import locate
from sim.world import World

N = 24
KIND = {name: i for i, name in enumerate(KINDS)}


@pytest.fixture(scope="module")
def world() -> World:
    made = World(N)
    made.reset(np.arange(N), [np.random.SeedSequence(seed) for seed in range(N)])
    return made


def distance(world: World, row: int, objects: np.ndarray) -> np.ndarray:
    """Metres from objects to the nearest point of the centre line."""
    points = world.tracks.points[row, : world.tracks.count[row]]
    return np.hypot(*(objects[:, None, :2] - points).transpose(2, 0, 1)).min(axis=1)


def of(world: World, row: int, *kinds: str) -> np.ndarray:
    objects = world.objects[row]
    return objects[np.isin(objects[:, 4], [KIND[kind] for kind in kinds])]


def test_unknown_scenario_names_the_nearest() -> None:
    with pytest.raises(ValueError, match="'open-road'"):
        scenario("open-raod")
    assert scenario("open-road") is SCENARIOS["open-road"]


@pytest.mark.parametrize("row", range(N))
def test_growth_keeps_off_the_road(world: World, row: int) -> None:
    growth = of(world, row, *roadside._GROWTH)
    assert distance(world, row, growth).min() >= Roadside().clear
    assert set(growth[:, 4]) == {KIND[kind] for kind in roadside._GROWTH}, "some of every kind"
    assert (growth[:, 2:4] > 0.5).all()
    assert np.abs(growth[:, 5]).max() <= 1


@pytest.mark.parametrize("row", range(N))
def test_posts_line_both_sides(world: World, row: int) -> None:
    posts = of(world, row, "delineator")
    assert distance(world, row, posts) == pytest.approx(roadside.POST_OFFSET, abs=0.05)
    half = len(posts) // 2
    s = 24.0 * np.round(nearest_s(world, row, posts) / 24.0)
    assert (np.sort(s[:half]) == np.sort(s[half:])).all()
    gaps = np.diff(np.sort(s[:half]))
    assert set(gaps) <= {24.0, 48.0}


def nearest_s(world: World, row: int, objects: np.ndarray) -> np.ndarray:
    points = world.tracks.points[row, : world.tracks.count[row]]
    return np.hypot(*(objects[:, None, :2] - points).transpose(2, 0, 1)).argmin(axis=1).astype(float)


def test_curve_signs_stand_outside_tight_bends(world: World) -> None:
    seen = 0
    for row in range(N):
        signs = of(world, row, "curve sign")
        s, d, _ = locate(world.tracks, row, signs[:, 0], signs[:, 1], nearest_s(world, row, signs))
        bend = world.tracks.curvature[row, np.rint(s).astype(int) % world.tracks.count[row]]
        assert (np.abs(bend) > 1 / 33).all()
        assert (np.sign(d) == -np.sign(bend)).all()
        seen += len(signs)
    assert seen > N


def test_empty_rows_say_so(world: World) -> None:
    kinds = world.objects[..., 4]
    assert ((kinds >= -1) & (kinds < len(KINDS))).all()
    assert (kinds == np.rint(kinds)).all()
    crowd = World(1, Scenario((Vehicles(along=40, oncoming=40), Crossings(30), Lights(30))))
    crowd.reset([0], [np.random.SeedSequence(0)])
    empty = crowd.actors[0, :, ROLE] == 0
    assert 0 < empty.sum() < len(empty), "a lap has not room for all of them"
    assert (crowd.objects[0, : len(empty), 4][empty] == -1).all()
    assert (crowd.decals[0, :, 2] == -1).any()


def test_same_seed_same_scenery(world: World) -> None:
    again = World(1)
    again.reset([0], [np.random.SeedSequence(5)])
    assert (again.objects[0] == world.objects[5]).all()
    assert not (world.objects[5] == world.objects[6]).all()


@pytest.fixture(scope="module")
def town() -> World:
    made = World(N, "town")
    made.reset(np.arange(N), [np.random.SeedSequence(seed) for seed in range(N)])
    return made


def apart(world: World, row: int, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Metres (n, m) along the lap between places, the short way."""
    lap = world.route_length[row]
    return np.abs((one[:, None] - other + lap / 2) % lap - lap / 2)


@pytest.mark.parametrize("row", range(N))
def test_crossings_and_lights_stand_where_they_are_seen_and_keep_apart(town: World, row: int) -> None:
    decals = town.decals[row][town.decals[row, :, 2] >= 0].astype(float)
    s = decals[:, 0]
    gaps = apart(town, row, s, s) + 1e6 * np.eye(len(s))
    assert gaps.min() > 30
    assert apart(town, row, s, np.zeros(1)).min() > 15, "not right at the start"
    bends = np.abs(town.tracks.curvature[row, : town.tracks.count[row]])
    for place in s:
        assert bends[np.arange(round(place) - 17, round(place) + 3) % len(bends)].max() <= GENTLE
    assert len(decals) >= 5, "of 7"


@pytest.mark.parametrize("row", range(N))
def test_signals_stand_eight_metres_past_their_stop_lines(town: World, row: int) -> None:
    lights = town.actors[row][town.actors[row, :, ROLE] == LIGHT]
    beyond = (lights[:, S] - lights[:, PLACE]) % town.route_length[row]
    assert beyond == pytest.approx(8.0)
    lines = town.decals[row][town.decals[row, :, 2] == DECAL_KINDS.index("stop line")]
    starts = np.sort((lines[:, 0] - lines[:, 1] / 2) % town.route_length[row])
    assert starts == pytest.approx(np.sort(lights[:, PLACE]), abs=1e-3)


@pytest.mark.parametrize("row", range(N))
def test_people_wait_at_their_zebra_or_walk_on_the_pavement(town: World, row: int) -> None:
    people = town.actors[row][town.actors[row, :, ROLE] == PEDESTRIAN]
    waiting = people[people[:, PLACE] >= 0]
    assert apart(town, row, waiting[:, S], waiting[:, PLACE]).diagonal().max() < 1.5
    assert np.abs(waiting[:, D]) == pytest.approx(4.15)
    assert ((np.abs(people[:, D]) > 3.5) & (np.abs(people[:, D]) < 3.5 + town.pavement[row])).all()


@pytest.mark.parametrize("row", range(N))
def test_houses_and_boards_keep_off_the_road(town: World, row: int) -> None:
    for kind, least, depth_column in (("building", 7.3, 2), ("billboard", 5.5, None)):
        things = of(town, row, kind)
        along = np.stack([np.cos(things[:, 6]), np.sin(things[:, 6])], axis=1)
        across = np.stack([-along[:, 1], along[:, 0]], axis=1)
        deep = things[:, 7] if depth_column else np.zeros(len(things))
        for a in (-0.5, 0.0, 0.5):
            for b in (-0.5, 0.0, 0.5):
                corner = things.copy()
                corner[:, :2] += a * deep[:, None] * along + b * things[:, 2, None] * across
                assert distance(town, row, corner).min(initial=99) > least
    assert len(of(town, row, "building")) > 20


def test_the_time_limit_leaves_room_for_what_may_hold_one_up(world: World, town: World) -> None:
    assert world.time_limit == pytest.approx(1.5 * world.tracks.expert_time)
    assert (town.time_limit > 1.5 * town.tracks.expert_time + 60).all()


def blocks() -> list[str]:
    text = (Path(sim.__file__).parent.parent / "docs/scenarios.md").read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def test_the_documented_scenario_drives() -> None:
    shown: dict = {}
    try:
        exec(blocks()[0], shown)
        env = shown["env"]
        env.reset(seed=3)
        env.step(np.array([0.0, 0.5], np.float32))
        assert env.unwrapped.simulator.world.actors.shape[1] == SCENARIOS["rush-hour"].max_actors
        assert name_of(env.unwrapped.simulator.world.scenario) == "rush-hour"
    finally:
        SCENARIOS.pop("rush-hour", None)


def test_the_documented_part_moves() -> None:
    shown: dict = {}
    exec(blocks()[1], shown)
    one = Simulator(1, shown["morning"], frame_size=(18, 32))
    one.reset(np.array([0]), [3])
    before = one.world.actors[0, :, S].copy()
    one.step(np.zeros((1, 2), np.float32))
    assert (one.world.actors[0, :, S] - before) == pytest.approx(2.8 * 0.05)


def test_the_documented_fork_has_two_futures() -> None:
    shown: dict = {}
    exec(blocks()[2], shown)
    slower, faster = shown["speeds"]
    assert slower < faster


def test_a_scenario_without_a_name_is_taken_everywhere() -> None:
    made = Scenario((Lights(1), Roadside(40)), about="one light")
    env = gymnasium.make("sim:RedGaze/Drive-v0", scenario=made, frame_size=(18, 32))
    env.reset(seed=1)
    assert env.unwrapped.simulator.world.scenario == made
    envs = gymnasium.make_vec("sim:RedGaze/Drive-v0", num_envs=2, scenario=made, frame_size=(18, 32))
    envs.reset(seed=1)
    assert name_of(made) == "one light"
    assert name_of("town") == name_of(SCENARIOS["town"]) == "town"


@pytest.mark.parametrize("part", [7, Vehicles, "Vehicles"])
def test_what_is_no_part_is_refused(part: object) -> None:
    with pytest.raises(ValueError, match="expected a part, such as"):
        Scenario((Roadside(), part))  # type: ignore[arg-type]


def test_an_instant_that_was_kept_is_drawn_as_it_was(town: World) -> None:
    rows = np.array([3, 5])
    actors, drawn = town.actors[rows].copy(), town.objects[rows].copy()
    moved = World(N, "town")
    moved.reset(np.arange(N), [np.random.SeedSequence(seed) for seed in range(N)])
    for _ in range(30):
        moved.step(np.zeros((N, 2)))
    again = moved.scenario.draw(moved.tracks, rows, actors, moved.objects[rows])
    assert (again == drawn).all()
    assert not (moved.objects[rows] == drawn).all()
