"""Rows are poses: their frames are drawn for the pose, and the expert answers for that pose."""

import math

import numpy as np
import pytest

from agent.config import Jitter
from agent.dataset import LANE, RoadPool, Rows
from agent.models.topk_patches import TopKPatchesConfig
from sim import track, vehicle
from sim.policy import PolicySpec

SPEC = PolicySpec((72, 128), TopKPatchesConfig().field_of_view, True, 2, "selection")


@pytest.fixture(scope="module")
def roads() -> RoadPool:
    return RoadPool(3, "open-road", SPEC, seed=0)


def on_the_lane(roads: RoadPool, n: int, turned: float = 0.0) -> Rows:
    road = np.arange(n) % len(roads)
    s = np.linspace(10, 700, n)
    x, y, heading = track.to_world(roads.world.tracks, road, s, LANE)
    state = np.zeros((n, 7))
    state[:, vehicle.X], state[:, vehicle.Y], state[:, vehicle.YAW] = x, y, heading + turned
    state[:, vehicle.SPEED] = 8
    return Rows(road, state, s)


def test_placed_cars_are_near_the_lane(roads: RoadPool) -> None:
    rows = roads.place(np.arange(3).repeat(50), np.random.default_rng(0))
    _, d = roads.locate(rows)
    assert np.abs(d - LANE).max() <= 2.01
    assert np.abs(d - LANE).mean() > 0.3


def test_a_car_turned_left_is_told_to_steer_right(roads: RoadPool) -> None:
    left, right = (roads.label(on_the_lane(roads, 30, turned))[:, 0] for turned in (0.15, -0.15))
    assert (left < right).all()
    assert left.mean() < -0.05 < 0.05 < right.mean()


def test_jitter_moves_camera_and_label_together(roads: RoadPool) -> None:
    """A batch turned by the jitter gets the labels of the turned poses, not of the poses it was drawn from."""
    rows = on_the_lane(roads, 64)
    before = rows.state.copy()
    batch = roads.batch(rows, Jitter(share=1.0, shift=0.0, yaw=0.2, pitch=0.0), np.random.default_rng(1))
    turned = rows.state[:, vehicle.YAW] - before[:, vehicle.YAW]
    assert 0.05 < np.abs(turned).mean() < 0.2
    np.testing.assert_array_equal(batch.action, roads.label(rows))
    straight = roads.label(on_the_lane(roads, 64))
    assert np.corrcoef(turned, batch.action[:, 0] - straight[:, 0])[0, 1] < -0.8


def test_a_shift_is_to_the_left_of_the_car(roads: RoadPool) -> None:
    rows = on_the_lane(roads, 40)
    roads.batch(rows, Jitter(share=1.0, shift=1.0, yaw=0.0, pitch=0.0), np.random.default_rng(2))
    _, d = roads.locate(rows)
    assert np.abs(d - LANE).max() == pytest.approx(1.0, abs=0.08)
    assert d.std() == pytest.approx(2 / math.sqrt(12), abs=0.15)


def test_same_draw_same_batch(roads: RoadPool) -> None:
    batches = [roads.batch(on_the_lane(roads, 8), Jitter(), np.random.default_rng(3)) for _ in range(2)]
    np.testing.assert_array_equal(batches[0].observation["frame"], batches[1].observation["frame"])
    np.testing.assert_array_equal(batches[0].action, batches[1].action)
