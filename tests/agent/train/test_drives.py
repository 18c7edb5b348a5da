"""Rows are instants: their frames are drawn for the pose, and the expert answers for that pose."""

import math
from dataclasses import replace

import numpy as np
import pytest

from agent.config import Jitter, Restaging
from agent.families import Batch
from agent.families.topk_patches.network import TopKPatchesConfig
from agent.train.batches import of_instants, of_sequences, shuffled, through_filters
from agent.train.drives import Rows, Sampling, SequenceSampling, situations
from agent.train.roads import RoadPool
from agent.train.student import student_of
from sim import track, vehicle
from sim.kinds import CAUSES, ROLES
from sim.policy import Decision, Observation, PolicySpec, State
from sim.scenario.actors import ROLE, D, S
from sim.track import LANE_CENTRE

SPEC = PolicySpec((72, 128), TopKPatchesConfig().field_of_view, "selection")


@pytest.fixture(scope="module")
def roads() -> RoadPool:
    return RoadPool(range(3), "open-road", SPEC, seed=0)


@pytest.fixture(scope="module")
def town() -> RoadPool:
    return RoadPool(range(4), "town", SPEC, seed=0)


def on_the_lane(roads: RoadPool, n: int, turned: float = 0.0) -> Rows:
    road = np.arange(n) % len(roads)
    s = np.linspace(10, 700, n)
    x, y, heading = track.to_world(roads.world.tracks, road, s, LANE_CENTRE)
    state = np.zeros((n, 7))
    state[:, vehicle.X], state[:, vehicle.Y], state[:, vehicle.YAW] = x, y, heading + turned
    state[:, vehicle.SPEED] = 8
    return Rows(road, state, s, roads.world.actors[road].astype(np.float32), *np.zeros((3, n), np.int64))


def offsets(roads: RoadPool, rows: Rows) -> np.ndarray:
    x, y = rows.state[:, vehicle.X], rows.state[:, vehicle.Y]
    return track.locate(roads.world.tracks, rows.road, x, y, rows.s)[1]


def test_cars_are_put_near_the_lane(roads: RoadPool) -> None:
    rng, d = np.random.default_rng(0), []
    for _ in range(50):
        roads.put(np.arange(3), rng)
        d.append(offsets(roads, roads.cars()))
    off = np.concatenate(d) - LANE_CENTRE
    assert np.abs(off).max() <= 2.01
    assert np.abs(off).mean() > 0.3


def test_cars_are_put_where_nobody_is(town: RoadPool) -> None:
    """Nobody solid within 8 m of the car's middle: half of the longest two cars."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        town.put(np.arange(len(town)), rng)
        cars = town.cars()
        actors = town.world.actors
        lap = town.world.tracks.length[:, None]
        along = (actors[..., S] - cars.s[:, None] + lap / 2) % lap - lap / 2
        aside = actors[..., D] - offsets(town, cars)[:, None]
        solid = (actors[..., ROLE] != ROLES.index("none")) & (actors[..., ROLE] != ROLES.index("light"))
        near = (np.abs(along) < 8) & (np.abs(aside) < 2)
        assert not (near & solid).any()


def test_a_car_turned_left_is_told_to_steer_right(roads: RoadPool) -> None:
    left, right = (roads.label(on_the_lane(roads, 30, turned))[0][:, 0] for turned in (0.15, -0.15))
    assert (left < right).all()
    assert left.mean() < -0.05 < 0.05 < right.mean()


def still(**moved: float) -> Restaging:
    """Jitter in some things alone."""
    return Restaging(**{"share": 1.0, "shift": 0.0, "yaw": 0.0, "speed": 0.0, "pitch": 0.0, "restaged": 0.0, **moved})


def test_jitter_moves_camera_and_label_together(roads: RoadPool) -> None:
    """A batch turned by the jitter gets the labels of the turned poses, not of the poses it was drawn from."""
    rows = on_the_lane(roads, 64)
    before = rows.state.copy()
    batch = of_instants(
        roads,
        rows,
        Restaging(share=1.0, shift=0.0, yaw=0.2, speed=0, pitch=0.0, restaged=0.0),
        np.random.default_rng(1),
    )
    turned = rows.state[:, vehicle.YAW] - before[:, vehicle.YAW]
    assert 0.05 < np.abs(turned).mean() < 0.2
    np.testing.assert_array_equal(batch.action, roads.label(rows)[0])
    straight = roads.label(on_the_lane(roads, 64))[0]
    assert np.corrcoef(turned, batch.action[:, 0] - straight[:, 0])[0, 1] < -0.8


def test_a_shift_is_to_the_left_of_the_car(roads: RoadPool) -> None:
    rows = on_the_lane(roads, 40)
    of_instants(
        roads,
        rows,
        Restaging(share=1.0, shift=1.0, yaw=0.0, speed=0, pitch=0.0, restaged=0.0),
        np.random.default_rng(2),
    )
    d = offsets(roads, rows) - LANE_CENTRE
    assert np.abs(d).max() == pytest.approx(1.0, abs=0.08)
    assert d.std() == pytest.approx(2 / math.sqrt(12), abs=0.15)


def test_speed_is_jittered_with_the_label_and_never_below_zero(roads: RoadPool) -> None:
    rows = on_the_lane(roads, 60)
    rows.state[:30, vehicle.SPEED] = 0.5
    batch = of_instants(
        roads, rows, Restaging(share=1.0, shift=0, yaw=0, speed=1.5, pitch=0, restaged=0.0), np.random.default_rng(2)
    )
    speed = rows.state[:, vehicle.SPEED]
    assert speed.min() == 0
    assert 1.5 < speed[:30].max() < 2.01
    np.testing.assert_array_equal(batch.observation["speed"][:, 0], speed.astype(np.float32))


def test_same_draw_same_batch(roads: RoadPool) -> None:
    batches = [of_instants(roads, on_the_lane(roads, 8), Restaging(), np.random.default_rng(3)) for _ in range(2)]
    np.testing.assert_array_equal(batches[0].observation["frame"], batches[1].observation["frame"])
    np.testing.assert_array_equal(batches[0].action, batches[1].action)


def test_an_instant_is_drawn_and_labelled_as_it_was(town: RoadPool) -> None:
    """Stored rows keep their actors: drawn later, when the world has gone on, they give the same frames and labels."""
    town.put(np.arange(len(town)), np.random.default_rng(5))
    then = town.cars()
    frames, action = (
        town.observe(then, np.random.default_rng(1))["frame"],
        town.label(then)[0],
    )
    for _ in range(60):
        town.world.step(np.zeros((len(town), 2), np.float32))
        town.keep_going(np.arange(len(town)))
    np.testing.assert_array_equal(town.observe(then, np.random.default_rng(1))["frame"], frames)
    np.testing.assert_array_equal(town.label(then)[0], action)
    now = replace(then, actors=town.cars().actors)
    assert (town.observe(now, np.random.default_rng(1))["frame"] != frames).any(), "the others have moved on"


def test_situations_are_cause_and_phase() -> None:
    cause = np.array([CAUSES.index("red-light")] * 4)
    speed = np.array([0.0, 0.0, 8.0, 8.0])
    action = np.array([[0, -0.3], [0, 0.5], [0, -0.3], [0, 0.2]], np.float32)
    assert situations(cause, speed, action).tolist() == [16, 17, 18, 19]


def test_rare_situations_are_drawn_often() -> None:
    """160,000 rows of one situation and 10,000 of another, 16 to 1: drawn as their fourth roots, 20 to 10."""
    situation = np.array([2] * 160_000 + [7] * 10_000)
    drawn = situation[Sampling(situation).draw(60_000, np.random.default_rng(0))]
    assert (drawn == 7).mean() == pytest.approx(10 / 30, abs=0.01)


def test_a_handful_is_not_drawn_over_and_over() -> None:
    """One row counts as a hundredth of a situation of 100: by the fourth roots 0.0316 against 10, not 1 against 10."""
    situation = np.array([0] * 10_000 + [1])
    drawn = Sampling(situation).draw(200_000, np.random.default_rng(0))
    assert (drawn == 10_000).mean() == pytest.approx(0.0316 / 10.03, abs=0.0004)


def test_shuffled_batches_keep_frame_speed_and_answer_together() -> None:
    parts = [
        Batch(
            {"frame": np.full((n, 1, 1, 3), n, np.uint8), "speed": np.full((n, 1), n)},
            action=np.full((n, 2), n),
            shown=np.full((n, 1, 1), n, np.uint8),
        )
        for n in (3, 5)
    ]
    mixed = shuffled(parts, np.random.default_rng(0))
    number = mixed.observation["frame"][:, 0, 0, 0]
    assert sorted(number.tolist()) == [3] * 3 + [5] * 5
    assert number.tolist() != sorted(number.tolist())
    np.testing.assert_array_equal(mixed.observation["speed"][:, 0], number)
    np.testing.assert_array_equal(mixed.action[:, 1], number)
    np.testing.assert_array_equal(mixed.shown[:, 0, 0], number)


def in_time(roads: RoadPool, road: list[int], step: list[int], drive: list[int]) -> Rows:
    """Rows of these roads, steps and drives; the situation is the step."""
    rows = on_the_lane(roads, len(road))
    return replace(rows, road=np.array(road), step=np.array(step), drive=np.array(drive), situation=np.array(step))


def test_sequences_are_consecutive_steps_of_one_road(roads: RoadPool) -> None:
    """Of road 0 steps 0 to 2 and 9 to 10, of road 1 steps 1 to 3, mixed: 2 + 1 + 2 sequences of two."""
    rows = in_time(roads, [0, 1, 0, 1, 0, 1, 0, 0], [0, 1, 1, 2, 2, 3, 9, 10], [0] * 8)
    sampling = SequenceSampling(rows, 2)
    assert len(sampling) == 5
    drawn = sampling.draw(500, np.random.default_rng(0)).reshape(-1, 2)
    assert (rows.road[drawn[:, 0]] == rows.road[drawn[:, 1]]).all()
    assert (rows.step[drawn[:, 1]] - rows.step[drawn[:, 0]] == 1).all()
    assert len(np.unique(drawn, axis=0)) == 5
    assert len(SequenceSampling(rows, 4)) == 0


def test_a_sequence_is_moved_as_a_whole_and_has_one_look(roads: RoadPool) -> None:
    """Two cars that stand for three steps: each three frames are the same ones, and the two cars' differ."""
    rows = on_the_lane(roads, 2).pick(np.repeat([0, 1], 3))
    rows.drive[:] = [4, 4, 4, 8, 8, 9]
    batch = of_sequences(roads, rows, 3, Jitter(share=1.0), np.random.default_rng(0))
    frame = batch.observation["frame"]
    assert frame.shape == (2, 3, 72, 128, 3)
    assert (frame == frame[:, :1]).all()
    assert (frame[0] != frame[1]).any()
    assert batch.action.shape == (2, 3, 2)
    assert batch.observation["speed"].shape == (2, 3, 1)
    assert batch.shown is None
    np.testing.assert_array_equal(batch.action.reshape(-1, 2), roads.label(rows)[0])
    np.testing.assert_array_equal(batch.began, [[True, False, False], [True, False, True]])
    distorted = through_filters(batch, np.random.default_rng(2)).observation["frame"]
    assert (distorted == distorted[:, :1]).all()
    mixed = shuffled([batch, batch], np.random.default_rng(0))
    assert mixed.began is not None
    assert sorted(mixed.began.sum(1).tolist()) == [1, 1, 2, 2]


class Counting:
    """Its action is how many frames it has seen of this drive."""

    spec = PolicySpec((72, 128), SPEC.field_of_view, None, memory=True)

    def initial_state(self, n: int) -> dict[str, np.ndarray]:
        return {"seen": np.zeros((n, 1), np.float32)}

    def act(self, observation: Observation, state: State) -> tuple[Decision, State]:
        seen = state["seen"] + 1
        return Decision(np.concatenate([seen, seen], 1)), {"seen": seen}


def test_a_student_remembers_the_drive_and_forgets_it_where_it_is_put_elsewhere(roads: RoadPool) -> None:
    policy, rng = Counting(), np.random.default_rng(0)
    student = student_of(policy, policy.act, roads)
    everybody = np.ones(3, bool)
    student.begin(np.arange(3), rng)
    for wanted in (np.array([False, True, False]), np.zeros(3, bool)):
        assert student.act(roads.cars(), wanted, rng).shape == (wanted.sum(), 2)
    student.begin(np.array([1]), rng)
    assert student.act(roads.cars(), everybody, rng)[:, 0].tolist() == [3, 1, 3]
