"""Maps and their parts: heads, mass, what counts as read; what is asked of a policy that cannot do it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.cells import CellGrid
from sim.policy import Attention, Decision, Observation, PolicySpec, State, act, pick_state

GRID = CellGrid.tiling(1, 4)


def soft(*weights: float) -> Attention:
    return Attention(np.array([[weights]], np.float32), GRID, "soft attention")


def test_the_mass_is_the_fewest_cells_that_hold_it() -> None:
    assert soft(0.05, 0.6, 0.3, 0.05).mass(0.9).tolist() == [[[False, True, True, False]]]
    assert soft(0.05, 0.6, 0.3, 0.05).mass(0.6).tolist() == [[[False, True, False, False]]]
    assert soft(0.05, 0.6, 0.3, 0.05).mass(1.0).all()


def test_of_equal_cells_the_first_count_and_an_empty_map_has_none() -> None:
    assert soft(0.25, 0.25, 0.25, 0.25).mass(0.5).tolist() == [[[True, True, False, False]]]
    assert not soft(0.0, 0.0, 0.0, 0.0).mass().any()


@given(arrays(np.float32, (1, 3, 4), elements=st.floats(0, 1, width=32)), st.floats(0.05, 1.0))
def test_mass_holds_its_share_and_no_smaller_set_does(weights: np.ndarray, share: float) -> None:
    total = weights.sum(dtype=np.float64)
    chosen = Attention(weights, CellGrid.tiling(3, 4), "soft attention").mass(share)
    held = weights[chosen].sum(dtype=np.float64)
    assert held >= share * total - 1e-6
    if chosen.any():
        assert held - weights[chosen].min() < share * total
        assert weights[chosen].min() >= weights[~chosen].max(initial=0.0)


@pytest.mark.parametrize("share", [0.0, 1.5, -0.1])
def test_an_impossible_share_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share of the mass"):
        soft(1, 0, 0, 0).mass(share)


def test_what_counts_as_read() -> None:
    kept = np.array([[[True, False, False, True]]])
    assert Attention(soft(0, 1, 0, 0).weights, GRID, "selection", kept).read is kept
    assert soft(0, 1, 0, 0).read.tolist() == [[[False, True, False, False]]]


def test_a_head_is_a_soft_map_of_its_own() -> None:
    heads = np.array([[[[1, 0, 0, 0]], [[0, 0, 0, 1]]]], np.float32)
    both = Attention(heads.mean(1), GRID, "selection", np.ones((1, 1, 4), bool), heads)
    one = both.head(1)
    assert one.kind == "soft attention"
    assert one.kept is None
    assert one.weights.tolist() == [[[0, 0, 0, 1]]]
    for attention, number, says in ((both, 2, "expected 0 to 1"), (both, -1, "expected 0 to 1"), (one, 0, "none")):
        with pytest.raises(ValueError, match=says):
            attention.head(number)


def test_maps_of_some_frames() -> None:
    weights = np.eye(4, dtype=np.float32)[:, None]
    picked = Attention(weights, GRID, "selection", weights > 0, weights[:, None]).pick(np.array([2, 0]))
    assert len(picked) == 2
    assert picked.kept is not None
    assert picked.heads is not None
    assert picked.weights.argmax(-1).ravel().tolist() == [2, 0]
    assert picked.kept.argmax(-1).ravel().tolist() == [2, 0]
    assert picked.heads.argmax(-1).ravel().tolist() == [2, 0]


class Soft:
    """A policy that keeps nothing."""

    spec = PolicySpec((8, 8), None, "soft attention", ("frame",), ("steer", "gas", "brake"))

    def initial_state(self, n: int) -> State:
        return {"memory": np.arange(n)}

    def act(self, observation: Observation, state: State) -> tuple[Decision, State]:
        return Decision(np.zeros((len(observation["frame"]), 3), np.float32)), state


def test_only_a_selection_can_be_told_what_to_keep() -> None:
    observation = {"frame": np.zeros((1, 8, 8, 3), np.uint8)}
    assert act(Soft(), observation, None)[0].action.shape == (1, 3)
    with pytest.raises(ValueError, match="soft attention: only a selection keeps"):
        act(Soft(), observation, None, np.ones((1, 1, 4), bool))


def test_states_of_some_worlds() -> None:
    assert pick_state(Soft().initial_state(4), np.array([3, 1]))["memory"].tolist() == [3, 1]
    assert pick_state(None, np.array([0])) is None


def test_any_camera_will_do() -> None:
    assert Soft.spec.view_angle(1.2) == 1.2
    assert PolicySpec((8, 8), 0.7, None).view_angle(1.2) == 0.7
