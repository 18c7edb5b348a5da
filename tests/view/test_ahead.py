"""Pictures on order: drawn once, handed out at once, forgotten when the world moves."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event, get_ident

import numpy as np
import pytest

from sim.view.ahead import Ahead


@pytest.fixture
def ahead():
    with ThreadPoolExecutor(2) as pool:
        yield Ahead(pool)


def flat(value: int) -> np.ndarray:
    return np.full((2, 3, 3), value, np.uint8)


def test_an_order_is_drawn_once_and_elsewhere(ahead: Ahead) -> None:
    drawn: list[int] = []

    def draw() -> np.ndarray:
        drawn.append(get_ident())
        return flat(7)

    for _ in range(3):
        ahead.order("a", draw)
        assert np.array_equal(ahead.take("a"), flat(7))
    assert len(drawn) == 1
    assert drawn[0] != get_ident()


def test_the_array_that_was_drawn_on_may_be_used_again(ahead: Ahead) -> None:
    canvas = flat(1)
    ahead.order("a", lambda: canvas)
    first = ahead.take("a")
    canvas[:] = 2
    assert np.array_equal(first, flat(1))


def test_orders_do_not_wait_for_one_another(ahead: Ahead) -> None:
    gate = Event()
    ahead.order("slow", lambda: gate.wait(10) and flat(1))
    ahead.order("fast", lambda: flat(2))
    assert np.array_equal(ahead.take("fast"), flat(2))
    gate.set()
    assert np.array_equal(ahead.take("slow"), flat(1))


def test_settled_nothing_is_drawn_any_more_and_everything_anew(ahead: Ahead) -> None:
    done: list[str] = []
    for name in "abcdef":
        ahead.order(name, lambda name=name: done.append(name) or flat(1))
    ahead.settle()
    count = len(done)
    ahead.order("a", lambda: flat(9))
    assert np.array_equal(ahead.take("a"), flat(9))
    assert len(done) == count


def test_what_was_taken_goes_when_the_next_is(ahead: Ahead) -> None:
    """A window that is resized while it is paused keeps one picture, not one of every size."""
    for key in range(50):
        ahead.order(key, lambda: flat(1))
        ahead.take(key)
    assert len(ahead._orders) == 1


def test_trouble_comes_out_where_the_picture_is_taken(ahead: Ahead) -> None:
    ahead.order("a", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ahead.take("a")


def test_what_is_dropped_is_not_drawn_and_may_be_ordered_again(ahead: Ahead) -> None:
    gate, done = Event(), []
    for name in ("first", "second"):
        ahead.order(name, lambda: gate.wait(10) and flat(1))
    ahead.order("third", lambda: done.append("third") or flat(3))
    ahead.drop("third")
    ahead.drop("never ordered")
    gate.set()
    ahead.settle()
    assert done == []
    ahead.order("third", lambda: flat(4))
    assert np.array_equal(ahead.take("third"), flat(4))


def test_it_says_what_is_drawn(ahead: Ahead) -> None:
    gate = Event()
    assert not ahead.is_drawn("a")
    ahead.order("a", lambda: gate.wait(10) and flat(1))
    assert not ahead.is_drawn("a")
    gate.set()
    ahead.take("a")
    assert ahead.is_drawn("a")
