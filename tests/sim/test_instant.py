"""Instants are values: a past one is drawn, observed and judged as it was when it was now."""

import numpy as np
import pytest

from sim import scene
from sim.camera import Camera
from sim.instant import Instants
from sim.scenario import SCENARIOS
from sim.simulator import Simulator

SEEDS = [20_010, 20_011, 20_012]


def driven(scenario: str, steps: int, theme: str = "train") -> Simulator:
    """Worlds that the expert has driven for a while."""
    simulator = Simulator(3, scenario, theme, frame_size=(36, 64))
    simulator.reset(np.arange(3), SEEDS)
    for _ in range(steps):
        simulator.step(simulator.expert()[0])
    return simulator


def test_nothing_of_an_instant_moves_with_the_world() -> None:
    simulator = driven("town", 20)
    instants = simulator.instants()
    before = {name: np.copy(value) for name, value in vars(instants).items() if isinstance(value, np.ndarray)}
    for _ in range(30):
        simulator.step(simulator.expert()[0])
    simulator.looks[:] = 0.0
    for name, value in before.items():
        np.testing.assert_array_equal(getattr(instants, name), value, err_msg=name)


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("theme", ["train", "rain"])
def test_a_past_instant_is_drawn_bit_for_bit_as_it_was(scenario: str, theme: str) -> None:
    simulator = driven(scenario, 40, theme)
    instants, live, large = simulator.instants(), simulator.truth(), Camera(90, 160)
    picture = simulator.picture(1, 90, 160)
    for _ in range(60):
        simulator.step(simulator.expert()[0])
    assert (simulator.observe()["frame"] != live.rgb).any(), "the world has moved on"
    again = simulator.draw(instants, truth=True)
    for name in ("rgb", "segmentation", "instance", "depth"):
        np.testing.assert_array_equal(getattr(again, name), getattr(live, name), err_msg=name)
    np.testing.assert_array_equal(simulator.draw(instants.pick(np.array([1])), large).rgb[0], picture)


def test_what_was_observed_is_observed_again() -> None:
    simulator = driven("traffic", 25)
    instants, observed = simulator.instants(np.array([2, 0])), simulator.observe(np.array([2, 0]))
    simulator.step(simulator.expert()[0])
    again = simulator.observe_at(instants)
    for name, values in observed.items():
        np.testing.assert_array_equal(again[name], values)


def test_the_expert_is_told_with_the_instant() -> None:
    simulator = driven("town", 25)
    action, cause, culprit = simulator.expert()
    instants = simulator.instants()
    np.testing.assert_array_equal(instants.expert_action, action)
    np.testing.assert_array_equal(instants.cause, cause)
    np.testing.assert_array_equal(instants.culprit, culprit)
    np.testing.assert_array_equal(instants.pose, simulator.world.poses())


def bound(simulator: Simulator) -> Instants:
    """The first instant at which the expert of world 0 has a cause object."""
    for _ in range(1500):
        instants = simulator.instants(np.array([0]))
        if instants.culprit[0] >= 0:
            return instants
        simulator.step(simulator.expert()[0])
    raise AssertionError("nobody ever bound the expert")


def test_without_its_reason_the_expert_has_another_or_none() -> None:
    simulator = driven("traffic", 0)
    instants = bound(simulator)
    culprit = instants.culprit
    less = simulator.without(instants, culprit)
    assert less.culprit[0] != culprit[0]
    assert simulator.objects(less)[0, culprit[0], scene.KIND] < 0
    frame = simulator.observe(np.array([0]), objects=without_row(simulator.objects(instants), culprit[0]))["frame"]
    np.testing.assert_array_equal(simulator.observe_at(less)["frame"], frame)
    same = simulator.without(instants, np.array([-1]))
    np.testing.assert_array_equal(same.expert_action, instants.expert_action)


def without_row(objects: np.ndarray, row: int) -> np.ndarray:
    left = objects.copy()
    left[:, row, scene.KIND] = -1
    return left


def test_only_actors_can_be_left_out() -> None:
    simulator = driven("traffic", 0)
    instants = simulator.instants()
    for rows in ([-2, 0, 0], [0, 0, instants.actors.shape[1]], [0]):
        with pytest.raises(ValueError, match=r"objects .*: expected 3 rows"):
            simulator.without(instants, np.array(rows))


def test_an_instant_of_another_episode_is_refused() -> None:
    simulator = driven("open-road", 5)
    instants = simulator.instants()
    simulator.reset(np.array([1]), [7])
    with pytest.raises(ValueError, match=r"instant of 20011"):
        simulator.draw(instants)
    simulator.draw(instants.pick(np.array([0, 2])))


def test_restoring_begins_other_episodes_anew() -> None:
    simulator = driven("traffic", 30)
    instants, frame = simulator.instants(), simulator.observe()["frame"]
    simulator.reset(np.arange(3), [1, 2, 3])
    simulator.restore(instants)
    np.testing.assert_array_equal(simulator.observe()["frame"], frame)
    np.testing.assert_array_equal(simulator.seeds, SEEDS)
