"""The contract of a driver, over each kind that there is; and that a driver is told by its class."""

import numpy as np
import pytest

from agent import load_policy
from sim.cells import CellGrid
from sim.driver import Constant, Driver, Expert, PolicyDriver, as_driver
from sim.policy import Attention, Decision, PolicySpec
from sim.rollout import check_fit
from sim.simulator import Simulator


class Counting:
    """A policy with memory, and with a helper that is called `decide`: it is no driver for that."""

    spec = PolicySpec((36, 64), None, "soft attention", memory=True)

    def initial_state(self, n: int):
        return {"count": np.zeros((n, 1), np.float32)}

    def act(self, observation, state):
        return self.decide(observation, state["count"] + 1)

    def decide(self, observation, count):
        weights = np.full((len(count), 2, 2), 0.25, np.float32)
        action = np.concatenate([0.01 * count, observation["speed"] / 100], 1)
        return Decision(action.astype(np.float32), Attention(weights, CellGrid.tiling(2, 2), "soft attention")), {
            "count": count
        }


DRIVERS = {
    "flagship": lambda: PolicyDriver(load_policy("topk-patches")),
    "policy with memory": lambda: PolicyDriver(Counting()),
    "expert": Expert,
    "constant": lambda: Constant(0.1, -0.2),
}


@pytest.fixture(params=DRIVERS)
def driver(request) -> Driver:
    return DRIVERS[request.param]()


def asked(driver: Driver, n: int):
    """What it is given in n worlds: an observation where it wants one, the instants, and its first state."""
    size = (72, 128) if driver.spec is None else driver.spec.frame_size
    simulator = Simulator(n, "town", "meadow", size)
    simulator.reset(np.arange(n), list(range(20_000, 20_000 + n)))
    observation = None if driver.spec is None else simulator.observe()
    return observation, simulator.instants(), driver.initial_state(n)


def test_it_is_a_driver_as_it_is(driver: Driver) -> None:
    assert as_driver(driver) is driver
    assert driver.spec is None or isinstance(driver.spec, PolicySpec)


def test_it_decides_for_as_many_worlds_as_it_is_given(driver: Driver) -> None:
    for n in (1, 3):
        decision, _ = driver.decide(*asked(driver, n))
        assert decision.action.shape == (n, 2)
        assert decision.action.dtype == np.float32
        assert decision.attention is None or len(decision.attention) == n


def test_asked_again_it_answers_the_same_and_its_state_is_a_value(driver: Driver) -> None:
    observation, instants, state = asked(driver, 2)
    first, after = driver.decide(observation, instants, state)
    driver.decide(observation, instants, after)
    again, after_again = driver.decide(observation, instants, state)
    np.testing.assert_array_equal(first.action, again.action)
    np.testing.assert_equal(after, after_again)


def test_a_world_gets_the_same_answer_beside_others_as_alone(driver: Driver) -> None:
    together, _ = driver.decide(*asked(driver, 3))
    alone, _ = driver.decide(*asked(driver, 1))
    np.testing.assert_allclose(together.action[:1], alone.action, atol=1e-5)


def test_a_policy_with_a_helper_called_decide_is_no_privileged_driver() -> None:
    driver = as_driver(Counting())
    assert isinstance(driver, PolicyDriver)
    assert driver.spec is Counting.spec


@pytest.mark.parametrize("wanted", ["topk-patches", None, object()])
def test_what_cannot_drive_is_told_in_a_line(wanted) -> None:
    with pytest.raises(ValueError, match=f"{type(wanted).__name__} cannot drive; expected a policy with spec"):
        as_driver(wanted)


class Still:
    """Stands still, or does whatever else it is made to."""

    def __init__(self, action, attention=None, kind=None) -> None:
        self.spec = PolicySpec((36, 64), None, kind)
        self.decision = Decision(np.array(action, np.float32), attention)

    def initial_state(self, n: int):
        return None

    def act(self, observation, state):
        return self.decision, state


def soft(shape=(1, 2, 2), kind="soft attention", kept=None) -> Attention:
    return Attention(np.full(shape, 0.25, np.float32), CellGrid.tiling(2, 2), kind, kept)


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (Still([[0, float("nan")]]), r"action is \[\[0.0, nan\]\]; expected finite numbers"),
        (Still([[0, 0, 0]]), r"action has shape \(1, 3\); expected \(1, 2\)"),
        (Still([[0, 0]], kind="soft attention"), "gives no map, and its spec says kind 'soft attention'"),
        (Still([[0, 0]], soft()), "gives a map, and its spec says kind None"),
        (Still([[0, 0]], soft(kind="softattention"), "softattention"), "kind 'softattention'.*one of selection, soft"),
        (Still([[0, 0]], soft(kind="selection"), "selection"), "selection without kept cells of shape"),
        (Still([[0, 0]], soft((1, 3, 3)), "soft attention"), r"map has shape \(1, 3, 3\); expected \(1, 2, 2\)"),
    ],
)
def test_a_decision_that_is_not_what_the_spec_says_is_told_in_a_line(policy, said: str) -> None:
    with pytest.raises(ValueError, match=said) as trouble:
        as_driver(policy).decide({"frame": np.zeros((1, 36, 64, 3), np.uint8)}, None, None)
    assert "\n" not in str(trouble.value)


def test_the_same_components_in_other_places_are_refused() -> None:
    swapped = PolicySpec((36, 64), None, None, actions=("pedal", "steer"))
    with pytest.raises(ValueError, match=r"action is \(pedal, steer\); expected the 2 components \(steer, pedal\)"):
        check_fit(swapped, Simulator(1, frame_size=(36, 64)))
