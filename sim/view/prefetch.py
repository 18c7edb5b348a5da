"""Pictures drawn before they are due: where the show goes is known as soon as the world has moved."""

import time
from collections.abc import Callable, Hashable
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from typing import Any

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


class Worker(ThreadPoolExecutor):
    """One more thread. busy: seconds that it has been at work, in all."""

    def __init__(self, name: str) -> None:
        super().__init__(1, name)
        self.busy = 0.0

    def submit(self, fn: Callable[..., Any], /, *arguments: Any, **options: Any) -> "Future[Any]":
        """As any executor's."""
        return super().submit(self._timed, fn, *arguments, **options)

    def _timed(self, work: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        began = time.perf_counter()
        try:
            return work(*arguments, **options)
        finally:
            self.busy += time.perf_counter() - began


class Prefetch:
    """Has pictures drawn in another thread, first come, first served.

    An order has a key; whoever takes it waits for it. drawing: seconds that went into pictures, in all.

    What the pictures show must not change while they are drawn: `settle` first.
    """

    def __init__(self, pool: Executor) -> None:
        self._pool, self.drawing = pool, 0.0
        self._orders: dict[Hashable, Future[Picture]] = {}
        self._last: Hashable = None

    def order(self, key: Hashable, draw: Callable[[], Picture]) -> None:
        """Have a picture drawn, unless it is on order already. `draw` may use its array again afterwards."""
        if key not in self._orders:
            self._orders[key] = self._pool.submit(self._drawn, draw)

    def _drawn(self, draw: Callable[[], Picture]) -> Picture:
        began = time.perf_counter()
        picture = draw().copy()
        self.drawing += time.perf_counter() - began
        return picture

    def take(self, key: Hashable) -> Picture:
        """The picture of this order, not to be changed; what went wrong with it is raised here. It is kept until
        another one is taken."""
        if self._last != key:
            self._orders.pop(self._last, None)
            self._last = key
        return self._orders[key].result()

    def is_drawn(self, key: Hashable) -> bool:
        """Whether there is a picture of this order by now."""
        return key in self._orders and self._orders[key].done()

    def drop(self, key: Hashable) -> None:
        """This picture is not wanted any more; if it has not been begun, it will not be."""
        if order := self._orders.get(key):
            order.cancel()
            if order.done():  # one that is being drawn stays, to be waited for
                del self._orders[key]

    def settle(self) -> None:
        """Forget all orders; none is being drawn any more."""
        for order in self._orders.values():
            order.cancel()
        wait(self._orders.values())
        self._orders.clear()
