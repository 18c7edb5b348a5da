"""Overwriting cells while the car drives: which pixels change, and into what."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays

from sim.cells import CellGrid
from sim.perturb import MID_GREY
from sim.policy import Attention, Observation
from sim.view.actions import SWITCHES
from sim.view.blinding import BLINDINGS, READ, UNREAD
from sim.view.settings import Choices, Settings

HEIGHT, WIDTH = 37, 61  # cells of unequal pixels
kept_masks = arrays(np.bool_, (3, 5))
names = pytest.mark.parametrize("name", BLINDINGS)


def selection(kept: np.ndarray) -> Attention:
    weights = (kept / max(1, kept.sum())).astype(np.float32)
    return Attention(weights[None], CellGrid.tiling(*kept.shape), "selection", kept[None])


def seen() -> Observation:
    """A frame without any pixel of mid grey, so that each one overwritten with grey differs."""
    frame = np.random.default_rng(1).integers(0, MID_GREY, (1, HEIGHT, WIDTH, 3), np.uint8)
    return {"frame": frame, "speed": np.full((1, 1), 9.0, np.float32)}


def blinded(name: str, attention: Attention, hidden: np.ndarray) -> np.ndarray:
    return BLINDINGS[name].apply(seen(), attention, hidden, np.random.default_rng(0))["frame"]


@given(kept_masks)
def test_read_and_unread_complement_each_other(kept: np.ndarray) -> None:
    read = BLINDINGS[READ].hides(selection(kept))
    unread = BLINDINGS[UNREAD].hides(selection(kept))
    assert np.array_equal(read, kept)
    assert np.array_equal(unread, ~read)


@names
@settings(deadline=None)
@given(kept=kept_masks)
def test_exactly_the_hidden_cells_pixels_change(name: str, kept: np.ndarray) -> None:
    attention = selection(kept)
    hidden = BLINDINGS[name].hides(attention)
    inside = attention.cells.to_pixels(hidden, HEIGHT, WIDTH)
    before, after = seen()["frame"][0], blinded(name, attention, hidden)[0]
    assert np.array_equal(after[~inside], before[~inside])
    changed = (after != before).any(axis=-1)
    assert changed[inside].mean() > 0.99 if inside.any() else not changed.any()


@settings(deadline=None)
@given(kept_masks)
def test_grey_is_grey(kept: np.ndarray) -> None:
    attention = selection(kept)
    after = blinded(READ, attention, kept)[0]
    assert (after[attention.cells.to_pixels(kept, HEIGHT, WIDTH)] == MID_GREY).all()


def test_noise_is_noise() -> None:
    """Of a quarter of the range about mid grey, each pixel and channel of its own."""
    hidden = np.ones((3, 5), bool)
    after = blinded(UNREAD, selection(~hidden), hidden)[0].astype(float)
    assert after.mean() == pytest.approx(MID_GREY, abs=4)
    assert after.std() == pytest.approx(0.25 * 255, rel=0.1)
    assert abs(np.corrcoef(after[:, :-1].ravel(), after[:, 1:].ravel())[0, 1]) < 0.1
    assert abs(np.corrcoef(after[..., 0].ravel(), after[..., 1].ravel())[0, 1]) < 0.1


@names
def test_the_observation_itself_and_the_speed_stay(name: str) -> None:
    observation, kept = seen(), np.eye(3, 5, dtype=bool)
    edited = BLINDINGS[name].apply(observation, selection(kept), kept, np.random.default_rng(0))
    assert np.array_equal(observation["frame"], seen()["frame"])
    assert np.array_equal(edited["speed"], observation["speed"])
    assert edited["frame"].dtype == np.uint8
    assert edited["frame"].shape == observation["frame"].shape


@names
def test_of_a_soft_map_the_cells_that_hold_nine_tenths_count_as_read(name: str) -> None:
    """0.5, 0.3 and 0.11 of the mass; the other twelve cells share the rest. The window says what it goes by."""
    weights = np.full((1, 3, 5), 0.09 / 12, np.float32)
    weights[0, 1, 1:4] = 0.5, 0.3, 0.11
    soft = Attention(weights, CellGrid.tiling(3, 5), "soft attention")
    assert np.array_equal(BLINDINGS[name].hides(soft), (weights[0] >= 0.1) == BLINDINGS[name].read)
    hidden = BLINDINGS[name].hides(soft)
    assert BLINDINGS[name].told(soft, hidden) == BLINDINGS[name].mostly
    assert "90 % of its map" in BLINDINGS[name].mostly
    assert BLINDINGS[name].told(None, None) == "no map: nothing is overwritten"
    assert BLINDINGS[name].told(soft, np.zeros_like(hidden)) == BLINDINGS[name].nothing


@names
def test_a_selection_that_keeps_nothing_still_has_its_unread_cells(name: str) -> None:
    hidden = BLINDINGS[name].hides(selection(np.zeros((3, 5), bool)))
    assert hidden.all() if name == UNREAD else not hidden.any()


@names
def test_each_blinding_is_an_action_with_a_key(name: str) -> None:
    nothing_chosen = Choices()
    switches = [switch for switch in SWITCHES.values() if switch.field == "blinding"]
    assert name in {switch.next(Settings(), nothing_chosen) for switch in switches}
