"""Instants staged anew: lamps, people and the car move; the rest, and what the car does, stay."""

import numpy as np
import pytest

from agent.config import Restaging
from agent.families.topk_patches.network import TopKPatchesConfig
from agent.train.batches import of_instants
from agent.train.drives import Rows
from agent.train.restage import AWAY, NEAR, approaches, move_along, restage, signed_way
from agent.train.roads import RoadPool
from sim import track, vehicle
from sim.policy import PolicySpec
from sim.scenario.actors import (
    CONE,
    HEADING,
    LIGHT,
    MODE,
    PARKED,
    PEDESTRIAN,
    PLACE,
    ROLE,
    SPEED,
    STROLLING,
    WAITING,
    WISH,
    D,
    S,
)
from sim.scenario.people import CROSSING_EDGE

SPEC = PolicySpec((72, 128), TopKPatchesConfig().field_of_view, "selection")


@pytest.fixture(scope="module")
def town() -> RoadPool:
    return RoadPool(range(4), "town", SPEC, seed=0)


@pytest.fixture
def rows(town: RoadPool) -> Rows:
    town.begin_again()
    town.put(np.arange(len(town)), np.random.default_rng(0))
    return town.cars().pick(np.tile(np.arange(len(town)), 50))


def test_the_shorter_way_round() -> None:
    start, end, lap = (np.array(values) for values in ([10.0, 790.0, 10.0], [25.0, 5.0, 790.0], [800.0] * 3))
    np.testing.assert_allclose(signed_way(start, end, lap), [15, 15, -20])


def test_lamps_show_every_phase_and_people_stand_or_walk_where_they_can(town: RoadPool, rows: Rows) -> None:
    before, actors = rows.actors.copy(), rows.actors
    lap = town.world.tracks.length[rows.road]
    restage(actors, rows.s, lap, np.random.default_rng(1))
    lights = actors[actors[..., ROLE] == LIGHT]
    assert np.bincount(lights[:, MODE].astype(int), minlength=3).min() > len(lights) / 5

    apart = np.abs(signed_way(rows.s[:, None], actors[..., PLACE], lap[:, None])) > NEAR
    placed = (actors[..., ROLE] == PEDESTRIAN) & (actors[..., MODE] != STROLLING) & apart
    people = actors[placed]
    waiting = people[:, MODE] == WAITING
    assert 0.4 < waiting.mean() < 0.6
    ahead = np.sign(people[:, HEADING])
    np.testing.assert_allclose(people[waiting, D], -CROSSING_EDGE * ahead[waiting], rtol=1e-6)  # they face the road
    assert (people[waiting, SPEED] == 0).all()
    np.testing.assert_array_equal(people[~waiting, SPEED], people[~waiting, WISH])
    assert np.abs(people[~waiting, D]).max() < CROSSING_EDGE
    assert people[~waiting, D].std() == pytest.approx(2 * CROSSING_EDGE / np.sqrt(12), rel=0.2)  # of a uniform spread

    staged = placed | (actors[..., ROLE] == LIGHT)
    np.testing.assert_array_equal(actors[~staged], before[~staged])


def test_cars_move_along_their_lane_and_keep_their_angle_to_it(town: RoadPool, rows: Rows) -> None:
    tracks, state, s = town.world.tracks, rows.state.copy(), rows.s.copy()
    free = np.arange(len(rows)) % 2 == 0
    by = np.random.default_rng(2).uniform(-12, 12, len(rows))
    move_along(tracks, rows.road, state, s, by, lambda s, d: free)
    np.testing.assert_array_equal(state[~free], rows.state[~free])

    def in_the_lane(state: np.ndarray, s: np.ndarray) -> np.ndarray:
        return np.stack(track.locate(tracks, rows.road, state[:, vehicle.X], state[:, vehicle.Y], s)[:2])

    (s_before, d_before), (s_after, d_after) = in_the_lane(rows.state, rows.s), in_the_lane(state, s)
    np.testing.assert_allclose(d_after, d_before, atol=0.05)
    moved = signed_way(s_before, s_after, tracks.length[rows.road])
    np.testing.assert_allclose(moved[free], by[free], atol=0.05)
    heading = [track.to_world(tracks, rows.road, at, 0.0)[2] for at in (rows.s, s)]
    askew = [
        np.angle(np.exp(1j * (each[:, vehicle.YAW] - way)))
        for each, way in zip((rows.state, state), heading, strict=True)
    ]
    np.testing.assert_allclose(askew[1], askew[0], atol=1e-9)


def test_cars_are_moved_to_before_something_to_see(town: RoadPool, rows: Rows) -> None:
    """Where each comes to stand, a light, crossing or obstacle of its own road is as far ahead as asked for."""
    lap = town.world.tracks.length[rows.road]
    there = rows.s + approaches(rows.actors, rows.s, lap, np.random.default_rng(4))
    role = rows.actors[..., ROLE]
    at_crossing = (role == PEDESTRIAN) & (rows.actors[..., MODE] != STROLLING)
    place = np.where((role == LIGHT) | at_crossing, rows.actors[..., PLACE], rows.actors[..., S])
    ahead = signed_way(there[:, None], place, lap[:, None])
    within = (ahead >= AWAY[0] - 1e-3) & (ahead <= AWAY[1] + 1e-3)
    shares = [(within & (role == each)).any(1).mean() for each in (LIGHT, PEDESTRIAN, CONE, PARKED)]
    assert (within & (np.isin(role, [LIGHT, CONE, PARKED]) | at_crossing)).any(1).all()
    assert min(shares) > 0.1, "each kind has its share"


def test_where_there_is_nothing_to_approach_cars_stay() -> None:
    empty = RoadPool(range(2), "open-road", SPEC, seed=0)
    cars = empty.cars()
    lap = empty.world.tracks.length[cars.road]
    assert (approaches(cars.actors, cars.s, lap, np.random.default_rng(0)) == 0).all()


def test_a_batch_is_labelled_as_staged(town: RoadPool, rows: Rows) -> None:
    still = Restaging(share=0.0, pitch=0.0, restaged=1.0)
    before = rows.actors.copy()
    batch = of_instants(town, rows, still, np.random.default_rng(3))
    assert (rows.actors != before).any(axis=(1, 2)).all()
    np.testing.assert_array_equal(batch.action, town.label(rows)[0])
