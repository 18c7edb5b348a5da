"""Worlds: events by hand, what is refused, and the same bits whatever the batch or process."""

import hashlib
import math
import subprocess
import sys

import numpy as np
import pytest

from sim import expert
from sim import vehicle as car
from sim.kinds import INFRACTIONS
from sim.scene import GRID_SIZE
from sim.track import LANE_CENTRE, to_world
from sim.world import LEFT_FOR_GOOD, World, spawn_streams

OFF_ROAD, WRONG_LANE = INFRACTIONS.index("off-road"), INFRACTIONS.index("wrong-lane")
STILL = np.zeros((1, 2), np.float32)


def seeds(*values: int) -> list[np.random.SeedSequence]:
    return [np.random.SeedSequence(value) for value in values]


def fresh(*values: int, **options: float) -> World:
    world = World(len(values), **options)  # type: ignore[arg-type]
    world.reset(np.arange(len(values)), seeds(*values))
    return world


@pytest.fixture
def world() -> World:
    return fresh(3)


def straight(world: World) -> float:
    """An s of world 0 with 30 m of straight road ahead."""
    bend = np.abs(world.tracks.curvature[0, : world.tracks.count[0]])
    clear = [bend[np.arange(s, s + 30) % len(bend)].max() < 1e-3 for s in range(len(bend))]
    return float(np.flatnonzero(clear)[0])


def put(world: World, s: float, d: float, heading_error: float = 0.0, speed: float = 10.0) -> None:
    """World 0's car at lane coordinates."""
    x, y, heading = to_world(world.tracks, 0, s, d)[:, 0]
    world.vehicle[0] = 0
    world.vehicle[0, [car.X, car.Y, car.YAW, car.SPEED]] = x, y, heading + heading_error, speed
    world.s[0], world.d[0] = s, d


def test_reset_puts_the_car_on_its_lane(world: World) -> None:
    x, y, heading = to_world(world.tracks, 0, 0.0, LANE_CENTRE)[:, 0]
    assert world.poses()[0] == pytest.approx([x, y, heading])
    assert world.vehicle[0, car.SPEED] == 0.8 * world.tracks.speed[0, 0]
    assert (world.s[0], world.d[0], world.distance[0], world.steps[0]) == (0.0, LANE_CENTRE, 0.0, 0)
    assert world.time_limit[0] == 1.5 * world.tracks.expert_time[0]
    assert not world.ended[0]


def test_progress_is_metres_along_the_route(world: World) -> None:
    put(world, straight(world), LANE_CENTRE)
    outcome = world.step(STILL)
    assert outcome.progress == pytest.approx([0.5], abs=1e-3)
    assert world.distance == outcome.progress
    assert world.s[0] == pytest.approx(straight(world) + 0.5, abs=1e-3)
    assert world.heading_error[0] == pytest.approx(0.0, abs=1e-3)
    assert world.route_completion == world.distance / world.route_length
    assert not outcome.terminated[0] | outcome.truncated[0]


def test_progress_runs_on_over_the_seam(world: World) -> None:
    put(world, world.route_length[0] - 0.2, LANE_CENTRE)
    assert world.step(STILL).progress[0] == pytest.approx(0.5, abs=0.02)
    assert world.s[0] == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize(
    ("d", "heading_error", "expected"),
    [
        (-3.4, -0.5, [OFF_ROAD]),  # over the right edge
        (-0.1, 0.5, [WRONG_LANE]),  # over the centre line
        (3.4, 0.5, [OFF_ROAD]),  # over the left edge: it was on the wrong side before
        (0.1, -0.5, []),  # back over the centre line
        (-3.6, 0.5, []),  # back onto the road
        (-1.75, 0.1, []),
    ],
)
def test_infractions_are_counted_as_the_line_is_crossed(
    world: World, d: float, heading_error: float, expected: list[int]
) -> None:
    put(world, straight(world), d, heading_error)
    outcome = world.step(STILL)
    assert np.flatnonzero(outcome.infractions_now[0]).tolist() == expected
    assert outcome.cost[0] == world.cost[0] == len(expected)
    again = world.step(STILL)
    assert not again.infractions_now.any(), "once an event"
    assert world.infractions[0].sum() == len(expected)


def test_metres_off_the_road(world: World) -> None:
    put(world, straight(world), -4.0)
    for _ in range(3):
        world.step(STILL)
    assert world.off_road_distance[0] == pytest.approx(1.5)
    put(world, straight(world), -3.4)
    world.step(STILL)
    assert world.off_road_distance[0] == pytest.approx(1.5)


@pytest.mark.parametrize("side", [-1, 1])
def test_leaving_the_road_for_good_terminates(world: World, side: int) -> None:
    put(world, straight(world), side * (LEFT_FOR_GOOD - 0.1), side * math.pi / 2)
    outcome = world.step(STILL)
    assert (outcome.terminated[0], outcome.truncated[0], world.ended[0]) == (True, False, True)


def test_a_lap_terminates(world: World) -> None:
    put(world, straight(world), LANE_CENTRE)
    world.distance[0] = world.route_length[0] - 0.7
    assert not world.step(STILL).terminated[0]
    outcome = world.step(STILL)
    assert (outcome.terminated[0], outcome.truncated[0]) == (True, False)
    assert world.route_completion[0] == 1.0


def test_the_time_limit_truncates() -> None:
    world = fresh(3, time_limit=0.2)
    ended = [world.step(np.array([[0.0, -1.0]])) for _ in range(4)]
    assert [bool(o.truncated[0]) for o in ended] == [False, False, False, True]
    assert not any(o.terminated[0] for o in ended)


def test_reset_forgets_the_episode_before() -> None:
    used, new = fresh(1), fresh(2)
    for _ in range(60):
        used.step(np.array([[1.0, 1.0]]))
        if used.ended[0]:
            break
    assert used.infractions.sum() > 0
    used.reset([0], seeds(2))
    assert state(used, 0) == state(new, 0)


def state(world: World, row: int) -> bytes:
    """Every array of one world that a caller can see."""
    n = world.tracks.count[row]
    arrays = [getattr(world.tracks, name)[row, :n] for name in ("points", "heading", "curvature", "speed")]
    arrays += [world.tracks.grid[row], world.objects[row], world.vehicle[row], world.infractions[row]]
    names = ("acceleration", "s", "d", "heading_error", "distance", "off_road_distance", "cost", "steps", "ended")
    arrays += [getattr(world, name)[row : row + 1] for name in (*names, "time_limit", "route_completion")]
    return b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)


def test_only_the_given_rows_are_touched() -> None:
    world = fresh(1, 2, 3, 4)
    before = [state(world, row) for row in range(4)]
    outcome = world.step(np.array([[0.1, 1.0], [0.0, 0.5]], np.float32), rows=[3, 1])
    changed = [state(world, row) != before[row] for row in range(4)]
    assert changed == [False, True, False, True]
    assert outcome.progress.shape == (2,)
    assert world.distance[[3, 1]] == pytest.approx(outcome.progress)
    world.reset([2], seeds(9))
    assert state(world, 0) == before[0]
    assert state(world, 2) == state(fresh(9), 0)


REFUSED = {
    "NaN": (np.array([[np.nan, 0.0]]), "nan"),
    "infinity": (np.array([[0.0, np.inf]]), "inf"),
    "one number": (np.zeros(2), r"\(2,\).*\(1, 2\)"),
    "too many": (np.zeros((2, 2)), r"\(2, 2\).*\(1, 2\)"),
    "text": (np.array([["left", "go"]]), "U.*float32"),
    "complex": (np.zeros((1, 2), complex), "complex128.*float32"),
    "objects": (np.array([[None, None]]), "object.*float32"),
    "bool": (np.zeros((1, 2), bool), "bool.*float32"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_actions_are_refused_and_nothing_moves(world: World, name: str) -> None:
    action, message = REFUSED[name]
    before = state(world, 0)
    with pytest.raises(ValueError, match=message) as caught:
        world.step(action)
    assert "\n" not in str(caught.value)
    assert state(world, 0) == before


def test_a_bad_action_of_one_world_stops_all_and_names_it() -> None:
    world = fresh(1, 2)
    before = state(world, 0)
    with pytest.raises(ValueError, match="world 1"):
        world.step(np.array([[0.0, 0.0], [np.nan, 0.0]]))
    assert state(world, 0) == before


def test_numbers_of_any_width_and_lists_are_taken(world: World) -> None:
    for action in ([[0.1, 0.2]], np.array([[0.1, 0.2]]), [[0, 1]]):
        world.step(action)


def test_ended_and_unborn_worlds_are_refused() -> None:
    with pytest.raises(ValueError, match=r"world 0 .*reset"):
        World(1).step(STILL)
    world = fresh(1, 2, time_limit=0.05)
    world.step(np.zeros((2, 2)))
    with pytest.raises(ValueError, match=r"world 1 .*reset"):
        world.step(STILL, rows=[1])


@pytest.mark.parametrize(
    ("rows", "message"), [([4], "rows 4 to 4"), ([-1], "0 to 1"), ([0.0], "float64"), ([[0]], r"\(1, 1\)")]
)
def test_bad_rows_are_refused(rows: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fresh(1, 2).step(STILL, rows=rows)


def test_bad_construction_is_refused() -> None:
    with pytest.raises(ValueError, match="n is 0"):
        World(0)
    with pytest.raises(ValueError, match="time_limit is -1"):
        World(1, time_limit=-1)
    with pytest.raises(ValueError, match="open-road"):
        World(1, scenario="open-raod")
    with pytest.raises(ValueError, match="2 seeds for 1 rows"):
        World(1).reset([0], seeds(1, 2))


def test_scene_is_the_state_itself(world: World) -> None:
    scene = world.scene()
    assert scene.grid.shape == (1, GRID_SIZE, GRID_SIZE, 2)
    assert np.shares_memory(scene.grid, world.tracks.grid)
    assert np.shares_memory(scene.objects, world.objects)
    assert scene.length.dtype == np.float32
    assert scene.length == world.route_length
    world.reset([0], seeds(12))
    assert scene.length == world.route_length


def test_streams_are_separate_and_the_same_each_time() -> None:
    seed = np.random.SeedSequence(5)
    first, second = spawn_streams(seed), spawn_streams(seed)
    drawn = [stream.integers(1 << 60) for stream in first]
    assert len(set(drawn)) == 4
    assert drawn == [stream.integers(1 << 60) for stream in second]
    world = fresh(5)
    assert [world.streams[0].looks.integers(1 << 60), world.streams[0].noise.integers(1 << 60)] == drawn[2:]


SCRIPT = np.random.default_rng(0).uniform(-0.4, 0.6, (80, 64, 2)).astype(np.float32)


def run(count: int) -> list[bytes]:
    """The states of `count` worlds after 80 steps of SCRIPT, all stepped together while they last."""
    world = fresh(*range(20_000, 20_000 + count))
    for actions in SCRIPT[:, :count]:
        rows = np.flatnonzero(~world.ended)
        world.step(actions[rows], rows)
    return [state(world, row) for row in range(count)]


def digest(count: int) -> str:
    return hashlib.sha256(b"".join(run(count))).hexdigest()


def test_same_bits_alone_in_a_batch_and_in_another_process() -> None:
    batch = run(64)
    for row in (0, 17, 63):
        world = fresh(20_000 + row)
        for actions in SCRIPT[:, row : row + 1]:
            if not world.ended[0]:
                world.step(actions)
        assert state(world, 0) == batch[row]
    script = "import sys; sys.path.insert(0, 'tests/sim'); import test_world; print(test_world.digest(8))"
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == hashlib.sha256(b"".join(batch[:8])).hexdigest()


@pytest.mark.parametrize("pedal", [0.0, 0.1])
def test_zero_steer_completes_under_30_percent(pedal: float) -> None:
    """The control: if going straight got far, driving would prove nothing."""
    world = fresh(*range(10_000, 10_048))
    while not world.ended.all():
        rows = np.flatnonzero(~world.ended)
        world.step(np.tile(np.float32([0.0, pedal]), (len(rows), 1)), rows)
    assert world.route_completion.max() < 0.3


def test_the_expert_completes_a_lap_within_the_limit() -> None:
    world = fresh(7, 8)
    while not world.ended.all():
        rows = np.flatnonzero(~world.ended)
        state = world.vehicle[rows], world.s[rows], world.actors[rows]
        world.step(expert.decide(world.tracks, world.line, rows, *state)[0], rows)
    assert (world.route_completion == 1.0).all()
    assert world.infractions.sum() == 0
