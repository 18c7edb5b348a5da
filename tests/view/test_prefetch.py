"""Pictures on order: drawn once, handed out at once, forgotten when the world moves."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event, get_ident

import numpy as np
import pytest

from sim.view.prefetch import Prefetch


@pytest.fixture
def prefetch():
    with ThreadPoolExecutor(2) as pool:
        yield Prefetch(pool)


def flat(value: int) -> np.ndarray:
    return np.full((2, 3, 3), value, np.uint8)


def test_an_order_is_drawn_once_and_elsewhere(prefetch: Prefetch) -> None:
    drawn: list[int] = []

    def draw() -> np.ndarray:
        drawn.append(get_ident())
        return flat(7)

    for _ in range(3):
        prefetch.order("a", draw)
        assert np.array_equal(prefetch.take("a"), flat(7))
    assert len(drawn) == 1
    assert drawn[0] != get_ident()


def test_the_array_that_was_drawn_on_may_be_used_again(prefetch: Prefetch) -> None:
    canvas = flat(1)
    prefetch.order("a", lambda: canvas)
    first = prefetch.take("a")
    canvas[:] = 2
    assert np.array_equal(first, flat(1))


def test_orders_do_not_wait_for_one_another(prefetch: Prefetch) -> None:
    gate = Event()
    prefetch.order("slow", lambda: gate.wait(10) and flat(1))
    prefetch.order("fast", lambda: flat(2))
    assert np.array_equal(prefetch.take("fast"), flat(2))
    gate.set()
    assert np.array_equal(prefetch.take("slow"), flat(1))


def test_settled_nothing_is_drawn_any_more_and_everything_anew(prefetch: Prefetch) -> None:
    done: list[str] = []
    for name in "abcdef":
        prefetch.order(name, lambda name=name: done.append(name) or flat(1))
    prefetch.settle()
    count = len(done)
    prefetch.order("a", lambda: flat(9))
    assert np.array_equal(prefetch.take("a"), flat(9))
    assert len(done) == count


def test_what_was_taken_goes_when_the_next_is(prefetch: Prefetch) -> None:
    """A window that is resized while it is paused keeps one picture, not one of every size."""
    for key in range(50):
        prefetch.order(key, lambda: flat(1))
        prefetch.take(key)
    assert len(prefetch._orders) == 1


def test_trouble_comes_out_where_the_picture_is_taken(prefetch: Prefetch) -> None:
    prefetch.order("a", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        prefetch.take("a")


def test_what_is_dropped_is_not_drawn_and_may_be_ordered_again(prefetch: Prefetch) -> None:
    gate, done = Event(), []
    for name in ("first", "second"):
        prefetch.order(name, lambda: gate.wait(10) and flat(1))
    prefetch.order("third", lambda: done.append("third") or flat(3))
    prefetch.drop("third")
    prefetch.drop("never ordered")
    gate.set()
    prefetch.settle()
    assert done == []
    prefetch.order("third", lambda: flat(4))
    assert np.array_equal(prefetch.take("third"), flat(4))


def test_it_says_what_is_drawn(prefetch: Prefetch) -> None:
    gate = Event()
    assert not prefetch.is_drawn("a")
    prefetch.order("a", lambda: gate.wait(10) and flat(1))
    assert not prefetch.is_drawn("a")
    gate.set()
    prefetch.take("a")
    assert prefetch.is_drawn("a")
