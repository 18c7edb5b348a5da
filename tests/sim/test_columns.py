"""Batches of values as columns: picking and joining."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.columns import Columns


@dataclass(frozen=True, eq=False)
class Inner(Columns):
    number: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Outer(Columns):
    name: str
    inner: Inner
    by_key: dict[str, Any]
    nothing: None
    place: NDArray[np.float64]


def outer(*numbers: int, name: str = "a") -> Outer:
    values = np.array(numbers)
    return Outer(name, Inner(values), {"twice": 2 * values}, None, np.stack([values, -values], axis=1).astype(float))


def test_rows_are_picked_by_number_by_mask_and_by_slice() -> None:
    for index in (np.array([1]), np.array([False, True, False]), slice(1, 2)):
        picked = outer(7, 8, 9).pick(index)
        assert len(picked) == 1
        assert picked.name == "a"
        assert picked.nothing is None
        np.testing.assert_array_equal(picked.inner.number, [8])
        np.testing.assert_array_equal(picked.by_key["twice"], [16])
        np.testing.assert_array_equal(picked.place, [[8.0, -8.0]])


def test_what_is_picked_by_number_is_a_copy() -> None:
    whole = outer(7, 8)
    whole.pick(np.array([0])).place[:] = 0.0
    np.testing.assert_array_equal(whole.place[0], [7.0, -7.0])


def test_parts_are_joined_in_order() -> None:
    whole = outer(7, 8, 9)
    joined = Outer.joined([whole.pick(slice(0, 1)), whole.pick(slice(1, 3))])
    for mine, its in zip(joined.place, whole.place, strict=True):
        np.testing.assert_array_equal(mine, its)
    np.testing.assert_array_equal(joined.inner.number, [7, 8, 9])
    np.testing.assert_array_equal(joined.by_key["twice"], [14, 16, 18])


def test_what_cannot_be_joined_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to join"):
        Outer.joined([])
    with pytest.raises(ValueError, match="name differs"):
        Outer.joined([outer(1), outer(2, name="b")])
